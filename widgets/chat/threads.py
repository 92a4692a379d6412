"""A conversation as its patient sees it: how it stands, and what was said."""

from __future__ import annotations

from datetime import datetime

from telehealth import message
from telehealth.conversation import Conversation, ConversationState
from telehealth.database import Session
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


class Thread(Schema):
    """`by` is who has taken it; the clinic has received everything up to `has_to`, and has read it up to `read_to`."""

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
        read_to=thread.staff_read, has_to=thread.staff_has, takes_files=takes_files(session, thread), closed_at=thread.closed_at,
    )  # fmt: skip
