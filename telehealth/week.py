"""A person's planned week, and where one planned time lies over another of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from telehealth.database import Session
from telehealth.schedule import Availability, Purpose

LOOK = timedelta(days=730)  # as far as anybody may be booked ahead
DAYS = 7


@dataclass(frozen=True)
class Stretch:
    """From one minute of a local date to another; `planned` marks the time that is being entered."""

    day: date
    begin: int
    end: int
    purpose: Purpose
    planned: bool


@dataclass(frozen=True)
class Overlap:
    """Another time of the same person, and the first local date on which both hold at once."""

    other: Availability
    day: date


def others(session: Session, planned: Availability, practitioner_id: int | None, today: date) -> list[Availability]:
    """The person's other availabilities that are not over."""
    goes_on = Availability.valid_until.is_(None) | (Availability.valid_until >= today)
    query = select(Availability).where(Availability.practitioner_id == practitioner_id, goes_on)
    if planned.id is not None:
        query = query.where(Availability.id != planned.id)
    return list(session.scalars(query.order_by(Availability.from_minute, Availability.id)))


def overlaps(planned: Availability, beside: Sequence[Availability], today: date) -> list[Overlap]:
    """Where the others lie over it, within two years of its beginning."""
    first = max(today, planned.valid_from)
    days = list(planned.recurrence.days(first, first + LOOK))
    found = ((other, _common(days, other)) for other in beside if _at_the_same_time(planned, other))
    return [Overlap(other, day) for other, day in found if day is not None]


def _at_the_same_time(one: Availability, other: Availability) -> bool:
    return one.from_minute < other.to_minute and other.from_minute < one.to_minute


def _common(days: Sequence[date], other: Availability) -> date | None:
    theirs = set(other.recurrence.days(days[0], days[-1])) if days else set()
    return next((day for day in days if day in theirs), None)


def stretches(planned: Availability, beside: Sequence[Availability], first: date) -> list[Stretch]:
    """What seven local dates from the first hold, in order of time."""
    last = first + timedelta(days=DAYS - 1)
    found = [
        Stretch(day, one.from_minute, one.to_minute, one.purpose, one is planned)
        for one in (planned, *beside)
        for day in one.recurrence.days(first, last)
    ]
    return sorted(found, key=lambda one: (one.day, one.begin, one.end))


def double(found: Sequence[Stretch]) -> list[Stretch]:
    """The parts of the planned time that another time covers too."""
    parts = (_shared(mine, other) for mine in found if mine.planned for other in found if not other.planned)
    return [part for part in parts if part is not None]


def _shared(mine: Stretch, other: Stretch) -> Stretch | None:
    begin, end = max(mine.begin, other.begin), min(mine.end, other.end)
    if mine.day != other.day or begin >= end:
        return None
    return Stretch(mine.day, begin, end, other.purpose, planned=True)
