"""How appointments went: a chart of days, comparisons, and the same numbers as a file (S002-195, S002-196)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from flask import Response, abort, request, url_for
from flask_appbuilder import BaseView, expose, permission_name
from flask_appbuilder.security.decorators import has_access
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin import export, plots, scope, shown
from admin.plots import Compared
from admin.rows import zone_of_request
from telehealth import report as reports
from telehealth.booking import Appointment
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from telehealth.report import Line, Outcome, Report, Told
from telehealth.visit_type import VisitType
from web.house import session

WAYS = {"department": _l("By department"), "practitioner": _l("By person"), "kind": _l("By visit type"), "weekday": _l("By weekday")}


class ReportView(BaseView):  # type: ignore[misc]
    """Numbers of the appointments that somebody may see; nobody is named."""

    route_base, default_view, icon = "/reports", "list", "chart"
    outcomes = tuple(Outcome)

    def home(self) -> str:
        return url_for("ReportView.list")

    @expose("/")
    @has_access
    def list(self) -> Any:
        found = _asked()
        way = request.args.get("by", "department")
        if way not in WAYS:
            abort(400)
        length, wait = (plots.minutes(reports.share(values, 0.5)) for values in (found.whole.lengths, found.whole.waits))
        return self.render_template(
            "admin/reports.html", title=_("Reports"), view=self, period=plots.period(), periods=plots.periods(), way=way, ways=WAYS,
            whole=_compared("", found.whole), line=found.whole, chart=plots.chart(found, Outcome), compared=_comparison(found, way),
            days=[_compared(plots.day_named(day), line) for day, line in found.days], length=length, wait=wait,
            waits=plots.slowest(found.whole), span=plots.span(found),
        )  # fmt: skip

    @expose("/days.csv")
    @has_access
    @permission_name("list")
    def days(self) -> Response:
        """The chart's numbers, a line a day."""
        found = _asked()
        return export.file(f"appointments-{found.first}-{found.last}.csv", plots.sheet(found, Outcome, str(_("Appointments"))))


def _asked() -> Report[Told]:
    return reports.report(session(), scope.within_reach(Appointment), *plots.dates(plots.period()), zone_of_request())


def _compared(label: str, line: Line) -> Compared:
    return plots.compared(label, line, Outcome, line.missed)


def _comparison(found: Report[Told], way: str) -> list[Compared]:
    lines, names = _grouped(found, way)
    order = sorted(lines) if way == "weekday" else sorted(lines, key=lambda key: names(key).casefold())
    return [_compared(names(key), lines[key]) for key in order]


def _grouped(found: Report[Told], way: str) -> tuple[dict[Any, Line], Callable[[Any], str]]:
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
