"""How appointments went: a chart of days, comparisons, and the same numbers as a file (S002-195, S002-196)."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from babel.dates import format_date, format_skeleton
from babel.numbers import format_percent
from flask import Response, abort, request, url_for
from flask_appbuilder import BaseView, expose, permission_name
from flask_appbuilder.security.decorators import has_access
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin import export, scope, shown, words
from admin.rows import zone_of_request
from telehealth import clock
from telehealth import report as reports
from telehealth.booking import Appointment
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from telehealth.report import Line, Outcome, Report, Told
from telehealth.visit_type import VisitType
from web.house import session

MONTHS = 13  # to choose from, this one included
LAST_DAYS = "last"
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
HEIGHT, WIDTH, MARGIN = 120, 16, 3  # of the chart and of one day in it, in units of the drawing
SLOWEST = 0.9
WAYS = {"department": _l("By department"), "practitioner": _l("By person"), "kind": _l("By visit type"), "weekday": _l("By weekday")}


@dataclass(frozen=True)
class Part:
    """One outcome's part of a column or a bar, in units of the drawing."""

    outcome: Outcome
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


class ReportView(BaseView):  # type: ignore[misc]
    """Numbers of the appointments that somebody may see; nobody is named."""

    route_base, default_view, icon = "/reports", "list", "chart"
    outcomes = tuple(Outcome)

    def home(self) -> str:
        return url_for("ReportView.list")

    @expose("/")
    @has_access
    def list(self) -> Any:
        found = self._asked()
        way = request.args.get("by", "department")
        if way not in WAYS:
            abort(400)
        return self.render_template(
            "admin/reports.html", title=_("Reports"), view=self, period=self._period(), periods=_periods(), way=way, ways=WAYS,
            whole=_compared("", found.whole), line=found.whole, chart=_chart(found), compared=_comparison(found, way),
            days=[_compared(_day(day), line) for day, line in found.days], length=_minutes(reports.share(found.whole.lengths, 0.5)), wait=_minutes(reports.share(found.whole.waits, 0.5)), waits=_waits(found.whole), span=_span(found),
        )  # fmt: skip

    @expose("/days.csv")
    @has_access
    @permission_name("list")
    def days(self) -> Response:
        """The chart's numbers, a line a day."""
        found = self._asked()
        return export.file(f"appointments-{found.first}-{found.last}.csv", _sheet(found))

    def _period(self) -> str:
        asked = request.args.get("period", LAST_DAYS)
        if asked != LAST_DAYS and not MONTH.fullmatch(asked):
            abort(400)
        return asked

    def _asked(self) -> Report:
        asked, today = self._period(), _today()
        first, last = reports.last_days(today) if asked == LAST_DAYS else reports.month_of(date.fromisoformat(f"{asked}-01"), today)
        return reports.report(session(), scope.within_reach(Appointment), first, last, zone_of_request())


def _today() -> date:
    return clock.now().astimezone(zone_of_request()).date()


def _periods() -> list[tuple[str, str]]:
    found, month = [(LAST_DAYS, _("The last %(days)s days", days=reports.DAYS))], _today().replace(day=1)
    for _number in range(MONTHS):
        found.append((f"{month:%Y-%m}", format_skeleton("yMMMM", month, locale=get_locale())))
        month = (month - timedelta(days=1)).replace(day=1)
    return found


def _day(day: date) -> str:
    return str(format_date(day, "EEE d MMM", locale=get_locale()))


def _span(found: Report) -> str:
    first, last = (format_date(day, "medium", locale=get_locale()) for day in (found.first, found.last))
    return f"{first} – {last}"


def _minutes(length: timedelta | None) -> str:
    if length is None:
        return shown.NOTHING
    return ngettext("%(num)s minute", "%(num)s minutes", _rounded(length))


def _number(length: timedelta | None) -> str:
    return shown.NOTHING if length is None else str(_rounded(length))


def _rounded(length: timedelta) -> int:
    return round(length.total_seconds() / 60)


def _waits(line: Line) -> str:
    return _minutes(reports.share(line.waits, SLOWEST))


def _parts(line: Line, whole: float, scale: float) -> list[Part]:
    found, start = [], 0.0
    for outcome in Outcome:
        length = scale * line.counts[outcome] / whole if whole else 0.0
        found.append(Part(outcome, start, length))
        start += length
    return [part for part in found if part.length]


def _compared(label: str, line: Line) -> Compared:
    missed = shown.NOTHING if line.missed is None else str(format_percent(line.missed, locale=get_locale()))
    length, wait = (_number(reports.share(values, 0.5)) for values in (line.lengths, line.waits))
    counts = [line.counts[outcome] for outcome in Outcome]
    return Compared(label, line.total, counts, missed, length, wait, _parts(line, line.total, 100))


def _comparison(found: Report, way: str) -> list[Compared]:
    lines, names = _grouped(found, way)
    order = sorted(lines) if way == "weekday" else sorted(lines, key=lambda key: names(key).casefold())
    return [_compared(names(key), lines[key]) for key in order]


def _grouped(found: Report, way: str) -> tuple[dict[Any, Line], Callable[[Any], str]]:
    keys: dict[str, Callable[[Told], Hashable]] = {
        "department": lambda told: told.department_id, "practitioner": lambda told: told.practitioner_id,
        "kind": lambda told: told.visit_type_id, "weekday": lambda told: told.day.weekday(),
    }  # fmt: skip
    lines: dict[Any, Line] = found.by(keys[way])
    if way == "weekday":
        return lines, lambda day: str(format_date(date(2024, 1, 1) + timedelta(days=day), "EEEE", locale=get_locale()))  # a Monday
    model = {"department": Department, "practitioner": Practitioner, "kind": VisitType}[way]
    names = {row.id: str(row) for row in session().scalars(select(model).where(model.id.in_([key for key in lines if key])))}
    return lines, lambda key: names.get(key, str(_("Without a visit type")) if way == "kind" else shown.NOTHING)


def _chart(found: Report) -> Chart:
    days = found.days
    top = _top(max((line.total for _day, line in days), default=0))
    columns = [
        Column(number * WIDTH + MARGIN, WIDTH - 2 * MARGIN, _parts(line, top, HEIGHT)) for number, (_day, line) in enumerate(days)
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


def _sheet(found: Report) -> Iterator[list[str]]:
    minutes = [str(_("Median length, minutes")), str(_("Median wait, minutes"))]
    yield [str(_("Day")), str(_("Appointments")), *(str(words.word(outcome)) for outcome in Outcome), *minutes]
    for day, line in found.days:
        measured = (reports.share(values, 0.5) for values in (line.lengths, line.waits))
        times = ["" if value is None else f"{value.total_seconds() / 60:.1f}" for value in measured]
        yield [day.isoformat(), str(line.total), *(str(line.counts[outcome]) for outcome in Outcome), *times]
