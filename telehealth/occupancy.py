"""Time that is taken: one row per practitioner, lane and five minutes, whose primary key makes a second booking impossible.

Who takes one patient at a time has one lane; where several are booked at the same time, each of them has a lane of its own.

What takes time is an appointment, or a hold: a time kept for a visitor who is telling who it is for (X-24).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, savepoint, within_organization

T = TypeVar("T")


class Hold(Owned, Base):
    """Kept until `expires_at`, one for each visitor of a widget; `slot_id` is what was chosen."""

    __tablename__ = "hold"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "visitor"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
        within_organization("widget_id", "widget", ondelete="CASCADE"),
        Index("ix_hold_busy", "organization_id", "first_tick"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    widget_id: Mapped[int]
    visitor: Mapped[str] = mapped_column(String(64))
    slot_id: Mapped[str] = mapped_column(String(40))
    practitioner_id: Mapped[int]
    first_tick: Mapped[int]
    last_tick: Mapped[int]
    lane: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]

    def __str__(self) -> str:
        return self.slot_id


class BookedTick(Owned, Base):
    """Five minutes of one lane of a practitioner that are taken, by an appointment or by a hold; the primary key is the guard."""

    __tablename__ = "booked_tick"
    __table_args__ = (
        within_organization("practitioner_id", "practitioner"),
        within_organization("appointment_id", "appointment", ondelete="CASCADE"),
        within_organization("hold_id", "hold", ondelete="CASCADE"),
        Index("ix_booked_tick_appointment", "appointment_id"),
        Index("ix_booked_tick_hold", "hold_id"),
        CheckConstraint("(appointment_id IS NULL) <> (hold_id IS NULL)", "one_of_both"),
    )
    practitioner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tick: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    lane: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=0)
    appointment_id: Mapped[int | None]
    hold_id: Mapped[int | None]


class NoLaneFree(Exception):
    """As many patients as can be seen at that time are booked."""


Occupied = (IntegrityError, NoLaneFree)  # what taking time raises when somebody else has it

_tick = BookedTick.__table__.c
_TAKE = insert(BookedTick.__table__)  # type: ignore[arg-type]
_LANES = (
    select(_tick.lane)
    .where(
        _tick.organization_id == bindparam("organization"), _tick.practitioner_id == bindparam("practitioner"),
        _tick.tick >= bindparam("first"), _tick.tick < bindparam("last"),
    )
    .distinct()
)  # fmt: skip


def free_lane(session: Session, practitioner_id: int, ticks: range, capacity: int = 1) -> int:
    """The first lane in which nothing is taken; with a capacity of one, no lane may be. Raises NoLaneFree."""
    values = {"organization": session.organization_id, "practitioner": practitioner_id, "first": ticks.start, "last": ticks.stop}
    used = set(session.connection().execute(_LANES, values).scalars())
    lane = next((lane for lane in range(capacity) if lane not in used), None)
    if lane is None or (used and capacity == 1):
        raise NoLaneFree
    return lane


def take(
    session: Session, practitioner_id: int, ticks: range, lane: int = 0, *, appointment_id: int | None = None, hold_id: int | None = None
) -> None:
    """Occupy these ticks. Raises IntegrityError when one of them is somebody else's."""
    row = {
        "organization_id": session.organization_id, "practitioner_id": practitioner_id, "lane": lane, "appointment_id": appointment_id,
        "hold_id": hold_id,
    }  # fmt: skip
    session.connection().execute(_TAKE, [row | {"tick": tick} for tick in ticks])


def free(session: Session, appointment_id: int) -> None:
    """Give back the time of an appointment."""
    session.connection().execute(delete(BookedTick).where(BookedTick.appointment_id == appointment_id))


def attempt(session: Session, practitioner_id: int, first: int, last: int, now: datetime, occupy: Callable[[], T]) -> T:
    """Occupy the ticks from first up to last, in a savepoint; where holds that have expired are in the way, they go.

    Raises what `occupy` does: one of Occupied.
    """
    try:
        with savepoint(session):
            return occupy()
    except Occupied:
        if not _release_expired(session, practitioner_id, first, last, now):
            raise
    with savepoint(session):
        return occupy()


_hold = Hold.__table__.c
_OVER = select(_hold.id).where(
    _hold.organization_id == bindparam("organization"), _hold.practitioner_id == bindparam("practitioner"),
    _hold.first_tick < bindparam("last"), _hold.last_tick > bindparam("first"), _hold.expires_at <= bindparam("now"),
)  # fmt: skip


def _release_expired(session: Session, practitioner_id: int, first: int, last: int, now: datetime) -> bool:
    values = {
        "organization": session.organization_id, "practitioner": practitioner_id, "first": first, "last": last, "now": now,
    }  # fmt: skip
    over = session.connection().execute(_OVER, values).scalars().all()
    release(session, *over)
    return bool(over)


def release(session: Session, *holds: int) -> None:
    """Give back what these holds keep; the database lets their ticks go with them."""
    if holds:
        session.connection().execute(delete(Hold).where(Hold.id.in_(holds)))


def release_of(session: Session, widget_id: int, visitor: str) -> None:
    """Give back what this visitor's hold keeps, if there is one."""
    session.connection().execute(delete(Hold).where(Hold.widget_id == widget_id, Hold.visitor == visitor))
