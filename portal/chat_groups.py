"""Chat groups on the patient's own pages: what one is invited to, joining under a name, writing and reading (S001-27).

Members are told of each other by the names they chose and by public names of this one group, never by who they are.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from telehealth import chat_group, clock, message
from telehealth import portal as own_pages
from telehealth.chat_group import HERE, ChatGroup, GroupMember, GroupState, MemberState, PrivateState, PrivateTalk
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.message import MessageView
from telehealth.organization import Organization
from telehealth.portal import PortalSession
from telehealth.translation import Texts
from web.schema import ClientId, LongText, Nothing, Schema
from web.sockets import Connection, event

PAGE = 100
Uid = Annotated[str, StringConstraints(max_length=32)]


class WhichGroup(Schema):
    """One of the patient's groups, by the public name of the own membership."""

    group: Uid


class Named(WhichGroup):
    nickname: Annotated[str, StringConstraints(max_length=200)]


class Switched(WhichGroup):
    on: bool


class InGroup(WhichGroup):
    """What all read, or with `talk` what one other member reads."""

    talk: Uid = ""


class AfterInGroup(InGroup):
    after: Annotated[int, Field(ge=0)] = 0


class SayInGroup(InGroup):
    client_id: ClientId
    text: LongText


class LineInGroup(InGroup):
    seq: Annotated[int, Field(ge=1)]


class OtherWords(LineInGroup):
    text: LongText


class Reported(LineInGroup):
    words: Annotated[str, StringConstraints(max_length=chat_group.LONGEST_REASON)] = ""


class UpToInGroup(InGroup):
    to: Annotated[int, Field(ge=0)]


class Companion(WhichGroup):
    member: Uid


class AnswerTalk(WhichGroup):
    talk: Uid
    on: bool


class ReadNotice(Schema):
    notice: Uid


class ChatGroups:
    """The events of groups, mixed into the one namespace of the own pages."""

    @event(Nothing)
    def on_groups(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """What the patient is in, is invited to, and is told by moderators."""
        own: PortalSession = connection.who
        patients = own_pages.records(session, own)
        texts = Texts(session, own.locale, session.get_one(Organization, own.organization_id).locale)
        found = chat_group.of_patient(session, patients)
        return {
            "groups": [_row(session, member, texts) for member in found],
            "talks": [_talk(talk, member) for member in found for talk in chat_group.private_talks(session, member)],
            "notices": [
                {"id": notice.uid, "kind": notice.kind.value, "words": notice.words, "group": str(texts.of(member.group, "name"))}
                for notice, member in chat_group.notices(session, patients)
            ],
        }

    @event(Named)
    def on_join_group(self, session: Session, connection: Connection, data: Named) -> None:
        """Come in under a name, having read the rules."""
        _member(session, connection, data).agree(data.nickname, clock.now())

    @event(WhichGroup)
    def on_decline_group(self, session: Session, connection: Connection, data: WhichGroup) -> None:
        _member(session, connection, data).decline(clock.now())

    @event(WhichGroup)
    def on_leave_group(self, session: Session, connection: Connection, data: WhichGroup) -> None:
        """Go; what was said goes or stays as the clinic has it."""
        _member(session, connection, data).leave(clock.now())

    @event(Switched)
    def on_mute_group(self, session: Session, connection: Connection, data: Switched) -> None:
        """No mails of this group, or again."""
        _member(session, connection, data).mute(data.on)

    @event(WhichGroup)
    def on_group_people(self, session: Session, connection: Connection, data: WhichGroup) -> dict[str, Any]:
        """Who is there, by the chosen names, and who looks after the group."""
        me = _here(session, connection, data)
        return {
            "members": [{"id": one.uid, "name": one.nickname, "me": one.id == me.id} for one in me.group.members(*HERE)],
            "moderators": [person.name for person in me.group.moderators],
        }

    @event(AfterInGroup)
    def on_group_catch_up(self, session: Session, connection: Connection, data: AfterInGroup) -> dict[str, Any]:
        """What was said after a number, in pages."""
        me, thread, _talk_of = _place(session, connection, data)
        found = message.messages(session, thread.id, after=data.after, limit=PAGE)
        return {"items": [_line(said, me) for said in found], "more": len(found) == PAGE}

    @event(SayInGroup)
    def on_group_say(self, session: Session, connection: Connection, data: SayInGroup) -> dict[str, Any]:
        """Write to all, or to one; a repeat is the same message."""
        me, _thread, talk = _place(session, connection, data)
        now = clock.now()
        return {"seq": talk.post(me, data.client_id, data.text, now) if talk else me.post(data.client_id, data.text, now)}

    @event(OtherWords)
    def on_group_edit(self, session: Session, connection: Connection, data: OtherWords) -> dict[str, Any]:
        me, thread, _talk_of = _place(session, connection, data)
        return {"changed": me.edit(thread, data.seq, data.text, clock.now())}

    @event(LineInGroup)
    def on_group_delete(self, session: Session, connection: Connection, data: LineInGroup) -> dict[str, Any]:
        me, thread, _talk_of = _place(session, connection, data)
        return {"changed": me.delete(thread, data.seq, clock.now())}

    @event(UpToInGroup)
    def on_group_read(self, session: Session, connection: Connection, data: UpToInGroup) -> None:
        me, _thread, talk = _place(session, connection, data)
        talk.seen(me, data.to) if talk else me.seen(data.to)

    @event(Reported)
    def on_group_report(self, session: Session, connection: Connection, data: Reported) -> None:
        """Tell the moderators of a message."""
        me, thread, _talk_of = _place(session, connection, data)
        me.report(thread, data.seq, data.words, clock.now())

    @event(Companion)
    def on_ask_private(self, session: Session, connection: Connection, data: Companion) -> dict[str, Any]:
        """Ask another member for a talk of two."""
        me = _here(session, connection, data)
        return {"talk": me.ask(chat_group.companion(me, data.member), clock.now()).conversation.uid}

    @event(AnswerTalk)
    def on_answer_private(self, session: Session, connection: Connection, data: AnswerTalk) -> None:
        """Agree to it, or not; what goes on can be ended so."""
        me = _here(session, connection, data)
        talk = chat_group.private_talk(session, me, data.talk)
        talk.accept(me) if data.on else talk.decline(me)

    @event(ReadNotice)
    def on_read_notice(self, session: Session, connection: Connection, data: ReadNotice) -> None:
        chat_group.read_notice(session, own_pages.records(session, connection.who), data.notice, clock.now())


def _member(session: Session, connection: Connection, data: WhichGroup) -> GroupMember:
    return chat_group.member_of(session, own_pages.records(session, connection.who), data.group)


def _here(session: Session, connection: Connection, data: WhichGroup) -> GroupMember:
    """Whoever has agreed. Raises UnknownGroup."""
    found = _member(session, connection, data)
    if not found.is_here:
        raise chat_group.UnknownGroup
    return found


def _place(session: Session, connection: Connection, data: InGroup) -> tuple[GroupMember, Conversation, PrivateTalk | None]:
    me = _here(session, connection, data)
    if not data.talk:
        return me, me.group.conversation, None
    talk = chat_group.private_talk(session, me, data.talk)
    return me, talk.conversation, talk


def _row(session: Session, member: GroupMember, texts: Texts) -> dict[str, Any]:
    group: ChatGroup = member.group
    own = session.get_one(Organization, group.organization_id)
    return {
        "id": member.uid, "conversation": group.conversation.uid if member.is_here else "", "name": str(texts.of(group, "name")),
        "description": str(texts.of(group, "description")), "rules": str(texts.of(group, "rules")), "names": group.names.value,
        "invited": member.state is MemberState.INVITED, "nickname": member.nickname, "muted": member.muted,
        "quiet": _quiet(member), "private": group.private_talks, "unread": member.unread() if member.is_here else 0,
        "last_at": group.conversation.last_at.isoformat(), "minutes": own.edit_minutes, "days_kept": group.days_kept,
        "words_stay": own.group_words_stay, "moderators": [person.name for person in group.moderators],
    }  # fmt: skip


def _quiet(member: GroupMember) -> str | None:
    """Why nothing can be written at the moment."""
    if member.group.state is GroupState.PAUSED:
        return "group"
    return "member" if member.state is MemberState.PAUSED else None


def _talk(talk: PrivateTalk, me: GroupMember) -> dict[str, Any]:
    return {
        "id": talk.conversation.uid, "group": me.uid, "with": talk.other(me).nickname, "on": talk.state is PrivateState.ON,
        "asked": talk.state is PrivateState.ASKED and talk.asked_id == me.id, "unread": talk.unread(me),
        "last_at": talk.conversation.last_at.isoformat(),
    }  # fmt: skip


def _line(said: MessageView, me: GroupMember) -> dict[str, Any]:
    """A message as members are given it: who wrote is a name."""
    mine = said.member_id == me.id
    return {
        "seq": said.seq, "changed": said.changed, "client_id": said.client_id if mine else "", "author": said.author.value,
        "mine": mine, "name": said.name, "text": said.text, "at": said.at.isoformat(),
        "edited_at": said.edited_at and said.edited_at.isoformat(), "deleted_at": said.deleted_at and said.deleted_at.isoformat(),
    }  # fmt: skip


def listeners(session: Session, group: ChatGroup, talk: PrivateTalk | None) -> list[int]:
    """The records of those who hear of what is said: all members, or the two."""
    if talk is not None:
        return [talk.asker.patient_id, talk.asked.patient_id]
    return [member.patient_id for member in group.members(*HERE)]

