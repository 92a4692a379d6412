"""Many who want one time at once, each in another way: whoever was first has it, and nobody waits for somebody who waits."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from telehealth import booking, clock, hold, organization, reschedule, staff_booking
from telehealth.booking import Appointment, Search, SlotTaken
from telehealth.database import Session
from telehealth.occupancy import BookedTick
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.schedule import Availability, Slot
from telehealth.staff_booking import NewPatient, Plan
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id

ANNA = NewPatient("A.", "Bakker", date(1970, 5, 1), "anna@example.org", known_to_be_another=True)
EARLY = timedelta(hours=3)  # before anybody can be booked


@dataclass
class Prize:
    """The time that everybody wants; movers have appointments at another time, colleagues one at the same time."""

    clinic: Clinic
    slot: Slot
    wall: datetime
    movers: list[int]
    colleagues: list[int]

    def book(self, session: Session, number: int) -> None:
        booking.book(session, self.widget(session), self.clinic.booking(self.slot.id, visitor=f"visitor-{number}"), clock.now())

    def hold(self, session: Session, number: int) -> None:
        hold.keep(session, self.widget(session), f"visitor-{number}", self.slot.id, clock.now())

    def make(self, session: Session, number: int) -> None:
        """Off the grid, across its beginning or into its gap."""
        start = self.wall + timedelta(minutes=(-5, 5, 10)[number % 3])
        staff_booking.make(session, self.clinic.staff("doctor"), self.plan(self.slot.practitioner_id, start), clock.now())

    def make_on_time(self, session: Session, _number: int) -> None:
        staff_booking.make(session, self.clinic.staff("doctor"), self.plan(self.slot.practitioner_id, self.wall), clock.now())

    def move(self, session: Session, number: int) -> None:
        appointment = session.get_one(Appointment, self.movers[number // 5])
        reschedule.move(session, appointment, self.slot.id, clock.now())

    def reassign(self, session: Session, number: int) -> None:
        appointment = session.get_one(Appointment, self.colleagues[number // 5])
        reschedule.reassign(session, appointment, self.slot.practitioner_id, clock.now())

    def widget(self, session: Session) -> Widget:
        return session.query(Widget).filter_by(key=self.clinic.widgets["booking"]).one()

    def plan(self, practitioner_id: int, start: datetime) -> Plan:
        return Plan(client_id(), practitioner_id, self.clinic.departments[0], ANNA, start, 20)


def prize_of(clinic: Clinic, each: int) -> Prize:
    with clinic.session() as session:
        now, doctor = clock.now(), clinic.people["doctor"]
        slot = booking.day_of(session, Search(practitioner_id=doctor), (now + timedelta(days=2)).date(), now)[0]
        wall = slot.start.astimezone(organization.times(session).zone).replace(tzinfo=None)
        prize = Prize(clinic, slot, wall, [], [])
        by = clinic.staff("doctor")
        for number in range(each):
            early = prize.plan(doctor, wall - EARLY + timedelta(minutes=20 * number))
            same_time = prize.plan(colleague(session, clinic, number), wall)
            prize.movers.append(staff_booking.make(session, by, early, now).appointments[0].id)
            prize.colleagues.append(staff_booking.make(session, by, same_time, now).appointments[0].id)
    return prize


def colleague(session: Session, clinic: Clinic, number: int) -> int:
    person = Practitioner(name=f"Dr Colleague {number}", email=f"colleague-{number}@{clinic.slug}.example")
    person.roles.append(PractitionerRole(role=Role.PRACTITIONER, department_id=clinic.departments[0]))
    session.add(person)
    session.flush()
    return person.id


def race(clinic: Clinic, ways: list[Callable[[Session, int], None]], racers: int) -> int:
    """So many at once, each in one of these ways; how many got it."""

    def want(number: int) -> bool:
        try:
            with clinic.session() as session:
                ways[number % len(ways)](session, number)
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(want, range(racers)))


@pytest.mark.parametrize("racers", [8, 40])
def test_of_many_who_want_one_time_in_different_ways_exactly_one_gets_it(clinic: Clinic, racers: int) -> None:
    prize = prize_of(clinic, -(-racers // 5))
    ways: list[Callable[[Session, int], None]] = [prize.book, prize.hold, prize.make, prize.move, prize.reassign]
    won = race(clinic, ways, racers)
    with clinic.session() as session:
        rows = session.scalars(select(BookedTick).where(BookedTick.practitioner_id == prize.slot.practitioner_id)).all()
        inside = range(prize.slot.tick - 2, prize.slot.tick + prize.slot.length + prize.slot.gap + 2)
        owners = {(row.appointment_id, row.hold_id) for row in rows if row.tick in inside}
    assert won == len(owners) == 1


@pytest.mark.parametrize("racers", [8, 40])
def test_of_many_who_want_a_time_of_three_places_exactly_three_get_one(clinic: Clinic, racers: int) -> None:
    with clinic.session() as session:
        for row in session.query(Availability):
            row.capacity = 3
    prize = prize_of(clinic, 0)
    ways: list[Callable[[Session, int], None]] = [prize.book, prize.hold, prize.make_on_time]
    won = race(clinic, ways, racers)
    with clinic.session() as session:
        rows = session.scalars(select(BookedTick).where(BookedTick.practitioner_id == prize.slot.practitioner_id)).all()
        owners, lanes = {(row.appointment_id, row.hold_id) for row in rows}, {row.lane for row in rows}
    assert won == len(owners) == 3
    assert lanes == {0, 1, 2}
