"""The live side of waiting: who may connect, what may be sent, what is told to whom."""

from __future__ import annotations

import time

import pytest
import socketio

from telehealth import clock
from telehealth.announcement import Announcement
from telehealth.organization import Organization
from telehealth.waiting_room import Encounter
from tests.clinic import client_id
from tests.page import SECONDS, Page
from tests.widgets.walk_in.test_routes import entry



@pytest.fixture
def connect(live):
    pages = []

    def open_(token, **auth):
        pages.append(Page(live, "/walk-in", token=token, **auth))
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


@pytest.fixture
def patient(clinic, visitor):
    found = visitor(clinic.widgets["walk_in"])
    assert found.post("/encounters", entry(clinic)).status_code == 201
    return found


def test_connecting_is_seen_and_so_is_going(patient, connect, desk):
    def connected():
        with desk.visit() as visit:
            assert visit.status == "waiting"
            return visit.connected

    page = connect(patient.token)
    assert connected()
    page.close()
    end = time.monotonic() + SECONDS
    while connected():
        assert time.monotonic() < end


def test_the_patient_is_told_at_once_that_the_clinic_has_seen_them(patient, connect, desk):
    page = connect(patient.token)
    assert page.ask("beat")["state"]["noticed"] is False
    desk.acknowledge()
    assert page.heard("state")["noticed"] is True


@pytest.mark.parametrize("auth", [{"token": ""}, {"token": "forged"}, {}, {"token": 1}, {"token": "x", "room": "all"}])
def test_without_a_session_nobody_connects(live, clinic, auth):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Page(live, "/walk-in", **auth)


def test_a_session_without_a_visit_is_refused(live, clinic, visitor):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Page(live, "/walk-in", token=visitor(clinic.widgets["walk_in"]).token)


def test_a_chat_session_is_refused(live, clinic, visitor):
    with pytest.raises(socketio.exceptions.ConnectionError):
        Page(live, "/walk-in", token=visitor(clinic.widgets["chat"]).token)


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("say", {"client_id": "short", "text": "x"}, "invalid"),
        ("say", {"text": "x"}, "invalid"),
        ("say", {"client_id": client_id(), "text": " "}, "empty_message"),
        ("say", {"client_id": client_id(), "text": "x" * 8001}, "message_too_long"),
        ("catch_up", {"after": "first"}, "invalid"),
        ("catch_up", {"after": 0, "conversation": 1}, "invalid"),
        ("leave", {"visit": 1}, "invalid"),
        ("beat", {"connected": False}, "invalid"),
        ("read", {"until": 5}, "invalid"),
        ("admit", {}, "unknown_event"),
    ],
)
def test_what_is_not_declared_is_refused(patient, connect, event, data, code):
    answer = connect(patient.token).ask(event, **data)
    assert answer["error"] == code and answer["message"]


def test_what_both_write_reaches_both(clinic, patient, connect, desk):
    page = connect(patient.token)
    assert page.ask("say", client_id=client_id(), text="Hello") == {"seq": 1}
    assert page.heard("message")["author"] == "patient"
    desk.write("Good morning")
    told = page.heard("message")
    assert (told["seq"], told["author"], told["text"]) == (2, "staff", "Good morning")


def test_a_repeat_is_the_same_message(patient, connect, desk):
    page, name = connect(patient.token), client_id()
    assert [page.ask("say", client_id=name, text="Hello")["seq"] for _ in range(2)] == [1, 1]
    assert desk.said() == ["Hello"]


def test_the_gap_comes_in_order_and_with_the_state(patient, connect, desk):
    for text in ("one", "two", "three"):
        desk.write(text)
    answer = connect(patient.token).ask("catch_up", after=1)
    assert [line["text"] for line in answer["items"]] == ["two", "three"]
    assert (answer["seq"], answer["more"], answer["state"]["status"]) == (3, False, "waiting")


def test_a_clinic_that_takes_no_messages_says_so(clinic, patient, connect):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).patients_may_write = False
    answer = connect(patient.token).ask("say", client_id=client_id(), text="Hello")
    assert answer["error"] == "not_allowed" and "role" not in answer["message"]


def test_nobody_hears_another_patients_words(clinic, visitor, connect, patient, desk):
    stranger = visitor(clinic.widgets["walk_in"])
    stranger.post("/encounters", entry(clinic))
    mine, theirs = connect(patient.token), connect(stranger.token)
    mine.ask("say", client_id=client_id(), text="Only for the clinic")
    assert mine.heard("message")["text"] == "Only for the clinic"
    assert theirs.ask("catch_up", after=0)["items"] == []
    assert not [data for name, data in list(theirs.events.queue) if name == "message"]


def test_the_turn_is_told_at_once(patient, connect, desk, clinic):
    page = connect(patient.token)
    desk.admit()
    while (state := page.heard("state"))["status"] != "admitted":
        pass
    assert state["admitted_by"]["name"] == f"Dr Doctor {clinic.mark}"


def test_the_place_is_told_when_somebody_before_goes(clinic, visitor, connect, patient):
    later = visitor(clinic.widgets["walk_in"])
    later.post("/encounters", entry(clinic))
    page = connect(later.token)
    assert page.ask("beat")["state"]["standing"]["place"] == 2
    patient.post("/encounters/current/leave")
    while page.heard("place")["standing"]["place"] != 1:
        pass


def test_an_announcement_is_told_to_every_page_of_its_department_in_its_language(clinic, visitor, patient, connect):
    page, foreign = connect(patient.token), connect(patient.token, locale="ar-XB")
    next_door = visitor(clinic.widgets["walk_in"])
    next_door.post("/encounters", entry(clinic, department=clinic.departments[1]))
    nurses = connect(next_door.token)
    with clinic.session() as session:
        session.add(Announcement(text="We are late.", department_id=clinic.departments[0]))
    assert shown(page.heard("announcements")) == [("We are late.", "")]
    assert shown(foreign.heard("announcements")) == [("We are late.", "en")]
    assert shown(nurses.heard("announcements")) == []
    assert shown(page.ask("beat")["state"]) == [("We are late.", "")]


def test_an_announcement_of_another_clinic_is_not_told(clinic, other, patient, connect):
    page = connect(patient.token)
    with other.session() as session:
        session.add(Announcement(text="Not for you."))
    with clinic.session() as session:
        session.add(Announcement(text="For you."))
    assert shown(page.heard("announcements")) == [("For you.", "")]


def shown(told):
    return [(notice["text"]["text"], notice["text"]["lang"]) for notice in told["announcements"]]


def test_the_clinic_has_read_it_is_told(patient, connect, desk):
    page = connect(patient.token)
    page.ask("say", client_id=client_id(), text="Hello")
    assert page.ask("beat")["state"]["read_to"] == 0
    desk.read()
    assert page.heard("reach") == {"has": 1, "read": 1}


def test_the_clinic_sees_that_its_words_were_seen(clinic, patient, connect, desk):
    page = connect(patient.token)
    desk.write("Good morning")
    page.ask("read")
    with clinic.session() as session:
        assert session.query(Encounter).one().conversation.unread_by_patient == 0


def test_leaving_ends_the_visit(clinic, patient, connect):
    state = connect(patient.token).ask("leave")["state"]
    assert (state["status"], state["end_reason"]) == ("ended", "left")


def test_who_comes_back_after_the_end_is_told_of_it(clinic, patient, connect, desk):
    desk.end()
    page = connect(patient.token)
    assert page.ask("catch_up", after=0)["state"]["end_reason"] == "completed"
    assert page.ask("say", client_id=client_id(), text="Hello")["error"] == "not_allowed"


def test_refusals_are_in_the_patients_language(clinic, patient, connect):
    answer = connect(patient.token, locale="ar-XB").ask("beat")
    assert answer["state"]["department"]["lang"] == "en"


def test_a_page_that_says_nothing_for_long_loses_its_place(clinic, patient, connect):
    from datetime import timedelta

    from telehealth import waiting_room

    connect(patient.token)
    with clinic.session() as session:
        waiting_room.sweep(session, timedelta(minutes=5), clock.now() + timedelta(minutes=7))
        assert session.query(Encounter).one().status == "waiting"
        waiting_room.sweep(session, timedelta(minutes=5), clock.now() + timedelta(minutes=9))
        assert session.query(Encounter).one().end_reason == "lost"
