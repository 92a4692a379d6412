"""A conversation as the desk opens it: its messages, written and read by those who may see them, each opening noted."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from desk import rooms
from desk.part import Part, Which, actor
from telehealth import alert, audit, clock, conversation, messenger
from telehealth.conversation import (
    Author,
    AuthorKind,
    Conversation,
    ConversationState,
    MessageView,
    UnknownConversation,
)
from telehealth.database import Session
from telehealth.practitioner import Permission, Staff
from telehealth.channel import NotPresent
from telehealth.visibility import may_see, may_see_header
from web.schema import ClientId, LongText
from web.sockets import Connection, event


class TalkPage(Which):
    after: int = Field(ge=0, default=0)


class Post(Which):
    client_id: ClientId
    text: LongText


def thread(session: Session, staff: Staff, thread_id: int) -> Conversation:
    """The conversation, content included. Raises UnknownConversation; NotPresent when only its header is in reach."""
    found = session.get(Conversation, thread_id)
    if found is None:
        raise UnknownConversation
    if not may_see(session, staff, found):
        listed = session.query(Conversation.id).where(Conversation.id == thread_id, may_see_header(staff)).first()
        raise NotPresent if listed else UnknownConversation
    return found


def message(view: MessageView) -> dict[str, Any]:
    return {
        "seq": view.seq, "client_id": view.client_id, "author": view.author.value, "name": view.name,
        "text": view.text, "at": view.at.isoformat(),
    }  # fmt: skip


class Talk(Part):
    @event(TalkPage, Permission.TALK)
    def on_talk(self, session: Session, connection: Connection, data: TalkPage) -> dict[str, Any]:
        """Open a conversation, or go on where the page stopped; what comes is heard from here on."""
        found = thread(session, connection.who, data.id)
        self._open(session, connection, found)
        said = conversation.messages(session, found.id, after=data.after)
        return {"items": [message(view) for view in said], "closed": found.state is ConversationState.CLOSED, "erased": found.erased_at is not None}

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
            found.claim(who)
        by = Author(AuthorKind.STAFF, who.name, who.practitioner_id)
        seq = conversation.post(session, found.id, data.client_id, data.text, by=by, now=clock.now())
        messenger.answered(session, found, clock.now())
        if found.channel_id is None:
            alert.answered(session, found.id, who, clock.now())
        return {"seq": seq}

    @event(Which, Permission.TALK)
    def on_read(self, session: Session, connection: Connection, data: Which) -> None:
        """Everything was read."""
        thread(session, connection.who, data.id).read_by_staff(connection.who)

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
