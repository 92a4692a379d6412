"""Questionnaires at the desk in a real browser: seen on the appointment, sent later, read, chosen for a new one."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from telehealth import clock, intake, waiting_room
from telehealth.booking import Appointment
from telehealth.questionnaire_response import QuestionnaireResponse
from telehealth.translation import Texts
from tests.clinic import Clinic, client_id
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.desk.test_new_appointment_in_the_browser import NEW, at_seven, fill_in
from tests.desk.test_questionnaires import Asked
from tests.questionnaires import RIGHT, asked_everywhere, made

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 1600, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_from_the_appointment_to_the_answers(open_desk: Any, clinic: Clinic, check_page: Any, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    asked = Asked(clinic, filled=True)
    with clinic.session() as session:
        made(session)
        appointment = session.get_one(Appointment, asked.appointment)
        day, name = appointment.start.date(), appointment.patient.name
    page = open_desk(clinic, "doctor", f"/desk/calendar?date={day}", expect=["status of 409"], **look)
    row = page.locator("#appointments tbody tr").filter(has_text="Questionnaire filled in")
    expect(row).to_contain_text(name)
    screenshot(page, f"desk-rows-{look['width']}")
    row.get_by_role("button", name="Details").click()
    dialog = page.locator("#details")
    dialog.get_by_text("Filled in").wait_for()
    dialog.get_by_text("Send a questionnaire").click()
    check_page(page)
    screenshot(page, f"desk-details-{look['width']}")
    dialog.get_by_role("button", name="Send", exact=True).click()
    dialog.get_by_text("choose a questionnaire that is not filled in yet").wait_for()
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_role("button", name="Send", exact=True).click()
    dialog.get_by_text("Sent. The patient gets a mail.").wait_for()
    dialog.get_by_text("Not filled in yet").wait_for()
    page.goto(page.url.partition("/desk/")[0] + asked.answers)
    page.get_by_text("I fell").wait_for()
    check_page(page)
    screenshot(page, f"desk-answers-{look['width']}", full_page=True)
    page.emulate_media(media="print")
    screenshot(page, f"desk-print-{look['width']}", full_page=True)


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 1600, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_beside_the_visit_it_is_there_as_soon_as_it_is_sent(open_desk: Any, clinic: Clinic, check_page: Any, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    asked = Asked(clinic, filled=False)
    with clinic.session() as session:
        appointment = session.get_one(Appointment, asked.appointment)
        uid = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start).uid
    page = open_desk(clinic, "doctor", f"/desk/visit/{uid}", **look)
    page.locator("#asked").get_by_text("Not filled in yet").wait_for()
    with clinic.session() as session:
        response = session.query(QuestionnaireResponse).filter_by(uid=asked.response).one()
        texts = Texts(session, "en", "en")
        response.open(texts, texts, clock.now())
        intake.complete(session, response, RIGHT, client_id(), clock.now())
    page.locator("#asked").get_by_role("link", name="Read answers").wait_for()
    check_page(page)
    screenshot(page, f"desk-visit-{look['width']}")


def test_chosen_for_a_new_appointment(open_desk: Any, clinic: Clinic, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    usual = asked_everywhere(clinic)
    with clinic.session() as session:
        chosen = made(session).id
    page = open_desk(clinic, "doctor", NEW, width=360, height=2400)
    boxes = page.locator("#questionnaires input")
    boxes.first.wait_for()
    assert [box.is_checked() for box in boxes.all()] == [True, False]
    check_page(page)
    screenshot(page, "desk-new", full_page=True)
    page.locator(f"#questionnaires input[value='{chosen}']").check()
    fill_in(page)
    at_seven(page)
    page.get_by_role("button", name="Make the appointment").click()
    page.get_by_role("heading", name="The appointment of A. Bakker is made").wait_for()
    with clinic.session() as session:
        assert {row.questionnaire_id for row in session.query(QuestionnaireResponse)} == {usual, chosen}


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 1600, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_the_waiting_rooms_list_says_it_and_the_answers_are_opened_again(open_desk: Any, clinic: Clinic, check_page: Any, look: dict[str, Any]) -> None:  # noqa: F811
    asked = Asked(clinic, filled=True)
    with clinic.session() as session:
        appointment = session.get_one(Appointment, asked.appointment)
        waiting_room.check_in(session, appointment.ticket, appointment, appointment.start)
    page = open_desk(clinic, "doctor", "/desk/", **look)
    page.get_by_text("Questionnaire filled in").first.wait_for()
    check_page(page)
    page.goto(page.url.partition("/desk/")[0] + asked.answers)
    page.get_by_role("button", name="Open again for correction").click()
    page.get_by_text("The patient can correct it").wait_for()
    check_page(page)
