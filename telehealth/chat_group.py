"""Chat groups: patients who write to each other under names of their own choice, looked after by staff (S001-11, S001-27).

What is said is a conversation like any other, so order, catching up, edits and traces are those of `message`. Who is who,
moderators alone can see; members know each other by the names they gave themselves.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, LargeBinary, String, Table, UniqueConstraint, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import authorisation, clock, message
from telehealth.audit import AuditAction, AuditEvent
from telehealth.channel import NotAllowed
from telehealth.conversation import AuthorKind, Conversation
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.message import Author, Message, UnknownMessage
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.patient import Patient, same_person
from telehealth.practitioner import Permission, Practitioner, Staff

LONGEST_NAME = 40  # characters of a chosen name
LONGEST_REASON = 500
TOLD_EVERY = timedelta(days=1)  # at most so often a mail says that something is unread


class GroupState(StrEnum):
    """Whether members can write, only read, or neither."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class GroupNames(StrEnum):
    """Whether members must take another name, or may use their own."""

    NICKNAME = "nickname"
    CHOICE = "choice"


class MemberState(StrEnum):
    """INVITED has not agreed yet, PAUSED may read but not write; the last three are out."""

    INVITED = "invited"
    IN = "in"
    PAUSED = "paused"
    DECLINED = "declined"
    LEFT = "left"
    REMOVED = "removed"


class NoticeKind(StrEnum):
    """What moderators have done and a member is told."""

    MESSAGE_REMOVED = "message_removed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"


class PrivateState(StrEnum):
    ASKED = "asked"
    ON = "on"
    DECLINED = "declined"
    ENDED = "ended"


HERE = (MemberState.IN, MemberState.PAUSED)


class UnknownGroup(Exception):
    """Not there, or not this person's."""


class UnknownMember(Exception):
    """Not there, or not in this group."""


class GroupPaused(Exception):
    """Nobody, or not this member, can write at the moment."""


class GroupClosed(Exception):
    """It is not there for anybody until it is opened again."""


class GroupFull(Exception):
    """As many members as it may have."""


class NameWanted(ValueError):
    """A name of two to LONGEST_NAME characters is needed."""


class NameTaken(ValueError):
    """Another member, or somebody who works here, is called so."""


class OwnNameRefused(ValueError):
    """This group wants a name that does not tell who one is."""


class ReasonWanted(ValueError):
    """Whoever is told should be told why."""


class NoPrivateTalks(Exception):
    """The group has none, or one of the two cannot take part."""


@dataclass(frozen=True)
class GroupChanged:
    """Something about a group, its members, reports or talks of two; whoever shows it asks anew."""

    organization_id: int
    group_id: int


def _organization_of_group(context: Any) -> int:
    group_id = context.get_current_parameters()["group_id"]
    table = ChatGroup.__table__
    return int(context.connection.execute(select(table.c.organization_id).where(table.c.id == group_id)).scalar_one())


chat_group_moderator = Table(
    "chat_group_moderator",
    Base.metadata,
    Column("organization_id", Integer, default=_organization_of_group, nullable=False),
    Column("group_id", Integer, primary_key=True),
    Column("practitioner_id", Integer, primary_key=True),
    ForeignKeyConstraint(["organization_id", "group_id"], ["chat_group.organization_id", "chat_group.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["organization_id", "practitioner_id"], ["practitioner.organization_id", "practitioner.id"], ondelete="CASCADE"),
)


def _new_thread() -> Conversation:
    """Nobody's browser may write here: whoever does is asked for as a member."""
    now = clock.now()
    return Conversation(
        client_id=f"group-{secrets.token_urlsafe(16)}", visitor=f"group-{secrets.token_hex(24)}", subject="", locale="", started_at=now,
        last_at=now,
    )  # fmt: skip


class ChatGroup(Owned, Base):
    """`conversation` holds what all members read. 0 `days_kept` keeps words until they are deleted."""

    __tablename__ = "chat_group"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "name"),
        UniqueConstraint("organization_id", "conversation_id"),
        within_organization("department_id", "department"),
        within_organization("conversation_id", "conversation"),
    )
    __translatable__ = {"name": "line", "description": "text", "rules": "text"}
    __tracked__ = ("name", "description", "rules", "department_id", "state", "names", "most", "private_talks", "days_kept")
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(1000), default="")
    rules: Mapped[str] = mapped_column(String(2000), default="")
    department_id: Mapped[int | None]
    conversation_id: Mapped[int]
    state: Mapped[GroupState] = mapped_column(one_of(GroupState), default=GroupState.OPEN)
    names: Mapped[GroupNames] = mapped_column(one_of(GroupNames), default=GroupNames.NICKNAME)
    most: Mapped[int] = mapped_column(default=20)
    private_talks: Mapped[bool] = mapped_column(default=False)
    days_kept: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department | None] = relationship(primaryjoin="Department.id == foreign(ChatGroup.department_id)")
    conversation: Mapped[Conversation] = relationship(
        primaryjoin="Conversation.id == foreign(ChatGroup.conversation_id)", cascade="save-update"
    )
    moderators: Mapped[list[Practitioner]] = relationship(secondary=chat_group_moderator, order_by=Practitioner.name)

    def __init__(self, **values: Any) -> None:
        super().__init__(**({"conversation": _new_thread()} | values))

    def __str__(self) -> str:
        return self.name

    def members(self, *states: MemberState) -> Sequence[GroupMember]:
        """Those in these states, without any everybody who is or was invited, by their names."""
        mine = GroupMember.group_id == self.id
        wanted = mine & GroupMember.state.in_(states) if states else mine
        return session_of(self).scalars(select(GroupMember).where(wanted).order_by(GroupMember.nickname, GroupMember.id)).all()

    def invite(self, patient: Patient, by: Staff, now: datetime) -> GroupMember:
        """Ask somebody to join, by a mail that says nothing of the group; twice is once. Whether one may is asked before.

        Raises GroupClosed, GroupFull.
        """
        session = self._locked()
        if self.state is GroupState.CLOSED:
            raise GroupClosed
        found = _of(session, self, patient)
        if found is not None and found.state in (MemberState.INVITED, *HERE):
            return found
        self._require_room(session)
        if found is None:
            found = GroupMember(group_id=self.id, uid=secrets.token_urlsafe(16), patient_id=patient.id, nickname="", invited_at=now)
            session.add(found)
        found.state, found.invited_at, found.invited_by_id, found.ended_at = MemberState.INVITED, now, by.practitioner_id, None
        session.flush()
        _note(session, by, found, now, MemberState.INVITED)
        found.told = _mail(session, MailKind.GROUP_INVITATION, found, now, key_of("group", self.organization_id, found.id, now), by.practitioner_id)
        self._changed()
        return found

    def turn(self, state: GroupState) -> None:
        """Open it, pause it, close it; the same again changes nothing."""
        if self.state is not state:
            self.state = state
            self._changed()

    def _locked(self) -> Session:
        session = session_of(self)
        session.flush()
        session.refresh(self, with_for_update=True)  # those who come in at once queue here
        return session

    def _require_room(self, session: Session) -> None:
        taken = GroupMember.state.in_((MemberState.INVITED, *HERE)) & (GroupMember.group_id == self.id)
        if (session.scalar(select(func.count()).select_from(GroupMember).where(taken)) or 0) >= self.most:
            raise GroupFull

    def said_by(self, by: Staff, text: str, client_id: str, now: datetime) -> int:
        """A moderator writes to everybody, in the own name. Raises ConversationClosed, EmptyMessage, MessageTooLong."""
        author = Author(AuthorKind.STAFF, by.name, by.practitioner_id)
        return message.post(session_of(self), self.conversation_id, client_id, text, by=author, now=now)

    def _changed(self) -> None:
        session = session_of(self)
        session.flush()
        record(session, GroupChanged(self.organization_id, self.id))


class GroupMember(Owned, Base):
    """Somebody in a group. `nickname` is what the others see, `name_key` what makes it the only one; `read` is up to which
    message. `waits_since` is since when something is unread, `told_at` when a mail last said so; muted, none does.
    """

    __tablename__ = "chat_group_member"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("group_id", "patient_id"),
        UniqueConstraint("group_id", "name_key"),
        UniqueConstraint("organization_id", "uid"),
        within_organization("group_id", "chat_group", ondelete="CASCADE"),
        within_organization("patient_id", "patient"),
        within_organization("invited_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int]
    uid: Mapped[str] = mapped_column(String(32))
    patient_id: Mapped[int]
    nickname: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    name_key: Mapped[str | None] = mapped_column(String(160))
    state: Mapped[MemberState] = mapped_column(one_of(MemberState), default=MemberState.INVITED)
    invited_at: Mapped[datetime]
    invited_by_id: Mapped[int | None]
    agreed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    read: Mapped[int] = mapped_column(default=0)
    muted: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime | None]
    group: Mapped[ChatGroup] = relationship(primaryjoin="ChatGroup.id == foreign(GroupMember.group_id)")
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(GroupMember.patient_id)")

    told = True  # whether a mail could be written when invited; not kept

    @property
    def is_here(self) -> bool:
        return self.state in HERE

    def agree(self, nickname: str, now: datetime) -> None:
        """Come in under a name, having read the rules; twice is once.

        Raises UnknownGroup for whoever is not invited, NameWanted, NameTaken, OwnNameRefused, GroupClosed.
        """
        session = self.group._locked()
        session.refresh(self)
        if self.is_here:
            return
        if self.state is not MemberState.INVITED:
            raise UnknownGroup
        if self.group.state is GroupState.CLOSED:
            raise GroupClosed
        self._take_name(session, nickname)
        self.state, self.agreed_at, self.read = MemberState.IN, now, self.group.conversation.seq
        session.add(AuditEvent(
            at=now, actor=f"patient:{self.patient_id}", action=AuditAction.CHANGED, entity="chat_group_member", entity_id=self.id,
            changes={"state": [MemberState.INVITED.value, MemberState.IN.value]},
        ))  # fmt: skip
        self.group._changed()

    def _take_name(self, session: Session, nickname: str) -> None:
        name = " ".join(nickname.split())
        if not 2 <= len(name) <= LONGEST_NAME or not any(character.isalpha() for character in name):
            raise NameWanted
        key = _key(name)
        if self.group.names is GroupNames.NICKNAME and _tells(name, self.patient):
            raise OwnNameRefused
        if any(_key(person) == key for person in session.scalars(select(Practitioner.name).where(Practitioner.active))):
            raise NameTaken
        try:
            with session.begin_nested():
                self.nickname, self.name_key = name, key
                session.flush()
        except IntegrityError as taken:
            raise NameTaken from taken

    def decline(self, now: datetime) -> None:
        """Not come in; twice is once."""
        if self.state is MemberState.INVITED:
            self._end(MemberState.DECLINED, now)

    def leave(self, now: datetime) -> None:
        """Go; what was said goes or stays as the organisation wants it."""
        if self.is_here:
            self._end(MemberState.LEFT, now)

    def pause(self, by: Staff, reason: str, now: datetime) -> None:
        """Let somebody read only, and say why. Raises ReasonWanted."""
        reason = _reason(reason)
        if self.state is MemberState.IN:
            self._turn(MemberState.PAUSED, by, now)
            self._notify(NoticeKind.PAUSED, reason, by, now)

    def resume(self, by: Staff, now: datetime) -> None:
        if self.state is MemberState.PAUSED:
            self._turn(MemberState.IN, by, now)
            self._notify(NoticeKind.RESUMED, "", by, now)

    def remove(self, by: Staff, reason: str, now: datetime) -> None:
        """Put somebody out, and say why; an invitation is taken back without a word. Raises ReasonWanted."""
        if self.state is MemberState.INVITED:
            self._end(MemberState.REMOVED, now)
            return
        reason = _reason(reason)
        if self.is_here:
            self._notify(NoticeKind.REMOVED, reason, by, now)
            _note(session_of(self), by, self, now, self.state, MemberState.REMOVED)
            self._end(MemberState.REMOVED, now)

    def _notify(self, kind: NoticeKind, reason: str, by: Staff, now: datetime) -> None:
        session = session_of(self)
        notice = GroupNotice(member_id=self.id, uid=secrets.token_urlsafe(16), kind=kind, at=now, by_id=by.practitioner_id)
        notice.organization_id = self.organization_id
        notice.sealed_words = session.keyring.seal(reason, notice.place_of("sealed_words"))
        session.add(notice)
        self.group._changed()

    def _turn(self, state: MemberState, by: Staff, now: datetime) -> None:
        _note(session_of(self), by, self, now, self.state, state)
        self.state = state

    def _end(self, state: MemberState, now: datetime) -> None:
        session = session_of(self)
        was_here, self.state, self.ended_at, self.name_key = self.is_here, state, now, None
        if was_here:
            for talk in private_talks(session, self):
                talk.end()
            stay = session.get_one(Organization, self.organization_id).group_words_stay
            message.forget_member(session, self.id, now, words_stay=stay)
        self.group._changed()

    def post(self, client_id: str, text: str, now: datetime) -> int:
        """Say something to all. Raises GroupPaused, ConversationClosed, EmptyMessage, MessageTooLong, UnknownGroup."""
        return self._post(self.group.conversation, client_id, text, now)

    def _post(self, thread: Conversation, client_id: str, text: str, now: datetime) -> int:
        self.require_voice()
        return message.post(session_of(self), thread.id, client_id, text, by=self.author(thread), now=now)

    def author(self, thread: Conversation) -> Author:
        return Author(AuthorKind.PATIENT, self.nickname, visitor=thread.visitor, member_id=self.id)

    def require_voice(self) -> None:
        """Raises GroupPaused when this member cannot write now, UnknownGroup when not here at all."""
        if not self.is_here:
            raise UnknownGroup
        if self.state is MemberState.PAUSED or self.group.state is not GroupState.OPEN:
            raise GroupPaused

    def edit(self, thread: Conversation, seq: int, text: str, now: datetime) -> int:
        """Own words otherwise. Raises GroupPaused and what `message.edit` raises."""
        self.require_voice()
        return message.edit(session_of(self), thread, seq, text, by=self.author(thread), now=now)

    def delete(self, thread: Conversation, seq: int, now: datetime) -> int:
        """Own words away. Raises what `message.remove` raises; a paused member may."""
        return message.remove(session_of(self), thread, seq, by=self.author(thread), now=now)

    def seen(self, to: int) -> None:
        """Has read up to a message; it never goes back."""
        to = min(to, self.group.conversation.seq)
        if to > self.read:
            self.read = to
            session_of(self).flush()

    def unread(self) -> int:
        """How many messages of others were not read."""
        return unread_of(session_of(self), [self]).get(self.id, 0)

    def mute(self, on: bool) -> None:
        """No mails of this group, or again."""
        self.muted = on

    def report(self, thread: Conversation, seq: int, words: str, now: datetime) -> GroupReport:
        """Tell the moderators of a message of somebody else; twice is once. Raises UnknownMessage."""
        session = session_of(self)
        said = session.get(Message, (thread.id, seq))
        if said is None or said.member_id in (None, self.id) or said.deleted_at is not None:
            raise UnknownMessage
        mine = (GroupReport.conversation_id == thread.id) & (GroupReport.seq == seq) & (GroupReport.member_id == self.id)
        if (earlier := session.scalar(select(GroupReport).where(mine))) is not None:
            return earlier
        made = GroupReport(group_id=self.group_id, conversation_id=thread.id, seq=seq, member_id=self.id, at=now, uid=secrets.token_urlsafe(16))
        made.organization_id = self.organization_id
        made.sealed_words = session.keyring.seal(words.strip()[:LONGEST_REASON], made.place_of("sealed_words"))
        session.add(made)
        session.flush()
        talk = session.scalar(select(PrivateTalk).where(PrivateTalk.conversation_id == thread.id))
        if talk is not None:
            talk.reported_at = talk.reported_at or now
        self.group._changed()
        return made

    def ask(self, other: GroupMember, now: datetime) -> PrivateTalk:
        """Ask another member for a talk of two; twice is once, and whoever is asked by both has it. Raises NoPrivateTalks."""
        session = self.group._locked()
        able = self.group.private_talks and self.id != other.id and self.group_id == other.group_id
        if not (able and self.state is MemberState.IN and other.state is MemberState.IN and self.group.state is GroupState.OPEN):
            raise NoPrivateTalks
        found = _between(session, self, other)
        if found is not None and found.asked_id == self.id and found.state is PrivateState.ASKED:
            found.accept(self)
        if found is not None and found.state in (PrivateState.ASKED, PrivateState.ON):
            return found
        if found is not None and found.state is PrivateState.DECLINED and found.asker_id == self.id:
            raise NoPrivateTalks  # a no is a no
        if found is None:
            found = PrivateTalk(group_id=self.group_id, conversation=_new_thread(), asker_id=self.id, asked_id=other.id, at=now)
            session.add(found)
        else:
            found.asker_id, found.asked_id, found.at = self.id, other.id, now
            found.conversation.resume()
        found.state = PrivateState.ASKED
        self.group._changed()
        return found


class GroupNotice(Owned, Base):
    """What a member is told until it was read: that moderators did something, and why."""

    __tablename__ = "chat_group_notice"
    __sealed__ = ("sealed_words",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "uid"),
        within_organization("member_id", "chat_group_member", ondelete="CASCADE"),
        within_organization("by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    member_id: Mapped[int]
    kind: Mapped[NoticeKind] = mapped_column(one_of(NoticeKind))
    sealed_words: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    by_id: Mapped[int]
    read_at: Mapped[datetime | None]

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|chat_group_notice|{self.uid}|words"

    @property
    def words(self) -> str:
        return session_of(self).keyring.open(self.sealed_words, self.place_of("sealed_words"))


class GroupReport(Owned, Base):
    """A member found a message out of place; `removed` says what moderators made of it."""

    __tablename__ = "chat_group_report"
    __sealed__ = ("sealed_words",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "uid"),
        UniqueConstraint("conversation_id", "seq", "member_id"),
        within_organization("group_id", "chat_group", ondelete="CASCADE"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("member_id", "chat_group_member", ondelete="CASCADE"),
        within_organization("settled_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    group_id: Mapped[int]
    conversation_id: Mapped[int]
    seq: Mapped[int]
    member_id: Mapped[int]
    sealed_words: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[int | None]
    removed: Mapped[bool] = mapped_column(default=False)
    group: Mapped[ChatGroup] = relationship(primaryjoin="ChatGroup.id == foreign(GroupReport.group_id)")
    member: Mapped[GroupMember] = relationship(primaryjoin="GroupMember.id == foreign(GroupReport.member_id)")

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|chat_group_report|{self.uid}|words"

    @property
    def words(self) -> str:
        return session_of(self).keyring.open(self.sealed_words, self.place_of("sealed_words"))

    def keep(self, by: Staff, now: datetime) -> None:
        """The message stays."""
        self._settle(by, now, removed=False)

    def _settle(self, by: Staff, now: datetime, *, removed: bool) -> None:
        if self.settled_at is None:
            self.settled_at, self.settled_by_id, self.removed = now, by.practitioner_id, removed
            self.group._changed()


class PrivateTalk(Owned, Base):
    """What two members of a group write to each other. Moderators see that it is there, and its words only once a message
    of it was reported.
    """

    __tablename__ = "chat_group_private_talk"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "conversation_id"),
        within_organization("group_id", "chat_group", ondelete="CASCADE"),
        within_organization("conversation_id", "conversation"),
        within_organization("asker_id", "chat_group_member", ondelete="CASCADE"),
        within_organization("asked_id", "chat_group_member", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    group_id: Mapped[int]
    conversation_id: Mapped[int]
    asker_id: Mapped[int]
    asked_id: Mapped[int]
    state: Mapped[PrivateState] = mapped_column(one_of(PrivateState), default=PrivateState.ASKED)
    at: Mapped[datetime]
    asker_read: Mapped[int] = mapped_column(default=0)
    asked_read: Mapped[int] = mapped_column(default=0)
    reported_at: Mapped[datetime | None]
    conversation: Mapped[Conversation] = relationship(
        primaryjoin="Conversation.id == foreign(PrivateTalk.conversation_id)", cascade="save-update"
    )
    group: Mapped[ChatGroup] = relationship(primaryjoin="ChatGroup.id == foreign(PrivateTalk.group_id)")
    asker: Mapped[GroupMember] = relationship(primaryjoin="GroupMember.id == foreign(PrivateTalk.asker_id)")
    asked: Mapped[GroupMember] = relationship(primaryjoin="GroupMember.id == foreign(PrivateTalk.asked_id)")

    def other(self, me: GroupMember) -> GroupMember:
        return self.asked if me.id == self.asker_id else self.asker

    def accept(self, me: GroupMember) -> None:
        """Raises NoPrivateTalks for whoever was not asked."""
        if me.id != self.asked_id or self.state not in (PrivateState.ASKED, PrivateState.ON):
            raise NoPrivateTalks
        if self.state is PrivateState.ASKED:
            self.state = PrivateState.ON
            self.group._changed()

    def decline(self, me: GroupMember) -> None:
        """Say no, or end it: neither of the two writes or reads there any more, until one asks again."""
        if self.state is PrivateState.ASKED and me.id == self.asked_id:
            self.state = PrivateState.DECLINED
            self.group._changed()
        else:
            self.end()

    def end(self) -> None:
        if self.state in (PrivateState.ASKED, PrivateState.ON):
            self.state = PrivateState.ENDED
            self.conversation.finish(clock.now())
            self.group._changed()

    def post(self, me: GroupMember, client_id: str, text: str, now: datetime) -> int:
        """Raises NoPrivateTalks while the other has not agreed, and what `GroupMember.post` raises."""
        if self.state is not PrivateState.ON:
            raise NoPrivateTalks
        return me._post(self.conversation, client_id, text, now)

    def seen(self, me: GroupMember, to: int) -> None:
        to = min(to, self.conversation.seq)
        if me.id == self.asker_id:
            self.asker_read = max(self.asker_read, to)
        else:
            self.asked_read = max(self.asked_read, to)

    def unread(self, me: GroupMember) -> int:
        read = self.asker_read if me.id == self.asker_id else self.asked_read
        return _count_unread(session_of(self), self.conversation_id, me.id, read)


def _key(name: str) -> str:
    """Names that look the same are the same."""
    return "".join(character for character in unicodedata.normalize("NFKC", name).casefold() if character.isalnum())


def _tells(name: str, patient: Patient) -> bool:
    """Whether a chosen name holds the last name, or a longer word of it."""
    parts = {_key(part) for part in [patient.last_name, *patient.last_name.split()]} - {""}
    return any(part in _key(name) for part in parts if len(part) > 2) or any(_key(word) in parts for word in name.split())


def _reason(given: str) -> str:
    reason = given.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonWanted
    return reason


def _note(session: Session, by: Staff, member: GroupMember, now: datetime, *states: MemberState) -> None:
    """Who made what of a member; never a word that was said."""
    session.add(AuditEvent(
        at=now, actor=f"practitioner:{by.practitioner_id}", action=AuditAction.CHANGED, entity="chat_group_member", entity_id=member.id,
        changes={"state": [state.value for state in states]},
    ))  # fmt: skip


def _of(session: Session, group: ChatGroup, patient: Patient) -> GroupMember | None:
    """The one member that this person is, by whichever record."""
    mine = (GroupMember.group_id == group.id) & GroupMember.patient_id.in_(same_person(session, patient, patient.email))
    return session.scalar(select(GroupMember).where(mine).order_by(GroupMember.id))


def _between(session: Session, one: GroupMember, other: GroupMember) -> PrivateTalk | None:
    there = and_(PrivateTalk.asker_id == one.id, PrivateTalk.asked_id == other.id)
    back = and_(PrivateTalk.asker_id == other.id, PrivateTalk.asked_id == one.id)
    return session.scalar(select(PrivateTalk).where(there | back))


def of_patient(session: Session, patients: Sequence[int]) -> Sequence[GroupMember]:
    """The groups of one person, by the person's records: invitations and where somebody is in, not what is over."""
    mine = GroupMember.patient_id.in_(patients) & GroupMember.state.in_((MemberState.INVITED, *HERE))
    if not session.scalar(select(Organization.chat_groups).where(Organization.id == session.organization_id)):
        return []
    found = session.scalars(select(GroupMember).where(mine).order_by(GroupMember.id)).all()
    return [member for member in found if member.group.state is not GroupState.CLOSED]


def member_of(session: Session, patients: Sequence[int], uid: str) -> GroupMember:
    """One's own membership by its public name. Raises UnknownGroup."""
    found = next((member for member in of_patient(session, patients) if member.uid == uid), None)
    if found is None:
        raise UnknownGroup
    return found


def companion(member: GroupMember, uid: str) -> GroupMember:
    """Another member, by the public name. Raises UnknownMember."""
    found = next((one for one in member.group.members(*HERE) if one.uid == uid), None)
    if found is None:
        raise UnknownMember
    return found


def private_talks(session: Session, member: GroupMember) -> Sequence[PrivateTalk]:
    """Those that go on or were asked for."""
    mine = (PrivateTalk.asker_id == member.id) | (PrivateTalk.asked_id == member.id)
    going = PrivateTalk.state.in_((PrivateState.ASKED, PrivateState.ON))
    return session.scalars(select(PrivateTalk).where(mine, going).order_by(PrivateTalk.id)).all()


def private_talk(session: Session, member: GroupMember, uid: str) -> PrivateTalk:
    """One's own, by the public name of its conversation. Raises UnknownGroup."""
    found = next((talk for talk in private_talks(session, member) if talk.conversation.uid == uid), None)
    if found is None:
        raise UnknownGroup
    return found


def notices(session: Session, patients: Sequence[int]) -> Sequence[tuple[GroupNotice, GroupMember]]:
    """What this person was not told yet."""
    mine = GroupMember.patient_id.in_(patients) & GroupNotice.read_at.is_(None)
    rows = session.execute(
        select(GroupNotice, GroupMember).join(GroupMember, GroupMember.id == GroupNotice.member_id).where(mine).order_by(GroupNotice.id)
    )
    return [(notice, member) for notice, member in rows]


def read_notice(session: Session, patients: Sequence[int], uid: str, now: datetime) -> None:
    """It was read; one that is not there was."""
    for notice, _member in notices(session, patients):
        if notice.uid == uid:
            notice.read_at = now


def of_conversation(session: Session, conversation_id: int) -> tuple[ChatGroup, PrivateTalk | None] | None:
    """The group that a conversation is of, and the talk of two if it is one."""
    group = session.scalar(select(ChatGroup).where(ChatGroup.conversation_id == conversation_id))
    if group is not None:
        return group, None
    talk = session.scalar(select(PrivateTalk).where(PrivateTalk.conversation_id == conversation_id))
    return (talk.group, talk) if talk is not None else None


def open_reports(group: ChatGroup) -> Sequence[GroupReport]:
    mine = (GroupReport.group_id == group.id) & GroupReport.settled_at.is_(None)
    return session_of(group).scalars(select(GroupReport).where(mine).order_by(GroupReport.id)).all()


def remove_message(session: Session, group: ChatGroup, thread: Conversation, seq: int, *, by: Staff, reason: str, now: datetime) -> int:
    """Take anybody's words away and tell whoever said them why; reports of it are settled. Twice is once.

    Raises NotAllowed, ReasonWanted, UnknownMessage.
    """
    if not by.may(Permission.LEAD_GROUPS):
        raise NotAllowed
    reason = _reason(reason)
    said = session.get(Message, (thread.id, seq), populate_existing=True)
    if said is None:
        raise UnknownMessage
    if said.deleted_at is None and said.member_id is not None:
        session.get_one(GroupMember, said.member_id)._notify(NoticeKind.MESSAGE_REMOVED, reason, by, now)
    changed = message.take_away(session, thread, seq, now=now)
    about = (GroupReport.conversation_id == thread.id) & (GroupReport.seq == seq) & GroupReport.settled_at.is_(None)
    for report in session.scalars(select(GroupReport).where(about)).all():
        report._settle(by, now, removed=True)
    return changed


def unread_of(session: Session, members: Sequence[GroupMember]) -> dict[int, int]:
    """How many messages of others each has not read."""
    return {one.id: _count_unread(session, one.group.conversation_id, one.id, one.read) for one in members}


def _count_unread(session: Session, conversation_id: int, member_id: int, read: int) -> int:
    new = (Message.conversation_id == conversation_id) & (Message.seq > read) & ~Message.internal & Message.deleted_at.is_(None)
    theirs = Message.member_id.is_(None) | (Message.member_id != member_id)
    return session.scalar(select(func.count()).select_from(Message).where(new, theirs)) or 0


def tell_of_unread(session: Session, now: datetime) -> None:
    """A mail to members who have something unread, at most one a day and none to the muted; never what it says."""
    own = session.get_one(Organization, session.organization_id)
    if not (own.chat_groups and own.chat_mail_minutes):
        return
    since = now - timedelta(minutes=own.chat_mail_minutes)
    long_ago = GroupMember.told_at.is_(None) | (GroupMember.told_at <= now - TOLD_EVERY)
    wanting = GroupMember.state.in_(HERE) & ~GroupMember.muted & long_ago
    quiet = (Conversation.last_at <= since) & (Conversation.seq > GroupMember.read)
    rows = select(GroupMember).join(ChatGroup, ChatGroup.id == GroupMember.group_id)
    rows = rows.join(Conversation, Conversation.id == ChatGroup.conversation_id).where(wanting, quiet, ChatGroup.state != GroupState.CLOSED)
    for member in session.scalars(rows.order_by(GroupMember.id)).all():
        if member.unread():
            member.told_at = now
            _mail(session, MailKind.GROUP_MESSAGE, member, now, key_of("group_message", session.organization_id, member.id, now))


def forget_old(session: Session, now: datetime) -> None:
    """Delete what groups have said longer ago than they keep it."""
    for group in session.scalars(select(ChatGroup).where(ChatGroup.days_kept > 0)).all():
        before = now - timedelta(days=group.days_kept)
        talks = session.scalars(select(PrivateTalk.conversation_id).where(PrivateTalk.group_id == group.id)).all()
        for thread_id in (group.conversation_id, *talks):
            message.forget_before(session, thread_id, before)


def _mail(session: Session, kind: MailKind, member: GroupMember, now: datetime, key: str, by: int | None = None) -> bool:
    """False for whoever has no address, or lost the way in."""
    link = authorisation.link_for(session, member.patient, member.group.department_id, now, by)
    if link is None:
        return False
    about = {"department_id": member.group.department_id, "authorisation": link.id, "member": member.id}
    enqueue(session, kind, None, member.patient.email, locale=link.locale, now=now, about=about, key=key)
    return True
