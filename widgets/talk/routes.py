"""Addresses at which a patient sends and fetches files of the own conversation, and takes a copy of it along (X-16)."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, jsonify, render_template
from sqlalchemy import select

from integrations.files import NewFile, adding, receive
from telehealth import audit, clock, conversation, ending, message_file
from telehealth.conversation import AuthorKind, Conversation, UnknownConversation
from telehealth.message import Author
from telehealth.widget import Widget, WidgetKind
from web import locale, transcript
from web.endpoint import Access, endpoint
from web.file import download
from web.house import session
from web.schema import Schema
from web.transcript import Form
from web.visitor import CONTACT, Visitor
from widgets.walk_in import waiting

talk = Blueprint("talk", __name__)
talk.bears_tokens = True  # type: ignore[attr-defined]


class Sending(Schema):
    """`page` is what sends files, in the reader's language."""

    page: str


class Sent(Schema):
    """`seq` is the place of the file's message; there is no line for a list: the message itself comes to all pages."""

    uid: str
    seq: int
    item: str = ""


def mine(who: Visitor, uid: str) -> tuple[Conversation, Author]:
    """The visitor's own conversation of a chat, a walk-in or a visit, and as whom they write. Raises UnknownConversation."""
    if who.widget == CONTACT:
        thread = conversation.own(session(), uid, who.name, None)
        return thread, Author(AuthorKind.PATIENT, thread.subject, visitor=thread.visitor)
    widget = session().scalar(select(Widget).where(Widget.key == who.widget)) if who.widget else None
    if widget is not None and widget.kind is WidgetKind.CHAT:
        thread = conversation.own(session(), uid, who.name, widget.id)
        return thread, Author(AuthorKind.PATIENT, thread.subject, visitor=thread.visitor)
    visit = waiting.visit_of(session(), who, clock.now())
    if visit.conversation.uid != uid or not ending.may_read(visit, clock.now()):
        raise UnknownConversation
    return visit.conversation, Author(AuthorKind.PATIENT, visit.patient.name, visitor=visit.conversation.visitor)


def begins(thread: Conversation, who: Visitor) -> int:
    """The number after which the visitor may see the conversation: a visit may go on with one that began before it."""
    if thread.channel_id is not None:
        return 0
    return waiting.visit_of(session(), who, clock.now()).continues_from or 0


@endpoint(talk, "/talk/<uid>/files", access=Access.VISITOR, any_widget=True, answer=Sending)
def sending(uid: str, visitor: Visitor) -> Response:
    """What sends files in this conversation, where it takes some."""
    locale.set_tag(visitor.locale)
    message_file.require_taken(session(), mine(visitor, uid)[0])
    return jsonify(page=render_template("_sending.html", adding=replace(adding(f"/talk/{uid}/files"), most=message_file.MOST)))


@endpoint(
    talk, "/talk/<uid>/files", method="POST", access=Access.VISITOR, any_widget=True, body=NewFile, answer=Sent, status=201,
    upload=True,
)  # fmt: skip
def send_file(uid: str, visitor: Visitor, body: NewFile) -> tuple[Response, int]:
    """Give the clinic a file, where this conversation takes some; sent again, it is there once."""
    message_file.require_taken(session(), mine(visitor, uid)[0])
    content = receive(body, visitor.name)
    thread, by = mine(visitor, uid)
    seq = message_file.send(session(), thread, content, body.client_id, by=by, now=clock.now())
    session().commit()
    return jsonify(uid=body.client_id, seq=seq, item=""), 201


@endpoint(talk, "/talk/<uid>/files/<file>", access=Access.VISITOR, any_widget=True)
def fetch_file(uid: str, file: str, visitor: Visitor) -> Response:
    """A file of this conversation, to be saved; that it was fetched is noted."""
    thread, _by = mine(visitor, uid)
    found = message_file.of_conversation(session(), thread, file, begins(thread, visitor))
    found.require_clean()
    audit.opened(session(), found, f"visitor:{visitor.name[:24]}", clock.now())
    session().commit()
    return download(found)


@endpoint(talk, "/talk/<uid>/transcript", access=Access.VISITOR, any_widget=True, query=Form)
def take_along(uid: str, visitor: Visitor, query: Form) -> Response:
    """What was said, in the conversation's language, without what was deleted and what staff keep to themselves."""
    thread, _by = mine(visitor, uid)
    audit.opened(session(), thread, f"visitor:{visitor.name[:24]}", clock.now())
    answer = transcript.of(thread, query.form, begins(thread, visitor))
    session().commit()
    return answer
