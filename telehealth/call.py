"""The call of a visit: who takes part in it.

Admission stands in the database, so that after a restart of the server the same people, and nobody else, come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from telehealth import participant
from telehealth.database import Session
from telehealth.participant import Entrance, Participant
from telehealth.practitioner import Staff
from telehealth.waiting_room import Encounter, EncounterStatus


class NotInCall(Exception):
    """The visit has not been called in, or by somebody else."""


class Role(StrEnum):
    PATIENT = "patient"
    PRACTITIONER = "practitioner"
    GUEST = "guest"  # an external participant


@dataclass(frozen=True)
class Seat:
    """A participant's place. `pid` names the person, whatever page they come with; of any two the lower one offers."""

    organization_id: int
    encounter_id: int
    pid: str
    name: str
    role: Role


def patients_seat(visit: Encounter) -> Seat:
    """Raises NotInCall."""
    _require_admitted(visit)
    return Seat(visit.organization_id, visit.id, f"v{visit.id}", visit.patient.name, Role.PATIENT)


def practitioners_seat(visit: Encounter, staff: Staff) -> Seat:
    """The seat of whoever has called the patient in. Raises NotInCall."""
    _require_admitted(visit)
    if visit.admitted_by_id != staff.practitioner_id:
        raise NotInCall
    return Seat(visit.organization_id, visit.id, f"p{staff.practitioner_id}", staff.name, Role.PRACTITIONER)


def guests_seat(session: Session, who: Participant, now: datetime) -> Seat:
    """The seat of an external participant, who comes in only where the patient is. Raises NotInCall."""
    visit = participant.visit_of(session, who)
    if visit is None or participant.entrance(session, who, now) is not Entrance.OPEN:
        raise NotInCall
    return Seat(visit.organization_id, visit.id, guest_id(who), who.person.name, Role.GUEST)


def guest_id(who: Participant) -> str:
    """What the others' browsers know a participant by."""
    return f"g{who.id}"


def _require_admitted(visit: Encounter) -> None:
    if visit.status is not EncounterStatus.ADMITTED:
        raise NotInCall
