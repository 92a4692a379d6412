"""A person's planned week: what lies over what, before anything is saved."""

from __future__ import annotations

from datetime import date, timedelta

from telehealth import week
from telehealth.database import Session
from telehealth.schedule import Availability, Purpose
from tests.clinic import Clinic

MONDAY = date(2030, 1, 7)


def planned(begin: int, end: int, weekday: int | None = 0, purpose: Purpose = Purpose.BOOKING) -> Availability:
    return Availability(valid_from=MONDAY, weekday=weekday, from_minute=begin, to_minute=end, purpose=purpose)


def test_times_that_only_touch_do_not_overlap() -> None:
    assert week.overlaps(planned(540, 600), [planned(600, 660), planned(480, 540)], MONDAY) == []


def test_an_overlap_names_the_first_date_on_which_both_hold() -> None:
    fortnightly, last_monday = planned(540, 600), planned(570, 660)
    fortnightly.repeat([0], every=2)
    last_monday.repeat([0], nth=-1)
    (found,) = week.overlaps(fortnightly, [last_monday], MONDAY)
    assert (found.other, found.day) == (last_monday, date(2030, 4, 29))


def test_weeks_that_alternate_never_overlap() -> None:
    odd, even = planned(540, 600), planned(540, 600)
    odd.repeat([0], every=2)
    even.valid_from = MONDAY + timedelta(days=7)
    even.repeat([0], every=2)
    assert week.overlaps(odd, [even], MONDAY) == []


def test_a_date_left_out_is_free_for_another_time() -> None:
    weekly, once = planned(540, 600), planned(540, 600, weekday=None)
    assert [found.day for found in week.overlaps(once, [weekly], MONDAY)] == [MONDAY]
    weekly.repeat([0], except_on=[MONDAY])
    assert week.overlaps(once, [weekly], MONDAY) == []


def test_the_week_shows_all_times_and_marks_what_is_double() -> None:
    new, old = planned(540, 660), planned(600, 720, purpose=Purpose.WALK_IN)
    found = week.stretches(new, [old], MONDAY)
    assert [(one.begin, one.end, one.planned) for one in found] == [(540, 660, True), (600, 720, False)]
    assert [(one.begin, one.end) for one in week.double(found)] == [(600, 660)]


def test_the_others_are_those_of_the_same_person_that_are_not_over(clinic: Clinic, session: Session) -> None:
    doctor, nurse = clinic.people["doctor"], clinic.people["nurse"]
    mine, over = planned(0, 60), planned(0, 60)
    over.valid_until = MONDAY
    mine.practitioner_id = over.practitioner_id = doctor
    session.add_all([mine, over])
    session.flush()
    found = week.others(session, planned(0, 60), doctor, MONDAY + timedelta(days=1))
    assert mine in found and over not in found
    assert {one.practitioner_id for one in found} == {doctor}
    assert mine not in week.others(session, mine, doctor, MONDAY)
    assert mine not in week.others(session, planned(0, 60), nurse, MONDAY)
