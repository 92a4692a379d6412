"""Chat channels: named queues that open, close and get congested, and who is present in them (S000)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.opening_hours import OpeningHours, next_closing, next_opening, open_now
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.presence import Presence
from telehealth.skill import Skill


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


class Routing(StrEnum):
    """Whether people take conversations from the queue, or each is given to somebody who is present (X-62)."""

    PICK = "pick"
    AUTOMATIC = "automatic"


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


@dataclass(frozen=True)
class Stirred:
    """Something has happened at `at` on which a channel's state or queue depends; `flow` sees to what follows from it.

    `turned` tells that `by_id` has changed the channel by hand, for `reason`; `arrived_id` is a conversation new in it.
    """

    organization_id: int
    channel_id: int
    at: datetime
    turned: bool = False
    by_id: int | None = None
    reason: str = ""
    arrived_id: int | None = None


class Channel(Owned, Base):
    __tablename__ = "channel"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        within_organization("department_id", "department"),
        within_organization("skill_id", "skill"),
    )
    __translatable__ = {"name": "line", "description": "line", "notice": "line", "closed_text": "text"}
    __tracked__ = (
        "name", "switch", "congested", "internal", "after_visits", "takes_files", "notice", "closed_text", "department_id",
        "busy_from", "busy_minutes", "closes_when_empty", "empty_minutes", "routing", "most_at_once", "language_minutes", "skill_id", "takes_questions",
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(300), default="")
    department_id: Mapped[int | None]
    switch: Mapped[ChannelSwitch] = mapped_column(one_of(ChannelSwitch), default=ChannelSwitch.BY_HOURS)
    congested: Mapped[bool] = mapped_column(default=False)
    internal: Mapped[bool] = mapped_column(default=False)
    after_visits: Mapped[bool] = mapped_column(default=False)
    takes_files: Mapped[bool] = mapped_column(default=False)  # S002-39
    notice: Mapped[str] = mapped_column(String(300), default="")
    closed_text: Mapped[str] = mapped_column(String(600), default="")
    position: Mapped[int] = mapped_column(default=0)
    # What was said by hand holds until then; the reason is for colleagues.
    switch_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    # Busy when more than … wait, or somebody longer than … minutes; 0 is never.
    busy_from: Mapped[int] = mapped_column(default=0)
    busy_minutes: Mapped[int] = mapped_column(default=0)
    busy: Mapped[bool] = mapped_column(default=False)
    # Closed from … minutes after the last one left.
    closes_when_empty: Mapped[bool] = mapped_column(default=False)
    empty_minutes: Mapped[int] = mapped_column(default=5)
    empty_since: Mapped[datetime | None]
    # The state of which everybody was told last.
    shown_state: Mapped[ChannelState | None] = mapped_column(one_of(ChannelState))
    routing: Mapped[Routing] = mapped_column(one_of(Routing), default=Routing.PICK)
    most_at_once: Mapped[int] = mapped_column(default=4)
    # For … minutes a conversation is kept for those who speak its language.
    language_minutes: Mapped[int] = mapped_column(default=3)
    skill_id: Mapped[int | None]
    # While it is closed patients may leave a question.
    takes_questions: Mapped[bool] = mapped_column(default=False)
    skill: Mapped[Skill | None] = relationship(primaryjoin="Skill.id == foreign(Channel.skill_id)")
    department: Mapped[Department | None] = relationship(primaryjoin="Department.id == foreign(Channel.department_id)")
    hours: Mapped[list[OpeningHours]] = relationship(
        primaryjoin="Channel.id == foreign(OpeningHours.channel_id)", cascade="all, delete-orphan",
        order_by=[OpeningHours.weekday, OpeningHours.opens_minute],
    )  # fmt: skip

    def state(self, now: datetime, zone: Organization) -> ChannelState:
        if not zone.chat or not self._opened(now, zone) or self.is_deserted(now):
            return ChannelState.CLOSED
        return ChannelState.CONGESTED if self.congested or self.busy else ChannelState.OPEN

    def _opened(self, now: datetime, zone: Organization) -> bool:
        by_hand = self.by_hand(now)
        by_hours = by_hand is ChannelSwitch.BY_HOURS and open_now(self.hours, now, zone.tz, zone.closed_dates)
        return by_hand is ChannelSwitch.OPEN or by_hours

    def by_hand(self, now: datetime) -> ChannelSwitch:
        """The switch as it counts at a moment: afterwards the hours decide again."""
        is_over = self.switch_until is not None and now >= self.switch_until
        return ChannelSwitch.BY_HOURS if is_over else self.switch

    def is_deserted(self, now: datetime) -> bool:
        """Whether it is closed for nobody is there, and the grace is over (X-15)."""
        if not self.closes_when_empty or self.empty_since is None:
            return False
        return now >= self.empty_since + timedelta(minutes=self.empty_minutes)

    def opens_at(self, now: datetime, zone: Organization) -> datetime | None:
        """When its hours begin next; None when nobody can tell: closed by hand, without hours, or for nobody is there."""
        if not zone.chat or (self._opened(now, zone) and self.is_deserted(now)):
            return None
        if self.by_hand(now) is not ChannelSwitch.CLOSED:
            return next_opening(self.hours, now, zone.tz, zone.closed_dates)
        until = self.switch_until
        if until is None or open_now(self.hours, until, zone.tz, zone.closed_dates):
            return until
        return next_opening(self.hours, until, zone.tz, zone.closed_dates)

    def closes_at(self, now: datetime, zone: Organization) -> datetime | None:
        """When its hours end next, or when they decide again; None when nobody can tell."""
        if self.by_hand(now) is not ChannelSwitch.BY_HOURS:
            return self.switch_until
        return next_closing(self.hours, now, zone.tz, zone.closed_dates)

    def require_open(self, now: datetime, zone: Organization) -> None:
        """Raises ChannelClosed, InternalChannel."""
        if self.internal:
            raise InternalChannel
        if self.state(now, zone) is ChannelState.CLOSED:
            raise ChannelClosed(self.opens_at(now, zone))

    def turn(
        self, switch: ChannelSwitch, *, congested: bool, by: Staff, now: datetime, until: datetime | None = None, reason: str = ""
    ) -> None:
        """Open, close, or give back to the hours, for good or until a moment (S000-1, S000-5). Raises NotAllowed."""
        if not by.may(Permission.MANAGE_CHANNEL):
            raise NotAllowed
        self.switch, self.congested, self.reason = switch, congested, reason.strip()
        self.switch_until = until if switch is not ChannelSwitch.BY_HOURS else None
        self.tell()
        self.stir(now, turned=True, by_id=by.practitioner_id, reason=self.reason)

    def enter(self, by: Staff, *, active: bool, now: datetime) -> Presence:
        """Be present in the channel, or no longer (S000-9). Raises NotAllowed."""
        if not by.may(Permission.ANSWER_CHAT):
            raise NotAllowed
        presence = self._presence_of(by) or Presence(channel_id=self.id, practitioner_id=by.practitioner_id)
        presence.active, presence.since, presence.expired_at = active, now, None
        session_of(self).add(presence)
        self.tell(by.practitioner_id)
        self.stir(now)
        return presence

    def choose(self, by: Staff, *, sound: bool, repeat_seconds: int, mail: bool, push: bool, now: datetime) -> None:
        """By which means new conversations are told to oneself (S000-10); 0 rings once. Raises NotAllowed."""
        presence = self._presence_of(by) or self.enter(by, active=False, now=now)
        presence.by_sound, presence.repeat_seconds = sound, repeat_seconds
        presence.by_mail, presence.by_push = mail, push
        self.tell(by.practitioner_id)

    def ring(self, by: Staff, *, on: bool, now: datetime) -> None:
        """Choose whether a new conversation is heard (S000-10). Raises NotAllowed."""
        presence = self._presence_of(by) or self.enter(by, active=False, now=now)
        presence.by_sound = on
        self.tell(by.practitioner_id)

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

    def stir(self, at: datetime, **what: Any) -> None:
        record(self, Stirred(self.organization_id, self.id, at, **what))

    def tell(self, practitioner_id: int | None = None) -> None:
        """Every desk and widget that shows it, and whose own place has changed."""
        session = session_of(self)
        session.flush()
        seq = advance(session, FeedName.INBOX)
        record(session, ChannelChanged(self.organization_id, self.id, seq, practitioner_id))

    def __str__(self) -> str:
        return self.name
