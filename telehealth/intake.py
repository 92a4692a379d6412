"""Questionnaires around a visit: sending one later, and telling staff that one was filled in (S002-159 … S002-161)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from telehealth.booking import Appointment
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.practitioner import Permission, Staff
from telehealth.questionnaire import UnknownQuestionnaire
from telehealth.questionnaire_form import Value
from telehealth.questionnaire_response import Occasion, QuestionnaireResponse, UnknownResponse, ask, asked_for
from telehealth.resend import AppointmentOver, is_over
from telehealth.visibility import may_see, visible
from telehealth.waiting_room import Encounter, of_appointment


def complete(
    session: Session, response: QuestionnaireResponse, given: Mapping[str, Value], client_id: str, now: datetime
) -> None:
    """Send the answers and tell staff. Raises QuestionnaireClosed, AlreadyCompleted, BadAnswers."""
    if not response.complete(given, client_id, now):
        return
    if response.appointment is not None:
        _tell(session, response.appointment)
    elif response.encounter is not None:
        response.encounter.questionnaires_changed()


def _tell(session: Session, appointment: Appointment) -> None:
    """Waiting room, calendar and the page of a patient who waits look again; in the order in which a visit ends."""
    if (visit := of_appointment(session, appointment)) is not None:
        visit.questionnaires_changed()
    appointment.questionnaires_changed()


def send(session: Session, by: Staff, appointment: Appointment, wanted: Collection[int], now: datetime) -> bool:
    """Ask for more before an appointment, and remind of what is still open; whether a mail goes out, once a minute.

    Raises NotAllowed, AppointmentOver, UnknownQuestionnaire.
    """
    _require_sight(session, by, appointment)
    if is_over(appointment, now):
        raise AppointmentOver
    of = Occasion.of_appointment(appointment)
    ask(session, wanted, of, now, by.practitioner_id)
    if all(response.is_completed for response in asked_for(session, of)):
        raise UnknownQuestionnaire
    _tell(session, appointment)
    return _write(session, appointment, now)


def reopen(session: Session, by: Staff, response: QuestionnaireResponse, now: datetime) -> bool:
    """Let the patient correct what was sent, as long as the visit is not over; whether a mail goes out.

    Raises NotAllowed, NotCompleted, QuestionnaireClosed.
    """
    _require_sight(session, by, response)
    response.reopen(now)
    if response.appointment is None:
        if response.encounter is not None:
            response.encounter.questionnaires_changed()
        return False
    _tell(session, response.appointment)
    return _write(session, response.appointment, now)


def _require_sight(session: Session, by: Staff, row: Appointment | QuestionnaireResponse) -> None:
    if not may_see(session, by, row) or not by.may(Permission.SEE_PATIENT):
        raise NotAllowed


def _write(session: Session, appointment: Appointment, now: datetime) -> bool:
    """Once a minute."""
    address = appointment.patient.email
    if not address or not session.get_one(Organization, appointment.organization_id).send_mails:
        return False
    key = key_of("questionnaire", appointment.uid, f"{now:%Y-%m-%d %H:%M}")
    enqueue(session, MailKind.QUESTIONNAIRE, appointment.id, address, locale=appointment.locale, now=now, key=key)
    return True


def seen_by(session: Session, staff: Staff, of: Occasion) -> Sequence[QuestionnaireResponse]:
    """What was asked for a visit, as far as somebody may see it."""
    mine = {response.id for response in asked_for(session, of)}
    query = select(QuestionnaireResponse).where(QuestionnaireResponse.id.in_(mine), visible(staff, QuestionnaireResponse))
    return session.scalars(query.order_by(QuestionnaireResponse.id)).all()


def found(session: Session, staff: Staff, uid: str) -> QuestionnaireResponse:
    """The response of this id, as far as it is this person's to see. Raises UnknownResponse."""
    query = select(QuestionnaireResponse).where(QuestionnaireResponse.uid == uid, visible(staff, QuestionnaireResponse))
    response = session.scalar(query)
    if response is None:
        raise UnknownResponse
    return response


def visit_of(session: Session, response: QuestionnaireResponse) -> Encounter | None:
    """The visit that a response belongs to, once the patient has come."""
    if response.appointment is None:
        return response.encounter
    return of_appointment(session, response.appointment)
