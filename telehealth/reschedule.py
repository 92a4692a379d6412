"""Moving an appointment to another time: the same appointment, link and calendar entry, and whoever was first wins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from telehealth import absence, booking, occupancy, organization, participant, payment, schedule
from telehealth.booking import Appointment, AppointmentStatus, SlotTaken, UnknownSlot
from telehealth.channel import NotAllowed
from telehealth.database import Session, session_of
from telehealth.feed import FeedName, advance
from telehealth.occupancy import Occupied
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.practitioner import Practitioner
from telehealth.schedule import Slot
from telehealth.staff_booking import MOST_YEARS, BadTime, IsAway, people_of
from telehealth.waiting_room import Encounter


class NotChangeable(Exception):
    """It is cancelled or over, has begun, or its patient has come already."""


class TooLateToChange(Exception):
    """The clinic lets patients change it until some hours before only, or not at all."""


def change_until(appointment: Appointment) -> datetime | None:
    """Until when its patient may move or cancel it; None where the clinic lets nobody."""
    own = session_of(appointment).get_one(Organization, appointment.organization_id)
    return appointment.start - timedelta(hours=own.change_until_hours) if own.patients_may_change else None


def require_patient_may_change(appointment: Appointment, now: datetime) -> None:
    """Raises NotChangeable, TooLateToChange."""
    _require_changeable(appointment, now)
    until = change_until(appointment)
    if until is None or now >= until:
        raise TooLateToChange


def _require_changeable(appointment: Appointment, now: datetime) -> None:
    session = session_of(appointment)
    session.refresh(appointment, with_for_update={"of": Appointment})
    has_come = select(Encounter.id).where(Encounter.appointment_id == appointment.id, Encounter.ended_at.is_(None))
    open_ = appointment.status is AppointmentStatus.BOOKED and appointment.checked_in_at is None and not appointment.is_held
    if not open_ or appointment.start <= now or session.scalar(has_come):
        raise NotChangeable


def move(
    session: Session, appointment: Appointment, slot_id: str, now: datetime, departments: Sequence[int] = (), *,
    by_staff: bool = False,
) -> None:  # fmt: skip
    """Take the new time, free the old one and tell the patient; moving twice to the same time is moving once.

    `departments` narrows where the new time may be; none named is anywhere; staff need no lead time. Raises NotChangeable, UnknownSlot, SlotTaken.
    """
    _require_changeable(appointment, now)
    slot = booking.find_slot(session, slot_id, now, departments, by_staff=by_staff, untyped=True)
    if slot.visit_type_id not in {None, appointment.visit_type_id}:
        raise UnknownSlot(slot_id)
    _give(session, appointment, slot, now)


def reassign(session: Session, appointment: Appointment, practitioner_id: int, now: datetime) -> None:
    """Give it to a colleague of the department at the same time, and tell the patient (X-28).

    Raises NotChangeable, NotAllowed, IsAway, SlotTaken.
    """
    _require_changeable(appointment, now)
    _give_at(session, appointment, practitioner_id, appointment.first_tick, now)


def place(session: Session, appointment: Appointment, practitioner_id: int, start: datetime, now: datetime) -> None:
    """Move it to any time that nobody else has, perhaps with a colleague, as staff make appointments (S002-104).

    `start` is the wall time of the clinic. Raises NotChangeable, BadTime, NotAllowed, IsAway, SlotTaken.
    """
    _require_changeable(appointment, now)
    minute = start.hour * 60 + start.minute
    whole = minute % schedule.TICK_MINUTES == 0 and not start.second
    if not whole or not now.year - 1 <= start.year <= now.year + MOST_YEARS:
        raise BadTime
    moment = schedule.wall(start.date(), minute, organization.times(session).zone)
    if moment <= now:
        raise BadTime
    _give_at(session, appointment, practitioner_id, schedule.tick_of(moment), now)


def _give_at(session: Session, appointment: Appointment, practitioner_id: int, first: int, now: datetime) -> None:
    """As long as it was, with the same time to breathe after it."""
    person = _colleague(session, appointment, practitioner_id)
    length = (appointment.end - appointment.start) // timedelta(minutes=schedule.TICK_MINUTES)
    occupied = appointment.last_tick - appointment.first_tick
    if absence.is_away(session, practitioner_id, first, first + occupied):
        raise IsAway(person.name, schedule.moment_of(first))
    capacity = booking.capacity_at(session, practitioner_id, range(first, first + occupied))
    slot = Slot(practitioner_id, 0, first, length, occupied - length, appointment.department_id, capacity=capacity)
    _give(session, appointment, slot, now)


def _colleague(session: Session, appointment: Appointment, practitioner_id: int) -> Practitioner:
    """Who has it already keeps it; others have to see patients in its department."""
    if practitioner_id == appointment.practitioner_id:
        return appointment.practitioner
    for person in people_of(session, appointment.department_id):
        if person.id == practitioner_id:
            return person
    raise NotAllowed


def _give(session: Session, appointment: Appointment, slot: Slot, now: datetime) -> None:
    if (slot.practitioner_id, slot.start, slot.end) == (appointment.practitioner_id, appointment.start, appointment.end):
        return
    appointment.seq = advance(session, FeedName.CALENDAR)
    try:
        lane = occupancy.attempt(
            session, slot.practitioner_id, slot.ticks.start, slot.ticks.stop, now, lambda: _take_instead(session, appointment, slot)
        )
    except Occupied as error:
        raise SlotTaken from error
    was = appointment.practitioner_id, appointment.start
    _write_down(session, appointment, slot, lane, now)
    key = hashlib.sha256(f"change|{appointment.uid}|{appointment.sequence}".encode()).hexdigest()[:32]
    enqueue(
        session, MailKind.CHANGE, appointment.id, appointment.patient.email, locale=appointment.locale, now=now,
        about={"sequence": appointment.sequence}, key=key,
    )  # fmt: skip
    participant.moved(session, appointment, now)
    appointment.plan_news(*was, now)
    appointment.tell()


def _take_instead(session: Session, appointment: Appointment, slot: Slot) -> int:
    """The old ticks go first: a time that overlaps one's own is free. Gives the lane."""
    occupancy.free(session, appointment.id)
    lane = occupancy.free_lane(session, slot.practitioner_id, slot.ticks, slot.capacity)
    occupancy.take(session, slot.practitioner_id, slot.ticks, lane, appointment_id=appointment.id)
    return lane


def _write_down(session: Session, appointment: Appointment, slot: Slot, lane: int, now: datetime) -> None:
    times = organization.times(session)
    appointment.practitioner_id, appointment.department_id = slot.practitioner_id, slot.department_id or appointment.department_id
    appointment.start, appointment.end, appointment.moved_at = slot.start, slot.end, now
    appointment.first_tick, appointment.last_tick, appointment.lane = slot.ticks.start, slot.ticks.stop, lane
    if slot.visit_type_id and appointment.visit_type and (appointment.payment_state is None or appointment.is_unpaid):
        appointment.price = appointment.visit_type.price_on(slot.start.astimezone(times.zone).date())  # another day, another price
        if appointment.is_unpaid:
            appointment.payment_state = payment.of(session, appointment.id).now_costs(appointment.price)
    appointment.sequence += 1
    appointment.ticket.opens_at, appointment.ticket.closes_at = slot.start - times.opens_before, slot.end + times.closes_after
    session.flush()
    session.expire(appointment, ["practitioner", "department"])
