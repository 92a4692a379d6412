"""Chat groups of patients: what they are called, who looks after them, what holds in them. Who is in them, the desk shows."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.forms import RowForm
from admin.generated import READ, GeneratedView
from admin.rows import Rows
from telehealth.chat_group import ChatGroup, GroupChanged
from telehealth.event import record


class ChatGroupView(GeneratedView):
    datamodel = Rows(ChatGroup)
    route_base, icon = "/chat-groups", "users"
    include_route_methods = READ | {"add", "edit", "choices"}
    list_columns = ["name", "department", "state", "moderators", "most"]
    form_columns = [
        "name", "description", "rules", "department", "moderators", "state", "names", "most", "private_talks", "days_kept",
    ]  # fmt: skip
    base_order = ("name", "asc")
    when_empty = {"department": _l("All")}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = {}
        if not form["moderators"].data:
            found["moderators"] = _("Somebody has to look after it. Choose at least one person.")
        if (form["most"].data or 0) < 2:
            found["most"] = _("A group has at least two members.")
        if (form["days_kept"].data or 0) < 0:
            found["days_kept"] = _("Enter 0 or more.")
        return found

    def after(self, form: RowForm, row: Any, new: bool) -> None:
        self.session.flush()
        record(self.session, GroupChanged(row.organization_id, row.id))
