"""A PIN by mail: with it and one of their links, patients come to their own pages (S002-145, S002-148, S002-149).

It is a keyed hash of a random name, cut to six digits: the database keeps the name, and nothing from which the PIN could be
found without the keys. Asking and trying say the same whether or not an address is known.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import authorisation
from telehealth.booking import appointment_of
from telehealth.database import Base, Owned, Session, session_of, within_organization
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.patient import Patient
from telehealth.quick_consultation import visit_by
from telehealth.ticket import Ticket, TicketKind, UnknownTicket

DIGITS = 6
TRIES = 5


class WrongPin(Exception):
    """That was not it; `left` tries remain."""

    def __init__(self, left: int) -> None:
        self.left = left
        super().__init__(left)


class PinOver(Exception):
    """None was asked for, or it has expired, was used, was tried too often, or a newer one was asked for."""


@dataclass(frozen=True)
class Holder:
    """Whose link it is, the language that was spoken then, and which texts of mails serve."""

    patient: Patient
    locale: str
    department_id: int | None
    appointment_id: int | None = None


def holder_of(session: Session, held: Ticket) -> Holder:
    """Raises UnknownTicket, UnknownAppointment, UnknownEncounter."""
    if held.kind is TicketKind.QUICK:
        visit = visit_by(session, held)
        return Holder(visit.patient, visit.locale, visit.department_id)
    if held.kind is TicketKind.PORTAL:
        leads = authorisation.link_of(session, held)
        return Holder(leads.patient, leads.locale, leads.department_id)
    if held.kind is not TicketKind.APPOINTMENT:
        raise UnknownTicket
    made = appointment_of(session, held)
    return Holder(made.patient, made.locale, made.department_id, made.id)


class Pin(Owned, Base):
    """The latest of a patient counts, once. `address` is where it was sent; without one nobody can know it."""

    __tablename__ = "pin"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("ix_pin_patient", "organization_id", "patient_id"),
        within_organization("patient_id", "patient"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    patient_id: Mapped[int]
    address: Mapped[str] = mapped_column(String(254))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Pin.patient_id)")

    @property
    def digits(self) -> str:
        """What the mail tells, and nothing else does."""
        made = session_of(self).keyring.token("pin", f"{self.organization_id}|{self.uid}")
        return f"{int.from_bytes(hashlib.sha256(made.encode()).digest()) % 10**DIGITS:0{DIGITS}}"

    def is_over(self, now: datetime) -> bool:
        return self.used_at is not None or self.tries >= TRIES or now >= self.expires_at

    def use(self, given: str, now: datetime) -> None:
        """One try. Whoever calls keeps what comes of it, also when it is refused. Raises WrongPin, PinOver."""
        if self.is_over(now) or self.address.casefold() != self.patient.email.casefold():
            raise PinOver
        self.tries += 1
        right = hmac.compare_digest(self.digits.encode(), given.encode())
        if not (right and self.address):
            raise WrongPin(TRIES - self.tries) if self.tries < TRIES else PinOver
        self.used_at = now


def ask(session: Session, held: Ticket, now: datetime) -> None:
    """Make a PIN, which ends every earlier one, and mail it to the address that is known, if any.

    Raises UnknownTicket, UnknownAppointment, UnknownEncounter.
    """
    holder = holder_of(session, held)
    minutes = session.get_one(Organization, session.organization_id).pin_minutes
    made = Pin(
        patient_id=holder.patient.id, address=holder.patient.email, created_at=now, expires_at=now + timedelta(minutes=minutes)
    )
    session.add(made)
    session.flush()
    about = {"asked": made.uid, "department_id": holder.department_id}
    enqueue(
        session, MailKind.PIN, holder.appointment_id, holder.patient.email, locale=holder.locale, now=now, about=about
    )


def latest(session: Session, patient_id: int) -> Pin | None:
    """The one that counts, locked: each try is counted."""
    mine = select(Pin).where(Pin.patient_id == patient_id).order_by(Pin.id.desc()).limit(1)
    return session.scalar(mine.with_for_update(of=Pin), execution_options={"populate_existing": True})


def to_mail(session: Session, uid: str, now: datetime) -> Pin:
    """Raises PinOver when it is not worth a mail any more."""
    found = session.scalar(select(Pin).where(Pin.uid == uid))
    newer = found and session.scalar(select(Pin.id).where(Pin.patient_id == found.patient_id, Pin.id > found.id).limit(1))
    if found is None or newer or found.is_over(now):
        raise PinOver
    return found
