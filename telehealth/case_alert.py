"""New conversations are told to those who chose it, by mail and push; never who asks and what (S000-10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from telehealth import alert, job
from telehealth.channel import Channel
from telehealth.conversation import Conversation, ConversationState
from telehealth.database import Session
from telehealth.department import Department
from telehealth.job import NoLongerWanted
from telehealth.news import may_answer
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.practitioner import Practitioner, administrators_of
from telehealth.presence import Presence

CASE = "new_conversation"  # kind of jobs
BETWEEN_MAILS = timedelta(minutes=10)  # to one person about one channel


def plan(session: Session, channel: Channel, conversation_id: int, now: datetime) -> None:
    """Have it told, unless somebody was given it already."""
    thread = session.get_one(Conversation, conversation_id)
    chosen = select(Presence.id).where(Presence.channel_id == channel.id, Presence.by_mail | Presence.by_push).limit(1)
    if thread.state is ConversationState.NEW and session.scalar(chosen) is not None:
        _plan(session, channel.id, now, f"{thread.id}:{thread.changed}")


def _plan(session: Session, channel_id: int, due: datetime, once: str) -> None:
    job.plan(session, CASE, session.organization_id, due=due, payload={"channel": channel_id}, once=once)


def tell(session: Session, channel_id: int, now: datetime) -> None:
    """By all means that its people chose. Raises NoLongerWanted."""
    channel = still_waiting(session, channel_id)
    wishing = (Presence.channel_id == channel.id) & (Presence.by_mail | Presence.by_push)
    for presence in session.scalars(select(Presence).where(wishing).order_by(Presence.id).with_for_update()).all():
        if may_answer(session, presence.practitioner, channel):
            if presence.by_push:
                _push(session, presence, now)
            if presence.by_mail:
                _write(session, channel, presence, now)


def still_waiting(session: Session, channel_id: int) -> Channel:
    """Raises NoLongerWanted when somebody has taken whoever asked there."""
    new = (Conversation.channel_id == channel_id) & (Conversation.state == ConversationState.NEW)
    channel = session.get(Channel, channel_id)
    if channel is None or session.scalar(select(Conversation.id).where(new).limit(1)) is None:
        raise NoLongerWanted("somebody has taken the conversation")
    return channel


def escalate(session: Session, thread: Conversation, now: datetime) -> None:
    """A case that comes back to the queue again and again is told once, to whoever is present there and to who administers it."""
    channel = session.get(Channel, thread.channel_id) if thread.channel_id else None
    if channel is None:
        return
    there = select(Presence).where(Presence.channel_id == channel.id, Presence.active).order_by(Presence.id)
    present = [presence.practitioner for presence in session.scalars(there) if may_answer(session, presence.practitioner, channel)]
    about = _about(session, channel)
    for person in {one.id: one for one in [*present, *administrators_of(session, channel.department_id)] if one.active}.values():
        key = key_of("escalated", thread.uid, person.id)
        told = about | {"person_name": person.name}
        enqueue(session, MailKind.STAFF_ESCALATED, None, person.email, locale=person.locale, now=now, about=told, key=key)


def _push(session: Session, presence: Presence, now: datetime) -> None:
    """To every browser of the person; those of one minute are one."""
    for browser in alert.browsers_of(session, presence.practitioner_id):
        once = f"case:{presence.id}:{browser.id}:{now:%Y%m%d%H%M}"
        payload = {"subscription": browser.id, "channel": presence.channel_id}
        job.plan(session, alert.PUSH, session.organization_id, due=now, payload=payload, once=once)


def _write(session: Session, channel: Channel, presence: Presence, now: datetime) -> None:
    """At most one mail within BETWEEN_MAILS; what comes meanwhile is looked at once more when they are over."""
    if presence.mailed_at is not None and now < presence.mailed_at + BETWEEN_MAILS:
        again = presence.mailed_at + BETWEEN_MAILS
        _plan(session, channel.id, again, f"again:{presence.id}:{again:%Y%m%d%H%M%S}")
        return
    presence.mailed_at = now
    person: Practitioner = presence.practitioner
    about = _about(session, channel) | {"person_name": person.name}
    key = key_of("staff_case", session.organization_id, presence.id, now.timestamp())
    enqueue(session, MailKind.STAFF_CASE, None, person.email, locale=person.locale, now=now, about=about, key=key)


def _about(session: Session, channel: Channel) -> dict[str, Any]:
    department = session.get(Department, channel.department_id) if channel.department_id else None
    return {
        "channel_name": channel.name, "department_id": channel.department_id,
        "department_name": department.name if department else "", "channel": channel.id,
    }  # fmt: skip
