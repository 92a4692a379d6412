"""Quick consultations: staff are in the room at once, the patient comes straight in, and both once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock, quick_consultation, ticket, waiting_room
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.quick_consultation import Quick
from telehealth.staff_booking import NewPatient, PerhapsKnown
from telehealth.ticket import TicketKind, TicketState, TooLate, UnknownTicket
from telehealth.waiting_room import Encounter, EncounterEnded, EncounterStatus, EndReason, UnknownEncounter
from tests.clinic import Clinic, client_id

NEW = NewPatient("A.", "Bakker", None, "anna@example.org")


def start(clinic: Clinic, session: Session, person: str = "doctor", department: int = 0, **changes: Any) -> Encounter:
    given = {"client_id": client_id(), "department_id": clinic.departments[department], "patient": NEW} | changes
    return quick_consultation.start(session, clinic.staff(person), Quick(**given), clock.now())


def mails(session: Session) -> list[str]:
    return [row.recipient for row in session.query(OutgoingMail).filter_by(kind=MailKind.QUICK_CONSULTATION)]


def test_it_begins_without_a_waiting_room_and_rings_nobody(clinic: Clinic, session: Session) -> None:
    visit = start(clinic, session)
    assert (visit.status, visit.awaited, visit.connected) == (EncounterStatus.ADMITTED, True, False)
    assert (visit.admitted_by_id, visit.practitioner_id) == (clinic.people["doctor"], clinic.people["doctor"])
    assert (visit.ticket.kind, mails(session)) == (TicketKind.QUICK, ["anna@example.org"])
    assert not session.query(Job).filter_by(kind=waiting_room.ARRIVAL, organization_id=clinic.id).count()


def test_sent_twice_it_is_one_with_one_mail(clinic: Clinic, session: Session) -> None:
    name = client_id()
    assert start(clinic, session, client_id=name).id == start(clinic, session, client_id=name).id
    assert (session.query(Patient).count(), len(mails(session))) == (1, 1)


@pytest.mark.parametrize("why", ["not wanted", "no address", "no mails"])
def test_nothing_is_mailed_where_nothing_shall_or_can_be(clinic: Clinic, session: Session, why: str) -> None:
    if why == "no mails":
        session.get_one(Organization, clinic.id).send_mails = False
    patient = NewPatient("A.", "Bakker", None, "") if why == "no address" else NEW
    start(clinic, session, patient=patient, mail=why != "not wanted")
    assert mails(session) == []


def test_whoever_may_be_known_is_asked_about(clinic: Clinic, session: Session) -> None:
    known = start(clinic, session).patient
    with pytest.raises(PerhapsKnown) as asked:
        start(clinic, session)
    assert [one.id for one in asked.value.patients] == [known.id]
    assert start(clinic, session, patient=known.id).patient_id == known.id


@pytest.mark.parametrize(("person", "department"), [("doctor", 1), ("nurse", 0), ("translator", 0)])
def test_it_takes_a_role_in_the_department(clinic: Clinic, session: Session, person: str, department: int) -> None:
    with pytest.raises(NotAllowed):
        start(clinic, session, person, department)


def test_a_patient_of_another_organisation_is_none(clinic: Clinic, other: Clinic, session: Session) -> None:
    with other.session() as theirs:
        stranger = theirs.query(Patient).first() or start(other, theirs).patient
        number = stranger.id
    with pytest.raises(NotAllowed):
        start(clinic, session, patient=number)


def test_the_link_lets_in_for_as_long_as_the_clinic_says_and_back_as_long_as_it_goes_on(clinic: Clinic, session: Session) -> None:
    session.get_one(Organization, clinic.id).quick_minutes = 5
    visit, late = start(clinic, session), timedelta(minutes=6)
    with pytest.raises(TooLate):
        quick_consultation.enter(session, visit.ticket, clock.now() + late)
    assert not quick_consultation.is_invited(visit, clock.now() + late)
    visit.connection(connected=True, now=clock.now())
    assert not visit.awaited
    assert quick_consultation.enter(session, visit.ticket, clock.now() + late).id == visit.id


def test_after_the_end_nobody_comes_in(clinic: Clinic, session: Session) -> None:
    visit = start(clinic, session)
    visit.end(clinic.staff("doctor"), clock.now())
    assert (visit.end_reason, visit.ticket.state) == (EndReason.MISSED, TicketState.CLOSED)
    with pytest.raises(EncounterEnded):
        quick_consultation.enter(session, visit.ticket, clock.now())
    with pytest.raises(UnknownEncounter):
        quick_consultation.invited(session, visit.uid, clock.now())


def test_a_link_of_another_kind_leads_into_none(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(session)
    with pytest.raises(UnknownTicket):
        quick_consultation.enter(session, booked.ticket, clock.now())
    assert ticket.known(session, booked.ticket.token).id == booked.ticket_id


def test_the_link_is_told_to_whoever_waits_for_the_patient(clinic: Clinic, session: Session) -> None:
    visit = start(clinic, session)
    assert quick_consultation.link_of(visit, clinic.staff("doctor"), clock.now()).id == visit.ticket_id
    for person in ("manager", "admin"):
        with pytest.raises(UnknownEncounter):
            quick_consultation.link_of(visit, clinic.staff(person), clock.now())
    visit.connection(connected=True, now=clock.now())
    with pytest.raises(UnknownEncounter):
        quick_consultation.link_of(visit, clinic.staff("doctor"), clock.now())
