"""The live side of a participant's page: when they can come in, and their side of the call."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import select

from telehealth import call, clock, participant
from telehealth.booking import AppointmentChanged
from telehealth.database import Session
from telehealth.event import when
from telehealth.organization import Organization
from telehealth.participant import Participant, ParticipantChanged, Presence
from telehealth.ticket import Ticket, UnknownTicket
from telehealth.waiting_room import Encounter, EncounterChanged
from web import locale, visitor
from web.call import Joining, MediaNow, Signal, Signalling
from web.house import House
from web.schema import Nothing, Schema, check
from web.sockets import Connection, LiveNamespace, event
from widgets.visit.guest import facts_of

NAMESPACE = "/guest"


class Credentials(Schema):
    token: str
    locale: str = ""


@dataclass
class Present:
    """A participant whose page is open here, perhaps in several windows, each in its own language."""

    organization_id: int
    appointment_id: int | None
    encounter_id: int | None
    pages: dict[str, Connection] = field(default_factory=dict)
    told: tuple[Any, ...] | None = None

    @property
    def presence(self) -> Presence:
        if any(page.call for page in self.pages.values()):
            return Presence.INSIDE
        return Presence.WAITING if self.pages else Presence.AWAY


class Guests(Signalling, LiveNamespace):
    def __init__(self, path: str, app: Flask, house: House) -> None:
        super().__init__(path, app, house)
        self.present: dict[int, Present] = {}

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        given = check(Credentials, auth)
        who = visitor.read(self.house.settings.secret_key, given.token)
        session.enter(who.organization_id)
        mine = _holder(session, who)
        full = self.house.settings.events_per_10_seconds
        organization = session.get_one(Organization, who.organization_id)
        tag = locale.choose([given.locale, who.locale], [organization.locale, *organization.locales])
        connection = Connection(sid, who.organization_id, tag, mine.id, time.monotonic(), full, who)
        there = self.present.setdefault(mine.id, Present(mine.organization_id, mine.appointment_id, mine.encounter_id))
        there.pages[sid] = connection
        mine.is_at(there.presence)
        return connection

    def judge(self, session: Session, connection: Connection) -> visitor.Visitor:
        who: visitor.Visitor = connection.who
        return who

    def left(self, session: Session, connection: Connection) -> None:
        self.leave_call(connection)
        there = self.present.get(connection.key)
        if there is None:
            return
        there.pages.pop(connection.sid, None)
        if not there.pages:
            self.present.pop(connection.key, None)
        _mine(session, connection).is_at(there.presence)

    @event(Nothing)
    def on_look(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """How things stand."""
        return {"guest": _facts(session, _mine(session, connection), connection.tag)}

    @event(Nothing)
    def on_leave(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Go out of the room; the way back stays open."""
        self.leave_call(connection, left=True)
        mine = _mine(session, connection)
        mine.is_at(self.present[connection.key].presence)
        return {"guest": _facts(session, mine, connection.tag)}

    @event(Joining)
    def on_call_join(self, session: Session, connection: Connection, data: Joining) -> dict[str, Any]:
        """Come into the room where the patient is."""
        mine = _mine(session, connection)
        seat = call.guests_seat(session, mine, clock.now())
        answer = self.join_call(session, connection, seat, data)
        mine.enter(session.get_one(Encounter, seat.encounter_id))
        return answer

    @event(Signal)
    def on_call_signal(self, session: Session, connection: Connection, data: Signal) -> None:
        """A word from browser to browser."""
        self.pass_signal(connection, call.guests_seat(session, _mine(session, connection), clock.now()), data)

    @event(MediaNow)
    def on_call_media(self, session: Session, connection: Connection, data: MediaNow) -> None:
        """Microphone or camera were switched."""
        self.tell_media(session, connection, call.guests_seat(session, _mine(session, connection), clock.now()), data)

    def visit_changed(self, fact: EncounterChanged) -> None:
        """Whoever is invited to this visit is told how it stands."""
        if not any(there.organization_id == fact.organization_id for there in list(self.present.values())):
            return
        with self.house.sessions(organization=fact.organization_id) as session:
            visit = session.get_one(Encounter, fact.encounter_id)
            appointment_id, encounter_id = visit.appointment_id, visit.id
        for key, there in list(self.present.items()):
            if there.encounter_id == encounter_id or (appointment_id is not None and there.appointment_id == appointment_id):
                self._tell(key, there)

    def appointment_changed(self, fact: AppointmentChanged) -> None:
        for key, there in list(self.present.items()):
            if there.appointment_id == fact.appointment_id:
                self._tell(key, there)

    def participant_changed(self, fact: ParticipantChanged) -> None:
        """Whoever was taken out hears nothing any more, and is told."""
        there = self.present.get(fact.participant_id)
        if there is not None:
            self._tell(fact.participant_id, there)

    def _tell(self, participant_id: int, there: Present) -> None:
        with self.house.sessions(organization=there.organization_id) as session:
            mine = session.get_one(Participant, participant_id)
            stands = facts_of(session, mine, "", clock.now())
            news = (stands.entrance, stands.visit, stands.start, stands.practitioner)
            if news == there.told:
                return
            there.told = news
            for sid, connection in list(there.pages.items()):
                if mine.removed_at is not None:
                    self.leave_call(connection)
                self.emit("state", {"guest": _facts(session, mine, connection.tag)}, to=sid)

    def show_out(self, fact: ParticipantChanged) -> None:
        """The others let go of whoever was taken out."""
        with self.house.sessions(organization=fact.organization_id) as session:
            mine = session.get_one(Participant, fact.participant_id)
            if mine.removed_at is not None and mine.entered_id is not None:
                self.tell_removed(mine.entered_id, call.guest_id(mine))


def _holder(session: Session, who: visitor.Visitor) -> Participant:
    held = session.scalar(select(Ticket).where(Ticket.uid == who.name))
    if held is None:
        raise UnknownTicket
    return participant.by_ticket(session, held)


def _mine(session: Session, connection: Connection) -> Participant:
    return session.get_one(Participant, connection.key)


def _facts(session: Session, mine: Participant, tag: str) -> dict[str, Any]:
    return facts_of(session, mine, tag, clock.now()).model_dump(mode="json")


def init_app(app: Flask, house: House) -> None:
    """Serve the namespace and listen to the domain; without sockets there is nobody to tell."""
    if house.sockets is None:
        return
    namespace = Guests(NAMESPACE, app, house)
    house.sockets.register_namespace(namespace)
    house.neighbours.hear(EncounterChanged, namespace.visit_changed)
    house.neighbours.hear(AppointmentChanged, namespace.appointment_changed)
    house.neighbours.hear(ParticipantChanged, namespace.participant_changed)
    when(EncounterChanged)(namespace.close_call)
    when(ParticipantChanged)(namespace.show_out)
