"""How messages with patients are listed: whose they are and how much is unread, never what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import selectinload

from desk import rooms
from desk.catch_up import Listing
from telehealth import authorisation, balloon, correspondence
from telehealth.balloon import Balloon
from telehealth.booking import Appointment
from telehealth.conversation import Conversation, ConversationState
from telehealth.correspondence import Correspondence
from telehealth.database import Session
from telehealth.feed import FeedName
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Staff
from telehealth.visibility import visible


def row(one: Correspondence) -> dict[str, Any]:
    """`mine` are the practitioners who write here in their own name."""
    thread = one.conversation
    return {
        "id": thread.id, "seq": thread.changed, "patient": one.patient_id, "name": one.patient.name, "with": whose(one),
        "mine": [one.practitioner_id, *(member.practitioner_id for member in one.members)],
        "unread": thread.unread_by_staff, "last_at": thread.last_at.isoformat(), "on": one.is_on,
    }  # fmt: skip


def whose(one: Correspondence) -> str:
    """The name of the clinic's side."""
    return one.practitioner.name if one.practitioner else one.department.name


def _listed(condition: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    found = select(Correspondence.conversation_id)
    return Conversation.id.in_(found if condition is None else found.where(condition))


def listing(staff: Staff) -> Listing:
    return Listing(
        FeedName.INBOX, Conversation, Conversation.changed, _listed(visible(staff, Correspondence)), rows, _listed()
    )


def rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    parts = [selectinload(getattr(Correspondence, name)) for name in ("patient", "practitioner", "department", "conversation", "members")]
    found = session.scalars(select(Correspondence).where(Correspondence.conversation_id.in_(ids)).options(*parts))
    return {one.conversation_id: row(one) for one in found}


def unread(session: Session, staff: Staff) -> int:
    """How many messages nobody has read yet that this person may read."""
    open_ones = _listed(visible(staff, Correspondence)) & (Conversation.state != ConversationState.CLOSED)
    return session.scalar(select(func.sum(Conversation.unread_by_staff)).where(open_ones)) or 0


def hearers(session: Session, one: Correspondence) -> list[str]:
    """Who hears of it: the same people as `visibility` lets see it."""
    own = session.get_one(Organization, one.organization_id)
    shared = own.share_messages or one.practitioner_id is None
    kinds = ["letters", "letters-department"] if shared else ["letters"]
    people = [person for person in (one.practitioner_id, *(member.practitioner_id for member in one.members)) if person]
    return [
        rooms.name("letters", one.organization_id),
        *(rooms.name(kind, one.organization_id, one.department_id) for kind in kinds),
        *(rooms.name("person", one.organization_id, person) for person in people),
    ]  # fmt: skip


def balloons(session: Session, staff: Staff, appointments: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    """For each appointment that is seen: whether its patient is authorised, and which messages there are (S002-62)."""
    seen = Appointment.id.in_(appointments) & visible(staff, Appointment)
    patients = {row.id: row.patient_id for row in session.execute(select(Appointment.id, Appointment.patient_id).where(seen))}
    told = balloon.of_patients(session, staff, sorted(set(patients.values())), now)
    return {number: _balloon(patient, told[patient]) for number, patient in patients.items()}


def _balloon(patient: int, found: Balloon) -> dict[str, Any]:
    channels = [
        {"id": one.conversation_id, "with": whose(one), "unread": one.conversation.unread_by_staff} for one in found.messages
    ]
    return {"patient": patient, "authorised": found.authorised, "channels": channels}


def card(session: Session, staff: Staff, patient: Patient, now: datetime) -> dict[str, Any]:
    """What stands on a patient's card about messages."""
    theirs = correspondence.of_patient(session, patient)
    mine = select(Correspondence.id).where(Correspondence.id.in_([one.id for one in theirs]), visible(staff, Correspondence))
    seen = set(session.scalars(mine))
    return {
        "letters": [one for one in theirs if one.id in seen], "hidden": len(theirs) - len(seen),
        "has_mine": any(one.practitioner_id == staff.practitioner_id for one in theirs),
        "is_on": any(one.is_on for one in theirs), "ways": authorisation.of_patient(session, patient),
        "authorised": correspondence.is_authorised(session, patient, now),
    }  # fmt: skip
