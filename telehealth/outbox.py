"""Mails to be sent, written in the transaction of what they tell about: never lost, each with one stable Message-ID."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, one_of, write_row, within_organization
from telehealth.job import Leased


class MailKind(StrEnum):
    """What a mail is for; each kind has its own template."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    STAFF_INVITATION = "staff_invitation"
    ARRIVAL = "arrival"
    CALL_BACK = "call_back"


TO_STAFF = frozenset({MailKind.STAFF_INVITATION, MailKind.ARRIVAL})


class OutgoingMail(Leased, Owned, Base):
    """One mail. It is composed once, at its first turn, and repeated word for word under the same Message-ID.

    `attachments` are `{"name", "type", "text"}`; `about` holds plain values for kinds without an appointment.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("appointment_id", "appointment"),
    )
    kind: Mapped[MailKind] = mapped_column(one_of(MailKind))
    message_key: Mapped[str] = mapped_column(String(40), unique=True)
    recipient: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(20), default="en")
    appointment_id: Mapped[int | None]
    about: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    written_at: Mapped[datetime]
    composed_at: Mapped[datetime | None]
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    attachments: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    via: Mapped[str] = mapped_column(String(20), default="")

    def __str__(self) -> str:
        return f"{self.kind} {self.message_key}"


def enqueue(
    session: Session,
    kind: MailKind,
    appointment_id: int | None,
    recipient: str,
    *,
    locale: str,
    now: datetime,
    about: dict[str, Any] | None = None,
    key: str = "",
) -> None:
    """Write a mail into the outbox; nothing without an address, nor under a `key` that a mail has already."""
    if recipient and not (key and _is_written(session, key)):
        write_row(
            session, OutgoingMail, kind=kind, message_key=key or secrets.token_hex(16), recipient=recipient, locale=locale,
            due=now, written_at=now, appointment_id=appointment_id, about=about or {},
        )  # fmt: skip


def _is_written(session: Session, key: str) -> bool:
    return session.scalar(select(OutgoingMail.id).where(OutgoingMail.message_key == key)) is not None
