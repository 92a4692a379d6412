"""Booking against a model in plain Python: whatever happens in whatever order, both agree on what is free and who is refused.

The model knows spans of ticks and a clock. The practice has two people of one department, three grids that cross each
other, and one morning; every step is committed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, select
from sqlalchemy.orm import sessionmaker

from telehealth import absence, booking, hold, reschedule, staff_booking
from telehealth.absence import Absence, BadPeriod
from telehealth.booking import Appointment, AppointmentStatus, Search, SlotTaken, UnknownSlot
from telehealth.database import Session
from telehealth.occupancy import BookedTick, Hold
from telehealth.organization import Organization
from telehealth.reschedule import NotChangeable
from telehealth.schedule import Availability, Purpose, moment_of
from telehealth.staff_booking import BadTime, IsAway, NewPatient, Plan, TakenAt
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id, make_clinic

ZONE, DAY = ZoneInfo("Europe/Amsterdam"), date(2031, 5, 6)
MIDNIGHT = datetime(2031, 5, 6, tzinfo=ZONE)
TICK = timedelta(minutes=5)
KEPT = timedelta(minutes=10)
# Who, from and to which minute of the day, how long, and how long the pause after it.
GRIDS = [("doctor", 540, 630, 20, 10), ("doctor", 590, 660, 15, 5), ("manager", 550, 640, 30, 0)]
SLOTS = [(n, minute) for n, (_, first, last, long, gap) in enumerate(GRIDS) for minute in range(first, last - long + 1, long + gap)]
REFUSALS = (SlotTaken, UnknownSlot, NotChangeable, IsAway, BadTime, BadPeriod)


def at(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


@dataclass(frozen=True)
class Taken:
    """Somebody's time from `first` up to `ends`, of which the visit lasts until `last`."""

    person: int
    first: datetime
    last: datetime
    ends: datetime

    def meets(self, other: Taken) -> bool:
        return self.person == other.person and self.first < other.ends and other.first < self.ends


@dataclass
class Visit:
    taken: Taken
    client_id: str
    visitor: str
    slot_id: str = ""
    booked: bool = True
    sequence: int = 0


@dataclass
class Held:
    taken: Taken
    until: datetime


slots = st.integers(0, len(SLOTS) - 1)
visitors = st.sampled_from(["anna", "ben", "carl"])
people = st.sampled_from(["doctor", "manager"])
picks = st.integers(0, 11)
undone = st.booleans()
minutes = st.integers(530 // 5, 680 // 5).map(lambda n: n * 5)


class Morning(RuleBasedStateMachine):
    def __init__(self, sessions: sessionmaker[Session]) -> None:
        super().__init__()
        self.clinic: Clinic = make_clinic(sessions, zone=ZONE.key, hold_minutes=KEPT // timedelta(minutes=1))
        self.now, self.lead = at(500), timedelta()
        self.visits: dict[int, Visit] = {}
        self.held: dict[str, Held] = {}
        self.away: dict[int, Taken] = {}
        self.staff = self.clinic.staff("manager")
        with self.clinic.session() as session:
            session.execute(delete(Availability))
            rows = [
                Availability(
                    practitioner_id=self.clinic.people[person], purpose=Purpose.BOOKING, weekday=None, valid_from=DAY,
                    from_minute=first, to_minute=last, length_minutes=long, gap_minutes=gap,
                ) for person, first, last, long, gap in GRIDS
            ]  # fmt: skip
            session.add_all(rows)
            session.flush()
            self.rules = [row.id for row in rows]
            self.widget = session.scalars(select(Widget.id).where(Widget.key == self.clinic.widgets["booking"])).one()

    # What the model computes.

    def slot(self, number: int) -> tuple[str, Taken]:
        grid, minute = SLOTS[number]
        person, _, _, long, gap = GRIDS[grid]
        key, first = self.clinic.people[person], at(minute)
        last = first + timedelta(minutes=long)
        return f"{key}-{self.rules[grid]}-{int(first.timestamp()) // 300}", Taken(key, first, last, last + timedelta(minutes=gap))

    def taken(self, wanted: Taken, *, without: Visit | None = None, holder: str = "") -> bool:
        booked = [visit.taken for visit in self.visits.values() if visit.booked and visit is not without]
        kept = [held.taken for who, held in self.held.items() if who != holder and held.until > self.now]
        return any(wanted.meets(other) for other in booked + kept)

    def is_away(self, wanted: Taken) -> bool:
        return any(wanted.meets(other) for other in self.away.values())

    def is_offered(self, wanted: Taken, *, by_staff: bool = False) -> bool:
        return wanted.first > self.now + (timedelta() if by_staff else self.lead) and not self.is_away(wanted)

    def free(self, visitor: str) -> set[str]:
        found = (self.slot(number) for number in range(len(SLOTS)))
        return {key for key, wanted in found if self.is_offered(wanted) and not self.taken(wanted, holder=visitor)}

    def chosen(self, pick: int) -> tuple[int, Visit]:
        return list(self.visits.items())[pick % len(self.visits)]

    def refusal_of_change(self, visit: Visit) -> type[Exception] | None:
        return None if visit.booked and visit.taken.first > self.now else NotChangeable

    def do(self, verb: Callable[[Session], Any], expected: type[Exception] | None, *, undo: bool = True) -> Any:
        """The verb is refused exactly so. What a refused one has done by then is undone, or committed with the rest."""
        raised, result = None, None
        with self.clinic.sessions(organization=self.clinic.id) as session:
            try:
                result = verb(session)
            except REFUSALS as error:
                raised = type(error)
            if raised and undo:
                session.rollback()
            session.commit()
        assert raised is expected, f"{raised} where the model says {expected}"
        return result

    # What happens.

    @initialize(lead=st.sampled_from([0, 45]))
    def begins(self, lead: int) -> None:
        self.lead = timedelta(minutes=lead)
        with self.clinic.session() as session:
            session.get_one(Organization, self.clinic.id).book_lead_minutes = lead

    @rule(visitor=visitors, slot=slots, undo=undone)
    def hold(self, visitor: str, slot: int, undo: bool) -> None:
        key, wanted = self.slot(slot)
        refused = UnknownSlot if not self.is_offered(wanted) else SlotTaken if self.taken(wanted, holder=visitor) else None
        self.do(lambda session: hold.keep(session, session.get_one(Widget, self.widget), visitor, key, self.now), refused, undo=undo)
        if refused is None:
            self.held[visitor] = Held(wanted, self.now + KEPT)

    @rule(visitor=visitors)
    def let_go(self, visitor: str) -> None:
        self.do(lambda session: hold.let_go(session, session.get_one(Widget, self.widget), visitor), None)
        self.held.pop(visitor, None)

    @rule(visitor=visitors, slot=slots, held=st.booleans(), undo=undone)
    def book(self, visitor: str, slot: int, held: bool, undo: bool) -> None:
        key, wanted = self.slot(slot)
        taken = self.taken(wanted, holder=visitor if held else "")
        refused = UnknownSlot if not self.is_offered(wanted) else SlotTaken if taken else None
        visit = Visit(wanted, client_id(), visitor, key)
        made = self.do(lambda session: self._book(session, visit, held=held), refused, undo=undo)
        if refused is None:
            self.visits[made] = visit
            if held:
                self.held.pop(visitor, None)

    def _book(self, session: Session, visit: Visit, *, held: bool) -> int:
        given = self.clinic.booking(visit.slot_id, visitor=visit.visitor, client_id=visit.client_id, held=held)
        return booking.book(session, session.get_one(Widget, self.widget), given, self.now).id

    @precondition(lambda self: any(visit.slot_id for visit in self.visits.values()))
    @rule(pick=picks, held=st.booleans())
    def is_sent_again(self, pick: int, held: bool) -> None:
        """Even when its time is somebody else's by then, or over: the answer is the same appointment."""
        sent = [(key, visit) for key, visit in self.visits.items() if visit.slot_id]
        key, visit = sent[pick % len(sent)]
        assert self.do(lambda session: self._book(session, visit, held=held), None) == key

    @rule(person=people, minute=minutes, long=st.sampled_from([5, 15, 25, 40]))
    def staff_make(self, person: str, minute: int, long: int) -> None:
        end = at(minute + long)
        wanted, name = Taken(self.clinic.people[person], at(minute), end, end), client_id()
        refused = BadTime if wanted.first <= self.now - TICK else IsAway if self.is_away(wanted) else TakenAt if self.taken(wanted) else None
        patient = NewPatient("A.", "Bakker", date(1970, 5, 1), "anna@example.org", known_to_be_another=True)
        plan = Plan(name, wanted.person, self.clinic.departments[0], patient, at(minute).replace(tzinfo=None), long)
        made = self.do(lambda session: staff_booking.make(session, self.staff, plan, self.now).appointments[0].id, refused, undo=False)
        if refused is None:
            self.visits[made] = Visit(wanted, name, "")

    @precondition(lambda self: self.visits)
    @rule(pick=picks, person=people, undo=undone)
    def reassign(self, pick: int, person: str, undo: bool) -> None:
        key, visit = self.chosen(pick)
        wanted = replace(visit.taken, person=self.clinic.people[person])
        refused = self.refusal_of_change(visit) or (IsAway if self.is_away(wanted) else None)
        self._give(visit, wanted, refused, lambda session: reschedule.reassign(
            session, session.get_one(Appointment, key), wanted.person, self.now), undo=undo)  # fmt: skip

    @precondition(lambda self: self.visits)
    @rule(pick=picks, slot=slots, by_staff=st.booleans(), undo=undone)
    def move(self, pick: int, slot: int, by_staff: bool, undo: bool) -> None:
        key, visit = self.chosen(pick)
        slot_id, wanted = self.slot(slot)
        refused = self.refusal_of_change(visit) or (None if self.is_offered(wanted, by_staff=by_staff) else UnknownSlot)
        self._give(visit, wanted, refused, lambda session: reschedule.move(
            session, session.get_one(Appointment, key), slot_id, self.now, by_staff=by_staff), undo=undo)  # fmt: skip

    def _give(self, visit: Visit, wanted: Taken, refused: type[Exception] | None, verb: Callable[[Session], None], *, undo: bool) -> None:
        same = (wanted.person, wanted.first, wanted.last) == (visit.taken.person, visit.taken.first, visit.taken.last)
        if refused is None and not same and self.taken(wanted, without=visit):
            refused = SlotTaken
        self.do(verb, refused, undo=undo)
        if refused is None and not same:
            visit.taken, visit.sequence = wanted, visit.sequence + 1

    @precondition(lambda self: self.visits)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        key, visit = self.chosen(pick)
        self.do(lambda session: session.get_one(Appointment, key).cancel(self.now), None)
        visit.sequence, visit.booked = visit.sequence + visit.booked, False

    @rule(minutes=st.sampled_from([1, 4, 10, 30]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def tidy(self) -> None:
        self.do(lambda session: hold.tidy(session, self.now), None)
        with self.clinic.session() as session:
            live = {who for who, held in self.held.items() if held.until > self.now}
            assert set(session.scalars(select(Hold.visitor))) == live

    @rule(person=people, minute=st.integers(530, 680), long=st.sampled_from([1, 10, 33]))
    def block(self, person: str, minute: int, long: int) -> None:
        key, start, end = self.clinic.people[person], at(minute), at(minute + long)
        refused = BadPeriod if end <= self.now else None
        made = self.do(lambda session: absence.block(
            session, self.staff, client_id(), key, start, end, "", self.now).id, refused)  # fmt: skip
        if refused is None:  # the steps of five minutes that it touches
            self.away[made] = Taken(key, at(minute // 5 * 5), end, at(-(-(minute + long) // 5) * 5))

    @precondition(lambda self: self.away)
    @rule(pick=picks)
    def unblock(self, pick: int) -> None:
        key = list(self.away)[pick % len(self.away)]
        self.do(lambda session: absence.unblock(session, self.staff, key), None)
        del self.away[key]

    # What holds after each step.

    @invariant()
    def both_agree(self) -> None:
        with self.clinic.sessions(organization=self.clinic.id) as session:
            self._offers_agree(session)
            rows = {row.id: row for row in session.scalars(select(Appointment))}
            holds = {row.visitor: row for row in session.scalars(select(Hold).where(Hold.expires_at > self.now))}
            self._visits_agree(rows)
            self._holds_agree(holds)
            self._ticks_agree(session, rows)
            assert set(session.scalars(select(Absence.id))) == set(self.away)

    def _offers_agree(self, session: Session) -> None:
        for visitor in ("", "anna"):
            offered = [slot.id for slot in booking.day_of(session, Search(visitor=visitor), DAY, self.now)]
            assert len(offered) == len(set(offered))
            assert set(offered) == self.free(visitor)

    def _visits_agree(self, rows: dict[int, Appointment]) -> None:
        """The sequence, which calendars are told, goes up by one with each change and never down."""
        told = {
            key: (Taken(row.practitioner_id, row.start, row.end, moment_of(row.last_tick)), row.status is AppointmentStatus.BOOKED, row.sequence)
            for key, row in rows.items()
        }
        assert told == {key: (visit.taken, visit.booked, visit.sequence) for key, visit in self.visits.items()}

    def _holds_agree(self, holds: dict[str, Hold]) -> None:
        live = {who: held for who, held in self.held.items() if held.until > self.now}
        assert {who: row.expires_at for who, row in holds.items()} == {who: held.until for who, held in live.items()}
        occupying = [*(held.taken for held in live.values()), *(visit.taken for visit in self.visits.values() if visit.booked)]
        assert not any(one.meets(other) for one, other in combinations(occupying, 2))

    def _ticks_agree(self, session: Session, rows: dict[int, Appointment]) -> None:
        """Each appointment that stands, and each hold, has exactly its own ticks; nothing else has any."""
        expected = {("visit", key): span_of(row) for key, row in rows.items() if row.status is AppointmentStatus.BOOKED}
        expected |= {("hold", row.id): span_of(row) for row in session.scalars(select(Hold))}
        found = defaultdict(set)
        for row in session.scalars(select(BookedTick)):
            owner = ("visit", row.appointment_id) if row.appointment_id else ("hold", row.hold_id)
            found[owner].add((row.practitioner_id, row.tick))
        assert found == expected


def span_of(row: Appointment | Hold) -> set[tuple[int, int]]:
    return {(row.practitioner_id, tick) for tick in range(row.first_tick, row.last_tick)}


# Without shrinking: thousands of mornings would be lived again before a failure is told.
LIMITS = settings(
    max_examples=20, stateful_step_count=30, deadline=None, derandomize=True, database=None, print_blob=False,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip


def test_booking_does_what_a_simple_model_of_it_does(sessions: sessionmaker[Session]) -> None:
    run_state_machine_as_test(lambda: Morning(sessions), settings=LIMITS)
