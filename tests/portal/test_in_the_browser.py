"""From the page that is too early to the own pages, with the PIN of the mail, and out again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import audit, clock, questionnaire_response
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.pin import TRIES
from telehealth.questionnaire_response import Occasion
from tests.portal.conftest import book, digits_in
from tests.questionnaires import made as made_questionnaire

REFUSED = ["status of 4(04|09|22|01|29)"]


@pytest.fixture
def opened(new_page, live, booked):
    def open_(path="/portal/", ticket=booked.ticket, **options):
        page = new_page(**{"timezone_id": "Europe/Amsterdam", "expect": REFUSED} | options)
        page.goto(f"{live}{path}#{ticket}")
        return page

    return open_


@pytest.fixture
def full(clinic, booked):
    """A message, another appointment, one that was cancelled, a questionnaire, and somebody who has looked."""
    second, third = book(clinic, 5), book(clinic, 7)
    with clinic.session() as session:
        made = session.get_one(Appointment, booked.id)
        made.sealed_message = session.keyring.seal("Please have your list of medicines at hand.", made.place_of("sealed_message"))
        session.get_one(Appointment, third.id).cancel(clock.now())
        asked = made_questionnaire(session)
        questionnaire_response.ask(session, [asked.id], Occasion.of_appointment(session.get_one(Appointment, second.id)), clock.now())
        audit.opened(session, made, f"practitioner:{clinic.people['doctor']}", clock.now())


def enter(page, digits):
    page.get_by_role("textbox", name="PIN").fill(digits)
    page.get_by_role("button", name="Go in").click()


def come_in(page, clinic, mailed):
    page.get_by_role("button", name="Request PIN code").click()
    page.get_by_role("heading", name="Enter your PIN").wait_for()
    enter(page, digits_in(mailed(clinic)[-1].text))
    page.get_by_role("heading", name="Appointments to come").wait_for()


def test_from_the_page_that_is_too_early_to_the_appointments(opened, clinic, booked, full, mailed, check_page, screenshot):
    page = opened("/visit")
    button = page.get_by_role("button", name="Request PIN code")
    button.wait_for()
    screenshot(page, "early", full_page=True)
    button.click()
    page.get_by_role("heading", name="Enter your PIN").wait_for()
    assert page.get_by_text("a mail with your PIN is on its way").is_visible()
    assert booked.ticket not in page.url and booked.email not in page.content()
    check_page(page)
    screenshot(page, "pin", full_page=True)
    enter(page, digits_in(mailed(clinic)[-1].text))
    page.get_by_role("heading", name="Appointments to come").wait_for()
    assert page.get_by_text("Please have your list of medicines at hand.").is_visible()
    page.get_by_role("heading", name="Questions to you").wait_for()
    check_page(page)
    screenshot(page, "pages", full_page=True)
    link = page.get_by_role("link", name="Open").first
    assert link.get_attribute("href") == f"/visit#{booked.ticket}"


@pytest.mark.parametrize("look", [{"width": 360}, {"width": 360, "dark": True, "rtl": True}], ids=str)
def test_the_pages_are_readable_on_a_phone(opened, clinic, full, mailed, check_page, screenshot, look):
    page = opened(**look)
    page.get_by_role("heading", name="Your own pages").wait_for()
    screenshot(page, f"door-{len(look)}", full_page=True)
    come_in(page, clinic, mailed)
    page.get_by_text("One earlier appointment").click()
    page.get_by_text("Who has looked at my data").click()
    page.get_by_text("an appointment of yours").wait_for()
    page.get_by_role("heading", name="Questions to you").wait_for()
    check_page(page)
    screenshot(page, f"phone-{len(look)}", full_page=True)


def test_with_text_of_double_size_nothing_is_lost(opened, clinic, full, mailed, check_page):
    page = opened(width=360)
    come_in(page, clinic, mailed)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    check_page(page)


def test_a_wrong_pin_is_told_at_its_field_with_the_tries_that_are_left(opened, clinic, mailed, check_page, screenshot):
    page = opened()
    page.get_by_role("button", name="Request PIN code").click()
    page.get_by_role("heading", name="Enter your PIN").wait_for()
    digits = digits_in(mailed(clinic)[-1].text)
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    enter(page, wrong)
    page.locator(".k-error", has_text="4 tries are left").wait_for()
    assert page.get_by_role("textbox", name="PIN").input_value() == wrong
    check_page(page)
    screenshot(page, "wrong", full_page=True)
    for left in range(TRIES - 2, 0, -1):
        enter(page, wrong)
        page.locator(".k-error", has_text="One try is left" if left == 1 else f"{left} tries are left").wait_for()
    enter(page, wrong)
    page.get_by_text("This PIN does not work any more").wait_for()
    page.get_by_role("button", name="Request a new PIN").click()
    come_in(page, clinic, mailed)


def test_the_pin_can_be_entered_by_keyboard_alone(opened, clinic, mailed):
    page = opened()
    page.get_by_role("button", name="Request PIN code").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Enter your PIN").wait_for()
    page.keyboard.press("Tab")
    field = page.locator("input:focus")
    assert (field.get_attribute("autocomplete"), field.get_attribute("inputmode")) == ("one-time-code", "numeric")
    digits = digits_in(mailed(clinic)[-1].text)
    page.keyboard.insert_text(f"{digits[:3]} {digits[3:]}")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Appointments to come").wait_for()


def test_a_reload_stays_in_and_signing_out_forgets(opened, clinic, live, booked, mailed):
    page = opened()
    come_in(page, clinic, mailed)
    page.reload()
    page.get_by_role("heading", name="Appointments to come").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("You are signed out").wait_for()
    assert "Appointments to come" not in page.content()
    page.reload()
    page.get_by_role("button", name="Request PIN code").wait_for()
    assert page.context.cookies() == []


def test_whose_session_has_ended_is_told_and_comes_in_again(opened, clinic, mailed):
    page = opened()
    come_in(page, clinic, mailed)
    page.wait_for_load_state("networkidle")
    with clock.at(clock.now() + timedelta(hours=3)):
        page.get_by_text("Who has looked at my data").click()
        page.get_by_text("You are signed out").wait_for()
        come_in(page, clinic, mailed)


def test_without_storage_one_comes_in_as_well(opened, clinic, mailed):
    page = opened(storage="none")
    come_in(page, clinic, mailed)
    assert page.get_by_role("link", name="Open").first.is_visible()


def test_a_questionnaire_is_filled_in_on_the_own_pages(opened, clinic, full, mailed, check_page):
    page = opened()
    come_in(page, clinic, mailed)
    page.get_by_role("button", name="Fill in").click()
    page.get_by_label("What happened?").fill("I fell")
    page.get_by_text("Saved. You can go on later.").wait_for()
    check_page(page)
    page.get_by_role("button", name="Go on later").click()
    page.get_by_text("Begun").wait_for()


def test_an_appointment_goes_into_the_own_calendar(opened, clinic, mailed):
    page = opened()
    come_in(page, clinic, mailed)
    with page.expect_download() as given:
        page.get_by_role("button", name="Into my calendar").click()
    assert given.value.suggested_filename == "appointment.ics"


def test_from_another_zone_the_own_time_stands_beside(opened, clinic, mailed):
    page = opened(timezone_id="America/New_York")
    come_in(page, clinic, mailed)
    assert page.get_by_text("where you are").is_visible()


def test_a_clinic_without_mails_says_what_to_do_instead(opened, clinic):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    page = opened()
    page.get_by_text("This clinic sends no mails. Call").wait_for()
    assert not page.get_by_role("button", name="Request PIN code").is_visible()
    visit = opened("/visit")
    visit.get_by_text("The waiting room opens").wait_for()
    assert not visit.get_by_role("button", name="Request PIN code").is_visible()


def test_a_link_that_is_none_says_so(opened, check_page):
    page = opened(ticket="x" * 43)
    page.get_by_role("heading", name="This link does not work any more").wait_for()
    check_page(page)


def test_after_the_appointment_the_link_offers_the_pin_too(opened, clinic, booked, mailed):
    with clock.at(booked.end + timedelta(hours=2)):
        page = opened("/visit")
        page.get_by_role("heading", name="This appointment is over").wait_for()
        page.get_by_role("button", name="Request PIN code").click()
        page.get_by_role("heading", name="Enter your PIN").wait_for()
        enter(page, digits_in(mailed(clinic)[-1].text))
        page.get_by_text("One earlier appointment").wait_for()
