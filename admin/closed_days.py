"""Closed days, one by one or a country's public holidays at once."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose, permission_name
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from admin import shown
from admin.generated import WRITE, GeneratedView
from admin.rows import Rows
from integrations import public_holidays
from telehealth import clock
from telehealth.closed_day import ClosedDay, close_on
from telehealth.organization import Organization
from web import locale
from web.errors import Refusal

YEARS = 3  # from this one on


class ClosedDayView(GeneratedView):
    datamodel = Rows(ClosedDay)
    route_base, icon = "/closed-days", "calendar"
    include_route_methods = WRITE | {"take_over"}
    list_columns = ["day", "name"]
    form_columns = ["day", "name"]
    base_order = ("day", "asc")
    list_template = "admin/closed_days.html"

    def called(self, row: Any) -> str:
        return f"{row.name}, {shown.text(row, 'day')}"

    def choices(self) -> dict[str, Any]:
        """The countries by name, the years, and what the organisation probably wants."""
        here = locale.babel_locale(locale.current_tag())
        named = [(code, here.territories.get(code, code)) for code in public_holidays.countries()]
        this_year = clock.now().astimezone(self._ours().tz).year
        probable = locale.babel_locale(self._ours().locale).territory
        return {
            "countries": sorted(named, key=lambda country: country[1]), "country": probable,
            "years": list(range(this_year, this_year + YEARS)),
        }  # fmt: skip

    def _ours(self) -> Organization:
        found: Organization = self.session.get_one(Organization, self.session.organization_id)
        return found

    @expose("/take-over", methods=["POST"])
    @has_access
    @permission_name("add")
    def take_over(self) -> Any:
        """Close on every public holiday of a country in one year."""
        days = self._wanted(request.form.get("country", ""), request.form.get("year", ""))
        fresh = close_on(self.session, days)
        self.session.commit()
        flash(ngettext("%(num)s day added.", "%(num)s days added.", fresh), "success")
        if fresh < len(days):
            flash(_("Days that were in the list already stayed as they are."), "info")
        return redirect(self.home())

    def _wanted(self, country: str, year: str) -> dict[Any, str]:
        known = self.choices()
        if not year.isdecimal() or int(year) not in known["years"] or country not in dict(known["countries"]):
            raise Refusal("invalid", 422)
        return public_holidays.of(country, int(year), self._ours().locale)
