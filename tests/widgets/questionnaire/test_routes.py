"""The addresses at which a patient is asked: by the link, after booking, while waiting; and whom they refuse."""

from __future__ import annotations

import re

import pytest

from telehealth import clock, questionnaire_response
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.questionnaire_response import Occasion, QuestionnaireResponse
from telehealth.waiting_room import Encounter
from tests.clinic import client_id
from tests.questionnaires import RIGHT, asked_everywhere
from tests.widgets.visit.test_routes import Link


@pytest.fixture
def booked(clinic):
    """The ticket of an appointment before which a questionnaire is asked."""
    asked_everywhere(clinic)
    with clinic.session() as session:
        return clinic.book(session).ticket.token


def answer_of(clinic):
    with clinic.session() as session:
        (response,) = session.query(QuestionnaireResponse).all()
        return response.status.value, response.answers


def id_in(page):
    return re.search(r'data-open="([\w-]+)"', page)[1]


class Patient:
    """Somebody who fills one in."""

    def __init__(self, client, headers, address, query=""):
        self.client, self.headers, self.address, self.query = client, headers, address, query

    def look(self):
        return self.client.get(self.address + self.query, headers=self.headers)

    def open(self, uid):
        return self.client.post(f"{self.address}/{uid}", json={}, headers=self.headers)

    def save(self, uid, answers, **more):
        body = {"client_id": client_id(), "answers": answers} | more
        return self.client.post(f"{self.address}/{uid}/answers", json=body, headers=self.headers)


def by_link(app, ticket, **body):
    link = Link(app, ticket, **body)
    return Patient(link.client, link.headers, "/visit/questionnaires")


def test_by_the_link_one_fills_in_and_reads_what_one_sent(app, clinic, booked):
    me = by_link(app, booked)
    listed = me.look().json
    assert listed["open"] == 1
    uid = id_in(listed["page"])
    form = me.open(uid).json["page"]
    assert "What happened?" in form and 'name="answers.i8"' in form
    assert me.save(uid, {"i3": "I fell", "i8": "7x"}).json == {"status": "started", "page": ""}
    assert "I fell" in me.open(uid).json["page"]
    sent = me.save(uid, RIGHT, complete=True).json
    assert sent["status"] == "completed" and "So-so" in sent["page"]
    assert answer_of(clinic)[0] == "completed"
    assert me.look().json["open"] == 0
    read = me.open(uid).json["page"]
    assert "I fell" in read and "<form" not in read


def test_opening_the_link_says_how_many_are_asked(app, booked):
    assert Link(app, booked).appointment["questionnaires"] == 1


def test_wrong_answers_are_named_by_field_and_nothing_is_sent(app, clinic, booked):
    me = by_link(app, booked)
    uid = id_in(me.look().json["page"])
    me.open(uid)
    refused = me.save(uid, RIGHT | {"i3": "", "i8": "heavy"}, complete=True)
    assert refused.status_code == 422
    assert refused.json["fields"] == {"answers.i3": "This is needed.", "answers.i8": "Enter a number, such as 12 or 71.5."}
    assert answer_of(clinic) == ("new", {})


def test_the_same_sent_twice_is_sent_once(app, clinic, booked):
    me, attempt = by_link(app, booked), client_id()
    uid = id_in(me.look().json["page"])
    me.open(uid)
    first = me.save(uid, RIGHT, complete=True, client_id=attempt)
    again = me.save(uid, RIGHT | {"i3": "Other"}, complete=True, client_id=attempt)
    assert (first.status_code, again.status_code) == (200, 200)
    assert me.save(uid, RIGHT | {"i3": "Other"}, complete=True).json["error"] == "already_completed"
    assert me.save(uid, {"i3": "Other"}).status_code == 409
    assert answer_of(clinic)[1]["i3"] == "I fell"


def test_what_was_never_opened_takes_no_answers(app, clinic, booked):
    me = by_link(app, booked)
    uid = id_in(me.look().json["page"])
    assert me.save(uid, RIGHT).status_code == 404
    assert answer_of(clinic) == ("new", {})


def test_after_a_cancellation_nothing_is_asked_any_more(app, clinic, booked):
    me = by_link(app, booked)
    uid = id_in(me.look().json["page"])
    me.open(uid)
    with clinic.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    assert me.look().json == {"page": "", "open": 0}
    assert me.open(uid).json["error"] == "questionnaire_closed"
    assert me.save(uid, {"i3": "x"}).json["error"] == "questionnaire_closed"


def test_somebody_elses_link_opens_nothing(app, clinic, booked):
    uid = id_in(by_link(app, booked).look().json["page"])
    with clinic.session() as session:
        stranger = clinic.book(session, slot=3).ticket.token
    me = by_link(app, stranger)
    assert me.open(uid).status_code == 404
    assert me.save(uid, RIGHT, complete=True).status_code == 404
    assert me.client.get("/visit/questionnaires").status_code == 401


def test_next_doors_link_opens_nothing(app, clinic, other, booked):
    uid = id_in(by_link(app, booked).look().json["page"])
    with other.session() as session:
        theirs = other.book(session).ticket.token
    me = by_link(app, theirs)
    assert me.look().json == {"page": "", "open": 0}
    assert me.open(uid).status_code == 404
    assert clinic.mark not in me.save(uid, RIGHT).text


def test_where_the_date_of_birth_is_asked_it_is_asked_first(app, clinic, booked):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True
    unknown = Link(app, booked)
    assert unknown.appointment["questionnaires"] == 0
    assert unknown.client.get("/visit/questionnaires", headers=unknown.headers).status_code == 401
    assert by_link(app, booked, patient={"birth_date": "1984-03-27"}).look().json["open"] == 1


def test_right_after_booking_it_is_offered_to_whoever_booked(app, clinic, visitor):
    asked_everywhere(clinic)
    me, stranger = visitor(clinic.widgets["booking"]), visitor(clinic.widgets["booking"])
    days = me.get(f"/slots?date={_in_two_days()}").json["slots"]
    patient = {"initials": "M.", "last_name": "de Vries", "birth_date": "1984-03-27", "email": "m@example.org"}
    body = {"client_id": client_id(), "slot": days[0]["id"], "patient": patient, "accept_terms": True}
    made = me.post("/appointments", body).json
    assert made["questionnaires"] == 1
    mine = Patient(me.client, me.headers, f"/w/{me.widget}/questionnaires", f"?appointment={made['id']}")
    uid = id_in(mine.look().json["page"])
    assert mine.open(uid).status_code == 200
    assert mine.save(uid, RIGHT, complete=True).json["status"] == "completed"
    theirs = Patient(stranger.client, stranger.headers, mine.address, mine.query)
    assert (theirs.look().status_code, theirs.open(uid).status_code, theirs.save(uid, RIGHT).status_code) == (404, 404, 404)


def _in_two_days():
    from datetime import timedelta

    return (clock.now() + timedelta(days=2)).date()


def test_while_waiting_it_is_filled_in_too(app, clinic, visitor):
    asked_everywhere(clinic)
    me = visitor(clinic.widgets["walk_in"])
    patient = {"initials": "S.", "last_name": "Lindqvist", "birth_date": "1958-09-14"}
    body = {"client_id": client_id(), "department": clinic.departments[0], "patient": patient, "accept_terms": True}
    state = me.post("/encounters", body).json
    assert state["questionnaires"] == 1
    mine = Patient(me.client, me.headers, f"/w/{me.widget}/questionnaires")
    uid = id_in(mine.look().json["page"])
    mine.open(uid)
    assert mine.save(uid, RIGHT, complete=True).json["status"] == "completed"
    assert me.get("/encounters/current").json["questionnaires"] == 1


def test_the_visit_of_an_appointment_has_what_the_appointment_asked(app, clinic, booked):
    with clinic.session() as session:
        made = session.query(Appointment).one()
        with clock.at(made.start):
            answer = Link(app, booked).post("check-in")
        visit = session.query(Encounter).one()
        assert questionnaire_response.how_many(session, Occasion.of_visit(visit)) == 1
    assert answer.json["questionnaires"] == 1


@pytest.mark.parametrize("body", [
    {}, {"client_id": "short"}, {"answers": "x"}, {"answers": {"x" * 41: "x"}}, {"answers": {"i3": {"a": "b"}}},
    {"answers": {"i3": "x" * 9001}}, {"answers": {"i5": ["x"] * 201}}, {"answers": {}, "other": 1},
])  # fmt: skip
def test_what_has_another_shape_is_refused(app, booked, body):
    me = by_link(app, booked)
    uid = id_in(me.look().json["page"])
    me.open(uid)
    body = body if not body or "client_id" in body else {"client_id": client_id()} | body
    refused = me.client.post(f"/visit/questionnaires/{uid}/answers", json=body, headers=me.headers)
    assert refused.status_code == 422


def test_answers_stand_in_no_column_of_the_database(app, clinic, booked, house):
    me = by_link(app, booked)
    uid = id_in(me.look().json["page"])
    me.open(uid)
    me.save(uid, {"i3": "Unmistakable secret"})
    me.save(uid, RIGHT | {"i3": "Unmistakable secret"}, complete=True)
    assert answer_of(clinic)[1]["i3"] == "Unmistakable secret"
    url = house.engine.url
    if url.get_backend_name() != "sqlite":
        pytest.skip("the file is read where the database is one")
    from pathlib import Path

    stored = b"".join(path.read_bytes() for path in Path(url.database).parent.glob(f"{Path(url.database).name}*"))
    assert b"Before your visit" in stored
    assert b"Unmistakable" not in stored
