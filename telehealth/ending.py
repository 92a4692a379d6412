"""After a visit: how long its patient can look back at it, and what becomes of the conversation (S002-36)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from telehealth import message
from telehealth.channel import Channel
from telehealth.conversation import Conversation, ConversationClosed
from telehealth.database import Session
from telehealth.job import Job
from telehealth.message import Author
from telehealth.organization import ChatAfterVisit
from telehealth.ticket import Ticket, TicketState, UnknownTicket
from telehealth.waiting_room import LOOKING_BACK, Encounter, visit_of


def may_look_back(visit: Encounter, now: datetime) -> bool:
    """Whether the patient is still shown a visit that has ended."""
    return visit.ended_at is None or now < max(visit.ended_at + LOOKING_BACK, readable_until(visit) or visit.ended_at)


def require_look_back(session: Session, held: Ticket, now: datetime) -> Ticket:
    """A ticket whose visit is over leads back to its end for a while. Raises UnknownTicket, UnknownEncounter."""
    if held.state is TicketState.CLOSED and not may_look_back(visit_of(session, held), now):
        raise UnknownTicket
    return held


def readable_until(visit: Encounter) -> datetime | None:
    """Until when the patient may read the conversation after the end; every message prolongs it. None: not at all."""
    if visit.ended_at is None or visit.chat_after_visit is not ChatAfterVisit.SHOWN:
        return None
    return max(visit.ended_at, visit.conversation.last_at) + timedelta(hours=visit.chat_after_hours)


def may_read(visit: Encounter, now: datetime) -> bool:
    """During a visit always, afterwards as the clinic has promised."""
    until = readable_until(visit)
    return visit.ended_at is None or (until is not None and now < until)


def erased_at(visit: Encounter) -> datetime | None:
    """When the conversation is deleted, or was; None: it is kept."""
    if visit.ended_at is None or visit.chat_after_visit is not ChatAfterVisit.DELETED:
        return None
    return visit.conversation.erased_at or visit.ended_at + timedelta(hours=visit.chat_after_hours)


def answering_channel(session: Session, visit: Encounter) -> Channel | None:
    """Whose team takes questions after a visit: the department's own channel before everybody's."""
    here = or_(Channel.department_id == visit.department_id, Channel.department_id.is_(None))
    found: Sequence[Channel] = session.scalars(
        select(Channel).where(Channel.after_visits, here).order_by(Channel.position, Channel.id)
    ).all()
    return min(found, key=lambda channel: channel.department_id is None, default=None)


def may_write(session: Session, visit: Encounter, now: datetime) -> bool:
    """Whether the patient may still ask something after the end."""
    goes_on = visit.continues_from is not None and visit.conversation.closed_at is None
    return visit.ended_at is not None and may_read(visit, now) and (goes_on or answering_channel(session, visit) is not None)


def write(session: Session, visit: Encounter, client_id: str, text: str, *, by: Author, now: datetime) -> int:
    """Ask something after the end, which is when `may_write` says so; a team's queue gets it. Gives the message's seq.

    Raises ConversationClosed when nobody takes it, EmptyMessage, MessageTooLong.
    """
    try:
        return message.post(session, visit.conversation_id, client_id, text, by=by, now=now)
    except ConversationClosed:
        channel = answering_channel(session, visit)
        if channel is None or visit.continues_from is not None:
            raise
        visit.conversation.reopen(channel, now)
        return message.post(session, visit.conversation_id, client_id, text, by=by, now=now)


def erase(session: Session, job: Job, now: datetime) -> None:
    """Keep the promise that a conversation is deleted; may be repeated."""
    thread = session.get(Conversation, job.payload["conversation"])
    if thread is not None:
        message.erase(session, thread, now)
