"""Messages: what a patient and the clinic write to each other, in the order everybody sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint, bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from telehealth import audit
from telehealth.conversation import AuthorKind, Conversation, ConversationClosed, ConversationState, UnknownConversation
from telehealth.database import Base, Instant, Owned, Session, one_of, within_organization
from telehealth.event import record
from telehealth.feed import FeedName, advance

LONGEST_MESSAGE = 8000  # characters


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
class ConversationErased:
    """Nothing of what was said is there any more."""

    organization_id: int
    conversation_id: int


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


def erase(session: Session, thread: Conversation, now: datetime) -> None:
    """Delete what was said, for good; erasing twice is erasing once. Numbers of messages are not given again."""
    session.refresh(thread, with_for_update=True)
    session.execute(delete(Message).where(Message.conversation_id == thread.id))
    if thread.erased_at is None:
        thread.emptied(now)
        audit.deleted(session, thread, now)
        record(session, ConversationErased(thread.organization_id, thread.id))
