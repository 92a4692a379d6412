"""External people who can be invited beside a patient, and the groups they belong to."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from admin.forms import RowForm
from admin.generated import GeneratedView
from admin.rows import Rows
from telehealth import clock
from telehealth.participant import ExternalPerson, Group
from telehealth.resend import ADDRESS


class GroupView(GeneratedView):
    datamodel = Rows(Group)
    route_base, icon = "/participant-groups", "users"
    list_columns = ["name", "position"]
    form_columns = ["name", "position"]
    base_order = ("position", "asc")


class ExternalPersonView(GeneratedView):
    datamodel = Rows(ExternalPerson)
    route_base, icon = "/external-people", "user"
    list_columns = ["last_name", "initials", "groups", "email", "phone"]
    form_columns = ["initials", "last_name", "birth_date", "email", "phone", "locale", "groups"]
    show_columns = [*form_columns, "created_at"]
    search_columns = ["last_name", "initials", "email", "groups"]
    base_order = ("last_name", "asc")

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = {}
        if not form["groups"].data:
            found["groups"] = _("Choose at least one group. If there is none yet, make it first.")
        if not ADDRESS.fullmatch(form["email"].data or ""):
            found["email"] = _("Enter an address such as name@clinic.example.")
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if new:
            row.created_at = clock.now()
