"""Availability and free slots: the rule of length and gap, days on which clocks change, what a booking takes away."""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telehealth import clock, schedule
from telehealth.database import Session
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability, Purpose, Rule, Slot, free_by_day, free_slots, windows
from telehealth.tick import NotOnTick
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


ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago")
YEARS = range(2026, 2029)


def change_days(zone: ZoneInfo) -> list[date]:
    """The local dates on which the clocks of a zone change, found from noon to noon."""
    begins = datetime(YEARS[0], 1, 1, 12, tzinfo=UTC)
    noons = [(begins + timedelta(days=n)).astimezone(zone) for n in range(len(YEARS) * 365)]
    between = [(before, after) for before, after in itertools.pairwise(noons) if before.utcoffset() != after.utcoffset()]
    return [next(hour.date() for hour in _hours_after(before) if hour.utcoffset() == after.utcoffset()) for before, after in between]


def _hours_after(moment: datetime) -> list[datetime]:
    return [(moment.astimezone(UTC) + timedelta(hours=n)).astimezone(moment.tzinfo) for n in range(25)]


def shown_at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The first five minutes of UTC at which the zone's clock shows it; where it skips that, what it would have shown."""
    wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
    around = [datetime.combine(day, time(), UTC) + timedelta(minutes=5 * n) for n in range(-288, 2 * 288)]
    clocks = [moment.astimezone(zone).replace(tzinfo=None) for moment in around]
    if wanted in clocks:
        return around[clocks.index(wanted)]
    skipped = next(n for n, (before, after) in enumerate(itertools.pairwise(clocks)) if before < wanted < after)
    return around[skipped] + (wanted - clocks[skipped])


CHANGE_DAYS = [(name, day) for name in ZONES for day in change_days(ZoneInfo(name))]


def test_every_zone_changes_its_clocks_there_and_back_each_year() -> None:
    for name in ZONES:
        assert sum(zone == name for zone, _day in CHANGE_DAYS) == 2 * len(YEARS)


@pytest.mark.parametrize("begin", [150, 780], ids=["half past two at night", "one in the afternoon"])
@pytest.mark.parametrize(("name", "day"), CHANGE_DAYS, ids=str)
def test_windows_and_slots_are_where_the_clocks_show_them_on_days_of_change(name: str, day: date, begin: int) -> None:
    zone = ZoneInfo(name)
    held = rule(begin, begin + 240, weekday=day.weekday())
    (window,) = windows([held], day, day, zone)
    first, last = shown_at(day, begin, zone), shown_at(day, begin + 240, zone)
    assert (schedule.moment_of(window.start), schedule.moment_of(window.end)) == (first, last)
    starts = [first + timedelta(minutes=30 * k) for k in range(20) if first + timedelta(minutes=30 * k + 20) <= last]
    assert [slot.start for slot in slots_of(held, day, zone)] == starts
    if begin == 780:
        assert len(starts) == 8


@pytest.mark.parametrize(("name", "day"), CHANGE_DAYS, ids=str)
def test_a_rule_falls_on_days_of_change_as_on_any_other(name: str, day: date) -> None:
    fortnightly = rule(780, 840)._replace(weekday=day.weekday(), valid_from=day - timedelta(days=28), every=2)
    found = windows([fortnightly], day - timedelta(days=14), day + timedelta(days=14), ZoneInfo(name))
    assert [one.day for one in found] == [day - timedelta(days=14), day, day + timedelta(days=14)]
    assert [one.start for one in found] == [schedule.tick_of(shown_at(one.day, 780, ZoneInfo(name))) for one in found]


SAME_EVERYWHERE = """
import json, sys
from datetime import date
from zoneinfo import ZoneInfo
from telehealth.schedule import Rule, free_slots, windows
for name, written in json.load(sys.stdin):
    day, zone = date.fromisoformat(written), ZoneInfo(name)
    for begin in (0, 120, 150, 780):
        held = Rule(1, 1, day.weekday(), day, None, begin, begin + 240, 20, 10, 1, every=2)
        print(name, day, [slot.tick for slot in free_slots(windows([held], day, day, zone), {}, 0)])
"""


def test_the_servers_own_zone_changes_nothing() -> None:
    cases = json.dumps([(name, day.isoformat()) for name, day in CHANGE_DAYS])
    answers = {
        subprocess.run(
            [sys.executable, "-c", SAME_EVERYWHERE], env=os.environ | {"TZ": zone}, input=cases, capture_output=True, text=True,
            check=True,
        ).stdout
        for zone in ("UTC", "America/New_York", "Australia/Lord_Howe")
    }  # fmt: skip
    assert len(answers) == 1
    assert answers.pop().count("\n") == 4 * len(CHANGE_DAYS)


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


def test_a_time_for_both_purposes_is_found_for_each(clinic: Clinic, session: Session) -> None:
    day = clock.now().date() + timedelta(days=3)
    session.add(
        Availability(
            practitioner_id=clinic.people["doctor"], purpose=Purpose.BOTH, valid_from=day, from_minute=1200, to_minute=1260
        )
    )
    for purpose in (Purpose.BOOKING, Purpose.WALK_IN):
        found = schedule.rules(session, day, day, purpose=purpose)
        assert [one.practitioner_id for one in found if one.from_minute == 1200] == [clinic.people["doctor"]]


def test_what_is_kept_of_a_rule_reaches_the_search(clinic: Clinic, session: Session) -> None:
    day = clock.now().date() + timedelta(days=3)
    held = Availability(practitioner_id=clinic.people["doctor"], valid_from=day, from_minute=1200, to_minute=1260)
    held.repeat([day.weekday()], every=3, except_on=[day + timedelta(days=21)])
    session.add(held)
    found = schedule.rules(session, day, day + timedelta(days=60), purpose=Purpose.BOOKING)
    (mine,) = (one for one in found if one.from_minute == 1200)
    assert list(mine.days(day, day + timedelta(days=60))) == [day, day + timedelta(days=42)]


def test_rules_are_found_by_any_of_their_weekdays(clinic: Clinic, session: Session) -> None:
    held = Availability(practitioner_id=clinic.people["doctor"], valid_from=DAY, from_minute=1200, to_minute=1260)
    held.repeat([0, 4])
    session.add(held)
    session.flush()

    def on(weekday: int) -> bool:
        return held in session.query(Availability).filter(Availability.falls_on(weekday)).all()

    assert [on(weekday) for weekday in range(7)] == [True, False, False, False, True, False, False]
