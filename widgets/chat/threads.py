"""A conversation as its patient sees it: how it stands, and what was said."""

from __future__ import annotations

from datetime import datetime

from telehealth import clock, expected_wait, feedback, message
from telehealth.conversation import Conversation, ConversationState
from telehealth.database import Session
from telehealth.feedback import Rating
from telehealth.message_file import takes_files
from telehealth.organization import Organization
from telehealth.translation import Texts
from web.said import Line, line
from web.schema import Schema

PAGE = 100


class Lines(Schema):
    """What was said after a number, and what became of it; ask again while there is more."""

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
    """`by` is who has taken it; the clinic has received everything up to `has_to`, and has read it up to `read_to`.

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
    has_to: int
    takes_files: bool
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


def lines(session: Session, thread: Conversation, after: int) -> Lines:
    found = message.messages(session, thread.id, after=after, limit=PAGE)
    return Lines(items=[line(message) for message in found], more=len(found) == PAGE)


def ahead_of(session: Session, thread: Conversation) -> int | None:
    """How many wait longer; None when this one does not wait for a turn."""
    place = expected_wait.place(session, thread)
    return place - 1 if place else None


def thread_view(session: Session, thread: Conversation) -> Thread:
    """In the language in which the conversation is held."""
    texts = Texts(session, thread.locale, session.get_one(Organization, thread.organization_id).locale)
    by = thread.claimed_by
    return Thread(
        conversation=thread.uid, state=thread.state, channel=thread.channel_id,
        channel_name=str(texts.of(thread.channel, "name")) if thread.channel else "",
        by=by.name if by else "", by_title=str(texts.of(by, "title")) if by else "", seq=thread.seq,
        read_to=thread.staff_read, has_to=thread.staff_has, takes_files=takes_files(session, thread), closed_at=thread.closed_at,
        unread=thread.unread_by_patient, ahead=ahead_of(session, thread),
        asks_feedback=feedback.is_asked_of_chat(session, thread, clock.now()), feedback=_opinion(session, thread),
    )  # fmt: skip


def _opinion(session: Session, thread: Conversation) -> Opinion | None:
    given = feedback.of_chat(session, thread) if thread.closed_at is not None else None
    return Opinion(rating=given.rating, words=given.words) if given is not None else None
