"""The desk's pages: who gets in, what a page carries, what opening one leaves behind."""

from __future__ import annotations

import re
from typing import Any

import pytest

from telehealth import clock
from telehealth.audit import AuditAction, AuditEvent
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic, at
from web.endpoint import REGISTRY

PAGES = ["/desk/waiting-room", "/desk/inbox", "/desk/calendar"]


@pytest.mark.parametrize("path", ["/desk/", "/desk/visit/any", *PAGES])
def test_whoever_is_not_signed_in_is_asked_to_sign_in_and_comes_back(app: Any, path: str) -> None:
    answer = app.test_client().get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.location == f"/admin/login/?next={path}"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("person", ["admin", "manager", "doctor", "nurse"])
def test_care_people_open_every_page(staff: Any, clinic: Clinic, path: str, person: str) -> None:
    page = staff(clinic, person).get(path)
    assert page.status_code == 200
    assert clinic.mark in page.text
    assert 'name="csrf-token"' in page.text


@pytest.mark.parametrize("path", ["/desk/", "/desk/visit/any", *PAGES])
def test_a_translator_is_told_that_the_role_does_not_include_the_desk(staff: Any, clinic: Clinic, path: str) -> None:
    page = staff(clinic, "translator").get(path, headers={"Accept": "text/html"})
    assert page.status_code == 403
    assert "Your role does not include this." in page.text


def test_the_desk_begins_with_the_waiting_room(staff: Any, clinic: Clinic) -> None:
    assert staff(clinic, "doctor").get("/desk/").location == "/desk/waiting-room"


def test_every_address_of_the_desk_takes_a_sign_in_but_the_calendar_feed_whose_address_is_the_secret() -> None:
    ours = [declared for declared in REGISTRY.values() if declared.name.startswith("desk") and declared.name != "desk_calendar.feed"]
    assert len(ours) >= 7
    assert {declared.access.value for declared in ours} == {"staff"}


def test_only_administrators_are_led_to_the_settings(staff: Any, clinic: Clinic) -> None:
    assert 'href="/admin/"' in staff(clinic, "admin").get("/desk/waiting-room").text
    assert 'href="/admin/"' not in staff(clinic, "doctor").get("/desk/waiting-room").text


def test_the_page_wears_the_organisations_colour(staff: Any, clinic: Clinic) -> None:
    assert staff(clinic, "doctor").get("/desk/brand.css").text == ":root{--brand:#0b6e6e}"


def test_no_page_has_script_or_style_in_it(staff: Any, clinic: Clinic) -> None:
    doctor = staff(clinic, "doctor")
    for path in PAGES:
        page = doctor.get(path).text
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page), path


def test_a_word_for_the_socket_needs_the_pages_own_token(staff: Any, clinic: Clinic) -> None:
    doctor = staff(clinic, "doctor")
    without = doctor.client.post("/desk/token", json={})
    assert (without.status_code, without.json["error"]) == (400, "csrf")
    assert doctor.send("/desk/token").status_code == 200


def test_opening_a_visit_shows_its_facts_and_is_noted(staff: Any, clinic: Clinic) -> None:
    with clinic.session() as session:
        uid = clinic.arrive(session).uid
    page = staff(clinic, "doctor").get(f"/desk/visit/{uid}")
    assert page.status_code == 200
    assert f"Lindqvist {clinic.mark}" in page.text
    assert f"Dizzy {clinic.mark}" in page.text
    with clinic.session() as session:
        visit = session.query(Encounter).filter_by(uid=uid).one()
        noted = session.query(AuditEvent).filter_by(entity="encounter", entity_id=visit.id).one()
        assert noted.action is AuditAction.OPENED
        assert noted.actor == f"practitioner:{clinic.people['doctor']}"


def test_what_the_patient_answered_stands_beside_its_question(staff: Any, clinic: Clinic) -> None:
    with clinic.session() as session:
        uid = clinic.arrive(session, answers={"email": "yes please", "old_field": "an answer"}).uid
    page = staff(clinic, "doctor").get(f"/desk/visit/{uid}").text
    assert re.search(r"<dt>Email</dt><dd[^>]*>yes please</dd>", page)
    assert "an answer" in page


@pytest.mark.parametrize("person", ["nurse", "translator"])
def test_a_visit_of_another_department_is_not_found(staff: Any, clinic: Clinic, person: str) -> None:
    with clinic.session() as session:
        uid = clinic.arrive(session).uid
    page = staff(clinic, person).get(f"/desk/visit/{uid}")
    assert page.status_code in {403, 404}
    assert clinic.mark not in page.text


def test_a_visit_of_another_organisation_is_not_found(staff: Any, clinic: Clinic, other: Clinic) -> None:
    with clinic.session() as session:
        uid = clinic.arrive(session).uid
    page = staff(other, "admin").get(f"/desk/visit/{uid}")
    assert page.status_code == 404
    assert clinic.mark not in page.text


def test_the_calendar_opens_on_the_clinics_today(staff: Any, clinic: Clinic) -> None:
    with clock.at(at("2027-03-01T23:30:00+00:00")):  # in Amsterdam it is the next day
        assert 'data-day="2027-03-02"' in staff(clinic, "doctor").get("/desk/calendar").text


def test_the_calendar_walks_from_day_to_day(staff: Any, clinic: Clinic) -> None:
    page = staff(clinic, "doctor").get("/desk/calendar?date=2027-02-28").text
    assert 'data-day="2027-02-28"' in page
    assert "date=2027-02-27" in page
    assert "date=2027-03-01" in page


def test_a_date_that_does_not_exist_is_refused(staff: Any, clinic: Clinic) -> None:
    assert staff(clinic, "doctor").get("/desk/calendar?date=2027-02-31").status_code == 422


def test_the_calendar_opens_as_it_was_looked_at_last(clinic: Clinic, staff: Any) -> None:
    doctor = staff(clinic, "doctor")
    assert 'data-view="list"' in doctor.get("/desk/calendar").text
    assert 'data-view="week"' in doctor.get("/desk/calendar?view=week").text
    assert 'data-view="week"' in doctor.get("/desk/calendar").text
    assert 'data-view="list"' in staff(clinic, "admin").get("/desk/calendar").text, "each person their own"
