"""The addresses behind an appointment's link: looking changes nothing, the button checks in, and when it is refused."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_time

from telehealth import clock, delay
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.waiting_room import Encounter
from web.locale import babel_locale


@pytest.fixture
def booked(clinic):
    """An appointment's ticket and times."""
    with clinic.session() as session:
        appointment = clinic.book(session)
        return Booked(appointment.id, appointment.ticket.token, appointment.start, appointment.end)


class Booked:
    def __init__(self, id_, ticket, start, end):
        self.id, self.ticket, self.start, self.end = id_, ticket, start, end


class Link:
    """Somebody who has opened the link."""

    def __init__(self, app, ticket, **body):
        self.client = app.test_client()
        self.answer = self.client.post("/visit/session", json={"ticket": ticket} | body)
        assert self.answer.status_code == 201, self.answer.text
        self.headers = {"Authorization": f"Bearer {self.answer.json['token']}"}
        self.appointment = self.answer.json["appointment"]

    def post(self, path):
        return self.client.post(f"/visit/{path}", json={}, headers=self.headers)

    def get(self, path):
        return self.client.get(f"/visit/{path}", headers=self.headers)


def visits(clinic):
    with clinic.session() as session:
        return session.query(Encounter).count()


def test_the_page_needs_nothing_and_may_not_be_framed(app):
    page = app.test_client().get("/visit")
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in page.headers


def test_looking_changes_nothing(app, clinic, booked):
    with clock.at(booked.start):
        link = Link(app, booked.ticket)
        assert "Set-Cookie" not in link.answer.headers
    assert visits(clinic) == 0


@pytest.mark.parametrize(
    ("minutes", "door"), [(-61, "early"), (-59, "open"), (0, "open"), (20 + 59, "open"), (20 + 61, "late")]
)
def test_the_link_knows_its_window(app, booked, minutes, door):
    with clock.at(booked.start + timedelta(minutes=minutes)):
        assert Link(app, booked.ticket).appointment["door"] == door


def test_the_link_tells_when_and_with_whom(app, clinic, booked):
    appointment = Link(app, booked.ticket).appointment
    assert appointment["start"] == booked.start.isoformat().replace("+00:00", "Z")
    assert clinic.mark in appointment["practitioner"]
    assert appointment["clinic"]["phone"] == "01632 960 120"
    assert appointment["zone"] == "Europe/Amsterdam"


def test_the_link_tells_nothing_about_the_patient(app, clinic, booked):
    assert "Vries" not in Link(app, booked.ticket).answer.text


def test_the_button_checks_in(app, clinic, booked):
    with clock.at(booked.start - timedelta(minutes=20)):
        answer = Link(app, booked.ticket).post("check-in")
    assert (answer.status_code, answer.json["status"]) == (201, "waiting")
    with clinic.session() as session:
        assert session.query(Encounter).one().appointment_id == booked.id


def test_pressing_twice_is_one_visit(app, clinic, booked):
    with clock.at(booked.start):
        link = Link(app, booked.ticket)
        link.post("check-in")
        link.post("check-in")
    assert visits(clinic) == 1


def test_the_same_link_elsewhere_finds_the_same_visit(app, clinic, booked):
    with clock.at(booked.start):
        Link(app, booked.ticket).post("check-in")
        again = Link(app, booked.ticket)
        assert again.appointment["inside"]
        assert again.get("current").json["status"] == "waiting"
    assert visits(clinic) == 1


@pytest.mark.parametrize(("minutes", "code"), [(-61, "too_early"), (20 + 61, "too_late")])
def test_outside_the_window_the_button_is_refused(app, clinic, booked, minutes, code):
    with clock.at(booked.start + timedelta(minutes=minutes)):
        answer = Link(app, booked.ticket).post("check-in")
    assert (answer.status_code, answer.json["error"]) == (403, code)
    assert visits(clinic) == 0


def test_a_cancelled_appointment_says_so(app, clinic, booked):
    with clinic.session() as session:
        session.get_one(Appointment, booked.id).cancel(clock.now())
    with clock.at(booked.start):
        link = Link(app, booked.ticket)
        answer = link.post("check-in")
    assert link.appointment["door"] == "cancelled"
    assert (answer.status_code, answer.json["error"]) == (409, "cancelled")
    assert visits(clinic) == 0


def test_leaving_and_coming_back_is_a_new_visit_that_can_write(app, clinic, booked):
    with clock.at(booked.start):
        link = Link(app, booked.ticket)
        link.post("check-in")
        assert link.post("leave").json["end_reason"] == "left"
        again = link.post("check-in").json
    assert (again["status"], again["may_write"]) == ("waiting", True)
    with clinic.session() as session:
        threads = [visit.conversation for visit in session.query(Encounter).order_by(Encounter.id)]
        assert [thread.closed_at is None for thread in threads] == [False, True]


def test_whoever_books_twice_holds_two_links(app, clinic):
    with clinic.session() as session:
        both = [clinic.book(session, slot, visitor="the same browser") for slot in (0, 1)]
        tickets, start = [a.ticket.token for a in both], both[0].start
    with clock.at(start):
        first, second = (Link(app, ticket) for ticket in tickets)
        first.post("check-in")
        assert second.get("current").status_code == 404


@pytest.mark.parametrize("ticket", ["", "nothing", "x" * 43])
def test_a_link_that_was_never_given_is_unknown(app, ticket):
    answer = app.test_client().post("/visit/session", json={"ticket": ticket})
    assert (answer.status_code, answer.json["error"]) == (404, "unknown_ticket")


def test_a_walk_in_ticket_is_no_appointment(app, clinic):
    with clinic.session() as session:
        ticket = clinic.arrive(session).ticket.token
    assert app.test_client().post("/visit/session", json={"ticket": ticket}).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("post", "check-in"), ("get", "current"), ("post", "leave")])
def test_without_the_link_nothing_opens(app, clinic, visitor, method, path):
    client, walk_in = app.test_client(), visitor(clinic.widgets["walk_in"])
    for headers in ({}, walk_in.headers):
        answer = getattr(client, method)(f"/visit/{path}", json={}, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (401, "session_expired")


def test_a_links_session_opens_no_widget(app, clinic, booked):
    link = Link(app, booked.ticket)
    answer = link.client.get(f"/w/{clinic.widgets['walk_in']}/encounters/current", headers=link.headers)
    assert answer.status_code == 401


def test_another_site_cannot_ask(app, booked):
    answer = app.test_client().post(
        "/visit/session", json={"ticket": booked.ticket}, headers={"Origin": "https://evil.example"}
    )
    assert (answer.status_code, answer.json["error"]) == (403, "not_allowed")


def test_after_the_visit_the_link_leads_to_its_end_for_a_day(app, clinic, booked):
    """Somebody who has only been in the waiting room and left may come in again."""
    with clock.at(booked.start):
        link = Link(app, booked.ticket)
        link.post("check-in")
        assert link.appointment["ended"] is False
        link.post("leave")
        assert Link(app, booked.ticket).appointment["ended"] is False
        link.post("check-in")
        with clinic.session() as session:
            visit = session.query(Encounter).order_by(Encounter.id.desc()).first()
            visit.admit(clinic.staff("admin"), clock.now())
            visit.end(clinic.staff("admin"), clock.now())
            visit.sum_up(clinic.staff("admin"), "Rest.", None, clock.now())
        again = Link(app, booked.ticket)
        assert (again.appointment["inside"], again.appointment["ended"]) == (False, True)
        assert again.get("current").json["ending"]["summary"] == "Rest."
    with clock.at(booked.start + timedelta(hours=24, minutes=1)):
        late = Link(app, booked.ticket)
        assert late.appointment["ended"] is False
        assert late.get("current").status_code == 404


@pytest.fixture
def asking(clinic):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True


def test_who_must_know_the_date_of_birth_gets_no_session_without_it(app, clinic, booked, asking):
    with clock.at(booked.start):
        link = Link(app, booked.ticket)
        assert (link.answer.json["token"], link.appointment["asks_birth_date"]) == ("", True)
        assert link.post("check-in").status_code == 401
        known = Link(app, booked.ticket, patient={"birth_date": "1984-03-27"})
        assert known.appointment["asks_birth_date"] is False
        assert known.post("check-in").status_code == 201
        assert Link(app, booked.ticket).appointment["inside"] is False, "nobody else learns that the patient is there"
    assert visits(clinic) == 1


def test_before_the_date_is_known_the_clinics_words_do_not_name_the_patient(app, clinic, booked, asking):
    with clinic.session() as session:
        session.get_one(Appointment, booked.id).department.late_text = "Please hurry, *|patient_name|*."
    assert "Vries" not in Link(app, booked.ticket).answer.text
    assert "Vries" in Link(app, booked.ticket, patient={"birth_date": "1984-03-27"}).answer.text


def test_whoever_was_known_is_known_after_a_reload(app, booked, asking):
    token = Link(app, booked.ticket, patient={"birth_date": "1984-03-27"}).answer.json["token"]
    again = app.test_client().post(
        "/visit/session", json={"ticket": booked.ticket}, headers={"Authorization": f"Bearer {token}"}
    )
    assert again.json["token"]


def test_a_token_of_another_link_makes_nobody_known(app, clinic, booked, asking):
    with clinic.session() as session:
        other = clinic.book(session, 1).ticket.token
    token = Link(app, other, patient={"birth_date": "1984-03-27"}).answer.json["token"]
    answer = app.test_client().post(
        "/visit/session", json={"ticket": booked.ticket}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json["token"] == ""


def test_a_wrong_date_is_refused_in_words_and_cannot_be_guessed(app, booked, asking):
    def answer():
        return app.test_client().post("/visit/session", json={"ticket": booked.ticket, "patient": {"birth_date": "1984-03-28"}})

    answers = [answer() for _ in range(11)]
    assert [a.status_code for a in answers] == [422] * 10 + [429]
    assert "not the date" in answers[0].json["fields"]["birth_date"]


def test_of_a_patient_without_a_known_date_none_is_asked(app, clinic, booked, asking):
    with clinic.session() as session:
        session.get_one(Appointment, booked.id).patient.birth_date = None
    assert Link(app, booked.ticket).answer.json["token"]


def test_the_clinics_own_words_for_each_door_come_with_their_codes_filled(app, clinic, booked):
    with clinic.session() as session:
        department = session.get_one(Appointment, booked.id).department
        department.on_time_text = "You are on time for *|appointment_time|*, welcome from *|appointment_welcome_from|*."
        department.late_text = "Please hurry, *|patient_name|*."
    said = Link(app, booked.ticket).appointment["said"]
    zone, english = ZoneInfo("Europe/Amsterdam"), babel_locale("en")
    start, welcome = (
        format_time(booked.start - timedelta(minutes=m), "short", tzinfo=zone, locale=english) for m in (0, 30)
    )
    assert said["on_time"]["text"] == f"You are on time for {start}, welcome from {welcome}."
    assert "M. de Vries" in said["late"]["text"]
    assert (said["early"], said["over"]) == (None, None)


def test_a_delay_stands_on_the_page_of_the_link(app, clinic, booked):
    with clinic.session() as session, clock.at(booked.start - timedelta(hours=1)):
        person = session.get_one(Appointment, booked.id).practitioner_id
        delay.run_late(session, clinic.staff("admin"), person, 15, clock.now())
    with clock.at(booked.start - timedelta(minutes=10)):
        assert Link(app, booked.ticket).appointment["minutes_late"] == 15
    assert Link(app, booked.ticket).appointment["minutes_late"] == 0, "not two days before"
    with clinic.session() as session:
        person = session.get_one(Appointment, booked.id).practitioner
        person.late_minutes, person.late_since = 15, clock.now()
    assert Link(app, booked.ticket).appointment["minutes_late"] == 0, "today's delay is not the day after tomorrow's"
