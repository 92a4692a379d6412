"""On which dates an availability falls: dateutil's rrule is the oracle."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from telehealth.recurrence import LAST, BadRecurrence, Recurrence, Repeats, nth_weekday
from telehealth.schedule import Availability

MONDAY = date(2026, 12, 7)
MO, WE, FR = 0, 2, 4


def dates(rule: Recurrence, first: date = MONDAY, days: int = 60) -> list[str]:
    return [f"{day:%m-%d}" for day in rule.days(first, first + timedelta(days=days))]


def test_once_is_its_first_date_and_no_other() -> None:
    once = Recurrence(MONDAY)
    assert once.repeats is Repeats.ONCE
    assert dates(once, MONDAY - timedelta(days=30)) == ["12-07"]
    assert dates(once, MONDAY + timedelta(days=1)) == []


def test_several_weekdays_of_every_week() -> None:
    assert dates(Recurrence(MONDAY, (MO, WE, FR)), days=9) == ["12-07", "12-09", "12-11", "12-14", "12-16"]


def test_every_second_week_counts_from_the_week_of_the_first_date() -> None:
    begins_on_wednesday = Recurrence(MONDAY + timedelta(days=2), (MO, FR), every=2)
    assert dates(begins_on_wednesday, days=28) == ["12-11", "12-21", "12-25", "01-04"]
    assert dates(begins_on_wednesday, date(2026, 12, 14), days=9) == ["12-21"]


def test_the_second_and_the_last_of_a_weekday_in_a_month() -> None:
    assert dates(Recurrence(MONDAY, (FR,), nth=2), days=70) == ["12-11", "01-08", "02-12"]
    assert dates(Recurrence(MONDAY, (MO,), nth=LAST), days=90) == ["12-28", "01-25", "02-22"]


def test_every_third_month_counts_from_the_month_of_the_first_date() -> None:
    assert dates(Recurrence(date(2026, 12, 20), (MO,), nth=1, every=3), days=200) == ["03-01", "06-07"]


def test_it_ends_with_its_last_date_and_leaves_dates_out() -> None:
    rule = Recurrence(MONDAY, (MO,), until=MONDAY + timedelta(days=21), except_on=frozenset({MONDAY + timedelta(days=7)}))
    assert dates(rule) == ["12-07", "12-21", "12-28"]


def test_the_next_dates_are_found_however_rare_they_are() -> None:
    rare = Recurrence(MONDAY, (MO,), every=52)
    assert [day.year for day in rare.upcoming(MONDAY, 5)] == [2026, 2027, 2028, 2029, 2030]
    assert Recurrence(MONDAY).upcoming(MONDAY + timedelta(days=1), 5) == []


@pytest.mark.parametrize("bad", [
    Recurrence(MONDAY, (7,)), Recurrence(MONDAY, (MO,), every=53), Recurrence(MONDAY, (MO,), every=13, nth=1),
    Recurrence(MONDAY, (MO,), every=0), Recurrence(MONDAY, (MO,), nth=5), Recurrence(MONDAY, every=2),
])  # fmt: skip
def test_what_there_is_not_is_refused(bad: Recurrence) -> None:
    with pytest.raises(BadRecurrence):
        bad.require_sound()


def test_an_availability_keeps_what_it_was_told() -> None:
    held = Availability(valid_from=MONDAY, from_minute=540, to_minute=600)
    assert held.repeats is Repeats.ONCE
    held.repeat([FR, MO], every=2, until=date(2027, 6, 30), except_on=[date(2026, 12, 25)])
    assert (held.weekday, held.more_weekdays, held.weekdays) == (MO, [FR], [MO, FR])
    assert (held.repeats, held.except_on) == (Repeats.WEEKLY, ["2026-12-25"])
    held.repeat([FR], nth=LAST)
    assert (held.repeats, held.valid_until, held.except_on, held.every) == (Repeats.MONTHLY, None, None, 1)
    held.repeat()
    assert (held.weekday, held.more_weekdays, held.nth) == (None, None, None)


def test_a_rule_that_there_is_not_changes_nothing() -> None:
    held = Availability(valid_from=MONDAY, weekday=WE, from_minute=540, to_minute=600)
    with pytest.raises(BadRecurrence):
        held.repeat([MO], every=60)
    assert held.weekdays == [WE]


def oracle(rule: Recurrence, first: date, last: date) -> list[date]:
    """The same by dateutil."""
    begins, ends = (datetime.combine(day, datetime.min.time()) for day in (rule.begin, min(last, rule.until or last)))
    if rule.nth is None:
        found = rrule.rrule(rrule.WEEKLY, begins, rule.every, rrule.MO, until=ends, byweekday=rule.weekdays)
    else:
        nth = [rrule.weekday(weekday, rule.nth) for weekday in rule.weekdays]
        found = rrule.rrule(rrule.MONTHLY, begins, rule.every, until=ends, byweekday=nth)
    return [moment.date() for moment in found if moment.date() >= first and moment.date() not in rule.except_on]


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    begin = draw(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
    weekdays = tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1))))
    nth = draw(st.sampled_from([None, None, 1, 2, 3, 4, LAST]))
    every = draw(st.integers(1, 52 if nth is None else 12))
    until = draw(st.none() | st.integers(0, 900).map(lambda days: begin + timedelta(days=days)))
    left_out = draw(st.sets(st.integers(0, 200), max_size=5))
    return Recurrence(begin, weekdays, until, every, nth, frozenset(begin + timedelta(days=n) for n in left_out))


@given(recurrences(), st.integers(-200, 800), st.integers(0, 400))
def test_every_rule_falls_where_rfc_5545_says(rule: Recurrence, offset: int, length: int) -> None:
    rule.require_sound()
    first = rule.begin + timedelta(days=offset)
    last = first + timedelta(days=length)
    assert list(rule.days(first, last)) == oracle(rule, first, last)


@given(st.integers(2024, 2040), st.integers(1, 12), st.integers(0, 6))
def test_the_last_of_a_weekday_has_none_after_it_in_its_month(year: int, month: int, weekday: int) -> None:
    found = nth_weekday(year, month, weekday, LAST)
    assert (found.weekday(), found.month) == (weekday, month)
    assert (found + timedelta(days=7)).month != month
