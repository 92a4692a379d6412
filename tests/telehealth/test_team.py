"""Several patients at the same time: teams that stand for whoever is free, and as many lanes as there are hands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telehealth import absence, booking, clock, hold, reschedule, staff_booking, walk_in, waiting_room
from telehealth.booking import Appointment, Search, SlotTaken
from telehealth.database import Session
from telehealth.department import Department
from telehealth.occupancy import BookedTick
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner, staff
from telehealth.schedule import Availability, Purpose, Slot
from telehealth.staff_booking import Plan, TakenAt
from telehealth.team import name_team, team_of
from telehealth.widget import Widget
from tests.clinic import Clinic


@pytest.fixture
def team(clinic: Clinic, session: Session) -> Practitioner:
    """Two patients at once, all day."""
    made = name_team(session, session.get_one(Department, clinic.departments[0]), "Care team")
    assert made is not None
    plan_hours(session, made, capacity=2)
    return made


def plan_hours(session: Session, who: Practitioner, capacity: int, **columns: object) -> Availability:
    hours = Availability(
        practitioner_id=who.id, purpose=Purpose.BOOKING, weekday=0, more_weekdays=[1, 2, 3, 4, 5, 6],
        valid_from=(clock.now() - timedelta(days=9)).date(), from_minute=0, to_minute=1440, length_minutes=20, gap_minutes=10,
        capacity=capacity, **columns,
    )  # fmt: skip
    session.add(hours)
    session.flush()
    return hours


def day(session: Session) -> datetime:
    return clock.now().astimezone(session.get_one(Organization, session.organization_id).tz) + timedelta(days=2)


def free(session: Session, who: Practitioner) -> list[Slot]:
    return booking.day_of(session, Search(practitioner_id=who.id), day(session).date(), clock.now())


def book(clinic: Clinic, session: Session, slot: Slot) -> Appointment:
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    return booking.book(session, widget, clinic.booking(slot.id), clock.now())


def test_as_many_book_a_time_as_there_are_hands(clinic: Clinic, session: Session, team: Practitioner) -> None:
    slot = free(session, team)[5]
    lanes = []
    for _ in range(2):
        assert slot in free(session, team)
        lanes.append(book(clinic, session, slot).lane)
    assert lanes == [0, 1]
    assert slot not in free(session, team)
    with pytest.raises(SlotTaken):
        book(clinic, session, slot)


def test_a_cancelled_place_is_given_to_the_next(clinic: Clinic, session: Session, team: Practitioner) -> None:
    slot = free(session, team)[5]
    first, _second = book(clinic, session, slot), book(clinic, session, slot)
    first.cancel(clock.now())
    assert slot in free(session, team)
    assert book(clinic, session, slot).lane == 0
    with pytest.raises(SlotTaken):
        book(clinic, session, slot)


def test_a_hold_takes_one_place_and_not_all(clinic: Clinic, session: Session, team: Practitioner) -> None:
    slot = free(session, team)[5]
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    hold.keep(session, widget, "first-visitor", slot.id, clock.now())
    assert slot in free(session, team)
    hold.keep(session, widget, "second-visitor", slot.id, clock.now())
    assert slot not in free(session, team)
    own = Search(practitioner_id=team.id, visitor="first-visitor")
    assert slot in booking.day_of(session, own, day(session).date(), clock.now())


def test_an_expired_hold_is_in_nobodys_way(clinic: Clinic, session: Session, team: Practitioner) -> None:
    slot = free(session, team)[5]
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    for visitor in ("first-visitor", "second-visitor"):
        hold.keep(session, widget, visitor, slot.id, clock.now() - timedelta(hours=1))
    book(clinic, session, slot)
    book(clinic, session, slot)
    with pytest.raises(SlotTaken):
        book(clinic, session, slot)


def test_who_sees_one_at_a_time_is_not_booked_beside_a_group(clinic: Clinic, session: Session, team: Practitioner) -> None:
    """The first of a group has left, and the lane where single appointments stand is empty."""
    slot = free(session, team)[5]
    first, _second = book(clinic, session, slot), book(clinic, session, slot)
    single = plan_hours(session, team, capacity=1)
    first.cancel(clock.now())
    alone = [s for s in free(session, team) if s.availability_id == single.id]
    assert slot.tick not in {s.tick for s in alone}
    forged = Slot(team.id, single.id, slot.tick, slot.length, slot.gap, slot.department_id)
    with pytest.raises(SlotTaken):
        book(clinic, session, forged)


def test_whoever_is_away_has_no_lane_free(clinic: Clinic, session: Session, team: Practitioner) -> None:
    slot = free(session, team)[5]
    absence.block(session, clinic.staff("admin"), "holiday-of-team", team.id, slot.start, slot.end, "", clock.now())
    assert slot not in free(session, team)


def test_staff_book_as_many_as_an_availability_says(clinic: Clinic, session: Session, team: Practitioner) -> None:
    patient = clinic.arrive(session).patient.id
    start = datetime.combine(day(session).date(), datetime.min.time()) + timedelta(hours=11, minutes=5)
    plans = [Plan(f"team-{n}", team.id, clinic.departments[0], patient, start, 25) for n in range(3)]
    for plan in plans[:2]:
        staff_booking.make(session, clinic.staff("doctor"), plan, clock.now())
    with pytest.raises(TakenAt):
        staff_booking.make(session, clinic.staff("doctor"), plans[2], clock.now())


def test_a_team_is_given_to_a_person_and_back(clinic: Clinic, session: Session, team: Practitioner) -> None:
    made = book(clinic, session, free(session, team)[5])
    reschedule.reassign(session, made, clinic.people["doctor"], clock.now())
    assert (made.practitioner_id, made.lane) == (clinic.people["doctor"], 0)
    reschedule.reassign(session, made, team.id, clock.now())
    assert made.practitioner_id == team.id
    assert session.query(BookedTick).filter_by(practitioner_id=clinic.people["doctor"]).count() == 0


def test_whoever_books_a_team_waits_for_the_department(clinic: Clinic, session: Session, team: Practitioner) -> None:
    made = book(clinic, session, free(session, team)[5])
    visit = waiting_room.check_in(session, made.ticket, made, made.start)
    assert (visit.department_id, visit.practitioner_id) == (clinic.departments[0], None)


def test_a_team_never_signs_in_nor_takes_walk_ins(clinic: Clinic, session: Session, team: Practitioner) -> None:
    assert staff(session, team.id) is None
    widget = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
    offers = walk_in.on_offer(session, widget, clock.now())
    assert offers
    assert team not in [person for offer in offers for person in offer.practitioners]


def test_a_team_without_a_name_is_no_longer_booked_and_comes_back_as_itself(
    clinic: Clinic, session: Session, team: Practitioner
) -> None:
    department = session.get_one(Department, clinic.departments[0])
    made = book(clinic, session, free(session, team)[5])
    name_team(session, department, "")
    assert not free(session, team)
    assert made.practitioner is team
    assert name_team(session, department, "Evening team") is team
    assert team_of(department) is team
    assert free(session, team)
