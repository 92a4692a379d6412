"""Mails that came back: noted once at the mail, and told to whoever looks after the appointment (S002-44, S002-172)."""

from __future__ import annotations

from datetime import datetime

from telehealth import elsewhere
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.encryption import CannotOpen, Keyring
from telehealth.outbox import TO_STAFF, MailKind, OutgoingMail, enqueue, key_of
from telehealth.practitioner import administrators_of
from telehealth.waiting_room import UnknownEncounter

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
    if mail.kind is MailKind.CALL_BACK:
        _tell_of_visit(session, mail, now)
    return True


def _tell(session: Session, mail: OutgoingMail, appointment: Appointment, now: datetime) -> None:
    about = {
        "department_name": appointment.department.name, "department_id": appointment.department_id, "status": mail.bounce_status,
        "at": now.isoformat(),
    }  # fmt: skip
    for person in administrators_of(session, appointment.department_id):
        enqueue(
            session, MailKind.BOUNCE, appointment.id, person.email, locale=person.locale, now=now,
            about=about | {"person_name": person.name}, key=key_of("bounce", mail.message_key, person.id),
        )  # fmt: skip



def _tell_of_visit(session: Session, mail: OutgoingMail, now: datetime) -> None:
    """Somebody waits for a call that did not arrive: told to whoever expects them and to those who administer, until they are back."""
    try:
        visit = elsewhere.visit_away(session, mail.about["visit"])
    except UnknownEncounter:
        return
    expecting = [person for person in (visit.admitted_by, visit.practitioner) if person is not None and not person.is_team]
    about = {
        "department_name": visit.department.name, "department_id": visit.department_id, "status": mail.bounce_status, "at": now.isoformat(),
    }  # fmt: skip
    for person in {one.id: one for one in [*expecting, *administrators_of(session, visit.department_id)] if one.active}.values():
        enqueue(
            session, MailKind.CALL_BACK_BOUNCE, None, person.email, locale=person.locale, now=now,
            about=about | {"person_name": person.name}, key=key_of("bounce", mail.message_key, person.id),
        )  # fmt: skip
