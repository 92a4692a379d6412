"""Delays: how late somebody runs today, for those who still have an appointment with them (X-56)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from telehealth import text_message
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.elsewhere import texts_promised
from telehealth.job import NoLongerWanted, plan
from telehealth.organization import Organization
from telehealth.outbox import MailKind, Unwanted, enqueue
from telehealth.practitioner import Practitioner, Staff
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter


SECOND_THOUGHT = timedelta(minutes=1)


@dataclass(frozen=True)
class Expected:
    """Somebody, how many of today's patients have not come yet, and how late these are told to expect it."""

    practitioner: Practitioner
    patients: int
    minutes_late: int


def minutes_late(person: Practitioner, zone: ZoneInfo, now: datetime) -> int:
    """How late somebody runs at this moment; what was said yesterday does not count."""
    since = person.late_since
    if since is None or since.astimezone(zone).date() != now.astimezone(zone).date():
        return 0
    return person.late_minutes


def expected(session: Session, staff: Staff, now: datetime) -> Sequence[Expected]:
    """Everybody who is still to see a patient today who has not come yet, of those whose appointments one sees."""
    zone = session.get_one(Organization, staff.organization_id).tz
    rows = session.execute(
        select(Practitioner, func.count(Appointment.id))
        .join(Appointment, Appointment.practitioner_id == Practitioner.id)
        .where(_still_to_come(staff, zone, now))
        .group_by(Practitioner.id)
        .order_by(Practitioner.name)
    ).all()
    return [Expected(person, patients, minutes_late(person, zone, now)) for person, patients in rows]


def _still_to_come(staff: Staff, zone: ZoneInfo, now: datetime) -> ColumnElement[bool]:
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    today = (Appointment.status == AppointmentStatus.BOOKED) & (Appointment.end > now) & (Appointment.start < midnight)
    arrived = select(Encounter.appointment_id).where(Encounter.appointment_id.is_not(None))
    return today & Appointment.id.not_in(arrived) & visible(staff, Appointment)


def run_late(
    session: Session, staff: Staff, practitioner_id: int, minutes: int, now: datetime, *, texting: bool = False
) -> None:
    """Tell those who are still to come today how late it gets; 0 takes it back. Raises NotAllowed.

    It stands on the page of their link at once; mails, and text messages where this server can send them (`texting`), leave
    when the number has stood for a moment, so that a second thought is told once.
    """
    found = [row.practitioner for row in expected(session, staff, now) if row.practitioner.id == practitioner_id]
    if not found:
        raise NotAllowed
    own = session.get_one(Organization, staff.organization_id)
    if minutes_late(found[0], own.tz, now) == minutes:
        return
    found[0].late_minutes, found[0].late_since = minutes, now
    if minutes:
        mine = _still_to_come(staff, own.tz, now) & (Appointment.practitioner_id == practitioner_id)
        for appointment in session.scalars(select(Appointment).where(mine).order_by(Appointment.start, Appointment.id)).all():
            _write(session, own, appointment, minutes, now, texting=texting)


def _write(session: Session, own: Organization, appointment: Appointment, minutes: int, now: datetime, *, texting: bool) -> None:
    due, about = now + SECOND_THOUGHT, {"minutes": minutes, "since": now.isoformat()}
    if own.send_delays:
        address = appointment.patient.email
        enqueue(session, MailKind.RUNNING_LATE, appointment.id, address, locale=appointment.locale, now=now, due=due, about=about)
    if texting and own.text_delays and appointment.patient.phone and texts_promised(session, own, now) < own.texts_a_month:
        once = f"{appointment.id}:{now.timestamp():.0f}"
        plan(session, text_message.RUNNING_LATE, own.id, due=due, payload=about | {"appointment": appointment.id}, once=once)


def still_late(session: Session, appointment: Appointment, about: dict[str, Any], now: datetime) -> None:
    """Raises NoLongerWanted when another number was said since, or it is nobody's to wait for any more."""
    since = appointment.practitioner.late_since
    if since is None or since != datetime.fromisoformat(about["since"]):
        raise NoLongerWanted(Unwanted.LATER_CHANGE)
    if appointment.end <= now or _has_come(session, appointment):
        raise NoLongerWanted(Unwanted.BEGUN)


def _has_come(session: Session, appointment: Appointment) -> bool:
    return session.scalar(select(Encounter.id).where(Encounter.appointment_id == appointment.id)) is not None
