"""Absences at the desk: a period is blocked with one click, seen on its days, and given back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field, NaiveDatetime, StringConstraints
from sqlalchemy import func, select

from desk import rooms
from desk.calendar.rows import Days
from desk.part import Part, Which
from telehealth import absence, clock
from telehealth.absence import Absence, AbsenceChanged
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Permission
from web.schema import ClientId, Schema
from web.sockets import Connection, event


class OnDay(Schema):
    date: date


class Period(Schema):
    """`start` and `end` as the clinic's clock shows them."""

    client_id: ClientId
    practitioner: Annotated[int, Field(ge=1)]
    start: NaiveDatetime
    end: NaiveDatetime
    note: Annotated[str, StringConstraints(max_length=120)] = ""


class Absences(Part):
    @event(OnDay, Permission.SEE_CALENDAR)
    def on_absences(self, session: Session, connection: Connection, data: OnDay) -> dict[str, Any]:
        """Who is away on that day, of those whose time this person may block."""
        begins, ends = Days(data.date, data.date).span(session)
        mine = [person.id for person in absence.people(session, connection.who)]
        touched = (Absence.start < ends) & (Absence.end > begins) & Absence.practitioner_id.in_(mine)
        found = session.scalars(select(Absence).where(touched).order_by(Absence.start, Absence.id)).all()
        return {"items": [_item(session, row) for row in found]}

    @event(Period, Permission.SEE_CALENDAR)
    def on_block(self, session: Session, connection: Connection, data: Period) -> dict[str, int]:
        """Nobody books this time any more; gives its number, and how many appointments stand in it already."""
        zone = session.get_one(Organization, connection.organization_id).tz
        start, end = (moment.replace(tzinfo=zone) for moment in (data.start, data.end))
        made = absence.block(session, connection.who, data.client_id, data.practitioner, start, end, data.note, clock.now())
        return {"id": made.id, "booked": _booked(session, made)}

    @event(Which, Permission.SEE_CALENDAR)
    def on_unblock(self, session: Session, connection: Connection, data: Which) -> None:
        """The time can be booked again."""
        absence.unblock(session, connection.who, data.id)

    def show_absences(self, fact: AbsenceChanged) -> None:
        """Every calendar looks again."""
        self.tell("absences_changed", {}, rooms.name("desk", fact.organization_id))


def _item(session: Session, row: Absence) -> dict[str, Any]:
    return {
        "id": row.id, "name": row.practitioner.name, "start": row.start.isoformat(), "end": row.end.isoformat(), "note": row.note,
        "booked": _booked(session, row),
    }  # fmt: skip


def _booked(session: Session, row: Absence) -> int:
    """The appointments that are still to be moved or cancelled."""
    within = (Appointment.practitioner_id == row.practitioner_id) & (Appointment.start < row.end) & (Appointment.end > row.start)
    query = select(func.count(Appointment.id)).where(within, Appointment.status == AppointmentStatus.BOOKED)
    return session.scalar(query) or 0
