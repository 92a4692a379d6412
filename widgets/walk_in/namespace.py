"""The live side of waiting: the page is there, its place moves, both sides write, the turn comes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

from flask import Flask
from flask_babel import gettext as _
from pydantic import StringConstraints
from sqlalchemy import select

from integrations import sms
from telehealth import alert, call, clock, congestion, elsewhere, ending, feedback, message, queue
from telehealth.announcement import AnnouncementsChanged
from telehealth.congestion import CongestionSwitched
from telehealth.conversation import AuthorKind, ConversationReached, Typing
from telehealth.database import Session
from telehealth.event import when
from telehealth.feed import FeedName, latest
from telehealth.feedback import LONGEST_WORDS, Rating
from telehealth.message import Author, ConversationErased, MessageChanged, MessagePosted
from telehealth.organization import Organization
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter, EncounterChanged, EncounterEnded
from web import browser, locale, visitor
from web.call import Joining, MediaNow, Signal, Signalling
from web.errors import Refusal
from web.house import House
from web.link_code import code_of
from web.said import line
from web.schema import ClientId, Nothing, Schema, check
from web.sockets import Connection, LiveNamespace, event
from web.way_back import MOVED, way_back
from widgets.walk_in import waiting
from widgets.walk_in.checks import Checking
from widgets.walk_in.elsewhere import Away, ways_back
from widgets.walk_in.waiting import Standing

NAMESPACE = "/walk-in"
GATHER = 0.2  # seconds in which several changes of one queue become one round of telling


class Credentials(Schema):
    """`moved` says that the patient goes on here, and no longer where the visit was open before."""

    token: str
    locale: str = ""
    moved: bool = False


class CatchUp(Schema):
    after: int = 0


class Say(Schema):
    client_id: ClientId
    text: str


class UpTo(Schema):
    """How far the page has received or shown what was said; without a number everything."""

    to: int | None = None


class OneOf(Schema):
    seq: int


class Other(OneOf):
    text: str


class Writes(Schema):
    on: bool


PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{4,38}")


class Ring(Schema):
    """`phone` as the patient writes it: figures, and what people put between them."""

    client_id: ClientId
    phone: Annotated[str, StringConstraints(max_length=40)]


class Opinion(Schema):
    """How the visit was: 1 very bad … 5 very good, and words if there are any."""

    rating: Rating
    words: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)] = ""


@dataclass
class Present:
    """A visit whose page is open here, perhaps in several windows, each in its own language."""

    organization_id: int
    department_id: int
    pages: dict[str, str] = field(default_factory=dict)
    told: Standing | None = None


class WalkIn(Checking, Signalling, LiveNamespace):
    def __init__(self, path: str, app: Flask, house: House) -> None:
        super().__init__(path, app, house)
        self.present: dict[int, Present] = {}
        self._moved: set[tuple[int, int]] = set()
        self._busy: dict[int, bool] = {}

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        given = check(Credentials, auth)
        who = visitor.read(self.house.settings.secret_key, given.token)
        session.enter(who.organization_id)
        visit = waiting.visit_of(session, who, clock.now())
        visit.connection(connected=True, now=clock.now())
        visit.comes_with(browser.name_of(self._user_agent(sid)))
        visit.come_back()
        organization = session.get_one(Organization, who.organization_id)
        tag = locale.choose([given.locale, who.locale], [organization.locale, *organization.locales])
        self._join(sid, visit, tag)
        if given.moved:
            self.emit("moved", {}, room=f"conversation-{visit.conversation_id}", skip_sid=sid)
        full = self.house.settings.events_per_10_seconds
        return Connection(sid, who.organization_id, tag, visit.id, time.monotonic(), full, who)

    def _user_agent(self, sid: str) -> str:
        return str(self.server.get_environ(sid, self.namespace).get("HTTP_USER_AGENT", ""))

    def _join(self, sid: str, visit: Encounter, tag: str) -> None:
        there = self.present.setdefault(visit.id, Present(visit.organization_id, visit.department_id))
        there.pages[sid] = tag
        for room in (f"conversation-{visit.conversation_id}", f"organization-{visit.organization_id}"):
            self.enter_room(sid, room)

    def judge(self, session: Session, connection: Connection) -> visitor.Visitor:
        who: visitor.Visitor = connection.who
        return who

    def left(self, session: Session, connection: Connection) -> None:
        self.leave_call(connection)
        there = self.present.get(connection.key)
        if there is not None:
            there.pages.pop(connection.sid, None)
        if there is None or not there.pages:
            self.present.pop(connection.key, None)
            _visit(session, connection).connection(connected=False, now=clock.now())

    @event(CatchUp)
    def on_catch_up(self, session: Session, connection: Connection, data: CatchUp) -> dict[str, Any]:
        """The messages after a number, and how things stand."""
        visit = _visit(session, connection)
        gap = waiting.gap_of(session, visit, data.after, clock.now())
        return gap.model_dump(mode="json") | {"state": _state(session, visit, connection.tag)}

    @event(Say)
    def on_say(self, session: Session, connection: Connection, data: Say) -> dict[str, Any]:
        """Write to the clinic, after the visit to its team; a repeat is the same message."""
        visit, now = _visit(session, connection), clock.now()
        if not waiting.may_write(session, visit, now):
            raise Refusal("not_allowed", 403, _("Messages cannot be sent here now."))
        if visit.ended_at is not None:
            return {"seq": ending.write(session, visit, data.client_id, data.text, by=_patient(visit), now=now)}
        return {"seq": self._post(session, visit, data.client_id, data.text)}

    def _post(self, session: Session, visit: Encounter, client: str, text: str) -> int:
        now = clock.now()
        seq = message.post(session, visit.conversation_id, client, text, by=_patient(visit), now=now)
        alert.patient_wrote(session, visit, seq, now)
        return seq

    @event(Ring)
    def on_call_me(self, session: Session, connection: Connection, data: Ring) -> dict[str, Any]:
        """Ask for a telephone call; the clinic reads it in its own language, among the messages (X-42)."""
        visit = _visit(session, connection)
        if visit.ended_at is not None:
            raise EncounterEnded
        if not PHONE.fullmatch(data.phone):
            raise Refusal("invalid", 422, fields={"phone": _("Enter a phone number, such as +31 20 123 4567.")})
        organization = session.get_one(Organization, session.organization_id)
        with self.app.test_request_context("/"):
            locale.set_tag(organization.locale)
            text = _("Please call me by phone: %(phone)s", phone=data.phone)
        return {"seq": self._post(session, visit, data.client_id, text)}

    @event(Opinion)
    def on_feedback(self, session: Session, connection: Connection, data: Opinion) -> dict[str, Any]:
        """Say how the visit was; saying it again changes it (S001-29)."""
        visit = _visit(session, connection)
        feedback.give(session, visit, data.rating, data.words, clock.now())
        return {"state": _state(session, visit, connection.tag)}

    @event(Other)
    def on_edit(self, session: Session, connection: Connection, data: Other) -> dict[str, Any]:
        """Put the own words otherwise; the same words again change nothing."""
        visit = _visit(session, connection)
        _require_own_time(visit, data.seq)
        return {"changed": message.edit(session, visit.conversation, data.seq, data.text, by=_patient(visit), now=clock.now())}

    @event(OneOf)
    def on_delete(self, session: Session, connection: Connection, data: OneOf) -> dict[str, Any]:
        """Delete the own words for both sides."""
        visit = _visit(session, connection)
        _require_own_time(visit, data.seq)
        return {"changed": message.remove(session, visit.conversation, data.seq, by=_patient(visit), now=clock.now())}

    @event(UpTo)
    def on_read(self, session: Session, connection: Connection, data: UpTo) -> None:
        """The patient has seen what the clinic wrote."""
        thread = _visit(session, connection).conversation
        message.seen_by_patient(session, thread, thread.seq if data.to is None else data.to)

    @event(UpTo)
    def on_received(self, session: Session, connection: Connection, data: UpTo) -> None:
        """The page has it, though nobody looks."""
        thread = _visit(session, connection).conversation
        thread.received_by_patient(thread.seq if data.to is None else data.to)

    @event(Writes)
    def on_typing(self, session: Session, connection: Connection, data: Writes) -> None:
        """The patient is writing, or has stopped."""
        visit = _visit(session, connection)
        if waiting.may_write(session, visit, clock.now()):
            visit.conversation.types(AuthorKind.PATIENT, visit.patient.name, on=data.on)

    @event(Nothing)
    def on_leave(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Give the place up, or end the consultation."""
        visit = _visit(session, connection)
        visit.leave(clock.now())
        return {"state": _state(session, visit, connection.tag)}

    @event(Nothing)
    def on_beat(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """The page is still there; what changes by time alone, such as announcements, comes with the answer."""
        visit = _visit(session, connection)
        visit.connection(connected=True, now=clock.now())
        return {"state": _state(session, visit, connection.tag)}

    @event(Nothing)
    def on_move(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """The way to this visit for the patient's other device, as a link and as a code to photograph."""
        link = way_back(session, self.house.settings.base_url, _visit(session, connection), MOVED)
        return code_of(link).model_dump(mode="json")

    @event(Nothing)
    def on_ways_back(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """How this patient can be called back after closing the page."""
        organization = session.get_one(Organization, session.organization_id)
        ways = elsewhere.ways(session, texting=self._texting, now=clock.now())
        visit = _visit(session, connection)
        found = ways_back(visit, ways, organization.elsewhere_minutes, organization.call_back_place)
        return found.model_dump(mode="json")

    @event(Away)
    def on_wait_elsewhere(self, session: Session, connection: Connection, data: Away) -> dict[str, Any]:
        """Go away and be called back; coming back is connecting again."""
        visit = _visit(session, connection)
        elsewhere.go(session, visit, data.way, data.address, texting=self._texting, now=clock.now())
        return {"address": visit.call_back_to, "until": visit.elsewhere_until.isoformat()}

    @property
    def _texting(self) -> bool:
        return sms.sender_of(self.house.settings).configured

    @event(Joining)
    def on_call_join(self, session: Session, connection: Connection, data: Joining) -> dict[str, Any]:
        """Take part in the call, with picture and sound or without."""
        return self.join_call(session, connection, call.patients_seat(_visit(session, connection)), data)

    @event(Signal)
    def on_call_signal(self, session: Session, connection: Connection, data: Signal) -> None:
        """A word from browser to browser."""
        self.pass_signal(connection, call.patients_seat(_visit(session, connection)), data)

    @event(MediaNow)
    def on_call_media(self, session: Session, connection: Connection, data: MediaNow) -> None:
        """Microphone or camera were switched."""
        self.tell_media(session, connection, call.patients_seat(_visit(session, connection)), data)

    def visit_changed(self, fact: EncounterChanged) -> None:
        """Tell the patient at once, and everybody in the same queue soon."""
        if fact.encounter_id in self.present:
            self._tell(fact.organization_id, fact.encounter_id)
        for department in {fact.department_id, fact.department_before} - {None}:
            self._queue_moved(fact.organization_id, int(department or 0))

    def _tell(self, organization_id: int, visit_id: int) -> None:
        there = self.present[visit_id]
        with self.house.sessions(organization=organization_id) as session:
            visit = session.get_one(Encounter, visit_id)
            there.department_id = visit.department_id
            states = {tag: _state(session, visit, tag) for tag in set(there.pages.values())}
        for sid, tag in list(there.pages.items()):
            self.emit("state", states[tag], to=sid)

    def _queue_moved(self, organization_id: int, department_id: int) -> None:
        if not any(there.department_id == department_id for there in list(self.present.values())):
            return
        begun = bool(self._moved)
        self._moved.add((organization_id, department_id))
        if not begun:
            self.server.start_background_task(self._tell_places)

    def _tell_places(self) -> None:
        self.server.sleep(GATHER)
        moved, self._moved = self._moved, set()
        for organization_id, department_id in moved:
            with self.house.sessions(organization=organization_id) as session:
                self._tell_congestion(session, organization_id)
                if session.get_one(Organization, organization_id).show_place:
                    self._tell_department(session, department_id)

    def _tell_congestion(self, session: Session, organization_id: int) -> None:
        """Pages look again when it has become busier than usual, and when it no longer is."""
        found = congestion.by_numbers(session)
        if any(self._busy.get(widget, False) != busy for widget, busy in found.items()):
            self._busy.update(found)
            self.emit("look", {}, room=f"organization-{organization_id}")

    def _tell_department(self, session: Session, department_id: int) -> None:
        version = latest(session, FeedName.WAITING_ROOM)
        for visit_id, place in queue.places(session, department_id).items():
            there, new = self.present.get(visit_id), waiting.standing(place)
            if there is not None and there.told != new:
                there.told = new
                for sid in list(there.pages):
                    self.emit("place", {"version": version, "standing": new.model_dump()}, to=sid)

    def message_told(self, fact: MessagePosted | MessageChanged) -> None:
        """What was said, and what became of it: of words from before a visit its page knows nothing."""
        if isinstance(fact, MessageChanged) and self._is_from_before(fact):
            return
        self.emit("message", line(fact.message).model_dump(mode="json"), room=f"conversation-{fact.conversation_id}")

    def _is_from_before(self, fact: MessageChanged) -> bool:
        going_on = (Encounter.conversation_id == fact.conversation_id) & (Encounter.continues_from >= fact.message.seq)
        with self.house.sessions(organization=fact.organization_id) as session:
            return session.scalar(select(Encounter.id).where(going_on).limit(1)) is not None

    def erased(self, fact: ConversationErased) -> None:
        """Nobody goes on looking at what was deleted."""
        self.emit("erased", {}, room=f"conversation-{fact.conversation_id}")

    def reached(self, fact: ConversationReached) -> None:
        """How far the clinic has received and read what the patient wrote."""
        self.emit("reach", {"has": fact.staff_has, "read": fact.staff_read}, room=f"conversation-{fact.conversation_id}")

    def typing(self, fact: Typing) -> None:
        if fact.author is not AuthorKind.PATIENT:
            self.emit("typing", {"name": fact.name, "on": fact.on}, room=f"conversation-{fact.conversation_id}")

    def congestion_switched(self, fact: CongestionSwitched) -> None:
        """Every page asks for itself, in its own language, spread over a moment."""
        self.emit("look", {}, room=f"organization-{fact.organization_id}")

    def announcements_changed(self, fact: AnnouncementsChanged) -> None:
        """Tell every page; worded once for each department and language, however many wait."""
        with self.house.sessions(organization=fact.organization_id) as session:
            organization = session.get_one(Organization, fact.organization_id)
            for (department_id, tag), sids in self._audiences(fact.organization_id).items():
                texts = Texts(session, tag, organization.locale)
                found = waiting.notices(session, department_id, texts, clock.now())
                told = {"announcements": [notice.model_dump(mode="json") for notice in found]}
                for sid in sids:
                    self.emit("announcements", told, to=sid)

    def _audiences(self, organization_id: int) -> dict[tuple[int, str], list[str]]:
        """The pages that are open here, by department and language."""
        found: dict[tuple[int, str], list[str]] = {}
        for there in list(self.present.values()):
            if there.organization_id == organization_id:
                for sid, tag in there.pages.items():
                    found.setdefault((there.department_id, tag), []).append(sid)
        return found


def _visit(session: Session, connection: Connection) -> Encounter:
    return session.get_one(Encounter, connection.key)


def _require_own_time(visit: Encounter, seq: int) -> None:
    """Raises UnknownMessage for words from before the visit, which may go on with messages that began earlier."""
    if seq <= (visit.continues_from or 0):
        raise message.UnknownMessage


def _patient(visit: Encounter) -> Author:
    return Author(AuthorKind.PATIENT, visit.patient.name, visitor=visit.conversation.visitor)


def _state(session: Session, visit: Encounter, tag: str) -> dict[str, Any]:
    return waiting.state_of(session, visit, tag, clock.now()).model_dump(mode="json")


def init_app(app: Flask, house: House) -> None:
    """Serve the namespace and listen to the domain; without sockets there is nobody to tell."""
    if house.sockets is None:
        return
    namespace = WalkIn(NAMESPACE, app, house)
    house.sockets.register_namespace(namespace)
    house.neighbours.hear(EncounterChanged, namespace.visit_changed)
    when(EncounterChanged)(namespace.close_call)
    when(MessagePosted, MessageChanged)(namespace.message_told)
    when(ConversationReached)(namespace.reached)
    when(ConversationErased)(namespace.erased)
    when(Typing)(namespace.typing)
    when(CongestionSwitched)(namespace.congestion_switched)
    house.neighbours.hear(AnnouncementsChanged, namespace.announcements_changed)
