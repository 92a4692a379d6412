"""Times that staff draw on a calendar: somebody can be booked then, or holds a walk-in hour, on one date (S002-97).

What repeats is planned in the administration; here one day of it can be left out, and put back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from telehealth import organization, schedule, week
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.event import record
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff
from telehealth.recurrence import Repeats
from telehealth.schedule import Availability, Purpose


class BadPlan(ValueError):
    """It ends before it begins, is over already, or not one appointment fits into it."""


class PlannedAlready(Exception):
    """Another time of the same person lies there."""


class NotPlanned(Exception):
    """That time is gone, or never fell on that day."""


@dataclass(frozen=True)
class PlanChanged:
    """Somebody has more or fewer hours than before."""

    organization_id: int
    practitioner_id: int


@dataclass(frozen=True)
class Drawn:
    """From one minute of a local date to another. `length` and `gap` are minutes, and mean nothing for a walk-in hour."""

    practitioner_id: int
    day: date
    begin: int
    end: int
    purpose: Purpose
    length: int = 20
    gap: int = 10

    def is_same(self, other: Availability) -> bool:
        """Whether it says what is planned already."""
        once = other.repeats is Repeats.ONCE and other.valid_from == self.day
        span = (self.begin, self.end, self.purpose) == (other.from_minute, other.to_minute, other.purpose)
        slots = self.purpose is Purpose.WALK_IN or (self.length, self.gap) == (other.length_minutes, other.gap_minutes)
        return once and span and slots


def people(session: Session, by: Staff) -> list[Practitioner]:
    """Whose times somebody may draw: the own ones, an administrator those of the department or of everybody."""
    if not by.may(Permission.SEE_CALENDAR):
        return []
    query = select(Practitioner).where(Practitioner.active).order_by(Practitioner.name)
    if not by.sees_everything:
        led = by.departments if by.may(Permission.ADMINISTER_DEPARTMENT) else ()
        colleagues = select(PractitionerRole.practitioner_id).where(PractitionerRole.department_id.in_(led))
        query = query.where((Practitioner.id == by.practitioner_id) | Practitioner.id.in_(colleagues))
    return list(session.scalars(query))


def draw(session: Session, by: Staff, wanted: Drawn, today: date) -> Availability:
    """Plan it; the same said twice is one. Raises NotAllowed, BadPlan, PlannedAlready, NotOnTick."""
    person = _require_may(session, by, wanted.practitioner_id)
    _require_sound(wanted, today)
    if person.is_team and wanted.purpose is not Purpose.BOOKING:
        raise BadPlan
    made = _availability(wanted)
    with session.no_autoflush:
        others = week.others(session, made, wanted.practitioner_id, today)
    if (same := next((other for other in others if wanted.is_same(other)), None)) is not None:
        return same
    if week.overlaps(made, others, today):
        raise PlannedAlready
    session.add(made)
    session.flush()
    _tell(session, by, made)
    return made


def erase(session: Session, by: Staff, availability_id: int, day: date) -> None:
    """Not on that day any more; what is booked stays. Erasing twice is erasing once. Raises NotAllowed, NotPlanned."""
    found = session.get(Availability, availability_id)
    if found is None:
        return
    _require_may(session, by, found.practitioner_id)
    if found.repeats is Repeats.ONCE:
        if found.valid_from != day:
            raise NotPlanned
        session.delete(found)
    else:
        _leave_out(found, day)
    _tell(session, by, found)


def put_back(session: Session, by: Staff, availability_id: int, day: date) -> None:
    """On that day again, as the rule says; putting it back twice is once. Raises NotAllowed, NotPlanned."""
    found = session.get(Availability, availability_id)
    if found is None or found.repeats is Repeats.ONCE:
        raise NotPlanned
    _require_may(session, by, found.practitioner_id)
    left_out = found.recurrence.except_on - {day}
    found.repeat(found.weekdays, every=found.every, nth=found.nth, until=found.valid_until, except_on=left_out)
    _tell(session, by, found)


def booked(session: Session, practitioner_id: int, day: date, begin: int, end: int) -> int:
    """How many appointments stand between two minutes of a local date."""
    zone = organization.times(session).zone
    first, last = (schedule.wall(day, minute, zone) for minute in (begin, end))
    within = (Appointment.practitioner_id == practitioner_id) & (Appointment.start < last) & (Appointment.end > first)
    return session.scalar(select(func.count(Appointment.id)).where(within, Appointment.status == AppointmentStatus.BOOKED)) or 0


def _leave_out(found: Availability, day: date) -> None:
    rule = found.recurrence
    if day in rule.except_on:
        return
    if not list(rule.days(day, day)):
        raise NotPlanned
    found.repeat(found.weekdays, every=found.every, nth=found.nth, until=found.valid_until, except_on=rule.except_on | {day})


def _availability(wanted: Drawn) -> Availability:
    return Availability(
        practitioner_id=wanted.practitioner_id, purpose=wanted.purpose, valid_from=wanted.day, from_minute=wanted.begin,
        to_minute=wanted.end, length_minutes=wanted.length, gap_minutes=wanted.gap, every=1,
    )  # fmt: skip


def _require_sound(wanted: Drawn, today: date) -> None:
    fits = wanted.purpose is Purpose.WALK_IN or (wanted.length > 0 and wanted.begin + wanted.length <= wanted.end)
    if wanted.day < today or not 0 <= wanted.begin < wanted.end <= schedule.TICKS_A_DAY * schedule.TICK_MINUTES or not fits:
        raise BadPlan


def _require_may(session: Session, by: Staff, practitioner_id: int) -> Practitioner:
    for person in people(session, by):
        if person.id == practitioner_id:
            return person
    raise NotAllowed


def _tell(session: Session, by: Staff, found: Availability) -> None:
    record(session, PlanChanged(by.organization_id, found.practitioner_id))
