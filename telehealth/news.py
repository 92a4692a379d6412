"""News: staff are told by mail what others did to their appointments, and that somebody asks to be called back; never who (X-25)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import Channel
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.department import Department
from telehealth.job import NoLongerWanted
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Role, administrators_of, staff
from telehealth.presence import Presence

def tell_of_booking(session: Session, appointment: Appointment, now: datetime) -> None:
    """Write to those whose time a patient has booked, each once; what happened to it since is told by itself."""
    by_patient = appointment.widget_id is not None and appointment.made_by_id is None
    if by_patient and appointment.sequence == 0:
        _write(session, MailKind.STAFF_BOOKED, appointment, _wishing(_whose(session, appointment), "booked"), now)


def tell_of_change(session: Session, payload: dict[str, Any], now: datetime) -> None:
    """Write to whose it is and whose it was that an appointment was moved or cancelled. Raises NoLongerWanted."""
    appointment, was = session.get_one(Appointment, payload["appointment"]), payload["was"]
    if max(appointment.start, datetime.fromisoformat(was["start"])) <= now:
        raise NoLongerWanted("it was over")
    kind = MailKind.STAFF_CANCELLED if appointment.status is AppointmentStatus.CANCELLED else MailKind.STAFF_MOVED
    now_its = _whose(session, appointment)
    before = _people(session, session.get_one(Practitioner, was["practitioner"]), appointment.department)
    about = {"sequence": payload["sequence"], "was": was}
    for mine, people in ((True, now_its), (False, [person for person in before if person not in now_its])):
        others = [person for person in _wishing(people, "changed") if payload["by"] != f"practitioner:{person.id}"]
        _write(session, kind, appointment, others, now, about | {"mine": mine})


def tell_of_request(session: Session, thread: Conversation, channel: Channel, now: datetime) -> None:
    """Write to the people of its channel that somebody asks to be called back."""
    department = session.get(Department, channel.department_id) if channel.department_id else None
    for person in _wishing(_of_channel(session, channel), "asked"):
        about = {
            "person_name": person.name, "channel_name": channel.name, "department_id": channel.department_id,
            "department_name": department.name if department else "", "conversation": thread.id,
        }  # fmt: skip
        key = key_of("staff_asked", session.organization_id, thread.id, person.id)
        enqueue(session, MailKind.STAFF_ASKED, None, person.email, locale=person.locale, now=now, about=about, key=key)


def _of_channel(session: Session, channel: Channel) -> Sequence[Practitioner]:
    """Who has ever taken a place there and still may; where nobody has, who administers the department."""
    taken = select(Presence.practitioner_id).where(Presence.channel_id == channel.id)
    found = session.scalars(select(Practitioner).where(Practitioner.active, Practitioner.id.in_(taken)).order_by(Practitioner.id))
    return [person for person in found if may_answer(session, person, channel)] or administrators_of(session, channel.department_id)


def may_answer(session: Session, person: Practitioner, channel: Channel) -> bool:
    """Whether the channel is within somebody's reach at this moment."""
    who = staff(session, person.id)
    within = who is not None and (who.sees_everything or channel.department_id is None or channel.department_id in who.departments)
    return within and who is not None and who.may(Permission.ANSWER_CHAT)


def _whose(session: Session, appointment: Appointment) -> Sequence[Practitioner]:
    return _people(session, appointment.practitioner, appointment.department)


def _people(session: Session, person: Practitioner, department: Department) -> Sequence[Practitioner]:
    """The person; of a team those who see patients in its department."""
    if not person.is_team:
        return [person] if person.active else []
    role = (PractitionerRole.role == Role.PRACTITIONER) & (PractitionerRole.department_id == department.id)
    members = Practitioner.id.in_(select(PractitionerRole.practitioner_id).where(role))
    return session.scalars(select(Practitioner).where(Practitioner.active, ~Practitioner.is_team, members).order_by(Practitioner.id)).all()


def _wishing(people: Iterable[Practitioner], what: str) -> list[Practitioner]:
    return [person for person in people if getattr(person, f"mail_{what}")]


def _write(
    session: Session, kind: MailKind, appointment: Appointment, people: Iterable[Practitioner], now: datetime,
    about: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    for person in people:
        key = key_of(kind, appointment.uid, appointment.sequence, person.id)
        named = {"person_name": person.name, "to": person.email, **(about or {})}
        enqueue(session, kind, appointment.id, person.email, locale=person.locale, now=now, about=named, key=key)
