"""Beside a conversation: who it may be, who it is once somebody has said so, how far our notices came (S003-5 … S003-8, X-62)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from desk import rooms
from desk.part import Part, Which, actor
from desk.talk import thread
from integrations import sms
from telehealth import audit, clock, contact_point, messenger, staff_booking
from telehealth.contact_point import ContactPoint, ContactsChanged
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.job import WorkState
from telehealth.messenger import CodeOver, WrongCode
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import may_see
from web.errors import Refusal
from web.sockets import Connection, event

SHORTEST = 2  # characters by which all patients are searched, beyond those with the address
Id = Annotated[int, Field(gt=0, lt=2**31)]


class Search(Which):
    text: Annotated[str, StringConstraints(max_length=120)] = ""


class OfPatient(Which):
    patient: Id


class OfPoint(Which):
    point: Id


class Switch(OfPoint):
    on: bool


class Code(OfPoint):
    code: Annotated[str, StringConstraints(max_length=40)]


class Contacts(Part):
    @event(Which, Permission.ANSWER_CHAT)
    def on_contact(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """Whom a conversation may be with, by name only for those who see patients; whoever is shown is noted."""
        return _panel(session, connection, thread(session, connection.who, data.id))

    @event(Search, Permission.SEE_PATIENT)
    def on_contact_patients(self, session: Session, connection: Connection, data: Search) -> dict[str, Any]:
        """All patients with one of the addresses; with some letters also others whose name begins so."""
        found = thread(session, connection.who, data.id)
        fitting = contact_point.search(session, connection.who, found, data.text)
        known = {patient.id for patient in fitting}
        others = staff_booking.find_patients(session, connection.who, data.text) if len(data.text) >= SHORTEST else []
        rest = [patient for patient in others if patient.id not in known]
        return {"patients": [_person(session, connection, one, fits=one.id in known) for one in (*fitting, *rest)]}

    @event(OfPatient, Permission.SEE_PATIENT)
    def on_confirm_patient(self, session: Session, connection: Connection, data: OfPatient) -> dict[str, Any]:
        """Say who it is; the conversation is that patient's from here on."""
        found = thread(session, connection.who, data.id)
        patient = session.get(Patient, data.patient)
        if patient is None or not may_see(session, connection.who, patient):
            raise Refusal("unknown", 404)
        contact_point.confirm(session, found, patient, by=connection.who, now=clock.now())
        return _panel(session, connection, found)

    @event(Which, Permission.SEE_PATIENT)
    def on_part_patient(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """It was somebody else."""
        found = thread(session, connection.who, data.id)
        contact_point.part(session, found, by=connection.who, now=clock.now())
        return _panel(session, connection, found)

    @event(Switch, Permission.ANSWER_CHAT)
    def on_block_contact(self, session: Session, connection: Connection, data: Switch) -> dict[str, Any]:
        """Take nothing more from there, or take it again."""
        found, at = _point(session, connection.who, data)
        at.block(clock.now()) if data.on else at.unblock()
        session.flush()
        return _panel(session, connection, found)

    @event(Switch, Permission.SEE_PATIENT)
    def on_agree_contact(self, session: Session, connection: Connection, data: Switch) -> dict[str, Any]:
        """The patient agrees to notices about appointments there, or no longer."""
        found, at = _point(session, connection.who, data)
        at.consent(clock.now() if data.on else None)
        session.flush()
        return _panel(session, connection, found)

    @event(OfPoint, Permission.ANSWER_CHAT)
    def on_send_code(self, session: Session, connection: Connection, data: OfPoint) -> dict[str, Any]:
        """Send a code to an address, to see whether it is theirs."""
        found, at = _point(session, connection.who, data)
        messenger.ask_code(session, at, found, clock.now(), texting=sms.sender_of(self.house.settings).configured)
        return {}

    @event(Code, Permission.ANSWER_CHAT)
    def on_try_code(self, session: Session, connection: Connection, data: Code) -> dict[str, Any]:
        """The code that the patient has told; a wrong one is counted and answered, not refused, so that the count is kept."""
        found, at = _point(session, connection.who, data)
        try:
            messenger.try_code(session, at, data.code, clock.now())
        except WrongCode as wrong:
            return {"wrong": wrong.left}
        except CodeOver:
            return {"over": True}
        session.flush()
        return {"panel": _panel(session, connection, found)}

    def show_contacts(self, fact: ContactsChanged) -> None:
        """To those who have it open, and without what has changed: their panels ask, and are told what each of them may see."""
        for conversation_id in fact.conversations:
            self.tell("contact_changed", {"id": conversation_id}, rooms.name(rooms.TALK, fact.organization_id, conversation_id))


def _point(session: Session, staff: Staff, data: OfPoint) -> tuple[Conversation, ContactPoint]:
    found = thread(session, staff, data.id)
    return found, contact_point.find(session, found, data.point)


def _panel(session: Session, connection: Connection, found: Conversation) -> dict[str, Any]:
    guess, sees = contact_point.guess(session, found), connection.who.may(Permission.SEE_PATIENT)
    first = guess.confirmed or next(iter(guess.patients), None)
    shown = _person(session, connection, first, fits=True) if first and sees else None
    notice = messenger.latest(session, found)
    return {
        "confirmed": guess.confirmed is not None,
        "patient": shown,
        "more": max(len(guess.patients) - 1, 0) if guess.confirmed is None else 0,
        "known": len(guess.patients),
        "chooses": sees,
        "points": [_point_row(at) for at in guess.points],
        "earlier": [_before(one) for one in contact_point.earlier(session, found)] if sees else [],
        "notice": {"fate": "dropped" if notice.state is WorkState.DROPPED else notice.fate.value, "why": notice.error} if notice else None,
    }


def _point_row(at: ContactPoint) -> dict[str, Any]:
    return {
        "id": at.id, "kind": at.kind.value, "address": at.address, "name": at.name, "verified": at.verified_at is not None,
        "blocked": at.is_blocked, "agreed": at.consented_at is not None,
    }  # fmt: skip


def _before(one: Conversation) -> dict[str, Any]:
    """That there was one, without what was said: opening it follows the rules of its channel."""
    return {"id": one.id, "at": one.started_at.isoformat(), "channel": one.channel.name if one.channel else "", "open": one.closed_at is None}


def _person(session: Session, connection: Connection, patient: Patient, *, fits: bool) -> dict[str, Any]:
    audit.opened(session, patient, actor(connection.who), clock.now())
    return {
        "id": patient.id, "name": patient.name, "email": patient.email, "phone": patient.phone, "client_number": patient.client_number,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None, "fits": fits,
    }  # fmt: skip
