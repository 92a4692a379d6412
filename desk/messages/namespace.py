"""Messages with known patients, live: listed, begun, joined, switched off, deleted, and the ways in that patients are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from desk import catch_up
from desk.catch_up import After
from desk.messages import rows
from desk.part import Part, Which
from telehealth import audit, clock, correspondence
from telehealth.authorisation import Authorisation, AuthorisationKind
from telehealth.conversation import ConversationChanged
from telehealth.message import MessagePosted
from telehealth.correspondence import Correspondence, UnknownCorrespondence
from telehealth.database import Session
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import may_see
from web.errors import Refusal
from web.link_code import code_of
from web.schema import Schema
from web.sockets import Connection, event

Number = Annotated[int, Field(ge=1)]


class Some(Which):
    """Whom it is about; `on` and the rest say what is wanted."""

    on: bool


class Way(Which):
    """A way in for a patient: `kind`, and whether it is mailed."""

    kind: AuthorisationKind
    mailed: bool = False


class Many(Schema):
    """Appointments of a list that a page shows."""

    appointments: Annotated[list[Number], Field(max_length=500)]


def patient(session: Session, staff: Staff, patient_id: int) -> Patient:
    """Raises Refusal."""
    found = session.get(Patient, patient_id)
    if found is None or not may_see(session, staff, found):
        raise Refusal("unknown", 404)
    return found


def letters(session: Session, staff: Staff, conversation_id: int) -> Correspondence:
    """Raises UnknownCorrespondence."""
    found = correspondence.of_conversation(session, conversation_id)
    if found is None or not may_see(session, staff, found):
        raise UnknownCorrespondence
    return found


class Messages(Part):
    @event(After, Permission.ANSWER_CHAT)
    def on_letters(self, session: Session, connection: Connection, data: After) -> dict[str, Any]:
        """What changed among the messages with patients."""
        return catch_up.page(session, rows.listing(connection.who), data.after) | {"now": clock.now().isoformat()}

    @event(Many, Permission.ANSWER_CHAT)
    def on_balloons(self, session: Session, connection: Connection, data: Many) -> dict[str, Any]:
        """Beside each appointment: whether its patient can be written to, and where."""
        return {"balloons": rows.balloons(session, connection.who, data.appointments, clock.now())}

    @event(Which, Permission.ANSWER_CHAT)
    def on_begin_letters(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """Open messages between a patient and oneself (S002-71)."""
        found = patient(session, connection.who, data.id)
        return {"id": correspondence.begin_with_me(session, found, connection.who, clock.now()).conversation_id}

    @event(Which, Permission.ANSWER_CHAT)
    def on_join_letters(self, session: Session, connection: Connection, data: Which) -> None:
        """Come in beside a colleague (S002-72)."""
        letters(session, connection.who, data.id).join(connection.who, clock.now())

    @event(Some, Permission.ADMINISTER_DEPARTMENT)
    def on_switch_letters(self, session: Session, connection: Connection, data: Some) -> None:
        """Switch a patient's messages off, or on again (S002-78)."""
        found = patient(session, connection.who, data.id)
        correspondence.switch(session, found, connection.who, clock.now(), on=data.on)

    @event(Which, Permission.DELETE_MESSAGES)
    def on_delete_history(self, session: Session, connection: Connection, data: Which) -> None:
        """Delete what was written, for both sides (S002-79)."""
        letters(session, connection.who, data.id).delete_history(connection.who, clock.now())

    @event(Way, Permission.ANSWER_CHAT)
    def on_authorise(self, session: Session, connection: Connection, data: Way) -> dict[str, Any]:
        """Give a patient a way to the messages: a link with a PIN, or a code for one device (S002-74, S002-81)."""
        found = patient(session, connection.who, data.id)
        given = correspondence.authorise(session, found, data.kind, connection.who, clock.now(), mailed=data.mailed)
        how = "device" if given.kind is AuthorisationKind.CODE else "ask"
        link = f"{self.house.settings.base_url}/portal/#{how}={given.ticket.token}"
        return code_of(link).model_dump(mode="json") | {"until": given.expires_at.isoformat()}

    @event(Which, Permission.ANSWER_CHAT)
    def on_revoke(self, session: Session, connection: Connection, data: Which) -> None:
        """Take a way in back, and end what it has opened."""
        found = session.get(Authorisation, data.id)
        if found is None or not may_see(session, connection.who, found.patient):
            raise Refusal("unknown", 404)
        found.revoke(clock.now())
        audit.deleted(session, found, clock.now())

    @event(Which, Permission.ANSWER_CHAT)
    def on_tell_of_result(self, session: Session, connection: Connection, data: Which) -> None:
        """Mail a patient who agreed to it that a result is there (S003-21)."""
        correspondence.tell_of_result(session, patient(session, connection.who, data.id), connection.who, clock.now())

    def show_letters(self, facts: Sequence[MessagePosted]) -> None:
        """What one commit has said."""
        with self.open_session(facts[0].organization_id) as session:
            for found in correspondence.of_conversations(session, [fact.conversation_id for fact in facts]):
                self.tell("letter", rows.row(found), rows.hearers(session, found))

    def show_letter(self, fact: ConversationChanged) -> None:
        """Begun, read, joined, switched or emptied."""
        if fact.channel_id is None:
            with self.open_session(fact.organization_id) as session:
                for found in correspondence.of_conversations(session, [fact.conversation_id]):
                    self.tell("letter", rows.row(found), rows.hearers(session, found))
