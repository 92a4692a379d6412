"""Absences: no times, no bookings, no planned walk-in hour while somebody is away; what is booked already stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telehealth import absence, booking, clock, schedule, walk_in
from telehealth.absence import Absence, BadPeriod
from telehealth.booking import Appointment, AppointmentStatus, UnknownSlot
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability, Purpose, Slot
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id


@pytest.fixture
def booked(clinic: Clinic, session: Session) -> Appointment:
    return clinic.book(session)


def free(session: Session, appointment: Appointment) -> list[Slot]:
    search = booking.Search(practitioner_id=appointment.practitioner_id)
    return booking.day_of(session, search, appointment.start.date(), clock.now())


def block(clinic: Clinic, session: Session, person: int, start: datetime, end: datetime, by: str = "admin", **more: str) -> Absence:
    more = {"client_id": client_id(), "note": ""} | more
    return absence.block(session, clinic.staff(by), more["client_id"], person, start, end, more["note"], clock.now())


def test_the_times_of_an_absence_are_not_offered_and_the_others_are(clinic: Clinic, session: Session, booked: Appointment) -> None:
    before = free(session, booked)
    away = before[1:3]
    block(clinic, session, booked.practitioner_id, away[0].start, away[-1].end)
    assert free(session, booked) == [slot for slot in before if slot not in away]
    day = booked.start.date()
    month = booking.month_of(session, booking.Search(practitioner_id=booked.practitioner_id), day.year, day.month, clock.now())
    assert month[day] == len(before) - 2


def test_a_slot_is_lost_even_when_an_absence_touches_a_minute_of_it(clinic: Clinic, session: Session, booked: Appointment) -> None:
    first = free(session, booked)[0]
    block(clinic, session, booked.practitioner_id, first.start + timedelta(minutes=7), first.start + timedelta(minutes=8))
    assert first not in free(session, booked)


def test_a_time_that_was_shown_before_cannot_be_booked_any_more(clinic: Clinic, session: Session, booked: Appointment) -> None:
    shown = free(session, booked)[0]
    block(clinic, session, booked.practitioner_id, shown.start, shown.end)
    with pytest.raises(UnknownSlot):
        booking.book(session, session.get_one(Widget, booked.widget_id), clinic.booking(shown.id), clock.now())


def test_what_is_booked_already_stays(clinic: Clinic, session: Session, booked: Appointment) -> None:
    block(clinic, session, booked.practitioner_id, booked.start, booked.end)
    session.refresh(booked)
    assert booked.status is AppointmentStatus.BOOKED


def test_overlapping_absences_are_one_gap_and_taking_one_away_leaves_the_other(clinic: Clinic, session: Session, booked: Appointment) -> None:
    before = free(session, booked)
    first = block(clinic, session, booked.practitioner_id, before[0].start, before[3].end)
    block(clinic, session, booked.practitioner_id, before[2].start, before[5].end)
    assert free(session, booked) == before[6:]
    for _ in range(2):
        absence.unblock(session, clinic.staff("admin"), first.id)
        session.flush()
    assert free(session, booked) == [*before[:2], *before[6:]]


def test_sent_twice_is_once(clinic: Clinic, session: Session, booked: Appointment) -> None:
    name = client_id()
    for _ in range(2):
        block(clinic, session, booked.practitioner_id, booked.start, booked.end, client_id=name)
    assert session.query(Absence).count() == 1


def test_colleagues_of_the_department_are_not_away_with_somebody(clinic: Clinic, session: Session, booked: Appointment) -> None:
    others = booking.Search(practitioner_id=next(p for p in (clinic.people["doctor"], clinic.people["nurse"]) if p != booked.practitioner_id))
    before = booking.day_of(session, others, booked.start.date(), clock.now())
    block(clinic, session, booked.practitioner_id, booked.start - timedelta(hours=2), booked.end + timedelta(hours=9))
    assert booking.day_of(session, others, booked.start.date(), clock.now()) == before


def test_people_block_their_own_time_and_that_of_their_departments(clinic: Clinic, other: Clinic, session: Session) -> None:
    start, end = clock.now() + timedelta(days=1), clock.now() + timedelta(days=2)
    block(clinic, session, clinic.people["doctor"], start, end, by="doctor")
    block(clinic, session, clinic.people["doctor"], start, end, by="manager")
    for by, person in (("doctor", clinic.people["nurse"]), ("translator", clinic.people["translator"]), ("admin", other.people["doctor"])):
        with pytest.raises(NotAllowed):
            block(clinic, session, person, start, end, by=by)
    mine = session.query(Absence).first()
    with pytest.raises(NotAllowed):
        absence.unblock(session, clinic.staff("nurse"), mine.id)


@pytest.mark.parametrize(("begins", "ends"), [(2, 1), (1, 1), (-3, -1), (1, 400)])
def test_a_period_must_be_one_that_is_to_come_and_not_endless(clinic: Clinic, session: Session, begins: int, ends: int) -> None:
    now = clock.now()
    with pytest.raises(BadPeriod):
        block(clinic, session, clinic.people["doctor"], now + timedelta(days=begins), now + timedelta(days=ends))


def test_a_planned_walk_in_hour_is_not_held_while_away(clinic: Clinic, session: Session) -> None:
    now = clock.now()
    local = now.astimezone(session.get_one(Organization, clinic.id).tz)
    session.get_one(Practitioner, clinic.people["doctor"]).takes_walk_ins = False
    session.add(
        Availability(
            practitioner_id=clinic.people["doctor"], department_id=clinic.departments[0], purpose=Purpose.WALK_IN,
            weekday=None, valid_from=local.date(), from_minute=0, to_minute=1440,
        )
    )  # fmt: skip
    session.flush()
    widget = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()

    def there() -> bool:
        offers = walk_in.on_offer(session, widget, now)
        return any(person.id == clinic.people["doctor"] for offer in offers for person in offer.practitioners)

    assert there()
    away = block(clinic, session, clinic.people["doctor"], now - timedelta(minutes=10), now + timedelta(minutes=10))
    assert not there()
    absence.unblock(session, clinic.staff("admin"), away.id)
    session.flush()
    assert there()


@pytest.mark.parametrize(("spans", "expected"), [
    ([], []), ([(1, 2)], [(1, 2)]), ([(5, 6), (1, 3), (2, 4)], [(1, 4), (5, 6)]), ([(1, 2), (2, 3)], [(1, 3)]), ([(1, 9), (2, 3)], [(1, 9)]),
])  # fmt: skip
def test_spans_that_touch_become_one(spans: list[tuple[int, int]], expected: list[tuple[int, int]]) -> None:
    assert schedule.merged(spans) == expected
