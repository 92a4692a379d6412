"""Signalling: who may take part in a call, what is passed on and to whom, and that it ends with the visit."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from socketio.exceptions import ConnectionError as Refused

from config import Settings
from telehealth import clock
from telehealth.organization import Organization
from telehealth.room import VideoFit
from telehealth.waiting_room import Encounter
from tests.page import Page
from tests.widgets.walk_in.test_routes import entry
from web import ice

SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
ON = {"microphone": True, "camera": True, "screen": False, "picture": True}


@pytest.fixture
def patient(clinic, visitor, live):
    """A patient's open page, and the visit's id."""
    found = visitor(clinic.widgets["walk_in"])
    assert found.post("/encounters", entry(clinic)).status_code == 201
    page = Page(live, "/walk-in", token=found.token)
    yield page
    page.close()


@pytest.fixture
def visit(clinic, patient):
    with clinic.session() as session:
        return session.query(Encounter).one().id


@pytest.fixture
def at_desk(live, staff):
    """Somebody of a clinic at the desk: `at_desk(clinic, "doctor")`."""
    pages = []

    def open_(clinic, person):
        pages.append(Page(live, "/desk", token=staff(clinic, person).send("/desk/token").json["token"]))
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


@pytest.fixture
def both(clinic, patient, visit, at_desk, desk):
    """Patient and doctor in the call."""
    desk.admit()
    doctor = at_desk(clinic, "doctor")
    assert doctor.ask("call_join", id=visit, page="d1", media=ON)["pid"].startswith("p")
    assert patient.ask("call_join", page="p1", media=ON) == {"pid": f"v{visit}", "iceServers": [], "iceTransportPolicy": "all"}
    return patient, doctor


def test_before_the_patient_is_called_in_nobody_takes_part(clinic, patient, visit, at_desk):
    assert patient.ask("call_join", page="p1")["error"] == "not_in_call"
    assert at_desk(clinic, "doctor").ask("call_join", id=visit, page="d1")["error"] == "not_in_call"


def test_whoever_comes_is_told_to_those_who_are_there(clinic, visit, both):
    _patient, doctor = both
    told = doctor.heard("call_joined")
    assert told == {"pid": f"v{visit}", "name": "S. Lindqvist", "role": "patient", "page": "p1", "media": ON}


def test_words_pass_in_both_directions_as_they_are(clinic, visit, both):
    patient, doctor = both
    offer = {"type": "offer", "sdp": SDP, "offer": "o1"}
    me = f"p{clinic.people['doctor']}"
    assert doctor.ask("call_signal", id=visit, page="d1", to=f"v{visit}", description=offer) == {}
    heard = patient.heard("call_signal")
    assert (heard["from"], heard["description"], heard["name"]) == (me, offer, clinic.staff("doctor").name)
    candidate = {"candidate": "candidate:1 1 udp 1 127.0.0.1 1 typ host", "sdpMid": "0", "sdpMLineIndex": 0}
    assert patient.ask("call_signal", page="p1", to=me, candidates=[candidate]) == {}
    assert doctor.heard("call_signal")["candidates"] == [candidate]


def test_a_switched_camera_is_told(visit, both):
    patient, doctor = both
    patient.ask("call_media", page="p1", media={"microphone": True, "camera": False})
    assert doctor.heard("call_media") == {"from": f"v{visit}", "page": "p1", "media": ON | {"camera": False}}


def test_a_page_that_goes_is_told(visit, both):
    patient, doctor = both
    patient.close()
    assert doctor.heard("call_away") == {"from": f"v{visit}", "page": "p1"}


@pytest.mark.parametrize("person", ["manager", "admin", "nurse"])
def test_colleagues_who_have_not_called_the_patient_in_take_no_part(clinic, visit, both, at_desk, person):
    refused = at_desk(clinic, person).ask("call_join", id=visit, page="c1")["error"]
    assert refused in {"not_in_call", "unknown", "not_allowed"}


def test_the_clinic_next_door_takes_no_part(other, visit, both, at_desk):
    stranger = at_desk(other, "doctor")
    assert stranger.ask("call_join", id=visit, page="x1")["error"] == "unknown"
    assert stranger.ask("call_signal", id=visit, page="x1", to="v1", description={"type": "offer", "sdp": SDP, "offer": "o1"})["error"] == "unknown"


def test_who_has_not_joined_says_nothing(clinic, patient, visit, desk):
    desk.admit()
    asked = patient.ask("call_signal", page="p1", to="p1", here=ON)
    assert asked["error"] == "not_in_call"


def test_another_patient_hears_nothing(clinic, visitor, live, both, visit):
    patient, doctor = both
    found = visitor(clinic.widgets["walk_in"])
    assert found.post("/encounters", entry(clinic)).status_code == 201
    another = Page(live, "/walk-in", token=found.token)
    assert another.ask("call_join", page="a1")["error"] == "not_in_call"
    doctor.ask("call_media", id=visit, page="d1", media=ON)
    patient.heard("call_media")
    another.ask("beat")
    assert not [name for name, _ in list(another.events.queue) if name.startswith("call")]
    another.close()


def test_on_hold_nobody_hears_the_other_any_more(clinic, visit, both):
    patient, doctor = both
    doctor.ask("hold", id=visit)
    assert doctor.ask("call_media", id=visit, page="d1", media=ON)["error"] == "not_in_call"
    assert patient.ask("call_signal", page="p1", to="p1", here=ON)["error"] == "not_in_call"


@pytest.mark.parametrize(
    "word",
    [{"to": "v 1"}, {"to": "v1", "description": {"type": "rollback", "sdp": SDP, "offer": "o1"}}, {"to": "v1", "candidates": [{}] * 31},
     {"to": "v1", "description": {"type": "offer", "sdp": "x" * 40_001, "offer": "o1"}}],
)  # fmt: skip
def test_words_of_another_shape_are_refused(both, word):
    patient, _doctor = both
    assert patient.ask("call_signal", page="p1", **word)["error"] == "invalid"


def test_a_forged_token_opens_no_desk(live):
    with pytest.raises(Refused):
        Page(live, "/desk", token="forged")


def test_a_relays_password_is_what_coturn_expects_and_ends_soon():
    settings = Settings(turn_urls="turn:turn.care.example:3478, turns:turn.care.example:443", turn_secret="north", stun_urls="stun:a")
    now = datetime(2026, 11, 22, 6, tzinfo=UTC)
    stun, turn = ice.servers(settings, "v7", now)
    name = f"{int(now.timestamp()) + 600}:v7"
    assert stun == {"urls": ["stun:a"]}
    assert turn == {
        "urls": ["turn:turn.care.example:3478", "turns:turn.care.example:443"], "username": name,
        "credential": base64.b64encode(hmac.new(b"north", name.encode(), hashlib.sha1).digest()).decode(),
    }  # fmt: skip


def test_without_relays_nothing_is_made_up():
    assert ice.servers(Settings(), "v7", datetime.now(UTC)) == []


def test_a_check_of_the_devices_is_told_to_the_desk_once(clinic, patient, visit, at_desk):
    doctor = at_desk(clinic, "doctor")
    patient.ask("devices", camera="works", microphone="fails")
    told = doctor.heard("visit")
    assert told["devices"] == {"camera": "works", "microphone": "fails", "speaker": None, "network": None, "bandwidth": None}
    patient.ask("devices", camera="works", microphone="fails")
    patient.ask("devices", camera="works", microphone="works")
    assert doctor.heard("visit")["devices"]["microphone"] == "works"
    assert patient.ask("devices", camera="exploded")["error"] == "invalid"


def test_a_check_of_the_network_is_told_to_the_desk(clinic, patient, visit, at_desk):
    doctor = at_desk(clinic, "doctor")
    patient.ask("devices", camera="works", network="relay", bandwidth="sound")
    told = doctor.heard("visit")["devices"]
    assert (told["network"], told["bandwidth"]) == ("relay", "sound")
    assert patient.ask("devices", network="perhaps")["error"] == "invalid"


def test_whoever_waits_may_look_whether_the_relay_is_open_with_a_password_of_a_minute(house, patient, visit, monkeypatch):
    monkeypatch.setattr(house.settings, "turn_urls", "turn:turn.care.example:3478")
    monkeypatch.setattr(house.settings, "turn_secret", "north")
    [relay] = patient.ask("network")["iceServers"]
    ends, _, who = relay["username"].partition(":")
    assert who == f"c{visit}" and 0 < int(ends) - clock.now().timestamp() <= 60


def test_the_way_to_the_relay_is_not_for_those_whose_visit_is_over_nor_for_asking_without_end(patient, visit, desk):
    answers = [patient.ask("network").get("error") for _ in range(7)]
    assert answers == [None] * 6 + ["too_many"]
    desk.admit()
    desk.end()
    assert patient.ask("network")["error"] == "not_allowed"


def test_a_piece_of_the_probe_is_answered_and_has_an_end(patient, visit):
    assert patient.ask("probe", filler="a" * 48_000) == {}
    assert patient.ask("probe", filler="a" * 50_001)["error"] == "invalid"


def test_the_desk_reads_the_browsers_name_and_version_and_nothing_more(clinic, visitor, live, at_desk):
    found = visitor(clinic.widgets["walk_in"])
    assert found.post("/encounters", entry(clinic)).status_code == 201
    doctor = at_desk(clinic, "doctor")
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
    page = Page(live, "/walk-in", token=found.token, headers={"User-Agent": firefox})
    assert doctor.heard("visit")["browser"] == "Firefox 131"
    page.close()


def test_a_screen_is_shown_only_where_the_clinic_lets_it_be(clinic, visit, both):
    patient, doctor = both
    screen = ON | {"screen": True}
    assert patient.ask("call_media", page="p1", media=screen)["error"] == "not_allowed"
    assert patient.ask("call_join", page="p2", media=screen)["pid"] == f"v{visit}"
    assert doctor.heard("call_joined")["media"]["screen"] is False
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).screen_sharing = True
    assert patient.ask("call_media", page="p2", media=screen) == {}
    assert doctor.heard("call_media")["media"] == screen


def test_the_patients_page_is_told_what_the_clinic_has_decided_about_the_room(clinic, patient, desk):
    usual = {"settings_first": False, "stop_without_camera": False, "allow_resolution_change": True, "video_fit": "cover", "screen_sharing": False}
    state = patient.ask("beat")["state"]
    assert (state["room"], state["talking_seconds"]) == (usual, None)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).video_fit = VideoFit.CONTAIN
    desk.admit()
    state = patient.ask("beat")["state"]
    assert state["room"]["video_fit"] == "contain" and 0 <= state["talking_seconds"] < 60
