"""Analysis of contacts to the reception (S003-2): what became of cases, compared, drawn, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date, time, timedelta
from typing import Any

from babel.dates import format_date, format_time
from flask import Response, abort, request, url_for
from flask_appbuilder import BaseView, expose, permission_name
from flask_appbuilder.security.decorators import has_access
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin import export, plots, shown, words
from admin.plots import Compared
from admin.rows import zone_of_request
from telehealth import contact_report
from telehealth import report as reports
from telehealth.case import Case, CaseOutcome
from telehealth.channel import Channel
from telehealth.contact_report import Contact, Fate
from telehealth.practitioner import Practitioner
from telehealth.report import Line, Report
from web.house import session

WAYS = {
    "channel": _l("By channel"), "way": _l("By way"), "reason": _l("By reason"), "person": _l("By person"), "weekday": _l("By weekday"),
    "hour": _l("By hour"),
}  # fmt: skip


class ContactReportView(BaseView):  # type: ignore[misc]
    """Numbers of the cases of the organisation; no patient is named."""

    route_base, default_view, icon = "/contact-reports", "list", "chart"
    outcomes = tuple(Fate)

    def home(self) -> str:
        return url_for("ContactReportView.list")

    @expose("/")
    @has_access
    def list(self) -> Any:
        found = _asked()
        way = request.args.get("by", "channel")
        if way not in WAYS:
            abort(400)
        length, wait = (plots.minutes(reports.share(values, 0.5)) for values in (found.whole.lengths, found.whole.waits))
        return self.render_template(
            "admin/contact_reports.html", title=_("Analysis of contacts"), view=self, period=plots.period(), periods=plots.periods(),
            way=way, ways=WAYS, whole=_compared("", found.whole), line=found.whole, chart=plots.chart(found, Fate),
            compared=_comparison(found, way), days=[_compared(plots.day_named(day), line) for day, line in found.days],
            length=length, wait=wait, waits=plots.slowest(found.whole), span=plots.span(found),
        )  # fmt: skip

    @expose("/days.csv")
    @has_access
    @permission_name("list")
    def days(self) -> Response:
        """The chart's numbers, a line a day."""
        found = _asked()
        return export.file(f"contacts-{found.first}-{found.last}.csv", plots.sheet(found, Fate, str(_("Contacts"))))


def _asked() -> Report[Contact]:
    return contact_report.report(session(), Case.id.is_not(None), *plots.dates(plots.period()), zone_of_request())


def _compared(label: str, line: Line) -> Compared:
    due = line.counts[Fate.ANSWERED] + line.counts[Fate.LEFT]
    return plots.compared(label, line, Fate, line.counts[Fate.LEFT] / due if due else None)


def _comparison(found: Report[Contact], way: str) -> list[Compared]:
    lines, names = _grouped(found, way)
    order = sorted(lines) if way in {"weekday", "hour"} else sorted(lines, key=lambda key: names(key).casefold())
    return [_compared(names(key), lines[key]) for key in order]


def _grouped(found: Report[Contact], way: str) -> tuple[dict[Any, Line], Callable[[Any], str]]:
    keys: dict[str, Callable[[Contact], Hashable]] = {
        "channel": lambda told: told.channel_id, "way": lambda told: told.way, "reason": lambda told: told.reason_id,
        "person": lambda told: told.person_id, "weekday": lambda told: told.day.weekday(), "hour": lambda told: told.hour,
    }  # fmt: skip
    lines: dict[Any, Line] = found.by(keys[way])
    named: dict[str, Callable[[Any], str]] = {
        "weekday": lambda day: str(format_date(date(2024, 1, 1) + timedelta(days=day), "EEEE", locale=get_locale())),  # a Monday
        "hour": lambda hour: str(format_time(time(hour), "short", locale=get_locale())), "way": lambda one: str(words.word(one)),
    }  # fmt: skip
    if way in named:
        return lines, named[way]
    model = {"channel": Channel, "reason": CaseOutcome, "person": Practitioner}[way]
    names = {row.id: str(row) for row in session().scalars(select(model).where(model.id.in_([key for key in lines if key])))}
    nobody = {"channel": shown.NOTHING, "reason": _("Without a reason"), "person": _("Nobody")}[way]
    return lines, lambda key: names.get(key, str(nobody))
