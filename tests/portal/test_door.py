"""Whoever lands in the portal without a link learns where the link is."""

from typing import Any


def test_the_door_says_where_the_link_is_and_sets_no_cookie(app: Any) -> None:
    answer = app.test_client().get("/portal/")
    assert answer.status_code == 200 and "link in your mail" in answer.text
    assert "Set-Cookie" not in answer.headers
