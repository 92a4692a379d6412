"""Messages: what a patient and the clinic write to each other, in the order everybody sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    Index,
    LargeBinary,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from telehealth import audit
from telehealth.channel import NotAllowed
from telehealth.conversation import AuthorKind, Conversation, ConversationClosed, ConversationState, UnknownConversation
from telehealth.database import Base, Instant, Owned, Session, one_of, session_of, within_organization
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.file import FileState, StoredFile
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff

LONGEST_MESSAGE = 8000  # characters


class EmptyMessage(ValueError):
    """There is nothing to send."""


class UnknownMessage(Exception):
    """Not there, or not one that this person may change."""


class TooLateToEdit(Exception):
    """Own words can be changed for a while only."""


class MessageTooLong(ValueError):
    """More than LONGEST_MESSAGE characters."""


@dataclass(frozen=True)
class Author:
    """Who writes: a patient by the hashed name of the browser session, staff by id, a group's member by both, or the system."""

    kind: AuthorKind
    name: str = ""
    practitioner_id: int | None = None
    visitor: str | None = None
    member_id: int | None = None


@dataclass(frozen=True)
class FileView:
    """A file that was sent: only a clean one is handed out."""

    uid: str
    name: str
    size: int
    state: FileState


@dataclass(frozen=True)
class MessageView:
    """A message as it is shown; moments are UTC.

    `seq` is its place, `changed` the number of what happened to it last: both come from one counter of the conversation.
    A deleted one has neither text nor file. `practitioner_id` and `internal` are for staff alone, `member_id` tells one
    member of a group from another.
    """

    seq: int
    client_id: str
    author: AuthorKind
    name: str
    text: str
    at: datetime
    changed: int = 0
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    file: FileView | None = None
    practitioner_id: int | None = None
    internal: bool = False
    member_id: int | None = None


@dataclass(frozen=True)
class MessagePosted:
    """Something was said to the other side."""

    organization_id: int
    conversation_id: int
    changed: int
    message: MessageView


@dataclass(frozen=True)
class MessageChanged:
    """What was said was edited or deleted, or its file was looked through."""

    organization_id: int
    conversation_id: int
    message: MessageView


@dataclass(frozen=True)
class NoteChanged:
    """A note of staff to staff was written, edited or deleted. No face of patients listens to this."""

    organization_id: int
    conversation_id: int
    message: MessageView


@dataclass(frozen=True)
class ConversationErased:
    """Nothing of what was said is there any more."""

    organization_id: int
    conversation_id: int


class Message(Owned, Base):
    """One message; `text` is sealed. A repeated `client_id` in the same conversation is the same message.

    An `internal` one is a note that staff write for staff.
    """

    __tablename__ = "message"
    __sealed__ = ("sealed_text",)
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        Index("ix_message_changed", "conversation_id", "changed"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("member_id", "chat_group_member"),
    )
    conversation_id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    changed: Mapped[int]
    client_id: Mapped[str] = mapped_column(String(40))
    author: Mapped[AuthorKind] = mapped_column(one_of(AuthorKind))
    practitioner_id: Mapped[int | None]
    member_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(120), default="")
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    internal: Mapped[bool] = mapped_column(default=False)
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    file_uid: Mapped[str | None] = mapped_column(String(32))

    def place_of(self, column: str) -> str:
        return _place(self.organization_id, self.conversation_id, self.client_id)

    @property
    def text(self) -> str:
        return session_of(self).keyring.open(self.sealed_text, self.place_of("sealed_text"))


class FormerText(Owned, Base):
    """What a message said before it was edited or deleted, where the organisation keeps that; `changed` ended it."""

    __tablename__ = "former_text"
    __sealed__ = ("sealed_text",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("conversation_id", "changed"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int]
    seq: Mapped[int]
    changed: Mapped[int]
    sealed_text: Mapped[bytes] = mapped_column(LargeBinary)
    until: Mapped[datetime]

    def place_of(self, column: str) -> str:
        return _place_of_former(self.organization_id, self.conversation_id, self.changed)


# The hottest verb of the house: prepared once and without the unit of work, a third of the ORM's cost.
_thread, _said = Conversation.__table__, Message.__table__
_KEY = (_thread.c.id == bindparam("conversation")) & (_thread.c.organization_id == bindparam("organization"))
_EARLIER = (_said.c.conversation_id == bindparam("conversation")) & (_said.c.client_id == bindparam("client"))
_NEXT = (
    update(Conversation.__table__)  # type: ignore[arg-type]
    .values(
        seq=_thread.c.seq + 1, last_at=bindparam("now", type_=Instant()),
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
_NUMBER = update(Conversation.__table__).values(changed=bindparam("feed_seq")).where(_KEY)  # type: ignore[arg-type]
_TURN = update(Conversation.__table__).values(seq=_thread.c.seq + 1).where(_KEY).returning(_thread.c.seq)  # type: ignore[arg-type]


def post(
    session: Session, conversation_id: int, client_id: str, text: str, *, by: Author, now: datetime, file: StoredFile | None = None
) -> int:
    """Say something; gives the message's seq, and for a repeated client id the first one's. With a file it needs no words.

    Whether staff may write here is asked before, by `visibility.may_see`; a patient must be the thread's own visitor.
    Raises UnknownConversation, ConversationClosed, EmptyMessage, MessageTooLong.
    """
    text = _sayable(text) if file is None else text
    organization = session.organization_id
    key = {"conversation": conversation_id, "client": client_id, "organization": organization, "holder": by.visitor}
    connection = session.connection()
    statement = _NEXT_OF_PATIENT if by.kind is AuthorKind.PATIENT else _NEXT
    unread = {"for_staff": int(by.kind is AuthorKind.PATIENT), "for_patient": int(by.kind is not AuthorKind.PATIENT)}
    seq = connection.scalar(statement, key | unread | {"now": now, "author": by.kind.value})
    if seq is None:
        return _repeated(session, key, by)
    changed = advance(session, FeedName.INBOX)  # the thread first, then the feed, as whoever takes or closes it does
    connection.execute(_NUMBER, key | {"feed_seq": changed})
    message = MessageView(
        seq, client_id, by.kind, by.name, text, now, seq, file=_file_view(file), practitioner_id=by.practitioner_id, member_id=by.member_id
    )
    connection.execute(_SAVE, _row(session, conversation_id, message))
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


def _row(session: Session, conversation_id: int, message: MessageView) -> dict[str, object]:
    place = _place(session.organization_id, conversation_id, message.client_id)
    return {
        "organization_id": session.organization_id,
        "conversation_id": conversation_id,
        "seq": message.seq,
        "changed": message.changed,
        "client_id": message.client_id,
        "author": message.author.value,
        "practitioner_id": message.practitioner_id,
        "member_id": message.member_id,
        "name": message.name,
        "sealed_text": session.keyring.seal(message.text, place),
        "at": message.at,
        "internal": message.internal,
        "file_uid": message.file.uid if message.file else None,
    }


def _place(organization_id: int, conversation_id: int, client_id: str) -> str:
    return f"{organization_id}|message|{conversation_id}:{client_id}|text"


def _place_of_former(organization_id: int, conversation_id: int, changed: int) -> str:
    return f"{organization_id}|former_text|{conversation_id}:{changed}|text"


def messages(session: Session, conversation_id: int, *, after: int = 0, limit: int = 100) -> Sequence[MessageView]:
    """What was said to the other side and what happened to it after the number `after`, in that order, at most `limit`.

    Ask again with the last `changed` until it is empty. Notes of staff are not among it, whoever asks.
    """
    return _read(session, _after(conversation_id, after).where(~Message.internal).limit(limit))


def messages_and_notes(session: Session, conversation_id: int, *, after: int = 0, limit: int = 100) -> Sequence[MessageView]:
    """The same with the notes: for staff alone."""
    return _read(session, _after(conversation_id, after).limit(limit))


def latest(session: Session, conversation_id: int, *, before: int | None = None, limit: int = 50) -> Sequence[MessageView]:
    """The last that was said to the other side, or the last before a message's place, oldest first; without notes."""
    mine = (Message.conversation_id == conversation_id) & ~Message.internal
    earlier = mine if before is None else mine & (Message.seq < before)
    return _read(session, select(Message).where(earlier).order_by(Message.seq.desc()).limit(limit))[::-1]


def _after(conversation_id: int, after: int) -> Select[Message]:
    mine = (Message.conversation_id == conversation_id) & (Message.changed > after)
    return select(Message).where(mine).order_by(Message.changed)


def _read(session: Session, query: Select[Message]) -> Sequence[MessageView]:
    rows = session.scalars(query).all()
    uids = [row.file_uid for row in rows if row.file_uid]
    files: dict[str, StoredFile] = {}
    if uids:
        files = {file.uid: file for file in session.scalars(select(StoredFile).where(StoredFile.uid.in_(uids)))}
    return [_view(row, files.get(row.file_uid or "")) for row in rows]


def _view(row: Message, file: StoredFile | None) -> MessageView:
    return MessageView(
        row.seq, row.client_id, row.author, row.name, row.text, row.at, row.changed, row.edited_at, row.deleted_at,
        _file_view(file), row.practitioner_id, row.internal, row.member_id,
    )  # fmt: skip


def _file_view(file: StoredFile | None) -> FileView | None:
    return FileView(file.uid, file.name, file.size, file.state) if file is not None else None


def note(session: Session, conversation_id: int, client_id: str, text: str, *, by: Author, now: datetime) -> int:
    """Write something for colleagues only; gives its seq. Also after the end: what is left to do is written down then.

    Raises UnknownConversation, EmptyMessage, MessageTooLong.
    """
    text = _sayable(text)
    key: dict[str, object] = {"conversation": conversation_id, "client": client_id, "organization": session.organization_id}
    seq = _take_number(session, conversation_id)
    if (earlier := session.scalar(_FIRST, key)) is not None:
        return int(earlier)
    made = MessageView(seq, client_id, by.kind, by.name, text, now, seq, practitioner_id=by.practitioner_id, internal=True)
    session.connection().execute(_SAVE, _row(session, conversation_id, made))
    record(session, NoteChanged(session.organization_id, conversation_id, made))
    return seq


def _take_number(session: Session, conversation_id: int) -> int:
    """The next number; changes of one conversation queue here. Raises UnknownConversation."""
    session.flush()
    key: dict[str, object] = {"conversation": conversation_id, "organization": session.organization_id}
    number = session.connection().scalar(_TURN, key)
    if number is None:
        raise UnknownConversation
    thread = session.get_one(Conversation, conversation_id)
    session.refresh(thread)
    return int(number)


def edit(session: Session, thread: Conversation, seq: int, text: str, *, by: Author, now: datetime) -> int:
    """Say it in other words, as its author and soon enough; the same words again change nothing. Gives `changed`.

    Raises UnknownMessage, TooLateToEdit, ConversationClosed, EmptyMessage, MessageTooLong.
    """
    text = _sayable(text)
    number = _take_number(session, thread.id)
    found = _own(session, thread, seq, by)
    if found.text == text:
        return found.changed
    _require_time(session, thread, found, now)
    _keep_former(session, found, number, now)
    found.sealed_text = session.keyring.seal(text, found.place_of("sealed_text"))
    found.edited_at, found.changed = now, number
    audit.rewritten(session, thread, now, otherwise=_actor(found), message=seq)
    return _tell(session, found)


def remove(session: Session, thread: Conversation, seq: int, *, by: Author, now: datetime) -> int:
    """Delete own words for both sides, soon enough; deleting twice is deleting once. Gives `changed`.

    Raises UnknownMessage, TooLateToEdit, ConversationClosed.
    """
    found = _own(session, thread, seq, by)
    if found.deleted_at is None:
        _require_time(session, thread, found, now)
    return _remove(session, thread, found, now)


def remove_any(session: Session, thread: Conversation, seq: int, *, by: Staff, now: datetime) -> int:
    """Delete anybody's words for both sides at any time (S002-79). Raises NotAllowed, UnknownMessage."""
    if not by.may(Permission.DELETE_MESSAGES):
        raise NotAllowed
    return _remove(session, thread, _message(session, thread, seq), now)


def take_away(session: Session, thread: Conversation, seq: int, *, now: datetime) -> int:
    """Delete anybody's words for everybody; whoever calls has asked who may. Raises UnknownMessage."""
    return _remove(session, thread, _message(session, thread, seq), now)


def forget_member(session: Session, member_id: int, now: datetime, *, words_stay: bool) -> None:
    """A member of a group has gone: the words stay without the name, or go."""
    mine = select(Message).where(Message.member_id == member_id).order_by(Message.conversation_id, Message.seq)
    for found in session.scalars(mine).all():
        if words_stay or found.deleted_at is not None:
            found.name, found.changed = "", _take_number(session, found.conversation_id)
            _tell(session, found)
        else:
            found.name = ""
            _remove(session, session.get_one(Conversation, found.conversation_id), found, now)


def forget_before(session: Session, conversation_id: int, moment: datetime) -> None:
    """Delete what was said before a moment, for good and without a trace."""
    old = (Message.conversation_id == conversation_id) & (Message.at < moment)
    if session.scalar(select(Message.seq).where(old).limit(1)) is None:
        return
    thread = session.get_one(Conversation, conversation_id)
    session.refresh(thread, with_for_update=True)
    session.execute(delete(FormerText).where(FormerText.conversation_id == conversation_id, FormerText.until < moment))
    session.execute(delete(Message).where(old))
    thread.unread_by_staff = min(thread.unread_by_staff, _unread(session, thread, AuthorKind.PATIENT, thread.staff_read))
    record(session, ConversationErased(thread.organization_id, thread.id))


def _remove(session: Session, thread: Conversation, found: Message, now: datetime) -> int:
    if found.deleted_at is not None:
        return found.changed
    number = _take_number(session, thread.id)
    _keep_former(session, found, number, now)
    if found.file_uid is not None:
        session.execute(delete(StoredFile).where(StoredFile.uid == found.file_uid))
    found.sealed_text = session.keyring.seal("", found.place_of("sealed_text"))
    found.deleted_at, found.changed, found.file_uid = now, number, None
    session.flush()
    _recount(session, thread, found)
    audit.deleted(session, thread, now, otherwise=_actor(found), message=found.seq)
    return _tell(session, found)


def _actor(found: Message) -> str:
    """Who changes own words where nobody is signed in."""
    return "patient" if found.author is AuthorKind.PATIENT else "system"


def _message(session: Session, thread: Conversation, seq: int) -> Message:
    found = session.get(Message, (thread.id, seq), populate_existing=True)
    if found is None:
        raise UnknownMessage
    return found


def _own(session: Session, thread: Conversation, seq: int, by: Author) -> Message:
    found = _message(session, thread, seq)
    mine = (found.author, found.practitioner_id, found.member_id) == (by.kind, by.practitioner_id, by.member_id)
    if not mine or (found.internal and by.kind is not AuthorKind.STAFF):
        raise UnknownMessage
    return found


def _require_time(session: Session, thread: Conversation, found: Message, now: datetime) -> None:
    if thread.state is ConversationState.CLOSED and not found.internal:
        raise ConversationClosed
    organization = session.get_one(Organization, session.organization_id)
    if found.deleted_at is not None or now > found.at + timedelta(minutes=organization.edit_minutes):
        raise TooLateToEdit


def _keep_former(session: Session, found: Message, changed: int, now: datetime) -> None:
    if not session.get_one(Organization, session.organization_id).keep_former_words or not found.text:
        return
    sealed = session.keyring.seal(found.text, _place_of_former(session.organization_id, found.conversation_id, changed))
    session.add(
        FormerText(conversation_id=found.conversation_id, seq=found.seq, changed=changed, sealed_text=sealed, until=now)
    )


def former_texts(session: Session, thread: Conversation, seq: int) -> Sequence[tuple[str, datetime]]:
    """What a message said before, and until when, oldest first: nothing unless the organisation keeps that."""
    mine = (FormerText.conversation_id == thread.id) & (FormerText.seq == seq)
    rows = session.scalars(select(FormerText).where(mine).order_by(FormerText.changed))
    return [(session.keyring.open(row.sealed_text, row.place_of("sealed_text")), row.until) for row in rows]


def _tell(session: Session, found: Message) -> int:
    session.flush()
    file = session.scalar(select(StoredFile).where(StoredFile.uid == found.file_uid)) if found.file_uid else None
    kind = NoteChanged if found.internal else MessageChanged
    record(session, kind(session.organization_id, found.conversation_id, _view(found, file)))
    return found.changed


def file_settled(session: Session, file: StoredFile) -> None:
    """A file was looked through: whoever has its message open is told."""
    found = session.scalar(select(Message).where(Message.conversation_id == file.conversation_id, Message.file_uid == file.uid))
    if found is not None:
        found.changed = _take_number(session, found.conversation_id)
        _tell(session, found)


def seen_by_staff(session: Session, thread: Conversation, by: Staff, to: int) -> None:
    """Somebody has this before the eyes up to a number. Raises NotPresent."""
    thread.read_by_staff(by, to, _unread(session, thread, AuthorKind.PATIENT, max(to, thread.staff_read)))


def seen_by_patient(session: Session, thread: Conversation, to: int) -> None:
    thread.read_by_patient(to, _unread(session, thread, None, max(to, thread.patient_read)))


def _unread(session: Session, thread: Conversation, author: AuthorKind | None, after: int) -> int:
    """How many messages after a number its reader has not seen: the patient's, or with None those of the clinic."""
    if after >= thread.seq:
        return 0
    theirs = Message.author == author if author else Message.author != AuthorKind.PATIENT
    mine = (Message.conversation_id == thread.id) & (Message.seq > after) & theirs
    there = mine & ~Message.internal & Message.deleted_at.is_(None)
    return session.scalar(select(func.count()).select_from(Message).where(there)) or 0


def _recount(session: Session, thread: Conversation, found: Message) -> None:
    """What is deleted is not unread any more."""
    if found.internal:
        return
    if found.author is AuthorKind.PATIENT:
        thread.unread_by_staff = min(thread.unread_by_staff, _unread(session, thread, found.author, thread.staff_read))
    else:
        thread.unread_by_patient = min(thread.unread_by_patient, _unread(session, thread, None, thread.patient_read))


def erase_by(session: Session, thread: Conversation, by: Staff, now: datetime) -> None:
    """Delete everything that was said, for both sides, at any time (S002-79). Raises NotAllowed."""
    if not by.may(Permission.DELETE_MESSAGES):
        raise NotAllowed
    erase(session, thread, now)


def forget(session: Session, thread: Conversation, now: datetime) -> None:
    """Delete what was said so far in the same way; the conversation goes on."""
    _delete_all(session, thread)
    thread.nothing_unread()
    audit.deleted(session, thread, now)
    record(session, ConversationErased(thread.organization_id, thread.id))


def _delete_all(session: Session, thread: Conversation) -> None:
    session.refresh(thread, with_for_update=True)
    for kind in (Message, FormerText, StoredFile):
        session.execute(delete(kind).where(kind.conversation_id == thread.id))


def erase(session: Session, thread: Conversation, now: datetime) -> None:
    """Delete what was said, for good: words, notes and files. Twice is once. Numbers of messages are not given again."""
    _delete_all(session, thread)
    if (found := thread.case()) is not None:
        found.erase()
    if thread.erased_at is None:
        thread.emptied(now)
        audit.deleted(session, thread, now)
        record(session, ConversationErased(thread.organization_id, thread.id))
