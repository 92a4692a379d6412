"""The waitlist: whoever finds no time that suits is told once when one becomes free before the wished date (X-24).

Told are those who asked first, two for each time that is free, and others only when nobody of them has taken it for a while.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import audit, booking, organization
from telehealth.booking import Search
from telehealth.database import Base, Owned, Session, session_of, within_organization
from telehealth.department import Department
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.practitioner import Practitioner
from telehealth.widget import Widget, offered_departments

MOST = 1_000  # who can stand on the list of an organisation
FOR_EACH_TIME = 2
PAUSE = timedelta(minutes=20)  # how long those who were told have it to themselves


class UnknownEntry(Exception):
    """It is not on the list any more, or not this person's to see."""


class WaitlistFull(Exception):
    """Nobody more can be put on it."""


class BadWish(ValueError):
    """The wished date lies in the past or beyond what can be booked."""


class FreeAlready(Exception):
    """There is a time before that date; `day` is the first that has one."""

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(day.isoformat())


class WaitlistEntry(Owned, Base):
    """One address of one widget, until the last local date that would suit. `not_before` is when it may be told."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "email"),
        within_organization("widget_id", "widget", ondelete="CASCADE"),
        within_organization("department_id", "department", ondelete="CASCADE"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
        within_organization("visit_type_id", "visit_type", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    widget_id: Mapped[int]
    department_id: Mapped[int | None]
    practitioner_id: Mapped[int | None]
    visit_type_id: Mapped[int | None]
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(20))
    until: Mapped[date]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    department: Mapped[Department | None] = relationship(
        primaryjoin="Department.id == foreign(WaitlistEntry.department_id)"
    )
    practitioner: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(WaitlistEntry.practitioner_id)"
    )
    widget: Mapped[Widget] = relationship(primaryjoin="Widget.id == foreign(WaitlistEntry.widget_id)")

    def remove(self, now: datetime) -> None:
        """Take it off the list; the address is not written to any more."""
        session = session_of(self)
        audit.deleted(session, self, now)
        session.delete(self)

    def __str__(self) -> str:
        return self.email


@dataclass(frozen=True)
class Wish:
    """Any time up to `until`, in a department, with a person or for a visit type where they are named."""

    email: str
    locale: str
    until: date
    department_id: int | None = None
    practitioner_id: int | None = None
    visit_type_id: int | None = None


def join(session: Session, widget: Widget, wish: Wish, now: datetime) -> None:
    """Put an address on the list; one that stands there already has its wish changed and keeps its place.

    Raises BadWish, FreeAlready, WaitlistFull.
    """
    times = organization.times(session)
    today = now.astimezone(times.zone).date()
    if not today <= wish.until <= times.horizon(now):
        raise BadWish
    if free := booking.free_days(session, _search(session, widget.id, wish), today, wish.until, now):
        raise FreeAlready(free[0])
    email = wish.email.lower()
    known = session.scalar(select(WaitlistEntry).where(WaitlistEntry.widget_id == widget.id, WaitlistEntry.email == email))
    if known is None and len(session.scalars(select(WaitlistEntry.id).limit(MOST)).all()) == MOST:
        raise WaitlistFull
    entry = known or WaitlistEntry(widget_id=widget.id, email=email, created_at=now)
    entry.locale, entry.until, entry.not_before = wish.locale, wish.until, now
    entry.department_id, entry.practitioner_id, entry.visit_type_id = wish.department_id, wish.practitioner_id, wish.visit_type_id
    session.add(entry)
    session.flush()


def _search(session: Session, widget_id: int, wish: Wish | WaitlistEntry) -> Search:
    departments = (wish.department_id,) if wish.department_id else offered_departments(session, widget_id)
    return Search(tuple(departments), wish.practitioner_id, wish.visit_type_id)


def tell(session: Session, now: datetime) -> int:
    """Write to those for whom a time has become free and take them off the list; gives how many."""
    entries = session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.id)).all()
    if not entries:
        return 0
    today = now.astimezone(organization.times(session).zone).date()
    session.execute(delete(WaitlistEntry).where(WaitlistEntry.until < today))
    alike: dict[tuple[int | None, ...], list[WaitlistEntry]] = defaultdict(list)
    for entry in entries:
        if entry.until >= today:
            alike[entry.widget_id, entry.department_id, entry.practitioner_id, entry.visit_type_id].append(entry)
    return sum(_tell(session, waiting, today, now) for waiting in alike.values())


def _tell(session: Session, waiting: Sequence[WaitlistEntry], today: date, now: datetime) -> int:
    """Of several with the same wish, those whom one of the free times suits."""
    search = _search(session, waiting[0].widget_id, waiting[0])
    free = booking.free_counts(session, search, today, max(entry.until for entry in waiting), now)
    room = FOR_EACH_TIME * sum(free.values())
    ready = [entry for entry in waiting if entry.not_before <= now and any(day <= entry.until for day in free)]
    told, later = ready[:room], ready[room:]
    for entry in told:
        _write(session, entry, now)
        session.delete(entry)
    for entry in later if told else ():
        entry.not_before = now + PAUSE
    return len(told)


def _write(session: Session, entry: WaitlistEntry, now: datetime) -> None:
    widget = session.get_one(Widget, entry.widget_id)
    about = {"widget": widget.key, "department_id": entry.department_id}
    key = key_of("waitlist", session.organization_id, entry.id, entry.created_at.isoformat())
    enqueue(session, MailKind.TIME_FREE, None, entry.email, locale=entry.locale, now=now, about=about, key=key)
