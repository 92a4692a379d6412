"""Requests to be called back, answered by a message or by an invitation."""

from __future__ import annotations

from typing import Annotated, Any

from flask_babel import gettext as _
from pydantic import Field

from desk.calendar.new_appointment import shown
from desk.messages.namespace import patient
from desk.part import Part, Which
from desk.talk import Post, thread
from telehealth import clock, contact_request
from telehealth.contact_request import ContactRequest
from telehealth.conversation import UnknownConversation
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.staff_booking import PerhapsKnown
from web.errors import Refusal
from web.sockets import Connection, event


class Reply(Post):
    """`patient` is who it is, `another` that it is none of those who were offered."""

    patient: Annotated[int, Field(ge=1)] | None = None
    another: bool = False


class Requests(Part):
    @event(Reply, Permission.ANSWER_CHAT)
    def on_answer_request(self, session: Session, connection: Connection, data: Reply) -> dict[str, Any]:
        """Answer with a message that the person reads safely; a mail says that it is there (S001-21). Who may be known is asked first."""
        asked = _request(session, connection.who, data.id)
        with self.in_language(_locale(session)):
            note = _("Answered with a message on the own pages.")
        who = patient(session, connection.who, data.patient) if data.patient is not None else None
        try:
            found = asked.reply(connection.who, data.client_id, data.text, note, clock.now(), who, another=data.another)
        except PerhapsKnown as known:
            raise Refusal("perhaps_known", 409, patients=shown(session, connection, known.patients)) from None
        return {"conversation": found}

    @event(Which, Permission.ANSWER_CHAT)
    def on_invite_request(self, session: Session, connection: Connection, data: Which) -> None:
        """Invite the person by mail to choose a time (S001-23)."""
        asked = _request(session, connection.who, data.id)
        with self.in_language(_locale(session)):
            note = _("Answered with an invitation to book a time.")
        asked.invite(connection.who, note, clock.now())


def _request(session: Session, staff: Staff, thread_id: int) -> ContactRequest:
    """Raises UnknownConversation, NotPresent."""
    found = contact_request.of_conversation(session, thread(session, staff, thread_id).id)
    if found is None:
        raise UnknownConversation
    return found


def _locale(session: Session) -> str:
    return session.get_one(Organization, session.organization_id).locale
