"""What the holder of an appointment's link is told: when and with whom, and whether the door is open now."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from telehealth import attachment, delay, ending, message_template, quick_consultation, reschedule, staff_booking
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.organization import Organization, PayOnline
from telehealth.payment import PaymentState
from telehealth.questionnaire_response import Occasion, how_many
from telehealth.ticket import TooEarly, TooLate
from telehealth.translation import Texts
from telehealth.visit_type import Mode
from telehealth.waiting_room import Encounter, of_appointment
from web import codes, locale, money
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


class Pay(Schema):
    """What is to be paid, and the page for it. `first` says that nobody comes in before; until `until` the time is kept, if so."""

    amount: str
    link: str
    first: bool
    until: datetime | None


class AppointmentFacts(Schema):
    """Times are UTC, to be shown in `zone`. `inside` says that the patient already stands in the waiting room.

    `ended` says that the visit has taken place and its patient may look back at it. `minutes_late` is what the
    practitioner expects today. `may_change` until `change_until`, where the clinic lets its patients. `asks_birth_date`: the right one is needed before anything can be done,
    and before the clinic's own words are told, which may name the patient. `message` is what staff wrote to this patient.
    `mode` is how they meet: on site at `place`, by telephone at `phone`; `visit` names the visit type, `price` is written out.
    `at_once` says that there is no appointment: somebody of the clinic waits in the room, until `closes_at`.
    `questionnaires` says how many are asked, `files` whether there are files to read or the clinic takes some. `pay` is None where nothing is to be paid online; `paid` has the receipt's number
    where it was, `lapsed` says that the time was given back because it was not paid.
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
    mode: Mode = Mode.VIDEO
    visit: Words | None = None
    place: Words | None = None
    phone: str = ""
    price: str = ""
    at_once: bool = False
    questionnaires: int = 0
    files: bool = False
    pay: Pay | None = None
    paid: str = ""
    lapsed: bool = False


def facts_of(session: Session, appointment: Appointment, tag: str, now: datetime, base_url: str) -> AppointmentFacts:
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
        clinic=clinic_of(organization, texts), said=_said(appointment, organization, texts),
        change_until=(until := reschedule.change_until(appointment)),
        may_change=visit is None and not appointment.is_held and door_of(appointment, now) in {Door.EARLY, Door.OPEN} and until is not None and now < until,
        minutes_late=_minutes_late(appointment, organization, now), message=staff_booking.message_of(appointment),
        questionnaires=how_many(session, Occasion.of_appointment(appointment)), files=_has_files(session, appointment, now),
        **_kind(appointment, organization, texts), **_money(appointment, organization, texts, base_url),
    )  # fmt: skip


def _has_files(session: Session, appointment: Appointment, now: datetime) -> bool:
    there = attachment.how_many_for_patient(session, appointment.id) > 0
    return there or attachment.may_patient_add(session, appointment, now)


def _kind(appointment: Appointment, organization: Organization, texts: Texts) -> dict[str, Any]:
    kind, mode = appointment.visit_type, appointment.mode
    place = words(texts.of(kind, "place")) if kind and kind.place else words(texts.of(organization, "name"))
    return {
        "mode": mode, "visit": words(texts.of(kind, "name")) if kind else None, "place": place if mode is Mode.ON_SITE else None,
        "phone": appointment.patient.phone if mode is Mode.PHONE else "",
        "price": money.price(appointment.price, appointment.currency, texts.locale),
    }  # fmt: skip


def _money(appointment: Appointment, organization: Organization, texts: Texts, base_url: str) -> dict[str, Any]:
    owed = appointment.payment if appointment.payment_state else None
    if owed is None:
        return {}
    open_ = owed.is_open and organization.pay_online is not PayOnline.OFF
    amount, link = money.price(owed.amount, owed.currency, texts.locale), f"{base_url}/pay/{owed.uid}"
    return {
        "pay": Pay(amount=amount, link=link, first=organization.pay_online.comes_first, until=owed.held_until) if open_ else None,
        "paid": owed.receipt if owed.state is PaymentState.PAID else "", "lapsed": owed.state is PaymentState.RELEASED and owed.held_until is not None,
    }  # fmt: skip


def facts_of_quick(session: Session, visit: Encounter, tag: str, now: datetime) -> AppointmentFacts:
    """The same for the link of a consultation that staff began at once."""
    organization = session.get_one(Organization, session.organization_id)
    texts, began = Texts(session, tag, organization.locale), visit.arrived_at
    may_come = quick_consultation.is_invited(visit, now)
    return AppointmentFacts(
        door=Door.OPEN if may_come else Door.LATE, inside=visit.ended_at is None and not visit.awaited,
        ended=visit.took_place and ending.may_look_back(visit, now), start=began, end=began, opens_at=began,
        closes_at=visit.ticket.closes_at or now, welcome_from=began, now=now, zone=organization.zone,
        locale=locale.choose([visit.locale], locale.shipped()), department=words(texts.of(visit.department, "name")),
        practitioner=visit.admitted_by.name if visit.admitted_by else "", clinic=clinic_of(organization, texts), said=Said(),
        minutes_late=0, may_change=False, change_until=None, at_once=True,
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


def clinic_of(organization: Organization, texts: Texts) -> Clinic:
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
