"""The history of a channel: who or which rule has opened, closed or called it busy, when and why."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import expected_wait
from telehealth.channel import Channel, ChannelState, ChannelSwitch, Stirred
from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.presence import Presence


class ChangeRule(StrEnum):
    """By a person, by the weekly hours or a moment that was named, by the queue, or by who is present."""

    HAND = "hand"
    HOURS = "hours"
    QUEUE = "queue"
    PRESENCE = "presence"


class ChannelChange(Owned, Base):
    __tablename__ = "channel_change"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("ix_channel_change_at", "channel_id", "at"),
        within_organization("channel_id", "channel", ondelete="CASCADE"),
        within_organization("by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int]
    at: Mapped[datetime]
    state: Mapped[ChannelState] = mapped_column(one_of(ChannelState))
    rule: Mapped[ChangeRule] = mapped_column(one_of(ChangeRule))
    by_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    channel: Mapped[Channel] = relationship(primaryjoin="Channel.id == foreign(ChannelChange.channel_id)")
    by: Mapped[Practitioner | None] = relationship(primaryjoin="Practitioner.id == foreign(ChannelChange.by_id)")


def last_changes(session: Session) -> dict[int, ChannelChange]:
    """The newest of every channel that has any."""
    newest = select(func.max(ChannelChange.id)).group_by(ChannelChange.channel_id)
    return {change.channel_id: change for change in session.scalars(select(ChannelChange).where(ChannelChange.id.in_(newest)))}


def look(session: Session, channel: Channel, now: datetime, hand: Stirred | None = None) -> None:
    """Find how a channel stands at this moment; when that has changed, note it and tell everybody."""
    session.flush()
    channel.switch, channel.switch_until = channel.by_hand(now), channel.switch_until if _still(channel, now) else None
    if not channel.closes_when_empty or _somebody_present(session, channel):
        channel.empty_since = None
    else:
        channel.empty_since = channel.empty_since or now
    channel.busy = _is_busy(session, channel, now)
    state = channel.state(now, session.get_one(Organization, channel.organization_id))
    before, channel.shown_state = channel.shown_state, state
    if hand is not None:
        _note(session, channel, now, ChangeRule.HAND, hand)
    elif before is not None and before is not state:
        _note(session, channel, now, _rule(session, channel, before, now), None)
        channel.tell()


def _still(channel: Channel, now: datetime) -> bool:
    return channel.switch is not ChannelSwitch.BY_HOURS and channel.switch_until is not None and now < channel.switch_until


def _somebody_present(session: Session, channel: Channel) -> bool:
    return session.scalar(select(Presence.id).where(Presence.channel_id == channel.id, Presence.active).limit(1)) is not None


def _is_busy(session: Session, channel: Channel, now: datetime) -> bool:
    """Once busy it stays so until the queue is a quarter below what made it busy, so that the notice does not flap."""
    if not channel.busy_from and not channel.busy_minutes:
        return False
    count, oldest = session.execute(
        select(func.count(Conversation.id), func.min(Conversation.waiting_since)).where(expected_wait.queued(channel.id))
    ).one()
    waits = (now - oldest).total_seconds() / 60 if oldest else 0
    return _above(channel.busy, count, channel.busy_from) or _above(channel.busy, waits, channel.busy_minutes)


def _above(was: bool, value: float, limit: int) -> bool:
    if not limit:
        return False
    return value > (limit - max(1, limit // 4) if was else limit)


def _rule(session: Session, channel: Channel, before: ChannelState, now: datetime) -> ChangeRule:
    if ChannelState.CLOSED not in {before, channel.shown_state}:
        return ChangeRule.QUEUE
    newest = select(ChannelChange.rule).where(ChannelChange.channel_id == channel.id).order_by(ChannelChange.id.desc()).limit(1)
    was_empty = before is ChannelState.CLOSED and session.scalar(newest) is ChangeRule.PRESENCE
    return ChangeRule.PRESENCE if channel.is_deserted(now) or was_empty else ChangeRule.HOURS


def _note(session: Session, channel: Channel, now: datetime, rule: ChangeRule, hand: Stirred | None) -> None:
    by_id, reason = (hand.by_id, hand.reason) if hand else (None, "")
    session.add(ChannelChange(channel_id=channel.id, at=now, state=channel.shown_state, rule=rule, by_id=by_id, reason=reason))
