"""The end of a visit in two windows: the practitioner's desk and the patient's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock, message
from telehealth.channel import Channel
from telehealth.database import session_of
from telehealth.feedback import Feedback
from telehealth.follow_up import FollowUp, FollowUpHint
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.widget import Widget
from tests.clinic import Clinic
from tests.widgets.walk_in.live import Desk, seen, walk_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
REFUSED = ["status of 4(04|09|22|01|03)"]
SUMMARY = "You have a mild infection.\nTake one tablet in the morning, for five days."


@pytest.fixture
def patient(new_page: Any, address: str) -> Callable[..., Page]:
    """Somebody who has walked in and been called in, before entering."""

    def come(desk: Desk, **shape: Any) -> Page:
        page: Page = new_page(expect=REFUSED, **shape)
        page.goto(address)
        walk_in(page)
        desk.admit()
        page.get_by_role("button", name="Enter without camera").click()
        return page

    return come


@pytest.fixture
def doctor(live: str, clinic: Clinic, staff: Any, new_page: Any) -> Callable[..., Page]:
    """The doctor's page of the visit that arrived last."""

    def open_(desk: Desk, **shape: Any) -> Page:
        with desk.visit() as visit:
            uid = visit.uid
        cookie = staff(clinic, "doctor").client.get_cookie("konsulto_staff").value
        page: Page = new_page(expect=REFUSED, **shape)
        page.context.add_cookies([{"name": "konsulto_staff", "value": cookie, "url": live}])
        page.goto(f"{live}/desk/visit/{uid}")
        page.wait_for_selector("body[data-live=online]")
        return page

    return open_


def set_up(clinic: Clinic, what: ChatAfterVisit = ChatAfterVisit.KEPT, team: bool = False) -> None:
    with clinic.session() as session:
        session.add(FollowUpHint(text="Call 01632 960 120 if the fever rises.", preselected=True))
        session.get_one(Organization, clinic.id).chat_after_visit = what
        session.get_one(Channel, clinic.channels["shared"]).after_visits = team
        session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one().end_text = "Thank you, *|patient_name|*."


SHAPES = [{"width": 360, "height": 740}, {"dark": True, "rtl": True}]


@pytest.mark.parametrize("shape", SHAPES, ids=["phone", "dark mirrored"])
def test_words_written_at_the_end_are_read_and_kept(
    clinic: Clinic, desk: Desk, patient: Any, doctor: Any, screenshot: Any, shape: dict[str, Any], tmp_path: Path
) -> None:
    set_up(clinic)
    name = "-".join(shape)
    page, at_desk = patient(desk, **shape), doctor(desk, **shape)
    with clinic.session() as session:
        clinic.arrive(session, last_name="Next")

    at_desk.get_by_role("button", name="End", exact=True).click()
    dialog = at_desk.get_by_role("dialog", name="End this visit?")
    dialog.get_by_label("Summary for the patient").fill(SUMMARY)
    expect(dialog.get_by_label("Follow-up hint")).to_have_value(re.compile(r"\d+"))
    screenshot(at_desk, f"end-{name}")
    dialog.get_by_role("button", name="End", exact=True).click()
    end_screen = at_desk.get_by_role("dialog", name="The visit has ended")
    expect(end_screen).to_contain_text("Next: S. Next")
    expect(end_screen).to_contain_text(f"Ended by Dr Doctor {clinic.mark}")
    screenshot(at_desk, f"desk-ended-{name}")

    page.get_by_role("heading", name="Your visit has ended").wait_for()
    seen(page, SUMMARY)
    seen(page, "Thank you, S. Lindqvist.")
    expect(page.locator("#ended [data-slot=facts]")).to_have_text(f"You talked to Dr Doctor {clinic.mark} · 1 minute")
    call = page.locator("#ended").get_by_role("link", name="Call 01632 960 120")
    assert call.get_attribute("href") == "tel:01632960120"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as text").click()
    saved.value.save_as(tmp_path / "summary.txt")
    text = (tmp_path / "summary.txt").read_text()
    assert SUMMARY in text and "01632 960 120" in text and saved.value.suggested_filename.endswith(".txt")
    screenshot(page, f"ended-{name}", full_page=True)
    page.reload()
    seen(page, SUMMARY)


def test_words_that_were_begun_outlive_a_reload_of_the_desk(clinic: Clinic, desk: Desk, doctor: Any) -> None:
    with clinic.session() as session:
        clinic.arrive(session)
    desk.admit()
    at_desk = doctor(desk)
    at_desk.get_by_role("button", name="End", exact=True).click()
    at_desk.get_by_label("Follow-up hint").select_option("own")
    at_desk.get_by_label("Your hint").fill("Call my mobile")
    at_desk.get_by_label("Summary for the patient").fill(SUMMARY)
    at_desk.reload()
    at_desk.wait_for_selector("body[data-live=online]")
    at_desk.get_by_role("button", name="End", exact=True).click()
    expect(at_desk.get_by_label("Summary for the patient")).to_have_value(SUMMARY)
    expect(at_desk.get_by_label("Your hint")).to_have_value("Call my mobile")
    at_desk.get_by_role("dialog").get_by_role("button", name="End", exact=True).click()
    expect(at_desk.get_by_role("dialog", name="The visit has ended")).to_contain_text("reads your summary")
    with desk.visit() as visit:
        assert (visit.summary, visit.follow_up) == (SUMMARY, FollowUp("Call my mobile"))


def test_feedback_is_given_by_keyboard_alone_and_comes_to_the_desk(
    clinic: Clinic, desk: Desk, patient: Any, doctor: Any, check_page: Any, screenshot: Any
) -> None:
    page, at_desk = patient(desk, width=360), doctor(desk)
    desk.end()
    at_desk.get_by_role("button", name="Stay here").click()
    page.get_by_role("heading", name="Your visit has ended").wait_for()
    page.get_by_role("button", name="Send feedback").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="Choose one of the five")).to_be_visible()
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Kind and clear")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    seen(page, "Thank you. The clinic has your feedback")
    expect(at_desk.locator("#ending")).to_contain_text("4 of 5: Good")
    expect(at_desk.locator("#ending")).to_contain_text("Kind and clear")
    check_page(at_desk)
    screenshot(at_desk, "desk-feedback", full_page=True)
    page.reload()
    expect(page.locator("[name=rating][value='4']")).to_be_checked()
    expect(page.get_by_role("button", name="Change feedback")).to_be_visible()
    screenshot(page, "ended-feedback", full_page=True)


def test_when_the_patient_leaves_first_the_words_come_afterwards_and_to_every_window(
    clinic: Clinic, desk: Desk, patient: Any, doctor: Any, address: str
) -> None:
    page = patient(desk)
    at_desk = doctor(desk)
    at_desk.get_by_role("button", name="End", exact=True).click()
    at_desk.get_by_label("Summary for the patient").fill("Rest.")
    page.get_by_role("button", name="End the conversation").click()
    page.get_by_role("button", name="End", exact=True).click()
    seen(page, "You have ended it.")
    window = page.context.new_page()
    window.goto(f"{address}#ticket={page.evaluate(TICKET)}")
    seen(window, "You have ended it.")

    dialog = at_desk.get_by_role("dialog", name="Words for the patient")
    expect(dialog.get_by_label("Summary for the patient")).to_have_value("Rest.")
    dialog.get_by_role("button", name="Give it to the patient").click()
    expect(at_desk.get_by_role("dialog", name="The visit has ended")).to_contain_text("The patient has ended the visit.")
    for there in (page, window):
        seen(there, "Rest.")

    page.get_by_role("button", name="Come in again").click()
    page.get_by_role("button", name="Dr Doctor").wait_for()
    assert "Rest." not in page.locator("#ended").evaluate("(element) => element.textContent")


TICKET = """() => Object.keys(sessionStorage).filter((key) => key.startsWith("konsulto:"))
  .map((key) => JSON.parse(sessionStorage[key]).ticket).find(Boolean)"""


def test_what_is_shown_afterwards_can_be_read_and_asked_about(
    clinic: Clinic, desk: Desk, patient: Any, check_page: Any, screenshot: Any
) -> None:
    set_up(clinic, ChatAfterVisit.SHOWN, team=True)
    page = patient(desk, width=360)
    desk.write("Take them with water.")
    seen(page, "Take them with water.")
    desk.end()
    page.get_by_role("heading", name="Your visit has ended").wait_for()
    seen(page, "You can read here what was written, and ask the clinic’s team")
    expect(page.get_by_role("log")).to_contain_text("Take them with water.")
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("Take them with water.")
    page.get_by_label("Write to the clinic").fill("With milk, too?")
    page.get_by_role("button", name="Send", exact=True).click()
    desk.hears(["Take them with water.", "With milk, too?"])
    desk.write("Better not.")
    expect(page.get_by_role("log")).to_contain_text("Better not.")
    check_page(page)
    screenshot(page, "ended-shown", full_page=True)


def test_what_is_deleted_leaves_the_page_with_the_visit(clinic: Clinic, desk: Desk, patient: Any, doctor: Any) -> None:
    set_up(clinic, ChatAfterVisit.DELETED)
    page = patient(desk)
    desk.write("Nobody keeps this.")
    seen(page, "Nobody keeps this.")
    at_desk = doctor(desk)
    expect(at_desk.get_by_role("log")).to_contain_text("Nobody keeps this.")
    desk.end()
    seen(page, "What was written is deleted for good at")
    assert "Nobody keeps this." not in page.content()
    with desk.visit() as visit:
        message.erase(session_of(visit), visit.conversation, clock.now())
    seen(at_desk, "has been deleted")
    assert "Nobody keeps this." not in at_desk.content()


def test_who_is_done_is_forgotten_on_this_device(clinic: Clinic, desk: Desk, patient: Any) -> None:
    page = patient(desk)
    desk.end()
    with desk.visit() as visit:
        visit.sum_up(clinic.staff("doctor"), SUMMARY, FollowUp("Rest"), clock.now())
    seen(page, SUMMARY)
    page.get_by_role("button", name="Done, forget this on this device").click()
    page.get_by_role("button", name="Dr Doctor").wait_for()
    page.reload()
    page.get_by_role("button", name="Dr Doctor").wait_for()
    assert SUMMARY not in page.content()
    with clinic.session() as session:
        assert session.query(Feedback).count() == 0
