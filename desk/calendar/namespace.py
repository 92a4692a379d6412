"""The live calendar: the appointments of a day, a week or a month as they are booked, changed and kept."""

from __future__ import annotations

import datetime as dt
from datetime import date
from typing import Annotated, Any, Self

from flask_babel import gettext as _
from pydantic import Field, NaiveDatetime, StringConstraints, model_validator

from desk import catch_up, rooms
from desk.calendar import rows
from desk.part import Part, Which, actor
from telehealth import audit, booking, clock, reschedule, standing
from telehealth.booking import (
    Appointment,
    AppointmentBooked,
    AppointmentChanged,
    AppointmentStatus,
    Search,
    UnknownAppointment,
)
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import may_see
from telehealth.waiting_room import Encounter, EncounterChanged, start_without
from web.errors import Refusal
from web.schema import Schema
from web.sockets import Connection, event


MOST_DAYS = 45  # six weeks of a month's picture, and a little


class Range(Schema):
    """One date, or all from `date` to `until`."""

    date: date
    until: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and not 0 <= (self.until - self.date).days < MOST_DAYS:
            raise ValueError
        return self

    @property
    def days(self) -> rows.Days:
        return rows.Days(self.date, self.until or self.date)


class Changes(Range):
    after: int = Field(ge=0, default=0)


class WhichDay(Which):
    date: date


class NewTime(Which):
    slot: Annotated[str, StringConstraints(max_length=40)]


class Place(Which):
    """`start` is as the clinic's clock shows it."""

    practitioner: Annotated[int, Field(ge=1, lt=2**31)]
    start: NaiveDatetime


class Noted(Which):
    what: standing.Note


def appointment(session: Session, staff: Staff, appointment_id: int) -> Appointment:
    """The appointment, as far as it is this person's to see. Raises UnknownAppointment."""
    found = session.get(Appointment, appointment_id)
    if found is None or not may_see(session, staff, found):
        raise UnknownAppointment
    return found


class Calendar(Part):
    @event(Changes, Permission.SEE_CALENDAR)
    def on_calendar(self, session: Session, connection: Connection, data: Changes) -> dict[str, Any]:
        """What changed on those days."""
        return catch_up.page(session, rows.listing(session, connection.who, data.days), data.after, rows.MANY)

    @event(Changes, Permission.SEE_CALENDAR)
    def on_arrivals(self, session: Session, connection: Connection, data: Changes) -> dict[str, Any]:
        """Who has come for those days' appointments."""
        return rows.arrivals(session, connection.who, data.days, data.after)

    @event(Which, Permission.SEE_CALENDAR)
    def on_appointment(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """Open an appointment; that it was opened is noted."""
        found = appointment(session, connection.who, data.id)
        audit.opened(session, found, actor(connection.who), clock.now())
        return rows.details(session, connection.who, found)

    @event(Which, Permission.SEE_CALENDAR)
    def on_cancel(self, session: Session, connection: Connection, data: Which) -> None:
        """Cancel an appointment; its patient gets a mail."""
        appointment(session, connection.who, data.id).cancel(clock.now())

    @event(WhichDay, Permission.SEE_CALENDAR)
    def on_free_times(self, session: Session, connection: Connection, data: WhichDay) -> dict[str, Any]:
        """The times of that date to which an appointment can be moved, with anybody of its department."""
        found = appointment(session, connection.who, data.id)
        slots = booking.day_of(session, Search((found.department_id,), by_staff=True), data.date, clock.now())
        return {"slots": rows.slots(session, slots)}

    @event(NewTime, Permission.SEE_CALENDAR)
    def on_move(self, session: Session, connection: Connection, data: NewTime) -> None:
        """Move an appointment to another time, perhaps with a colleague; its patient gets a mail."""
        found = appointment(session, connection.who, data.id)
        reschedule.move(session, found, data.slot, clock.now(), (found.department_id,), by_staff=True)

    @event(Place, Permission.SEE_CALENDAR)
    def on_place(self, session: Session, connection: Connection, data: Place) -> None:
        """Put an appointment at any time that nobody else has, perhaps with a colleague; its patient gets a mail."""
        found = appointment(session, connection.who, data.id)
        reschedule.place(session, found, data.practitioner, data.start, clock.now())

    @event(Noted, Permission.SEE_CALENDAR)
    def on_note(self, session: Session, connection: Connection, data: Noted) -> None:
        """Write down that the patient has arrived or did not come, or that it is done; or take that back."""
        found = appointment(session, connection.who, data.id)
        standing.note(session, found, data.what, connection.who, clock.now())

    @event(Which, Permission.ADMIT)
    def on_start(self, session: Session, connection: Connection, data: Which) -> dict[str, str]:
        """Begin an appointment, whether its patient has come or not (S002-45)."""
        found = appointment(session, connection.who, data.id)
        organization = session.get_one(Organization, connection.organization_id)
        if found.status is not AppointmentStatus.BOOKED or not organization.force_start:
            raise Refusal("not_allowed", 403, _("This appointment cannot be started from here."))
        return {"uid": start_without(session, found, connection.who, clock.now()).uid}

    def show_appointment(self, fact: AppointmentBooked | AppointmentChanged) -> None:
        with self.open_session(fact.organization_id) as session:
            told = rows.rows(session, [fact.appointment_id])[fact.appointment_id]
            self.tell("appointment", told, rooms.of_appointment(session.get_one(Appointment, fact.appointment_id)))

    def show_appointment_visit(self, fact: EncounterChanged) -> None:
        with self.open_session(fact.organization_id) as session:
            visit = session.get_one(Encounter, fact.encounter_id)
            if visit.appointment_id is not None:
                found = session.get_one(Appointment, visit.appointment_id)
                self.tell("arrival", rows.arrival(visit), rooms.of_appointment(found))
