"""Who waits for a time to become free."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from admin.generated import READ, GeneratedView
from admin.rows import Rows
from telehealth.waitlist import WaitlistEntry


class WaitlistView(GeneratedView):
    """Entries come from patients alone; staff may take somebody off."""

    datamodel = Rows(WaitlistEntry)
    route_base, icon, parent = "/waitlist", "clock", "department"
    include_route_methods = READ | {"delete", "action", "action_post"}
    list_columns = ["email", "department", "practitioner", "until", "created_at", "not_before"]
    form_columns = ["email", "department", "practitioner", "until", "created_at", "not_before", "locale", "widget"]
    search_columns = ["email", "department", "practitioner", "until", "created_at"]
    base_order = ("id", "asc")
    when_empty = {"department": _l("Any"), "practitioner": _l("Anybody")}

    def home_of(self, row: Any) -> str:
        return self.home()
