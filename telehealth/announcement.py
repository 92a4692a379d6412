"""Service announcements: short messages shown live to everybody who waits (S002-173 … S002-176)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, String, UniqueConstraint, event, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.channel import NotAllowed
from telehealth.database import Base, Owned, Session, one_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.practitioner import Permission, Staff


class Severity(StrEnum):
    INFORMATION = "information"
    WARNING = "warning"


@dataclass(frozen=True)
class AnnouncementsChanged:
    """Written, changed or deleted; whoever waits gets the current ones."""

    organization_id: int


class Announcement(Owned, Base):
    """For one department, or for all when it names none; shown from `starts_at` until `expires_at`."""

    __tablename__ = "announcement"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "client_id"),
        within_organization("department_id", "department"),
    )
    __translatable__ = {"text": "line"}
    __tracked__ = ("text", "severity", "starts_at", "expires_at", "department_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str | None] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(300))
    severity: Mapped[Severity] = mapped_column(one_of(Severity), default=Severity.INFORMATION)
    department_id: Mapped[int | None]
    starts_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    department: Mapped[Department | None] = relationship(
        primaryjoin="Department.id == foreign(Announcement.department_id)"
    )

    def __str__(self) -> str:
        return self.text


def current(session: Session, department_id: int | None, now: datetime) -> Sequence[Announcement]:
    """What is shown now to people of a department; of None: what is for everybody."""
    here: ColumnElement[bool] = Announcement.department_id.is_(None)
    if department_id is not None:
        here = or_(here, Announcement.department_id == department_id)
    begun = Announcement.starts_at.is_(None) | (Announcement.starts_at <= now)
    lasting = Announcement.expires_at.is_(None) | (Announcement.expires_at > now)
    return session.scalars(select(Announcement).where(here, begun, lasting).order_by(Announcement.id)).all()


def may_change(staff: Staff, department_id: int | None) -> bool:
    """Whether somebody may announce there: in the own departments, and everywhere with a role everywhere."""
    if not staff.may(Permission.ANNOUNCE):
        return False
    return staff.sees_everything or department_id in staff.departments


def standing(session: Session, staff: Staff, now: datetime) -> Sequence[Announcement]:
    """What is shown now or later to people whom somebody works for, the newest first."""
    lasting = Announcement.expires_at.is_(None) | (Announcement.expires_at > now)
    query = select(Announcement).where(lasting).order_by(Announcement.id.desc())
    if not staff.sees_everything:
        here = Announcement.department_id.is_(None) | Announcement.department_id.in_(staff.departments)
        query = query.where(here)
    return session.scalars(query).all()


def announce(
    session: Session, by: Staff, client_id: str, text: str, *, severity: Severity, department_id: int | None,
    until: datetime | None,
) -> Announcement:  # fmt: skip
    """From now on, until a moment or until it is taken back; sent twice is once. Raises NotAllowed."""
    if not may_change(by, department_id) or (department_id and session.get(Department, department_id) is None):
        raise NotAllowed
    if (earlier := session.scalar(select(Announcement).where(Announcement.client_id == client_id))) is not None:
        return earlier
    made = Announcement(
        client_id=client_id, text=text, severity=severity, department_id=department_id, expires_at=until
    )
    session.add(made)
    session.flush()
    return made


def withdraw(session: Session, by: Staff, announcement_id: int) -> None:
    """Take it back; taking it back twice is once. Raises NotAllowed."""
    found = session.get(Announcement, announcement_id)
    if found is None:
        return
    if not may_change(by, found.department_id):
        raise NotAllowed
    session.delete(found)


def withdraw_all(session: Session, by: Staff, now: datetime) -> int:
    """Take back whatever somebody may of what is shown now or later; gives how many (S002-176)."""
    mine = [row for row in standing(session, by, now) if may_change(by, row.department_id)]
    for row in mine:
        session.delete(row)
    return len(mine)


@event.listens_for(Session, "after_flush")
def _tell(session: Session, context: object) -> None:
    rows = (row for row in [*session.new, *session.dirty, *session.deleted] if isinstance(row, Announcement))
    for organization_id in {row.organization_id for row in rows}:
        record(session, AnnouncementsChanged(organization_id))
