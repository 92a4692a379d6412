"""The walk-in in a panel of a website on another site: the place is kept on its next page, and what the page is told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from telehealth.waiting_room import Encounter
from tests.browser.kit.until import until
from tests.widgets.panel import frame_of, is_told, press, site_with, told
from tests.widgets.walk_in.live import ONLINE, walk_in


@pytest.mark.parametrize("is_open", [True, False])
def test_the_place_is_kept_on_the_next_page_whether_the_panel_stands_open_or_not(new_page, customer_site, clinic, live, desk, screenshot, is_open):
    page = site_with(new_page, customer_site, clinic, live, "walk_in", width=360, height=740, expect=["Permissions policy|not allowed|denied"])
    walk_in(press(page))
    is_told(page, "waiting")
    until(page, "Object.values(sessionStorage)[0] === '+waiting'")
    if not is_open:
        page.get_by_role("button", name="Close").click()
        until(page, "Object.values(sessionStorage)[0] === 'waiting'")
    page.goto(page.url + "next")
    frame = frame_of(page)
    until(frame, ONLINE)
    if is_open:
        page.get_by_role("dialog").wait_for()
        expect(frame.locator("[data-slot=place]")).to_have_text("1")
        assert page.evaluate("document.activeElement.tagName") == "BODY"
        screenshot(page, "walk-in-next-page")
    else:
        assert not page.get_by_role("dialog").is_visible()
    with clinic.session() as session:
        assert session.query(Encounter).count() == 1
    desk.admit()
    is_told(page, "your-turn")
    page.get_by_role("dialog").wait_for()
    desk.end()
    is_told(page, "ended")
    until(page, "sessionStorage.length === 0")
    assert {(event["version"], event["widget"]) for event in told(page)} == {(1, clinic.widgets["walk_in"])}
    assert page.context.cookies() == []
