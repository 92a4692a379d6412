"""The desk's calendar: a day's appointments, who has come, what is opened and cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from desk.calendar import rows
from telehealth import booking, clock, staff_booking
from telehealth.absence import Absence
from telehealth.audit import AuditEvent
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.closed_day import ClosedDay
from telehealth.feed import FeedName, latest
from telehealth.organization import Organization
from telehealth.staff_booking import NewPatient, Plan
from telehealth.ticket import Ticket
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
    assert row["standing"] == "planned"
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
    assert colleague.events("appointment")[-1]["standing"] == "cancelled"
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
    assert page.done("block", **period, note="Training")["booked"] == 1
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


def test_a_time_is_offered_seen_at_every_desk_and_taken_back(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, admin = open_page(clinic, booked["person"]), open_page(clinic, "admin")
    who, day = clinic.people[booked["person"]], booked["day"]
    drawn = {"practitioner": who, "date": day, "begin": 18 * 60, "end": 20 * 60, "purpose": "booking", "length": 20, "gap": 10}
    made = page.done("plan", **drawn)
    assert made["slots"] == 4
    assert admin.events("plan_changed") == [{}]
    shown = {time["id"] for time in admin.done("ground", date=day, practitioner=who)["times"]}
    assert made["id"] in shown
    assert page.done("unplan", id=made["id"], date=day) == {"booked": 0, "was": drawn}
    assert made["id"] not in {time["id"] for time in admin.done("ground", date=day, practitioner=who)["times"]}


def test_a_day_of_what_repeats_is_left_out_at_the_desk_and_put_back(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, who, day = open_page(clinic, booked["person"]), clinic.people[booked["person"]], booked["day"]

    def offered() -> list[int]:
        return [time["id"] for time in page.done("ground", date=day, practitioner=who)["times"]]

    [weekly] = offered()
    assert page.done("unplan", id=weekly, date=day) == {"booked": 1, "was": None}
    assert offered() == []
    page.done("plan_again", id=weekly, date=day)
    assert offered() == [weekly]


def test_a_time_that_is_not_ones_own_to_offer_is_refused(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, colleague, day = open_page(clinic, booked["person"]), open_page(clinic, booked["colleague"]), booked["day"]
    who = clinic.people[booked["person"]]
    drawn = {"practitioner": who, "date": day, "begin": 18 * 60, "end": 20 * 60, "purpose": "both"}
    assert colleague.send("plan", **drawn)["error"] == "not_allowed"
    [weekly] = [time["id"] for time in page.done("ground", date=day, practitioner=who)["times"]]
    assert {colleague.send(act, id=weekly, date=day)["error"] for act in ("unplan", "plan_again")} == {"not_allowed"}
    over_it = page.send("plan", **(drawn | {"begin": 16 * 60}))
    assert (over_it["error"], "already" in over_it["message"]) == ("planned_already", True)
    assert page.send("plan", **(drawn | {"begin": 18 * 60 + 1}))["error"] == "invalid"
    assert page.send("plan_again", id=2**30, date=day)["error"] == "not_planned"


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
    monkeypatch.setattr(rows, "MANY", 3)
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


def test_weeks_and_months_come_in_one_answer_and_longer_times_not_at_all(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, day = open_page(clinic, booked["person"]), date.fromisoformat(booked["day"])
    around = {"date": str(day - timedelta(days=20)), "until": str(day + timedelta(days=20))}
    assert set(page.everything("calendar", **around)) == {booked["id"]}
    assert page.everything("calendar", date=str(day + timedelta(days=1)), until=str(day + timedelta(days=20))) == {}
    for name in ("calendar", "arrivals", "ground"):
        assert page.send(name, date=str(day), until=str(day + timedelta(days=60)))["error"] == "invalid"
        assert page.send(name, date=str(day), until=str(day - timedelta(days=1)))["error"] == "invalid"


def test_what_a_day_stands_on_is_told_to_those_who_see_its_people(clinic: Clinic, other: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    day, person = booked["day"], clinic.people[booked["person"]]
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
        noon = datetime.fromisoformat(day).replace(hour=12, tzinfo=zone)
        session.add(Absence(practitioner_id=person, start=noon, end=noon + timedelta(hours=1), note="Training"))
        session.add(ClosedDay(day=date.fromisoformat(day) + timedelta(days=1), name="Founders’ day"))
    asked = {"date": day, "until": str(date.fromisoformat(day) + timedelta(days=1))}
    mine = open_page(clinic, booked["person"]).done("ground", **asked)
    assert [(time["practitioner"], time["for"]) for time in mine["times"]] == [(person, "booking")], "closed on the second day"
    assert datetime.fromisoformat(mine["times"][0]["start"]).astimezone(zone).strftime("%H:%M") == "09:00"
    assert [absence["note"] for absence in mine["absences"]] == ["Training"]
    assert [one["name"] for one in mine["closed"]] == ["Founders’ day"]
    elsewhere = open_page(clinic, booked["colleague"]).done("ground", **asked)
    assert (elsewhere["absences"], {time["practitioner"] for time in elsewhere["times"]}) == ([], {clinic.people[booked["colleague"]]})
    assert open_page(clinic, "admin").done("ground", **asked, practitioner=person)["times"] == mine["times"]
    assert open_page(clinic, "admin").done("ground", **asked, times=False)["times"] == []
    next_door = open_page(other, "admin").done("ground", **asked, practitioner=person)
    assert next_door == {"times": [], "absences": [], "closed": []}


@pytest.mark.parametrize(("deed", "more"), [("note", {"what": "arrived"}), ("place", {"practitioner": 1, "start": "2027-01-01T12:00"})])
def test_what_is_elsewhere_is_neither_noted_nor_placed(
    clinic: Clinic, other: Clinic, open_page: Any, booked: dict[str, Any], deed: str, more: dict[str, Any]
) -> None:
    for page in (open_page(clinic, booked["colleague"]), open_page(other, "admin")):
        assert page.send(deed, id=booked["id"], **more)["error"] == "unknown"


def test_what_staff_note_is_seen_on_every_desk_and_offered_to_be_taken_back(clinic: Clinic, open_page: Any) -> None:
    appointment_id, person = _bookable_now(clinic)
    page, colleague = open_page(clinic, person), open_page(clinic, "admin")
    assert page.done("appointment", id=appointment_id)["notes"] == []
    assert page.send("note", id=appointment_id, what="done")["error"] == "contradicted"
    with clinic.session() as session:
        session.get_one(Appointment, appointment_id).start = clock.now() - timedelta(minutes=5)
    assert page.done("appointment", id=appointment_id)["notes"] == ["arrived", "done", "no_show"]
    for what, standing, then in (("arrived", "checked_in", ["done", "taken_back"]), ("done", "done", ["taken_back"])):
        page.done("note", id=appointment_id, what=what)
        assert colleague.events("appointment")[-1]["standing"] == standing
        assert page.done("appointment", id=appointment_id)["notes"] == then
    page.done("note", id=appointment_id, what="taken_back")
    details = page.done("appointment", id=appointment_id)
    assert (details["stands"], details["can_move"]) == ("checked_in", False)
    assert page.send("note", id=appointment_id, what="elsewhere")["error"] == "invalid"


def test_a_visit_takes_the_appointment_with_it_on_every_desk(clinic: Clinic, open_page: Any) -> None:
    appointment_id, person = _bookable_now(clinic)
    page = open_page(clinic, person)
    with clinic.session() as session:
        found = session.get_one(Appointment, appointment_id)
        visit_id = check_in(session, found.ticket, found, clock.now()).id
    page.done("admit", id=visit_id)
    page.done("end_visit", id=visit_id)
    assert list(dict.fromkeys(told["standing"] for told in page.events("arrival"))) == ["checked_in", "in_consultation", "done"]
    assert page.events("appointment")[-1]["standing"] == "done"


def test_an_appointment_is_placed_at_any_time_and_every_desk_sees_it(clinic: Clinic, open_page: Any, booked: dict[str, Any]) -> None:
    page, colleague, person = open_page(clinic, booked["person"]), open_page(clinic, "admin"), clinic.people[booked["person"]]
    page.done("place", id=booked["id"], practitioner=person, start=f"{booked['day']}T19:05")
    [told] = colleague.events("appointment")
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
    assert datetime.fromisoformat(told["start"]).astimezone(zone).strftime("%H:%M") == "19:05"
    assert page.send("place", id=booked["id"], practitioner=person, start=f"{booked['day']}T19:03")["error"] == "bad_time"
    assert page.send("place", id=booked["id"], practitioner=clinic.people[booked["colleague"]], start=f"{booked['day']}T19:10")["error"] == "not_allowed"


@pytest.fixture
def crowded(clinic: Clinic) -> str:
    """A month with two thousand appointments, and the date on which it begins."""
    with clinic.session() as session:
        first = clinic.book(session)
        shared = {column.name: getattr(first, column.key) for column in Appointment.__table__.c if column.name not in {"id", "uid", "client_id", "ticket_id"}}
        month = clock.now() + timedelta(days=200)
        tickets = [{column.name: getattr(first.ticket, column.key) for column in Ticket.__table__.c if column.name not in {"id", "token_hash", "token"}} | {"token_hash": f"crowd-{clinic.id}-{n}"} for n in range(2000)]
        ids = session.scalars(insert(Ticket).returning(Ticket.id), tickets).all()
        many = []
        for n, ticket_id in enumerate(ids):
            start = month + timedelta(days=n % 28, minutes=20 * (n // 28))
            many.append(shared | {"uid": f"crowd-{clinic.id}-{n}", "client_id": None, "ticket_id": ticket_id, "start": start, "end": start + timedelta(minutes=20)})
        session.execute(insert(Appointment), many)
        return str(month.date())


def test_a_month_with_two_thousand_appointments_is_answered_quickly_and_with_a_few_questions(
    clinic: Clinic, open_page: Any, crowded: str, house: Any
) -> None:
    page, until_ = open_page(clinic, "admin"), str(date.fromisoformat(crowded) + timedelta(days=35))
    questions: list[str] = []

    def hear(*args: Any) -> None:
        questions.append(args[2])

    event.listen(house.engine, "before_cursor_execute", hear)
    try:
        assert len(page.everything("calendar", date=crowded, until=until_)) == 2000
    finally:
        event.remove(house.engine, "before_cursor_execute", hear)
    assert len(questions) < 30, "two answers, each with its own questions about who asks"
    spent = min(_seconds(lambda: page.done("calendar", date=crowded, until=until_, after=0)) for _ in range(3))
    assert spent < 0.4, spent  # half of it on a machine that nobody shares


def _seconds(work: Callable[[], Any]) -> float:
    """Of the processor's time."""
    begun = time.process_time()
    work()
    return time.process_time() - begun
