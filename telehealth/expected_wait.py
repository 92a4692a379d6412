"""How long patients wait in a channel, and where in its queue one stands (X-14)."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, func, select

from telehealth.case import Case
from telehealth.contact_request import ContactRequest
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.message import Message
from telehealth.database import Session

ANSWERS, FEWEST = 20, 5  # how many of the last answers count, and how many it takes to know anything
RECENT = timedelta(days=2)


def queued(channel_id: int) -> ColumnElement[bool]:
    """Who waits live in a channel; what was left while it was closed is answered later and waits for nobody's turn."""
    asked = select(ContactRequest.conversation_id)
    later = select(Case.conversation_id).where(Case.non_urgent)
    here = (Conversation.channel_id == channel_id) & (Conversation.state == ConversationState.NEW)
    return here & Conversation.id.not_in(asked) & Conversation.id.not_in(later)


def waiting(session: Session, channel_id: int) -> int:
    return session.scalar(select(func.count()).select_from(Conversation).where(queued(channel_id))) or 0


def place(session: Session, thread: Conversation) -> int | None:
    """1 is next; None for whoever waits no longer, or not for a turn."""
    if thread.channel_id is None or thread.waiting_since is None:
        return None
    mine = session.scalar(select(Conversation.id).where(queued(thread.channel_id), Conversation.id == thread.id))
    if mine is None:
        return None
    earlier = (Conversation.waiting_since < thread.waiting_since) | (
        (Conversation.waiting_since == thread.waiting_since) & (Conversation.id < thread.id)
    )
    before = select(func.count()).select_from(Conversation).where(queued(thread.channel_id), earlier)
    return 1 + (session.scalar(before) or 0)


def minutes(session: Session, channel_id: int, now: datetime) -> int | None:
    """The median of the last first answers, rounded up; None when there are too few to tell honestly."""
    first = func.min(Message.at)
    of_channel = (Conversation.channel_id == channel_id) & (Conversation.started_at > now - RECENT)
    rows = session.execute(
        select(Conversation.started_at, first)
        .join(Message, Message.conversation_id == Conversation.id)
        .where(of_channel, Message.author == AuthorKind.STAFF, ~Message.internal, Conversation.id.not_in(select(ContactRequest.conversation_id)))
        .group_by(Conversation.id, Conversation.started_at)
        .order_by(first.desc())
        .limit(ANSWERS)
    ).all()
    if len(rows) < FEWEST:
        return None
    return max(1, -int(-median((answered - started).total_seconds() for started, answered in rows) // 60))
