"""The channels that a chat widget offers, and how each of them stands at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from telehealth import expected_wait
from telehealth.channel import Channel, ChannelState
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.widget import Widget
from web.schema import Schema


class Standing(Schema):
    """`state` is open, congested or closed; `changes_at` (UTC) is when it turns by itself, by its weekly hours.

    `waiting` is how many wait before whoever asks now; `wait_minutes` how long the last ones waited, null when that is not
    known. `takes_questions`: while it is closed a question can be left.
    """

    id: int
    state: ChannelState
    opens_at: datetime | None
    changes_at: datetime | None
    waiting: int = 0
    wait_minutes: int | None = None
    takes_questions: bool = False


class Standings(Schema):
    channels: list[Standing]


def offered(session: Session, widget: Widget) -> Sequence[Channel]:
    """Those the widget names, or all; never the internal ones, in which patients cannot start (S000-6)."""
    if not session.get_one(Organization, widget.organization_id).chat:
        return []
    if widget.channels:
        return [channel for channel in widget.channels if not channel.internal]
    order = (Channel.position, Channel.name)
    return session.scalars(select(Channel).where(Channel.internal.is_(False)).order_by(*order)).all()


def standing(session: Session, channel: Channel, organization: Organization, now: datetime) -> Standing:
    state = channel.state(now, organization)
    closed = state is ChannelState.CLOSED
    opens_at = channel.opens_at(now, organization) if closed else None
    return Standing(
        id=channel.id, state=state, opens_at=opens_at, changes_at=opens_at or channel.closes_at(now, organization),
        waiting=0 if closed else expected_wait.waiting(session, channel.id),
        wait_minutes=None if closed else expected_wait.minutes(session, channel.id, now),
        takes_questions=channel.takes_questions,
    )  # fmt: skip
