"""Conversations: what a patient and the clinic write to each other, in the order everybody sees."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import audit
from telehealth.channel import Channel, NotAllowed
from telehealth.database import Base, Instant, Owned, Session, one_of, session_of, within_organization
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Staff

LONGEST_MESSAGE = 8000  # characters


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


class EmptyMessage(ValueError):
    """There is nothing to send."""


class MessageTooLong(ValueError):
    """More than LONGEST_MESSAGE characters."""


@dataclass(frozen=True)
class Author:
    """Who writes: a patient by the hashed name of the browser session, staff by id, or the system."""

    kind: AuthorKind
    name: str = ""
    practitioner_id: int | None = None
    visitor: str | None = None


@dataclass(frozen=True)
class MessageView:
    """A message as it is shown; `at` is UTC."""

    seq: int
    client_id: str
    author: AuthorKind
    name: str
    text: str
    at: datetime


@dataclass(frozen=True)
class MessagePosted:
    organization_id: int
    conversation_id: int
    changed: int
    message: MessageView


@dataclass(frozen=True)
class ConversationChanged:
    """Started, claimed, transferred, read or closed; `channel_before` names the channel it left."""

    organization_id: int
    conversation_id: int
    channel_id: int | None
    changed: int
    channel_before: int | None = None


@dataclass(frozen=True)
class ConversationErased:
    """Nothing of what was said is there any more."""

    organization_id: int
    conversation_id: int


class Conversation(Owned, Base):
    """A thread between one patient contact and the people present in a channel, or of a visit (S000-7, S003-11).

    `seq` numbers its messages, `changed` is its place in the inbox feed; `visitor` is the hashed name of the browser
    session that may write. A visit's conversation has no channel.
    """

    __tablename__ = "conversation"
    __sealed__ = ("sealed_details",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_conversation_visitor", "organization_id", "widget_id", "visitor"),
        Index("ix_conversation_place", "channel_id", "state", "waiting_since"),
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

    def erase(self, now: datetime) -> None:
        """Delete what was said, for good; erasing twice is erasing once. Numbers of messages are not given again."""
        session = session_of(self)
        session.refresh(self, with_for_update=True)
        session.execute(delete(Message).where(Message.conversation_id == self.id))
        self.sealed_details = None
        if self.erased_at is None:
            self.erased_at, self.last_author, self.unread_by_staff, self.unread_by_patient = now, None, 0, 0
            audit.deleted(session, self, now)
            self._changed()
            record(session, ConversationErased(self.organization_id, self.id))

    def read_by_staff(self, by: Staff) -> None:
        """Raises NotPresent."""
        if self.unread_by_staff:
            self._require_presence(by)
            self.unread_by_staff = 0
            self._changed()

    def read_by_patient(self) -> None:
        if self.unread_by_patient:
            self.unread_by_patient = 0
            self._changed()

    def _lock(self) -> None:
        session_of(self).refresh(self, with_for_update=True)
        if self.state is ConversationState.CLOSED:
            raise ConversationClosed

    def _require_responder(self, by: Staff) -> None:
        if not by.may(Permission.ANSWER_CHAT):
            raise NotAllowed
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


class Message(Owned, Base):
    """One message; `text` is sealed. A repeated `client_id` in the same conversation is the same message."""

    __tablename__ = "message"
    __sealed__ = ("sealed_text",)
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("practitioner_id", "practitioner"),
    )
    conversation_id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(40))
    author: Mapped[AuthorKind] = mapped_column(one_of(AuthorKind))
    practitioner_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(120), default="")
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]

    def place_of(self, column: str) -> str:
        return _place(self.organization_id, self.conversation_id, self.client_id)


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


def all_own(session: Session, visitor: str, widget_id: int, *, limit: int) -> Sequence[Conversation]:
    """The threads that this visitor has in this widget and that can still be read, those that go on first, then the newest."""
    mine = (Conversation.visitor == visitor) & (Conversation.widget_id == widget_id) & Conversation.erased_at.is_(None)
    order = (Conversation.closed_at.is_not(None), Conversation.last_at.desc(), Conversation.id.desc())
    return session.scalars(select(Conversation).where(mine).order_by(*order).limit(limit)).all()


def ahead_of(session: Session, thread: Conversation) -> int | None:
    """How many wait longer in the same channel; None when this one does not wait."""
    if thread.state is not ConversationState.NEW or thread.channel_id is None or thread.waiting_since is None:
        return None
    waits = (Conversation.channel_id == thread.channel_id) & (Conversation.state == ConversationState.NEW)
    longer = or_(
        Conversation.waiting_since < thread.waiting_since,
        (Conversation.waiting_since == thread.waiting_since) & (Conversation.id < thread.id),
    )
    return session.scalar(select(func.count()).select_from(Conversation).where(waits, longer))


# The hottest verb of the house: prepared once and without the unit of work, a third of the ORM's cost.
_thread, _said = Conversation.__table__, Message.__table__
_KEY = (_thread.c.id == bindparam("conversation")) & (_thread.c.organization_id == bindparam("organization"))
_EARLIER = (_said.c.conversation_id == bindparam("conversation")) & (_said.c.client_id == bindparam("client"))
_NEXT = (
    update(Conversation.__table__)  # type: ignore[arg-type]
    .values(
        seq=_thread.c.seq + 1, changed=bindparam("feed_seq"), last_at=bindparam("now", type_=Instant()),
        last_author=bindparam("author"),
        unread_by_staff=_thread.c.unread_by_staff + bindparam("for_staff"),
        unread_by_patient=_thread.c.unread_by_patient + bindparam("for_patient"),
    )
    .where(_KEY, _thread.c.state != ConversationState.CLOSED, ~exists().where(_EARLIER))
    .returning(_thread.c.seq)  # locks the row: posts of one conversation queue here
)  # fmt: skip
_NEXT_OF_PATIENT = _NEXT.where(_thread.c.visitor == bindparam("holder"))
_FIRST = select(_said.c.seq).where(_EARLIER, _said.c.organization_id == bindparam("organization"))
_THERE = select(_thread.c.state, _thread.c.visitor).where(_KEY)
_SAVE = insert(Message.__table__)  # type: ignore[arg-type]


def post(session: Session, conversation_id: int, client_id: str, text: str, *, by: Author, now: datetime) -> int:
    """Say something; gives the message's seq, and for a repeated client id the first one's.

    Whether staff may write here is asked before, by `visibility.may_see`; a patient must be the thread's own visitor.
    Raises UnknownConversation, ConversationClosed, EmptyMessage, MessageTooLong.
    """
    text = _sayable(text)
    organization = session.organization_id
    key = {"conversation": conversation_id, "client": client_id, "organization": organization, "holder": by.visitor}
    changed = advance(session, FeedName.INBOX)
    connection = session.connection()
    statement = _NEXT_OF_PATIENT if by.kind is AuthorKind.PATIENT else _NEXT
    unread = {"for_staff": int(by.kind is AuthorKind.PATIENT), "for_patient": int(by.kind is not AuthorKind.PATIENT)}
    seq = connection.scalar(statement, key | unread | {"feed_seq": changed, "now": now, "author": by.kind.value})
    if seq is None:
        return _repeated(session, key, by)
    message = MessageView(seq, client_id, by.kind, by.name, text, now)
    connection.execute(_SAVE, _row(session, conversation_id, message, by.practitioner_id))
    record(session, MessagePosted(organization, conversation_id, changed, message))
    return int(seq)


def _sayable(text: str) -> str:
    text = text.strip()
    if not text:
        raise EmptyMessage
    if len(text) > LONGEST_MESSAGE:
        raise MessageTooLong
    return text


def _repeated(session: Session, key: dict[str, object], by: Author) -> int:
    there = session.execute(_THERE, key).one_or_none()
    if there is None or (by.kind is AuthorKind.PATIENT and there.visitor != by.visitor):
        raise UnknownConversation
    if (seq := session.scalar(_FIRST, key)) is None:
        raise ConversationClosed
    return int(seq)


def _row(session: Session, conversation_id: int, message: MessageView, practitioner_id: int | None) -> dict[str, object]:
    place = _place(session.organization_id, conversation_id, message.client_id)
    return {
        "organization_id": session.organization_id,
        "conversation_id": conversation_id,
        "seq": message.seq,
        "client_id": message.client_id,
        "author": message.author.value,
        "practitioner_id": practitioner_id,
        "name": message.name,
        "sealed_text": session.keyring.seal(message.text, place),
        "at": message.at,
    }


def _place(organization_id: int, conversation_id: int, client_id: str) -> str:
    return f"{organization_id}|message|{conversation_id}:{client_id}|text"


def messages(session: Session, conversation_id: int, *, after: int = 0, limit: int = 100) -> Sequence[MessageView]:
    """What was said after `after`, oldest first, at most `limit`: ask again with the last seq until it is empty."""
    rows = session.scalars(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after)
        .order_by(Message.seq)
        .limit(limit)
    )
    return [_view(session, row) for row in rows]


def _view(session: Session, row: Message) -> MessageView:
    text = session.keyring.open(row.sealed_text, row.place_of("sealed_text"))
    return MessageView(row.seq, row.client_id, row.author, row.name, text, row.at)
