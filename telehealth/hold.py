"""Keeping a time for a visitor who is telling who it is for: as sure as booked until it expires (X-24)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from telehealth import booking, occupancy
from telehealth.booking import SlotTaken, TimesChanged
from telehealth.database import Session, insert_row
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.occupancy import Hold, Occupied
from telehealth.organization import Organization
from telehealth.schedule import Slot
from telehealth.widget import Widget, offered_departments

MOST_AT_ONCE = 200  # holds of an organisation: more come from no crowd of patients


class TooManyHolds(Exception):
    """So many times are kept at once that no more can be."""


def keep(
    session: Session, widget: Widget, visitor: str, slot_id: str, now: datetime, departments: Sequence[int] = ()
) -> Hold:
    """Keep this time instead of another that the visitor may have chosen before; asking again prolongs it.

    Raises UnknownSlot, SlotTaken, TooManyHolds; what was kept before is kept then.
    """
    slot = booking.find_slot(session, slot_id, now, departments or offered_departments(session, widget.id))
    advance(session, FeedName.CALENDAR)  # whoever takes time queues here, or two could wait for each other
    if len(session.scalars(select(Hold.id).where(Hold.expires_at > now).limit(MOST_AT_ONCE)).all()) == MOST_AT_ONCE:
        raise TooManyHolds
    try:
        return occupancy.attempt(session, slot.practitioner_id, slot.ticks.start, slot.ticks.stop, now, lambda: _instead(session, widget, visitor, slot, now))
    except Occupied as error:
        raise SlotTaken from error


def _instead(session: Session, widget: Widget, visitor: str, slot: Slot, now: datetime) -> Hold:
    occupancy.release_of(session, widget.id, visitor)
    minutes = session.get_one(Organization, session.organization_id).hold_minutes
    lane = occupancy.free_lane(session, slot.practitioner_id, slot.ticks, slot.capacity)
    made = insert_row(
        session, Hold, uid=booking.new_uid(), widget_id=widget.id, visitor=visitor, slot_id=slot.id,
        practitioner_id=slot.practitioner_id, first_tick=slot.ticks.start, last_tick=slot.ticks.stop, lane=lane,
        expires_at=now + timedelta(minutes=minutes),
    )  # fmt: skip
    occupancy.take(session, slot.practitioner_id, slot.ticks, lane, hold_id=made.id)
    record(session, TimesChanged(session.organization_id))
    return made


def let_go(session: Session, widget: Widget, visitor: str) -> None:
    """The visitor chooses another time; letting go twice is letting go once."""
    occupancy.release_of(session, widget.id, visitor)
    record(session, TimesChanged(session.organization_id))


def tidy(session: Session, now: datetime) -> int:
    """Give back what has expired; gives how many. Nothing waits for it: an expired hold is in nobody's way."""
    over = session.scalars(select(Hold.id).where(Hold.expires_at <= now)).all()
    occupancy.release(session, *over)
    if over:
        record(session, TimesChanged(session.organization_id))
    return len(over)
