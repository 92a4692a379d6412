"""Text messages: the clinic's own words with codes, and how long they become while one types (X-54)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import jsonify, request
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from admin import words
from admin.forms import RowForm
from admin.generated import WRITE, GeneratedView
from admin.mails import CODE_WORDS, names_code, problem_with_codes
from admin.rows import Rows
from integrations import preview
from integrations.wording import shipped_text
from telehealth.organization import Organization
from telehealth.text_length import Encoding, Length
from telehealth.text_message import TEXT_CODES, TextKind, TextTemplate
from web import locale
from web.house import house
from web.money import price

LONGEST = 1000  # characters
NEEDED = {TextKind.INVITATION: "consult_deeplink", TextKind.CALL_BACK: "waiting_room_link"}


class TextTemplateView(GeneratedView):
    datamodel = Rows(TextTemplate)
    route_base, icon = "/text-messages", "chat"
    include_route_methods = WRITE | {"preview"}
    list_columns = ["kind", "body"]
    form_columns = ["kind", "body"]
    base_order = ("kind", "asc")
    aside, below = "admin/_text_preview.html", "admin/_codes.html"

    def _init_forms(self) -> None:
        super()._init_forms()
        for form in (self.add_form, self.edit_form):
            form.body.kwargs["render_kw"] = {"rows": 6}

    def called(self, row: Any) -> str:
        return str(words.word(row.kind))

    def problems(self, form: RowForm, row: Any) -> dict[str, str]:
        body = form["body"].data or ""
        if not body:
            return {"body": _("Enter something here.")}
        if len(body) > LONGEST:
            return {"body": _("At most %(max)d characters.", max=LONGEST)}
        return {"body": said} if (said := wrong(form["kind"].data, body)) else {}

    def beside(self, row: Any) -> dict[str, Any]:
        codes = {kind: [(f"*|{name}|*", CODE_WORDS[name]) for name in names] for kind, names in TEXT_CODES.items()}
        shipped = {kind: shipped_text(kind) for kind in TextKind}
        return {"codes": codes, "chosen": row.kind if row else None, "word": words.word, "shipped": shipped, "heading": _("Codes for this message")}

    @expose("/preview", methods=["POST"])
    @has_access
    def preview(self) -> Any:
        """The message as JSON with how long it is and what is wrong, in words; kept nowhere."""
        kinds = {kind.value: kind for kind in TextKind}
        kind = kinds.get(request.form.get("kind", ""))
        if kind is None:
            return jsonify(text="", length="", notes=[], problems=[_("Choose first what kind of message it is.")], lang="", dir="auto")
        body = request.form.get("body", "").replace("\r\n", "\n")[:LONGEST]
        shown = preview.text_preview(self.session, house().settings, kind, body)
        own = self.session.get_one(Organization, self.session.organization_id)
        problem = wrong(kind, body) if body.strip() else ""
        return jsonify(
            text=shown.text, length=length_words(shown.length), notes=_notes(shown.length, own), problems=[problem] if problem else [],
            lang=shown.tag, dir=locale.babel_locale(shown.tag).text_direction,
        )  # fmt: skip


def wrong(kind: TextKind, body: str) -> str:
    """What is not right with the words of a message; nothing when they are."""
    if said := problem_with_codes(body, TEXT_CODES[kind], _("This message does not know %(codes)s. Choose from the list of codes.")):
        return said
    if (needed := NEEDED.get(kind)) and not names_code(body, needed):
        return _("Without %(code)s the message would lead nowhere. Put it into the text.", code=f"*|{needed}|*")
    return ""


def length_words(length: Length) -> str:
    return ngettext(
        "%(used)s of %(room)s characters (%(encoding)s), %(num)s part", "%(used)s of %(room)s characters (%(encoding)s), %(num)s parts",
        length.parts, used=length.characters, room=length.room, encoding=length.encoding.value,
    )  # fmt: skip


def _notes(length: Length, own: Organization) -> list[str]:
    """Why it is long, and what it costs."""
    notes = []
    if length.encoding is Encoding.UCS_2 and length.parts:
        shown = " ".join(length.foreign[:10])
        notes.append(_("Because of %(characters)s a part holds 70 characters instead of 160.", characters=shown))
    if own.text_price and length.parts:
        notes.append(_("About %(price)s each time.", price=_sum(own, length.parts)))
    if own.texts_a_month and length.parts:
        most = own.texts_a_month * length.parts
        notes.append(_("Your most of %(messages)s text messages a month would be %(parts)s parts.", messages=own.texts_a_month, parts=most))
        notes += [_("That is about %(price)s a month.", price=_sum(own, most))] if own.text_price else []
    return notes


def _sum(own: Organization, parts: int) -> str:
    return price(Decimal(parts) * (own.text_price or 0), own.currency, locale.current_tag())
