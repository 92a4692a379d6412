"""The chat widget's page, and how a conversation begins: with the first message, never before."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, jsonify
from flask_babel import gettext as _
from pydantic import Field, StringConstraints

from telehealth import clock, conversation, message
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.widget import FieldKind, Widget, WidgetField, WidgetKind
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.schema import ClientId, LongText, Name, Schema
from web.visitor import Visitor
from widgets.chat import channels
from widgets.page import Setting, draw, page_of, setting_for

chat_widget = Blueprint(
    "chat_widget", __name__, template_folder="templates", static_folder="static", static_url_path="/static/widgets-chat"
)
chat_widget.bears_tokens = True  # type: ignore[attr-defined]

NAMES = (FieldKind.INITIALS, FieldKind.LAST_NAME, FieldKind.SHORT_TEXT)


@page_of(WidgetKind.CHAT)
def page(setting: Setting) -> str:
    """The widget itself: its channels as they stand, and everything it may have to say."""
    offered, now = channels.offered(session(), setting.widget), clock.now()
    setting.texts.prefetch(offered)
    standing = [(channel, channels.standing(session(), channel, setting.organization, now)) for channel in offered]
    return draw("chat.html", setting, channels=standing, name_field=name_field(setting.widget))


def name_field(widget: Widget) -> WidgetField | None:
    """How the widget asks for a name, where it says so itself; without that a name is welcome and not needed."""
    return next((field for field in widget.fields if field.kind in NAMES), None)


class ConversationBody(Schema):
    """The conversation and its first message; both keep their client-made names when they are sent again."""

    client_id: ClientId
    message_id: ClientId
    channel: Annotated[int, Field(gt=0, lt=2**31)]
    text: LongText
    name: Annotated[Name, StringConstraints(max_length=80)] = ""


class ConversationAnswer(Schema):
    """`conversation` is its id; `seq` the number of the first message."""

    conversation: str
    seq: int


@endpoint(
    chat_widget, "/w/<key>/conversations", method="POST", access=Access.VISITOR, body=ConversationBody,
    answer=ConversationAnswer, status=201,
)  # fmt: skip
def begin_conversation(key: str, visitor: Visitor, body: ConversationBody) -> tuple[Response, int]:
    """Ask something in a channel that is open; sent again, it is the same conversation."""
    setting = setting_for(visitor)
    _require_answers(setting.widget, body)
    thread = _thread(setting, visitor, body)
    author = Author(AuthorKind.PATIENT, body.name, visitor=visitor.name)
    seq = message.post(session(), thread.id, body.message_id, body.text, by=author, now=clock.now())
    answer = ConversationAnswer(conversation=thread.uid, seq=seq)
    session().commit()
    return jsonify(answer.model_dump()), 201


def _thread(setting: Setting, visitor: Visitor, body: ConversationBody) -> Conversation:
    return conversation.start(
        session(), channel_of(setting, body.channel), client_id=body.client_id, widget_id=setting.widget.id,
        visitor=visitor.name, subject=body.name, locale=setting.locale, now=clock.now(),
    )  # fmt: skip


def channel_of(setting: Setting, number: int) -> Channel:
    """Raises Refusal when the widget does not offer it."""
    for channel in channels.offered(session(), setting.widget):
        if channel.id == number:
            return channel
    raise Refusal("unknown", 404)


def _require_answers(widget: Widget, body: ConversationBody) -> None:
    field = name_field(widget)
    wrong = {}
    if field is not None and field.required and not body.name:
        wrong["name"] = _("This is needed.")
    if not body.text:
        wrong["text"] = _("Write something first.")
    if wrong:
        raise Refusal("invalid", 422, fields=wrong)
