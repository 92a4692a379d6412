"""The desk's calendar: a day's appointments, who has come, what is opened and cancelled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from desk import catch_up
from telehealth import booking, clock, staff_booking
from telehealth.audit import AuditEvent
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.feed import FeedName, latest
from telehealth.organization import Organization
from telehealth.staff_booking import NewPatient, Plan
from telehealth.waiting_room import Encounter, EndReason, check_in
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id


@pytest.fixture
def booked(clinic: Clinic) -> dict[str, Any]:
    """An appointment with somebody, and who that is."""
    with clinic.session() as session:
        found = clinic.book(session)
        person = next(key for key, value in clinic.people.items() if value == found.practitioner_id)
        colleague = "nurse" if person == "doctor" else "doctor"
        return {"id": found.id, "day": found.start.date().isoformat(), "person": person, "colleague": colleague}


def test_a_day_lists_its_appointments_with_person_department_and_state(
    clinic: Clinic, open_page: Any, booked: dict[str, Any]
) -> None:
    row = open_page(clinic, booked["person"]).everything("calendar", date=booked["day"])[booked["id"]]
    assert row["name"] == f"M. de Vries {clinic.mark}"
    assert row["status"] == "booked"
    assert clinic.mark in row["department"]
    assert "birth_date" not in row


def test_another_departments_appointments_are_not_listed(
    clinic: Clinic, open_page: Any, booked: dict[str, Any]
) -> None:
    assert open_page(clinic, booked["colleague"]).everything("calendar", date=booked["day"]) == {}


def test_a_day_begins_and_ends_as_the_clinics_clock_says(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page = open_page(clinic, "admin")
    days = [day for day in ("2020-01-01", booked["day"]) if page.everything("calendar", date=day)]
    assert days == [booked["day"]]


def test_a_booking_stands_in_the_calendar_at_once(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "admin")
    with clinic.session() as session:
        appointment_id = clinic.book(session).id
    assert [row["id"] for row in page.events("appointment")] == [appointment_id]


def test_opening_an_appointment_shows_the_patient_and_is_noted(
    clinic: Clinic, open_page: Any, booked: dict[str, Any]
) -> None:
    details = open_page(clinic, booked["person"]).done("appointment", id=booked["id"])
    assert (details["birth_date"], details["can_cancel"]) == ("1984-03-27", True)
    with clinic.session() as session:
        noted = session.query(AuditEvent).filter_by(entity="appointment", entity_id=booked["id"]).one()
        assert noted.actor == f"practitioner:{clinic.people[booked['person']]}"


@pytest.mark.parametrize("deed", ["appointment", "cancel", "move"])
def test_an_appointment_of_another_department_is_not_there(
    clinic: Clinic, open_page: Any, booked: dict[str, Any], deed: str
) -> None:
    assert open_page(clinic, booked["colleague"]).send(deed, id=booked["id"], **({"slot": "1-1-1"} if deed == "move" else {}))["error"] == "unknown"


@pytest.mark.parametrize("deed", ["appointment", "cancel", "move"])
def test_an_appointment_of_another_organisation_is_not_there(
    other: Clinic, open_page: Any, booked: dict[str, Any], deed: str
) -> None:
    assert open_page(other, "admin").send(deed, id=booked["id"], **({"slot": "1-1-1"} if deed == "move" else {}))["error"] == "unknown"


def test_cancelling_is_seen_on_every_desk_that_shows_the_day(
    clinic: Clinic, open_page: Any, booked: dict[str, Any]
) -> None:
    page, colleague = open_page(clinic, booked["person"]), open_page(clinic, "admin")
    page.done("cancel", id=booked["id"])
    assert colleague.events("appointment")[-1]["status"] == "cancelled"
    with clinic.session() as session:
        assert session.get_one(Appointment, booked["id"]).status is AppointmentStatus.CANCELLED


def test_whoever_comes_is_marked_as_arrived(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page = open_page(clinic, booked["person"])
    with clinic.session() as session:
        found = session.get_one(Appointment, booked["id"])
        visit_id = check_in(session, found.ticket, found, found.start).id
    assert page.events("arrival")[-1]["visit"] == "waiting"
    page.done("admit", id=visit_id)
    assert page.everything("arrivals", date=booked["day"])[booked["id"]]["visit"] == "admitted"


def test_an_appointment_is_started_without_its_patient_and_the_link_leads_straight_in(clinic: Clinic, open_page: Any) -> None:
    appointment_id, person = _bookable_now(clinic)
    page = open_page(clinic, person)
    assert page.done("appointment", id=appointment_id)["can_start"]
    uid = page.done("start", id=appointment_id)["uid"]
    row = page.events("visit")[-1]
    assert (row["uid"], row["status"], row["awaited"]) == (uid, "admitted", True)
    assert not page.done("appointment", id=appointment_id)["can_start"]


def test_a_clinic_may_not_want_appointments_to_start_without_patients(clinic: Clinic, open_page: Any) -> None:
    appointment_id, person = _bookable_now(clinic)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).force_start = False
    page = open_page(clinic, person)
    assert not page.done("appointment", id=appointment_id)["can_start"]
    assert page.send("start", id=appointment_id)["error"] == "not_allowed"


def test_an_appointment_of_the_clinic_next_door_is_not_started(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    appointment_id, _person = _bookable_now(clinic)
    assert open_page(other, "admin").send("start", id=appointment_id)["error"] == "unknown"


def _bookable_now(clinic: Clinic) -> tuple[int, str]:
    """An appointment whose link works at this moment, and who has it."""
    with clinic.session() as session:
        made = clinic.book(session)
        made.ticket.opens_at = clock.now() - timedelta(minutes=1)
        return made.id, next(key for key, value in clinic.people.items() if value == made.practitioner_id)


def test_an_appointment_that_nobody_came_to_is_a_no_show_and_no_visit(clinic: Clinic, open_page: Any) -> None:
    appointment_id, person = _bookable_now(clinic)
    page = open_page(clinic, person)
    page.done("start", id=appointment_id)
    visit_id = page.events("visit")[-1]["id"]
    for _ in range(2):  # the answer may be lost
        page.done("end_visit", id=visit_id)
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        assert (visit.end_reason, visit.took_place) == (EndReason.MISSED, False)
        assert session.get_one(Appointment, appointment_id).status is AppointmentStatus.NO_SHOW


def test_an_appointment_is_moved_to_a_free_time_and_every_desk_sees_it(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, other_page = open_page(clinic, booked["person"]), open_page(clinic, "admin")
    offered = page.done("free_times", id=booked["id"], date=booked["day"])["slots"]
    page.done("move", id=booked["id"], slot=offered[1]["id"])
    [told] = other_page.events("appointment")
    assert (told["id"], told["start"]) == (booked["id"], offered[1]["start"])
    with clinic.session() as session:
        assert session.get_one(Appointment, booked["id"]).sequence == 1


def test_a_time_that_was_taken_meanwhile_is_refused(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page = open_page(clinic, booked["person"])
    wanted = page.done("free_times", id=booked["id"], date=booked["day"])["slots"][0]["id"]
    with clinic.session() as session:
        widget = session.get_one(Widget, session.get_one(Appointment, booked["id"]).widget_id)
        booking.book(session, widget, clinic.booking(wanted), clock.now())
    assert page.send("move", id=booked["id"], slot=wanted)["error"] == "slot_taken"


def test_a_time_is_blocked_by_the_clinics_clock_seen_at_every_desk_and_given_back(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, colleague, admin = (open_page(clinic, who) for who in (booked["person"], booked["colleague"], "admin"))
    day = booked["day"]
    period = {"client_id": client_id(), "practitioner": clinic.people[booked["person"]], "start": f"{day}T08:00", "end": f"{day}T12:00"}
    assert page.done("block", **period, note="Training") == {"booked": 1}
    assert admin.events("absences_changed") == [{}]
    [item] = admin.done("absences", date=day)["items"]
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
    assert datetime.fromisoformat(item["start"]).astimezone(zone).strftime("%H:%M") == "08:00"
    assert (item["note"], item["booked"]) == ("Training", 1)
    assert colleague.done("absences", date=day)["items"] == [], "another department's absences are not theirs to see"
    assert colleague.send("unblock", id=item["id"])["error"] == "not_allowed"
    page.done("unblock", id=item["id"])
    assert admin.done("absences", date=day)["items"] == []


def test_a_period_that_cannot_be_is_refused_in_words(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, day = open_page(clinic, booked["person"]), booked["day"]
    period = {"client_id": client_id(), "practitioner": clinic.people[booked["person"]], "start": f"{day}T12:00", "end": f"{day}T08:00"}
    refused = page.send("block", **period)
    assert (refused["error"], "after the beginning" in refused["message"]) == ("bad_period", True)
    assert page.send("block", **(period | {"start": "soon"}))["error"] == "invalid"


def test_a_series_that_lies_across_the_end_of_a_page_is_told_whole(
    clinic: Clinic, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Appointments that are made together share one number in the feed."""
    monkeypatch.setattr(catch_up, "PAGE", 3)
    page = open_page(clinic, "doctor")
    start = (clock.now() + timedelta(days=3)).replace(hour=7, minute=0, second=0, microsecond=0, tzinfo=None)
    with clinic.session() as session:
        earlier = clinic.book(session).id
        before = latest(session, FeedName.CALENDAR)
        for name, times, minute in (("First", 2, 0), ("Second", 5, 30)):
            patient = NewPatient("A.", name, None, "")
            plan = Plan(client_id(), clinic.people["doctor"], clinic.departments[0], patient, start + timedelta(minutes=minute), 20, times=times)
            staff_booking.make(session, clinic.staff("doctor"), plan, clock.now())
        made = {row.id for row in session.query(Appointment)} - {earlier}
    told, after, more = set(), before, True
    while more:
        answer = page.done("calendar", date=start.date().isoformat(), after=after)
        told |= {item["id"] for item in answer["items"]}
        after, more = answer["seq"], answer["more"]
    assert told == made
