"""Analysis of contacts to the reception (S003-2): what became of cases, compared, drawn, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from datetime import time
from typing import Any

from babel.dates import format_time
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from admin import plots, shown, words
from admin.report_page import ReportPage
from admin.reports import weekday_named
from admin.rows import zone_of_request
from telehealth import contact_report
from telehealth.case import Case, CaseOutcome
from telehealth.channel import Channel
from telehealth.contact_report import Contact, Fate
from telehealth.practitioner import Practitioner
from telehealth.report import Line, Report
from web.house import session


FIELD = "field-"


class ContactReportView(ReportPage):
    """Numbers of the cases of the organisation; no patient is named."""

    route_base, template, file_name = "/contact-reports", "admin/contact_reports.html", "contacts"
    kinds, title, counted = Fate, _l("Analysis of contacts"), _l("Contacts")
    ways = {
        "channel": _l("By channel"), "way": _l("By way"), "reason": _l("By reason"), "person": _l("By person"),
        "weekday": _l("By weekday"), "hour": _l("By hour"),
    }  # fmt: skip
    in_order = frozenset({"weekday", "hour"})

    def asked(self) -> Report[Contact]:
        return contact_report.report(session(), Case.id.is_not(None), *plots.dates(plots.period()), zone_of_request())

    def all_ways(self) -> Mapping[str, Any]:
        """The clinic's own fields that have a choice of answers, too."""
        return {**self.ways, **{f"{FIELD}{one.id}": _("By “%(field)s”", field=one.label) for one in contact_report.fields(session())}}

    def lost(self, line: Line) -> float | None:
        due = line.counts[Fate.ANSWERED] + line.counts[Fate.LEFT]
        return line.counts[Fate.LEFT] / due if due else None

    def grouped(self, found: Report[Contact], way: str) -> tuple[dict[Any, Line], Callable[[Any], str]]:
        if way.startswith(FIELD):
            return self._by_field(found, int(way.removeprefix(FIELD)))
        keys: dict[str, Callable[[Contact], Hashable]] = {
            "channel": lambda told: told.channel_id, "way": lambda told: told.way, "reason": lambda told: told.reason_id,
            "person": lambda told: told.person_id, "weekday": lambda told: told.day.weekday(), "hour": lambda told: told.hour,
        }  # fmt: skip
        lines: dict[Any, Line] = found.by(keys[way])
        named: dict[str, Callable[[Any], str]] = {
            "weekday": weekday_named, "hour": lambda hour: str(format_time(time(hour), "short", locale=get_locale())),
            "way": lambda one: str(words.word(one)),
        }  # fmt: skip
        if way in named:
            return lines, named[way]
        model = {"channel": Channel, "reason": CaseOutcome, "person": Practitioner}[way]
        names = {row.id: str(row) for row in session().scalars(select(model).where(model.id.in_([key for key in lines if key])))}
        nobody = {"channel": shown.NOTHING, "reason": _("Without a reason"), "person": _("Nobody")}[way]
        return lines, lambda key: names.get(key, str(nobody))

    def _by_field(self, found: Report[Contact], number: int) -> tuple[dict[Any, Line], Callable[[Any], str]]:
        """By what staff have chosen in a field beside the talk."""
        field = next(one for one in contact_report.fields(session()) if one.id == number)
        answers = contact_report.answers(session(), field, [told.id for told in found.told])
        names = {"": str(_("Without an answer")), "yes": str(_("Yes")), "no": str(_("No"))}
        names |= {str(place): choice for place, choice in enumerate(field.choices.splitlines())}
        return found.by(lambda told: answers.get(told.id, "")), lambda key: names.get(key, key)
