"""No-shows: noted once the link has closed, and of nobody who came."""

from datetime import timedelta

import pytest

from telehealth import clock, no_show, standing
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.standing import Note
from telehealth.waiting_room import check_in
from tests.clinic import Clinic

MOMENT = timedelta(seconds=1)


def test_nobody_has_missed_it_as_long_as_the_link_works(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(session)
    assert booked.ticket.closes_at is not None
    assert no_show.note(session, booked.ticket.closes_at) == 0
    assert no_show.note(session, booked.ticket.closes_at + MOMENT) == 1
    assert booked.status is AppointmentStatus.NO_SHOW
    assert no_show.note(session, booked.ticket.closes_at + MOMENT) == 0


def test_whoever_came_has_not_missed_it_though_nobody_called_them_in(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(session)
    visit = check_in(session, booked.ticket, booked, booked.start)
    visit.leave(booked.start + timedelta(minutes=50))
    assert no_show.note(session, booked.end + timedelta(hours=2)) == 0


def test_what_is_cancelled_or_long_ago_stays_as_it_is(clinic: Clinic, session: Session) -> None:
    first, second = clinic.book(session), clinic.book(session)
    first.cancel(clock.now())
    assert no_show.note(session, second.end + timedelta(days=15)) == 0
    assert no_show.note(session, second.end + timedelta(days=1)) == 1
    assert first.status is AppointmentStatus.CANCELLED


def test_what_somebody_changes_at_this_moment_is_left_for_the_next_time(clinic: Clinic) -> None:
    """Whoever cancels has the appointment and waits for the calendar's feed; the reverse would wait for ever."""
    with clinic.session() as session:
        if session.get_bind().dialect.name == "sqlite":
            pytest.skip("writers of SQLite queue as a whole")
        booked = clinic.book(session)
        booked_id, over = booked.id, booked.end + timedelta(days=1)
    with clinic.session() as canceller, clinic.session() as worker:
        canceller.get_one(Appointment, booked_id, with_for_update={"of": Appointment})
        assert no_show.note(worker, over) == 0


def letters(session: Session) -> list[OutgoingMail]:
    return session.query(OutgoingMail).filter_by(kind=MailKind.NO_SHOW).all()


def test_whoever_did_not_come_gets_one_mail_a_little_later(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session)
    now = made.end + timedelta(hours=2)
    no_show.note(session, now)
    [letter] = letters(session)
    assert (letter.appointment_id, letter.recipient) == (made.id, made.patient.email)
    assert letter.due == now + timedelta(minutes=15)
    standing.note(session, made, Note.DONE, clinic.staff("doctor"), now)
    standing.note(session, made, Note.TAKEN_BACK, clinic.staff("doctor"), now)
    no_show.note(session, now)
    assert len(letters(session)) == 1


def test_of_what_is_days_ago_nobody_is_told(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session)
    assert no_show.note(session, made.end + timedelta(days=3)) == 1
    assert not letters(session)


def test_what_staff_note_by_hand_is_told_too(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session)
    standing.note(session, made, Note.NO_SHOW, clinic.staff("doctor"), made.start + timedelta(minutes=20))
    assert len(letters(session)) == 1


def test_a_no_show_that_staff_took_back_is_not_noted_again(clinic: Clinic, session: Session) -> None:
    made, doctor = clinic.book(session), clinic.staff("doctor")
    standing.note(session, made, Note.NO_SHOW, doctor, made.start + timedelta(minutes=20))
    standing.note(session, made, Note.TAKEN_BACK, doctor, made.start + timedelta(minutes=21))
    assert no_show.note(session, made.end + timedelta(hours=3)) == 0
    assert made.status is AppointmentStatus.BOOKED
