"""A conversation as its patient sees it: how it stands, and what was said."""

from __future__ import annotations

from datetime import datetime

from telehealth import clock, conversation, feedback
from telehealth.conversation import AuthorKind, Conversation, ConversationState, MessageView
from telehealth.database import Session
from telehealth.feedback import Rating
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


class Opinion(Schema):
    """How it was, in the patient's eyes."""

    rating: Rating
    words: str


class Brief(Schema):
    """A conversation in a list; moments are UTC."""

    conversation: str
    channel_name: str
    state: ConversationState
    started_at: datetime
    last_at: datetime
    unread: int


class Thread(Schema):
    """`by` is who has taken it; the clinic has read everything up to `read_to`, 0 when that is not known.

    `ahead` wait longer, None when this one does not wait; `unread` has the clinic written that the patient has not seen.
    """

    conversation: str
    state: ConversationState
    channel: int | None
    channel_name: str
    by: str
    by_title: str
    seq: int
    read_to: int
    closed_at: datetime | None
    unread: int
    ahead: int | None
    asks_feedback: bool
    feedback: Opinion | None


def brief(thread: Conversation, texts: Texts) -> Brief:
    return Brief(
        conversation=thread.uid, channel_name=str(texts.of(thread.channel, "name")) if thread.channel else "",
        state=thread.state, started_at=thread.started_at, last_at=thread.last_at, unread=thread.unread_by_patient,
    )  # fmt: skip


def line(message: MessageView) -> Line:
    return Line(
        seq=message.seq, client_id=message.client_id, author=message.author, name=message.name, text=message.text,
        at=message.at,
    )  # fmt: skip


def lines(session: Session, thread: Conversation, after: int) -> Lines:
    found = conversation.messages(session, thread.id, after=after, limit=PAGE)
    return Lines(items=[line(message) for message in found], more=len(found) == PAGE)


def thread_view(session: Session, thread: Conversation) -> Thread:
    """In the language in which the conversation is held."""
    texts = Texts(session, thread.locale, session.get_one(Organization, thread.organization_id).locale)
    by = thread.claimed_by
    return Thread(
        conversation=thread.uid, state=thread.state, channel=thread.channel_id,
        channel_name=str(texts.of(thread.channel, "name")) if thread.channel else "",
        by=by.name if by else "", by_title=str(texts.of(by, "title")) if by else "", seq=thread.seq,
        read_to=0 if thread.unread_by_staff else thread.seq, closed_at=thread.closed_at, unread=thread.unread_by_patient,
        ahead=conversation.ahead_of(session, thread), asks_feedback=feedback.is_asked_of_chat(session, thread, clock.now()),
        feedback=_opinion(session, thread),
    )  # fmt: skip


def _opinion(session: Session, thread: Conversation) -> Opinion | None:
    given = feedback.of_chat(session, thread) if thread.closed_at is not None else None
    return Opinion(rating=given.rating, words=given.words) if given is not None else None
