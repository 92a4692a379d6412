"""The bar of channels at the desk: the own place in them, who turned them and why, and what follows from signing out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import alert, clock, flow
from telehealth.channel import Channel
from telehealth.organization import Organization
from tests.clinic import Clinic
from tests.desk.wire import Page


def bar(page: Page) -> dict[int, dict[str, Any]]:
    return {channel["id"]: channel for channel in page.done("channels")["channels"]}


def test_somebody_is_present_everywhere_with_one_click_and_nowhere_with_another(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    for on in (True, False):
        page.done("be_present_in_all", on=on)
        assert {channel["i_am_present"] for channel in bar(page).values()} == {on}


def test_who_closed_a_channel_and_why_stands_in_the_bar(clinic: Clinic, open_page: Any) -> None:
    until = (clock.now() + timedelta(hours=1)).isoformat()
    channel = clinic.channels["shared"]
    open_page(clinic, "manager").done("turn", channel=channel, switch="closed", until=until, reason="Meeting")
    seen = bar(open_page(clinic, "doctor"))[channel]
    assert (seen["state"], seen["until"]) == ("closed", until)
    assert (seen["changed"]["rule"], seen["changed"]["reason"]) == ("hand", "Meeting")
    assert "Manager" in seen["changed"]["by"]


def test_own_choices_are_kept_for_each_channel(clinic: Clinic, open_page: Any) -> None:
    page, channel = open_page(clinic, "doctor"), clinic.channels["shared"]
    page.done("choose_signs", channel=channel, sound=False, repeat_seconds=15, mail=True, push=True)
    seen = bar(page)[channel]
    assert [seen[name] for name in ("rings", "repeats", "mails", "pushes")] == [False, 15, True, True]


@pytest.mark.parametrize("on", [True, False])
def test_whoever_was_away_is_told_and_comes_back_with_one_click(clinic: Clinic, open_page: Any, on: bool) -> None:
    page, channel = open_page(clinic, "doctor"), clinic.channels["shared"]
    page.done("be_present", channel=channel, on=True)
    with clinic.session() as session:
        alert.note_at_desk(session, [clinic.people["doctor"]], clock.now())
        flow.sweep(session, clock.now() + timedelta(minutes=4))
    assert (bar(page)[channel]["i_am_present"], bar(page)[channel]["expired"]) == (False, True)
    page.done("come_back", on=on)
    assert (bar(page)[channel]["i_am_present"], bar(page)[channel]["expired"]) == (on, False)


def test_signing_out_ends_presence(clinic: Clinic, staff: Any) -> None:
    doctor = staff(clinic, "doctor")
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff("doctor"), active=True, now=clock.now())
    doctor.get("/admin/logout/")
    with clinic.session() as session:
        assert not session.get_one(Channel, clinic.channels["shared"]).is_present(clinic.staff("doctor"))


def test_without_chat_the_desk_has_no_inbox(clinic: Clinic, staff: Any) -> None:
    doctor = staff(clinic, "doctor")
    assert "/desk/inbox" in doctor.get("/desk/waiting-room").text
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat = False
    assert "/desk/inbox" not in doctor.get("/desk/waiting-room").text
    assert doctor.get("/desk/inbox").status_code == 403


@pytest.mark.parametrize("deed", ["choose_signs"])
def test_a_channel_of_another_organisation_is_not_there(clinic: Clinic, other: Clinic, open_page: Any, deed: str) -> None:
    answer = open_page(other, "admin").send(deed, channel=clinic.channels["shared"], sound=True, mail=True, push=False)
    assert answer["error"] == "unknown"
