"""Availability and free slots: local wall time and zone in, UTC out, whatever zone the process runs in.

Slots are anchored at the start of their window: start = from + k·(length + gap) while start + length ≤ to (S002-99).
A booking removes slots and never moves them. All arithmetic is on five-minute ticks since the epoch.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache, lru_cache, reduce
from operator import and_
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Select, String, UniqueConstraint, bindparam, cast, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from telehealth import tick
from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.practitioner import Practitioner, PractitionerRole
from telehealth.recurrence import Recurrence, Repeats
from telehealth.visit_type import VisitType

TICK_MINUTES = tick.MINUTES
TICK_SECONDS = TICK_MINUTES * 60
TICKS_A_DAY = 24 * 60 // TICK_MINUTES


class Purpose(StrEnum):
    """What a planned time is for (S002-97 … S002-99)."""

    BOOKING = "booking"
    WALK_IN = "walk_in"
    BOTH = "both"


class Availability(Owned, Base):
    """When a practitioner can be booked or takes walk-ins: on one date, or again and again between two dates.

    `weekday` is the first weekday it falls on, 0 for Monday, and empty for a single date (`valid_from`); `more_weekdays`
    are the others. `every` counts weeks, or months when `nth` says which of the weekdays in a month (-1 for the last).
    `except_on` are ISO dates left out. Minutes count from local midnight. `capacity` patients are booked at the same time;
    `visit_types` are the ids of those it is for, and it is for all where it names none.
    """

    __tablename__ = "availability"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
        within_organization("department_id", "department"),
        CheckConstraint("from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440", "ordered"),
        CheckConstraint("length_minutes > 0 AND gap_minutes >= 0", "length"),
        CheckConstraint("capacity > 0", "capacity"),
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
    more_weekdays: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    every: Mapped[int] = mapped_column(default=1)
    nth: Mapped[int | None]
    except_on: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    capacity: Mapped[int] = mapped_column(default=1)
    visit_types: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(Availability.practitioner_id)"
    )

    @validates("from_minute", "to_minute", "length_minutes", "gap_minutes")
    def _on_tick(self, _: str, minutes: int) -> int:
        return tick.require(minutes)

    def repeat(
        self, weekdays: Iterable[int] = (), *, every: int = 1, nth: int | None = None, until: date | None = None,
        except_on: Iterable[date] = (),
    ) -> None:
        """Fall on these weekdays from `valid_from` on; without any, on that date only. Raises BadRecurrence."""
        days = sorted(set(weekdays))
        rule = Recurrence(self.valid_from, tuple(days), until, every, nth, frozenset(except_on))
        rule.require_sound()
        self.weekday, self.more_weekdays = (days[0], days[1:] or None) if days else (None, None)
        self.every, self.nth, self.valid_until = every, nth, until
        self.except_on = [day.isoformat() for day in sorted(rule.except_on)] or None

    @property
    def recurrence(self) -> Recurrence:
        return recurrence_of(
            self.weekday, self.valid_from, self.valid_until, self.more_weekdays, self.every or 1, self.nth, self.except_on
        )

    @property
    def weekdays(self) -> list[int]:
        """All weekdays it falls on, in order."""
        return list(self.recurrence.weekdays)

    @property
    def repeats(self) -> Repeats:
        return self.recurrence.repeats

    @property
    def last_day(self) -> date | None:
        """The last local date on which it can fall; None: it goes on."""
        return self.valid_from if self.repeats is Repeats.ONCE else self.valid_until

    @classmethod
    def falls_on(cls, weekday: int) -> ColumnElement[bool]:
        """The condition for rules with this weekday."""
        return (cls.weekday == weekday) | cast(cls.more_weekdays, String).contains(str(weekday))

    @classmethod
    def serves(cls, purpose: Purpose) -> ColumnElement[bool]:
        """The condition for times that are for this purpose, maybe among others."""
        return cls.purpose.in_((purpose, Purpose.BOTH))

    @property
    def slots_a_day(self) -> int:
        """How many appointments one window gives: 2 hours of 20 + 10 minutes give 4."""
        span = self.to_minute - self.from_minute
        return max(0, (span - self.length_minutes) // (self.length_minutes + self.gap_minutes) + 1)

    def __str__(self) -> str:
        return f"{minute_of_day(self.from_minute)}–{minute_of_day(self.to_minute)}"


NO_DATES: frozenset[date] = frozenset()


def recurrence_of(
    weekday: int | None, valid_from: date, valid_until: date | None, more_weekdays: Iterable[int] | None, every: int,
    nth: int | None, except_on: Iterable[str] | None,
) -> Recurrence:
    """From the columns of an availability."""
    weekdays = () if weekday is None else (weekday, *(more_weekdays or ()))
    left_out = frozenset(map(date.fromisoformat, except_on)) if except_on else NO_DATES
    return Recurrence(valid_from, weekdays, valid_until, every, nth, left_out)


def minute_of_day(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def wall(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The UTC instant at which the wall clock of a zone shows that minute; a skipped hour is shifted forward."""
    local = datetime.combine(day, time(), zone) + timedelta(minutes=minute)
    return local.astimezone(UTC)


@lru_cache(maxsize=20_000)
def wall_tick(day: date, minute: int, zone: ZoneInfo) -> int:
    return tick_of(wall(day, minute, zone))


def tick_of(moment: datetime) -> int:
    return int(moment.timestamp()) // TICK_SECONDS


def moment_of(tick: int) -> datetime:
    return datetime.fromtimestamp(tick * TICK_SECONDS, UTC)


Spans = list[tuple[int, int]]  # half open, in order, none touching another: the guard of bookings sees to that
Lane = tuple[int, int]  # a practitioner, and which of the patients who are booked at the same time
Busy = Mapping[int | Lane, Spans]  # practitioner → when not free; of those with several lanes also each lane


def merged(spans: Iterable[tuple[int, int]]) -> Spans:
    """In order, those that touch made one."""
    found: Spans = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found


ALONE: Mapping[int, int] = {}  # nobody sees several patients at once


class Window(NamedTuple):
    """One availability on one local date, in ticks. A set of its slots is a number whose bit k stands for slot k."""

    practitioner_id: int
    availability_id: int
    day: date
    start: int
    end: int
    length: int
    gap: int
    department_id: int | None = None
    visit_type_id: int | None = None
    capacity: int = 1

    @property
    def step(self) -> int:
        return self.length + self.gap

    @property
    def size(self) -> int:
        """How many slots it has."""
        return max(0, (self.end - self.start - self.length) // self.step + 1)

    def slot(self, k: int) -> Slot:
        start = self.start + k * self.step
        return Slot(
            self.practitioner_id, self.availability_id, start, self.length, self.gap, self.department_id, self.visit_type_id,
            self.capacity,
        )  # fmt: skip

    def free(self, busy: Busy, earliest: int) -> int:
        """The slots that nothing touches, their own gap included, from tick `earliest` on."""
        past = max(0, -((self.start - earliest) // self.step))
        if self.capacity == 1:
            touched = self._touched(busy.get(self.practitioner_id, []))
        else:
            lanes = ((self.practitioner_id, lane) for lane in range(self.capacity))
            touched = reduce(and_, (self._touched(busy.get(lane, [])) for lane in lanes))
        return ((1 << self.size) - 1) & ~touched & -(1 << past)

    def _touched(self, spans: Spans) -> int:
        start, step, size, touched = self.start, self.step, self.size, 0
        near = max(0, bisect_left(spans, (start,)) - 1)  # the one before may reach into the window
        for first, last in spans[near : bisect_left(spans, (self.end + self.gap,))]:
            lowest, beyond = max(0, (first - start) // step), min(size, -((start - last) // step))
            if lowest < beyond:
                touched |= (1 << beyond) - (1 << lowest)
        return touched


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked; `id` names practitioner, availability, start tick and visit type, if there is one.

    `department_id` is where the practitioner sees the patient; `capacity` patients can have it.
    """

    practitioner_id: int
    availability_id: int
    tick: int
    length: int
    gap: int
    department_id: int | None = None
    visit_type_id: int | None = None
    capacity: int = 1

    @property
    def id(self) -> str:
        kind = f"-{self.visit_type_id}" if self.visit_type_id else ""
        return f"{self.practitioner_id}-{self.availability_id}-{self.tick}{kind}"

    @property
    def ticks(self) -> range:
        """What it occupies, its gap included."""
        return range(self.tick, self.tick + self.length + self.gap)

    @property
    def start(self) -> datetime:
        return moment_of(self.tick)

    @property
    def end(self) -> datetime:
        return moment_of(self.tick + self.length)


class Rule(NamedTuple):
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
    more_weekdays: Sequence[int] | None = None
    every: int = 1
    nth: int | None = None
    except_on: Sequence[str] | None = None
    capacity: int = 1
    visit_types: Sequence[int] | None = None
    visit_type_id: int | None = None

    def days(self, first: date, last: date) -> Iterator[date]:
        """The local dates from first to last on which it holds, in order."""
        rule = recurrence_of(
            self.weekday, self.valid_from, self.valid_until, self.more_weekdays, self.every, self.nth, self.except_on
        )
        return rule.days(first, last)

    def is_for(self, visit_type_id: int | None) -> bool:
        return not self.visit_types or visit_type_id is None or visit_type_id in self.visit_types

    def window(self, day: date, zone: ZoneInfo) -> Window:
        return Window(
            self.practitioner_id, self.id, day,
            wall_tick(day, self.from_minute, zone), wall_tick(day, self.to_minute, zone),
            self.length_minutes // TICK_MINUTES, self.gap_minutes // TICK_MINUTES, self.department_id, self.visit_type_id,
            self.capacity,
        )  # fmt: skip


_a, _works, _person = Availability.__table__.c, PractitionerRole.__table__.c, Practitioner.__table__.c
_kind = VisitType.__table__.c


@cache
def _rules_query(*, narrowed: bool, one: bool, typed: bool) -> Select[Any]:
    """Prepared once and without the ORM, for it stands in every search and every booking.

    An availability that names no department counts for the first one its person works in.
    """
    there = _works.department_id.in_(bindparam("departments", expanding=True))
    own = select(_works.department_id).where(_works.practitioner_id == _a.practitioner_id)
    own = own.where(there if narrowed else _works.department_id.is_not(None)).order_by(_works.id).limit(1)
    length = func.coalesce(_kind.length_minutes, _a.length_minutes) if typed else _a.length_minutes
    query = (
        select(
            _a.id, _a.practitioner_id, _a.weekday, _a.valid_from, _a.valid_until, _a.from_minute, _a.to_minute,
            length, _a.gap_minutes, func.coalesce(_a.department_id, own.scalar_subquery()),
            _a.more_weekdays, _a.every, _a.nth, _a.except_on, _a.capacity, _a.visit_types,
        )
        .join_from(Availability.__table__, Practitioner.__table__, _person.id == _a.practitioner_id)
        .where(
            _a.organization_id == bindparam("organization"), _person.active,
            (_a.purpose == bindparam("purpose")) | (_a.purpose == Purpose.BOTH),
            _a.valid_from <= bindparam("last"), _a.valid_until.is_(None) | (_a.valid_until >= bindparam("first")),
        )
    )  # fmt: skip
    if narrowed:
        named = _a.department_id.in_(bindparam("departments", expanding=True))
        query = query.where(_a.department_id.is_(None) | named)
    if typed:
        query = query.join(VisitType.__table__, _kind.organization_id == _a.organization_id)
        query = query.where(_kind.id == bindparam("visit_type"), _kind.active)
    return query.where(_a.practitioner_id == bindparam("practitioner")) if one else query


def rules(
    session: Session,
    first: date,
    last: date,
    *,
    purpose: Purpose,
    departments: Sequence[int] = (),
    practitioner_id: int | None = None,
    visit_type_id: int | None = None,
) -> list[Rule]:
    """The availabilities that touch these local dates, of active people of the departments; none named: of any.

    With a visit type, those that are for it, and as long as it takes.
    """
    session.flush()
    values = {
        "organization": session.organization_id, "purpose": purpose, "first": first, "last": last,
        "departments": list(departments), "practitioner": practitioner_id, "visit_type": visit_type_id,
    }  # fmt: skip
    query = _rules_query(narrowed=bool(departments), one=practitioner_id is not None, typed=visit_type_id is not None)
    used = {name: value for name, value in values.items() if value not in ([], None)}
    found = (Rule._make((*row, visit_type_id)) for row in session.connection().execute(query, used))
    return [rule for rule in found if rule.department_id is not None and rule.is_for(visit_type_id)]


def windows(
    found: Iterable[Rule], first: date, last: date, zone: ZoneInfo, closed: Container[date] = frozenset()
) -> list[Window]:
    """The rules on every date from first to last that is not closed."""
    return [rule.window(day, zone) for rule in found for day in rule.days(first, last) if day not in closed]


def capacities(windows_: Iterable[Window]) -> dict[int, int]:
    """Of those who see several patients at once, how many at most."""
    found: dict[int, int] = {}
    for window in windows_:
        if window.capacity > found.get(window.practitioner_id, 1):
            found[window.practitioner_id] = window.capacity
    return found


def free_by_day(windows_: Iterable[Window], busy: Busy, earliest: int) -> dict[date, int]:
    """How many slots each local date has, from tick `earliest` on."""
    counts: dict[date, int] = defaultdict(int)
    for window in windows_:
        counts[window.day] += window.free(busy, earliest).bit_count()
    return counts


def free_slots(windows_: Iterable[Window], busy: Busy, earliest: int) -> list[Slot]:
    """The slots themselves, in order of time, from tick `earliest` on."""
    slots = [
        window.slot(k)
        for window in windows_
        for free in [window.free(busy, earliest)]
        for k in range(window.size)
        if free >> k & 1
    ]
    return sorted(slots, key=lambda slot: (slot.tick, slot.practitioner_id))
