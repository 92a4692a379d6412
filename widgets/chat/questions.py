"""A question left in a channel that is closed: its people answer it later, by telephone or e-mail (X-15)."""

from __future__ import annotations

from typing import Annotated

from flask import Response, jsonify
from flask_babel import gettext as _
from pydantic import Field, StringConstraints

from telehealth import clock
from telehealth.contact_request import Asking, Person, leave_question
from web import limits, locale
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.schema import ClientId, Name, Schema
from web.visitor import Visitor
from widgets.answers import EMAIL
from widgets.chat.routes import channel_of, chat_widget
from widgets.page import Setting, setting_for


class QuestionBody(Schema):
    """`reach` is a telephone number or an e-mail address."""

    client_id: ClientId
    channel: Annotated[int, Field(gt=0, lt=2**31)]
    name: Annotated[Name, StringConstraints(max_length=80)] = ""
    reach: Annotated[str, StringConstraints(max_length=254)] = ""
    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    accept_terms: bool = False


class QuestionAnswer(Schema):
    """`reached_at` is where the clinic will answer, so that a slip is seen at once."""

    reached_at: str


@endpoint(
    chat_widget, "/w/<key>/questions", method="POST", access=Access.VISITOR, body=QuestionBody, answer=QuestionAnswer,
    status=201,
)  # fmt: skip
def leave_a_question(key: str, visitor: Visitor, body: QuestionBody) -> tuple[Response, int]:
    """Ask while the channel is closed; sent again, it is the same question."""
    setting = setting_for(visitor)
    channel = channel_of(setting, body.channel)
    _require_answers(setting, body)
    limits.hit("contact_request", limits.network())
    leave_question(session(), setting.widget, channel, _asking(setting, visitor, body), clock.now())
    session().commit()
    return jsonify(QuestionAnswer(reached_at=body.reach).model_dump()), 201


def _require_answers(setting: Setting, body: QuestionBody) -> None:
    wrong = {}
    if not body.name:
        wrong["name"] = _("This is needed.")
    if not body.text:
        wrong["text"] = _("Write something first.")
    if not EMAIL.fullmatch(body.reach) and sum(character.isdigit() for character in body.reach) < 6:
        wrong["reach"] = _("Enter a phone number or an e-mail address.")
    if setting.widget.terms and not body.accept_terms:
        wrong["accept_terms"] = _("Accept the terms to go on.")
    if wrong:
        raise Refusal("invalid", 422, fields=wrong)


def _asking(setting: Setting, visitor: Visitor, body: QuestionBody) -> Asking:
    """The note on it is in the language of the clinic."""
    by_mail = "@" in body.reach
    person = Person(body.name, phone="" if by_mail else body.reach, email=body.reach if by_mail else "")
    locale.set_tag(setting.organization.locale)
    where = _("E-mail: %(email)s", email=body.reach) if by_mail else _("Phone: %(phone)s", phone=body.reach)
    note = _("Left on the website. Answers written here do not reach the patient: call or write to the address below.")
    locale.set_tag(setting.locale)
    return Asking(
        client_id=body.client_id, visitor=visitor.name, locale=setting.locale, person=person, text=f"{where}\n{body.text}", note=note,
        accepted_terms=str(setting.texts.of(setting.widget, "terms")) if body.accept_terms else None,
    )  # fmt: skip
