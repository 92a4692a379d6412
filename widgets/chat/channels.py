"""The channels that a chat widget offers, and how each of them stands at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from telehealth.channel import Channel, ChannelState, ChannelSwitch
from telehealth.database import Session
from telehealth.opening_hours import next_closing
from telehealth.organization import Organization
from telehealth.widget import Widget
from web.schema import Schema


class Standing(Schema):
    """`state` is open, congested or closed; `changes_at` (UTC) is when it turns by itself, by its weekly hours."""

    id: int
    state: ChannelState
    opens_at: datetime | None
    changes_at: datetime | None


class Standings(Schema):
    channels: list[Standing]


def offered(session: Session, widget: Widget) -> Sequence[Channel]:
    """Those the widget names, or all; never the internal ones, in which patients cannot start (S000-6)."""
    if widget.channels:
        return [channel for channel in widget.channels if not channel.internal]
    order = (Channel.position, Channel.name)
    return session.scalars(select(Channel).where(Channel.internal.is_(False)).order_by(*order)).all()


def standing(channel: Channel, organization: Organization, now: datetime) -> Standing:
    state = channel.state(now, organization)
    closed = state is ChannelState.CLOSED
    opens_at = channel.opens_at(now, organization) if closed else None
    return Standing(
        id=channel.id, state=state, opens_at=opens_at, changes_at=opens_at or _closes_at(channel, organization, now)
    )


def _closes_at(channel: Channel, organization: Organization, now: datetime) -> datetime | None:
    by_hours = channel.switch is ChannelSwitch.BY_HOURS
    return next_closing(channel.hours, now, organization.tz, organization.closed_dates) if by_hours else None
