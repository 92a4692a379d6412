"""The own calendar feed: by a secret address, without names, and taken back at once."""

from __future__ import annotations

from typing import Any

import pytest
from icalendar import Calendar

from telehealth import clock
from telehealth.booking import Appointment
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic


@pytest.fixture
def whose(clinic: Clinic) -> str:
    """Who has the clinic's one appointment."""
    with clinic.session() as session:
        booked = clinic.book(session)
        return next(key for key, value in clinic.people.items() if value == booked.practitioner_id)


def path_of(answer: dict[str, Any]) -> str:
    return "/calendar/" + str(answer["address"]).rpartition("/")[2]


def test_the_feed_tells_when_and_where_and_names_nobody(clinic: Clinic, open_page: Any, app: Any, whose: str) -> None:
    page = open_page(clinic, whose)
    assert page.done("my_feed") == {"address": None}
    opened = page.done("open_feed")
    assert page.done("open_feed") == page.done("my_feed") == opened
    answer = app.test_client().get(path_of(opened))
    assert answer.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    with clinic.session() as session:
        booked = session.query(Appointment).one()
        assert (event.decoded("dtstart"), event.decoded("dtend")) == (booked.start, booked.end)
        assert booked.department.name in event["summary"]
        assert f"/desk/calendar?date={booked.start.date()}" in event["url"]
        assert booked.patient.last_name not in answer.text and booked.ticket.token not in answer.text


def test_it_follows_changes_and_leaves_out_what_is_cancelled(clinic: Clinic, open_page: Any, app: Any, whose: str) -> None:
    path = path_of(open_page(clinic, whose).done("open_feed"))
    with clinic.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    assert not Calendar.from_ical(app.test_client().get(path).data).walk("VEVENT")


def test_an_address_that_was_taken_back_leads_nowhere_and_a_new_one_is_another(clinic: Clinic, open_page: Any, app: Any, whose: str) -> None:
    page = open_page(clinic, whose)
    first = path_of(page.done("open_feed"))
    assert page.done("close_feed") == {"address": None}
    assert app.test_client().get(first).status_code == 404
    second = path_of(page.done("open_feed"))
    assert second != first
    assert app.test_client().get(second).status_code == 200


def test_whoever_no_longer_works_here_is_read_no_more(clinic: Clinic, open_page: Any, app: Any, whose: str) -> None:
    path = path_of(open_page(clinic, whose).done("open_feed"))
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people[whose]).active = False
    assert app.test_client().get(path).status_code == 404


def test_everybody_reads_the_own_appointments_only(clinic: Clinic, other: Clinic, open_page: Any, app: Any, whose: str) -> None:
    colleague = "nurse" if whose == "doctor" else "doctor"
    for where, person in ((clinic, colleague), (other, whose)):
        path = path_of(open_page(where, person).done("open_feed"))
        assert not Calendar.from_ical(app.test_client().get(path).data).walk("VEVENT")


@pytest.mark.parametrize("guess", ["x", "0" * 43, "%00", "..%2f"])
def test_a_guess_finds_nothing(app: Any, clinic: Clinic, guess: str) -> None:
    assert app.test_client().get(f"/calendar/{guess}.ics").status_code == 404
