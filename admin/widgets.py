"""Widgets with their questions, the snippet to paste and a live preview."""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app, flash
from flask_appbuilder.actions import action
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin import fields, words
from admin.forms import RowForm
from admin.generated import GeneratedView
from admin.mails import visit_code_problem
from admin.people import active_badge
from admin.rows import Rows
from telehealth import clock, identity
from telehealth.audit import AuditAction
from telehealth.widget import PATIENT_FIELDS, FieldKind, IdentityMode, Widget, WidgetField, WidgetKind
from web import headers

KEY = fields.Matches(r"[a-z0-9-]{1,64}", _l("Use a–z, 0–9 and hyphens only."))
ANSWER_KEY = fields.Matches(r"[a-z0-9_]{1,40}", _l("Use a–z, 0–9 and _ only."))


class WidgetFieldView(GeneratedView):
    datamodel = Rows(WidgetField)
    route_base, icon, parent = "/widget-questions", "note", "widget"
    list_columns = ["widget", "kind", "label", "required", "position"]
    form_columns = ["widget", "kind", "label", "help", "options", "required", "position", "key"]
    fixed_columns = ("widget",)
    base_order = ("position", "asc")

    def called(self, row: Any) -> str:
        return row.label or str(words.word(row.kind))

    def _init_forms(self) -> None:
        super()._init_forms()
        for form in (self.add_form, self.edit_form):
            form.key = fields.Trimmed(
                self.label_columns["key"], [ANSWER_KEY], description=self.description_columns["key"]
            )

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        kind, found = form["kind"].data, {}
        if kind is FieldKind.CHOICE and len([line for line in (form["options"].data or "").splitlines() if line.strip()]) < 2:
            found["options"] = _("Write at least two choices, one in each line.")
        if kind not in (*PATIENT_FIELDS, FieldKind.REASON) and not form["label"].data:
            found["label"] = _("Write the question.")
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        """Parts of the patient's record are found by their kind; other answers need a name of their own."""
        if row.kind in (*PATIENT_FIELDS, FieldKind.REASON):
            row.key = row.kind.value
        elif not row.key:
            row.key = f"q_{secrets.token_hex(4)}"


class WidgetView(GeneratedView):
    datamodel = Rows(Widget)
    route_base, icon = "/widgets", "widget"
    list_columns = ["name", "kind", "departments", "allowed_sites", "active"]
    form_columns = [
        "name", "kind", "key", "active", "title", "intro", "absent_text", "terms", "end_text", "button_label",
        "departments", "channels", "allowed_sites", "theme", "brand", "logo_url", "background_url", "own_css", "queue_limit",
        "busy_from", "busy", "busy_text", "contact_requests", "contact_channel", "identity",
    ]  # fmt: skip
    fixed_columns = ("kind", "key")
    search_columns = ["name", "kind", "departments", "active"]
    base_order = ("name", "asc")
    children = (WidgetFieldView,)
    aside = "admin/_widget.html"
    when_empty = {
        "departments": _l("All"), "channels": _l("All"), "allowed_sites": _l("None yet"),
        "brand": _l("The organisation’s colour"), "button_label": _l("The title"),
        "contact_channel": _l("Nobody"), "busy_text": _l("Our sentence"),
    }  # fmt: skip

    def _init_forms(self) -> None:
        super()._init_forms()
        self.add_form.key = fields.Trimmed(
            self.label_columns["key"], [KEY], description=self.description_columns["key"]
        )

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        if "key" in form._fields and not form["key"].data:
            form["key"].data = f"w-{secrets.token_hex(6)}"
        found = {"end_text": said} if (said := visit_code_problem(form["end_text"].data or "")) else {}
        kind = row.kind if row is not None else form["kind"].data
        if form["identity"].data is not IdentityMode.OFF and kind is not WidgetKind.CHAT:
            found["identity"] = _("Only chat widgets take signed visitors.")
        if form["contact_requests"].data and form["contact_channel"].data is None:
            found["contact_channel"] = _("Choose who reads the requests.")
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if new and row.kind is not WidgetKind.CHAT:
            row.fields.extend(usual_questions())

    def beside(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        headers.allow(frame_src="'self'")
        build = current_app.extensions.get("snippet")
        return {"snippet": build(row) if build else None, "preview": f"/w/{row.key}?preview=1"}

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        return active_badge(row)

    def fits(self, name: str, row: Any) -> bool:
        if name == "new_secret":
            return row.kind is WidgetKind.CHAT
        return bool(row.active) is (name != "activate")

    def _switch(self, rows: list[Any], active: bool, said: str) -> None:
        for row in rows:
            row.active = active
        self.session.commit()
        flash(said, "success")

    @action("activate", _l("Activate"), "")
    def activate(self, rows: list[Any]) -> None:
        self._switch(rows, True, _("Active from now on."))

    @action("pause", _l("Pause"), _l("The place on your website stays empty until you activate it again."))
    def pause(self, rows: list[Any]) -> None:
        self._switch(rows, False, _("Paused."))

    @action("new_secret", _l("Make a secret for signing"), _l("Your website signs with it who is signed in there. The one before works for another 24 hours; a still older one ends at once."))
    def new_secret(self, rows: list[Any]) -> Any:
        """Told on this one page and kept sealed."""
        made = [(row, identity.rotate(self.session, row, clock.now())) for row in rows if row.kind is WidgetKind.CHAT]
        for row, _secret in made:
            self.note(AuditAction.CHANGED, row.id, {"secret": [_("made anew")]})
        self.session.commit()
        if not made:
            return flash(_("Only chat widgets take signed visitors."), "warning")
        hours = int(identity.OVERLAP.total_seconds() // 3600)
        home, title = self.home_of(rows[0]), _("A secret for signing")
        return self.render_template("admin/secret.html", view=self, made=made, hours=hours, home=home, title=title)


def usual_questions() -> list[WidgetField]:
    """What walk-in and booking ask unless somebody changes it."""
    asked = ((FieldKind.INITIALS, True), (FieldKind.LAST_NAME, True), (FieldKind.BIRTH_DATE, True), (FieldKind.EMAIL, True))
    return [
        WidgetField(key=kind.value, kind=kind, required=required, position=n) for n, (kind, required) in enumerate(asked)
    ]
