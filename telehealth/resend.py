"""Sending a mail of an appointment again, perhaps to another address, which the patient then keeps (S002-44)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from telehealth.booking import Appointment, AppointmentStatus, confirming
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue, key_of

ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


class NotResendable(Exception):
    """Mails of this kind are not sent again."""


class AppointmentOver(Exception):
    """It is cancelled or over: there is nothing to come to."""


class MailsOff(Exception):
    """The organisation sends no mails, or none of this kind."""


class BadAddress(ValueError):
    """Nothing that a mail can be sent to."""


def kinds(appointment: Appointment) -> list[MailKind]:
    """The mails that can be sent again, the one that says most about it now first."""
    moved = [MailKind.CHANGE] if appointment.sequence else []
    return [*moved, confirming(appointment), MailKind.REMINDER]


def is_over(appointment: Appointment, now: datetime) -> bool:
    return appointment.status is not AppointmentStatus.BOOKED or appointment.end <= now


def again(session: Session, appointment: Appointment, kind: MailKind, address: str, now: datetime) -> None:
    """A mail of its own about the appointment as it is now, once a minute; the calendar entry stays the same version.

    Raises NotResendable, AppointmentOver, MailsOff, BadAddress.
    """
    session.refresh(appointment, with_for_update={"of": Appointment})
    _require(session, appointment, kind, now)
    if not ADDRESS.fullmatch(address) or len(address) > 254:
        raise BadAddress(address)
    appointment.patient.email = address
    about: dict[str, Any] = {"again": True}
    if kind is MailKind.CHANGE:
        about["sequence"] = appointment.sequence
    key = key_of("again", appointment.uid, kind, address, f"{now:%Y-%m-%d %H:%M}")
    enqueue(session, kind, appointment.id, address, locale=appointment.locale, now=now, about=about, key=key)


def _require(session: Session, appointment: Appointment, kind: MailKind, now: datetime) -> None:
    if kind not in kinds(appointment):
        raise NotResendable(kind)
    begun = kind is MailKind.REMINDER and appointment.start <= now
    if is_over(appointment, now) or begun:
        raise AppointmentOver
    own = session.get_one(Organization, appointment.organization_id)
    if not own.send_mails or (kind is MailKind.REMINDER and not own.send_reminders):
        raise MailsOff
