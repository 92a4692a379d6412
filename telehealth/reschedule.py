"""Moving an appointment to another time: the same appointment, link and calendar entry, and whoever was first wins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from telehealth import absence, booking, occupancy, organization, schedule
from telehealth.booking import Appointment, AppointmentStatus, SlotTaken
from telehealth.channel import NotAllowed
from telehealth.database import Session, session_of
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.schedule import Slot
from telehealth.staff_booking import IsAway, people_of
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
    if appointment.status is not AppointmentStatus.BOOKED or appointment.start <= now or session.scalar(has_come):
        raise NotChangeable


def move(
    session: Session, appointment: Appointment, slot_id: str, now: datetime, departments: Sequence[int] = (), *,
    by_staff: bool = False,
) -> None:  # fmt: skip
    """Take the new time, free the old one and tell the patient; moving twice to the same time is moving once.

    `departments` narrows where the new time may be; none named is anywhere; staff need no lead time. Raises NotChangeable, UnknownSlot, SlotTaken.
    """
    _require_changeable(appointment, now)
    _give(session, appointment, booking.find_slot(session, slot_id, now, departments, by_staff=by_staff), now)


def reassign(session: Session, appointment: Appointment, practitioner_id: int, now: datetime) -> None:
    """Give it to a colleague of the department at the same time, and tell the patient (X-28).

    Raises NotChangeable, NotAllowed, IsAway, SlotTaken.
    """
    _require_changeable(appointment, now)
    colleague = {person.id: person for person in people_of(session, appointment.department_id)}.get(practitioner_id)
    if colleague is None:
        raise NotAllowed
    length = (appointment.end - appointment.start) // timedelta(minutes=schedule.TICK_MINUTES)
    occupied = appointment.last_tick - appointment.first_tick
    if absence.is_away(session, practitioner_id, appointment.first_tick, appointment.last_tick):
        raise IsAway(colleague.name, appointment.start)
    slot = Slot(practitioner_id, 0, appointment.first_tick, length, occupied - length, appointment.department_id)
    _give(session, appointment, slot, now)


def _give(session: Session, appointment: Appointment, slot: Slot, now: datetime) -> None:
    if (slot.practitioner_id, slot.start, slot.end) == (appointment.practitioner_id, appointment.start, appointment.end):
        return
    appointment.seq = advance(session, FeedName.CALENDAR)
    try:
        ends = slot.tick + slot.length + slot.gap
        occupancy.attempt(session, slot.practitioner_id, slot.tick, ends, now, lambda: _take_instead(session, appointment, slot))
    except IntegrityError as error:
        raise SlotTaken from error
    _write_down(session, appointment, slot, now)
    key = hashlib.sha256(f"change|{appointment.uid}|{appointment.sequence}".encode()).hexdigest()[:32]
    enqueue(
        session, MailKind.CHANGE, appointment.id, appointment.patient.email, locale=appointment.locale, now=now,
        about={"sequence": appointment.sequence}, key=key,
    )  # fmt: skip
    appointment.tell()


def _take_instead(session: Session, appointment: Appointment, slot: Slot) -> None:
    """The old ticks go first: a time that overlaps one's own is free."""
    occupancy.free(session, appointment.id)
    ticks = range(slot.tick, slot.tick + slot.length + slot.gap)
    occupancy.take(session, slot.practitioner_id, ticks, appointment_id=appointment.id)


def _write_down(session: Session, appointment: Appointment, slot: Slot, now: datetime) -> None:
    times = organization.times(session)
    appointment.practitioner_id, appointment.department_id = slot.practitioner_id, slot.department_id or appointment.department_id
    appointment.start, appointment.end, appointment.moved_at = slot.start, slot.end, now
    appointment.first_tick, appointment.last_tick = slot.tick, slot.tick + slot.length + slot.gap
    appointment.sequence += 1
    appointment.ticket.opens_at, appointment.ticket.closes_at = slot.start - times.opens_before, slot.end + times.closes_after
    session.flush()
    session.expire(appointment, ["practitioner", "department"])
