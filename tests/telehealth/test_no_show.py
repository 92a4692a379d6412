"""No-shows: noted once the link has closed, and of nobody who came."""

from datetime import timedelta

import pytest

from telehealth import clock, no_show
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
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
