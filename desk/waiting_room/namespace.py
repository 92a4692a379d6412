"""The live waiting room: every desk of the department sees the same people, and acts on them."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Annotated, Any

from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import Field, StringConstraints, model_validator

from desk import catch_up, rooms, texts
from desk.catch_up import After
from desk.part import Part, Which
from desk.waiting_room import rows
from integrations import sms
from telehealth import clock, delay, message, quick_text, transfer
from telehealth.booking import Appointment
from telehealth.conversation import AuthorKind
from telehealth.database import Session
from telehealth.message import Author
from telehealth.organization import Organization
from telehealth.practitioner import AvailabilitySwitched, Permission, Practitioner, Staff
from telehealth.translation import Texts
from telehealth.visibility import may_see
from telehealth.waiting_room import (
    LONGEST_SUMMARY,
    Encounter,
    EncounterChanged,
    EndReason,
    PatientArrived,
    UnknownEncounter,
)
from web.schema import ClientId, LongText, Nothing, Schema
from web.sockets import Connection, event


class Ending(Which):
    reason: EndReason = EndReason.COMPLETED


class Refusing(Which):
    """`message` is what the patient reads instead of being seen."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SUMMARY)]


class Passing(Which):
    """Where a patient is passed on to; `practitioner` None means whoever is free first there."""

    department: Annotated[int, Field(ge=1)]
    practitioner: Annotated[int, Field(ge=1)] | None = None
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class Lock(Which):
    locked: bool


class Delay(Schema):
    """How late somebody runs today; 0 says that they are on time again."""

    practitioner: Annotated[int, Field(ge=1)]
    minutes: Annotated[int, Field(ge=0, le=240)]


class Switch(Schema):
    on: bool


class Notice(Schema):
    """One text for several people who wait (S004-5); or, to each in their language, how late we are (X-56) or a quick text."""

    client_id: ClientId
    ids: Annotated[list[int], Field(min_length=1, max_length=300)]
    text: LongText | None = None
    minutes_late: Annotated[int, Field(ge=1, le=240)] | None = None
    quick_text: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Notice:
        if [self.text, self.minutes_late, self.quick_text].count(None) != 2:
            raise ValueError
        return self


def visit(session: Session, staff: Staff, visit_id: int) -> Encounter:
    """The visit, as far as it is this person's to see. Raises UnknownEncounter."""
    found = session.get(Encounter, visit_id)
    if found is None or not may_see(session, staff, found):
        raise UnknownEncounter
    return found


def end(session: Session, staff: Staff, found: Encounter, reason: EndReason = EndReason.COMPLETED) -> None:
    """End a visit; a completed one's appointment is done, a missed one's a no-show. Raises EncounterEnded, NotAllowed."""
    found.end(staff, clock.now(), reason)
    if found.appointment_id is None:
        return
    appointment = session.get_one(Appointment, found.appointment_id)
    if found.end_reason is EndReason.COMPLETED:
        appointment.finish()
    elif found.end_reason is EndReason.MISSED and appointment.checked_in_at is None:
        appointment.miss(clock.now())


class WaitingRoom(Part):
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

    @event(Nothing, Permission.SEE_WAITING_ROOM)
    def on_ended(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """The visits that have ended since midnight, as the clinic's clock goes."""
        zone = session.get_one(Organization, connection.organization_id).tz
        midnight = datetime.combine(clock.now().astimezone(zone).date(), time(), zone)
        return {"items": rows.ended(session, connection.who, midnight)}

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
        visit(session, connection.who, data.id).hold(connection.who, clock.now())

    @event(Which, Permission.ADMIT)
    def on_send_back(self, session: Session, connection: Connection, data: Which) -> None:
        """Back to the waiting room."""
        visit(session, connection.who, data.id).send_back(connection.who)

    @event(Nothing, Permission.ADMIT)
    def on_destinations(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Where patients can be passed on to."""
        return {"departments": [_destination(found) for found in transfer.destinations(session)]}

    @event(Passing, Permission.ADMIT)
    def on_pass_on(self, session: Session, connection: Connection, data: Passing) -> None:
        """Pass a patient on; the patient reads where to."""
        found = visit(session, connection.who, data.id)
        if not found.transfer(connection.who, data.department, data.practitioner, clock.now(), data.note):
            return
        session.expire(found, ["department", "practitioner"])
        self._tell_patient(session, found, self._passed_on(session, found))

    @event(Lock, Permission.ADMIT)
    def on_lock(self, session: Session, connection: Connection, data: Lock) -> None:
        """Let nobody else interfere with a consultation, or let them again."""
        visit(session, connection.who, data.id).lock(connection.who, locked=data.locked)

    @event(Ending, Permission.ADMIT)
    def on_end(self, session: Session, connection: Connection, data: Ending) -> None:
        """End a visit, or take somebody out of the waiting room."""
        end(session, connection.who, visit(session, connection.who, data.id), data.reason)

    @event(Refusing, Permission.ADMIT)
    def on_decline(self, session: Session, connection: Connection, data: Refusing) -> None:
        """Say why somebody is not seen here now, and what else they can do (X-36)."""
        found = visit(session, connection.who, data.id)
        end(session, connection.who, found, EndReason.DECLINED)
        found.sum_up(connection.who, data.message, None, clock.now())

    @event(Switch, Permission.ADMIT)
    def on_take_walk_ins(self, session: Session, connection: Connection, data: Switch) -> None:
        """Appear in the walk-in widget, or no longer (S002-86)."""
        session.get_one(Practitioner, connection.who.practitioner_id).switch_walk_ins(data.on)

    @event(Nothing, Permission.SEE_CALENDAR)
    def on_delays(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Whose patients are still to come today, and how late these are told to expect it."""
        found = delay.expected(session, connection.who, clock.now())
        mine = connection.who.practitioner_id
        return {"people": [_delay(row, row.practitioner.id == mine) for row in found]}

    @event(Delay, Permission.SEE_CALENDAR)
    def on_run_late(self, session: Session, connection: Connection, data: Delay) -> None:
        """Tell the patients who are still to come today how late it gets (X-56)."""
        texting = sms.sender_of(self.house.settings).configured
        delay.run_late(session, connection.who, data.practitioner, data.minutes, clock.now(), texting=texting)

    @event(Notice, Permission.TALK)
    def on_notify(self, session: Session, connection: Connection, data: Notice) -> dict[str, Any]:
        """Write the same to several people; those who have left meanwhile are passed over."""
        by = Author(AuthorKind.STAFF, connection.who.name, connection.who.practitioner_id)
        listed = session.query(Encounter).where(Encounter.id.in_(data.ids), rows.listing(connection.who).shown)
        reached = listed.order_by(Encounter.id).all()
        for found in reached:
            text = self._said(session, connection.who, data, found)
            message.post(session, found.conversation_id, data.client_id, text, by=by, now=clock.now())
            if found.is_unseen:
                found.acknowledge(connection.who, clock.now())
        return {"reached": len(reached)}

    def _said(self, session: Session, staff: Staff, notice: Notice, visit: Encounter) -> str:
        if notice.quick_text is not None:
            chosen = quick_text.quick_text(session, staff, notice.quick_text)
            words = Texts(session, visit.locale, session.get_one(Organization, staff.organization_id).locale)
            return texts.in_words(chosen, words, texts.values_of(session, staff, visit.conversation))
        if notice.minutes_late is not None:
            return self._late(notice.minutes_late, visit.locale)
        return notice.text or ""

    def _late(self, minutes: int, tag: str) -> str:
        with self.in_language(tag):
            return str(
                ngettext(
                    "We are running about %(num)d minute late. Your place is kept; thank you for waiting.",
                    "We are running about %(num)d minutes late. Your place is kept; thank you for waiting.",
                    minutes,
                )
            )

    def _passed_on(self, session: Session, found: Encounter) -> str:
        """What the patient reads who was passed on."""
        texts = Texts(session, found.locale, session.get_one(Organization, found.organization_id).locale)
        there = texts.of(found.department, "name").text
        with self.in_language(found.locale):
            if found.practitioner is not None:
                return _(
                    "You have been passed on to %(name)s, %(department)s. The time you have waited still counts.",
                    name=found.practitioner.name, department=there,
                )  # fmt: skip
            return _("You have been passed on to %(department)s. The time you have waited still counts.", department=there)

    def _tell_patient(self, session: Session, found: Encounter, text: str) -> None:
        by = Author(AuthorKind.SYSTEM)
        message.post(session, found.conversation_id, str(uuid.uuid4()), text, by=by, now=clock.now())

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
                self.tell("visit", catch_up.gone(found.id, found.seq) | {"passed_on": True}, before)

    def _visit_item(self, session: Session, found: Encounter) -> dict[str, Any]:
        if found.ended_at is None:
            return rows.rows(session, [found.id])[found.id]
        return catch_up.gone(found.id, found.seq)

    def show_walk_ins(self, fact: AvailabilitySwitched) -> None:
        with self.open_session(fact.organization_id) as session:
            person = session.get_one(Practitioner, fact.practitioner_id)
            mine = rooms.name("person", fact.organization_id, fact.practitioner_id)
            self.tell("walk_ins", {"on": person.takes_walk_ins}, mine)


def _delay(row: delay.Expected, mine: bool) -> dict[str, Any]:
    person = row.practitioner
    return {"id": person.id, "name": person.name, "patients": row.patients, "minutes": row.minutes_late, "mine": mine}


def _destination(found: transfer.Destination) -> dict[str, Any]:
    people = [{"id": person.id, "name": person.name} for person in found.practitioners]
    return {"id": found.department.id, "name": found.department.name, "practitioners": people}
