"""What an organisation decides about cases: what is asked, why they end, what patients are told, how long one may be silent."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.forms import RowForm
from admin.generated import GeneratedView
from admin.rows import Rows
from telehealth.case import CaseField, CaseFieldKind, CaseOutcome
from telehealth.case_text import CaseText
from telehealth.case_timer import CaseTimer


class CaseFieldView(GeneratedView):
    datamodel = Rows(CaseField)
    route_base, icon = "/case-fields", "note"
    list_columns = ["label", "kind", "channel", "required", "position"]
    form_columns = ["label", "kind", "choices", "channel", "required", "position"]
    base_order = ("position", "asc")
    when_empty = {"channel": _l("All")}
    only_when = {"choices": ("kind", CaseFieldKind.CHOICE.value)}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        lacks_choices = form["kind"].data == CaseFieldKind.CHOICE and not (form["choices"].data or "").strip()
        return {"choices": _("Write at least one choice, each on a line of its own.")} if lacks_choices else {}


class CaseOutcomeView(GeneratedView):
    datamodel = Rows(CaseOutcome)
    route_base, icon = "/case-reasons", "flag"
    list_columns = ["name", "position"]
    form_columns = ["name", "position"]
    base_order = ("position", "asc")


class CaseTextView(GeneratedView):
    datamodel = Rows(CaseText)
    route_base, icon = "/case-texts", "chat"
    list_columns = ["occasion", "text", "active"]
    form_columns = ["occasion", "text", "active"]
    base_order = ("occasion", "asc")


class CaseTimerView(GeneratedView):
    datamodel = Rows(CaseTimer)
    route_base, icon = "/case-timers", "clock"
    list_columns = ["channel", "warn_patient_minutes", "end_minutes", "return_minutes", "abandoned_minutes", "abandoned_ends", "escalate_after"]
    form_columns = ["channel", "warn_patient_minutes", "end_minutes", "return_minutes", "abandoned_minutes", "abandoned_ends", "escalate_after"]
    fixed_columns = ("channel",)

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        warned, ended = form["warn_patient_minutes"].data or 0, form["end_minutes"].data or 0
        return {"end_minutes": _("It must end after the warning.")} if ended and warned >= ended else {}
