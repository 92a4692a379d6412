"""What follows when people come, go, ask and are answered: states turn, conversations are handed out, colleagues are told.

Verbs record `Stirred`; what follows happens at the end of the same transaction, so that no order of commits can lose it. What
only time changes, the sweep notices.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, event, or_, select
from sqlalchemy.orm import selectinload

from telehealth import case_alert
from telehealth.channel import Channel, Stirred
from telehealth.channel_change import look
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.presence import Presence
from telehealth.routing import give


@event.listens_for(Session, "before_commit")
def follow(session: Session) -> None:
    """At the end of a transaction, not of its savepoints."""
    if session.in_nested_transaction():
        return
    facts = [fact for fact in session.facts if isinstance(fact, Stirred)]
    if facts and any(fact.organization_id != session.organization_id for fact in facts):
        return
    for channel_id in dict.fromkeys(fact.channel_id for fact in facts):
        own = [fact for fact in facts if fact.channel_id == channel_id]
        channel = session.get(Channel, channel_id)
        if channel is not None:
            _see_to(session, channel, own)


def _see_to(session: Session, channel: Channel, facts: list[Stirred]) -> None:
    now = max(fact.at for fact in facts)
    turned = [fact for fact in facts if fact.turned]
    give(session, channel, now)
    look(session, channel, now, turned[-1] if turned else None)
    for arrived_id in dict.fromkeys(fact.arrived_id for fact in facts if fact.arrived_id):
        case_alert.plan(session, channel, arrived_id, now)


def sweep(session: Session, now: datetime) -> None:
    """Presences end, hours begin and end, waits grow, languages matter no longer; locks are taken in the feed's order."""
    expire(session, now)
    for channel in session.scalars(select(Channel).options(selectinload(Channel.hours)).order_by(Channel.id)).all():
        give(session, channel, now)
        look(session, channel, now)


def expire(session: Session, now: datetime) -> None:
    """Whoever has no page of the desk open any more is present nowhere (S000-9)."""
    own = session.get_one(Organization, session.organization_id)
    gone = now - timedelta(minutes=own.presence_minutes)
    away = select(Practitioner.id).where(or_(Practitioner.last_at_desk_at.is_(None), Practitioner.last_at_desk_at < gone))
    if own.presence_minutes:
        _end(session, Presence.practitioner_id.in_(away) & (Presence.since < gone), now, expired_at=now)


def sign_out(session: Session, practitioner_id: int, now: datetime) -> None:
    """Whoever signs out is present nowhere."""
    _end(session, Presence.practitioner_id == practitioner_id, now, expired_at=None)


def come_back(session: Session, practitioner_id: int, *, present: bool, now: datetime) -> None:
    """Take the places again that have ended by themselves, or be content with that."""
    ended = (Presence.practitioner_id == practitioner_id) & Presence.expired_at.is_not(None)
    for presence in session.scalars(select(Presence).where(ended).order_by(Presence.id)).all():
        presence.expired_at = None
        if present:
            presence.active, presence.since = True, now
        _tell(session, presence, now)


def _end(session: Session, which: ColumnElement[bool], now: datetime, *, expired_at: datetime | None) -> None:
    ending = select(Presence).where(Presence.active, which).order_by(Presence.id)
    for presence in session.scalars(ending).all():
        presence.active, presence.since, presence.expired_at = False, now, expired_at
        _tell(session, presence, now)


def _tell(session: Session, presence: Presence, now: datetime) -> None:
    channel = session.get_one(Channel, presence.channel_id)
    channel.tell(presence.practitioner_id)
    channel.stir(now)
