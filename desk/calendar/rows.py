"""How a day's appointments are told, and beside each whether its patient has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from desk.catch_up import Listing
from telehealth import clock, organization, staff_booking, standing
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.department import Department
from telehealth.feed import FeedName, latest
from telehealth.organization import Organization
from telehealth.patient import Patient, full_name
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff
from telehealth.questionnaire_response import standings
from telehealth.schedule import Slot
from telehealth.visibility import visible
from telehealth.visit_type import VisitType
from telehealth.waiting_room import Encounter, of_appointment
from web import locale, money

MANY = 2_000  # appointments of a month in one answer


class Days(NamedTuple):
    """Local dates, both included."""

    first: date
    last: date

    def span(self, session: Session) -> tuple[datetime, datetime]:
        """The moments at which they begin and end, where the clinic is."""
        zone = organization.times(session).zone
        return datetime.combine(self.first, time(), zone), datetime.combine(self.last + timedelta(days=1), time(), zone)


def _on(session: Session, staff: Staff, days: Days) -> ColumnElement[bool]:
    begins, ends = days.span(session)
    return (Appointment.start >= begins) & (Appointment.start < ends) & visible(staff, Appointment)


def listing(session: Session, staff: Staff, days: Days) -> Listing:
    return Listing(FeedName.CALENDAR, Appointment, Appointment.seq, _on(session, staff, days), rows)


def rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Without the ORM's objects: a day has thousands of them, and their making would be half of the answer's time."""
    query = (
        select(*_COLUMNS)
        .join(Patient, Patient.id == Appointment.patient_id)
        .join(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .join(Department, Department.id == Appointment.department_id)
        .outerjoin(VisitType, VisitType.id == Appointment.visit_type_id)
        .where(Appointment.id.in_(ids))
    )
    asked = standings(session, ids)
    return {found.id: _row(found) | {"questionnaires": asked.get(found.id)} for found in session.execute(query)}


_COLUMNS = (
    Appointment.id, Appointment.seq, Appointment.start, Appointment.end, Appointment.status, Appointment.checked_in_at,
    Appointment.practitioner_id, Appointment.department_id, Patient.initials, Patient.last_name, Practitioner.name.label("practitioner"),
    Department.name.label("department"), Appointment.mode, VisitType.name.label("visit_type"),
)  # fmt: skip


def _row(found: Any) -> dict[str, Any]:
    return {
        "id": found.id,
        "seq": found.seq,
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "standing": standing.written(found.status, found.checked_in_at),
        "name": full_name(found.initials, found.last_name),
        "practitioner_id": found.practitioner_id,
        "practitioner": found.practitioner,
        "department_id": found.department_id,
        "department": found.department,
        "mode": found.mode.value,
        "visit_type": found.visit_type,
    }


_VISIT = (
    Encounter.appointment_id, Encounter.seq, Encounter.status, Encounter.uid, Encounter.arrived_at, Encounter.awaited,
    Encounter.end_reason, Encounter.admitted_at,
)  # fmt: skip


def arrival(visit: Any) -> dict[str, Any]:
    """Of a visit, or of its columns."""
    return {
        "id": visit.appointment_id, "seq": visit.seq, "visit": visit.status.value, "uid": visit.uid,
        "arrived_at": visit.arrived_at.isoformat(), "standing": standing.told(visit),
    }  # fmt: skip


def arrivals(session: Session, staff: Staff, days: Days, after: int) -> dict[str, Any]:
    """A page of who has come for those days' appointments, in the waiting room's order."""
    reached = latest(session, FeedName.WAITING_ROOM)
    found = session.execute(
        select(*_VISIT)
        .join(Appointment, Appointment.id == Encounter.appointment_id)
        .where(_on(session, staff, days), visible(staff, Encounter), Encounter.seq > after)
        .order_by(Encounter.seq)
        .limit(MANY)
    ).all()
    more = len(found) == MANY
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
        "stands": standing.standing(session, appointment),
        "notes": sorted(standing.possible(session, appointment, clock.now())),
        "can_cancel": appointment.status is AppointmentStatus.BOOKED,
        "can_move": _may_change(session, appointment),
        "can_start": _can_start(session, staff, appointment),
        "colleagues": _colleagues(session, appointment),
        "message": staff_booking.message_of(appointment),
        "price": money.price(appointment.price, appointment.currency, locale.current_tag()),
        "payment": "held" if appointment.is_held else appointment.payment_state,
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
    open_ = appointment.status is AppointmentStatus.BOOKED and appointment.checked_in_at is None and not appointment.is_held
    return open_ and appointment.start > clock.now() and of_appointment(session, appointment) is None


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


def people(session: Session, staff: Staff) -> list[Practitioner]:
    """Those whose appointments this person may see, by name."""
    held = select(PractitionerRole.practitioner_id).where(PractitionerRole.department_id.is_not(None))
    if not staff.sees_everything:
        held = held.where(PractitionerRole.department_id.in_(staff.departments))
    query = select(Practitioner).where(Practitioner.active, Practitioner.id.in_(held)).order_by(Practitioner.name)
    return list(session.scalars(query))


def places(session: Session, staff: Staff) -> dict[int, list[int]]:
    """The departments in which each of them works."""
    role = PractitionerRole
    query = select(role.practitioner_id, role.department_id).where(role.department_id.is_not(None)).order_by(role.id)
    found: dict[int, list[int]] = defaultdict(list)
    for practitioner, department in session.execute(query):
        if department is not None and (staff.sees_everything or department in staff.departments):
            found[practitioner].append(department)
    return found
