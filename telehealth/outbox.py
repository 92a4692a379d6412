"""Mails to be sent, written in the transaction of what they tell about: never lost, each with one stable Message-ID."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, one_of, write_row, within_organization
from telehealth.job import Leased, WorkState


class MailKind(StrEnum):
    """What a mail is for; each kind has its own template."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    STAFF_INVITATION = "staff_invitation"
    ARRIVAL = "arrival"
    CALL_BACK = "call_back"
    NEW_LINK = "new_link"
    TIME_FREE = "time_free"
    QUICK_CONSULTATION = "quick_consultation"
    BOUNCE = "bounce"
    QUESTIONNAIRE = "questionnaire"
    NO_SHOW = "no_show"
    PAID_CONSULTATION = "paid_consultation"
    REFUND = "refund"
    PIN = "pin"
    TEST = "test"
    PARTICIPANT = "participant"
    PARTICIPANT_CHANGE = "participant_change"
    PARTICIPANT_CANCELLATION = "participant_cancellation"
    STAFF_BOOKED = "staff_booked"
    STAFF_MOVED = "staff_moved"
    STAFF_CANCELLED = "staff_cancelled"
    STAFF_ASKED = "staff_asked"
    STAFF_CASE = "staff_case"
    STAFF_ESCALATED = "staff_escalated"
    RUNNING_LATE = "running_late"
    CALL_BACK_BOUNCE = "call_back_bounce"
    MESSAGE_WAITING = "message_waiting"
    STAFF_MESSAGE = "staff_message"
    PORTAL_LINK = "portal_link"
    DEVICE_CODE = "device_code"
    RESULT_READY = "result_ready"
    REQUEST_ANSWERED = "request_answered"
    REQUEST_INVITED = "request_invited"
    GROUP_INVITATION = "group_invitation"
    GROUP_MESSAGE = "group_message"


NEWS = frozenset({MailKind.STAFF_BOOKED, MailKind.STAFF_MOVED, MailKind.STAFF_CANCELLED, MailKind.STAFF_ASKED})  # of what others did
TO_STAFF = frozenset({MailKind.STAFF_INVITATION, MailKind.ARRIVAL, MailKind.BOUNCE, MailKind.CALL_BACK_BOUNCE, MailKind.TEST, MailKind.STAFF_MESSAGE, MailKind.STAFF_CASE, MailKind.STAFF_ESCALATED}) | NEWS
WITHOUT_TEXT = frozenset({MailKind.TEST})  # written whole, so that nobody writes a text for it
TO_PARTICIPANT = frozenset({MailKind.PARTICIPANT, MailKind.PARTICIPANT_CHANGE, MailKind.PARTICIPANT_CANCELLATION})
OF_APPOINTMENT = frozenset({MailKind.CONFIRMATION, MailKind.PAID_CONSULTATION, MailKind.REMINDER, MailKind.CHANGE, MailKind.CANCELLATION})
TO_PORTAL = frozenset({
    MailKind.MESSAGE_WAITING, MailKind.PORTAL_LINK, MailKind.DEVICE_CODE, MailKind.RESULT_READY, MailKind.REQUEST_ANSWERED,
    MailKind.GROUP_INVITATION, MailKind.GROUP_MESSAGE,
})  # lead to the patient's own pages
OF_GROUPS = frozenset({MailKind.GROUP_INVITATION, MailKind.GROUP_MESSAGE})
SECRET = frozenset({MailKind.PIN})  # whose words are forgotten once they were handed over


class Delivery(StrEnum):
    """What became of a mail, as far as is known: after it was sent its recipient's server may still send it back."""

    WAITING = "waiting"
    SENT = "sent"
    NOT_SENT = "not_sent"
    GIVEN_UP = "given_up"
    BOUNCED = "bounced"


class Unwanted(StrEnum):
    """Why a mail was not sent although it was written."""

    NO_MAILS = "no_mails"
    NO_REMINDERS = "no_reminders"
    BEGUN = "begun"
    CANCELLED = "cancelled"
    LATER_CHANGE = "later_change"
    BACK = "back"
    NOTHING_TO_COME = "nothing_to_come"
    CAME = "came"
    NO_MISSED = "no_missed"
    PIN_OVER = "pin_over"
    NO_DELAYS = "no_delays"
    READ_ALREADY = "read_already"
    REVOKED = "revoked"


class OutgoingMail(Leased, Owned, Base):
    """One mail. It is composed once, at its first turn, and repeated word for word under the same Message-ID.

    `attachments` are `{"name", "type", "text"}`; `about` holds plain values beside the appointment's. `bounce_status` is an
    enhanced status code of RFC 3463 such as 5.1.1, `bounce_reason` what the recipient's server said.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("ix_outgoing_mail_appointment", "organization_id", "appointment_id"),
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
    bounced_at: Mapped[datetime | None]
    bounce_status: Mapped[str] = mapped_column(String(12), default="")
    bounce_reason: Mapped[str] = mapped_column(String(300), default="")

    @classmethod
    def composed(
        cls, kind: MailKind, recipient: str, *, locale: str, subject: str, text: str, html: str, now: datetime
    ) -> OutgoingMail:
        """A mail whose words are known already, due at once."""
        return cls(
            kind=kind, message_key=secrets.token_hex(16), recipient=recipient, locale=locale, subject=subject[:300], text=text,
            html=html, due=now, written_at=now, composed_at=now,
        )  # fmt: skip

    def retry(self, now: datetime) -> None:
        """Give a mail that was given up all its attempts anew."""
        super().retry(now)
        self.bounced_at, self.bounce_status, self.bounce_reason = None, "", ""

    def forget_words(self) -> None:
        """What it said is for its reader alone; if it has to be sent again after all, it is composed anew."""
        self.text, self.html, self.composed_at = "", "", None

    @property
    def delivery(self) -> Delivery:
        return Delivery.BOUNCED if self.bounced_at is not None else DELIVERIES[self.state]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_key}"


DELIVERIES = {
    WorkState.WAITING: Delivery.WAITING, WorkState.DONE: Delivery.SENT, WorkState.DROPPED: Delivery.NOT_SENT,
    WorkState.DEAD: Delivery.GIVEN_UP,
}  # fmt: skip


def key_of(*parts: object) -> str:
    """A mail's key from what makes it one and the same mail."""
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()[:32]


def mails_of(session: Session, appointment_id: int) -> Sequence[OutgoingMail]:
    """What was written for an appointment, the latest first."""
    mine = select(OutgoingMail).where(OutgoingMail.appointment_id == appointment_id)
    return session.scalars(mine.order_by(OutgoingMail.id.desc())).all()


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
    due: datetime | None = None,
) -> None:
    """Write a mail into the outbox, to be sent when it is `due`: nothing without an address, nor under a `key` that a mail has."""
    if recipient and not (key and _is_written(session, key)):
        write_row(
            session, OutgoingMail, kind=kind, message_key=key or secrets.token_hex(16), recipient=recipient, locale=locale,
            due=due or now, written_at=now, appointment_id=appointment_id, about=about or {},
        )  # fmt: skip


def _is_written(session: Session, key: str) -> bool:
    return session.scalar(select(OutgoingMail.id).where(OutgoingMail.message_key == key)) is not None
