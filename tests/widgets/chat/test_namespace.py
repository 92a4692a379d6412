"""The live side of chat: own conversations only, everything once and in order, how channels stand."""

from __future__ import annotations

import pytest
from socketio.exceptions import ConnectionError as Refused

from telehealth.channel import ChannelSwitch
from telehealth.widget import Widget
from tests.clinic import client_id
from tests.page import Page
from tests.widgets.chat.test_routes import question



@pytest.fixture
def connect(live):
    pages = []

    def open_(token):
        pages.append(Page(live, "/chat", token=token))
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


@pytest.fixture
def patient(clinic, visitor):
    return visitor(clinic.widgets["chat"])


@pytest.fixture
def talk(clinic, patient, connect):
    """A conversation that has begun and is open on a page: its id and the page."""
    begun = patient.post("/conversations", question(clinic)).json["conversation"]
    page = connect(patient.token)
    page.ask("open", conversation=begun)
    return begun, page


def test_opening_tells_how_it_stands(clinic, talk):
    begun, page = talk
    stands = page.ask("open", conversation=begun)
    assert (stands["conversation"], stands["state"], stands["channel"]) == (begun, "new", clinic.channels["open"])
    assert (stands["by"], stands["read_to"], stands["seq"]) == ("", 0, 1)


def test_what_is_written_is_numbered_kept_and_told(talk, desk):
    begun, page = talk
    name = client_id()
    assert page.ask("say", conversation=begun, client_id=name, text="And when?") == {"seq": 2}
    told = page.heard("message")
    assert (told["seq"], told["client_id"], told["author"], told["text"]) == (2, name, "patient", "And when?")
    assert desk.said()[-1] == "And when?"


def test_a_repeat_is_the_same_message_and_told_once(talk, desk):
    begun, page = talk
    name = client_id()
    answers = [page.ask("say", conversation=begun, client_id=name, text="Once") for _ in range(3)]
    assert answers == [{"seq": 2}] * 3
    assert desk.said().count("Once") == 1
    page.ask("say", conversation=begun, client_id=client_id(), text="Next")
    assert [page.heard("message")["text"] for _ in range(2)] == ["Once", "Next"]


def test_the_gap_comes_in_pages_in_order(talk, desk):
    begun, page = talk
    for n in range(104):
        desk.write(str(n))
    first = page.ask("catch_up", conversation=begun, after=1)
    assert (len(first["items"]), first["more"]) == (100, True)
    rest = page.ask("catch_up", conversation=begun, after=first["items"][-1]["seq"])
    assert ([item["seq"] for item in rest["items"]], rest["more"]) == ([102, 103, 104, 105], False)


def test_what_the_clinic_does_is_told(clinic, talk, desk):
    _begun, page = talk
    desk.claim()
    assert page.heard("changed")["by"] == clinic.staff("nurse").name
    desk.read()
    assert page.heard("changed")["read_to"] == 1
    desk.write("Better not.")
    assert page.heard("message")["text"] == "Better not."
    desk.transfer("internal")
    moved = page.heard("changed")
    assert (moved["channel_name"], moved["state"], moved["by"]) == (f"Doctor chat {clinic.mark}", "new", "")
    desk.enter("internal")
    desk.close()
    assert page.heard("changed")["state"] == "closed"


def test_reading_is_told_to_the_clinic(talk, desk):
    begun, page = talk
    desk.write("Better not.")
    page.heard("message")
    page.ask("read", conversation=begun)
    with desk.thread() as thread:
        assert thread.unread_by_patient == 0


def test_the_patient_can_end_it_once(talk, desk):
    begun, page = talk
    assert page.ask("leave", conversation=begun)["state"] == "closed"
    assert page.ask("leave", conversation=begun)["state"] == "closed"
    refused = page.ask("say", conversation=begun, client_id=client_id(), text="Still there?")
    assert refused["error"] == "conversation_closed"
    assert refused["message"]


@pytest.mark.parametrize(
    ("event", "more"),
    [("open", {}), ("catch_up", {"after": 0}), ("say", {"client_id": "x" * 8, "text": "Hi"}), ("read", {}), ("leave", {}),
     ("edit", {"seq": 1, "text": "Mine"}), ("delete", {"seq": 1}), ("received", {"to": 1}), ("typing", {"on": True}),
     ("beat", {}), ("feedback", {"rating": "5"}), ("place", {})],
)
def test_somebody_elses_conversation_is_not_there(clinic, other, visitor, talk, connect, desk, event, more):
    begun, page = talk
    strangers = [visitor(clinic.widgets["chat"]), visitor(other.widgets["chat"])]
    for stranger in strangers:
        answer = connect(stranger.token).ask(event, conversation=begun, **more)
        assert answer["error"] == "unknown"
        assert "May I take both?" not in str(answer)
    assert page.ask(event, conversation="x" * 22, **more)["error"] == "unknown"
    assert desk.said() == ["May I take both?"]


def test_a_beat_without_a_conversation_is_answered(talk):
    _begun, page = talk
    assert page.ask("beat") == {"ahead": None}


def test_how_it_was_is_asked_only_at_the_end(talk, desk):
    begun, page = talk
    assert page.ask("feedback", conversation=begun, rating="5")["error"] == "feedback_closed"
    desk.claim()
    desk.close()
    assert page.ask("feedback", conversation=begun, rating="5")["state"] == "closed"


def test_a_page_hears_only_the_conversation_it_has_opened(clinic, visitor, talk, connect, desk):
    _begun, page = talk
    stranger = connect(visitor(clinic.widgets["chat"]).token)
    desk.write("For the patient only")
    page.heard("message")
    assert stranger.ask("channels")["channels"]
    assert stranger.events.empty()


def test_opening_another_conversation_leaves_the_first(clinic, patient, talk, desk):
    _begun, page = talk
    second = patient.post("/conversations", question(clinic)).json["conversation"]
    page.ask("open", conversation=second)
    with clinic.session() as session:
        from telehealth.conversation import Conversation

        first = session.query(Conversation).order_by(Conversation.id).first()
        first.finish(first.started_at)
    assert page.ask("open", conversation=second)["state"] == "new"
    assert page.events.empty()


def test_how_channels_stand_is_asked_and_told(clinic, patient, connect, desk):
    page = connect(patient.token)
    states = {one["id"]: one["state"] for one in page.ask("channels")["channels"]}
    assert states == {
        clinic.channels["open"]: "open", clinic.channels["shared"]: "open", clinic.channels["closed"]: "closed",
    }  # fmt: skip
    desk.turn("open", ChannelSwitch.OPEN, congested=True)
    told = page.heard("channel")
    assert (told["id"], told["state"]) == (clinic.channels["open"], "congested")
    desk.turn("open", ChannelSwitch.CLOSED)
    assert page.heard("channel")["state"] == "closed"


def test_internal_channels_and_those_of_others_are_never_told(clinic, other, patient, connect, desk):
    page = connect(patient.token)
    desk.turn("internal", ChannelSwitch.CLOSED)
    type(desk)(other).turn("open", ChannelSwitch.CLOSED)
    desk.turn("shared", ChannelSwitch.CLOSED)
    assert page.heard("channel")["id"] == clinic.channels["shared"]


@pytest.mark.parametrize("token", ["", "nonsense", "walk_in", "paused"])
def test_without_the_right_session_nobody_connects(clinic, visitor, connect, token):
    given = {"walk_in": lambda: visitor(clinic.widgets["walk_in"]).token, "paused": lambda: paused(clinic, visitor)}
    with pytest.raises(Refused):
        connect(given.get(token, lambda: token)())


def paused(clinic, visitor):
    token = visitor(clinic.widgets["chat"]).token
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets["chat"]).one().active = False
    return token


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("say", {"conversation": "x", "client_id": "short", "text": "Hi"}, "invalid"),
        ("say", {"conversation": "x"}, "invalid"),
        ("catch_up", {"conversation": "x", "after": "y"}, "invalid"),
        ("open", {"conversation": "x", "more": 1}, "invalid"),
        ("beat", {"conversation": 1}, "invalid"),
        ("feedback", {"conversation": "x"}, "invalid"),
        ("feedback", {"conversation": "x", "rating": "6"}, "invalid"),
        ("nothing_of_that_name", {}, "unknown_event"),
    ],
)
def test_what_makes_no_sense_is_refused_with_words(patient, connect, event, data, code):
    answer = connect(patient.token).ask(event, **data)
    assert answer["error"] == code
    assert answer["message"]
