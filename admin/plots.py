"""Drawings and comparisons of a report's numbers, whatever it counts; every number of a picture stands in a table too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent
from flask import abort, request
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from admin import shown, words
from admin.rows import zone_of_request
from telehealth import clock
from telehealth import report as reports
from telehealth.report import Line, Report

MONTHS = 13  # to choose from, this one included
LAST_DAYS = "last"
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
HEIGHT, WIDTH, MARGIN = 120, 16, 3  # of the chart and of one day in it, in units of the drawing
SLOWEST = 0.9


@dataclass(frozen=True)
class Part:
    """One outcome's part of a column or a bar, in units of the drawing."""

    outcome: StrEnum
    start: float
    length: float


@dataclass(frozen=True)
class Column:
    x: int
    width: int
    parts: list[Part]


@dataclass(frozen=True)
class Chart:
    """`marks` are the numbers on the scale with their place from the top, in percent; `labels` name some of the days."""

    columns: list[Column]
    marks: list[tuple[int, float]]
    labels: list[str]

    @property
    def width(self) -> int:
        return len(self.columns) * WIDTH


@dataclass(frozen=True)
class Compared:
    """One line of the comparison, in words and as a bar of 100 units."""

    label: str
    total: int
    counts: list[int]
    missed: str
    length_number: str
    wait_number: str
    parts: list[Part]


def period() -> str:
    """The period that is asked for; an unknown one is refused."""
    asked = request.args.get("period", LAST_DAYS)
    if asked != LAST_DAYS and not MONTH.fullmatch(asked):
        abort(400)
    return asked


def dates(asked: str) -> tuple[date, date]:
    """Its first and last local day."""
    day = today()
    return reports.last_days(day) if asked == LAST_DAYS else reports.month_of(date.fromisoformat(f"{asked}-01"), day)


def today() -> date:
    return clock.now().astimezone(zone_of_request()).date()


def periods() -> list[tuple[str, str]]:
    found, month = [(LAST_DAYS, _("The last %(days)s days", days=reports.DAYS))], today().replace(day=1)
    for _step in range(MONTHS):
        found.append((f"{month:%Y-%m}", format_skeleton("yMMMM", month, locale=get_locale())))
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def day_named(day: date) -> str:
    return str(format_date(day, "EEE d MMM", locale=get_locale()))


def span(found: Report[Any]) -> str:
    first, last = (format_date(day, "medium", locale=get_locale()) for day in (found.first, found.last))
    return f"{first} – {last}"


def minutes(length: timedelta | None) -> str:
    if length is None:
        return shown.NOTHING
    return ngettext("%(num)s minute", "%(num)s minutes", _rounded(length))


def number(length: timedelta | None) -> str:
    return shown.NOTHING if length is None else str(_rounded(length))


def _rounded(length: timedelta) -> int:
    return round(length.total_seconds() / 60)


def slowest(line: Line) -> str:
    return minutes(reports.share(line.waits, SLOWEST))


def parts(line: Line, kinds: type[StrEnum], whole: float, scale: float) -> list[Part]:
    found, start = [], 0.0
    for outcome in kinds:
        length = scale * line.counts[outcome] / whole if whole else 0.0
        found.append(Part(outcome, start, length))
        start += length
    return [part for part in found if part.length]


def compared(label: str, line: Line, kinds: type[StrEnum], lost: float | None) -> Compared:
    """`lost` is the share of those that came to nothing."""
    missed = shown.NOTHING if lost is None else str(format_percent(lost, locale=get_locale()))
    length, wait = (number(reports.share(values, 0.5)) for values in (line.lengths, line.waits))
    counts = [line.counts[outcome] for outcome in kinds]
    return Compared(label, line.total, counts, missed, length, wait, parts(line, kinds, line.total, 100))


def chart(found: Report[Any], kinds: type[StrEnum]) -> Chart:
    days = found.days
    top = _top(max((line.total for _day, line in days), default=0))
    columns = [
        Column(number * WIDTH + MARGIN, WIDTH - 2 * MARGIN, parts(line, kinds, top, HEIGHT)) for number, (_day, line) in enumerate(days)
    ]
    every = 7 if len(days) > 14 else 1
    labels = [_short(day) if number % every == 0 else "" for number, (day, _line) in enumerate(days)]
    return Chart(columns, [(top, 0.0), (top // 2, 50.0), (0, 100.0)], labels)


def _short(day: date) -> str:
    return str(format_skeleton("dMMM", day, locale=get_locale()))


def _top(most: int) -> int:
    """A round even number that the highest column does not exceed."""
    step = 2 if most <= 20 else 10 if most <= 100 else 100
    return max(2, ceil(most / step) * step)


def sheet(found: Report[Any], kinds: type[StrEnum], counted: str) -> Iterator[list[str]]:
    """A line a day."""
    minutes = [str(_("Median length, minutes")), str(_("Median wait, minutes"))]
    yield [str(_("Day")), counted, *(str(words.word(outcome)) for outcome in kinds), *minutes]
    for day, line in found.days:
        measured = (reports.share(values, 0.5) for values in (line.lengths, line.waits))
        times = ["" if value is None else f"{value.total_seconds() / 60:.1f}" for value in measured]
        yield [day.isoformat(), str(line.total), *(str(line.counts[outcome]) for outcome in kinds), *times]
