"""Appointments to which nobody came, once their link has closed (X-28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from telehealth import schedule
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.ticket import Ticket
from telehealth.visit_type import Mode
from telehealth.waiting_room import Encounter

BACK = timedelta(days=14)  # what is older was left so on purpose, or by a clinic that did not use the desk
AT_ONCE = 200
_HERE = Appointment.mode.in_([mode for mode in Mode if mode.in_waiting_room])
_UNSEEN = Appointment.checked_in_at.is_(None) & Appointment.noted_by_id.is_(None)
WAITED_FOR = (Appointment.status == AppointmentStatus.BOOKED) & _UNSEEN & _HERE


def note(session: Session, now: datetime) -> int:
    """Mark those whose patient never entered the waiting room; gives how many.

    Whoever came and left is none of them, nor whoever was seen at the counter or of whom staff took it back. Who came to
    the clinic or was called, only people know.
    """
    near = (Appointment.first_tick >= schedule.tick_of(now - BACK)) & (Appointment.first_tick <= schedule.tick_of(now))
    came = select(Encounter.id).where(Encounter.appointment_id == Appointment.id).exists()
    query = (
        select(Appointment.id)
        .join(Ticket, Ticket.id == Appointment.ticket_id)
        .where(near, WAITED_FOR, Ticket.closes_at < now, ~came)
        .order_by(Appointment.id)
        .limit(AT_ONCE)
    )
    found = session.scalars(query).all()
    missed = _still_booked(session, found) if found else []
    for appointment in missed:
        appointment.miss(now)
    return len(missed)


def _still_booked(session: Session, ids: Sequence[int]) -> Sequence[Appointment]:
    """Locked before the feed, as when cancelling, or both would wait for each other; what somebody changes now is left."""
    named = Appointment.id.in_(ids) & WAITED_FOR
    query = select(Appointment).where(named).order_by(Appointment.id).with_for_update(of=Appointment, skip_locked=True)
    return session.scalars(query, execution_options={"populate_existing": True}).all()
