"""Delays: how late somebody runs today, for those who still have an appointment with them (X-56)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner, Staff
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter


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
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    to_come = (Appointment.status == AppointmentStatus.BOOKED) & (Appointment.end > now) & (Appointment.start < midnight)
    arrived = select(Encounter.appointment_id).where(Encounter.appointment_id.is_not(None))
    rows = session.execute(
        select(Practitioner, func.count(Appointment.id))
        .join(Appointment, Appointment.practitioner_id == Practitioner.id)
        .where(to_come, Appointment.id.not_in(arrived), visible(staff, Appointment))
        .group_by(Practitioner.id)
        .order_by(Practitioner.name)
    ).all()
    return [Expected(person, patients, minutes_late(person, zone, now)) for person, patients in rows]


def run_late(session: Session, staff: Staff, practitioner_id: int, minutes: int, now: datetime) -> None:
    """Tell those who are still to come today how late it gets; 0 takes it back. Raises NotAllowed."""
    found = [row.practitioner for row in expected(session, staff, now) if row.practitioner.id == practitioner_id]
    if not found:
        raise NotAllowed
    found[0].late_minutes, found[0].late_since = minutes, now
