"""Text messages: a clinic's own words for them, and what it sends counts for its month's cap, whatever it tells (S002-49, X-54)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, one_of
from telehealth.job import Job, WorkState
from telehealth.organization import Organization

# The kinds of the jobs.
CALL_BACK = "call_back_text"
REMINDER = "reminder_text"
INVITATION = "invitation_text"
RUNNING_LATE = "late_text"
KINDS = (CALL_BACK, REMINDER, INVITATION, RUNNING_LATE)


class TextKind(StrEnum):
    """What a text message is for; each kind has its own words."""

    REMINDER = "reminder"
    INVITATION = "invitation"
    CALL_BACK = "call_back"
    RUNNING_LATE = "running_late"


# Screens show messages to whoever looks: they name no patient.
_ABOUT_APPOINTMENT = (
    "organization_name", "appointment_date", "appointment_time", "practitioner_name", "department_name", "consult_deeplink",
    "organization_phone",
)  # fmt: skip
TEXT_CODES: dict[TextKind, tuple[str, ...]] = {
    TextKind.REMINDER: _ABOUT_APPOINTMENT,
    TextKind.INVITATION: _ABOUT_APPOINTMENT,
    TextKind.CALL_BACK: ("organization_name", "waiting_room_link", "organization_phone"),
    TextKind.RUNNING_LATE: (*_ABOUT_APPOINTMENT, "delay", "expected_time"),
}


class TextTemplate(Owned, Base):
    """An organisation's words for one kind of text message."""

    __tablename__ = "text_template"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "kind"))
    __translatable__ = {"body": "text"}
    __tracked__ = ("body",)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[TextKind] = mapped_column(one_of(TextKind))
    body: Mapped[str] = mapped_column(Text)

    def __str__(self) -> str:
        return f"{self.kind}: {self.body[:40]}"


def template_of(session: Session, kind: TextKind) -> TextTemplate | None:
    """What the organisation has written; None where it has not."""
    return session.scalar(select(TextTemplate).where(TextTemplate.kind == kind))


def this_month(session: Session, organization: Organization, now: datetime) -> int:
    """How many were sent in this month of the organisation's calendar, or are about to be."""
    month = now.astimezone(organization.tz).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    mine = (Job.organization_id == organization.id) & Job.kind.in_(KINDS)
    counted = (Job.state == WorkState.WAITING) | ((Job.state == WorkState.DONE) & (Job.ended_at >= month))
    return session.scalar(select(func.count()).select_from(Job).where(mine, counted)) or 0
