"""Availability and free slots: local wall time and zone in, UTC out, whatever zone the process runs in.

Slots are anchored at the start of their window: start = from + k·(length + gap) while start + length ≤ to (S002-99).
A booking removes slots and never moves them. All arithmetic is on five-minute ticks since the epoch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Select, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.practitioner import Practitioner, PractitionerRole

TICK_MINUTES = 5
TICK_SECONDS = TICK_MINUTES * 60


class Purpose(StrEnum):
    """What a planned time is for (S002-97 … S002-99)."""

    BOOKING = "booking"
    WALK_IN = "walk_in"


class NotOnTick(ValueError):
    """Times and lengths of availability are multiples of five minutes."""


class Availability(Owned, Base):
    """When a practitioner can be booked or takes walk-ins: on one date, or weekly between two dates.

    `weekday` is 0 for Monday and empty for a single date (`valid_from`); minutes count from local midnight.
    """

    __tablename__ = "availability"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
        within_organization("department_id", "department"),
        CheckConstraint("from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440", "ordered"),
        CheckConstraint("length_minutes > 0 AND gap_minutes >= 0", "length"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int]
    department_id: Mapped[int | None]
    purpose: Mapped[Purpose] = mapped_column(one_of(Purpose), default=Purpose.BOOKING)
    weekday: Mapped[int | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    length_minutes: Mapped[int] = mapped_column(default=20)
    gap_minutes: Mapped[int] = mapped_column(default=10)
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(Availability.practitioner_id)"
    )

    @validates("from_minute", "to_minute", "length_minutes", "gap_minutes")
    def _on_tick(self, _: str, minutes: int) -> int:
        if minutes % TICK_MINUTES:
            raise NotOnTick(minutes)
        return minutes

    @property
    def slots_a_day(self) -> int:
        """How many appointments one window gives: 2 hours of 20 + 10 minutes give 4."""
        span = self.to_minute - self.from_minute
        return max(0, (span - self.length_minutes) // (self.length_minutes + self.gap_minutes) + 1)

    def __str__(self) -> str:
        return f"{minute_of_day(self.from_minute)}–{minute_of_day(self.to_minute)}"


def minute_of_day(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@lru_cache(maxsize=20_000)
def wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the wall clock of a zone shows that minute; a skipped hour is shifted forward."""
    local = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
    return local.astimezone(UTC)


def tick_of(moment: datetime) -> int:
    return int(moment.timestamp()) // TICK_SECONDS


def moment_of(tick: int) -> datetime:
    return datetime.fromtimestamp(tick * TICK_SECONDS, UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """One availability on one local date, in ticks."""

    practitioner_id: int
    availability_id: int
    day: date
    start: int
    end: int
    length: int
    gap: int
    department_id: int | None = None

    @property
    def step(self) -> int:
        return self.length + self.gap

    @property
    def count(self) -> int:
        return max(0, (self.end - self.start - self.length) // self.step + 1)

    def slot(self, k: int) -> Slot:
        start = self.start + k * self.step
        return Slot(self.practitioner_id, self.availability_id, start, self.length, self.gap, self.department_id)

    def hit_by(self, first: int, last: int) -> range:
        """Which of its slots touch the busy ticks [first, last), their own gap included."""
        lowest = (first - self.start - self.step) // self.step + 1
        highest = -(-(last - self.start) // self.step)
        return range(max(0, lowest), min(self.count, highest))


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked; `id` names practitioner, availability and start tick.

    `department_id` is the one its availability was planned for, if any.
    """

    practitioner_id: int
    availability_id: int
    tick: int
    length: int
    gap: int
    department_id: int | None = None

    @property
    def id(self) -> str:
        return f"{self.practitioner_id}-{self.availability_id}-{self.tick}"

    @property
    def start(self) -> datetime:
        return moment_of(self.tick)

    @property
    def end(self) -> datetime:
        return moment_of(self.tick + self.length)


@dataclass(frozen=True, slots=True)
class Rule:
    """An availability as plain data."""

    id: int
    practitioner_id: int
    weekday: int | None
    valid_from: date
    valid_until: date | None
    from_minute: int
    to_minute: int
    length_minutes: int
    gap_minutes: int
    department_id: int | None = None

    def days(self, first: date, last: date) -> Iterator[date]:
        """The local dates from first to last on which it holds."""
        if self.weekday is None:
            if first <= self.valid_from <= last:
                yield self.valid_from
            return
        begin = max(first, self.valid_from)
        end = min(last, self.valid_until) if self.valid_until else last
        day = begin + timedelta(days=(self.weekday - begin.weekday()) % 7)
        while day <= end:
            yield day
            day += timedelta(days=7)

    def window(self, day: date, zone: ZoneInfo) -> Window:
        return Window(
            self.practitioner_id, self.id, day,
            tick_of(wall(day, self.from_minute, zone)), tick_of(wall(day, self.to_minute, zone)),
            self.length_minutes // TICK_MINUTES, self.gap_minutes // TICK_MINUTES, self.department_id,
        )  # fmt: skip


_a = Availability
_RULES = select(
    _a.id, _a.practitioner_id, _a.weekday, _a.valid_from, _a.valid_until, _a.from_minute, _a.to_minute,
    _a.length_minutes, _a.gap_minutes, _a.department_id,
).join(Practitioner, Practitioner.id == _a.practitioner_id).where(
    Practitioner.active, _a.purpose == bindparam("purpose"), _a.valid_from <= bindparam("last"),
    _a.valid_until.is_(None) | (_a.valid_until >= bindparam("first")),
)  # fmt: skip

Busy = dict[int, list[tuple[int, int]]]


def rules(
    session: Session,
    first: date,
    last: date,
    *,
    purpose: Purpose,
    departments: Sequence[int] = (),
    practitioner_id: int | None = None,
) -> list[Rule]:
    """The availabilities that touch these local dates, of active people of the departments; none named: of any."""
    query = _RULES.where(_a.practitioner_id.in_(practitioners_of(departments)))
    if departments:
        query = query.where(_a.department_id.is_(None) | _a.department_id.in_(departments))
    if practitioner_id is not None:
        query = query.where(_a.practitioner_id == practitioner_id)
    return [Rule(*row) for row in session.execute(query, {"purpose": purpose, "first": first, "last": last})]


def windows(found: Iterable[Rule], first: date, last: date, zone: ZoneInfo) -> list[Window]:
    return [rule.window(day, zone) for rule in found for day in rule.days(first, last)]


def practitioners_of(departments: Sequence[int]) -> Select[tuple[int]]:
    """Who works in one of these departments; none named: in any department at all."""
    query = select(PractitionerRole.practitioner_id)
    if departments:
        return query.where(PractitionerRole.department_id.in_(departments))
    return query.where(PractitionerRole.department_id.is_not(None))


def taken(window: Window, busy: Busy) -> set[int]:
    """Which of the window's slots are gone."""
    gone: set[int] = set()
    for first, last in busy.get(window.practitioner_id, ()):
        if first < window.end + window.gap and last > window.start:
            gone.update(window.hit_by(first, last))
    return gone


def free_by_day(windows_: Iterable[Window], busy: Busy, earliest: int) -> dict[date, int]:
    """How many slots each local date has, from tick `earliest` on."""
    buckets = _by_practitioner_and_day(busy)
    counts: dict[date, int] = defaultdict(int)
    for window in windows_:
        counts[window.day] += _free_count(window, buckets, earliest)
    return counts


TICKS_A_DAY = 24 * 60 // TICK_MINUTES
Buckets = dict[tuple[int, int], list[tuple[int, int]]]


def _by_practitioner_and_day(busy: Busy) -> Buckets:
    """Busy spans under every UTC day they touch, so that a window looks at its own day or two only."""
    buckets: Buckets = defaultdict(list)
    for practitioner, spans in busy.items():
        for span in spans:
            for day in range(span[0] // TICKS_A_DAY, (span[1] - 1) // TICKS_A_DAY + 1):
                buckets[practitioner, day].append(span)
    return buckets


def _free_count(window: Window, buckets: Buckets, earliest: int) -> int:
    count, start, step = window.count, window.start, window.step
    gone: set[int] = set(range(min(count, -(-(earliest - start) // step)))) if earliest > start else set()
    for day in range(start // TICKS_A_DAY, (window.end + window.gap) // TICKS_A_DAY + 1):
        for first, last in buckets.get((window.practitioner_id, day), ()):
            gone.update(window.hit_by(first, last))
    return count - len(gone)


def free_slots(windows_: Iterable[Window], busy: Busy, earliest: int) -> list[Slot]:
    """The slots themselves, in order of time, from tick `earliest` on."""
    slots = [
        window.slot(k)
        for window in windows_
        for gone in [taken(window, busy)]
        for k in range(window.count)
        if k not in gone
    ]
    return sorted((slot for slot in slots if slot.tick >= earliest), key=lambda slot: (slot.tick, slot.practitioner_id))
