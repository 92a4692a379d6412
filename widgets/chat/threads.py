"""A conversation as its patient sees it: how it stands, and what was said."""

from __future__ import annotations

from datetime import datetime

from telehealth import message
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.database import Session
from telehealth.message import MessageView
from telehealth.organization import Organization
from telehealth.translation import Texts
from web.schema import Schema

PAGE = 100


class Line(Schema):
    """A message; `at` is UTC."""

    seq: int
    client_id: str
    author: AuthorKind
    name: str
    text: str
    at: datetime


class Lines(Schema):
    """What was said after a number, oldest first; ask again while there is more."""

    items: list[Line]
    more: bool


class Thread(Schema):
    """`by` is who has taken it; the clinic has read everything up to `read_to`, 0 when that is not known."""

    conversation: str
    state: ConversationState
    channel: int | None
    channel_name: str
    by: str
    by_title: str
    seq: int
    read_to: int
    closed_at: datetime | None


def line(message: MessageView) -> Line:
    return Line(
        seq=message.seq, client_id=message.client_id, author=message.author, name=message.name, text=message.text,
        at=message.at,
    )  # fmt: skip


def lines(session: Session, thread: Conversation, after: int) -> Lines:
    found = message.messages(session, thread.id, after=after, limit=PAGE)
    return Lines(items=[line(message) for message in found], more=len(found) == PAGE)


def thread_view(session: Session, thread: Conversation) -> Thread:
    """In the language in which the conversation is held."""
    texts = Texts(session, thread.locale, session.get_one(Organization, thread.organization_id).locale)
    by = thread.claimed_by
    return Thread(
        conversation=thread.uid, state=thread.state, channel=thread.channel_id,
        channel_name=str(texts.of(thread.channel, "name")) if thread.channel else "",
        by=by.name if by else "", by_title=str(texts.of(by, "title")) if by else "", seq=thread.seq,
        read_to=0 if thread.unread_by_staff else thread.seq, closed_at=thread.closed_at,
    )  # fmt: skip
