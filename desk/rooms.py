"""The rooms of the desk's socket: who hears what is decided here, by department and channel, and by the server alone.

A conversation has three rooms: `headers` of its channel (that there is one), `cards` of its channel (whose it is, for
those who are present) and its own `talk` (what is said, for those who have opened it).
"""

from __future__ import annotations

from typing import Any, Protocol

from sqlalchemy import select

from telehealth.booking import Appointment
from telehealth.channel import Channel
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.practitioner import Permission, Staff
from telehealth.presence import present_channels
from telehealth.visibility import channels_within_reach

TALK = "talk"


def name(kind: str, organization_id: int, identity: object = "all") -> str:
    return f"{kind}:{organization_id}:{identity}"


def talk_of(thread: Conversation) -> str:
    return name(TALK, thread.organization_id, thread.id)


def joined(session: Session, staff: Staff) -> set[str]:
    """Every room but the opened conversations."""
    mine = {name("person", staff.organization_id, staff.practitioner_id), name("desk", staff.organization_id)}
    if staff.may(Permission.SEE_WAITING_ROOM):
        mine |= _by_department("waiting", staff)
    if staff.may(Permission.SEE_CALENDAR):
        mine |= _by_department("calendar", staff)
    return mine | _channels(session, staff) | _letters(staff) | _groups(staff)


def _letters(staff: Staff) -> set[str]:
    """Messages with patients: all, those of the departments one administers, those that departments share."""
    if not (staff.may(Permission.ANSWER_CHAT) and staff.may(Permission.SEE_PATIENT)):
        return set()
    administers = "letters" if staff.may(Permission.ADMINISTER_DEPARTMENT) else "letters-department"
    return _by_department("letters" if staff.sees_everything else administers, staff)


def _groups(staff: Staff) -> set[str]:
    """Groups beyond those one looks after: of the departments one administers, or all."""
    if not (staff.may(Permission.LEAD_GROUPS) and staff.may(Permission.ADMINISTER_DEPARTMENT)):
        return set()
    return _by_department("groups", staff)


def _by_department(kind: str, staff: Staff) -> set[str]:
    if staff.sees_everything:
        return {name(kind, staff.organization_id)}
    return {name(kind, staff.organization_id, department) for department in staff.departments}


def _channels(session: Session, staff: Staff) -> set[str]:
    if not staff.may(Permission.ANSWER_CHAT):
        return set()
    present = present_channels(session, staff)
    reached = session.scalars(select(Channel.id).where(channels_within_reach(staff)))
    rooms = {name("cards" if channel in present else "headers", staff.organization_id, channel) for channel in reached}
    return rooms | {name("channels", staff.organization_id)}


class Placed(Protocol):
    """A visit, or what of it tells who may hear of it."""

    organization_id: Any
    department_id: Any
    admitted_by_id: Any


def of_visit(visit: Placed) -> list[str]:
    """Who hears of a visit: its department, those who see all of them, and whoever has called the patient in."""
    return [
        name("waiting", visit.organization_id),
        name("waiting", visit.organization_id, visit.department_id),
        name("person", visit.organization_id, visit.admitted_by_id),
    ]


def of_appointment(appointment: Appointment) -> list[str]:
    return [
        name("calendar", appointment.organization_id),
        name("calendar", appointment.organization_id, appointment.department_id),
        name("person", appointment.organization_id, appointment.practitioner_id),
    ]
