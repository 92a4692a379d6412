"""Chat channels: named queues that open, close and get congested, and who is present in them (S000)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.opening_hours import OpeningHours, next_opening, open_now
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.presence import Presence


class ChannelSwitch(StrEnum):
    """Open or closed by hand, or by its weekly hours."""

    BY_HOURS = "by_hours"
    OPEN = "open"
    CLOSED = "closed"


class ChannelState(StrEnum):
    """What people see (S000-4)."""

    OPEN = "open"
    CONGESTED = "congested"
    CLOSED = "closed"


class ChannelClosed(Exception):
    """Nobody can start here now; `opens_at` tells when, if that is known."""

    def __init__(self, opens_at: datetime | None) -> None:
        self.opens_at = opens_at
        super().__init__(str(opens_at))


class InternalChannel(Exception):
    """Patients cannot start here; conversations are transferred into it (S000-6)."""


class NotPresent(Exception):
    """Opening a conversation takes presence in its channel (S000-11)."""


class NotAllowed(Exception):
    """The person's roles do not grant this."""


@dataclass(frozen=True)
class ChannelChanged:
    """A channel's state, or `practitioner_id`'s own place in it."""

    organization_id: int
    channel_id: int
    seq: int
    practitioner_id: int | None = None


class Channel(Owned, Base):
    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        within_organization("department_id", "department"),
    )
    __translatable__ = {"name": "line", "description": "line", "notice": "line", "closed_text": "text"}
    __tracked__ = ("name", "switch", "congested", "internal", "after_visits", "notice", "closed_text", "department_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300), default="")
    department_id: Mapped[int | None]
    switch: Mapped[ChannelSwitch] = mapped_column(one_of(ChannelSwitch), default=ChannelSwitch.BY_HOURS)
    congested: Mapped[bool] = mapped_column(default=False)
    internal: Mapped[bool] = mapped_column(default=False)
    after_visits: Mapped[bool] = mapped_column(default=False)
    notice: Mapped[str] = mapped_column(String(300), default="")
    closed_text: Mapped[str] = mapped_column(String(600), default="")
    position: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department | None] = relationship(primaryjoin="Department.id == foreign(Channel.department_id)")
    hours: Mapped[list[OpeningHours]] = relationship(
        primaryjoin="Channel.id == foreign(OpeningHours.channel_id)", cascade="all, delete-orphan",
        order_by=[OpeningHours.weekday, OpeningHours.opens_minute],
    )  # fmt: skip

    def state(self, now: datetime, zone: Organization) -> ChannelState:
        opened = self.switch is ChannelSwitch.OPEN or (
            self.switch is ChannelSwitch.BY_HOURS and open_now(self.hours, now, zone.tz, zone.closed_dates)
        )
        if not opened:
            return ChannelState.CLOSED
        return ChannelState.CONGESTED if self.congested else ChannelState.OPEN

    def opens_at(self, now: datetime, zone: Organization) -> datetime | None:
        """When its hours begin next; None when it is closed by hand or has no hours."""
        if self.switch is ChannelSwitch.CLOSED:
            return None
        return next_opening(self.hours, now, zone.tz, zone.closed_dates)

    def require_open(self, now: datetime, zone: Organization) -> None:
        """Raises ChannelClosed, InternalChannel."""
        if self.internal:
            raise InternalChannel
        if self.state(now, zone) is ChannelState.CLOSED:
            raise ChannelClosed(self.opens_at(now, zone))

    def turn(self, switch: ChannelSwitch, *, congested: bool, by: Staff) -> None:
        """Open, close, or give back to the hours (S000-1, S000-5). Raises NotAllowed."""
        if not by.may(Permission.MANAGE_CHANNEL):
            raise NotAllowed
        self.switch, self.congested = switch, congested
        self._changed()

    def enter(self, by: Staff, *, active: bool, now: datetime) -> Presence:
        """Be present in the channel, or no longer (S000-9). Raises NotAllowed."""
        if not by.may(Permission.ANSWER_CHAT):
            raise NotAllowed
        presence = self._presence_of(by) or Presence(channel_id=self.id, practitioner_id=by.practitioner_id)
        presence.active, presence.since = active, now
        session_of(self).add(presence)
        self._changed(by.practitioner_id)
        return presence

    def ring(self, by: Staff, *, on: bool, now: datetime) -> None:
        """Choose whether a new conversation is heard (S000-10). Raises NotAllowed."""
        presence = self._presence_of(by) or self.enter(by, active=False, now=now)
        presence.by_sound = on
        self._changed(by.practitioner_id)

    def is_present(self, by: Staff) -> bool:
        presence = self._presence_of(by)
        return presence is not None and presence.active

    def require_presence(self, by: Staff) -> None:
        """Raises NotPresent."""
        if not self.is_present(by):
            raise NotPresent

    def _presence_of(self, by: Staff) -> Presence | None:
        mine = (Presence.channel_id == self.id) & (Presence.practitioner_id == by.practitioner_id)
        return session_of(self).scalar(select(Presence).where(mine))

    def _changed(self, practitioner_id: int | None = None) -> None:
        session = session_of(self)
        session.flush()
        seq = advance(session, FeedName.INBOX)
        record(session, ChannelChanged(self.organization_id, self.id, seq, practitioner_id))

    def __str__(self) -> str:
        return self.name
