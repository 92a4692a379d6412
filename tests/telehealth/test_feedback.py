"""How a visit was: said once by its patient, changed for a day, read by those whom it concerns."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telehealth import clock, feedback
from telehealth.database import Session
from telehealth.feedback import LONGEST_WORDS, Feedback, FeedbackClosed, Rating, WordsTooLong
from telehealth.organization import Organization
from telehealth.practitioner import PractitionerRole, Role
from telehealth.visibility import visible_rows
from telehealth.waiting_room import LOOKING_BACK, Encounter, EndReason
from tests.clinic import Clinic


def ended(clinic: Clinic, session: Session, person: str = "doctor", reason: EndReason = EndReason.COMPLETED) -> Encounter:
    department = clinic.departments[1] if person == "nurse" else clinic.departments[0]
    visit = clinic.arrive(session, department_id=department)
    visit.admit(clinic.staff(person), clock.now())
    visit.end(clinic.staff(person), clock.now(), reason)
    return visit


def end_of(visit: Encounter) -> datetime:
    assert visit.ended_at is not None
    return visit.ended_at


def test_feedback_belongs_to_who_saw_the_patient_and_its_words_are_sealed(clinic: Clinic, session: Session) -> None:
    given = feedback.give(session, ended(clinic, session), Rating.GOOD, " Friendly. ", clock.now())
    assert (given.practitioner_id, given.department_id) == (clinic.people["doctor"], clinic.departments[0])
    assert (given.rating, given.words) == (Rating.GOOD, "Friendly.")
    assert given.sealed_words is not None and b"Friendly" not in given.sealed_words


def test_saying_it_again_changes_what_was_said(clinic: Clinic, session: Session) -> None:
    visit = ended(clinic, session)
    feedback.give(session, visit, Rating.BAD, "Too short", clock.now())
    feedback.give(session, visit, Rating.VERY_GOOD, "", clock.now())
    [only] = session.query(Feedback).all()
    assert (only.rating, only.words, only.sealed_words) == (Rating.VERY_GOOD, "", None)


def test_it_can_be_changed_for_a_day(clinic: Clinic, session: Session) -> None:
    visit = ended(clinic, session)
    last = end_of(visit) + LOOKING_BACK
    feedback.give(session, visit, Rating.GOOD, "", last - timedelta(seconds=1))
    with pytest.raises(FeedbackClosed):
        feedback.give(session, visit, Rating.BAD, "", last)


def test_a_visit_that_the_patient_left_after_being_called_in_took_place(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.admit(clinic.staff("doctor"), clock.now())
    visit.leave(clock.now())
    assert feedback.give(session, visit, Rating.FAIR, "", clock.now()).practitioner_id == clinic.people["doctor"]


@pytest.mark.parametrize("reason", ["waits", "left", "removed", "lost", "switched_off"])
def test_nobody_is_asked_about_a_visit_that_did_not_take_place(clinic: Clinic, session: Session, reason: str) -> None:
    visit = clinic.arrive(session)
    if reason == "left":
        visit.leave(clock.now())
    elif reason == "removed":
        visit.end(clinic.staff("doctor"), clock.now(), EndReason.REMOVED)
    elif reason == "lost":
        visit.give_up(clock.now())
    elif reason == "switched_off":
        visit.end(clinic.staff("doctor"), clock.now())
        session.get_one(Organization, clinic.id).feedback_enabled = False
    with pytest.raises(FeedbackClosed):
        feedback.give(session, visit, Rating.GOOD, "", clock.now())


def test_words_have_an_end(clinic: Clinic, session: Session) -> None:
    with pytest.raises(WordsTooLong):
        feedback.give(session, ended(clinic, session), Rating.GOOD, "x" * (LONGEST_WORDS + 1), clock.now())


@pytest.mark.parametrize(
    ("person", "sees"),
    [("doctor", {"doctor"}), ("nurse", {"nurse"}), ("manager", {"doctor"}), ("admin", {"doctor", "nurse"}), ("translator", set())],
)
def test_everybody_sees_their_own_managers_their_departments_administrators_all(
    clinic: Clinic, session: Session, person: str, sees: set[str]
) -> None:
    for treating in ("doctor", "nurse"):
        feedback.give(session, ended(clinic, session, treating), Rating.GOOD, "", clock.now())
    session.commit()
    found = session.scalars(visible_rows(clinic.staff(person), Feedback)).all()
    assert {row.practitioner_id for row in found} == {clinic.people[treating] for treating in sees}


def test_who_manages_one_department_and_treats_in_another_sees_only_the_own_there(clinic: Clinic, session: Session) -> None:
    """Managing is asked of the role, not of the departments somebody belongs to."""
    feedback.give(session, ended(clinic, session, "nurse"), Rating.GOOD, "", clock.now())
    session.add(
        PractitionerRole(practitioner_id=clinic.people["manager"], role=Role.PRACTITIONER, department_id=clinic.departments[1])
    )
    session.commit()
    manager = clinic.staff("manager")
    assert clinic.departments[1] in manager.departments
    assert session.scalars(visible_rows(manager, Feedback)).all() == []


def test_the_clinic_next_door_sees_nothing(clinic: Clinic, other: Clinic, session: Session) -> None:
    feedback.give(session, ended(clinic, session), Rating.GOOD, "", clock.now())
    session.commit()
    with other.session() as theirs:
        assert theirs.scalars(visible_rows(other.staff("admin"), Feedback)).all() == []
