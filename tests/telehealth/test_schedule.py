"""Availability and free slots: the rule of length and gap, days on which clocks change, what a booking takes away."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telehealth import clock, schedule
from telehealth.database import Session
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability, NotOnTick, Purpose, Rule, Slot, free_by_day, free_slots, windows
from tests.clinic import Clinic
import itertools

DAY = date(2026, 12, 7)  # a Monday
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def rule(begin: int, end: int, *, length: int = 20, gap: int = 10, weekday: int | None = 0, number: int = 1) -> Rule:
    return Rule(number, 1, weekday, date(2026, 1, 1) if weekday is not None else DAY, None, begin, end, length, gap, 1)


def slots_of(found: Rule, day: date = DAY, zone: ZoneInfo = AMSTERDAM, busy: schedule.Busy | None = None) -> list[Slot]:
    return free_slots(windows([found], day, day, zone), busy or {}, 0)


def local(slots: list[Slot], zone: ZoneInfo = AMSTERDAM) -> list[str]:
    return [slot.start.astimezone(zone).strftime("%H:%M") for slot in slots]


def tick(text: str, zone: ZoneInfo = AMSTERDAM) -> int:
    return schedule.tick_of(datetime.fromisoformat(f"{DAY} {text}").replace(tzinfo=zone))


def test_two_hours_of_20_and_10_minutes_give_four_slots() -> None:
    assert local(slots_of(rule(540, 660))) == ["09:00", "09:30", "10:00", "10:30"]
    assert Availability(from_minute=540, to_minute=660, length_minutes=20, gap_minutes=10).slots_a_day == 4


def test_the_last_gap_need_not_fit() -> None:
    assert local(slots_of(rule(540, 560))) == ["09:00"]
    assert local(slots_of(rule(540, 555))) == []


def test_the_grid_begins_where_the_window_begins() -> None:
    assert local(slots_of(rule(550, 670))) == ["09:10", "09:40", "10:10", "10:40"]


def test_a_booking_takes_its_own_slot_and_moves_no_other() -> None:
    taken = {1: [(tick("09:40"), tick("10:10"))]}
    assert local(slots_of(rule(550, 670), busy=taken)) == ["09:10", "10:10", "10:40"]


@pytest.mark.parametrize(
    ("begin", "end", "left"),
    [
        ("09:05", "09:10", ["09:30", "10:00", "10:30"]),
        ("09:20", "09:30", ["09:30", "10:00", "10:30"]),  # the gap of the first slot belongs to it
        ("09:25", "09:35", ["10:00", "10:30"]),
        ("08:00", "09:00", ["09:00", "09:30", "10:00", "10:30"]),
        ("08:00", "09:05", ["09:30", "10:00", "10:30"]),
        ("10:55", "11:00", ["09:00", "09:30", "10:00"]),
        ("11:00", "12:00", ["09:00", "09:30", "10:00", "10:30"]),
        ("08:00", "12:00", []),
    ],
)
def test_an_appointment_beside_the_grid_takes_exactly_what_it_touches(begin: str, end: str, left: list[str]) -> None:
    assert local(slots_of(rule(540, 660), busy={1: [(tick(begin), tick(end))]})) == left


def test_the_time_of_others_takes_nothing_away() -> None:
    assert len(slots_of(rule(540, 660), busy={2: [(tick("08:00"), tick("12:00"))]})) == 4


def test_what_lies_before_the_earliest_tick_is_not_offered() -> None:
    found = windows([rule(540, 660)], DAY, DAY, AMSTERDAM)
    assert local(free_slots(found, {}, tick("09:05"))) == ["09:30", "10:00", "10:30"]
    assert local(free_slots(found, {}, tick("09:30"))) == ["09:30", "10:00", "10:30"]
    assert free_by_day(found, {}, tick("12:00")) == {DAY: 0}


def test_a_single_date_holds_on_that_date_only() -> None:
    once = rule(540, 660, weekday=None)
    assert list(once.days(DAY - timedelta(days=30), DAY + timedelta(days=30))) == [DAY]
    assert not list(once.days(DAY + timedelta(days=1), DAY + timedelta(days=30)))


def test_a_weekly_rule_ends_with_its_last_date() -> None:
    weekly = rule(540, 660)._replace(valid_until=DAY + timedelta(days=7))
    assert list(weekly.days(DAY - timedelta(days=1), DAY + timedelta(days=40))) == [DAY, DAY + timedelta(days=7)]


def test_times_beside_the_five_minutes_are_refused() -> None:
    with pytest.raises(NotOnTick):
        Availability(from_minute=541)


# The last day before, the day itself: clocks go forward and back there.
CHANGES = [
    ("Europe/Amsterdam", date(2027, 3, 28), date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14), date(2027, 11, 7)),
    ("Europe/Warsaw", date(2027, 3, 28), date(2027, 10, 31)),
    ("Australia/Lord_Howe", date(2026, 10, 4), date(2027, 4, 4)),
    ("Africa/Casablanca", date(2027, 3, 7), date(2027, 2, 7)),
]


@pytest.mark.parametrize(("name", "forward", "back"), CHANGES)
def test_an_afternoon_keeps_its_wall_time_on_days_when_clocks_change(name: str, forward: date, back: date) -> None:
    zone = ZoneInfo(name)
    for day in (forward, back):
        daily = rule(780, 900, weekday=day.weekday())
        assert local(slots_of(daily, day, zone), zone) == ["13:00", "13:30", "14:00", "14:30"]


def test_a_night_is_as_long_as_it_really_is() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    ordinary, forward, back = date(2027, 3, 21), date(2027, 3, 28), date(2027, 10, 31)
    nightly = rule(0, 360, length=25, gap=5, weekday=6)
    assert [len(slots_of(nightly, day, zone)) for day in (ordinary, forward, back)] == [12, 10, 14]
    for day in (forward, back):
        slots = slots_of(nightly, day, zone)
        assert all(b.tick - a.tick == 6 for a, b in itertools.pairwise(slots))


def test_a_time_that_a_clock_skips_is_moved_on_by_what_was_skipped() -> None:
    skipped = slots_of(rule(150, 270, weekday=6), date(2027, 3, 28), AMSTERDAM)
    assert skipped[0].start == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)
    assert local(skipped) == ["03:30", "04:00"]


SAME_EVERYWHERE = """
from datetime import date
from zoneinfo import ZoneInfo
from tests.telehealth.test_schedule import CHANGES, rule, slots_of
for name, *days in CHANGES:
    for day in days:
        for begin in (0, 120, 150, 780):
            print(name, day, [slot.tick for slot in slots_of(rule(begin, begin + 240, weekday=day.weekday()), day, ZoneInfo(name))])
"""


def test_the_servers_own_zone_changes_nothing() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", SAME_EVERYWHERE], env=os.environ | {"TZ": zone}, capture_output=True, text=True, check=True
        ).stdout
        for zone in ("UTC", "Europe/Warsaw", "America/New_York", "Australia/Lord_Howe")
    }
    assert len(answers) == 1
    assert answers.pop().count("\n") == 40


@st.composite
def calendars(draw: st.DrawFn) -> tuple[list[Rule], schedule.Busy]:
    """Windows of one person that do not overlap, and busy spans that do not touch each other."""
    rules = [
        Rule(n, person, DAY.weekday(), DAY, None, begin * 5, begin * 5 + span * 5, length * 5, gap * 5, 1)
        for n, (person, begin, span, length, gap) in enumerate(
            draw(st.lists(st.tuples(
                st.integers(1, 3), st.integers(0, 200), st.integers(1, 80), st.integers(1, 12), st.integers(0, 6)
            ), max_size=5))
        )
    ]  # fmt: skip
    midnight = schedule.wall_tick(DAY, 0, AMSTERDAM)
    busy: dict[int, schedule.Spans] = {}
    for person in (1, 2, 3):
        edges = sorted(draw(st.sets(st.integers(-20, 320), max_size=16)))
        busy[person] = [(midnight + a, midnight + b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return rules, busy


def as_one_would_count(rules: list[Rule], busy: schedule.Busy, earliest: int) -> set[tuple[int, int]]:
    """Every start that fits, tick by tick."""
    found = set()
    for one in rules:
        window = one.window(DAY, AMSTERDAM)
        for start in range(window.start, window.end - window.length + 1, window.step):
            own = range(start, start + window.step)
            if start >= earliest and not any(first < own.stop and last > own.start for first, last in busy[one.practitioner_id]):
                found.add((one.id, start))
    return found


@given(calendars(), st.integers(-50, 300))
def test_counting_a_month_and_listing_its_days_agree(calendar: tuple[list[Rule], schedule.Busy], late: int) -> None:
    rules, busy = calendar
    earliest = schedule.wall_tick(DAY, 0, AMSTERDAM) + late
    found = windows(rules, DAY, DAY, AMSTERDAM)
    slots = free_slots(found, busy, earliest)
    assert sum(free_by_day(found, busy, earliest).values()) == len(slots)
    assert {(slot.availability_id, slot.tick) for slot in slots} == as_one_would_count(rules, busy, earliest)
    assert [slot.tick for slot in slots] == sorted(slot.tick for slot in slots)


def test_rules_are_those_of_active_people_of_the_departments(clinic: Clinic, session: Session) -> None:
    first, second = clinic.departments
    today = clock.now().date()

    def people(*departments: int) -> set[int]:
        found = schedule.rules(session, today, today, purpose=Purpose.BOOKING, departments=departments)
        return {one.practitioner_id for one in found}

    doctor, nurse = clinic.people["doctor"], clinic.people["nurse"]
    assert people() == {doctor, nurse}
    assert people(second) == {nurse}
    session.get_one(Practitioner, nurse).active = False
    assert people() == {doctor}
    assert people(second) == set()
    assert people(first) == {doctor}


def test_an_availability_counts_for_the_department_it_names(clinic: Clinic, session: Session) -> None:
    first, second = clinic.departments
    day = clock.now().date() + timedelta(days=3)
    session.add(
        Availability(
            practitioner_id=clinic.people["doctor"], department_id=second, weekday=None, valid_from=day,
            from_minute=1200, to_minute=1260,
        )
    )  # fmt: skip
    evening = [
        one for one in schedule.rules(session, day, day, purpose=Purpose.BOOKING, departments=[second]) if one.from_minute == 1200
    ]
    assert [one.department_id for one in evening] == [second]
    only_first = schedule.rules(session, day, day, purpose=Purpose.BOOKING, departments=[first])
    assert all(one.from_minute != 1200 for one in only_first)


def test_the_other_clinics_times_are_not_seen(clinic: Clinic, other: Clinic, session: Session) -> None:
    today = clock.now().date()
    found = schedule.rules(session, today, today, purpose=Purpose.BOOKING)
    assert not {one.practitioner_id for one in found} & set(other.people.values())
    assert not schedule.rules(session, today, today, purpose=Purpose.BOOKING, departments=other.departments)
