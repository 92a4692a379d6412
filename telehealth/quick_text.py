"""Texts that a clinic often writes, in the reader's own language and with what is known put in (X-39, S003-20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import Channel
from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, within_organization
from telehealth.department import Department
from telehealth.practitioner import Staff


# What a text may name; a code that has no value becomes nothing.
CODES = (
    "patient_name", "practitioner_name", "organization_name", "organization_phone", "department_name", "channel_name",
    "appointment_date", "appointment_time",
)


class UnknownQuickText(Exception):
    """Not there any more, or another department's."""


class QuickText(Owned, Base):
    """For one department's people, or for everybody when it names none; for one channel's conversations, or for all.

    `title` is what staff choose it by, `code` what they write after a slash.
    """

    __tablename__ = "quick_text"
    __table_args__ = (UniqueConstraint("organization_id", "id"), within_organization("department_id", "department"), within_organization("channel_id", "channel"))
    __translatable__ = {"text": "text"}
    __tracked__ = ("title", "code", "text", "department_id", "channel_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(60))
    code: Mapped[str] = mapped_column(String(30), default="")
    text: Mapped[str] = mapped_column(String(1000))
    department_id: Mapped[int | None]
    channel_id: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department | None] = relationship(
        primaryjoin="Department.id == foreign(QuickText.department_id)"
    )
    channel: Mapped[Channel | None] = relationship(primaryjoin="Channel.id == foreign(QuickText.channel_id)")

    def __str__(self) -> str:
        return self.title


def quick_texts(session: Session, staff: Staff) -> Sequence[QuickText]:
    """Those that somebody may use, in the clinic's order."""
    query = select(QuickText).order_by(QuickText.position, QuickText.title, QuickText.id)
    if not staff.sees_everything:
        query = query.where(or_(QuickText.department_id.is_(None), QuickText.department_id.in_(staff.departments)))
    return session.scalars(query).all()


def texts_for(session: Session, staff: Staff, thread: Conversation) -> Sequence[QuickText]:
    """Those that fit a conversation, its channel's own first."""
    fitting = [text for text in quick_texts(session, staff) if text.channel_id in (None, thread.channel_id)]
    return sorted(fitting, key=lambda text: text.channel_id is None)


def next_appointment(session: Session, patient_id: int, now: datetime) -> Appointment | None:
    """The next one that a patient has booked."""
    mine = (Appointment.patient_id == patient_id) & (Appointment.status == AppointmentStatus.BOOKED) & (Appointment.start > now)
    return session.scalar(select(Appointment).where(mine).order_by(Appointment.start).limit(1))


def quick_text(session: Session, staff: Staff, quick_text_id: int) -> QuickText:
    """Raises UnknownQuickText."""
    found = next((text for text in quick_texts(session, staff) if text.id == quick_text_id), None)
    if found is None:
        raise UnknownQuickText
    return found
