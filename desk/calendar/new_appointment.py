"""New appointments at the desk: find the patient or enter a new one, choose a time, and the mail goes out (S002-104)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from flask_babel import gettext as _
from pydantic import Field, NaiveDatetime, StringConstraints

from desk.calendar.namespace import appointment
from desk.part import Part, Which, actor
from desk.guests import Guests
from desk.talk import thread
from telehealth import audit, case_text, clock, contact_request, reschedule, staff_booking
from telehealth.booking import Appointment
from telehealth.case import CaseState, UnknownCase
from telehealth.case_text import Occasion
from telehealth.conversation import ConversationState, UnknownConversation
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Staff
from telehealth.staff_booking import LONGEST_MESSAGE, NewPatient, PerhapsKnown, Plan
from web import codes
from web.errors import Refusal
from web.schema import ClientId, Schema
from web.sockets import Connection, event

Id = Annotated[int, Field(gt=0, lt=2**31)]


class Text(Schema):
    text: Annotated[str, StringConstraints(max_length=120)]


class Person(Schema):
    """What identifies a patient (S002-60), and a telephone number if there is one. Dates are ISO 8601."""

    initials: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    last_name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    birth_date: dt.date
    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")]
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    locale: Annotated[str, StringConstraints(max_length=20)] = ""


class NewAppointment(Guests):
    """`patient` is a record, otherwise `person` becomes one; `another` says that nobody known is meant.

    `request` is the conversation of a request to be called back, which the appointment answers; `case` is the conversation of
    a case that it is made for.
    `start` is as the clinic's clock shows it; `times` appointments follow each other `every_weeks`;
    `visit` is a visit type; `free` asks for no money, whatever it costs. `questionnaires` are asked before the first; without
    them the department's own are. `files` were kept for the first.
    """

    client_id: ClientId
    department: Id
    practitioner: Id
    request: Id | None = None
    case: Id | None = None
    patient: Id | None = None
    person: Person | None = None
    another: bool = False
    start: NaiveDatetime
    minutes: int
    message: Annotated[str, StringConstraints(max_length=LONGEST_MESSAGE)] = ""
    times: int = 1
    every_weeks: int = 1
    visit: Id | None = None
    questionnaires: Annotated[list[Id], Field(max_length=20)] | None = None
    files: Annotated[list[Annotated[str, StringConstraints(max_length=32)]], Field(max_length=100)] = []
    free: bool = False


class Colleague(Which):
    practitioner: Id


class NewAppointments(Part):
    @event(Text, Permission.SEE_PATIENT)
    def on_find_patients(self, session: Session, connection: Connection, data: Text) -> dict[str, Any]:
        """Patients whose name, address or number begins so, or who were born on that date; what was shown is noted."""
        found = staff_booking.find_patients(session, connection.who, data.text)
        return {"patients": shown(session, connection, found)}

    @event(NewAppointment, Permission.SEE_CALENDAR)
    def on_make_appointment(self, session: Session, connection: Connection, data: NewAppointment) -> dict[str, Any]:
        """Make an appointment, or several; the patient gets a mail."""
        if data.patient is None and data.person is None:
            raise Refusal("invalid", 422)
        try:
            with session.begin_nested():
                made = staff_booking.make(session, connection.who, _plan(data), clock.now())
                if data.request is not None:
                    self._answer(session, connection.who, data.request, made.appointments[0])
                if data.case is not None:
                    self._tie(session, connection.who, data.case, made.appointments[0])
        except PerhapsKnown as known:
            raise Refusal("perhaps_known", 409, patients=shown(session, connection, known.patients)) from None
        return {
            "starts": [one.start.isoformat() for one in made.appointments], "name": made.patient.name, "email": made.patient.email,
        }  # fmt: skip

    def _tie(self, session: Session, staff: Staff, thread_id: int, made: Appointment) -> None:
        """The appointment belongs to the case from now on."""
        talk, now = thread(session, staff, thread_id), clock.now()
        session.refresh(talk, with_for_update=True)
        found = talk.case()
        if found is None:
            raise UnknownCase
        if found.appointment_id != made.id:
            found.tie(made.id, staff, now)
            if talk.state is not ConversationState.CLOSED:
                case_text.tell(session, talk, Occasion.APPOINTMENT, now)
            elif found.state is CaseState.ENDED:
                found.finish(staff, now, appointment_id=made.id)  # an entry in the schedule is how such a case is finished (S003-14)
            talk.touch()

    def _answer(self, session: Session, staff: Staff, thread_id: int, made: Appointment) -> None:
        """The request is answered with the appointment, in the clinic's language."""
        asked = contact_request.of_conversation(session, thread(session, staff, thread_id).id)
        if asked is None:
            raise UnknownConversation
        organization = session.get_one(Organization, session.organization_id)
        with self.in_language(organization.locale):
            when = codes.moment(made.start, organization, organization.locale)
            note = _("Answered with an appointment: %(when)s, %(name)s.", when=when, name=made.practitioner.name)
        asked.answer(staff, made, note, clock.now())

    @event(Colleague, Permission.SEE_CALENDAR)
    def on_reassign(self, session: Session, connection: Connection, data: Colleague) -> None:
        """Give an appointment to a colleague at the same time; its patient gets a mail."""
        found = appointment(session, connection.who, data.id)
        reschedule.reassign(session, found, data.practitioner, clock.now())


def _plan(data: NewAppointment) -> Plan:
    given = data.person
    new = NewPatient(
        given.initials, given.last_name, given.birth_date, given.email, given.phone, given.locale, known_to_be_another=data.another
    ) if given else None  # fmt: skip
    return Plan(
        data.client_id, data.practitioner, data.department, data.patient or new or 0, data.start, data.minutes, data.message,
        data.times, data.every_weeks, data.visit, None if data.questionnaires is None else tuple(data.questionnaires),
        tuple(data.files),
        data.wanted,
        data.free,
    )  # fmt: skip


def shown(session: Session, connection: Connection, found: list[Patient] | Any) -> list[dict[str, Any]]:
    for patient in found:
        audit.opened(session, patient, actor(connection.who), clock.now())
    return [
        {
            "id": patient.id, "name": patient.name, "email": patient.email, "client_number": patient.client_number,
            "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        }
        for patient in found
    ]  # fmt: skip
