"""The form for a new appointment, in a real browser: a patient known or new, a time, a series, a lost answer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock
from telehealth.booking import Appointment
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.patient import Patient
from telehealth.visit_type import VisitType
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)

pytestmark = pytest.mark.browser
NEW = "/desk/calendar/new"


def fill_in(page: Page, **values: str) -> None:
    given = {"Initials": "A.", "Last name": "Bakker", "Date of birth": "1970-05-01", "E-mail": "anna@example.org"} | values
    for label, value in given.items():
        page.get_by_label(label, exact=True).fill(value)


def at_seven(page: Page, days: int = 2) -> None:
    page.get_by_label("Day", exact=True).fill(str((clock.now() + timedelta(days=days)).date()))
    page.get_by_label("From", exact=True).fill("07:05")


def test_from_the_calendar_to_a_new_appointment_on_a_phone(open_desk: Any, clinic: Clinic, check_page: Page, screenshot: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", "/desk/calendar", width=360, height=2400)
    page.get_by_role("link", name="New appointment").click()
    page.get_by_role("button", name="Make the appointment").click()
    page.get_by_role("alert").get_by_text("Initials").wait_for()
    screenshot(page, "new-wrong", full_page=True)
    check_page(page)
    fill_in(page)
    at_seven(page)
    page.get_by_label("Message to the patient").fill("Bring your list.")
    page.get_by_role("button", name="Make the appointment").click()
    page.get_by_role("heading", name="The appointment of A. Bakker is made").wait_for()
    screenshot(page, "new-made", full_page=True)
    check_page(page)
    page.get_by_role("link", name="Show the day").click()
    expect(page.locator("#appointments")).to_contain_text("A. Bakker")


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 2400, "rtl": True, "dark": True}], ids=["wide", "phone dark mirrored"])
def test_somebody_who_resembles_a_patient_is_chosen_instead(open_desk: Any, clinic: Clinic, check_page: Page, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    with clinic.session() as session:
        clinic.book(session)
    page = open_desk(clinic, "doctor", NEW, **look)
    page.locator("#initials").fill("M.")
    page.locator("#last_name").fill(f"de Vries {clinic.mark}")
    page.locator("#birth_date").fill("1984-03-27")
    page.locator("#email").fill("new@example.org")
    page.locator("#date").fill(str((clock.now() + timedelta(days=2)).date()))
    page.locator("#time").fill("07:05")
    page.locator("button[type=submit]").last.click()
    page.locator("#alike [data-use]").wait_for()
    screenshot(page, f"new-alike-{look['width']}", full_page=True)
    check_page(page)
    page.locator("#alike [data-use]").click()
    page.locator("#new-appointment button[type=submit]").click()
    page.locator("#made").wait_for()
    with clinic.session() as session:
        assert (session.query(Patient).count(), session.query(Appointment).count()) == (1, 2)


def test_a_patient_is_found_a_series_made_and_a_taken_time_said_at_its_field(open_desk: Any, clinic: Clinic, check_page: Page, screenshot: Any) -> None:  # noqa: F811
    with clinic.session() as session:
        booked = clinic.book(session)
        start, person = booked.start, booked.practitioner_id
    page = open_desk(clinic, "doctor", NEW)
    page.get_by_label("Look for a patient who has been here").press_sequentially("m. de")
    page.locator("#found [data-use]").click()
    expect(page.locator("[data-slot=known]")).to_contain_text("de Vries")
    if person != clinic.people["doctor"]:
        pytest.fail("the first free time of this clinic is the doctor's")
    zone = page.evaluate("document.body.dataset.zone")
    local = page.evaluate("([at, zone]) => new Intl.DateTimeFormat('sv-SE', {timeZone: zone, dateStyle: 'short', timeStyle: 'short'}).format(new Date(at))", [start.isoformat(), zone])
    page.get_by_label("Day", exact=True).fill(local[:10])
    page.get_by_label("From", exact=True).fill(local[11:16])
    page.get_by_label("Again after that").check()
    page.get_by_label("Appointments altogether").fill("3")
    page.get_by_text("What stands on this day").click()
    expect(page.locator("#on-day")).to_contain_text("de Vries")
    page.get_by_role("button", name="Make the appointment").click()
    expect(page.locator(".k-error")).to_contain_text("Somebody else has an appointment on")
    screenshot(page, "new-taken", full_page=True)
    check_page(page)
    page.get_by_label("From", exact=True).fill("07:05")
    page.get_by_role("button", name="Make the appointment").click()
    page.locator("#made").wait_for()
    with clinic.session() as session:
        assert session.query(Appointment).count() == 4


def test_an_answer_that_is_lost_makes_nothing_twice(open_desk: Any, clinic: Clinic) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", NEW, expect=["ERR_INTERNET_DISCONNECTED", "WebSocket"])
    fill_in(page)
    at_seven(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Make the appointment").click()
    page.get_by_text("What you entered is kept. Press the button again").wait_for(timeout=30_000)
    page.context.set_offline(False)
    page.wait_for_selector("body[data-live=online]")
    page.get_by_role("button", name="Make the appointment").click()
    page.locator("#made").wait_for()
    with clinic.session() as session:
        assert session.query(Appointment).count() == 1


def test_what_costs_something_can_be_free_this_time_and_its_details_speak_of_the_money(open_desk: Any, clinic: Clinic, check_page: Page, screenshot: Any) -> None:  # noqa: F811
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.pay_online, own.payment_provider, own.is_test = PayOnline.BEFORE_ENTRY, PaymentProvider.SANDBOX, True
        session.add_all([VisitType(name="Talk", position=0), VisitType(name="Consultation", price=Decimal(45), position=1)])
    page = open_desk(clinic, "doctor", NEW)
    free = page.get_by_label("Free of charge this time")
    expect(free).to_be_hidden()
    page.get_by_label("What for?").select_option(label="Consultation · €45.00")
    expect(free).to_be_visible()
    fill_in(page)
    at_seven(page)
    check_page(page)
    screenshot(page, "new-costs", full_page=True)
    page.get_by_role("button", name="Make the appointment").click()
    page.get_by_role("link", name="Show the day").click()
    page.get_by_role("button", name="Details A. Bakker").click()
    expect(page.locator("#details [data-slot=payment] [data-when=due]")).to_be_visible()
    check_page(page)
    screenshot(page, "details-unpaid")
