"""A conversation as the desk opens it: its messages, written and read by those who may see them, each opening noted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from desk import rooms, texts
from desk.part import Part, Which, actor
from telehealth import alert, audit, case_text, chat_group, clock, message, messenger
from telehealth.case_text import Occasion
from telehealth.conversation import (
    AuthorKind,
    Conversation,
    ConversationReached,
    ConversationState,
    Typing,
    UnknownConversation,
)
from telehealth.database import Session
from telehealth.message import Author, MessageChanged, MessageView, NoteChanged
from telehealth.message_file import takes_files
from telehealth.practitioner import Permission, Staff
from telehealth.channel import NotPresent
from telehealth.visibility import may_see, may_see_header
from web.errors import Refusal
from web.said import sent_file
from web.schema import ClientId, LongText
from web.sockets import Connection, event


class TalkPage(Which):
    after: int = Field(ge=0, default=0)


class Post(Which):
    client_id: ClientId
    text: LongText


class UpTo(Which):
    """How far the page has received or shown what was said; without a number everything."""

    to: int | None = Field(ge=0, default=None)


class OneOf(Which):
    seq: int = Field(ge=1)


class Other(OneOf):
    text: LongText


class Writes(Which):
    on: bool


def thread(session: Session, staff: Staff, thread_id: int) -> Conversation:
    """The conversation, content included. Raises UnknownConversation; NotPresent when only its header is in reach."""
    found = session.get(Conversation, thread_id)
    if found is None:
        raise UnknownConversation
    if not may_see(session, staff, found):
        listed = session.query(Conversation.id).where(Conversation.id == thread_id, may_see_header(staff)).first()
        raise NotPresent if listed else UnknownConversation
    return found


def line(view: MessageView) -> dict[str, Any]:
    """A message as staff are given it, notes among them."""
    file = sent_file(view.file)
    return {
        "seq": view.seq, "changed": view.changed, "client_id": view.client_id, "author": view.author.value, "name": view.name,
        "text": view.text, "at": view.at.isoformat(), "by": view.practitioner_id, "internal": view.internal,
        "edited_at": view.edited_at and view.edited_at.isoformat(), "deleted_at": view.deleted_at and view.deleted_at.isoformat(),
        "file": file and file.model_dump(mode="json"), "member": view.member_id,
    }  # fmt: skip


def reach(has: int, read: int) -> dict[str, int]:
    return {"has": has, "read": read}


def author_of(staff: Staff) -> Author:
    return Author(AuthorKind.STAFF, staff.name, staff.practitioner_id)


def take(session: Session, found: Conversation, who: Staff, now: datetime) -> None:
    """Take a conversation; the patient is told by whom, if the clinic wants it."""
    waited = found.claimed_by_id is None
    found.claim(who, now)
    if waited:
        case_text.tell(session, found, Occasion.TAKEN, now)


class Talk(Part):
    @event(TalkPage, Permission.TALK)
    def on_talk(self, session: Session, connection: Connection, data: TalkPage) -> dict[str, Any]:
        """Open a conversation, or go on where the page stopped; what comes is heard from here on."""
        found = thread(session, connection.who, data.id)
        self._open(session, connection, found)
        said = message.messages_and_notes(session, found.id, after=data.after)
        return {
            "items": [line(view) for view in said], "closed": found.state is ConversationState.CLOSED,
            "erased": found.erased_at is not None, "reach": reach(found.patient_has, found.patient_read),
            "takes_files": takes_files(session, found),
        }  # fmt: skip

    def _open(self, session: Session, connection: Connection, found: Conversation) -> None:
        room = rooms.talk_of(found)
        if room not in self.server.rooms(connection.sid, namespace=self.namespace):
            audit.opened(session, found, actor(connection.who), clock.now())
            self.server.enter_room(connection.sid, room, namespace=self.namespace)

    @event(Which, Permission.TALK)
    def on_leave_talk(self, session: Session, connection: Connection, data: Which) -> None:
        """Close the pane: hear no more of it."""
        room = rooms.name(rooms.TALK, connection.organization_id, data.id)
        self.server.leave_room(connection.sid, room, namespace=self.namespace)

    @event(Post, Permission.TALK)
    def on_post(self, session: Session, connection: Connection, data: Post) -> dict[str, Any]:
        """Answer; whoever answers first in a channel takes the conversation."""
        who: Staff = connection.who
        found = thread(session, who, data.id)
        if found.channel_id is not None and found.claimed_by_id != who.practitioner_id:
            take(session, found, who, clock.now())
        seq = message.post(session, found.id, data.client_id, data.text, by=author_of(who), now=clock.now())
        messenger.answered(session, found, clock.now())
        if found.channel_id is None:
            alert.answered(session, found.id, who, clock.now())
        return {"seq": seq}

    @event(UpTo, Permission.TALK)
    def on_read(self, session: Session, connection: Connection, data: UpTo) -> None:
        """It was read up to a number."""
        found = thread(session, connection.who, data.id)
        message.seen_by_staff(session, found, connection.who, found.seq if data.to is None else data.to)

    @event(UpTo, Permission.TALK)
    def on_received(self, session: Session, connection: Connection, data: UpTo) -> None:
        """The page has it, though nobody looks."""
        found = thread(session, connection.who, data.id)
        found.received_by_staff(found.seq if data.to is None else data.to)

    @event(Post, Permission.TALK)
    def on_write_note(self, session: Session, connection: Connection, data: Post) -> dict[str, Any]:
        """Write something for colleagues; the patient never sees it."""
        found = thread(session, connection.who, data.id)
        return {"seq": message.note(session, found.id, data.client_id, data.text, by=author_of(connection.who), now=clock.now())}

    @event(Other, Permission.TALK)
    def on_edit(self, session: Session, connection: Connection, data: Other) -> dict[str, Any]:
        """Put the own words otherwise."""
        found = thread(session, connection.who, data.id)
        return {"changed": message.edit(session, found, data.seq, data.text, by=author_of(connection.who), now=clock.now())}

    @event(OneOf, Permission.TALK)
    def on_delete(self, session: Session, connection: Connection, data: OneOf) -> dict[str, Any]:
        """Delete words for both sides: the own ones for a while, with the right to it anybody's at any time."""
        who, now = connection.who, clock.now()
        found = thread(session, who, data.id)
        if who.may(Permission.DELETE_MESSAGES) and chat_group.of_conversation(session, found.id) is None:  # there they are told why
            return {"changed": message.remove_any(session, found, data.seq, by=who, now=now)}
        return {"changed": message.remove(session, found, data.seq, by=author_of(who), now=now)}

    @event(Which, Permission.DELETE_MESSAGES)
    def on_erase_talk(self, session: Session, connection: Connection, data: Which) -> None:
        """Delete all that was said, notes and files too, for both sides (S002-79)."""
        found = thread(session, connection.who, data.id)
        if chat_group.of_conversation(session, found.id) is not None:  # nobody erases what a whole group has said
            raise Refusal("not_allowed", 403)
        message.erase_by(session, found, connection.who, clock.now())

    @event(OneOf, Permission.ADMINISTER)
    def on_former_words(self, session: Session, connection: Connection, data: OneOf) -> dict[str, Any]:
        """What a message said before, where the organisation keeps that; who looks is noted."""
        found = thread(session, connection.who, data.id)
        audit.opened(session, found, actor(connection.who), clock.now())
        former = message.former_texts(session, found, data.seq)
        return {"former": [{"text": text, "until": until.isoformat()} for text, until in former]}

    @event(Which, Permission.TALK)
    def on_texts(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """The texts that fit a conversation, in its language and filled in, as they would be sent (S003-20)."""
        return {"texts": texts.filled(session, connection.who, thread(session, connection.who, data.id))}

    @event(Writes, Permission.TALK)
    def on_typing(self, session: Session, connection: Connection, data: Writes) -> None:
        """Somebody is writing to the patient, or has stopped."""
        thread(session, connection.who, data.id).types(AuthorKind.STAFF, connection.who.name, on=data.on)

    def show_changed(self, fact: MessageChanged | NoteChanged) -> None:
        """To those who have it open: what became of a message, and notes."""
        said = {"id": fact.conversation_id, "message": line(fact.message)}
        self.tell("message", said, rooms.name(rooms.TALK, fact.organization_id, fact.conversation_id))

    def show_reach(self, fact: ConversationReached) -> None:
        """How far the patient has received and read it."""
        told = {"id": fact.conversation_id} | reach(fact.patient_has, fact.patient_read)
        self.tell("reach", told, rooms.name(rooms.TALK, fact.organization_id, fact.conversation_id))

    def show_typing(self, fact: Typing) -> None:
        told = {"id": fact.conversation_id, "author": fact.author.value, "name": fact.name, "on": fact.on}
        self.tell("typing", told, rooms.name(rooms.TALK, fact.organization_id, fact.conversation_id))

    def tidy(self, session: Session, connection: Connection) -> None:
        """Leave the conversations whose content is no longer this person's to see, and say so."""
        for room in self.server.rooms(connection.sid, namespace=self.namespace):
            kind, _, identity = room.partition(":")
            thread_id = int(identity.partition(":")[2]) if kind == rooms.TALK else 0
            if thread_id and not self._still(session, connection.who, thread_id):
                self.server.leave_room(connection.sid, room, namespace=self.namespace)
                self.tell("talk_gone", {"id": thread_id}, connection.sid)

    def _still(self, session: Session, staff: Staff, thread_id: int) -> bool:
        found = session.get(Conversation, thread_id)
        return found is not None and may_see(session, staff, found)
