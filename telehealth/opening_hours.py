"""Weekly opening hours of a channel or a department, in the organisation's wall time (X-10)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, within_organization
from telehealth.schedule import minute_of_day, wall

if TYPE_CHECKING:
    from telehealth.channel import Channel


class OpeningHours(Owned, Base):
    """Open on one weekday (0 = Monday) from one minute of the day to another."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("channel_id", "channel", ondelete="CASCADE"),
        within_organization("department_id", "department", ondelete="CASCADE"),
        CheckConstraint("opens_minute >= 0 AND opens_minute < closes_minute AND closes_minute <= 1440", "ordered"),
        CheckConstraint("weekday BETWEEN 0 AND 6", "weekday"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int | None]
    department_id: Mapped[int | None]
    weekday: Mapped[int]
    opens_minute: Mapped[int]
    closes_minute: Mapped[int]
    channel: Mapped[Channel | None] = relationship(
        primaryjoin="Channel.id == foreign(OpeningHours.channel_id)", overlaps="hours"
    )

    def __str__(self) -> str:
        return f"{minute_of_day(self.opens_minute)}–{minute_of_day(self.closes_minute)}"


class Hours(Protocol):
    weekday: int
    opens_minute: int
    closes_minute: int


NEVER: Container[date] = frozenset()
LOOK_AHEAD = 31  # days, so that a long holiday has an end


def open_now(hours: Iterable[Hours], now: datetime, zone: ZoneInfo, closed: Container[date] = NEVER) -> bool:
    """Whether it is open; on `closed` dates of the zone it never is."""
    local = now.astimezone(zone)
    if local.date() in closed:
        return False
    minute = local.hour * 60 + local.minute
    return any(h.weekday == local.weekday() and h.opens_minute <= minute < h.closes_minute for h in hours)


def next_opening(
    hours: Iterable[Hours], now: datetime, zone: ZoneInfo, closed: Container[date] = NEVER
) -> datetime | None:
    """The next moment (UTC) within a month at which the hours begin, or None when there are none."""
    return _next([(h.weekday, h.opens_minute) for h in hours], now, zone, closed)


def next_closing(
    hours: Iterable[Hours], now: datetime, zone: ZoneInfo, closed: Container[date] = NEVER
) -> datetime | None:
    """The next moment (UTC) within a month at which hours end, or None when there are none."""
    return _next([(h.weekday, h.closes_minute) for h in hours], now, zone, closed)


def _next(times: list[tuple[int, int]], now: datetime, zone: ZoneInfo, closed: Container[date]) -> datetime | None:
    today = now.astimezone(zone).date()
    moments = (
        wall(day, minute, zone)
        for day in (today + timedelta(days=n) for n in range(LOOK_AHEAD))
        for weekday, minute in times
        if weekday == day.weekday() and day not in closed
    )
    return min((moment for moment in moments if moment > now), default=None)
