"""Closed days: nothing opens by itself, what is opened by hand stays open."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations import public_holidays
from telehealth import booking, clock, walk_in
from telehealth.booking import Search, UnknownSlot
from telehealth.channel import Channel, ChannelState, ChannelSwitch
from telehealth.closed_day import ClosedDay, close_on, closed_on
from telehealth.opening_hours import OpeningHours
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability, Purpose
from telehealth.widget import Widget
from tests.clinic import Clinic

ZONE = ZoneInfo("Europe/Amsterdam")
FRIDAY = date(2027, 1, 1)


def _at(day, hour):
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC)


def _channel(clinic, session, switch=ChannelSwitch.BY_HOURS):
    channel = session.get_one(Channel, clinic.channels["open"])
    channel.switch = switch
    channel.hours = [OpeningHours(weekday=day, opens_minute=540, closes_minute=1020) for day in range(5)]
    session.add(ClosedDay(day=FRIDAY, name="New Year’s Day"))
    session.flush()
    return channel, session.get_one(Organization, clinic.id)


def test_a_channel_stays_closed_on_a_closed_day_and_opens_after_it(clinic: Clinic, session):
    channel, organization = _channel(clinic, session)
    assert channel.state(_at(FRIDAY, 10), organization) is ChannelState.CLOSED
    assert channel.state(_at(FRIDAY + timedelta(days=3), 10), organization) is ChannelState.OPEN
    assert channel.opens_at(_at(FRIDAY, 8), organization) == _at(FRIDAY + timedelta(days=3), 9)


def test_the_closed_day_is_the_clinics_not_that_of_utc(clinic: Clinic, session):
    channel, organization = _channel(clinic, session)
    channel.hours = [OpeningHours(weekday=day, opens_minute=0, closes_minute=1440) for day in range(7)]
    midnight = datetime.combine(FRIDAY, time(), ZONE).astimezone(UTC)
    assert midnight.date() < FRIDAY
    assert channel.state(midnight - timedelta(minutes=1), organization) is ChannelState.OPEN
    assert channel.state(midnight, organization) is ChannelState.CLOSED


def test_a_channel_that_is_opened_by_hand_is_open_on_a_closed_day(clinic: Clinic, session):
    channel, organization = _channel(clinic, session, ChannelSwitch.OPEN)
    assert channel.state(_at(FRIDAY, 10), organization) is ChannelState.OPEN


def test_after_a_long_holiday_the_next_opening_is_still_found(clinic: Clinic, session):
    channel, organization = _channel(clinic, session)
    close_on(session, {FRIDAY + timedelta(days=n): "Winter" for n in range(1, 20)})
    session.expire(organization, ["closed_days"])
    assert channel.opens_at(_at(FRIDAY, 10), organization) == _at(date(2027, 1, 21), 9)


@pytest.fixture
def planned(clinic: Clinic, session):
    """The doctor takes walk-ins by the plan, all day and every day."""
    for person in session.query(Practitioner):
        person.takes_walk_ins = False
    session.add(
        Availability(
            practitioner_id=clinic.people["doctor"], purpose=Purpose.WALK_IN, weekday=None, valid_from=FRIDAY,
            from_minute=540, to_minute=1020,
        )
    )  # fmt: skip
    return session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()


def test_planned_walk_in_hours_do_not_hold_on_a_closed_day(clinic: Clinic, session, planned):
    assert any(offer.practitioners for offer in walk_in.on_offer(session, planned, _at(FRIDAY, 10)))
    session.add(ClosedDay(day=FRIDAY, name="New Year’s Day"))
    assert not any(offer.practitioners for offer in walk_in.on_offer(session, planned, _at(FRIDAY, 10)))
    assert not any(offer.opens_at for offer in walk_in.on_offer(session, planned, _at(FRIDAY, 8)))


def test_whoever_switches_the_walk_in_hour_on_is_there_on_a_closed_day(clinic: Clinic, session, planned):
    session.add(ClosedDay(day=FRIDAY, name="New Year’s Day"))
    session.get_one(Practitioner, clinic.people["doctor"]).takes_walk_ins = True
    assert any(offer.practitioners for offer in walk_in.on_offer(session, planned, _at(FRIDAY, 10)))


def test_nothing_can_be_booked_on_a_closed_day(clinic: Clinic, session):
    day, now = (clock.now() + timedelta(days=2)).date(), clock.now()
    slot = booking.day_of(session, Search(), day, now)[0]
    session.add(ClosedDay(day=day, name="Away"))
    assert booking.day_of(session, Search(), day, now) == []
    with pytest.raises(UnknownSlot):
        booking.find_slot(session, slot.id, now)


def test_the_closed_days_next_door_close_nothing_here(clinic: Clinic, other: Clinic, session):
    with other.session() as theirs:
        theirs.add(ClosedDay(day=FRIDAY, name="Theirs"))
    assert closed_on(session, FRIDAY) is None
    assert session.get_one(Organization, clinic.id).closed_dates == frozenset()


def test_days_that_are_closed_already_stay_as_they_are(clinic: Clinic, session):
    session.add(ClosedDay(day=FRIDAY, name="Ours"))
    assert close_on(session, {FRIDAY: "Theirs", FRIDAY + timedelta(days=1): "Saturday"}) == 1
    assert [row.name for row in session.query(ClosedDay).order_by(ClosedDay.day)] == ["Ours", "Saturday"]


def test_public_holidays_come_in_the_clinics_language_where_it_is_known():
    assert public_holidays.of("NL", 2027, "en")[date(2027, 4, 27)] == "King's Day"
    assert public_holidays.of("NL", 2027, "nl")[date(2027, 4, 27)] == "Koningsdag"
    assert public_holidays.of("NL", 2027, "xx")[date(2027, 4, 27)] == "Koningsdag"
    with pytest.raises(LookupError):
        public_holidays.of("../NL", 2027, "en")
