"""Absences: periods in which somebody takes no bookings and holds no walk-in hour, whatever the week says (X-23)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from telehealth import schedule
from telehealth.channel import NotAllowed
from telehealth.database import Base, Owned, Session, within_organization
from telehealth.event import record
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff

LONGEST = timedelta(days=366)


class BadPeriod(ValueError):
    """It ends before it begins, is over already or lasts more than a year."""


@dataclass(frozen=True)
class AbsenceChanged:
    """Blocked, or free again."""

    organization_id: int
    practitioner_id: int


class Absence(Owned, Base):
    """From `start` to `end`; `note` is read by colleagues only. The ticks are those it touches, half open."""

    __tablename__ = "absence"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "client_id"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
        Index("ix_absence_ticks", "organization_id", "first_tick"),
        CheckConstraint("first_tick < last_tick", "ordered"),
    )
    __tracked__ = ("practitioner_id", "start", "end", "note")

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str | None] = mapped_column(String(40))
    practitioner_id: Mapped[int]
    start: Mapped[datetime]
    end: Mapped[datetime]
    first_tick: Mapped[int]
    last_tick: Mapped[int]
    note: Mapped[str] = mapped_column(String(120), default="")
    practitioner: Mapped[Practitioner] = relationship(primaryjoin="Practitioner.id == foreign(Absence.practitioner_id)")

    @validates("start")
    def _begins(self, _: str, start: datetime) -> datetime:
        self.first_tick = schedule.tick_of(start)
        return start

    @validates("end")
    def _ends(self, _: str, end: datetime) -> datetime:
        self.last_tick = -(-int(end.timestamp()) // schedule.TICK_SECONDS)
        return end

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} UTC"


def require_period(start: datetime, end: datetime, now: datetime) -> None:
    """Raises BadPeriod."""
    if not start < end or end <= now or end - start > LONGEST:
        raise BadPeriod


def block(
    session: Session, by: Staff, client_id: str, practitioner_id: int, start: datetime, end: datetime, note: str, now: datetime
) -> Absence:
    """Nobody books this person then; what is booked already stays. Sent twice is once. Raises NotAllowed, BadPeriod."""
    _require_may(session, by, practitioner_id)
    if (earlier := session.scalar(select(Absence).where(Absence.client_id == client_id))) is not None:
        return earlier
    made = Absence(client_id=client_id, practitioner_id=practitioner_id, start=start, end=end, note=note)
    enter(session, by, made, now)
    return made


def enter(session: Session, by: Staff, made: Absence, now: datetime) -> None:
    """The same with an absence that is written down already. Raises NotAllowed, BadPeriod."""
    _require_may(session, by, made.practitioner_id)
    require_period(made.start, made.end, now)
    session.add(made)
    session.flush()
    record(session, AbsenceChanged(by.organization_id, made.practitioner_id))


def unblock(session: Session, by: Staff, absence_id: int) -> None:
    """Free again; doing it twice is doing it once. Raises NotAllowed."""
    found = session.get(Absence, absence_id)
    if found is None:
        return
    _require_may(session, by, found.practitioner_id)
    session.delete(found)
    record(session, AbsenceChanged(by.organization_id, found.practitioner_id))


def people(session: Session, by: Staff) -> list[Practitioner]:
    """Whose time somebody may block: one's own, and that of colleagues in one's departments."""
    if not by.may(Permission.SEE_CALENDAR):
        return []
    query = select(Practitioner).where(Practitioner.active).order_by(Practitioner.name)
    if not by.sees_everything:
        colleagues = select(PractitionerRole.practitioner_id).where(PractitionerRole.department_id.in_(by.departments))
        query = query.where((Practitioner.id == by.practitioner_id) | Practitioner.id.in_(colleagues))
    return list(session.scalars(query))


def _require_may(session: Session, by: Staff, practitioner_id: int) -> None:
    if practitioner_id not in {person.id for person in people(session, by)}:
        raise NotAllowed


_away = Absence.__table__.c
WITHIN = select(_away.practitioner_id, _away.first_tick, _away.last_tick).where(
    _away.organization_id == bindparam("organization"), _away.first_tick < bindparam("last"),
    _away.last_tick > bindparam("first"),
)  # fmt: skip


def spans(session: Session, first: int, last: int) -> dict[int, schedule.Spans]:
    """When people are away between two ticks."""
    within = {"organization": session.organization_id, "first": first, "last": last}
    found: dict[int, schedule.Spans] = defaultdict(list)
    for practitioner, begin, end in session.connection().execute(WITHIN, within):
        found[practitioner].append((begin, end))
    return found


def is_away(session: Session, practitioner_id: int, first: int, last: int) -> bool:
    """Whether somebody is away at any tick from first up to last."""
    return practitioner_id in spans(session, first, last)
