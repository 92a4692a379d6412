"""Moving and cancelling by the appointment's link: until the clinic's hours before, within the department, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import booking, clock
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.organization import Organization
from telehealth.widget import Widget
from tests.widgets.visit.test_routes import Booked, Link


@pytest.fixture
def booked(clinic):
    with clinic.session() as session:
        appointment = clinic.book(session)
        return Booked(appointment.id, appointment.ticket.token, appointment.start, appointment.end)


class Changing(Link):
    def times(self, **query):
        return self.client.get("/visit/times", headers=self.headers, query_string=query)

    def move(self, slot):
        return self.client.post("/visit/move", json={"slot": slot}, headers=self.headers)

    def slots(self, **query):
        day = self.times(**query).json["days"][-1]
        return self.times(date=day, **query).json["slots"]


def appointment(clinic, booked):
    with clinic.session() as session:
        found = session.get_one(Appointment, booked.id)
        session.expunge(found)
        return found


def test_the_link_offers_free_times_of_the_same_person_or_of_anyone_there(app, clinic, booked):
    link = Changing(app, booked.ticket)
    assert link.appointment["may_change"] is True
    person = link.appointment["practitioner"]
    assert {slot["practitioner"] for slot in link.slots()} == {person}
    with clinic.session() as session:
        department = session.get_one(Appointment, booked.id).department_id
        there = {p.name for d, p in booking.bookable(session, [department], clock.now().date())}
    assert {slot["practitioner"] for slot in link.slots(anyone="true")} <= there


def test_moving_keeps_the_link_and_opens_it_for_the_new_time(app, clinic, booked):
    link = Changing(app, booked.ticket)
    wanted = link.slots()[1]
    answer = link.move(wanted["id"])
    assert (answer.status_code, answer.json["start"]) == (200, wanted["start"])
    again = Link(app, booked.ticket).appointment
    assert (again["start"], again["door"]) == (wanted["start"], "early")
    assert appointment(clinic, booked).sequence == 1


def test_a_time_that_has_just_been_taken_is_refused_in_words(app, clinic, booked):
    link = Changing(app, booked.ticket)
    wanted = link.slots()[1]["id"]
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        booking.book(session, widget, clinic.booking(wanted), clock.now())
    answer = link.move(wanted)
    assert (answer.status_code, answer.json["error"]) == (409, "slot_taken")
    assert appointment(clinic, booked).start == booked.start


def test_another_departments_time_cannot_be_taken(app, clinic, booked):
    with clinic.session() as session:
        own = session.get_one(Appointment, booked.id).department_id
        foreign = next(d for d in clinic.departments if d != own)
        search = booking.Search((foreign,))
        wanted = booking.day_of(session, search, booked.start.date(), clock.now())[-1].id
    assert Changing(app, booked.ticket).move(wanted).json["error"] == "unknown_slot"


def test_cancelling_frees_the_time_and_says_so(app, clinic, booked):
    link = Changing(app, booked.ticket)
    answer = link.post("cancel")
    assert (answer.status_code, answer.json["door"], answer.json["may_change"]) == (200, "cancelled", False)
    assert appointment(clinic, booked).status is AppointmentStatus.CANCELLED
    again = link.post("cancel")  # whose first answer was lost
    assert (again.status_code, again.json["door"]) == (200, "cancelled")


@pytest.mark.parametrize("settings", [{}, {"patients_may_change": False, "change_until_hours": 0}])
def test_too_late_or_not_at_all_is_refused_and_not_offered(app, clinic, booked, settings):
    with clinic.session() as session:
        for name, value in settings.items():
            setattr(session.get_one(Organization, clinic.id), name, value)
    with clock.at(booked.start - timedelta(hours=23)):
        link = Changing(app, booked.ticket)
        wanted = link.slots()[0]["id"]
        assert link.appointment["may_change"] is False
        assert [a.json["error"] for a in (link.move(wanted), link.post("cancel"))] == ["too_late_to_change"] * 2
    assert appointment(clinic, booked).status is AppointmentStatus.BOOKED


@pytest.mark.parametrize(("method", "path"), [("get", "times"), ("post", "move"), ("post", "cancel")])
def test_without_the_link_nothing_is_changed(app, clinic, visitor, method, path):
    client, walk_in = app.test_client(), visitor(clinic.widgets["walk_in"])
    for headers in ({}, walk_in.headers):
        answer = getattr(client, method)(f"/visit/{path}", json={"slot": "x"} if path == "move" else {}, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (401, "session_expired")


def test_whoever_does_not_know_the_date_of_birth_changes_nothing(app, clinic, booked):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True
    link = Changing(app, booked.ticket)
    assert link.appointment["may_change"] is False
    assert link.post("cancel").status_code == 401
    assert appointment(clinic, booked).status is AppointmentStatus.BOOKED
