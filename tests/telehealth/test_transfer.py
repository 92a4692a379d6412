"""Passing patients on, locking a consultation, beginning one without its patient: the rules, without a web application."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock, transfer
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.event import listeners, when
from telehealth.practitioner import Practitioner, PractitionerRole, Role, Staff, staff
from telehealth.ticket import TooEarly
from telehealth.transfer import UnknownDestination
from telehealth.waiting_room import (
    AlreadyAdmitted,
    Encounter,
    EncounterChanged,
    EncounterEnded,
    EncounterStatus,
    Locked,
    PatientArrived,
    check_in,
    start_without,
)
from tests.clinic import Clinic


def test_a_patient_who_is_passed_on_waits_there_and_keeps_the_waiting_time(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    arrived, doctor = visit.arrived_at, clinic.staff("doctor")
    visit.admit(doctor, clock.now())
    visit.transfer(doctor, clinic.departments[1], clinic.people["nurse"], clock.now(), "Needs a bandage")
    assert visit.status is EncounterStatus.WAITING
    assert (visit.department_id, visit.practitioner_id, visit.admitted_by_id) == (clinic.departments[1], clinic.people["nurse"], None)
    assert (visit.arrived_at, visit.transferred_by_id, visit.note) == (arrived, clinic.people["doctor"], "Needs a bandage")
    assert b"bandage" not in (visit.sealed_note or b"")


def test_passing_on_said_twice_is_one(clinic: Clinic, session: Session) -> None:
    visit, doctor, there = clinic.arrive(session), clinic.staff("doctor"), (clinic.departments[1], None)
    assert visit.transfer(doctor, *there, clock.now(), "Bandage")
    before = visit.seq
    assert not visit.transfer(doctor, *there, clock.now(), "Bandage")
    assert visit.seq == before
    assert visit.transfer(doctor, *there, clock.now(), "Bandage, please"), "another note is news"


def test_passing_on_tells_both_departments_and_rings_at_the_new_one(clinic: Clinic) -> None:
    told: list[object] = []
    with clinic.session() as session:
        visit_id = clinic.arrive(session).id
    hearers = [(kind, when(kind)(told.append)) for kind in (EncounterChanged, PatientArrived)]
    try:
        with clinic.session() as session:
            session.get_one(Encounter, visit_id).transfer(clinic.staff("doctor"), clinic.departments[1], None, clock.now())
    finally:
        for kind, hearer in hearers:
            listeners[kind].remove(hearer)
    changed, arrived = told
    assert isinstance(changed, EncounterChanged) and isinstance(arrived, PatientArrived)
    assert (changed.department_id, changed.department_before) == (clinic.departments[1], clinic.departments[0])
    assert arrived.department_id == clinic.departments[1]


@pytest.mark.parametrize("case", ["foreign department", "nobody of that name there", "a translator", "somebody who left"])
def test_nobody_is_passed_on_to_where_nobody_calls_in(clinic: Clinic, other: Clinic, session: Session, case: str) -> None:
    department, person = {
        "foreign department": (other.departments[0], None),
        "nobody of that name there": (clinic.departments[1], clinic.people["doctor"]),
        "a translator": (clinic.departments[0], clinic.people["translator"]),
        "somebody who left": (clinic.departments[1], clinic.people["nurse"]),
    }[case]
    if case == "somebody who left":
        session.get_one(Practitioner, clinic.people["nurse"]).active = False
    visit = clinic.arrive(session)
    with pytest.raises(UnknownDestination):
        visit.transfer(clinic.staff("doctor"), department, person, clock.now())
    assert (visit.department_id, visit.status) == (clinic.departments[0], EncounterStatus.WAITING)


def test_destinations_are_departments_with_somebody_to_call_in(clinic: Clinic, session: Session) -> None:
    found = {d.department.id: {person.id for person in d.practitioners} for d in transfer.destinations(session)}
    assert found == {
        clinic.departments[0]: {clinic.people[key] for key in ("admin", "manager", "doctor")},
        clinic.departments[1]: {clinic.people[key] for key in ("admin", "nurse")},
    }


def test_an_ended_visit_is_not_passed_on(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.end(clinic.staff("doctor"), clock.now())
    with pytest.raises(EncounterEnded):
        visit.transfer(clinic.staff("doctor"), clinic.departments[1], None, clock.now())


@pytest.mark.parametrize("deed", ["hold", "send_back", "end", "transfer"])
def test_a_locked_consultation_is_its_practitioners_alone(clinic: Clinic, session: Session, deed: str) -> None:
    doctor, colleague = clinic.staff("doctor"), _colleague(clinic, session)
    visit = clinic.arrive(session)
    visit.admit(doctor, clock.now())
    visit.lock(doctor, locked=True)
    deeds = {
        "hold": lambda by: visit.hold(by, clock.now()), "send_back": visit.send_back, "end": lambda by: visit.end(by, clock.now()),
        "transfer": lambda by: visit.transfer(by, clinic.departments[1], None, clock.now()),
    }  # fmt: skip
    with pytest.raises(Locked, match="Doctor"):
        deeds[deed](colleague)
    assert visit.status is EncounterStatus.ADMITTED
    deeds[deed](doctor)
    assert visit.status is not EncounterStatus.ADMITTED


def test_who_administers_the_department_can_help_a_patient_out_of_a_lock(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.admit(clinic.staff("doctor"), clock.now())
    visit.lock(clinic.staff("doctor"), locked=True)
    visit.send_back(clinic.staff("manager"))
    assert (visit.status, visit.locked) == (EncounterStatus.WAITING, False)


def test_only_who_called_the_patient_in_locks(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    with pytest.raises(NotAllowed):
        visit.lock(clinic.staff("doctor"), locked=True)
    visit.admit(clinic.staff("doctor"), clock.now())
    with pytest.raises(NotAllowed):
        visit.lock(_colleague(clinic, session), locked=True)


def test_an_appointment_begins_without_its_patient_who_then_walks_straight_in(clinic: Clinic, session: Session) -> None:
    appointment = clinic.book(session)
    doctor = clinic.staff("doctor")
    visit = start_without(session, appointment, doctor, appointment.start)
    assert (visit.status, visit.connected, visit.awaited) == (EncounterStatus.ADMITTED, False, True)
    assert start_without(session, appointment, doctor, appointment.start) is visit
    later = appointment.start + timedelta(minutes=4)
    assert check_in(session, appointment.ticket, appointment, later) is visit
    visit.connection(connected=True, now=later)
    assert (visit.awaited, visit.connected, visit.arrived_at) == (False, True, later)


def test_a_patient_who_already_waits_is_called_in(clinic: Clinic, session: Session) -> None:
    appointment = clinic.book(session)
    waiting = check_in(session, appointment.ticket, appointment, appointment.start)
    assert start_without(session, appointment, clinic.staff("doctor"), appointment.start) is waiting
    assert (waiting.status, waiting.awaited) == (EncounterStatus.ADMITTED, False)
    with pytest.raises(AlreadyAdmitted):
        start_without(session, appointment, _colleague(clinic, session), appointment.start)


def test_a_day_before_is_too_early_to_begin(clinic: Clinic, session: Session) -> None:
    appointment = clinic.book(session)
    with pytest.raises(TooEarly):
        start_without(session, appointment, clinic.staff("doctor"), appointment.start - timedelta(days=1))


def _colleague(clinic: Clinic, session: Session) -> Staff:
    """The nurse, at work in the doctor's department too."""
    person = session.get_one(Practitioner, clinic.people["nurse"])
    if not any(role.department_id == clinic.departments[0] for role in person.roles):
        person.roles.append(PractitionerRole(role=Role.PRACTITIONER, department_id=clinic.departments[0]))
        session.flush()
    found = staff(session, person.id)
    assert found is not None
    return found
