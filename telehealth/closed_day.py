"""Days on which an organisation is closed, whatever its weekly hours say (X-10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import String, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session


class ClosedDay(Owned, Base):
    """A date of the organisation's own calendar, with the name that patients read, such as New Year's Day."""

    __tablename__ = "closed_day"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "day"))
    __translatable__ = {"name": "line"}
    __tracked__ = ("day", "name")

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(120))

    def __str__(self) -> str:
        return self.name


_closed = ClosedDay.__table__.c
_BETWEEN = select(_closed.day).where(
    _closed.organization_id == bindparam("organization"), _closed.day.between(bindparam("first"), bindparam("last"))
)  # fmt: skip


def closed_dates(session: Session, first: date, last: date) -> frozenset[date]:
    """The closed dates from first to last; without the ORM, for every search and every booking asks."""
    session.flush()
    within = {"organization": session.organization_id, "first": first, "last": last}
    return frozenset(session.connection().execute(_BETWEEN, within).scalars())


def closed_names(session: Session, days: Iterable[date]) -> dict[date, str]:
    """The names of those of these dates that are closed."""
    return dict(session.execute(select(ClosedDay.day, ClosedDay.name).where(ClosedDay.day.in_(list(days)))).tuples().all())


def closed_on(session: Session, day: date) -> ClosedDay | None:
    return session.scalar(select(ClosedDay).where(ClosedDay.day == day))


def close_on(session: Session, days: dict[date, str]) -> int:
    """Close on these dates, by their names; dates that are closed already stay as they are. Gives how many are new."""
    known = set(session.scalars(select(ClosedDay.day).where(ClosedDay.day.in_(days))))
    fresh = [ClosedDay(day=day, name=name) for day, name in sorted(days.items()) if day not in known]
    session.add_all(fresh)
    session.flush()
    return len(fresh)
