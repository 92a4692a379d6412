"""Appointments told by messenger to patients who have agreed to it, in the words of text messages: they hold nothing of health (S003-22)."""

from __future__ import annotations

from sqlalchemy.orm import sessionmaker

from config import Settings
from integrations.sms import about
from telehealth import clock, contact_point, messenger
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.job import Job, NoLongerWanted
from telehealth.messenger import NoticeKind
from telehealth.organization import Organization
from telehealth.text_message import TextKind


def write(sessions: sessionmaker[Session], settings: Settings, job: Job) -> None:
    """Raises NoLongerWanted."""
    with sessions(organization=job.organization_id) as session, session.begin():
        made = session.get_one(Appointment, job.payload["appointment"])
        organization = session.get_one(Organization, made.organization_id)
        at = contact_point.reached(session, made.patient_id, messenger.kinds_of_notices(session))
        stands = made.status is AppointmentStatus.BOOKED and made.start > clock.now() and organization.send_reminders
        if at is None or not stands:
            raise NoLongerWanted("cancelled, begun, no longer agreed to, or reminders are switched off")
        text = about(session, settings, organization, TextKind.REMINDER, made)
        messenger.write(session, NoticeKind.APPOINTMENT, at, None, clock.now(), text=text, locale=made.locale)
