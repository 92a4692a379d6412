"""Files behind an appointment's link in a real browser: before the visit, while it goes on, and when it is over."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock
from telehealth.file import StoredFile
from telehealth.organization import Organization
from tests.clinic import Clinic
from tests.files import PDF, picture
from tests.widgets.attachment.test_routes import Patient

pytestmark = pytest.mark.browser
PHOTO = {"name": "My rash.jpg", "mimeType": "image/jpeg", "buffer": picture("JPEG", size=(400, 300))}


@pytest.fixture
def patient(app: Any, clinic: Clinic) -> Patient:
    """Somebody whose clinic takes files."""
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).patients_may_attach = True
    return Patient(app, clinic)


def open_link(new_page: Any, live: str, patient: Patient, heading: str, **look: Any) -> Page:
    page: Page = new_page(**look)
    page.goto(f"{live}/visit#{patient.ticket}")
    page.get_by_role("heading", name=heading).wait_for()
    return page


@pytest.mark.parametrize("look", [{"width": 360, "height": 1400}, {"width": 360, "height": 1400, "rtl": True, "dark": True}, {"width": 1280, "height": 1200}], ids=str)
def test_a_photo_is_given_before_the_visit_and_taken_back(new_page: Any, live: str, clinic: Clinic, patient: Patient, check_page: Any, screenshot: Any, look: dict[str, Any]) -> None:
    patient.given()
    with clock.at(patient.end - timedelta(days=1)):
        page = open_link(new_page, live, patient, "You are too early", **look)
        page.locator("#files").get_by_text("Letter.pdf").first.wait_for()
        page.locator("#files input[type=file]").set_input_files(PHOTO)  # type: ignore[arg-type]
        page.locator("#files").get_by_text("from you").wait_for()
        page.locator("#files").get_by_text("The clinic has it.").wait_for()
        screenshot(page, f"files-give-{look['width']}-{'rtl' if 'rtl' in look else 'ltr'}", full_page=True)
        check_page(page)
        page.get_by_role("button", name="Delete My rash.jpg").click()
        page.get_by_role("button", name="Delete it").click()
        page.locator("#files").get_by_text("Deleted.").wait_for()
    with clinic.session() as session:
        assert [one.name for one in session.query(StoredFile)] == ["Letter.pdf"]


def test_they_are_there_in_the_waiting_room_and_what_comes_meanwhile_too(new_page: Any, live: str, patient: Patient, check_page: Any, screenshot: Any) -> None:
    patient.given()
    with clock.at(patient.end - timedelta(minutes=20)):
        page = open_link(new_page, live, patient, "Your appointment", width=360, height=1400)
        page.locator("#files").get_by_text("Letter.pdf").first.wait_for()
        page.get_by_role("button", name="Enter the waiting room").click()
        page.locator("#waiting").wait_for()
        expect(page.locator("#files [data-file]")).to_have_count(1)
        patient.given()
        expect(page.locator("#files [data-file]")).to_have_count(2)
        screenshot(page, "files-waiting", full_page=True)
        check_page(page)
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save Letter.pdf").first.click()
        assert Path(saved.value.path()).read_bytes() == PDF


def test_when_the_appointment_is_over_they_can_still_be_read(new_page: Any, live: str, patient: Patient, check_page: Any) -> None:
    patient.given()
    with clock.at(patient.end + timedelta(hours=3)):
        page = open_link(new_page, live, patient, "This appointment is over", width=360)
        page.get_by_role("button", name="Save Letter.pdf").wait_for()
        expect(page.locator("#files input")).to_have_count(0)
        check_page(page)


def test_a_file_that_is_gone_meanwhile_is_said_to_be(new_page: Any, live: str, clinic: Clinic, patient: Patient) -> None:
    patient.given()
    with clock.at(patient.end - timedelta(days=1)):
        page = open_link(new_page, live, patient, "You are too early", expect=["status of 404"])
        page.get_by_role("button", name="Save Letter.pdf").wait_for()
        with clinic.session() as session:
            session.query(StoredFile).delete()
        page.get_by_role("button", name="Save Letter.pdf").click()
        page.get_by_role("alert").get_by_text("We cannot find what you asked for").wait_for()


def test_a_clinic_that_has_put_nothing_there_and_takes_nothing_costs_no_byte(new_page: Any, live: str, app: Any, clinic: Clinic) -> None:
    without = Patient(app, clinic)
    with clock.at(without.end - timedelta(days=1)):
        page = new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{live}/visit#{without.ticket}")
        page.get_by_role("heading", name="You are too early").wait_for()
    assert not any("attachment" in url or "files" in url for url in asked)
