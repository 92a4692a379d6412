"""What the holder of an appointment's link is told: when and with whom, and whether the door is open now."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from telehealth import delay, ending, message_template, reschedule, staff_booking
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.ticket import TooEarly, TooLate
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter, of_appointment
from web import codes, locale
from web.schema import Schema
from widgets.walk_in.words import Words, words


class Door(StrEnum):
    """Whether the waiting room can be entered by this link now (S002-107)."""

    EARLY = "early"
    OPEN = "open"
    LATE = "late"
    CANCELLED = "cancelled"


class Said(Schema):
    """The clinic's own words for each door, None where it has none (S002-177)."""

    early: Words | None = None
    on_time: Words | None = None
    late: Words | None = None
    over: Words | None = None


class Clinic(Schema):
    """`mails` says that it sends mails, and so links that were lost."""

    name: Words
    phone: str
    emergency_number: str
    privacy_url: str
    brand: str
    mails: bool


class AppointmentFacts(Schema):
    """Times are UTC, to be shown in `zone`. `inside` says that the patient already stands in the waiting room.

    `ended` says that the visit has taken place and its patient may look back at it. `minutes_late` is what the
    practitioner expects today. `may_change` until `change_until`, where the clinic lets its patients. `asks_birth_date`: the right one is needed before anything can be done,
    and before the clinic's own words are told, which may name the patient. `message` is what staff wrote to this patient.
    """

    door: Door
    inside: bool
    ended: bool
    start: datetime
    end: datetime
    opens_at: datetime
    closes_at: datetime
    welcome_from: datetime
    now: datetime
    zone: str
    locale: str
    department: Words
    practitioner: str
    clinic: Clinic
    said: Said
    minutes_late: int
    may_change: bool
    change_until: datetime | None
    asks_birth_date: bool = False
    message: str = ""


def facts_of(session: Session, appointment: Appointment, tag: str, now: datetime) -> AppointmentFacts:
    organization = session.get_one(Organization, session.organization_id)
    texts = Texts(session, tag, organization.locale)
    ticket, visit = appointment.ticket, of_appointment(session, appointment)
    return AppointmentFacts(
        door=Door.OPEN if visit and visit.awaited else door_of(appointment, now),
        inside=visit is not None and not visit.awaited, ended=_has_ended(session, appointment, now), start=appointment.start,
        end=appointment.end, opens_at=ticket.opens_at or appointment.start, closes_at=ticket.closes_at or appointment.end,
        welcome_from=appointment.start - timedelta(minutes=organization.welcome_minutes), now=now,
        zone=organization.zone, locale=locale.choose([appointment.locale], locale.shipped()),
        department=words(texts.of(appointment.department, "name")), practitioner=appointment.practitioner.name,
        clinic=_clinic(organization, texts), said=_said(appointment, organization, texts),
        change_until=(until := reschedule.change_until(appointment)),
        may_change=visit is None and door_of(appointment, now) in {Door.EARLY, Door.OPEN} and until is not None and now < until,
        minutes_late=_minutes_late(appointment, organization, now), message=staff_booking.message_of(appointment),
    )  # fmt: skip


def _minutes_late(appointment: Appointment, organization: Organization, now: datetime) -> int:
    """Of today's appointments only: how late it gets today says nothing about another day."""
    is_today = appointment.start.astimezone(organization.tz).date() == now.astimezone(organization.tz).date()
    return delay.minutes_late(appointment.practitioner, organization.tz, now) if is_today else 0


def _said(appointment: Appointment, organization: Organization, texts: Texts) -> Said:
    def filled(name: str) -> Words | None:
        found = words(texts.of(appointment.department, f"{name}_text"))
        if not found.text:
            return None
        values = codes.of_appointment(appointment, organization, "", found.lang or texts.locale)
        return Words(text=message_template.fill(found.text, values), lang=found.lang)

    return Said(early=filled("early"), on_time=filled("on_time"), late=filled("late"), over=filled("over"))


def _clinic(organization: Organization, texts: Texts) -> Clinic:
    return Clinic(
        name=words(texts.of(organization, "name")), phone=organization.phone, brand=organization.brand,
        emergency_number=organization.emergency_number, privacy_url=organization.privacy_url, mails=organization.send_mails,
    )  # fmt: skip


def door_of(appointment: Appointment, now: datetime) -> Door:
    if appointment.status is AppointmentStatus.CANCELLED:
        return Door.CANCELLED
    try:
        appointment.ticket.require_window(now)
    except TooEarly:
        return Door.EARLY
    except TooLate:
        return Door.LATE
    return Door.OPEN


def _has_ended(session: Session, appointment: Appointment, now: datetime) -> bool:
    mine = select(Encounter).where(Encounter.appointment_id == appointment.id).order_by(Encounter.id.desc()).limit(1)
    latest = session.scalar(mine)
    return latest is not None and latest.took_place and ending.may_look_back(latest, now)
