"""How a patient comes to the own pages without an appointment: a link with a PIN by mail, or a code for one device (S002-74 … S002-81)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.patient import Patient, same_person
from telehealth.ticket import Ticket, TicketKind, TicketState, UnknownTicket, issue

LASTS = timedelta(days=30)
FOR_EVER = timedelta(days=36_500)  # until it is revoked


class AuthorisationKind(StrEnum):
    """A link opens with a PIN each time, a code lets one device in."""

    LINK = "link"
    CODE = "code"


class CodeUsed(Exception):
    """A device has come in by it already, it has expired, or it was revoked."""


class NoAddress(Exception):
    """The clinic knows no e-mail address of this patient."""


class Authorisation(Owned, Base):
    """`ticket` holds the secret. A code works until `expires_at`; once used, its device stays until then."""

    __tablename__ = "authorisation"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "ticket_id"),
        within_organization("patient_id", "patient"),
        within_organization("department_id", "department"),
        within_organization("ticket_id", "ticket"),
        within_organization("created_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AuthorisationKind] = mapped_column(one_of(AuthorisationKind))
    patient_id: Mapped[int]
    department_id: Mapped[int | None]
    ticket_id: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Authorisation.patient_id)")
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(Authorisation.ticket_id)")

    def is_over(self, now: datetime) -> bool:
        return self.revoked_at is not None or now >= self.expires_at

    def use(self, now: datetime) -> None:
        """Let one device in. Raises CodeUsed."""
        if self.used_at is not None or self.is_over(now):
            raise CodeUsed
        self.used_at, self.expires_at = now, now + LASTS

    def revoke(self, now: datetime) -> None:
        """Let nobody in by it any more, and end what it has opened; twice is once."""
        if self.revoked_at is None:
            self.revoked_at, self.ticket.state = now, TicketState.CLOSED


def make(
    session: Session, kind: AuthorisationKind, patient: Patient, department_id: int | None, now: datetime, by: int | None = None
) -> Authorisation:
    """A new way in. A new code takes the place of one that nobody has used."""
    if kind is AuthorisationKind.CODE:
        for earlier in of_patient(session, patient):
            if earlier.kind is kind and earlier.used_at is None:
                earlier.revoke(now)
    held = issue(session, TicketKind.PORTAL, f"portal-{secrets.token_hex(24)}", now=now)
    own = session.get_one(Organization, session.organization_id)
    made = Authorisation(
        kind=kind, patient_id=patient.id, department_id=department_id, ticket_id=held.id, locale=patient.locale or own.locale,
        created_at=now, created_by_id=by, expires_at=now + (LASTS if kind is AuthorisationKind.CODE else FOR_EVER),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def link_of(session: Session, held: Ticket) -> Authorisation:
    """Raises UnknownTicket when it leads nowhere any more."""
    found = session.scalar(select(Authorisation).where(Authorisation.ticket_id == held.id, Authorisation.revoked_at.is_(None)))
    if found is None:
        raise UnknownTicket
    return found


def code_of(session: Session, held: Ticket) -> Authorisation:
    """Raises UnknownTicket when it is no code for a device."""
    found = session.scalar(select(Authorisation).where(Authorisation.ticket_id == held.id))
    if found is None or found.kind is not AuthorisationKind.CODE:
        raise UnknownTicket
    return found


def of_patient(session: Session, patient: Patient) -> Sequence[Authorisation]:
    """All ways in of one person that were not revoked, the latest first."""
    mine = Authorisation.patient_id.in_(same_person(session, patient, patient.email)) & Authorisation.revoked_at.is_(None)
    return session.scalars(select(Authorisation).where(mine).order_by(Authorisation.id.desc())).all()


def is_given(session: Session, patients: Sequence[int], now: datetime) -> bool:
    """Whether any way in is open to one of these records."""
    return session.scalar(select(Authorisation.id).where(Authorisation.patient_id.in_(patients), open_at(now)).limit(1)) is not None


def open_at(now: datetime) -> ColumnElement[bool]:
    return Authorisation.revoked_at.is_(None) & (Authorisation.expires_at > now)


def link_for(
    session: Session, patient: Patient, department_id: int | None, now: datetime, by: int | None = None
) -> Authorisation | None:
    """The patient's link, made where nobody has ever taken one away; None for whoever has no address or lost the right.

    Staff who ask for it by name (`by`) give it anew.
    """
    if not patient.email:
        return None
    found = next((one for one in of_patient(session, patient) if one.kind is AuthorisationKind.LINK), None)
    if found is not None:
        return found
    mine = Authorisation.patient_id.in_(same_person(session, patient, patient.email)) & (Authorisation.kind == AuthorisationKind.LINK)
    if by is None and session.scalar(select(Authorisation.id).where(mine).limit(1)) is not None:
        return None
    return make(session, AuthorisationKind.LINK, patient, department_id, now, by)


def mail(session: Session, given: Authorisation, now: datetime) -> None:
    """Send the way in to the patient, to be opened there (S002-74, S002-81). Raises NoAddress."""
    if not given.patient.email:
        raise NoAddress
    about = {"department_id": given.department_id, "authorisation": given.id}
    kind = MailKind.DEVICE_CODE if given.kind is AuthorisationKind.CODE else MailKind.PORTAL_LINK
    enqueue(session, kind, None, given.patient.email, locale=given.locale, now=now, about=about)
