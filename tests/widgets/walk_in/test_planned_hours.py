"""Planned walk-in hours: who has one is there in it, and when nobody is, the page says when the next begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from telehealth import clock
from telehealth.closed_day import ClosedDay
from telehealth.practitioner import Practitioner
from telehealth.schedule import Availability, Purpose
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import seen
from tests.widgets.walk_in.test_routes import entry

MONDAY = datetime(2027, 3, 1, tzinfo=UTC)  # Amsterdam is one hour ahead


@pytest.fixture
def planned(clinic):
    """The doctor has a walk-in hour on Mondays from 15:00 to 16:00; nobody has switched anything on."""
    with clinic.session() as session:
        for person in session.query(Practitioner):
            person.takes_walk_ins = False
        session.add(
            Availability(
                practitioner_id=clinic.people["doctor"], purpose=Purpose.WALK_IN, weekday=0,
                valid_from=MONDAY.date(), from_minute=15 * 60, to_minute=16 * 60,
            )
        )  # fmt: skip
    return clinic


def offers(app, clinic, minute):
    with clock.at(MONDAY + timedelta(minutes=minute)):
        return app.test_client().get(f"/w/{clinic.widgets['walk_in']}/offers").json["departments"]


@pytest.mark.parametrize(("minute", "there"), [(839, False), (840, True), (899, True), (900, False)])
def test_somebody_is_there_in_the_planned_hour(app, planned, minute, there):
    found = [person["id"] for department in offers(app, planned, minute) for person in department["practitioners"]]
    assert found == ([planned.people["doctor"]] if there else [])


@pytest.mark.parametrize(("weeks", "there"), [(0, True), (1, False), (2, True)])
def test_an_hour_for_walk_in_and_booking_every_second_week_holds_as_one_for_walk_in_alone(app, planned, weeks, there):
    with planned.session() as session:
        hour = session.query(Availability).filter_by(purpose=Purpose.WALK_IN).one()
        hour.purpose = Purpose.BOTH
        hour.repeat([0], every=2)
    found = [p["id"] for d in offers(app, planned, 840 + weeks * 7 * 1440) for p in d["practitioners"]]
    assert found == ([planned.people["doctor"]] if there else [])


@pytest.mark.parametrize(("minute", "opens"), [(600, "2027-03-01T14:00:00Z"), (850, "2027-03-08T14:00:00Z")])
def test_the_next_hour_is_told(app, planned, minute, opens):
    told = {department["name"]["text"].split()[0]: department["opens_at"] for department in offers(app, planned, minute)}
    assert told == {"General": opens, "Nurses": None}


@pytest.mark.parametrize(("every", "opens"), [(4, "2027-03-29T13:00:00Z"), (20, None)])
def test_an_hour_weeks_ahead_is_told_too_and_none_that_is_a_season_away(app, planned, every, opens):
    with planned.session() as session:
        session.query(Availability).filter_by(purpose=Purpose.WALK_IN).one().repeat([0], every=every)
    told = {department["name"]["text"].split()[0]: department["opens_at"] for department in offers(app, planned, 900)}
    assert told == {"General": opens, "Nurses": None}


@pytest.mark.parametrize(("minute", "status"), [(839, 409), (840, 201)])
def test_the_door_keeps_the_same_hours(planned, visitor, minute, status):
    with clock.at(MONDAY + timedelta(minutes=minute)):
        answer = visitor(planned.widgets["walk_in"]).post("/encounters", entry(planned))
    assert answer.status_code == status


def test_nobody_there_says_when_somebody_will_be(new_page, live, planned, check_page, screenshot):
    soon = clock.now() + timedelta(days=2)
    with planned.session() as session:
        hour = session.query(Availability).filter_by(purpose=Purpose.WALK_IN).one()
        hour.valid_from, hour.weekday = clock.now().date(), soon.astimezone(ZoneInfo("Europe/Amsterdam")).weekday()
    page = new_page(width=360)
    page.goto(f"{live}/w/{planned.widgets['walk_in']}")
    until(page, "'ready' in document.documentElement.dataset")
    local = soon.astimezone(ZoneInfo("Europe/Amsterdam"))
    seen(page, f"The walk-in hour opens {local:%A} {local.day} {local:%B}, 15:00.")
    check_page(page)
    screenshot(page, "opens-later")


def test_a_closed_day_is_named_and_the_hour_after_it_is_told(app, planned):
    with planned.session() as session:
        session.add(ClosedDay(day=MONDAY.date(), name="Founding day"))
    with clock.at(MONDAY + timedelta(minutes=850)):
        told = app.test_client().get(f"/w/{planned.widgets['walk_in']}/offers").json
    assert told["closed"] == {"text": "Founding day", "lang": ""}
    assert told["departments"][0]["practitioners"] == []
    assert "2027-03-08T14:00:00Z" in {department["opens_at"] for department in told["departments"]}
    with clock.at(MONDAY + timedelta(days=1)):
        assert app.test_client().get(f"/w/{planned.widgets['walk_in']}/offers").json["closed"] is None


def test_the_page_says_why_nobody_is_there_today(new_page, address, planned, check_page, screenshot):
    with planned.session() as session:
        today = clock.now().astimezone(ZoneInfo("Europe/Amsterdam")).date()
        session.add(ClosedDay(day=today, name="Founding day"))
    page = new_page(width=360)
    page.goto(address)
    seen(page, "Closed today: Founding day.")
    check_page(page)
    screenshot(page, "closed-today")
