"""Mails that came back: noted once at the mail, and told to whoever looks after the appointment (S002-44, S002-172)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.encryption import CannotOpen, Keyring
from telehealth.outbox import TO_STAFF, MailKind, OutgoingMail, enqueue, key_of
from telehealth.practitioner import Practitioner, PractitionerRole, Role

PURPOSE = "bounce"


class UnknownMail(Exception):
    """The token is not ours, or its mail is not there any more."""


def token_of(keyring: Keyring, mail: OutgoingMail) -> str:
    """Names the mail to nobody but us: 45 small letters and digits, the same every time."""
    return keyring.disguise(PURPOSE, mail.organization_id, mail.id)


def mail_of(session: Session, token: str) -> OutgoingMail:
    """The mail of this token; the session enters its organisation. Raises UnknownMail."""
    try:
        organization_id, mail_id = session.keyring.reveal(PURPOSE, token)
    except CannotOpen:
        raise UnknownMail("no mail of ours") from None
    session.enter(organization_id)
    mail = session.get(OutgoingMail, mail_id)
    if mail is None:
        raise UnknownMail("the mail is not there any more")
    return mail


def note(session: Session, mail: OutgoingMail, status: str, reason: str, now: datetime) -> bool:
    """The mail could not be delivered; False when that was known. Mails to patients are told of, each once."""
    session.refresh(mail, with_for_update=True)
    if mail.bounced_at is not None:
        return False
    mail.bounced_at, mail.bounce_status, mail.bounce_reason = now, status[:12], reason[:300]
    if mail.appointment_id is not None and mail.kind not in TO_STAFF:
        _tell(session, mail, session.get_one(Appointment, mail.appointment_id), now)
    return True


def _tell(session: Session, mail: OutgoingMail, appointment: Appointment, now: datetime) -> None:
    about = {
        "department_name": appointment.department.name, "department_id": appointment.department_id, "status": mail.bounce_status,
        "at": now.isoformat(),
    }  # fmt: skip
    for person in _told(session, appointment.department_id):
        enqueue(
            session, MailKind.BOUNCE, appointment.id, person.email, locale=person.locale, now=now,
            about=about | {"person_name": person.name}, key=key_of("bounce", mail.message_key, person.id),
        )  # fmt: skip


def _told(session: Session, department_id: int) -> Sequence[Practitioner]:
    """Who administers the department; where nobody does, who administers the organisation."""
    own = (PractitionerRole.role == Role.DEPARTMENT_ADMINISTRATOR) & (PractitionerRole.department_id == department_id)
    everybodys = PractitionerRole.role == Role.ORGANIZATION_ADMINISTRATOR
    return _active(session, own) or _active(session, everybodys)


def _active(session: Session, holding: object) -> Sequence[Practitioner]:
    held = select(PractitionerRole.practitioner_id).where(holding)  # type: ignore[arg-type]
    return session.scalars(
        select(Practitioner).where(Practitioner.active, Practitioner.id.in_(held)).order_by(Practitioner.id)
    ).all()
