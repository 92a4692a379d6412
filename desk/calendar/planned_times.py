"""Drawing on the calendar's picture when people can be seen, and taking it back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from desk import rooms
from desk.part import Part
from telehealth import clock, planned_time
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.planned_time import Drawn, PlanChanged
from telehealth.practitioner import Permission
from telehealth.schedule import TICK_MINUTES, Availability, Purpose
from web.schema import Schema
from web.sockets import Connection, event

Id = Annotated[int, Field(ge=1, lt=2**31)]
Minute = Annotated[int, Field(ge=0, le=1440, multiple_of=TICK_MINUTES)]


class Drawing(Schema):
    """Minutes of the clinic's day; `length` and `gap` are those of appointments."""

    practitioner: Id
    date: date
    begin: Minute
    end: Minute
    purpose: Purpose
    length: Annotated[int, Field(ge=TICK_MINUTES, le=480, multiple_of=TICK_MINUTES)] = 20
    gap: Annotated[int, Field(ge=0, le=240, multiple_of=TICK_MINUTES)] = 10


class OneDay(Schema):
    """A planned time on one of its days."""

    id: Id
    date: date


class PlannedTimes(Part):
    @event(Drawing, Permission.SEE_CALENDAR)
    def on_plan(self, session: Session, connection: Connection, data: Drawing) -> dict[str, int]:
        """Gives its number, and how many appointments it has room for."""
        drawn = Drawn(data.practitioner, data.date, data.begin, data.end, data.purpose, data.length, data.gap)
        today = clock.now().astimezone(session.get_one(Organization, connection.organization_id).tz).date()
        made = planned_time.draw(session, connection.who, drawn, today)
        return {"id": made.id, "slots": 0 if made.purpose is Purpose.WALK_IN else made.slots_a_day}

    @event(OneDay, Permission.SEE_CALENDAR)
    def on_unplan(self, session: Session, connection: Connection, data: OneDay) -> dict[str, Any]:
        """Not on this day; gives how many appointments stand there, and what was drawn if nothing of it is left."""
        found = session.get(Availability, data.id)
        if found is None:
            return {"booked": 0}
        booked = planned_time.booked(session, found.practitioner_id, data.date, found.from_minute, found.to_minute)
        was = None if found.weekdays else _drawing(found)
        planned_time.erase(session, connection.who, data.id, data.date)
        return {"booked": booked, "was": was}

    @event(OneDay, Permission.SEE_CALENDAR)
    def on_plan_again(self, session: Session, connection: Connection, data: OneDay) -> None:
        """A day that was left out is one of its days again."""
        planned_time.put_back(session, connection.who, data.id, data.date)

    def show_plan(self, fact: PlanChanged) -> None:
        """Every calendar looks again."""
        self.tell("plan_changed", {}, rooms.name("desk", fact.organization_id))


def _drawing(found: Availability) -> dict[str, Any]:
    """What would draw it again."""
    return {
        "practitioner": found.practitioner_id, "date": found.valid_from.isoformat(), "begin": found.from_minute,
        "end": found.to_minute, "purpose": found.purpose.value, "length": found.length_minutes, "gap": found.gap_minutes,
    }  # fmt: skip
