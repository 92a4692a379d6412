"""Questionnaires: their items in order, each with a preview, and where they are asked by themselves."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import expose, permission_name
from flask_appbuilder.actions import action
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin import fields, words
from admin.forms import RowForm
from admin.generated import WRITE, GeneratedView, Refused
from admin.people import active_badge
from admin.rows import Rows
from telehealth.audit import AuditAction
from telehealth.organization import Organization
from telehealth.questionnaire import ConditionNeedsAnswer, Questionnaire, QuestionnaireItem, lines_of
from telehealth.questionnaire_form import (
    LONGEST_LINE,
    MOST_ITEMS,
    NO,
    READ_ONLY,
    WITH_OPTIONS,
    YES,
    AskedItem,
    Form,
    ItemKind,
    Said,
)
from telehealth.questionnaire_template import Template
from telehealth.translation import Texts
from telehealth.widget import WidgetKind
from web.house import session
from web.questionnaire import INPUTS, as_text, download, on_paper
from web.questionnaire_templates import begin, templates

MOST_OPTIONS = 50
QUESTIONS = " ".join(kind.value for kind in ItemKind if kind not in READ_ONLY)
OPTIONS = " ".join(kind.value for kind in ItemKind if kind in WITH_OPTIONS)


def possible_conditions() -> dict[str, str]:
    """The answers on which the item of this request can depend: those of the questions before it."""
    before = _items_before()
    return {f"{item.id}={answer}": f"{item}: {_answer(answer, item)}" for item in before for answer in item.conditions}


def _answer(answer: str, item: QuestionnaireItem) -> str:
    return str({YES: _("Yes"), NO: _("No")}[answer]) if item.kind is ItemKind.YES_NO else answer


def _items_before() -> list[QuestionnaireItem]:
    pk = (request.view_args or {}).get("pk") or request.args.get("row", "")
    row = Rows(QuestionnaireItem).get(pk) if pk else None
    if row is not None:
        items = row.questionnaire.items
        return list(items[: items.index(row)])
    held = _held()
    return list(held.items) if held is not None else []


def _held() -> Questionnaire | None:
    """The questionnaire that a new item shall belong to."""
    body = request.get_json(silent=True) if request.is_json else None
    named = body.get("questionnaire", "") if isinstance(body, dict) else request.values.get("questionnaire", "")
    found: Questionnaire | None = Rows(Questionnaire).get(str(named)) if str(named).isdecimal() else None
    return found


class QuestionnaireItemView(GeneratedView):
    datamodel = Rows(QuestionnaireItem)
    route_base, icon, parent = "/questionnaire-items", "note", "questionnaire"
    include_route_methods = WRITE | {"preview", "move"}
    list_columns = ["questionnaire", "kind", "text", "required", "position"]
    form_columns = ["questionnaire", "kind", "text", "help", "options", "required", "only_if"]
    show_columns = ["questionnaire", "kind", "text", "help", "options", "required"]
    search_columns = ["questionnaire", "kind", "text"]
    fixed_columns = ("questionnaire",)
    base_order = ("position", "asc")
    aside = "admin/_questionnaire_item.html"
    extra_fields = {
        "only_if": fields.ListedField(
            words.label(QuestionnaireItem, "only_if"), listed=possible_conditions, blank=_l("Always"),
            description=words.description(QuestionnaireItem, "only_if"),
        ),
    }  # fmt: skip
    only_when = {"options": ("kind", OPTIONS), "required": ("kind", QUESTIONS), "help": ("kind", QUESTIONS)}

    def called(self, row: Any) -> str:
        return str(row)

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        found = _problems_of_options(form)
        held = row.questionnaire if row.id is not None else form["questionnaire"].data
        if row.id is None and held is not None and len(held.items) >= MOST_ITEMS:
            found[""] = _("A questionnaire has at most %(number)s items.", number=MOST_ITEMS)
        try:
            if row.id is not None:
                row.require_answers_of_others(form["kind"].data, form["options"].data or "")
        except ConditionNeedsAnswer as needed:
            found["options"] = _("“%(item)s” is asked only after an answer that would be missing then.", item=needed.item)
        return found

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        row.wait_for(form["only_if"].data)
        if row.kind in READ_ONLY:
            row.required = False
        if new:
            row.questionnaire.place_last(row)
        row.questionnaire.revise()

    def before_removal(self, row: Any) -> None:
        try:
            row.require_answers_of_others(ItemKind.HEADING, "")
        except ConditionNeedsAnswer as needed:
            raise Refused(text=_("“%(item)s” is asked only after an answer to it. Change that first.", item=needed.item)) from needed
        row.questionnaire.revise()

    def beside(self, row: Any) -> dict[str, Any]:
        return {"inputs": INPUTS}

    @expose("/preview", methods=["POST"])
    @has_access
    @permission_name("add")
    def preview(self) -> Any:
        """The item as its patient would see it if the form were saved: the piece of its page that says so."""
        pk = request.args.get("row", "")
        row = self.find(pk) if pk else None
        form = self.add_form()
        form.validate()
        return self.render_template("admin/_questionnaire_item_given.html", view=self, form=form, row=row, beside=self.beside(row))

    def given(self, form: RowForm | None, row: Any) -> Form | None:
        """What there is to see of a form, or of a row alone."""
        kind, text = (row.kind, row.text) if form is None else (form["kind"].data, form["text"].data)
        if kind is None or not text:
            return None
        values = {name: getattr(row, name) if form is None else form[name].data for name in ("help", "options", "required")}
        options = tuple(lines_of(values["options"] or "")) if kind in WITH_OPTIONS else ()
        item = AskedItem(
            "preview", kind, Said(text), Said(values["help"] or "" if kind not in READ_ONLY else ""), options,
            required=bool(values["required"]),
        )  # fmt: skip
        return Form(Said(""), Said(""), (item,))

    @expose("/move/<pk>", methods=["POST"])
    @has_access
    @permission_name("edit")
    def move(self, pk: str) -> Any:
        """One place up or down."""
        row = self.find(pk)
        up = request.form.get("way") == "up"
        if row.questionnaire.move(row, -1 if up else 1):
            self.session.commit()
        else:
            flash(_("It stays: what is asked only after an answer comes after that question."), "warning")
        return redirect(f"{self.home_of(row)}#item-{row.id}")


def _problems_of_options(form: RowForm) -> dict[str, str]:
    if form["kind"].data not in WITH_OPTIONS:
        return {}
    options = lines_of(form["options"].data or "")
    if len(options) < 2:
        return {"options": _("Write at least two choices, one in each line.")}
    if len(set(options)) < len(options):
        return {"options": _("The same choice stands there twice.")}
    if len(options) > MOST_OPTIONS or max(map(len, options)) > LONGEST_LINE:
        return {"options": _("At most %(number)s choices, each shorter than a sentence or two.", number=MOST_OPTIONS)}
    return {}


def _organization() -> Organization:
    return session().get_one(Organization, session().organization_id)


def _own_words(row: Questionnaire) -> Form:
    own = _organization().locale
    return row.form(Texts(session(), own, own))


class QuestionnaireView(GeneratedView):
    datamodel = Rows(Questionnaire)
    route_base, icon = "/questionnaires", "list"
    list_columns = ["title", "departments", "widgets", "active"]
    form_columns = ["title", "introduction", "active", "departments", "widgets"]
    show_columns = ["introduction", "departments", "widgets", "version"]
    search_columns = ["title", "active", "departments"]
    base_order = ("title", "asc")
    list_template = "admin/questionnaires.html"
    include_route_methods = WRITE | {"from_template", "text", "paper"}
    aside, wide_aside = "admin/_questionnaire.html", True
    section = "admin/_questionnaire_items.html"
    when_empty = {"departments": _l("None: staff choose it"), "widgets": _l("None: staff choose it"), "introduction": _l("None")}

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        if any(widget.kind is WidgetKind.CHAT for widget in form["widgets"].data or ()):
            return {"widgets": _("A chat begins without questions. Choose widgets for walk-in or booking.")}
        return {}

    def before(self, form: RowForm, row: Any, new: bool) -> None:
        if not new:
            row.revise()

    def before_removal(self, row: Any) -> None:
        row.part_items()

    def beside(self, row: Any) -> dict[str, Any]:
        if row is None:
            return {}
        views = {type(view): view for view in self.appbuilder.baseviews}
        return {"form": _own_words(row), "inputs": INPUTS, "of_items": views[QuestionnaireItemView]}

    def leads_to(self, row: Any) -> list[tuple[str, str, str]]:
        return [
            (self.url("paper", pk=row.id), "file", _("Print or save as PDF")), (self.url("text", pk=row.id), "download", _("As text"))
        ]  # fmt: skip

    @expose("/text/<pk>")
    @has_access
    @permission_name("show")
    def text(self, pk: str) -> Any:
        """The questionnaire as a text file, to be filled in by hand."""
        row = self.find(pk)
        return download(as_text(_own_words(row)), f"questionnaire-{row.id}")

    @expose("/paper/<pk>")
    @has_access
    @permission_name("show")
    def paper(self, pk: str) -> Any:
        """The same as a page that prints well."""
        row = self.find(pk)
        form = _own_words(row)
        return self.render_template(
            "admin/questionnaire_paper.html", view=self, row_id=row.id, form=form, items=on_paper(form), title=form.title.text
        )

    def templates(self) -> list[Template]:
        """What a new questionnaire can begin with."""
        return templates()

    @expose("/from_template", methods=["POST"])
    @has_access
    @permission_name("add")
    def from_template(self) -> Any:
        """Make a questionnaire of a template's words; it is paused, so that it can be changed first."""
        name = request.form.get("name", "")
        if name not in {template.name for template in templates()}:
            abort(404)
        made = begin(session(), _organization(), name)
        self.note(AuditAction.CREATED, made.id, row=made)
        self.session.commit()
        flash(_("“%(name)s” is yours now. Change what you like, then activate it.", name=made.title), "success")
        return redirect(self.url("show", pk=made.id))

    def badge(self, row: Any) -> tuple[str, str, str] | None:
        return active_badge(row)

    def fits(self, name: str, row: Any) -> bool:
        return name == "copy" or bool(row.active) is (name != "activate")

    @action("activate", _l("Activate"), "")
    def activate(self, rows: list[Any]) -> None:
        self._switch(rows, active=True)
        flash(_("Active from now on."), "success")

    @action("pause", _l("Pause"), _l("It is not asked any more from now on. What was asked already can still be filled in and read."))
    def pause(self, rows: list[Any]) -> None:
        self._switch(rows, active=False)
        flash(_("Paused."), "success")

    def _switch(self, rows: list[Any], *, active: bool) -> None:
        for row in rows:
            row.active = active
        self.session.commit()

    @action("copy", _l("Copy"), "")
    def copy(self, rows: list[Any]) -> None:
        for row in rows:
            row.copy(_("Copy of %(title)s", title=row.title)[:160])
        self.session.commit()
        flash(_("Copied. The copy is paused until you activate it."), "success")
