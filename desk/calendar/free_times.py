"""The number of times that can still be booked, on every page of the desk.

Pages ask again some seconds after something has changed, and no sooner than an earlier count is forgotten: so one count
serves everybody with the same departments, and nobody keeps an old one.
"""

from __future__ import annotations

import time
from typing import Any
from zoneinfo import ZoneInfo

from desk import rooms
from desk.part import Part
from telehealth import clock, free_times
from telehealth.absence import AbsenceChanged
from telehealth.booking import AppointmentBooked, AppointmentChanged, TimesChanged
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.planned_time import PlanChanged
from telehealth.practitioner import Permission, Staff
from web.schema import Nothing
from web.sockets import Connection, event

SECONDS = 3  # for which a count holds; pages wait as long before they ask
Counted = tuple[float, int]


class FreeTimes(Part):
    counted: dict[tuple[int, bool, frozenset[int]], Counted]

    @event(Nothing, Permission.SEE_CALENDAR)
    def on_free_times_left(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """How many times are free in the departments that this person sees; None where nobody wants to know."""
        organization = session.get_one(Organization, connection.organization_id)
        return {"left": self._left(session, connection.who, organization.tz) if organization.show_free_times else None}

    def _left(self, session: Session, staff: Staff, zone: ZoneInfo) -> int:
        everywhere, moment = staff.sees_everything, time.monotonic()
        departments = frozenset() if everywhere else staff.departments
        key = (staff.organization_id, everywhere, departments)
        known = self.counted.get(key)
        if known is not None and moment < known[0] + SECONDS:
            return known[1]
        self.counted = {key: found for key, found in self.counted.items() if moment < found[0] + SECONDS}
        left = free_times.left(session, departments, everywhere=everywhere, zone=zone, now=clock.now())
        self.counted[key] = (moment, left)
        return left

    def show_free_times(self, fact: AppointmentBooked | AppointmentChanged | TimesChanged | AbsenceChanged | PlanChanged) -> None:
        """Pages ask for themselves, each for what its person sees."""
        with self.open_session(fact.organization_id) as session:
            wanted = free_times.counts(session)
        if wanted:
            self.tell("times_changed", {}, rooms.name("desk", fact.organization_id))
