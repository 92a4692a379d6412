"""How many times can still be booked: for staff whose organisation wants to know (S002-31, S002-102)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from telehealth import booking
from telehealth.booking import Search
from telehealth.database import Session
from telehealth.organization import Organization

DAYS = 30


def counts(session: Session) -> bool:
    """Whether the organisation wants them counted."""
    return bool(session.scalar(select(Organization.show_free_times).where(Organization.id == session.organization_id)))


def left(session: Session, departments: frozenset[int], *, everywhere: bool, zone: ZoneInfo, now: datetime) -> int:
    """What patients can book within DAYS of that zone in these departments, or in all of them."""
    if not (departments or everywhere):
        return 0
    search = Search(() if everywhere else tuple(sorted(departments)))
    today = now.astimezone(zone).date()
    return sum(booking.free_counts(session, search, today, today + timedelta(days=DAYS - 1), now).values())
