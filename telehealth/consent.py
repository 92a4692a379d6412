"""What a patient agreed to: which wording, when (S002-55, S002-91)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text, UniqueConstraint, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, one_of, within_organization, write_row


class ConsentKind(StrEnum):
    TERMS = "terms"


def version_of(text: str) -> str:
    """A short name for exactly this wording."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Wording(Owned, Base):
    """A text that somebody has agreed to, kept word for word and only once."""

    __tablename__ = "wording"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "version"))
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)


class Consent(Owned, Base):
    __tablename__ = "consent"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("ticket_id", "ticket"),
        within_organization("wording_id", "wording"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ConsentKind] = mapped_column(one_of(ConsentKind))
    ticket_id: Mapped[int]
    wording_id: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]


def give(session: Session, kind: ConsentKind, ticket_id: int, text: str, *, locale: str, now: datetime) -> None:
    """Store that the holder of a ticket agreed to `text`."""
    wording_id = _wording(session, text)
    write_row(session, Consent, kind=kind, ticket_id=ticket_id, wording_id=wording_id, locale=locale, given_at=now)


_kept = Wording.__table__.c
_KNOWN = select(_kept.id).where(
    _kept.organization_id == bindparam("organization"), _kept.version == bindparam("version")
)


def _wording(session: Session, text: str) -> int:
    words = {"organization": session.organization_id, "version": version_of(text)}
    known = session.connection().scalar(_KNOWN, words)
    return int(known) if known is not None else _keep(session, Wording(version=version_of(text), text=text))


def _keep(session: Session, wording: Wording) -> int:
    try:
        with session.begin_nested():
            session.add(wording)
    except IntegrityError:  # somebody else has just kept the same words
        return session.scalars(select(Wording.id).where(Wording.version == wording.version)).one()
    return wording.id
