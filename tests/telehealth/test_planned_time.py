"""Times that staff draw on the calendar: offered, taken back, left out of what repeats and put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from telehealth import booking, clock, planned_time
from telehealth.booking import Appointment
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.planned_time import BadPlan, Drawn, NotPlanned, PlannedAlready
from telehealth.schedule import Availability, Purpose, Slot
from tests.clinic import Clinic


@pytest.fixture
def today(clinic: Clinic, session: Session) -> date:
    return clock.now().astimezone(session.get_one(Organization, clinic.id).tz).date()


@pytest.fixture
def drawn(clinic: Clinic, today: date) -> Drawn:
    """Two hours of one evening of the doctor's: four appointments."""
    return Drawn(clinic.people["doctor"], today + timedelta(days=3), 18 * 60, 20 * 60, Purpose.BOOKING)


def evening(session: Session, wanted: Drawn) -> list[Slot]:
    """What can be booked from the evening on."""
    free = booking.day_of(session, booking.Search(practitioner_id=wanted.practitioner_id), wanted.day, clock.now())
    zone = session.get_one(Organization, session.organization_id).tz
    return [slot for slot in free if slot.start.astimezone(zone).hour >= wanted.begin // 60]


def test_what_is_drawn_can_be_booked_on_that_day_only(clinic: Clinic, session: Session, drawn: Drawn, today: date) -> None:
    for _ in range(2):  # the answer may be lost
        made = planned_time.draw(session, clinic.staff("doctor"), drawn, today)
    assert (made.slots_a_day, len(evening(session, drawn))) == (4, 4)
    assert evening(session, replace(drawn, day=drawn.day + timedelta(days=7))) == []
    assert session.query(Availability).filter_by(valid_from=drawn.day, weekday=None).count() == 1


def test_what_is_taken_back_is_offered_no_more_and_what_is_booked_stays(clinic: Clinic, session: Session, drawn: Drawn, today: date) -> None:
    doctor = clinic.staff("doctor")
    made = planned_time.draw(session, doctor, drawn, today)
    booked = clinic.book(session, 0)
    booked.start, booked.end = evening(session, drawn)[1].start, evening(session, drawn)[1].end
    session.flush()
    assert planned_time.booked(session, drawn.practitioner_id, drawn.day, drawn.begin, drawn.end) == 1
    made_id = made.id
    for _ in range(2):
        planned_time.erase(session, doctor, made_id, drawn.day)
    assert evening(session, drawn) == []
    assert session.get(Appointment, booked.id) is not None


def test_a_day_of_what_repeats_is_left_out_and_put_back(clinic: Clinic, session: Session, today: date) -> None:
    weekly = session.query(Availability).filter_by(practitioner_id=clinic.people["doctor"]).filter(Availability.weekday.is_not(None)).first()
    assert weekly is not None
    doctor = clinic.staff("doctor")
    first, second = list(weekly.recurrence.days(today, today + timedelta(days=30)))[:2]
    for _ in range(2):
        planned_time.erase(session, doctor, weekly.id, first)
    assert next(iter(weekly.recurrence.days(today, today + timedelta(days=30)))) == second
    with pytest.raises(NotPlanned):
        planned_time.erase(session, doctor, weekly.id, second + timedelta(days=1))
    for _ in range(2):
        planned_time.put_back(session, doctor, weekly.id, first)
    assert next(iter(weekly.recurrence.days(today, today + timedelta(days=30)))) == first


def test_what_lies_over_another_time_of_the_same_person_is_refused(clinic: Clinic, session: Session, drawn: Drawn, today: date) -> None:
    doctor = clinic.staff("doctor")
    planned_time.draw(session, doctor, drawn, today)
    with pytest.raises(PlannedAlready):
        planned_time.draw(session, doctor, replace(drawn, begin=19 * 60, end=21 * 60), today)
    planned_time.draw(session, doctor, replace(drawn, begin=20 * 60, end=21 * 60), today)
    planned_time.draw(session, clinic.staff("admin"), replace(drawn, practitioner_id=clinic.people["nurse"]), today)


@pytest.mark.parametrize("wrong", [
    {"end": 18 * 60}, {"end": 18 * 60 + 10}, {"begin": 23 * 60, "end": 25 * 60}, {"day": date(2020, 1, 1)},
])  # fmt: skip
def test_a_time_that_cannot_be_is_refused(clinic: Clinic, session: Session, drawn: Drawn, today: date, wrong: dict[str, int]) -> None:
    with pytest.raises(BadPlan):
        planned_time.draw(session, clinic.staff("doctor"), replace(drawn, **wrong), today)


def test_a_short_walk_in_hour_needs_no_room_for_an_appointment(clinic: Clinic, session: Session, drawn: Drawn, today: date) -> None:
    short = replace(drawn, end=18 * 60 + 10, purpose=Purpose.WALK_IN)
    assert planned_time.draw(session, clinic.staff("doctor"), short, today).purpose is Purpose.WALK_IN
    assert evening(session, drawn) == []


def test_people_draw_their_own_times_and_administrators_those_of_their_departments(
    clinic: Clinic, other: Clinic, session: Session, drawn: Drawn, today: date
) -> None:
    made = planned_time.draw(session, clinic.staff("manager"), drawn, today)
    colleague = replace(drawn, practitioner_id=clinic.people["nurse"])
    for by, wanted in (("doctor", colleague), ("translator", drawn), ("admin", replace(drawn, practitioner_id=other.people["doctor"]))):
        with pytest.raises(NotAllowed):
            planned_time.draw(session, clinic.staff(by), wanted, today)
    for act in (planned_time.erase, planned_time.put_back):
        weekly = session.query(Availability).filter_by(practitioner_id=clinic.people["doctor"]).filter(Availability.weekday.is_not(None)).first()
        assert weekly is not None
        with pytest.raises(NotAllowed):
            act(session, clinic.staff("nurse"), weekly.id, made.valid_from)
