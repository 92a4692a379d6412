"""Where an appointment truly stands: what its visit says, what staff note by hand, and what they take back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telehealth import no_show, reschedule, standing
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.reschedule import NotChangeable
from telehealth.standing import Contradicted, Note, Standing
from telehealth.waiting_room import Encounter, EndReason, check_in, start_without
from tests.clinic import Clinic

MINUTES = timedelta(minutes=1)


@pytest.fixture
def booked(clinic: Clinic, session: Session) -> Appointment:
    return clinic.book(session)


def stands(session: Session, booked: Appointment) -> Standing:
    return standing.standing(session, booked)


def has_come(session: Session, booked: Appointment) -> Encounter:
    return check_in(session, booked.ticket, booked, booked.start)


def test_a_visit_takes_its_appointment_through_all_of_it(clinic: Clinic, session: Session, booked: Appointment) -> None:
    assert stands(session, booked) is Standing.PLANNED
    visit, doctor = has_come(session, booked), clinic.staff("doctor")
    seen = [stands(session, booked)]
    visit.admit(doctor, booked.start)
    seen.append(stands(session, booked))
    visit.hold(doctor, booked.start)
    seen.append(stands(session, booked))
    visit.admit(doctor, booked.start)
    visit.end(doctor, booked.end)
    seen.append(stands(session, booked))
    assert seen == [Standing.CHECKED_IN, Standing.IN_CONSULTATION, Standing.CHECKED_IN, Standing.DONE]


def test_whoever_left_before_anybody_called_them_in_may_come_again(clinic: Clinic, session: Session, booked: Appointment) -> None:
    has_come(session, booked).leave(booked.start)
    assert stands(session, booked) is Standing.PLANNED
    has_come(session, booked)
    assert stands(session, booked) is Standing.CHECKED_IN


def test_whoever_left_the_consultation_has_had_it(clinic: Clinic, session: Session, booked: Appointment) -> None:
    visit = has_come(session, booked)
    visit.admit(clinic.staff("doctor"), booked.start)
    visit.leave(booked.start + 9 * MINUTES)
    assert (booked.status, stands(session, booked)) == (AppointmentStatus.BOOKED, Standing.DONE)


def test_what_was_begun_without_the_patient_is_no_consultation_yet(clinic: Clinic, session: Session, booked: Appointment) -> None:
    visit = start_without(session, booked, clinic.staff("doctor"), booked.start)
    assert stands(session, booked) is Standing.PLANNED
    visit.connection(connected=True, now=booked.start + MINUTES)
    assert stands(session, booked) is Standing.IN_CONSULTATION


def test_whoever_was_given_up_and_comes_after_all_is_here(clinic: Clinic, session: Session, booked: Appointment) -> None:
    standing.note(session, booked, Note.NO_SHOW, clinic.staff("doctor"), booked.start + 5 * MINUTES)
    assert stands(session, booked) is Standing.NO_SHOW
    has_come(session, booked)
    assert stands(session, booked) is Standing.CHECKED_IN
    booked.cancel(booked.start)
    assert stands(session, booked) is Standing.CANCELLED


@pytest.mark.parametrize(("what", "then"), [
    (Note.ARRIVED, Standing.CHECKED_IN), (Note.DONE, Standing.DONE), (Note.NO_SHOW, Standing.NO_SHOW),
])  # fmt: skip
def test_staff_note_what_no_visit_says_and_take_it_back(
    clinic: Clinic, session: Session, booked: Appointment, what: Note, then: Standing
) -> None:
    doctor, now = clinic.staff("doctor"), booked.start + 5 * MINUTES
    for _ in range(2):  # the answer may be lost
        standing.note(session, booked, what, doctor, now)
    assert (stands(session, booked), booked.noted_by_id, booked.noted_at) == (then, doctor.practitioner_id, now)
    assert Note.TAKEN_BACK in standing.possible(session, booked, now)
    for _ in range(2):
        standing.note(session, booked, Note.TAKEN_BACK, doctor, now + MINUTES)
    left = doctor.practitioner_id if what is Note.NO_SHOW else None  # somebody has spoken, so nothing is noted by itself
    assert (stands(session, booked), booked.noted_by_id, booked.checked_in_at) == (Standing.PLANNED, left, None)


def test_what_is_taken_back_goes_back_one_step(clinic: Clinic, session: Session, booked: Appointment) -> None:
    doctor = clinic.staff("doctor")
    standing.note(session, booked, Note.ARRIVED, doctor, booked.start)
    standing.note(session, booked, Note.DONE, doctor, booked.end)
    standing.note(session, booked, Note.TAKEN_BACK, doctor, booked.end)
    assert (stands(session, booked), booked.noted_at) == (Standing.CHECKED_IN, booked.start)
    standing.note(session, booked, Note.TAKEN_BACK, doctor, booked.end)
    assert stands(session, booked) is Standing.PLANNED


def test_after_a_day_nothing_is_taken_back(clinic: Clinic, session: Session, booked: Appointment) -> None:
    standing.note(session, booked, Note.DONE, clinic.staff("doctor"), booked.end)
    late = booked.end + standing.TAKEN_BACK_WITHIN
    assert standing.possible(session, booked, late) == frozenset()
    with pytest.raises(Contradicted):
        standing.note(session, booked, Note.TAKEN_BACK, clinic.staff("doctor"), late)


def before(session: Session, clinic: Clinic, booked: Appointment) -> datetime:
    """On that day, an hour before it."""
    zone = session.get_one(Organization, clinic.id).tz
    midnight = booked.start.astimezone(zone).replace(hour=0, minute=0)
    return max(midnight, booked.start - 60 * MINUTES)


def test_what_can_be_said_depends_on_the_hour(clinic: Clinic, session: Session, booked: Appointment) -> None:
    assert standing.possible(session, booked, booked.start - timedelta(days=1)) == frozenset()
    assert standing.possible(session, booked, before(session, clinic, booked)) == {Note.ARRIVED}
    assert standing.possible(session, booked, booked.start) == {Note.ARRIVED, Note.DONE, Note.NO_SHOW}
    assert standing.possible(session, booked, booked.start + timedelta(days=2)) == {Note.DONE, Note.NO_SHOW}


def test_nobody_stayed_away_who_was_here(clinic: Clinic, session: Session, booked: Appointment) -> None:
    visit, doctor = has_come(session, booked), clinic.staff("doctor")
    assert standing.possible(session, booked, booked.start) == frozenset(), "the visit says it"
    visit.leave(booked.start + MINUTES)
    assert standing.possible(session, booked, booked.end) == {Note.ARRIVED, Note.DONE}
    standing.note(session, booked, Note.ARRIVED, doctor, booked.end)
    with pytest.raises(Contradicted):
        standing.note(session, booked, Note.NO_SHOW, doctor, booked.end)


def test_of_a_visit_that_took_place_nothing_is_taken_back(clinic: Clinic, session: Session, booked: Appointment) -> None:
    doctor = clinic.staff("doctor")
    standing.note(session, booked, Note.ARRIVED, doctor, booked.start)
    visit = has_come(session, booked)
    visit.admit(doctor, booked.start)
    visit.end(doctor, booked.end, EndReason.COMPLETED)
    booked.finish()
    assert standing.possible(session, booked, booked.end) == frozenset()


def test_an_automatic_no_show_spares_whoever_was_seen_at_the_counter(clinic: Clinic, session: Session, booked: Appointment) -> None:
    standing.note(session, booked, Note.ARRIVED, clinic.staff("doctor"), booked.start)
    assert no_show.note(session, booked.end + timedelta(days=1)) == 0
    assert stands(session, booked) is Standing.CHECKED_IN


def test_an_automatic_no_show_is_put_right_by_hand(clinic: Clinic, session: Session, booked: Appointment) -> None:
    later = booked.end + timedelta(days=1)
    assert no_show.note(session, later) == 1
    assert standing.possible(session, booked, later) == {Note.DONE}
    standing.note(session, booked, Note.DONE, clinic.staff("doctor"), later)
    assert stands(session, booked) is Standing.DONE


def test_whoever_is_here_is_not_moved(clinic: Clinic, session: Session, booked: Appointment) -> None:
    now = before(session, clinic, booked)
    standing.note(session, booked, Note.ARRIVED, clinic.staff("doctor"), now)
    with pytest.raises(NotChangeable):
        reschedule.reassign(session, booked, clinic.people["manager"], now)


def test_whoever_may_not_see_the_calendar_notes_nothing(clinic: Clinic, session: Session, booked: Appointment) -> None:
    with pytest.raises(NotAllowed):
        standing.note(session, booked, Note.ARRIVED, clinic.staff("translator"), booked.start)
