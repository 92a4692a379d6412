"""What lies behind the appointments in the calendar's picture: when people can be seen, who is away, closed days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select

from desk.calendar import rows
from desk.calendar.namespace import Range
from desk.part import Part
from telehealth import absence, organization, schedule
from telehealth.absence import Absence
from telehealth.closed_day import closed_dates, closed_names
from telehealth.database import Session
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.schedule import Purpose, Rule, moment_of
from web.sockets import Connection, event

Id = Annotated[int, Field(ge=1, lt=2**31)]


class Ground(Range):
    """Of one department, one person, or everybody; without `times` only who is away and what is closed."""

    department: Id | None = None
    practitioner: Id | None = None
    times: bool = True


class Grounds(Part):
    @event(Ground, Permission.SEE_CALENDAR)
    def on_ground(self, session: Session, connection: Connection, data: Ground) -> dict[str, Any]:
        """What the appointments of these days stand on."""
        who, days = connection.who, data.days
        return {
            "times": _times(session, who, data) if data.times else [],
            "absences": _absences(session, who, days),
            "closed": [
                {"date": day.isoformat(), "name": name}
                for day, name in sorted(closed_names(session, closed_dates(session, *days)).items())
            ],
        }


def _times(session: Session, who: Staff, data: Ground) -> list[dict[str, Any]]:
    seen = {person.id for person in rows.people(session, who)}
    zone, days = organization.times(session).zone, data.days
    closed = closed_dates(session, *days)
    return [
        {
            "id": window.availability_id, "practitioner": window.practitioner_id, "for": purpose, "start": moment_of(window.start).isoformat(),
            "end": moment_of(window.end).isoformat(),
        }
        for purpose, found in _rules(session, data)
        for window in schedule.windows((rule for rule in found if rule.practitioner_id in seen), *days, zone, closed)
    ]  # fmt: skip


def _rules(session: Session, data: Ground) -> Iterator[tuple[str, list[Rule]]]:
    """What can be booked, and what is a walk-in hour only."""
    within: dict[str, Any] = {"departments": (data.department,) if data.department else (), "practitioner_id": data.practitioner}
    bookable = schedule.rules(session, *data.days, purpose=Purpose.BOOKING, **within)
    yield "booking", bookable
    known = {rule.id for rule in bookable}
    walk_ins = schedule.rules(session, *data.days, purpose=Purpose.WALK_IN, **within)
    yield "walk_in", [rule for rule in walk_ins if rule.id not in known]


def _absences(session: Session, who: Staff, days: rows.Days) -> list[dict[str, Any]]:
    """Of those whose time this person may block."""
    begins, ends = days.span(session)
    mine = [person.id for person in absence.people(session, who)]
    query = (
        select(Absence.id, Absence.practitioner_id, Practitioner.name, Absence.start, Absence.end, Absence.note)
        .join(Practitioner, Practitioner.id == Absence.practitioner_id)
        .where(Absence.start < ends, Absence.end > begins, Absence.practitioner_id.in_(mine))
        .order_by(Absence.start, Absence.id)
    )
    return [
        {
            "id": found.id, "practitioner": found.practitioner_id, "name": found.name, "start": found.start.isoformat(),
            "end": found.end.isoformat(), "note": found.note,
        }
        for found in session.execute(query)
    ]  # fmt: skip
