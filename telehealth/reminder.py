"""Reminders: on the morning of an appointment and some time before it, each once, written into the outbox (X-32).

Looked up, not planned: a changed hour, a moved or cancelled appointment and a worker that stood still need no tidying up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from telehealth import contact_point, elsewhere, messenger, schedule, text_message
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.job import Job, plan
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail, enqueue
from telehealth.patient import Patient

MOST_BEFORE = timedelta(days=7)


def write_due(session: Session, now: datetime, *, texting: bool = False) -> int:
    """Write the reminders of the session's organisation whose moment has come; gives how many.

    Of several that were missed the last one is written, none for what was booked or moved after its moment. `texting` says
    that this server can send text messages.
    """
    organization = session.get_one(Organization, session.organization_id)
    if not organization.send_reminders:
        return 0
    due = _due(session, organization, now)
    mails = _mail(session, due, now) if organization.send_mails else 0
    by_messenger = _by_messenger(session, due, now)
    for_text = {key: appointment for key, appointment in due.items() if key not in by_messenger}
    texts = _text(session, organization, for_text, now) if texting and organization.text_reminders else 0
    return mails + len(by_messenger) + texts


def _by_messenger(session: Session, due: dict[str, Appointment], now: datetime) -> set[str]:
    """Whoever has agreed to it is reminded by messenger instead of by text message (S003-22)."""
    kinds = messenger.kinds_of_notices(session) if due else set()
    reached = contact_point.reached_among(session, {appointment.patient_id for appointment in due.values()}, kinds)
    keys = {key for key, appointment in due.items() if appointment.patient_id in reached}
    for key in sorted(keys):
        plan(session, messenger.REMINDER, session.organization_id, due=now, payload={"appointment": due[key].id}, once=key)
    return keys


def _due(session: Session, organization: Organization, now: datetime) -> dict[str, Appointment]:
    """Those of which patients are to be reminded by now, by the reminder's key."""
    due = {}
    for appointment in _to_come(session, now):
        moment = last_moment(appointment, organization, now)
        if moment is not None and (appointment.moved_at or appointment.created_at) < moment:
            due[_key(appointment, moment)] = appointment
    return due


def _mail(session: Session, found: dict[str, Appointment], now: datetime) -> int:
    due = {key: appointment for key, appointment in found.items() if appointment.patient.email}
    written = set(session.scalars(select(OutgoingMail.message_key).where(OutgoingMail.message_key.in_(list(due)))))
    missing = {key: appointment for key, appointment in due.items() if key not in written}
    for key, appointment in missing.items():
        enqueue(
            session, MailKind.REMINDER, appointment.id, appointment.patient.email, locale=appointment.locale, now=now, key=key
        )
    return len(missing)


def _text(session: Session, organization: Organization, found: dict[str, Appointment], now: datetime) -> int:
    """As many as the month's cap still allows, the next to begin first."""
    due = {key: appointment for key, appointment in found.items() if appointment.patient.phone}
    planned = select(Job.once).where(Job.kind == text_message.REMINDER, Job.once.in_(list(due)))
    missing = sorted(due.keys() - set(session.scalars(planned)), key=lambda key: (due[key].start, due[key].id)) if due else []
    left = organization.texts_a_month - elsewhere.texts_promised(session, organization, now) if missing else 0
    for key in missing[: max(0, left)]:
        about = {"appointment": due[key].id}
        plan(session, text_message.REMINDER, organization.id, due=now, payload=about, once=key)
    return len(missing[: max(0, left)])


def _to_come(session: Session, now: datetime) -> Sequence[Appointment]:
    """Everybody who may have to be reminded by now."""
    reach = schedule.tick_of(now + MOST_BEFORE) + 1
    near = (Appointment.first_tick >= schedule.tick_of(now)) & (Appointment.first_tick < reach)
    booked = (Appointment.status == AppointmentStatus.BOOKED) & (Appointment.start > now) & ((Patient.email != "") | (Patient.phone != ""))
    return session.scalars(
        select(Appointment).join(Appointment.patient).where(near, booked).options(contains_eager(Appointment.patient))
    ).all()


def last_moment(appointment: Appointment, organization: Organization, now: datetime) -> datetime | None:
    """The last moment up to now at which this appointment is reminded of; None when there was none yet."""
    moments = [appointment.start - timedelta(minutes=minutes) for minutes in organization.reminders_before]
    moments.append(morning_of(appointment.start, organization.reminder_hour, organization.tz))
    return max((moment for moment in moments if moment <= now), default=None)


def morning_of(start: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """The hour on the day of an appointment; on the day before where that would be too late."""
    day = start.astimezone(zone).date()
    moment = schedule.wall(day, hour * 60, zone)
    return moment if moment < start else schedule.wall(day - timedelta(days=1), hour * 60, zone)


def _key(appointment: Appointment, moment: datetime) -> str:
    """The same for the same reminder: a worker that was killed writes it once."""
    named = f"reminder|{appointment.uid}|{appointment.start.isoformat()}|{moment.isoformat()}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
