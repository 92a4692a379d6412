"""The live side of the chat widget: a visitor's own conversation, and how the channels stand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any

from flask import Flask
from pydantic import StringConstraints

from telehealth import clock, conversation, expected_wait, feedback, identity, message
from telehealth.channel import Channel, ChannelChanged, Stirred
from telehealth.conversation import AuthorKind, Conversation, ConversationChanged, ConversationReached, QueueMoved, Typing
from telehealth.database import Session
from telehealth.event import when
from telehealth.feedback import LONGEST_WORDS, Rating
from telehealth.message import Author, ConversationErased, MessageChanged, MessagePosted
from telehealth.organization import Organization
from telehealth.widget import Widget, WidgetKind, find_widget
from web import visitor
from web.errors import Refusal
from web.house import House
from web.said import line
from web.schema import ClientId, LongText, Nothing, Schema, check
from web.sockets import Connection, LiveNamespace, event
from web.visitor import Visitor
from widgets.chat import channels, threads

NAMESPACE = "/chat"
QUEUE_TOLD = 2  # seconds within which a queue is told once


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


class UpTo(Own):
    """How far the page has received or shown what was said; without a number everything."""

    to: int | None = None


class OneOf(Own):
    seq: int


class Other(OneOf):
    text: LongText


class Writes(Own):
    on: bool


class Beat(Schema):
    """`conversation` is the one that is open, or empty."""

    conversation: str = ""


class Feedback(Own):
    rating: Rating
    words: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)] = ""


@dataclass
class Seat:
    """What one page looks at: the widget, none on the safe page, and the one conversation it has opened."""

    widget_id: int | None
    room: str = ""


class Chat(LiveNamespace):
    """`moving` are the channels whose queue will be told in a moment."""

    moving: set[int]

    def __init__(self, namespace: str, app: Flask, house: House) -> None:
        super().__init__(namespace, app, house)
        self.moving = set()

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        given = check(Credentials, auth)
        who = visitor.read(self.house.settings.secret_key, given.token)
        widget = None if who.widget == visitor.CONTACT else _chat_widget(session, who)
        session.enter(who.organization_id)
        if widget is not None:
            identity.require(widget, verified=who.verified)
        for channel in channels.offered(session, widget) if widget else []:
            self.enter_room(sid, _channel_room(channel.id))
        full = self.house.settings.events_per_10_seconds
        seat = Seat(widget.id if widget else None)
        return Connection(sid, who.organization_id, who.locale, seat, time.monotonic(), full, who)

    def judge(self, session: Session, connection: Connection) -> Visitor:
        who: Visitor = connection.who
        return who

    @event(Nothing)
    def on_channels(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """How every channel of the widget stands."""
        if connection.key.widget_id is None:
            raise Refusal("not_allowed", 403)
        widget = session.get_one(Widget, connection.key.widget_id)
        organization, now = session.get_one(Organization, connection.organization_id), clock.now()
        found = [channels.standing(session, channel, organization, now) for channel in channels.offered(session, widget)]
        return channels.Standings(channels=found).model_dump(mode="json")

    @event(Own)
    def on_place(self, session: Session, connection: Connection, data: Own) -> dict[str, int | None]:
        """Where one stands in the queue (1 is next; null when one waits no longer), and how long the last ones waited."""
        thread = _own(session, connection, data)
        place = expected_wait.place(session, thread)
        known = place is not None and thread.channel_id is not None
        minutes = expected_wait.minutes(session, thread.channel_id, clock.now()) if known and thread.channel_id else None
        return {"place": place, "wait_minutes": minutes}

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
        return {"seq": message.post(session, thread.id, data.client_id, data.text, by=_patient(thread), now=clock.now())}

    @event(Other)
    def on_edit(self, session: Session, connection: Connection, data: Other) -> dict[str, Any]:
        """Put the own words otherwise; the same words again change nothing."""
        thread = _own(session, connection, data)
        return {"changed": message.edit(session, thread, data.seq, data.text, by=_patient(thread), now=clock.now())}

    @event(OneOf)
    def on_delete(self, session: Session, connection: Connection, data: OneOf) -> dict[str, Any]:
        """Delete the own words for both sides."""
        thread = _own(session, connection, data)
        return {"changed": message.remove(session, thread, data.seq, by=_patient(thread), now=clock.now())}

    @event(UpTo)
    def on_read(self, session: Session, connection: Connection, data: UpTo) -> None:
        """The patient has seen what the clinic wrote."""
        thread = _own(session, connection, data)
        message.seen_by_patient(session, thread, thread.seq if data.to is None else data.to)

    @event(UpTo)
    def on_received(self, session: Session, connection: Connection, data: UpTo) -> None:
        """The page has it, though nobody looks."""
        thread = _own(session, connection, data)
        thread.received_by_patient(thread.seq if data.to is None else data.to)

    @event(Writes)
    def on_typing(self, session: Session, connection: Connection, data: Writes) -> None:
        """The patient is writing, or has stopped."""
        thread = _own(session, connection, data)
        thread.types(AuthorKind.PATIENT, thread.subject, on=data.on)

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
        return {"ahead": threads.ahead_of(session, thread), "seq": thread.seq}

    @event(Feedback)
    def on_feedback(self, session: Session, connection: Connection, data: Feedback) -> dict[str, Any]:
        """How the conversation was, in the patient's eyes; the last word counts."""
        thread = _own(session, connection, data)
        feedback.give_of_chat(session, thread, data.rating, data.words, clock.now())
        return threads.thread_view(session, thread).model_dump(mode="json")

    def message_told(self, fact: MessagePosted | MessageChanged) -> None:
        """What was said, and what became of it."""
        self.emit("message", line(fact.message).model_dump(mode="json"), room=_conversation_room(fact.conversation_id))

    def erased(self, fact: ConversationErased) -> None:
        """Nobody goes on looking at what was deleted."""
        self.emit("erased", {}, room=_conversation_room(fact.conversation_id))

    def reached(self, fact: ConversationReached) -> None:
        """How far the clinic has received and read what the patient wrote."""
        self.emit("reach", {"has": fact.staff_has, "read": fact.staff_read}, room=_conversation_room(fact.conversation_id))

    def typing(self, fact: Typing) -> None:
        if fact.author is not AuthorKind.PATIENT:
            self.emit("typing", {"name": fact.name, "on": fact.on}, room=_conversation_room(fact.conversation_id))

    def conversation_changed(self, fact: ConversationChanged) -> None:
        """Taken, passed on, read or ended. Conversations of visits belong to another page."""
        if fact.channel_id is None:
            return
        with self.house.sessions(organization=fact.organization_id) as session:
            thread = session.get_one(Conversation, fact.conversation_id)
            view = threads.thread_view(session, thread).model_dump(mode="json")
        self.emit("changed", view, room=_conversation_room(fact.conversation_id))

    def queue_moved(self, fact: Stirred | QueueMoved) -> None:
        """Who looks at the channel is told once within QUEUE_TOLD seconds, however much moves."""
        if fact.channel_id in self.moving or not self._listened_to(fact.channel_id):
            return
        self.moving.add(fact.channel_id)
        self.server.start_background_task(self._tell_queue, fact)

    def _listened_to(self, channel_id: int) -> bool:
        return bool(self.house.settings.redis_url) or any(self.server.manager.get_participants(self.namespace, _channel_room(channel_id)))

    def _tell_queue(self, fact: Stirred | QueueMoved) -> None:
        self.server.sleep(QUEUE_TOLD)
        self.moving.discard(fact.channel_id)
        self.channel_changed(fact)

    def channel_changed(self, fact: ChannelChanged | Stirred | QueueMoved) -> None:
        with self.house.sessions(organization=fact.organization_id) as session:
            channel = session.get(Channel, fact.channel_id)
            if channel is None or channel.internal:
                return
            organization = session.get_one(Organization, fact.organization_id)
            standing = channels.standing(session, channel, organization, clock.now()).model_dump(mode="json")
        self.emit("channel", standing, room=_channel_room(fact.channel_id))


def _chat_widget(session: Session, who: Visitor) -> Widget:
    widget = find_widget(session, who.widget)
    if widget.kind is not WidgetKind.CHAT or widget.organization_id != who.organization_id:
        raise Refusal("not_allowed", 403)
    return widget


def _own(session: Session, connection: Connection, data: Own) -> Conversation:
    """Raises UnknownConversation for anybody else's."""
    return conversation.own(session, data.conversation, connection.who.name, connection.key.widget_id)


def _patient(thread: Conversation) -> Author:
    return Author(AuthorKind.PATIENT, thread.subject, visitor=thread.visitor)


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
    when(MessagePosted, MessageChanged)(chat.message_told)
    when(ConversationReached)(chat.reached)
    when(ConversationErased)(chat.erased)
    when(Typing)(chat.typing)
    when(ConversationChanged)(chat.conversation_changed)
    when(ChannelChanged)(chat.channel_changed)
    when(Stirred, QueueMoved)(chat.queue_moved)
