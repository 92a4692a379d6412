"""How a day's appointments are told, and beside each whether its patient has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select

from desk.catch_up import PAGE, Listing
from telehealth import clock, staff_booking
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.department import Department
from telehealth.feed import FeedName, latest
from telehealth.organization import Organization
from telehealth.patient import Patient, full_name
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.schedule import Slot
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter, of_appointment


def span(session: Session, organization_id: int, day: date) -> tuple[datetime, datetime]:
    """The moments at which a local day begins and ends."""
    zone = session.get_one(Organization, organization_id).tz
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def _on(session: Session, staff: Staff, day: date) -> ColumnElement[bool]:
    begins, ends = span(session, staff.organization_id, day)
    return (Appointment.start >= begins) & (Appointment.start < ends) & visible(staff, Appointment)


def listing(session: Session, staff: Staff, day: date) -> Listing:
    return Listing(FeedName.CALENDAR, Appointment, Appointment.seq, _on(session, staff, day), rows)


def rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Without the ORM's objects: a day has thousands of them, and their making would be half of the answer's time."""
    query = (
        select(*_COLUMNS)
        .join(Patient, Patient.id == Appointment.patient_id)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .join(Department, Department.id == Appointment.department_id)
        .where(Appointment.id.in_(ids))
    )
    return {found.id: _row(found) for found in session.execute(query)}


_COLUMNS = (
    Appointment.id, Appointment.seq, Appointment.start, Appointment.end, Appointment.status, Appointment.practitioner_id,
    Appointment.department_id, Patient.initials, Patient.last_name, Practitioner.name.label("practitioner"),
    Department.name.label("department"),
)  # fmt: skip


def _row(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "seq": found.seq,
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "status": found.status.value,
        "name": full_name(found.initials, found.last_name),
        "practitioner_id": found.practitioner_id,
        "practitioner": found.practitioner,
        "department_id": found.department_id,
        "department": found.department,
    }


def arrival(visit: Encounter) -> dict[str, Any]:
    return {
        "id": visit.appointment_id, "seq": visit.seq, "visit": visit.status.value, "uid": visit.uid,
        "arrived_at": visit.arrived_at.isoformat(),
    }  # fmt: skip


def arrivals(session: Session, staff: Staff, day: date, after: int) -> dict[str, Any]:
    """A page of who has come for that day's appointments, in the waiting room's order."""
    reached = latest(session, FeedName.WAITING_ROOM)
    found = session.scalars(
        select(Encounter)
        .join(Appointment, Appointment.id == Encounter.appointment_id)
        .where(_on(session, staff, day), visible(staff, Encounter), Encounter.seq > after)
        .order_by(Encounter.seq)
        .limit(PAGE)
    ).all()
    more = len(found) == PAGE
    seq = found[-1].seq if more else max(reached, after)
    return {"items": [arrival(visit) for visit in found], "seq": seq, "more": more}


def details(session: Session, staff: Staff, appointment: Appointment) -> dict[str, Any]:
    patient = appointment.patient
    return rows(session, [appointment.id])[appointment.id] | {
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "email": patient.email,
        "phone": patient.phone,
        "client_number": patient.client_number,
        "booked_at": appointment.created_at.isoformat(),
        "can_cancel": appointment.status is AppointmentStatus.BOOKED,
        "can_move": _may_change(session, appointment),
        "can_start": _can_start(session, staff, appointment),
        "colleagues": _colleagues(session, appointment),
        "message": staff_booking.message_of(appointment),
        "made_by": made_by.name if (made_by := _made_by(session, appointment)) else None,
    }


def _made_by(session: Session, appointment: Appointment) -> Practitioner | None:
    return session.get(Practitioner, appointment.made_by_id) if appointment.made_by_id else None


def _colleagues(session: Session, appointment: Appointment) -> list[dict[str, Any]]:
    """Who can take it over while it has not begun."""
    if not _may_change(session, appointment):
        return []
    people = staff_booking.people_of(session, appointment.department_id)
    return [{"id": person.id, "name": person.name} for person in people if person.id != appointment.practitioner_id]


def _may_change(session: Session, appointment: Appointment) -> bool:
    to_come = appointment.status is AppointmentStatus.BOOKED and appointment.start > clock.now()
    return to_come and of_appointment(session, appointment) is None


def slots(session: Session, found: Sequence[Slot]) -> list[dict[str, Any]]:
    """Free times with the names of their people."""
    people = {number: session.get_one(Practitioner, number).name for number in {slot.practitioner_id for slot in found}}
    return [{"id": slot.id, "start": slot.start.isoformat(), "practitioner": people[slot.practitioner_id]} for slot in found]


def _can_start(session: Session, staff: Staff, appointment: Appointment) -> bool:
    """Whether it is time, and the clinic lets it begin without its patient."""
    wanted = session.get_one(Organization, staff.organization_id).force_start and staff.may(Permission.ADMIT)
    if not wanted or appointment.status is not AppointmentStatus.BOOKED:
        return False
    return appointment.ticket.is_open(clock.now()) and of_appointment(session, appointment) is None
