"""On which local dates something falls: once, every n weeks on weekdays, every n months on the nth or last of a weekday.

The rules are those of RFC 5545 with weeks from Monday. Own arithmetic, since a month of fifty people asks for 250 rules:
dateutil's rrule, which the tests take as oracle, needs fifteen times as long.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

LAST = -1  # as the nth weekday of a month
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
NTH = (1, 2, 3, 4, LAST)
MOST_EVERY = {"weekly": 52, "monthly": 12}
FAR = timedelta(days=5 * 3660)  # five dates lie within it, however rare


class Repeats(StrEnum):
    """How often."""

    ONCE = "once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class BadRecurrence(ValueError):
    """A weekday, number of weeks or months, or place in the month that there is not."""


class Recurrence(NamedTuple):
    """`weekdays` are in order, 0 for Monday; none: on `begin` only. With `nth` it is every n months, else every n weeks.

    Weeks count from the week of `begin`, months from its month; `begin`, `until` and `except_on` are local dates.
    """

    begin: date
    weekdays: tuple[int, ...] = ()
    until: date | None = None
    every: int = 1
    nth: int | None = None
    except_on: frozenset[date] = frozenset()

    @property
    def repeats(self) -> Repeats:
        if not self.weekdays:
            return Repeats.ONCE
        return Repeats.WEEKLY if self.nth is None else Repeats.MONTHLY

    @property
    def rrule(self) -> str:
        """As RFC 5545 writes it, empty for a single date; `begin` is its DTSTART, `except_on` its EXDATE."""
        if not self.weekdays:
            return ""
        days = ",".join(f"{self.nth or ''}{CODES[weekday]}" for weekday in self.weekdays)
        until = f";UNTIL={self.until:%Y%m%d}" if self.until else ""
        return f"FREQ={self.repeats.upper()};INTERVAL={self.every};WKST=MO;BYDAY={days}{until}"

    def require_sound(self) -> None:
        """Raises BadRecurrence."""
        known = set(self.weekdays) <= set(range(7)) and self.nth in (None, *NTH)
        if not known or not 1 <= self.every <= MOST_EVERY.get(self.repeats, 1):
            raise BadRecurrence(self)

    def days(self, first: date, last: date) -> Iterator[date]:
        """The local dates from first to last, in order."""
        begin, end = max(first, self.begin), min(last, self.until) if self.until else last
        found = self._found(begin, end)
        return (day for day in found if day not in self.except_on) if self.except_on else found

    def _found(self, begin: date, end: date) -> Iterator[date]:
        if not self.weekdays:
            return iter((begin,) if begin == self.begin <= end else ())
        return self._weekly(begin, end) if self.nth is None else self._monthly(begin, end)

    def _weekly(self, begin: date, end: date) -> Iterator[date]:
        first, last, step = begin.toordinal(), end.toordinal(), 7 * self.every
        anchor = self.begin.toordinal() - self.begin.weekday()
        for monday in range(anchor + (first - anchor) // step * step, last + 1, step):
            for weekday in self.weekdays:
                if first <= monday + weekday <= last:
                    yield date.fromordinal(monday + weekday)

    def _monthly(self, begin: date, end: date) -> Iterator[date]:
        anchor = _month(self.begin)
        start = anchor + (_month(begin) - anchor) // self.every * self.every
        for month in range(start, _month(end) + 1, self.every):
            year, number = divmod(month, 12)
            found = sorted(nth_weekday(year, number + 1, weekday, self.nth or LAST) for weekday in self.weekdays)
            yield from (day for day in found if begin <= day <= end)

    def upcoming(self, after: date, count: int) -> list[date]:
        """The next dates from `after` on, at most so many."""
        begin = max(after, self.begin)
        return list(islice(self.days(begin, begin + FAR), count))


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The first to fourth, or with -1 the last, of a weekday in a month."""
    begins, length = calendar.monthrange(year, month)
    day = 1 + (weekday - begins) % 7
    if nth == LAST:
        return date(year, month, day + (length - day) // 7 * 7)
    return date(year, month, day + 7 * (nth - 1))
