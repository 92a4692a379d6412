"""Quick texts: what a clinic often writes to people who wait, each read in the reader's own language (X-39)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.channel import Channel
from telehealth.database import Base, Owned, Session, within_organization
from telehealth.department import Department
from telehealth.practitioner import Staff


class UnknownQuickText(Exception):
    """Not there any more, or another department's."""


class QuickText(Owned, Base):
    """For one department's people, or for everybody when it names none. `title` is what staff choose it by."""

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


def quick_text(session: Session, staff: Staff, quick_text_id: int) -> QuickText:
    """Raises UnknownQuickText."""
    found = next((text for text in quick_texts(session, staff) if text.id == quick_text_id), None)
    if found is None:
        raise UnknownQuickText
    return found
