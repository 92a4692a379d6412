"""What follows a booking soon after it: staff are told by mail, the patient by text message where the clinic wants it (X-32).

New appointments are looked up in the calendar's feed and not planned, so that booking waits for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from telehealth import correspondence, elsewhere, news, text_message
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.feed import FeedName, latest
from telehealth.job import plan
from telehealth.organization import Organization

STILL_NEW = timedelta(days=3)
MOST = 200  # numbers of the feed that are looked at in one turn


def follow(session: Session, now: datetime, *, texting: bool = False) -> int:
    """See to the appointments that have come or changed since the last look; gives how many were looked at.

    `texting` says that this server can send text messages.
    """
    own = session.get_one(Organization, session.organization_id)
    upto = min(own.booked_told_seq + MOST, latest(session, FeedName.CALENDAR))
    found = _between(session, own.booked_told_seq, upto) if upto > own.booked_told_seq else []
    for appointment in found:
        if _is_new(appointment, now):
            news.tell_of_booking(session, appointment, now)
            if own.chat_by_appointment:
                correspondence.between(session, appointment.patient, appointment.practitioner, appointment.department_id, now)
            if texting and own.text_invitations and appointment.patient.phone:
                _text(session, own, appointment, now)
    own.booked_told_seq = upto
    return len(found)


def _between(session: Session, seen: int, upto: int) -> Sequence[Appointment]:
    changed = select(Appointment).where(Appointment.seq > seen, Appointment.seq <= upto)
    return session.scalars(changed.order_by(Appointment.seq, Appointment.start, Appointment.id)).all()


def _is_new(appointment: Appointment, now: datetime) -> bool:
    """A time that is only kept until it is paid is none yet; it comes by the feed again once it is."""
    stands = appointment.status is AppointmentStatus.BOOKED and appointment.start > now and not appointment.is_held
    return stands and appointment.created_at > now - STILL_NEW


def _text(session: Session, own: Organization, appointment: Appointment, now: datetime) -> None:
    """Once for each appointment, of a series for the first, as long as the month's cap allows."""
    if elsewhere.texts_promised(session, own, now) < own.texts_a_month:
        about = {"appointment": appointment.id}
        plan(session, text_message.INVITATION, own.id, due=now, payload=about, once=appointment.series or str(appointment.id))
