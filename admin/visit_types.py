"""Visit types: what patients choose among when they book, with lengths and prices."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.forms import RowForm
from admin.generated import GeneratedView
from admin.rows import Rows
from telehealth.visit_type import Mode, VisitType


class VisitTypeView(GeneratedView):
    datamodel = Rows(VisitType)
    route_base, icon = "/visit-types", "calendar"
    list_columns = ["name", "mode", "length_minutes", "price", "weekend_price", "active", "position"]
    form_columns = ["name", "mode", "place", "length_minutes", "price", "weekend_price", "active", "position"]
    search_columns = ["name", "mode", "active"]
    base_order = ("position", "asc")
    only_when = {"place": ("mode", Mode.ON_SITE.value)}
    when_empty = {
        "length_minutes": _l("As the availability says"), "price": _l("Free of charge"), "weekend_price": _l("As on other days"),
    }  # fmt: skip

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        if form["mode"].data is Mode.ON_SITE and not form["place"].data:
            return {"place": _("Say where patients come to.")}
        return {}
