"""Conversations: threads between a patient and the clinic, who has taken them, and how they end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import case, clock
from telehealth.case import Case, Deed, Reason
from telehealth.channel import Channel, NotAllowed, NotPresent, Stirred
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.presence import Presence


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


class StillPresent(Exception):
    """The colleague who has it is there: ask, or let them hand it over."""


class AlreadyClaimed(Exception):
    """`by` was faster."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


@dataclass(frozen=True)
class ConversationChanged:
    """Started, claimed, transferred, read or closed; `channel_before` names the channel it left, `owner_before` whom."""

    organization_id: int
    conversation_id: int
    channel_id: int | None
    changed: int
    channel_before: int | None = None
    owner_before: int | None = None


@dataclass(frozen=True)
class QueueMoved:
    """Somebody was taken out of a channel's queue: those behind have another place."""

    organization_id: int
    channel_id: int


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
    have been told, `staff_read` and `patient_read` how far they were read; `changed` is its place in the inbox feed;
    `visitor` is the hashed name of the browser session that may write. A visit's conversation has no channel. `patient_id` is
    whom staff have confirmed; what comes from outside by `account_id` is answered at `contact_point_id`.
    """

    __tablename__ = "conversation"
    __sealed__ = ("sealed_details",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_conversation_visitor", "organization_id", "widget_id", "visitor"),
        Index("ix_conversation_place", "channel_id", "state", "waiting_since"),
        Index("ix_conversation_feed", "organization_id", "changed"),
        Index("ix_conversation_queue", "organization_id", "channel_id", "state"),
        within_organization("channel_id", "channel"),
        within_organization("widget_id", "widget"),
        within_organization("claimed_by_id", "practitioner"),
        within_organization("patient_id", "patient"),
        within_organization("contact_point_id", "contact_point"),
        within_organization("account_id", "messenger_account"),
        Index("ix_conversation_patient", "organization_id", "patient_id"),
        Index("ix_conversation_contact", "organization_id", "contact_point_id"),
    )
    __tracked__ = ("patient_id",)
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
    patient_id: Mapped[int | None]
    contact_point_id: Mapped[int | None]
    account_id: Mapped[int | None]
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
    sealed_details: Mapped[bytes | None] = mapped_column(LargeBinary)
    verified: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None]
    channel: Mapped[Channel | None] = relationship(primaryjoin="Channel.id == foreign(Conversation.channel_id)")
    claimed_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Conversation.claimed_by_id)"
    )

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|conversation|{self.uid}|{column.removeprefix('sealed_')}"

    def claim(self, by: Staff, now: datetime | None = None) -> None:
        """Take it out of the queue (X-13). Raises NotPresent, AlreadyClaimed, ConversationClosed."""
        self._lock()
        if self.claimed_by is not None and self.claimed_by_id != by.practitioner_id:
            raise AlreadyClaimed(self.claimed_by.name)
        self._require_responder(by)
        if self.claimed_by_id is None:
            self._give_to(by.practitioner_id, Deed.TAKEN, by, now or clock.now())

    def assign(self, to: Staff, now: datetime) -> None:
        """Give it to somebody, who was chosen by rule. Raises NotPresent, AlreadyClaimed, ConversationClosed, NotAllowed."""
        self._lock()
        if self.claimed_by is not None:
            raise AlreadyClaimed(self.claimed_by.name)
        self._require_responder(to)
        self.hand_out(to.practitioner_id, now)

    def hand_out(self, practitioner_id: int, now: datetime) -> None:
        """The same; whoever asks has locked it, and knows that this person may have it."""
        self._give_to(practitioner_id, Deed.ASSIGNED, None, now)

    def hand_over(self, to: Staff, *, by: Staff, now: datetime, note: str = "") -> None:
        """Give it to a colleague who is present in some channel, with a word to them that the patient never sees.

        Raises NotPresent (either of both), NotAllowed, ConversationClosed.
        """
        self._lock()
        self._require_responder(by)
        if not to.may(Permission.ANSWER_CHAT):
            raise NotAllowed
        there = (Presence.practitioner_id == to.practitioner_id) & Presence.active
        if session_of(self).scalar(select(Presence.id).where(there).limit(1)) is None:
            raise NotPresent
        self._give_to(to.practitioner_id, Deed.HANDED_OVER, by, now, words=note)

    def take_over(self, by: Staff, reason: str, now: datetime) -> None:
        """Take it from a colleague who is present nowhere, with a word to why; whoever manages channels takes it from anybody.

        What was entered and the draft come along. Twice is once. Raises NotPresent, NotAllowed, ConversationClosed, StillPresent;
        NotNow when nobody has it.
        """
        self._lock()
        self._require_responder(by)
        owner = self.claimed_by_id
        if owner == by.practitioner_id:
            return
        there = (Presence.practitioner_id == owner) & Presence.active
        if not by.may(Permission.MANAGE_CHANNEL) and session_of(self).scalar(select(Presence.id).where(there).limit(1)) is not None:
            raise StillPresent
        found = self.case()
        before = found.require(Deed.TAKEN_OVER) if found else None
        self.claimed_by_id = by.practitioner_id
        if found is not None:
            found.hold(now)
            found.note(Deed.TAKEN_OVER, before, now, by, person_id=owner, words=reason)
        self._changed(owner_before=owner)

    def _give_to(self, to: int, deed: Deed, by: Staff | None, now: datetime, words: str = "") -> None:
        found = self.case()
        before, owner = found.require(deed) if found else None, self.claimed_by_id
        self.claimed_by_id, self.state, self.waiting_since = to, ConversationState.CLAIMED, None
        if owner is None and self.channel_id is not None:
            record(self, QueueMoved(self.organization_id, self.channel_id))
        if found is not None:
            found.hold(now)
            found.note(deed, before, now, by, person_id=to, words=words)
        self._changed(owner_before=owner if owner != to else None)

    def transfer(self, to: Channel, *, by: Staff, now: datetime, note: str = "") -> None:
        """Move to another channel's queue, keeping history and the original waiting time (S000-7).

        Raises NotPresent, ConversationClosed.
        """
        self._lock()
        self._require_responder(by)
        before, self.channel_id, owner = self.channel_id, to.id, self.claimed_by_id
        self._queue(Deed.TRANSFERRED, now, by, channel_id=to.id, words=note)
        self._changed(before, owner)
        self._stir(before, now)
        self._stir(to.id, now, arrived=True)

    def set_aside(self, *, by: Staff, now: datetime, note: str = "") -> None:
        """Put it among the non-urgent ones, which are answered later, by anybody within reach (S000-8).

        Raises NotPresent, ConversationClosed.
        """
        self._lock()
        self._require_responder(by)
        owner = self.claimed_by_id
        self._queue(Deed.SET_ASIDE, now, by, non_urgent=True, words=note)
        self._changed(owner_before=owner)
        self._stir(self.channel_id, now)

    def put_back(self, now: datetime, *, why: Reason, by: Staff | None = None) -> None:
        """Return it to the queue, at its old place. Raises ConversationClosed; NotNow when nobody has it."""
        self._lock()
        owner = self.claimed_by_id
        self._queue(Deed.RETURNED, now, by, why=why)
        self._changed(owner_before=owner)
        self._stir(self.channel_id, now, arrived=True)

    def leave_to_be_answered(self, now: datetime) -> None:
        """The patient has left before anybody answered: it waits among the non-urgent ones. Raises ConversationClosed."""
        self._lock()
        self._queue(Deed.SET_ASIDE, now, None, non_urgent=True, why=Reason.ABANDONED)
        self._changed()
        self._stir(self.channel_id, now)

    def give_up(self, now: datetime) -> None:
        """The patient has left before anybody answered, and the clinic leaves it at that: its case is done by nobody."""
        self._lock()
        self.finish(now, why=Reason.ABANDONED)
        found = self.case()
        if found is not None:
            found.lapse(now, Reason.ABANDONED)

    def _queue(self, deed: Deed, now: datetime, by: Staff | None, *, non_urgent: bool = False, **about: Any) -> None:
        found = self.case()
        before = found.require(deed) if found else None
        self.claimed_by_id, self.state = None, ConversationState.NEW
        self.waiting_since = found.waiting_since if found else self.waiting_since or now
        if found is not None:
            found.release(returned=deed is Deed.RETURNED)
            found.non_urgent = non_urgent
            found.note(deed, before, now, by, **about)

    def close(self, by: Staff, now: datetime) -> None:
        """End it for both sides. Raises NotPresent, ConversationClosed."""
        self._lock()
        self._require_responder(by)
        if self.claimed_by_id is None:
            self.claimed_by_id = by.practitioner_id  # to be finished by whoever ended it
        self.finish(now, by=by, why=Reason.BY_STAFF)

    def finish(self, now: datetime, *, by: Staff | None = None, why: Reason | None = None) -> None:
        """End it without asking who: the visit it belongs to is over, or the patient left."""
        found = self.case()
        before = found.require(Deed.ENDED) if found and self.state is not ConversationState.CLOSED else None
        self.state, self.closed_at, self.waiting_since = ConversationState.CLOSED, now, None
        if found is not None and before is not None:
            found.note(Deed.ENDED, before, now, by, why=why)
        self._changed()
        self._stir(self.channel_id, now)

    def reopen(self, channel: Channel, now: datetime, by: Staff | None = None) -> None:
        """Go on after the end in a channel's queue, with everything that was said before (S002-36)."""
        session = session_of(self)
        session.refresh(self, with_for_update=True)
        found = self.case()
        was = found.require(Deed.REOPENED) if found else None
        before = self.channel_id if self.channel_id != channel.id else None
        self.channel_id, self.claimed_by_id, self.state = channel.id, None, ConversationState.NEW
        self.waiting_since, self.closed_at = now, None
        if found is None:
            case.open_for(session, self, now)
        else:
            found.done_at, found.done_by_id, found.outcome_id, found.waiting_since = None, None, None, now
            found.release(returned=False)
            found.note(Deed.REOPENED, was, now, by, channel_id=channel.id)
        self._changed(before)
        self._stir(self.channel_id, now, arrived=True)

    def emptied(self, now: datetime) -> None:
        """What was said is deleted for good: nobody has anything to read any more, and the day of it is kept."""
        self.erased_at = now
        self.sealed_details = None
        self.nothing_unread()

    def nothing_unread(self) -> None:
        """What was said is gone."""
        self.last_author, self.unread_by_staff, self.unread_by_patient = None, 0, 0
        self._changed()

    def resume(self) -> None:
        """Go on after the end where it stood; no channel is asked."""
        session_of(self).refresh(self, with_for_update=True)
        if self.state is ConversationState.CLOSED:
            self.state, self.closed_at = ConversationState.NEW, None
            self._changed()

    def touch(self) -> None:
        """Something of its case has changed: everybody who lists it looks again."""
        self._changed()

    def case(self) -> Case | None:
        """Its case, fresh; the caller has locked the thread."""
        session = session_of(self)
        return session.scalar(select(Case).where(Case.conversation_id == self.id), execution_options={"populate_existing": True})

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

    def belongs_to(self, patient_id: int | None) -> None:
        """Staff have said whose it is, or that they were wrong."""
        self.patient_id = patient_id
        self._changed()

    def tell_again(self) -> None:
        """Something that is shown beside it has changed."""
        self._changed()

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
        if self.channel is None or self.claimed_by_id == by.practitioner_id or self._waits_without_presence(by):
            return
        self.channel.require_presence(by)

    def _waits_without_presence(self, by: Staff) -> bool:
        """Whether it is among the non-urgent ones that this person may answer."""
        channel, found = self.channel, self.case()
        if channel is None or found is None or not found.non_urgent:
            return False
        return by.sees_everything or channel.department_id is None or channel.department_id in by.departments

    def _stir(self, channel_id: int | None, now: datetime, *, arrived: bool = False) -> None:
        if channel_id is not None:
            record(self, Stirred(self.organization_id, channel_id, now, arrived_id=self.id if arrived else None))

    def _changed(self, channel_before: int | None = None, owner_before: int | None = None) -> None:
        session = session_of(self)
        self.changed = advance(session, FeedName.INBOX)
        session.flush()
        fact = ConversationChanged(self.organization_id, self.id, self.channel_id, self.changed, channel_before, owner_before)
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
    if channel is not None:
        case.open_for(session, thread, now)
    thread._changed()
    if not even_closed:
        thread._stir(thread.channel_id, now, arrived=True)
    return thread


def _same_visitor(thread: Conversation, visitor: str) -> Conversation:
    if thread.visitor != visitor:
        raise UnknownConversation
    return thread


def own(session: Session, uid: str, visitor: str, widget_id: int | None) -> Conversation:
    """The thread that this visitor started in this widget. Raises UnknownConversation."""
    mine = (Conversation.uid == uid) & (Conversation.widget_id == widget_id)
    thread = session.scalar(select(Conversation).where(mine))
    if thread is None:
        raise UnknownConversation
    return _same_visitor(thread, visitor)


def all_own(session: Session, visitor: str, widget_id: int, *, limit: int) -> Sequence[Conversation]:
    """The threads that this visitor has in this widget and that can still be read, those that go on first, then the newest."""
    mine = (Conversation.visitor == visitor) & (Conversation.widget_id == widget_id) & Conversation.erased_at.is_(None)
    order = (Conversation.closed_at.is_not(None), Conversation.last_at.desc(), Conversation.id.desc())
    return session.scalars(select(Conversation).where(mine).order_by(*order).limit(limit)).all()
