"""Reminders: when, to whom, once each; in every zone's own morning, whatever the worker went through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from telehealth import clock, reminder, text_message
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from tests.clinic import Clinic, make_clinic


@pytest.fixture
def booked(clinic: Clinic, session: Session) -> Appointment:
    return clinic.book(session)


def choose(session: Session, clinic: Clinic, **settings: object) -> None:
    for name, value in settings.items():
        setattr(session.get_one(Organization, clinic.id), name, value)
    session.flush()


def written(session: Session) -> int:
    return session.query(OutgoingMail).filter_by(kind=MailKind.REMINDER).count()


def morning(appointment: Appointment) -> datetime:
    return reminder.morning_of(appointment.start, 7, ZoneInfo("Europe/Amsterdam"))


def test_a_reminder_is_written_once_on_the_morning_of_the_day(clinic: Clinic, session: Session, booked: Appointment) -> None:
    moment = morning(booked)
    assert moment.astimezone(ZoneInfo("Europe/Amsterdam")).hour == 7
    assert [reminder.write_due(session, moment + timedelta(minutes=m)) for m in (-1, 0, 1)] == [0, 1, 0]
    [mail] = session.query(OutgoingMail).filter_by(kind=MailKind.REMINDER)
    assert (mail.recipient, mail.appointment_id, mail.locale) == (booked.patient.email, booked.id, "en")


def test_further_reminders_come_each_at_its_time(clinic: Clinic, session: Session, booked: Appointment) -> None:
    choose(session, clinic, reminders_before=[1440, 60, 10])
    moments = sorted([morning(booked), *(booked.start - timedelta(minutes=m) for m in (1440, 60, 10))])
    assert [reminder.write_due(session, moment) for moment in moments] == [1, 1, 1, 1]


def test_of_several_that_a_stopped_worker_missed_the_last_is_written(clinic: Clinic, session: Session, booked: Appointment) -> None:
    choose(session, clinic, reminders_before=[1440, 60])
    assert reminder.write_due(session, booked.start - timedelta(minutes=30)) == 1
    assert reminder.write_due(session, booked.start - timedelta(minutes=29)) == 0


def test_nobody_is_reminded_of_what_was_booked_after_the_morning(clinic: Clinic, session: Session, booked: Appointment) -> None:
    booked.created_at = morning(booked) + timedelta(minutes=1)
    session.flush()
    assert reminder.write_due(session, booked.start - timedelta(minutes=5)) == 0


def test_nobody_is_reminded_of_what_is_cancelled_has_begun_or_has_no_address(clinic: Clinic, session: Session, booked: Appointment) -> None:
    assert reminder.write_due(session, booked.start) == 0
    nameless = clinic.book(session, 1, email="")
    booked.cancel(clock.now())
    session.flush()
    assert reminder.write_due(session, morning(booked)) == 0, nameless


@pytest.mark.parametrize("switch", ["send_mails", "send_reminders"])
def test_the_organisation_may_send_none(clinic: Clinic, session: Session, booked: Appointment, switch: str) -> None:
    choose(session, clinic, **{switch: False})
    assert reminder.write_due(session, morning(booked)) == 0


def test_an_appointment_before_that_hour_is_reminded_of_the_day_before() -> None:
    early = datetime(2027, 3, 1, 5, 30, tzinfo=UTC)  # 06:30 there
    assert reminder.morning_of(early, 7, ZoneInfo("Europe/Amsterdam")) == datetime(2027, 2, 28, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Europe/Amsterdam", datetime(2027, 3, 28, 10, tzinfo=UTC), datetime(2027, 3, 28, 5, tzinfo=UTC)),  # summer begins
        ("Europe/Amsterdam", datetime(2027, 10, 31, 10, tzinfo=UTC), datetime(2027, 10, 31, 6, tzinfo=UTC)),  # and ends
        ("Pacific/Auckland", datetime(2027, 1, 9, 22, tzinfo=UTC), datetime(2027, 1, 9, 18, tzinfo=UTC)),
        ("America/New_York", datetime(2027, 1, 9, 22, tzinfo=UTC), datetime(2027, 1, 9, 12, tzinfo=UTC)),
    ],
)
def test_the_morning_is_the_clinics_own(zone: str, start: datetime, expected: datetime) -> None:
    assert reminder.morning_of(start, 7, ZoneInfo(zone)) == expected


def test_the_clinic_next_door_reminds_its_own_patients_only(clinic: Clinic, booked: Appointment, session: Session) -> None:
    session.commit()
    other = make_clinic(clinic.sessions)
    with other.session() as elsewhere:
        assert reminder.write_due(elsewhere, morning(booked)) == 0


def texts(session: Session) -> list[Job]:
    return session.query(Job).filter_by(organization_id=session.organization_id, kind=text_message.REMINDER).all()


def test_whoever_has_a_number_is_reminded_by_text_message_too(clinic: Clinic, session: Session, booked: Appointment) -> None:
    choose(session, clinic, text_reminders=True, texts_a_month=5)
    booked.patient.phone = "+31612345678"
    assert reminder.write_due(session, morning(booked), texting=True) == 2
    assert reminder.write_due(session, morning(booked), texting=True) == 0
    [job] = texts(session)
    assert job.payload == {"appointment": booked.id}


def test_a_number_is_enough(clinic: Clinic, session: Session, booked: Appointment) -> None:
    choose(session, clinic, text_reminders=True, texts_a_month=5)
    booked.patient.phone, booked.patient.email = "+31612345678", ""
    assert reminder.write_due(session, morning(booked), texting=True) == 1
    assert (len(texts(session)), written(session)) == (1, 0)


@pytest.mark.parametrize(
    ("settings", "texting"),
    [({"text_reminders": False}, True), ({"texts_a_month": 0}, True), ({"send_reminders": False}, True), ({}, False)],
)
def test_no_text_message_goes_out_where_none_may(
    clinic: Clinic, session: Session, booked: Appointment, settings: dict[str, object], texting: bool
) -> None:
    choose(session, clinic, **({"text_reminders": True, "texts_a_month": 5} | settings))
    booked.patient.phone = "+31612345678"
    reminder.write_due(session, morning(booked), texting=texting)
    assert not texts(session)


def test_the_months_cap_holds_for_reminders_and_calls_together(clinic: Clinic, session: Session, booked: Appointment) -> None:
    choose(session, clinic, text_reminders=True, texts_a_month=2)
    session.add(Job(organization_id=clinic.id, kind=text_message.CALL_BACK, payload={}, due=clock.now()))
    second = clinic.book(session)
    for one in (booked, second):
        one.patient.phone = "+31612345678"
    reminder.write_due(session, max(morning(booked), morning(second)), texting=True)
    assert [job.payload["appointment"] for job in texts(session)] == [min(booked, second, key=lambda one: one.start).id]
