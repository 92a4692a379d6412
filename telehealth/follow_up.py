"""Follow-up hints: what a patient is told to do if it does not get better, usually whom to call (S002-137)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, within_organization
from telehealth.department import Department

LONGEST = 300  # characters
NUMBER = re.compile(r"(?<![\w+])\+?\(?\d[\d ()/.\u2011-]{4,18}\d(?!\w)")
DATE_OR_TIMES = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}|\d{1,2}\.\d{2} ?[-\u2011] ?\d{1,2}\.\d{2}")


class FollowUpHint(Owned, Base):
    """A hint to choose when a visit ends. Of one department, or of all when it names none; `preselected` is proposed."""

    __tablename__ = "follow_up_hint"
    __table_args__ = (UniqueConstraint("organization_id", "id"), within_organization("department_id", "department"))
    __translatable__ = {"text": "line"}
    __tracked__ = ("text", "department_id", "preselected", "position")

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(LONGEST))
    department_id: Mapped[int | None]
    preselected: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department | None] = relationship(
        primaryjoin="Department.id == foreign(FollowUpHint.department_id)"
    )

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class FollowUp:
    """What one patient is told, and the language it is in; empty when that is the visit's own or nobody knows."""

    text: str
    lang: str = ""


def hints(session: Session, department_id: int) -> Sequence[FollowUpHint]:
    """What can be chosen in a department, the one that is proposed first: the department's own before everybody's."""
    here = or_(FollowUpHint.department_id == department_id, FollowUpHint.department_id.is_(None))
    found = session.scalars(select(FollowUpHint).where(here).order_by(FollowUpHint.position, FollowUpHint.id)).all()
    return sorted(found, key=lambda hint: (not hint.preselected, hint.department_id is None))


def number_in(text: str) -> str:
    """The first phone number that a text names, as it is written; empty when there is none."""
    found = (match.group() for match in NUMBER.finditer(text))
    return next((number for number in found if not DATE_OR_TIMES.fullmatch(number)), "")
