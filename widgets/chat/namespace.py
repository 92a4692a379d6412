"""The live side of the chat widget: a visitor's own conversation, and how the channels stand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any

from flask import Flask
from pydantic import StringConstraints

from telehealth import clock, conversation, feedback, identity
from telehealth.channel import Channel, ChannelChanged
from telehealth.conversation import Author, AuthorKind, Conversation, ConversationChanged, MessagePosted
from telehealth.database import Session
from telehealth.event import when
from telehealth.feedback import LONGEST_WORDS, Rating
from telehealth.organization import Organization
from telehealth.widget import Widget, WidgetKind, find_widget
from web import visitor
from web.errors import Refusal
from web.house import House
from web.schema import ClientId, LongText, Nothing, Schema, check
from web.sockets import Connection, LiveNamespace, event
from web.visitor import Visitor
from widgets.chat import channels, threads

NAMESPACE = "/chat"


class Credentials(Schema):
    token: str
    locale: str = ""


class Own(Schema):
    conversation: str


class CatchUp(Own):
    after: int = 0


class Say(Own):
    client_id: ClientId
    text: LongText


class Beat(Schema):
    """`conversation` is the one that is open, or empty."""

    conversation: str = ""


class Feedback(Own):
    rating: Rating
    words: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)] = ""


@dataclass
class Seat:
    """What one page looks at: the widget, and the one conversation it has opened."""

    widget_id: int
    room: str = ""


class Chat(LiveNamespace):
    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        given = check(Credentials, auth)
        who = visitor.read(self.house.settings.secret_key, given.token)
        widget = _chat_widget(session, who)
        identity.require(widget, verified=who.verified)
        for channel in channels.offered(session, widget):
            self.enter_room(sid, _channel_room(channel.id))
        full = self.house.settings.events_per_10_seconds
        return Connection(sid, who.organization_id, who.locale, Seat(widget.id), time.monotonic(), full, who)

    def judge(self, session: Session, connection: Connection) -> Visitor:
        who: Visitor = connection.who
        return who

    @event(Nothing)
    def on_channels(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """How every channel of the widget stands."""
        widget = session.get_one(Widget, connection.key.widget_id)
        organization, now = session.get_one(Organization, connection.organization_id), clock.now()
        found = [channels.standing(channel, organization, now) for channel in channels.offered(session, widget)]
        return channels.Standings(channels=found).model_dump(mode="json")

    @event(Own)
    def on_open(self, session: Session, connection: Connection, data: Own) -> dict[str, Any]:
        """Look at a conversation: from here on this page is told what happens in it, and in no other."""
        thread = _own(session, connection, data)
        seat, room = connection.key, _conversation_room(thread.id)
        if seat.room not in {"", room}:
            self.leave_room(connection.sid, seat.room)
        self.enter_room(connection.sid, room)
        seat.room = room
        return threads.thread_view(session, thread).model_dump(mode="json")

    @event(CatchUp)
    def on_catch_up(self, session: Session, connection: Connection, data: CatchUp) -> dict[str, Any]:
        """What was said after a number, in pages."""
        return threads.lines(session, _own(session, connection, data), data.after).model_dump(mode="json")

    @event(Say)
    def on_say(self, session: Session, connection: Connection, data: Say) -> dict[str, Any]:
        """Write to the clinic; a repeat is the same message."""
        thread = _own(session, connection, data)
        author = Author(AuthorKind.PATIENT, thread.subject, visitor=thread.visitor)
        return {"seq": conversation.post(session, thread.id, data.client_id, data.text, by=author, now=clock.now())}

    @event(Own)
    def on_read(self, session: Session, connection: Connection, data: Own) -> None:
        """The patient has seen what the clinic wrote; the patient's other tabs hear of it."""
        _own(session, connection, data).read_by_patient()

    @event(Own)
    def on_leave(self, session: Session, connection: Connection, data: Own) -> dict[str, Any]:
        """The patient ends the conversation; ending it twice is ending it once."""
        thread = _own(session, connection, data)
        session.refresh(thread, with_for_update=True)
        if thread.closed_at is None:
            thread.finish(clock.now())
        return threads.thread_view(session, thread).model_dump(mode="json")

    @event(Beat)
    def on_beat(self, session: Session, connection: Connection, data: Beat) -> dict[str, Any]:
        """The page asks whether the line still holds, and how many wait longer."""
        if not data.conversation:
            return {"ahead": None}
        thread = conversation.own(session, data.conversation, connection.who.name, connection.key.widget_id)
        return {"ahead": conversation.ahead_of(session, thread), "seq": thread.seq}

    @event(Feedback)
    def on_feedback(self, session: Session, connection: Connection, data: Feedback) -> dict[str, Any]:
        """How the conversation was, in the patient's eyes; the last word counts."""
        thread = _own(session, connection, data)
        feedback.give_of_chat(session, thread, data.rating, data.words, clock.now())
        return threads.thread_view(session, thread).model_dump(mode="json")

    def message_posted(self, fact: MessagePosted) -> None:
        message = threads.line(fact.message).model_dump(mode="json")
        self.emit("message", message, room=_conversation_room(fact.conversation_id))

    def conversation_changed(self, fact: ConversationChanged) -> None:
        """Taken, passed on, read or ended. Conversations of visits belong to another page."""
        if fact.channel_id is None:
            return
        with self.house.sessions(organization=fact.organization_id) as session:
            thread = session.get_one(Conversation, fact.conversation_id)
            view = threads.thread_view(session, thread).model_dump(mode="json")
        self.emit("changed", view, room=_conversation_room(fact.conversation_id))

    def channel_changed(self, fact: ChannelChanged) -> None:
        with self.house.sessions(organization=fact.organization_id) as session:
            channel = session.get(Channel, fact.channel_id)
            if channel is None or channel.internal:
                return
            organization = session.get_one(Organization, fact.organization_id)
            standing = channels.standing(channel, organization, clock.now()).model_dump(mode="json")
        self.emit("channel", standing, room=_channel_room(fact.channel_id))


def _chat_widget(session: Session, who: Visitor) -> Widget:
    widget = find_widget(session, who.widget)
    if widget.kind is not WidgetKind.CHAT or widget.organization_id != who.organization_id:
        raise Refusal("not_allowed", 403)
    return widget


def _own(session: Session, connection: Connection, data: Own) -> Conversation:
    """Raises UnknownConversation for anybody else's."""
    return conversation.own(session, data.conversation, connection.who.name, connection.key.widget_id)


def _conversation_room(number: int) -> str:
    return f"conversation-{number}"


def _channel_room(number: int) -> str:
    return f"channel-{number}"


def init_app(app: Flask, house: House) -> None:
    """Serve the namespace and listen to the domain; without sockets there is nobody to tell."""
    if house.sockets is None:
        return
    chat = Chat(NAMESPACE, app, house)
    house.sockets.register_namespace(chat)
    when(MessagePosted)(chat.message_posted)
    when(ConversationChanged)(chat.conversation_changed)
    when(ChannelChanged)(chat.channel_changed)
