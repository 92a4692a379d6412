"""The live inbox: channels, who is present in them, and the conversations that wait there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy import select

from desk import catch_up, rooms
from desk.catch_up import After
from desk.inbox import rows
from desk.part import Part, Which
from desk.talk import line, take, thread
from desk.waiting_room import rows as waiting_room
from telehealth import case, case_text, clock, contact_request, flow
from telehealth.case_text import Occasion
from telehealth.channel import Channel, ChannelChanged, ChannelSwitch
from telehealth.conversation import Conversation, ConversationChanged, ConversationState
from telehealth.database import Session
from telehealth.message import MessagePosted
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import channels_within_reach
from telehealth.waiting_room import Encounter, EncounterChanged
from web.errors import Refusal
from web.schema import Nothing, Schema
from web.sockets import Connection, event


class OfChannel(Schema):
    channel: int = Field(ge=1)
    after: int = Field(ge=0, default=0)


class Own(Schema):
    """The own place in a channel: present, or heard."""

    channel: int = Field(ge=1)
    on: bool


class Everywhere(Schema):
    on: bool


class Choice(Schema):
    """By which means new conversations of a channel are told to oneself; the sound repeats every so many seconds, 0 is once."""

    channel: int = Field(ge=1)
    sound: bool
    repeat_seconds: int = Field(ge=0, le=600, default=0)
    mail: bool
    push: bool


class Turn(Schema):
    channel: int = Field(ge=1)
    switch: ChannelSwitch
    congested: bool = False
    until: AwareDatetime | None = None
    reason: Annotated[str, StringConstraints(max_length=200)] = ""


class Transfer(Which):
    to: int = Field(ge=1)
    note: str = Field(max_length=2000, default="")


def channel(session: Session, staff: Staff, channel_id: int) -> Channel:
    """A channel within this person's reach. Raises Refusal."""
    found = session.scalar(select(Channel).where(Channel.id == channel_id, channels_within_reach(staff)))
    if found is None:
        raise Refusal("unknown", 404)
    return found


class Inbox(Part):
    @event(After, Permission.ANSWER_CHAT)
    def on_inbox(self, session: Session, connection: Connection, data: After) -> dict[str, Any]:
        """What changed among the conversations."""
        return catch_up.page(session, rows.listing(connection.who), data.after) | {"now": clock.now().isoformat()}

    @event(OfChannel, Permission.ANSWER_CHAT)
    def on_inbox_of_channel(self, session: Session, connection: Connection, data: OfChannel) -> dict[str, Any]:
        """One channel's conversations, after the own presence there has changed."""
        return rows.of_channel(session, connection.who, data.channel, data.after)

    @event(Nothing, Permission.ANSWER_CHAT)
    def on_channels(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """The channels, and where a conversation can be transferred to."""
        return {"channels": rows.channels(session, connection.who, clock.now()), "targets": rows.targets(session)}

    @event(Own, Permission.ANSWER_CHAT)
    def on_be_present(self, session: Session, connection: Connection, data: Own) -> None:
        """Be present in a channel, or no longer (S000-9)."""
        found = channel(session, connection.who, data.channel)
        found.enter(connection.who, active=data.on, now=clock.now())

    @event(Everywhere, Permission.ANSWER_CHAT)
    def on_be_present_in_all(self, session: Session, connection: Connection, data: Everywhere) -> None:
        """Be present in every channel within reach, or in none."""
        reached = session.scalars(select(Channel).where(channels_within_reach(connection.who)).order_by(Channel.id)).all()
        for found in reached:
            if found.is_present(connection.who) != data.on:
                found.enter(connection.who, active=data.on, now=clock.now())

    @event(Everywhere, Permission.ANSWER_CHAT)
    def on_come_back(self, session: Session, connection: Connection, data: Everywhere) -> None:
        """Be present again where presence has ended by itself, or be content with that."""
        flow.come_back(session, connection.who.practitioner_id, present=data.on, now=clock.now())

    @event(Choice, Permission.ANSWER_CHAT)
    def on_choose_signs(self, session: Session, connection: Connection, data: Choice) -> None:
        """Sound, mail and push for new conversations of a channel (S000-10)."""
        channel(session, connection.who, data.channel).choose(
            connection.who, sound=data.sound, repeat_seconds=data.repeat_seconds, mail=data.mail, push=data.push, now=clock.now()
        )

    @event(Own, Permission.ANSWER_CHAT)
    def on_ring(self, session: Session, connection: Connection, data: Own) -> None:
        """Hear new conversations of a channel, or not (S000-10)."""
        channel(session, connection.who, data.channel).ring(connection.who, on=data.on, now=clock.now())

    @event(Turn, Permission.MANAGE_CHANNEL)
    def on_turn(self, session: Session, connection: Connection, data: Turn) -> None:
        """Open or close a channel, say that it is busy (S000-1, S000-5)."""
        found = channel(session, connection.who, data.channel)
        found.turn(
            data.switch, congested=data.congested, by=connection.who, now=clock.now(), until=data.until, reason=data.reason
        )

    @event(Which, Permission.ANSWER_CHAT)
    def on_claim(self, session: Session, connection: Connection, data: Which) -> None:
        """Take a conversation."""
        talk, now = thread(session, connection.who, data.id), clock.now()
        take(session, talk, connection.who, now)

    @event(Transfer, Permission.ANSWER_CHAT)
    def on_transfer(self, session: Session, connection: Connection, data: Transfer) -> None:
        """Move a conversation to another channel (S000-7)."""
        to = session.get(Channel, data.to)
        if to is None:
            raise Refusal("unknown", 404)
        talk, now = thread(session, connection.who, data.id), clock.now()
        talk.transfer(to, by=connection.who, now=now, note=data.note)
        case_text.tell(session, talk, Occasion.TRANSFERRED, now)

    @event(Which, Permission.ANSWER_CHAT)
    def on_contact_request(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """Whether a conversation is a request to be called back, and what became of it."""
        found = contact_request.of_conversation(session, thread(session, connection.who, data.id).id)
        if found is None:
            return {"request": None}
        return {"request": rows.request(found) | {"books": connection.who.may(Permission.SEE_CALENDAR)}}

    def show_messages(self, facts: Sequence[MessagePosted]) -> None:
        """All that one commit has said: a word to everybody who waits is hundreds."""
        for fact in facts:
            said = {"id": fact.conversation_id, "message": line(fact.message)}
            self.tell("message", said, rooms.name(rooms.TALK, fact.organization_id, fact.conversation_id))
        with self.open_session(facts[0].organization_id) as session:
            said_in = dict.fromkeys(fact.conversation_id for fact in facts)
            talks = waiting_room.talks_of(session, list(said_in))
            for conversation_id in said_in:
                if conversation_id in talks:
                    self.tell("visit_talk", *talks[conversation_id])
                else:
                    self._show_thread(session, session.get_one(Conversation, conversation_id))

    def show_conversation(self, fact: ConversationChanged) -> None:
        with self.open_session(fact.organization_id) as session:
            found = session.get_one(Conversation, fact.conversation_id)
            self._show_thread(session, found)
            if fact.channel_before:
                self._show_gone(found, fact.channel_before)
            self._show_talk(found)

    def _show_thread(self, session: Session, found: Conversation) -> None:
        if found.channel_id is None:
            self._show_talk_of_visit(session, found)
            return
        case_now = case.of_thread(session, found.id)
        if found.state is ConversationState.CLOSED and (case_now is None or case_now.done_at is not None):
            self._show_gone(found, found.channel_id)
        else:
            # Cards first: of two changes with one number a page takes the first.
            mine = rooms.name("person", found.organization_id, found.claimed_by_id)
            there = rooms.name("cards", found.organization_id, found.channel_id)
            elsewhere = rooms.name("headers", found.organization_id, found.channel_id)
            seen_by = [mine, there, elsewhere] if case_now and case_now.non_urgent else [mine, there]
            self.tell("conversation", rows.card(found, case_now), seen_by)
            self.tell("conversation", rows.header(found, case_now), elsewhere)

    def _show_gone(self, found: Conversation, channel_id: int) -> None:
        kinds = [rooms.name(kind, found.organization_id, channel_id) for kind in ("headers", "cards")]
        mine = rooms.name("person", found.organization_id, found.claimed_by_id)
        self.tell("conversation", catch_up.gone(found.id, found.changed), [*kinds, mine])

    def _show_talk_of_visit(self, session: Session, found: Conversation) -> None:
        mine = (Encounter.conversation_id == found.id) & Encounter.ended_at.is_(None)
        for visit in session.scalars(select(Encounter).where(mine)):
            self.tell("visit_talk", waiting_room.talk(visit), rooms.of_visit(visit))

    def _show_talk(self, found: Conversation) -> None:
        """Tell those who have it open that it is over."""
        if found.state is ConversationState.CLOSED:
            self.tell("talk_closed", {"id": found.id}, rooms.talk_of(found))

    def tidy_talk(self, fact: ConversationChanged) -> None:
        """Send away those who have it open and may no longer see it."""
        self._tidy_room(fact.organization_id, fact.conversation_id)

    def tidy_visit(self, fact: EncounterChanged) -> None:
        """The same for the talk of a visit that was passed on to another department."""
        if fact.department_before is not None and self.here:
            with self.open_session(fact.organization_id) as session:
                thread_id = session.get_one(Encounter, fact.encounter_id).conversation_id
            self._tidy_room(fact.organization_id, thread_id)

    def _tidy_room(self, organization_id: int, thread_id: int) -> None:
        room = rooms.name(rooms.TALK, organization_id, thread_id)
        open_here = [c for c in list(self.here.values()) if room in self.server.rooms(c.sid, namespace=self.namespace)]
        if open_here:
            with self.open_session(organization_id) as session:
                for connection in open_here:
                    self.tidy(session, connection)

    def settle_channel(self, fact: ChannelChanged) -> None:
        """Whoever came to or left a channel hears other rooms from now on."""
        self.settle(fact.organization_id, fact.practitioner_id)

    def show_channel(self, fact: ChannelChanged) -> None:
        """Everybody looks the channels up."""
        self.tell("channel", {"id": fact.channel_id}, rooms.name("channels", fact.organization_id))
        if fact.practitioner_id is not None:
            mine = rooms.name("person", fact.organization_id, fact.practitioner_id)
            self.tell("presence", {"channel": fact.channel_id}, mine)
