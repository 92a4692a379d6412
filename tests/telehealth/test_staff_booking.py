"""Appointments that staff make: any time nobody else has, known patients and new ones, several at once or none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from telehealth import absence, clock, reschedule, staff_booking
from telehealth.booking import Appointment, AppointmentStatus, SlotTaken
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.message import MessageTooLong
from telehealth.occupancy import BookedTick
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.reschedule import NotChangeable
from telehealth.staff_booking import BadTime, IsAway, NewPatient, PerhapsKnown, Plan, TakenAt
from tests.clinic import Clinic, client_id

PAST = datetime(2020, 1, 1, 9)  # noqa: DTZ001 (a wall time)
ANNA = NewPatient("A.", "Bakker", date(1970, 5, 1), "anna@example.org", "+31 20 1", "nl")


def in_days(days: int, hour: int = 7, minute: int = 5) -> datetime:
    """A wall time at which nobody is booked."""
    day = (clock.now() + timedelta(days=days)).date()
    return datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 (a wall time)


def plan(clinic: Clinic, **changes: Any) -> Plan:
    given: dict[str, Any] = {
        "client_id": client_id(), "practitioner_id": clinic.people["doctor"], "department_id": clinic.departments[0],
        "patient": ANNA, "start": in_days(2), "minutes": 25,
    }  # fmt: skip
    return Plan(**(given | changes))


def make(clinic: Clinic, session: Session, by: str = "doctor", **changes: Any) -> staff_booking.Made:
    return staff_booking.make(session, clinic.staff(by), plan(clinic, **changes), clock.now())


def test_any_time_that_is_free_makes_an_appointment_and_one_mail(clinic: Clinic, session: Session) -> None:
    made = make(clinic, session, message="Bring your list.")
    one = made.appointments[0]
    zone = session.get_one(Organization, clinic.id).tz
    assert one.start == in_days(2).replace(tzinfo=zone).astimezone(UTC)
    assert one.end - one.start == timedelta(minutes=25)
    assert one.ticket.opens_at == one.start - timedelta(minutes=60)
    assert (made.patient.name, made.patient.locale, one.locale) == ("A. Bakker", "nl", "nl")
    mail = session.query(OutgoingMail).filter_by(appointment_id=one.id).one()
    assert (mail.kind, mail.recipient) == (MailKind.CONFIRMATION, "anna@example.org")
    assert staff_booking.message_of(one) == "Bring your list."
    assert b"list" not in (one.sealed_message or b"")


def test_it_occupies_its_time_and_nobody_books_across_it(clinic: Clinic, session: Session) -> None:
    make(clinic, session)
    for minutes in (-20, 0, 20):
        with pytest.raises(TakenAt):
            other = replace(ANNA, known_to_be_another=True)
            make(clinic, session, start=in_days(2) + timedelta(minutes=minutes), patient=other)
    make(clinic, session, start=in_days(2) + timedelta(minutes=25), patient=replace(ANNA, known_to_be_another=True))


def test_sent_twice_is_made_once(clinic: Clinic, session: Session) -> None:
    same = client_id()
    first = make(clinic, session, client_id=same, times=3)
    again = make(clinic, session, client_id=same, times=3)
    assert [a.id for a in again.appointments] == [a.id for a in first.appointments]
    assert (session.query(Appointment).count(), session.query(Patient).count()) == (3, 1)


def test_a_known_patient_is_not_entered_again(clinic: Clinic, session: Session) -> None:
    known = make(clinic, session).patient
    again = make(clinic, session, patient=known.id, start=in_days(3))
    assert again.patient is known
    assert again.appointments[0].locale == "nl"


@pytest.mark.parametrize("changes", [
    {"email": "ANNA@example.org", "last_name": "Other"}, {"email": "", "last_name": "BAKKER"}, {"email": "new@example.org"},
], ids=["address", "name and birth date", "name and birth date, other address"])  # fmt: skip
def test_whoever_resembles_a_known_patient_is_asked_about(clinic: Clinic, session: Session, changes: dict[str, str]) -> None:
    known = make(clinic, session).patient
    alike = replace(ANNA, **changes)
    with pytest.raises(PerhapsKnown) as asked:
        make(clinic, session, patient=alike, start=in_days(3))
    assert asked.value.patients == [known]
    other = make(clinic, session, patient=replace(alike, known_to_be_another=True), start=in_days(3)).patient
    assert other is not known


def test_nobody_else_resembles_them(clinic: Clinic, session: Session) -> None:
    make(clinic, session)
    make(clinic, session, patient=replace(ANNA, email="b@example.org", birth_date=date(1970, 5, 2)), start=in_days(3))
    make(clinic, session, patient=replace(ANNA, email="", last_name="Visser"), start=in_days(4))


@pytest.mark.parametrize(("text", "found"), [
    ("bak", True), ("a. bak", True), ("anna@", True), ("1970-05-01", True), ("b", False), ("%%", False), ("akker", False), ("__kker", False),
])  # fmt: skip
def test_patients_are_found_by_how_name_address_or_birth_date_begin(clinic: Clinic, session: Session, text: str, found: bool) -> None:
    patient = make(clinic, session).patient
    assert staff_booking.find_patients(session, clinic.staff("doctor"), text) == ([patient] if found else [])


def test_the_same_wall_time_every_second_week_across_the_change_of_clocks(clinic: Clinic, session: Session) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    start = datetime(clock.now().year + 1, 3, 10, 9, 0)  # noqa: DTZ001 (a wall time)
    made = make(clinic, session, start=start, times=4, every_weeks=2).appointments
    assert [a.start.astimezone(zone).strftime("%H:%M") for a in made] == ["09:00"] * 4
    assert [(b.start.astimezone(zone).date() - a.start.astimezone(zone).date()).days for a, b in pairwise(made)] == [14] * 3
    assert len({a.start.astimezone(UTC).hour for a in made}) == 2
    assert len({a.series for a in made}) == 1
    assert session.query(OutgoingMail).count() == 1
    assert staff_booking.series_of(made[2]) == made


def test_of_a_series_all_are_made_or_none(clinic: Clinic, session: Session) -> None:
    make(clinic, session, start=in_days(16), patient=replace(ANNA, email="first@example.org", birth_date=None, last_name="First"))
    session.commit()
    with pytest.raises(TakenAt) as taken:
        make(clinic, session, times=4)
    assert taken.value.start.date() == in_days(16).date()
    session.rollback()
    assert (session.query(Appointment).count(), session.query(Patient).count()) == (1, 1)


@pytest.mark.parametrize("changes", [
    {"start": PAST}, {"start": in_days(2, minute=3)}, {"minutes": 7}, {"minutes": 0}, {"minutes": 485},
    {"times": 27}, {"times": 0}, {"every_weeks": 0}, {"every_weeks": 10**9, "times": 2}, {"start": PAST.replace(year=9999)}, {"start": PAST.replace(year=1)},
])  # fmt: skip
def test_a_time_that_cannot_be_is_refused(clinic: Clinic, session: Session, changes: dict[str, Any]) -> None:
    with pytest.raises(BadTime):
        make(clinic, session, **changes)


def test_nobody_is_booked_while_away(clinic: Clinic, session: Session) -> None:
    zone = session.get_one(Organization, clinic.id).tz
    start = in_days(2).replace(tzinfo=zone)
    absence.block(session, clinic.staff("doctor"), client_id(), clinic.people["doctor"], start, start + timedelta(hours=1), "", clock.now())
    with pytest.raises(IsAway) as away:
        make(clinic, session)
    assert away.value.start == start


def test_a_message_has_an_end(clinic: Clinic, session: Session) -> None:
    with pytest.raises(MessageTooLong):
        make(clinic, session, message="x" * 2001)


def test_nobody_makes_appointments_for_a_department_or_a_person_of_elsewhere(clinic: Clinic, other: Clinic, session: Session) -> None:
    for changes in (
        {"department_id": clinic.departments[1]}, {"practitioner_id": clinic.people["nurse"]},
        {"practitioner_id": other.people["doctor"]}, {"department_id": other.departments[0]}, {"patient": 999_999},
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            make(clinic, session, **changes)
    with pytest.raises(NotAllowed):
        make(clinic, session, by="translator")


def test_a_colleague_takes_it_over_at_the_same_time_and_the_patient_is_told(clinic: Clinic, session: Session) -> None:
    one = make(clinic, session).appointments[0]
    before = (one.start, one.end, one.ticket.opens_at)
    colleague = clinic.people["manager"]
    reschedule.reassign(session, one, colleague, clock.now())
    assert (one.practitioner_id, one.start, one.end, one.ticket.opens_at) == (colleague, *before)
    assert {row.practitioner_id for row in session.query(BookedTick)} == {colleague}
    assert session.query(OutgoingMail).filter_by(kind=MailKind.CHANGE).count() == 1
    make(clinic, session, patient=replace(ANNA, known_to_be_another=True))


def test_only_somebody_of_the_department_who_is_free_takes_it_over(clinic: Clinic, session: Session) -> None:
    one = make(clinic, session).appointments[0]
    with pytest.raises(NotAllowed):
        reschedule.reassign(session, one, clinic.people["nurse"], clock.now())
    colleague = clinic.people["manager"]
    make(clinic, session, practitioner_id=colleague, patient=replace(ANNA, known_to_be_another=True))
    with pytest.raises(SlotTaken):
        reschedule.reassign(session, one, colleague, clock.now())
    assert one.practitioner_id == clinic.people["doctor"]
    one.cancel(clock.now())
    with pytest.raises(NotChangeable):
        reschedule.reassign(session, one, colleague, clock.now())


@pytest.mark.parametrize("racers", [8, 40])
def test_of_many_who_make_overlapping_appointments_exactly_one_succeeds(clinic: Clinic, racers: int) -> None:
    def attempt(number: int) -> bool:
        try:
            with clinic.session() as session:
                patient = replace(ANNA, known_to_be_another=True, last_name=f"Racer {number}")
                make(clinic, session, patient=patient, start=in_days(2) + timedelta(minutes=5 * (number % 5)))
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(racers))) == 1
    with clinic.session() as session:
        assert session.query(Appointment).filter_by(status=AppointmentStatus.BOOKED).count() == 1
        assert session.query(Patient).count() == 1


def test_the_same_appointment_sent_by_two_pages_at_once_is_made_once(clinic: Clinic) -> None:
    same = client_id()

    def attempt(_: int) -> int:
        with clinic.session() as session:
            return make(clinic, session, client_id=same, patient=replace(ANNA, known_to_be_another=True)).appointments[0].id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(attempt, range(4)))) == 1
