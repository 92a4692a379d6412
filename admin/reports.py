"""How appointments went: a chart of days, comparisons, and the same numbers as a file (S002-195, S002-196)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin import plots, scope, shown
from admin.report_page import ReportPage
from admin.rows import zone_of_request
from telehealth import report as reports
from telehealth.booking import Appointment
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from telehealth.report import Line, Outcome, Report, Told
from telehealth.visit_type import VisitType
from web.house import session


class ReportView(ReportPage):
    """Numbers of the appointments that somebody may see; nobody is named."""

    route_base, template, file_name = "/reports", "admin/reports.html", "appointments"
    kinds, title, counted = Outcome, _l("Reports"), _l("Appointments")
    ways = {"department": _l("By department"), "practitioner": _l("By person"), "kind": _l("By visit type"), "weekday": _l("By weekday")}

    def asked(self) -> Report[Told]:
        return reports.report(session(), scope.within_reach(Appointment), *plots.dates(plots.period()), zone_of_request())

    def lost(self, line: Line) -> float | None:
        return line.missed

    def grouped(self, found: Report[Told], way: str) -> tuple[dict[Any, Line], Callable[[Any], str]]:
        keys: dict[str, Callable[[Told], Hashable]] = {
            "department": lambda told: told.department_id, "practitioner": lambda told: told.practitioner_id,
            "kind": lambda told: told.visit_type_id, "weekday": lambda told: told.day.weekday(),
        }  # fmt: skip
        lines: dict[Any, Line] = found.by(keys[way])
        if way == "weekday":
            return lines, weekday_named
        model = {"department": Department, "practitioner": Practitioner, "kind": VisitType}[way]
        names = {row.id: str(row) for row in session().scalars(select(model).where(model.id.in_([key for key in lines if key])))}
        return lines, lambda key: names.get(key, str(_("Without a visit type")) if way == "kind" else shown.NOTHING)


def weekday_named(day: int) -> str:
    return str(format_date(date(2024, 1, 1) + timedelta(days=day), "EEEE", locale=get_locale()))  # the first was a Monday
