"""Files in a real browser: staff attach them to a new appointment or later, the patient saves them by the link."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import attachment, clock, waiting_room
from telehealth.booking import Appointment
from telehealth.file import Content, StoredFile
from telehealth.organization import Organization
from tests.clinic import Clinic, client_id
from tests.desk.test_attachments import doctors
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.desk.test_new_appointment_in_the_browser import NEW, at_seven, fill_in
from tests.files import PDF, picture

pytestmark = pytest.mark.browser
LETTER = {"name": "Vor der Untersuchung.pdf", "mimeType": "application/pdf", "buffer": PDF}


def choose(page: Page, *files: dict[str, Any]) -> None:
    page.locator("#attached input[type=file]").set_input_files(list(files))


def link_of(clinic: Clinic) -> str:
    with clinic.session() as session:
        return "/visit#" + session.query(Appointment).one().ticket.token


@pytest.mark.parametrize("look", [{"width": 1280, "height": 1700}, {"width": 360, "height": 2400, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_what_is_attached_to_a_new_appointment_is_saved_by_its_patient(open_desk: Any, new_page: Any, clinic: Clinic, site: str, check_page: Any, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", NEW, **look)
    choose(page, LETTER, {"name": "virus.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
    page.locator("#attached [data-file]").get_by_text(LETTER["name"]).first.wait_for()
    page.get_by_text("Files of this kind are not taken").wait_for()
    screenshot(page, f"files-new-{look['width']}", full_page=True)
    check_page(page)
    fill_in(page)
    at_seven(page)
    page.get_by_role("button", name="Make the appointment").click()
    page.get_by_role("alert").get_by_text("Some files were not sent").wait_for()
    page.get_by_role("button", name="Do not send virus.exe").click()
    page.get_by_role("button", name="Make the appointment").click()
    page.locator("#made").wait_for()
    patient = new_page(**look)
    patient.goto(site + link_of(clinic))
    patient.locator("#files").get_by_text(LETTER["name"]).first.wait_for()
    screenshot(patient, f"files-link-{look['width']}", full_page=True)
    check_page(patient)
    with patient.expect_download() as saved:
        patient.get_by_role("button", name=re.compile("^Save")).click()
    assert saved.value.suggested_filename == LETTER["name"]
    assert Path(saved.value.path()).read_bytes() == PDF


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 1600, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_from_the_appointment_files_are_added_later_and_deleted_after_a_question(open_desk: Any, clinic: Clinic, check_page: Any, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    number = doctors(clinic)
    with clinic.session() as session:
        day = session.get_one(Appointment, number).start.date()
        session.query(Appointment).filter(Appointment.id != number).delete()
    page = open_desk(clinic, "doctor", f"/desk/calendar?date={day}", expect=["status of 422"], **look)
    page.locator("#appointments tbody tr").get_by_role("button", name="Details").click()
    page.locator("#attached").get_by_text("Add files").wait_for()
    choose(page, LETTER, {"name": "scan.png", "mimeType": "image/png", "buffer": b"<html>"}, {"name": "plan.png", "mimeType": "image/png", "buffer": picture()})
    page.locator("#attached [data-file]").nth(1).wait_for()
    page.get_by_text("This file is something else than its name says").wait_for()
    screenshot(page, f"files-details-{look['width']}")
    page.get_by_role("button", name="Delete plan.png").click()
    page.get_by_text("Delete this file for good?").locator("visible=true").wait_for()
    expect(page.get_by_role("button", name="Keep it").locator("visible=true")).to_be_focused()
    screenshot(page, f"files-sure-{look['width']}")
    check_page(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Delete plan.png")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete it").locator("visible=true").click()
    page.locator("#attached").get_by_text("Deleted.").wait_for()
    expect(page.locator("#attached [data-file]")).to_have_count(1)
    with clinic.session() as session:
        assert [one.name for one in session.query(StoredFile)] == [LETTER["name"]]


def test_a_file_whose_way_was_cut_goes_on_by_itself_when_the_network_is_back(open_desk: Any, clinic: Clinic, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", NEW, expect=["ERR_INTERNET_DISCONNECTED", "WebSocket"])
    page.locator("#attached").get_by_text("Add files").wait_for()
    page.context.set_offline(True)
    choose(page, LETTER)
    page.get_by_text("The connection was lost. The file is kept here: try again.").wait_for()
    screenshot(page, "files-lost", full_page=True)
    check_page(page)
    page.context.set_offline(False)
    page.locator("#attached [data-file]").wait_for()
    with clinic.session() as session:
        assert session.query(StoredFile).count() == 1


def test_what_is_dropped_is_sent_too_and_what_is_too_large_stays(open_desk: Any, clinic: Clinic) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", NEW)
    drop = """([name, size]) => {
      const carried = new DataTransfer();
      carried.items.add(new File(["%PDF-1.7 ", new Uint8Array(size), " %%EOF"], name));
      const place = document.querySelector("[data-drop]");
      place.dispatchEvent(new DragEvent("dragover", { dataTransfer: carried, bubbles: true, cancelable: true }));
      const lit = place.hasAttribute("data-over");
      place.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
      return lit && !place.hasAttribute("data-over");
    }"""
    page.locator("#attached").get_by_text("Add files").wait_for()
    assert page.evaluate(drop, ["dropped.pdf", 10]) is True
    page.locator("#attached [data-file]").get_by_text("dropped.pdf").first.wait_for()
    page.evaluate(drop, ["huge.pdf", 10_000_001])
    page.get_by_text("This file is too large. It may have up to 10 MB.").wait_for()
    expect(page.locator("#attached [data-file]")).to_have_count(1)


def test_beside_the_visit_the_patients_photo_is_there_as_soon_as_it_is_sent(open_desk: Any, clinic: Clinic, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    number = doctors(clinic)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).patients_may_attach = True
        appointment = session.get_one(Appointment, number)
        uid = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start).uid
    page = open_desk(clinic, "doctor", f"/desk/visit/{uid}")
    page.locator("#attached").get_by_text("Add files").wait_for()
    with clinic.session() as session:
        photo = Content("rash.jpg", "image/jpeg", picture("JPEG"))
        attachment.add_by_patient(session, session.get_one(Appointment, number), photo, client_id(), clock.now())
    page.locator("#attached").get_by_text("from the patient").wait_for()
    screenshot(page, "files-visit")
    check_page(page)
    with page.expect_download() as saved:
        page.locator("#attached").get_by_role("link", name="Save rash.jpg").click()
    assert saved.value.suggested_filename == "rash.jpg"
