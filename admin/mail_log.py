"""The mails of an appointment on its page: what was written, what became of it and why, and sending one again (S002-44)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from admin import words
from integrations import bounce
from telehealth import clock, resend as sending
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.outbox import Delivery, MailKind, OutgoingMail, Unwanted, mails_of
from telehealth.resend import AppointmentOver, BadAddress, MailsOff, NotResendable


@dataclass(frozen=True)
class Line:
    """A mail: what it is, to whom, what became of it and when, and why when it did not arrive."""

    mail: OutgoingMail
    kind: Any
    again: bool
    delivery: Delivery
    at: datetime
    why: str


def of(session: Session, appointment: Appointment) -> dict[str, Any]:
    """`lines` newest first, `kinds` that can be sent again, `closed` says why nothing can."""
    return {
        "lines": [_line(mail) for mail in mails_of(session, appointment.id)], "closed": _closed(session, appointment),
        "kinds": [(kind.value, words.word(kind)) for kind in _kinds(session, appointment)], "email": appointment.patient.email,
    }  # fmt: skip


def _line(mail: OutgoingMail) -> Line:
    at = mail.bounced_at or mail.ended_at or mail.written_at
    return Line(mail, words.word(mail.kind), bool(mail.about.get("again")), mail.delivery, at, _why(mail))


def _why(mail: OutgoingMail) -> str:
    if mail.delivery is Delivery.BOUNCED:
        return f"{bounce.words_of(mail.bounce_status)} ({mail.bounce_status})"
    if mail.delivery is Delivery.NOT_SENT:
        return str(words.word(Unwanted(mail.error))) if mail.error in set(Unwanted) else mail.error
    if mail.delivery is Delivery.GIVEN_UP or mail.error:
        return _("The mail server did not take it: %(said)s", said=mail.error)
    return ""


def _kinds(session: Session, appointment: Appointment) -> list[MailKind]:
    own, begun = session.get_one(Organization, appointment.organization_id), appointment.start <= clock.now()
    without = set() if own.send_reminders and not begun else {MailKind.REMINDER}
    return [kind for kind in sending.kinds(appointment) if kind not in without]


def _closed(session: Session, appointment: Appointment) -> str:
    if sending.is_over(appointment, clock.now()):
        return _("The appointment is cancelled or over. Its mails are not sent again.")
    if not session.get_one(Organization, appointment.organization_id).send_mails:
        return _("Your organisation sends no mails to patients. That is set under Organisation.")
    return ""


def resend(session: Session, appointment: Appointment, kind: str, address: str) -> tuple[str, str]:
    """Words about what came of it, and which kind of words they are."""
    try:
        sending.again(session, appointment, MailKind(kind), address.strip(), clock.now())
    except BadAddress:
        return _("Enter an address such as name@clinic.example."), "danger"
    except AppointmentOver:
        return _("The appointment is cancelled or over. Its mails are not sent again."), "warning"
    except MailsOff:
        return _("Your organisation sends no such mails to patients. That is set under Organisation."), "warning"
    except (NotResendable, ValueError):
        return _("This mail cannot be sent again. Choose one of the list."), "danger"
    return _("The mail is on its way to %(address)s.", address=address.strip()), "success"
