"""Quick consultations: staff choose a patient and are in the room at once; the patient comes by a link (S002-114)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from telehealth import participant, ticket, waiting_room
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.department import Department
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.participant import NewPerson
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.staff_booking import NewPatient, patient_for
from telehealth.ticket import Ticket, TicketKind, TicketState, UnknownTicket
from telehealth.waiting_room import Encounter, EncounterEnded, EncounterKind, EncounterStatus, UnknownEncounter, begin


@dataclass(frozen=True)
class Quick:
    """With whom and for which department; `mail` says that the patient, and the external participants, get links by mail."""

    client_id: str
    department_id: int
    patient: int | NewPatient
    mail: bool = True
    participants: tuple[int | NewPerson, ...] = ()


def start(session: Session, by: Staff, wanted: Quick, now: datetime) -> Encounter:
    """Begin a consultation whose patient is still to come. Sent twice it is the same one.

    Raises NotAllowed, PerhapsKnown, UnknownPerson, UnknownGroup, TooManyParticipants.
    """
    _require_may(session, by, wanted)
    holder = f"quick-{by.practitioner_id}-{wanted.client_id}"
    session.get_one(Practitioner, by.practitioner_id, with_for_update=True)  # the same sent twice at once queues here
    if (earlier := session.scalar(select(Ticket).where(Ticket.visitor == holder))) is not None:
        return waiting_room.visit_of(session, earlier)
    patient = patient_for(session, by, wanted.patient, now)
    organization = session.get_one(Organization, session.organization_id)
    closes = now + timedelta(minutes=organization.quick_minutes)
    link = ticket.issue(session, TicketKind.QUICK, holder, now=now, closes_at=closes)
    visit = _begin(session, by, wanted.department_id, link, patient, patient.locale or organization.locale, now)
    mails = wanted.mail and organization.send_mails
    participant.invite_to_visit(session, visit, participant.meant(session, wanted.participants, now), now, quiet=not mails)
    if mails and patient.email:
        enqueue(session, MailKind.QUICK_CONSULTATION, None, patient.email, locale=visit.locale, now=now, about={"visit": visit.uid})
    return visit


def departments_of(session: Session, by: Staff) -> list[Department]:
    """Those for which somebody begins consultations."""
    if not by.may(Permission.ADMIT):
        return []
    query = select(Department).where(Department.active).order_by(Department.position, Department.name)
    return list(session.scalars(query if by.sees_everything else query.where(Department.id.in_(by.departments))))


def _require_may(session: Session, by: Staff, wanted: Quick) -> None:
    if not by.may(Permission.SEE_PATIENT) or wanted.department_id not in {one.id for one in departments_of(session, by)}:
        raise NotAllowed


def _begin(
    session: Session, by: Staff, department_id: int, link: Ticket, patient: Patient, locale: str, now: datetime
) -> Encounter:
    visit = begin(session, link, patient, EncounterKind.QUICK, locale, now)
    visit.department_id, visit.practitioner_id = department_id, by.practitioner_id
    visit.connected, visit.awaited = False, True
    session.add(visit)
    session.flush()
    visit.admit(by, now)
    return visit


def enter(session: Session, held: Ticket, now: datetime) -> Encounter:
    """The patient comes in by the link; whoever was in may come back as long as it goes on.

    Raises UnknownTicket, EncounterEnded, TooLate.
    """
    visit = visit_by(session, held)
    if visit.status is EncounterStatus.ENDED:
        raise EncounterEnded
    if visit.awaited:
        held.require_window(now)
    return visit


def visit_by(session: Session, held: Ticket) -> Encounter:
    """The consultation that this link is for. Raises UnknownTicket."""
    if held.kind is not TicketKind.QUICK:
        raise UnknownTicket
    return waiting_room.visit_of(session, held)


def link_of(visit: Encounter, by: Staff, now: datetime) -> Ticket:
    """The way in, told to whoever has begun the consultation while the patient is not there. Raises UnknownEncounter."""
    mine = visit.kind is EncounterKind.QUICK and visit.admitted_by_id == by.practitioner_id
    if not mine or not is_invited(visit, now):
        raise UnknownEncounter
    return visit.ticket


def is_invited(visit: Encounter, now: datetime) -> bool:
    """Whether somebody who opens the link would come in for the first time."""
    return visit.awaited and visit.status is not EncounterStatus.ENDED and visit.ticket.is_open(now)


def invited(session: Session, uid: str, now: datetime) -> Encounter:
    """The visit that a mail invites to. Raises UnknownEncounter when the patient is there, or cannot come any more."""
    visit = session.scalar(select(Encounter).where(Encounter.uid == uid))
    if visit is None or visit.ticket.state is TicketState.CLOSED or not is_invited(visit, now):
        raise UnknownEncounter
    return visit
