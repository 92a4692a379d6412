"""A patient who has lost a link gets the links of the appointments to come, at the address that the clinic knows.

Asking only plans the work: whether anything is known under an address, neither the answer tells nor how long it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from telehealth import job, schedule
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.patient import Patient
from telehealth.ticket import Ticket

ASKED = "new_link"  # a kind of job
BEHIND = timedelta(days=1)  # how far an appointment may lie behind whose link still works
MOST = 20  # links in one mail


def ask(session: Session, address: str, now: datetime) -> None:
    """Plan the mail, once a minute for an address."""
    once = key_of(session.organization_id, address.lower(), f"{now:%Y-%m-%d %H:%M}")
    job.plan(session, ASKED, session.organization_id, due=now, payload={"address": address, "once": once}, once=once)


def write(session: Session, address: str, once: str, now: datetime) -> bool:
    """Put the mail into the outbox, in the language of the next appointment; False when there is none to come."""
    found = to_come(session, address, now)
    if found:
        enqueue(
            session, MailKind.NEW_LINK, found[0].id, found[0].patient.email, locale=found[0].locale, now=now,
            about={"appointments": [appointment.id for appointment in found]}, key=key_of("new link", once),
        )  # fmt: skip
    return bool(found)


def to_come(session: Session, address: str, now: datetime) -> Sequence[Appointment]:
    """The appointments under an address whose links work or will work, the next first."""
    theirs = (func.lower(Patient.email) == address.lower()) & (Patient.email != "")
    booked = (Appointment.status == AppointmentStatus.BOOKED) & (Appointment.first_tick >= schedule.tick_of(now - BEHIND))
    return session.scalars(
        select(Appointment)
        .join(Appointment.patient)
        .join(Appointment.ticket)
        .where(booked, theirs, Ticket.closes_at >= now)
        .order_by(Appointment.start, Appointment.id)
        .limit(MOST)
    ).all()
