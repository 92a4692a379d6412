"""What became of appointments, how long they took and how long patients waited: numbers, nobody is named (S002-195, 196).

Counted when somebody looks, up to yesterday: today's appointments are not over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import ceil
from typing import Any, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from telehealth import schedule
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.visit_type import Mode
from telehealth.waiting_room import Encounter, met

Key = TypeVar("Key", bound=Hashable)
DAYS = 40  # that are shown at first


class Outcome(StrEnum):
    """`UNKNOWN`: the time is over, and neither a visit nor anybody has said what became of it."""

    HELD = "held"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Told(NamedTuple):
    """One appointment: who and where, what became of it, how long it took and how long the patient waited beyond the time."""

    id: int
    day: date
    department_id: int
    practitioner_id: int
    visit_type_id: int | None
    mode: Mode
    outcome: Outcome
    length: timedelta | None
    wait: timedelta | None


class Counted(Protocol):
    """What a report counts: on which local day, what became of it, how long it took, how long somebody waited."""

    @property
    def day(self) -> date: ...
    @property
    def outcome(self) -> StrEnum: ...
    @property
    def length(self) -> timedelta | None: ...
    @property
    def wait(self) -> timedelta | None: ...


One = TypeVar("One", bound=Counted)


@dataclass
class Line:
    """Some of them taken together."""

    counts: Counter[StrEnum] = field(default_factory=Counter)
    lengths: list[timedelta] = field(default_factory=list)
    waits: list[timedelta] = field(default_factory=list)

    def add(self, told: Counted) -> None:
        self.counts[told.outcome] += 1
        if told.length is not None:
            self.lengths.append(told.length)
        if told.wait is not None:
            self.waits.append(told.wait)

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def missed(self) -> float | None:
        """The share of no-shows among those of which is known that they were held or missed; nothing without any."""
        due = self.counts[Outcome.HELD] + self.counts[Outcome.NO_SHOW]
        return self.counts[Outcome.NO_SHOW] / due if due else None


@dataclass(frozen=True)
class Report(Generic[One]):
    """`first` to `last` are local dates, both counted."""

    first: date
    last: date
    told: Sequence[One]

    @property
    def whole(self) -> Line:
        return _together(self.told)

    @property
    def days(self) -> list[tuple[date, Line]]:
        """Every day, also those without any."""
        found = self.by(lambda told: told.day)
        span = (self.last - self.first).days + 1
        return [(day, found.get(day, Line())) for day in (self.first + timedelta(days=n) for n in range(span))]

    def by(self, key: Callable[[One], Key]) -> dict[Key, Line]:
        found: dict[Key, Line] = defaultdict(Line)
        for told in self.told:
            found[key(told)].add(told)
        return dict(found)


def _together(told: Iterable[Counted]) -> Line:
    line = Line()
    for one in told:
        line.add(one)
    return line


def share(values: Sequence[timedelta], part: float) -> timedelta | None:
    """The smallest value that this part of all does not exceed (nearest rank): 0.5 is the median, 0.9 the slowest tenth's edge."""
    return sorted(values)[max(0, ceil(part * len(values)) - 1)] if values else None


def last_days(today: date) -> tuple[date, date]:
    return today - timedelta(days=DAYS), today - timedelta(days=1)


def month_of(day: date, today: date) -> tuple[date, date]:
    """From the first of a month to its last, or to yesterday."""
    first = day.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return first, min(following, today) - timedelta(days=1)


def report(session: Session, within: ColumnElement[bool], first: date, last: date, zone: ZoneInfo) -> Report[Told]:
    """Of the appointments on these local dates, as far as `within` lets somebody see them: one question."""
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    near = (Appointment.first_tick >= schedule.tick_of(begin)) & (Appointment.first_tick <= schedule.tick_of(end))
    query = (
        select(
            Appointment.id, Appointment.start, Appointment.department_id, Appointment.practitioner_id, Appointment.visit_type_id,
            Appointment.mode, Appointment.status, Encounter.end_reason, Encounter.arrived_at, Encounter.admitted_at, Encounter.ended_at,
        )
        .outerjoin(Encounter, Encounter.appointment_id == Appointment.id)
        .where(near, Appointment.start >= begin, Appointment.start < end, within)
        .order_by(Appointment.start, Appointment.id, Encounter.id)
    )  # fmt: skip
    return Report(first, last, list(_once(_told(row, zone) for row in session.execute(query))))


def _once(found: Iterable[Told]) -> Iterable[Told]:
    """Whoever left and came again has several visits at one appointment: the one in which they met counts, else the last."""
    best: dict[int, Told] = {}
    for told in found:
        known = best.get(told.id)
        if known is None or known.length is None:
            best[told.id] = told
    return best.values()


def _told(row: Any, zone: ZoneInfo) -> Told:
    happened = met(row.end_reason, row.admitted_at) and row.ended_at is not None
    came = row.admitted_at is not None
    return Told(
        row.id, row.start.astimezone(zone).date(), row.department_id, row.practitioner_id, row.visit_type_id, row.mode,
        _outcome(row.status, happened=happened),
        row.ended_at - row.admitted_at if happened and came else None,
        max(row.admitted_at - max(row.arrived_at, row.start), timedelta(0)) if came else None,
    )  # fmt: skip


def _outcome(status: AppointmentStatus, *, happened: bool) -> Outcome:
    if status is AppointmentStatus.CANCELLED:
        return Outcome.CANCELLED
    if happened or status is AppointmentStatus.DONE:
        return Outcome.HELD
    return Outcome.NO_SHOW if status is AppointmentStatus.NO_SHOW else Outcome.UNKNOWN
