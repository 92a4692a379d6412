"""The desk's one live connection: every page of it hears and does over this what its person may hear and do."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from desk import rooms, socket_token
from desk.alerts.namespace import Alerts
from desk.announcements.namespace import Announcements
from desk.calendar.absences import Absences
from desk.calendar.feed import Feed
from desk.calendar.free_times import FreeTimes
from desk.calendar.ground import Grounds
from desk.calendar.namespace import Calendar
from desk.calendar.new_appointment import NewAppointments
from desk.calendar.planned_times import PlannedTimes
from desk.calendar.waitlist import Waitlist
from desk.chat_groups.namespace import ChatGroups, wanting
from desk.consultation.namespace import Consultation
from desk.consultation.quick import QuickConsultations
from desk.inbox.cases import Cases
from desk.contacts.namespace import Contacts
from desk.inbox.introduction import Introductions
from desk.inbox.namespace import Inbox
from desk.inbox.rows import listed
from desk.inbox.requests import Requests
from desk.messages import rows as letters
from desk.messages.namespace import Messages
from desk.participants import Participants
from desk.talk import Talk
from desk.waiting_room.namespace import WaitingRoom
from desk.waiting_room.rows import listing
from telehealth import alert, clock
from telehealth.absence import AbsenceChanged
from telehealth.announcement import AnnouncementsChanged
from telehealth.booking import AppointmentBooked, AppointmentChanged, TimesChanged
from telehealth.channel import ChannelChanged
from telehealth.chat_group import GroupChanged
from telehealth.contact_point import ContactsChanged
from telehealth.conversation import Conversation, ConversationChanged, ConversationReached, ConversationState, Typing
from telehealth.database import Session
from telehealth.event import when, when_together
from telehealth.feedback import FeedbackGiven
from telehealth.message import ConversationErased, MessageChanged, MessagePosted, NoteChanged
from telehealth.planned_time import PlanChanged
from telehealth.participant import ParticipantChanged
from telehealth.practitioner import AccessChanged, AvailabilitySwitched, Permission, Staff, staff
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter, EncounterChanged, EncounterStatus, PatientArrived
from web.errors import Refusal
from web.house import House
from web.schema import Nothing
from web.sockets import Connection, LiveNamespace, event

log = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 30


class Desk(Talk, WaitingRoom, Announcements, Inbox, Cases, Calendar, Grounds, Absences, PlannedTimes, NewAppointments, Waitlist, FreeTimes, Feed, Consultation, QuickConsultations, Alerts, Participants, Requests, Messages, Contacts, Introductions, ChatGroups, LiveNamespace):
    """`here` are the connections of this process. Rights are looked up anew for every event, and for silent ones often."""

    def __init__(self, app: Flask, house: House) -> None:
        super().__init__("/desk", app, house)
        self.here: dict[str, Connection] = {}
        self.counted = {}
        self.watching = False

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        key = socket_token.read(self.house.settings.secret_key, auth.get("token"))
        session.enter(key.organization_id)
        connection = Connection(
            sid, key.organization_id, key.locale, key, time.monotonic(), self.house.settings.events_per_10_seconds
        )
        connection.who = self.judge(session, connection)
        self._move(session, connection)
        alert.note_at_desk(session, [connection.who.practitioner_id], clock.now())
        self.here[sid] = connection
        self._watch()
        return connection

    def judge(self, session: Session, connection: Connection) -> Staff:
        key: socket_token.SignIn = connection.key
        who = staff(session, key.practitioner_id)
        if who is None or not self.house.staff_session_lives(session, key.session_key):
            self._send_away(connection, "signed_out")
            raise Refusal("not_signed_in", 401)
        session.actor = f"practitioner:{who.practitioner_id}"
        return who

    def left(self, session: Session, connection: Connection) -> None:
        self.leave_call(connection)
        self.here.pop(connection.sid, None)
        if not self._connections(connection.organization_id, connection.who.practitioner_id):
            alert.note_at_desk(session, [connection.who.practitioner_id], None)

    def _move(self, session: Session, connection: Connection) -> None:
        """Into the rooms that are this person's now, out of those that are not. Opened conversations are looked at."""
        wanted = rooms.joined(session, connection.who)
        now_in = {room for room in self.server.rooms(connection.sid, namespace=self.namespace) if ":" in room}
        for room in wanted - now_in:
            self.server.enter_room(connection.sid, room, namespace=self.namespace)
        for room in now_in - wanted:
            if not room.startswith(rooms.TALK):
                self.server.leave_room(connection.sid, room, namespace=self.namespace)
        self.tidy(session, connection)

    def if_anybody(self, listener: Callable[[Any], None]) -> Callable[[Any], None]:
        """The listener, spared the work when nobody of the organisation listens at this process nor at another one."""

        def hear(told: Any) -> None:
            fact = told[0] if isinstance(told, list) else told
            if self.house.settings.redis_url or self._connections(fact.organization_id):
                listener(told)

        return hear

    def settle(self, organization_id: int, practitioner_id: int | None) -> None:
        """Move everybody, or one person's pages, to the rooms that fit now."""
        for connection in self._connections(organization_id, practitioner_id):
            with self.open_session(organization_id) as session:
                self._move(session, connection)

    def _connections(self, organization_id: int, practitioner_id: int | None = None) -> Sequence[Connection]:
        return [
            connection
            for connection in list(self.here.values())
            if connection.organization_id == organization_id
            and practitioner_id in {None, connection.who.practitioner_id}
        ]

    @event(Nothing)
    def on_counts(self, session: Session, connection: Connection, data: Nothing) -> dict[str, int]:
        """How many wait, and how many conversations want this person."""
        return counts(session, connection.who)

    def end_access(self, fact: AccessChanged) -> None:
        """Roles changed: the page is loaded anew, with what is now allowed."""
        for connection in self._connections(fact.organization_id, fact.practitioner_id):
            self._send_away(connection, "access_changed")

    def _send_away(self, connection: Connection, why: str) -> None:
        """Say why, and hang up on a page that was let in before."""
        if self.here.pop(connection.sid, None) is not None:
            self.tell(why, {}, connection.sid)
            self.server.disconnect(connection.sid, namespace=self.namespace)

    def _watch(self) -> None:
        """Somebody whose sign-in has ended elsewhere may say nothing and still listen: look after them."""
        if not self.watching:
            self.watching = True
            self.server.start_background_task(self._look_again_and_again)

    def _look_again_and_again(self) -> None:
        while self.here:
            self.server.sleep(SECONDS_BETWEEN_LOOKS)
            try:
                self.look()
            except Exception:  # whoever was not looked after this time is the next time
                log.exception("looking after the desk's pages failed")
        self.watching = False

    def look(self) -> None:
        """Send away everybody whose sign-in has ended or whose rights have changed."""
        for connection in list(self.here.values()):
            with self.open_session(connection.organization_id) as session:
                self._look_at(session, connection)
        self._note_who_is_here()

    def _note_who_is_here(self) -> None:
        """Alerts are for those who are; a process that was killed leaves people noted for a short while only."""
        people: dict[int, set[int]] = defaultdict(set)
        for connection in list(self.here.values()):
            people[connection.organization_id].add(connection.who.practitioner_id)
        for organization_id, here in people.items():
            with self.open_session(organization_id) as session, session.begin():
                alert.note_at_desk(session, here, clock.now())

    def _look_at(self, session: Session, connection: Connection) -> None:
        with suppress(Refusal):  # whoever is refused was sent away
            if self.judge(session, connection) != connection.who:
                self._send_away(connection, "access_changed")


def counts(session: Session, who: Staff) -> dict[str, int]:
    return {"waiting": _waiting(session, who), "inbox": _wanting(session, who), "messages": letters.unread(session, who), "reports": wanting(session, who)}


def _waiting(session: Session, who: Staff) -> int:
    if not who.may(Permission.SEE_WAITING_ROOM):
        return 0
    waiting = (Encounter.status == EncounterStatus.WAITING) & listing(who).shown
    return session.scalar(select(func.count()).select_from(Encounter).where(waiting)) or 0


def _wanting(session: Session, who: Staff) -> int:
    mine = (Conversation.claimed_by_id == who.practitioner_id) & (Conversation.unread_by_staff > 0)
    new = (Conversation.state == ConversationState.NEW) & visible(who, Conversation)
    wanting = listed(who) & (mine | new)
    return session.scalar(select(func.count()).select_from(Conversation).where(wanting)) or 0


def init_app(app: Flask, house: House) -> None:
    """Open the namespace and let it hear what happens."""
    if house.sockets is None:
        return
    desk = Desk(app, house)
    house.sockets.register_namespace(desk)
    app.extensions["desk"] = desk
    house.neighbours.hear(ChannelChanged, desk.settle_channel)  # first: what is told next goes to the new rooms
    heard: dict[type, list[Any]] = {
        PatientArrived: [desk.show_arrival],
        EncounterChanged: [desk.show_visit, desk.show_appointment_visit],
        AvailabilitySwitched: [desk.show_walk_ins],
        ConversationChanged: [desk.show_conversation, desk.tell_who_lost_it, desk.show_letter],
        ConversationErased: [desk.show_erased],
        MessageChanged: [desk.show_changed],
        NoteChanged: [desk.show_changed],
        ConversationReached: [desk.show_reach],
        ContactsChanged: [desk.show_contacts],
        Typing: [desk.show_typing],
        ChannelChanged: [desk.show_channel],
        AnnouncementsChanged: [desk.show_announcements],
        AbsenceChanged: [desk.show_absences, desk.show_free_times],
        PlanChanged: [desk.show_plan, desk.show_free_times],
        FeedbackGiven: [desk.show_feedback],
        AppointmentBooked: [desk.show_appointment, desk.show_free_times],
        AppointmentChanged: [desk.show_appointment, desk.show_free_times],
        TimesChanged: [desk.show_free_times],
        ParticipantChanged: [desk.show_participants],
        GroupChanged: [desk.show_group],
    }
    for kind, listeners in heard.items():
        for listener in listeners:
            when(kind)(desk.if_anybody(listener))
    when_together(MessagePosted, desk.if_anybody(desk.show_messages))
    when_together(MessagePosted, desk.if_anybody(desk.show_letters))
    when_together(MessagePosted, desk.if_anybody(desk.show_groups))
    when(EncounterChanged)(desk.close_call)
    house.neighbours.hear(EncounterChanged, desk.tidy_visit)
    house.neighbours.hear(ConversationChanged, desk.tidy_talk)
    house.neighbours.hear(GroupChanged, desk.settle_groups)
    house.neighbours.hear(AccessChanged, desk.end_access)
