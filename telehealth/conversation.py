"""Conversations: threads between a patient and the clinic, who has taken them, and how they end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.channel import Channel, NotAllowed
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Staff

class ConversationState(StrEnum):
    """Waiting for somebody, taken by somebody, or over."""

    NEW = "new"
    CLAIMED = "claimed"
    CLOSED = "closed"


class AuthorKind(StrEnum):
    PATIENT = "patient"
    STAFF = "staff"
    SYSTEM = "system"


class UnknownConversation(Exception):
    """Not there, or not this person's."""


class ConversationClosed(Exception):
    """It is over; nothing can be written any more."""


class AlreadyClaimed(Exception):
    """`by` was faster."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


@dataclass(frozen=True)
class ConversationChanged:
    """Started, claimed, transferred, read or closed; `channel_before` names the channel it left."""

    organization_id: int
    conversation_id: int
    channel_id: int | None
    changed: int
    channel_before: int | None = None


@dataclass(frozen=True)
class ConversationReached:
    """How far each side has been told what was said, and how far it has read: numbers of messages and their changes."""

    organization_id: int
    conversation_id: int
    staff_has: int
    staff_read: int
    patient_has: int
    patient_read: int


@dataclass(frozen=True)
class Typing:
    """Somebody writes at this moment, or no longer; told and never kept."""

    organization_id: int
    conversation_id: int
    author: AuthorKind
    name: str
    on: bool


class Conversation(Owned, Base):
    """A thread between one patient contact and the people present in a channel, or of a visit (S000-7, S003-11).

    `seq` numbers its messages and what happens to them, `staff_has` and `patient_has` say how far pages of either side
    have been told, `staff_read` and `patient_read` how far they were read; `changed` is its place in the inbox feed; `visitor` is the hashed name of the browser
    session that may write. A visit's conversation has no channel.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_conversation_feed", "organization_id", "changed"),
        within_organization("channel_id", "channel"),
        within_organization("widget_id", "widget"),
        within_organization("claimed_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    channel_id: Mapped[int | None]
    widget_id: Mapped[int | None]
    client_id: Mapped[str | None] = mapped_column(String(40))
    visitor: Mapped[str] = mapped_column(String(64), default="")
    subject: Mapped[str] = mapped_column(String(160), default="")
    locale: Mapped[str] = mapped_column(String(20), default="en")
    state: Mapped[ConversationState] = mapped_column(one_of(ConversationState), default=ConversationState.NEW)
    claimed_by_id: Mapped[int | None]
    seq: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unread_by_staff: Mapped[int] = mapped_column(default=0)
    unread_by_patient: Mapped[int] = mapped_column(default=0)
    staff_has: Mapped[int] = mapped_column(default=0)
    staff_read: Mapped[int] = mapped_column(default=0)
    patient_has: Mapped[int] = mapped_column(default=0)
    patient_read: Mapped[int] = mapped_column(default=0)
    last_author: Mapped[AuthorKind | None] = mapped_column(one_of(AuthorKind))
    started_at: Mapped[datetime]
    waiting_since: Mapped[datetime | None]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    channel: Mapped[Channel | None] = relationship(primaryjoin="Channel.id == foreign(Conversation.channel_id)")
    claimed_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Conversation.claimed_by_id)"
    )

    def claim(self, by: Staff) -> None:
        """Take it out of the queue (X-13). Raises NotPresent, AlreadyClaimed, ConversationClosed."""
        self._lock()
        if self.claimed_by is not None and self.claimed_by_id != by.practitioner_id:
            raise AlreadyClaimed(self.claimed_by.name)
        self._require_responder(by)
        self.claimed_by_id, self.state, self.waiting_since = by.practitioner_id, ConversationState.CLAIMED, None
        self._changed()

    def transfer(self, to: Channel, *, by: Staff, now: datetime) -> None:
        """Move to another channel's queue, keeping history and the original waiting time (S000-7).

        Raises NotPresent, ConversationClosed.
        """
        self._lock()
        self._require_responder(by)
        before, self.channel_id = self.channel_id, to.id
        self.claimed_by_id, self.state = None, ConversationState.NEW
        self.waiting_since = self.waiting_since or now
        self._changed(before)

    def close(self, by: Staff, now: datetime) -> None:
        """End it for both sides. Raises NotPresent, ConversationClosed."""
        self._lock()
        self._require_responder(by)
        self.finish(now)

    def finish(self, now: datetime) -> None:
        """End it without asking who: the visit it belongs to is over, or the patient left."""
        self.state, self.closed_at, self.waiting_since = ConversationState.CLOSED, now, None
        self._changed()

    def reopen(self, channel: Channel, now: datetime) -> None:
        """Go on after the end in a channel's queue, with everything that was said before (S002-36)."""
        session_of(self).refresh(self, with_for_update=True)
        before = self.channel_id if self.channel_id != channel.id else None
        self.channel_id, self.claimed_by_id, self.state = channel.id, None, ConversationState.NEW
        self.waiting_since, self.closed_at = now, None
        self._changed(before)

    def emptied(self, now: datetime) -> None:
        """What was said is deleted for good: nobody has anything to read any more, and the day of it is kept."""
        self.erased_at, self.last_author, self.unread_by_staff, self.unread_by_patient = now, None, 0, 0
        self._changed()

    def read_by_staff(self, by: Staff, to: int | None = None, left: int = 0) -> None:
        """Somebody has read up to a number, without one everything; `left` are unread after it. Raises NotPresent."""
        to = self.seq if to is None else min(to, self.seq)
        if to > self.staff_read or self.unread_by_staff != left:
            self._require_presence(by)
            self.staff_read, self.staff_has = max(to, self.staff_read), max(to, self.staff_has)
            self.unread_by_staff = left
            self._changed()
            self._reached()

    def read_by_patient(self, to: int | None = None, left: int = 0) -> None:
        to = self.seq if to is None else min(to, self.seq)
        if to > self.patient_read or self.unread_by_patient != left:
            self.patient_read, self.patient_has = max(to, self.patient_read), max(to, self.patient_has)
            self.unread_by_patient = left
            self._changed()
            self._reached()

    def received_by_staff(self, to: int) -> None:
        """A page of the clinic has everything up to a number, read or not."""
        if (to := min(to, self.seq)) > self.staff_has:
            self.staff_has = to
            self._reached()

    def received_by_patient(self, to: int) -> None:
        if (to := min(to, self.seq)) > self.patient_has:
            self.patient_has = to
            self._reached()

    def types(self, author: AuthorKind, name: str, *, on: bool) -> None:
        """Tell the others that somebody is writing."""
        if self.state is not ConversationState.CLOSED:
            record(session_of(self), Typing(self.organization_id, self.id, author, name, on))

    def _reached(self) -> None:
        how_far = (self.staff_has, self.staff_read, self.patient_has, self.patient_read)
        record(session_of(self), ConversationReached(self.organization_id, self.id, *how_far))

    def _lock(self) -> None:
        session_of(self).refresh(self, with_for_update=True)
        if self.state is ConversationState.CLOSED:
            raise ConversationClosed

    def _require_responder(self, by: Staff) -> None:
        if not by.may(Permission.ANSWER_CHAT):
            raise NotAllowed
        if self.channel_id is None:  # a visit's talk is in no queue
            raise UnknownConversation
        self._require_presence(by)

    def _require_presence(self, by: Staff) -> None:
        if self.channel is not None and self.claimed_by_id != by.practitioner_id:
            self.channel.require_presence(by)

    def _changed(self, channel_before: int | None = None) -> None:
        session = session_of(self)
        self.changed = advance(session, FeedName.INBOX)
        session.flush()
        fact = ConversationChanged(self.organization_id, self.id, self.channel_id, self.changed, channel_before)
        record(session, fact)


def start(
    session: Session,
    channel: Channel | None,
    *,
    client_id: str,
    widget_id: int | None,
    visitor: str,
    subject: str,
    locale: str,
    now: datetime,
    even_closed: bool = False,
) -> Conversation:
    """Open a thread; a repeated client id gets the first one. `even_closed`: the channel reads it when it opens.

    Raises ChannelClosed, InternalChannel; UnknownConversation when the client id is somebody else's.
    """
    mine = (Conversation.widget_id == widget_id) & (Conversation.client_id == client_id)
    if (earlier := session.scalar(select(Conversation).where(mine))) is not None:
        return _same_visitor(earlier, visitor)
    if channel is not None and not even_closed:
        channel.require_open(now, session.get_one(Organization, channel.organization_id))
    thread = Conversation(
        channel_id=channel.id if channel else None, widget_id=widget_id, client_id=client_id, visitor=visitor,
        subject=subject, locale=locale, started_at=now, waiting_since=now, last_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(thread)
    except IntegrityError:  # the same request came twice at once
        return _same_visitor(session.scalars(select(Conversation).where(mine)).one(), visitor)
    thread._changed()
    return thread


def _same_visitor(thread: Conversation, visitor: str) -> Conversation:
    if thread.visitor != visitor:
        raise UnknownConversation
    return thread


def own(session: Session, uid: str, visitor: str, widget_id: int) -> Conversation:
    """The thread that this visitor started in this widget. Raises UnknownConversation."""
    mine = (Conversation.uid == uid) & (Conversation.widget_id == widget_id)
    thread = session.scalar(select(Conversation).where(mine))
    if thread is None:
        raise UnknownConversation
    return _same_visitor(thread, visitor)
