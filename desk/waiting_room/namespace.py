"""The live waiting room: every desk of the department sees the same people, and acts on them."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Flask
from flask_babel import ngettext
from pydantic import Field, model_validator

from desk import catch_up, rooms
from desk.catch_up import After
from desk.part import Part, Which
from desk.waiting_room import rows
from telehealth import clock, conversation
from telehealth.booking import Appointment
from telehealth.conversation import Author, AuthorKind
from telehealth.database import Session
from telehealth.practitioner import AvailabilitySwitched, Permission, Practitioner, Staff
from telehealth.visibility import may_see
from telehealth.waiting_room import Encounter, EncounterChanged, EndReason, PatientArrived, UnknownEncounter
from web import locale
from web.schema import ClientId, LongText, Schema
from web.sockets import Connection, event


class Ending(Which):
    reason: EndReason = EndReason.COMPLETED


class Switch(Schema):
    on: bool


class Notice(Schema):
    """One text for several people who wait (S004-5), or how many minutes late we are, to each in their language (X-56)."""

    client_id: ClientId
    ids: Annotated[list[int], Field(min_length=1, max_length=300)]
    text: LongText | None = None
    minutes_late: Annotated[int, Field(ge=1, le=240)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Notice:
        if (self.text is None) == (self.minutes_late is None):
            raise ValueError
        return self


def visit(session: Session, staff: Staff, visit_id: int) -> Encounter:
    """The visit, as far as it is this person's to see. Raises UnknownEncounter."""
    found = session.get(Encounter, visit_id)
    if found is None or not may_see(session, staff, found):
        raise UnknownEncounter
    return found


class WaitingRoom(Part):
    app: Flask

    @event(After, Permission.SEE_WAITING_ROOM)
    def on_waiting_room(self, session: Session, connection: Connection, data: After) -> dict[str, Any]:
        """What changed in the waiting room, and whether the own walk-in hour is on."""
        person = session.get_one(Practitioner, connection.who.practitioner_id)
        changed = catch_up.page(session, rows.listing(connection.who), data.after)
        return changed | {"now": clock.now().isoformat(), "walk_ins": person.takes_walk_ins}

    @event(After, Permission.SEE_WAITING_ROOM)
    def on_waiting_talks(self, session: Session, connection: Connection, data: After) -> dict[str, Any]:
        """Which talks with waiting people went on."""
        return rows.talks(session, connection.who, data.after)

    @event(Which, Permission.SEE_WAITING_ROOM)
    def on_visit(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """How one visit stands."""
        return self._visit_item(session, visit(session, connection.who, data.id))

    @event(Which, Permission.ADMIT)
    def on_admit(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """Call a patient in."""
        found = visit(session, connection.who, data.id)
        found.admit(connection.who, clock.now())
        if found.elsewhere_until is not None:
            found.call_back(clock.now())
        return {"uid": found.uid}

    @event(Which, Permission.ADMIT)
    def on_call_back(self, session: Session, connection: Connection, data: Which) -> None:
        """Write to a patient who waits elsewhere that it is nearly their turn."""
        visit(session, connection.who, data.id).call_back(clock.now())

    @event(Which, Permission.ADMIT)
    def on_hold(self, session: Session, connection: Connection, data: Which) -> None:
        """Let a patient wait where nobody else calls in."""
        visit(session, connection.who, data.id).hold(connection.who)

    @event(Which, Permission.ADMIT)
    def on_send_back(self, session: Session, connection: Connection, data: Which) -> None:
        """Back to the waiting room."""
        visit(session, connection.who, data.id).send_back(connection.who)

    @event(Ending, Permission.ADMIT)
    def on_end(self, session: Session, connection: Connection, data: Ending) -> None:
        """End a visit, or take somebody out of the waiting room."""
        found = visit(session, connection.who, data.id)
        found.end(connection.who, clock.now(), data.reason)
        if found.appointment_id is not None and data.reason is EndReason.COMPLETED:
            session.get_one(Appointment, found.appointment_id).finish()

    @event(Switch, Permission.ADMIT)
    def on_take_walk_ins(self, session: Session, connection: Connection, data: Switch) -> None:
        """Appear in the walk-in widget, or no longer (S002-86)."""
        session.get_one(Practitioner, connection.who.practitioner_id).switch_walk_ins(data.on)

    @event(Notice, Permission.ANSWER_CHAT)
    def on_notify(self, session: Session, connection: Connection, data: Notice) -> dict[str, Any]:
        """Write the same to several people; those who have left meanwhile are passed over."""
        by = Author(AuthorKind.STAFF, connection.who.name, connection.who.practitioner_id)
        listed = session.query(Encounter).where(Encounter.id.in_(data.ids), rows.listing(connection.who).shown)
        reached = listed.order_by(Encounter.id).all()
        for found in reached:
            text = data.text if data.minutes_late is None else self._late(data.minutes_late, found.locale)
            conversation.post(session, found.conversation_id, data.client_id, text or "", by=by, now=clock.now())
        return {"reached": len(reached)}

    def _late(self, minutes: int, tag: str) -> str:
        with self.app.test_request_context("/"):
            locale.set_tag(tag)
            return str(
                ngettext(
                    "We are running about %(num)d minute late. Your place is kept; thank you for waiting.",
                    "We are running about %(num)d minutes late. Your place is kept; thank you for waiting.",
                    minutes,
                )
            )

    def show_arrival(self, fact: PatientArrived) -> None:
        with self.open_session(fact.organization_id) as session:
            found = session.get_one(Encounter, fact.encounter_id)
            self.tell("arrived", {"id": found.id, "name": found.patient.name}, rooms.of_visit(found))

    def show_visit(self, fact: EncounterChanged) -> None:
        with self.open_session(fact.organization_id) as session:
            found = session.get_one(Encounter, fact.encounter_id)
            self.tell("visit", self._visit_item(session, found), rooms.of_visit(found))
            if fact.department_before:
                before = rooms.name("waiting", fact.organization_id, fact.department_before)
                self.tell("visit", catch_up.gone(found.id, found.seq), before)

    def _visit_item(self, session: Session, found: Encounter) -> dict[str, Any]:
        ended = found.ended_at is not None
        return catch_up.gone(found.id, found.seq) if ended else rows.rows(session, [found.id])[found.id]

    def show_walk_ins(self, fact: AvailabilitySwitched) -> None:
        with self.open_session(fact.organization_id) as session:
            person = session.get_one(Practitioner, fact.practitioner_id)
            mine = rooms.name("person", fact.organization_id, fact.practitioner_id)
            self.tell("walk_ins", {"on": person.takes_walk_ins}, mine)
