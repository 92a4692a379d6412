"""How late somebody runs: who may say it, for whose patients it counts, until when."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telehealth import clock, delay, text_message
from telehealth.booking import Appointment
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail, Unwanted
from telehealth.practitioner import Practitioner
from telehealth.waiting_room import check_in
from tests.clinic import Clinic


@pytest.fixture
def booked(clinic: Clinic, session: Session) -> Appointment:
    return clinic.book(session)


@pytest.fixture
def morning(booked: Appointment) -> datetime:
    return booked.start - timedelta(minutes=30)


def known(session: Session, clinic: Clinic, now: datetime, person: str = "admin") -> dict[int, tuple[int, int]]:
    found = delay.expected(session, clinic.staff(person), now)
    return {row.practitioner.id: (row.patients, row.minutes_late) for row in found}


def test_a_delay_is_told_for_the_rest_of_the_day(clinic: Clinic, session: Session, booked: Appointment, morning: datetime) -> None:
    delay.run_late(session, clinic.staff("admin"), booked.practitioner_id, 15, morning)
    assert known(session, clinic, morning) == {booked.practitioner_id: (1, 15)}
    person, zone = booked.practitioner, session.get_one(Organization, clinic.id).tz
    assert [delay.minutes_late(person, zone, moment) for moment in (booked.start, morning + timedelta(days=1))] == [15, 0]


def test_on_time_again_takes_it_back(clinic: Clinic, session: Session, booked: Appointment, morning: datetime) -> None:
    for minutes in (10, 0):
        delay.run_late(session, clinic.staff("admin"), booked.practitioner_id, minutes, morning)
    assert known(session, clinic, morning)[booked.practitioner_id] == (1, 0)


def test_who_has_come_or_is_over_is_not_among_those_to_tell(clinic: Clinic, session: Session, booked: Appointment, morning: datetime) -> None:
    later = clinic.book(session, 1)
    same = later.practitioner_id == booked.practitioner_id
    check_in(session, booked.ticket, booked, morning)
    assert known(session, clinic, morning) == {later.practitioner_id: (1, 0)}, same
    assert known(session, clinic, later.end) == {}


def test_cancelled_appointments_count_no_more(clinic: Clinic, session: Session, booked: Appointment, morning: datetime) -> None:
    booked.cancel(clock.now())
    session.flush()
    assert known(session, clinic, morning) == {}


def test_nobody_speaks_for_people_whose_appointments_they_do_not_see(
    clinic: Clinic, other: Clinic, session: Session, booked: Appointment, morning: datetime
) -> None:
    mine = next(key for key, value in clinic.people.items() if value == booked.practitioner_id)
    colleague = clinic.staff("nurse" if mine == "doctor" else "doctor")
    with pytest.raises(NotAllowed):
        delay.run_late(session, colleague, booked.practitioner_id, 5, morning)
    with other.session() as elsewhere, pytest.raises(NotAllowed):
        delay.run_late(elsewhere, other.staff("admin"), booked.practitioner_id, 5, morning)
    assert session.get_one(Practitioner, booked.practitioner_id).late_since is None


def told(session: Session, kind: MailKind = MailKind.RUNNING_LATE) -> list[tuple[int | None, int]]:
    return [(row.appointment_id, row.about["minutes"]) for row in session.query(OutgoingMail).filter_by(kind=kind).order_by(OutgoingMail.id)]


def test_those_still_to_come_get_a_mail_a_moment_later_and_for_each_new_number(
    clinic: Clinic, session: Session, booked: Appointment, morning: datetime
) -> None:
    for minutes in (10, 10, 15, 0):
        delay.run_late(session, clinic.staff("admin"), booked.practitioner_id, minutes, morning)
    assert told(session) == [(booked.id, 10), (booked.id, 15)]
    assert {row.due for row in session.query(OutgoingMail).filter_by(kind=MailKind.RUNNING_LATE)} == {morning + delay.SECOND_THOUGHT}


def test_what_was_said_since_and_who_has_come_makes_the_mail_unwanted(
    clinic: Clinic, session: Session, booked: Appointment, morning: datetime
) -> None:
    delay.run_late(session, clinic.staff("admin"), booked.practitioner_id, 10, morning)
    delay.run_late(session, clinic.staff("admin"), booked.practitioner_id, 15, morning + timedelta(seconds=20))
    first, second = session.query(OutgoingMail).filter_by(kind=MailKind.RUNNING_LATE).order_by(OutgoingMail.id)
    with pytest.raises(NoLongerWanted, match=Unwanted.LATER_CHANGE):
        delay.still_late(session, booked, first.about, morning)
    delay.still_late(session, booked, second.about, morning)
    check_in(session, booked.ticket, booked, morning)
    with pytest.raises(NoLongerWanted, match=Unwanted.BEGUN):
        delay.still_late(session, booked, second.about, morning)


@pytest.mark.parametrize(("settings", "texting", "texts"), [
    ({"text_delays": True, "texts_a_month": 5}, True, 1), ({"text_delays": True, "texts_a_month": 0}, True, 0),
    ({"text_delays": True, "texts_a_month": 5}, False, 0), ({"text_delays": False, "texts_a_month": 5}, True, 0),
])  # fmt: skip
def test_text_messages_are_planned_where_they_may(
    clinic: Clinic, session: Session, booked: Appointment, morning: datetime, settings: dict[str, object], texting: bool, texts: int
) -> None:
    own = session.get_one(Organization, clinic.id)
    own.send_delays = False
    for name, value in settings.items():
        setattr(own, name, value)
    booked.patient.phone = "+31612345678"
    delay.run_late(session, clinic.staff("admin"), booked.practitioner_id, 10, morning, texting=texting)
    jobs = session.query(Job).filter_by(organization_id=clinic.id, kind=text_message.RUNNING_LATE).all()
    assert [job.payload["minutes"] for job in jobs] == [10] * texts
    assert told(session) == []
