"""The chat widget's page, and how a conversation begins: with the first message, never before."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from flask import Blueprint, Response, jsonify
from pydantic import Field, StringConstraints

from telehealth import clock, conversation, identity, message
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation
from telehealth.introduction import introduce
from telehealth.message import Author
from telehealth.widget import WidgetKind, booking_widget_key
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web import visitor as visitors
from web.house import house, session
from web.schema import Answers, ClientId, LongText, Name, Nothing, Schema
from web.visitor import Visitor
from widgets.answers import PatientBody
from widgets.chat import asking, channels, threads
from widgets.page import Setting, draw, page_of, setting_for

chat_widget = Blueprint(
    "chat_widget", __name__, template_folder="templates", static_folder="static", static_url_path="/static/widgets-chat"
)
chat_widget.bears_tokens = True  # type: ignore[attr-defined]

MOST_OWN = 20
RESUMED_WITHIN = timedelta(minutes=30)


@page_of(WidgetKind.CHAT)
def page(setting: Setting) -> str:
    """The widget itself: its channels as they stand, and everything it may have to say."""
    offered, now = channels.offered(session(), setting.widget), clock.now()
    setting.texts.prefetch(offered)
    standing = [(channel, channels.standing(session(), channel, setting.organization, now)) for channel in offered]
    return draw(
        "chat.html", setting, channels=standing, fields=asking.asked(setting.widget), asks_name=asking.asks_name(setting.widget),
        booking=booking_widget_key(session(), None),
    )  # fmt: skip


class ConversationBody(Schema):
    """The conversation and its first message; both keep their client-made names when they are sent again."""

    client_id: ClientId
    message_id: ClientId
    channel: Annotated[int, Field(gt=0, lt=2**31)]
    text: LongText
    name: Annotated[Name, StringConstraints(max_length=80)] = ""
    patient: PatientBody = PatientBody()
    answers: Answers = {}
    accept_terms: bool = False


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
    identity.require(setting.widget, verified=visitor.verified)
    known = identity.claims_of(session(), setting.widget, visitor.name) if visitor.verified else None
    told = asking.told(setting, body, known)
    thread = _thread(setting, visitor, body, told.name)
    introduce(session(), thread, told.details, verified=visitor.verified, now=clock.now())
    author = Author(AuthorKind.PATIENT, told.name, visitor=visitor.name)
    seq = message.post(session(), thread.id, body.message_id, body.text, by=author, now=clock.now())
    answer = ConversationAnswer(conversation=thread.uid, seq=seq)
    session().commit()
    return jsonify(answer.model_dump()), 201


def _thread(setting: Setting, visitor: Visitor, body: ConversationBody, name: str) -> Conversation:
    return conversation.start(
        session(), channel_of(setting, body.channel), client_id=body.client_id, widget_id=setting.widget.id,
        visitor=visitor.name, subject=name, locale=setting.locale, now=clock.now(),
    )  # fmt: skip


def channel_of(setting: Setting, number: int) -> Channel:
    """Raises Refusal when the widget does not offer it."""
    for channel in channels.offered(session(), setting.widget):
        if channel.id == number:
            return channel
    raise Refusal("unknown", 404)


class OwnConversations(Schema):
    """The visitor's conversations in this widget, those that go on first."""

    conversations: list[threads.Brief]


@endpoint(chat_widget, "/w/<key>/conversations", access=Access.VISITOR, answer=OwnConversations)
def own_conversations(key: str, visitor: Visitor) -> Response:
    """What the visitor can go on with: after a move to another page, or on another device by a signed identity."""
    setting = setting_for(visitor)
    found = conversation.all_own(session(), visitor.name, setting.widget.id, limit=MOST_OWN)
    answer = OwnConversations(conversations=[threads.brief(thread, setting.texts) for thread in found])
    return jsonify(answer.model_dump(mode="json"))


class Resume(Schema):
    """`resume` is for the page around the widget to keep, until `expires_at` (UTC)."""

    resume: str
    expires_at: datetime


@endpoint(chat_widget, "/w/<key>/resume", method="POST", access=Access.VISITOR, body=Nothing, answer=Resume, status=201)
def resume_later(key: str, visitor: Visitor, body: Nothing) -> tuple[Response, int]:
    """What brings a conversation back on the website's next page; there is none before the first message."""
    setting = setting_for(visitor)
    if not conversation.all_own(session(), visitor.name, setting.widget.id, limit=1):
        raise Refusal("unknown", 404)
    word = visitors.resume(house().settings.secret_key, visitor, RESUMED_WITHIN)
    return jsonify(Resume(resume=word, expires_at=clock.now() + RESUMED_WITHIN).model_dump(mode="json")), 201
