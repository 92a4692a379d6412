"""Keys of other systems, the access log, and work that failed."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_appbuilder import expose
from flask_appbuilder.actions import action
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin import fields, shown, words
from admin.generated import READ, GeneratedView
from admin.rows import Rows
from telehealth import api_key, clock
from telehealth.api_key import ApiKey, Scope
from telehealth.audit import AuditAction, AuditEvent
from telehealth.job import Job, WorkState


class ApiKeyView(GeneratedView):
    datamodel = Rows(ApiKey)
    route_base, icon = "/api-keys", "key"
    include_route_methods = READ | {"add", "action", "action_post"}
    list_columns = ["name", "public_part", "scopes", "created_at", "used_at", "revoked_at"]
    form_columns = ["name", "scopes"]
    extra_fields = {
        "scopes": fields.ManyField(
            words.label(ApiKey, "scopes"), [fields.Required()], description=words.description(ApiKey, "scopes"),
            listed=lambda: words.CHOICES[Scope], default=[Scope.LIST_WIDGETS.value],
        ),
    }  # fmt: skip

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """The secret is in this one answer and nowhere else."""
        form = self.add_form()
        if request.method == "GET" or not form.validate():
            return self._page(self.add_template, None, status=422 if form.errors else 200, form=form, title=self.named.new)
        key, text = api_key.create(self.session, form["name"].data, clock.now())
        key.scopes = form["scopes"].data
        self.session.flush()
        self.note(AuditAction.CREATED, key.id)
        self.session.commit()
        return self.render_template("admin/key.html", view=self, key=key, text=text, title=str(key))

    @action("revoke", _l("Revoke"), _l("Systems that use it are refused from now on. This cannot be undone."))
    def revoke(self, rows: list[Any]) -> None:
        for row in rows:
            row.revoke(clock.now())
            self.note(AuditAction.CHANGED, row.id, {"revoked_at": [str(row.revoked_at)]})
        self.session.commit()
        flash(_("Revoked."), "success")

    def fits(self, name: str, row: Any) -> bool:
        return row.revoked_at is None

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        return ("is-waiting", "close", _("Revoked")) if row.revoked_at else ("is-on-time", "check", _("Active"))


class AuditEventView(GeneratedView):
    datamodel = Rows(AuditEvent)
    route_base, icon = "/access-log", "shield"
    include_route_methods = READ
    list_columns = ["at", "actor", "action", "entity", "entity_id", "changes"]
    form_columns = ["at", "actor", "action", "entity", "entity_id", "changes"]
    search_columns = ["at", "actor", "action", "entity", "entity_id"]
    base_order = ("id", "desc")  # in the order of writing, which needs no sorting

    def called(self, row: Any) -> str:
        return shown.text(row, "at")

    page_size = 50


class JobView(GeneratedView):
    datamodel = Rows(Job)
    route_base, icon = "/failed-jobs", "alert"
    include_route_methods = READ | {"action", "action_post"}
    list_columns = ["kind", "error", "turn", "due"]
    form_columns = ["kind", "error", "turn", "due"]
    base_order = ("due", "desc")

    def only(self, query: Any) -> Any:
        return query.filter(Job.state == WorkState.DEAD)

    @action("again", _l("Try again"), "")
    def again(self, rows: list[Any]) -> None:
        for row in rows:
            row.retry(clock.now())
        self.session.commit()
        flash(_("Tried again now."), "success")
