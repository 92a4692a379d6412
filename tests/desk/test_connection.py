"""The desk's live connection: who may open it, what it may do, when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from admin.sign_in import StaffSession
from desk import socket_token
from desk.namespace import Desk
from telehealth import clock
from telehealth.event import record
from telehealth.practitioner import AccessChanged, Practitioner, PractitionerRole
from tests.clinic import Clinic, client_id
from tests.desk.wire import Page

# One well-formed body for every event, so that a refusal is about the person and not about the shape.
BODIES: dict[str, dict[str, Any]] = {
    "counts": {},
    "waiting_room": {}, "waiting_talks": {}, "visit": {"id": 1}, "admit": {"id": 1}, "hold": {"id": 1},
    "send_back": {"id": 1}, "end": {"id": 1, "reason": "left"}, "take_walk_ins": {"on": True},
    "notify": {"client_id": client_id(), "ids": [1], "text": "Soon"},
    "destinations": {}, "pass_on": {"id": 1, "department": 1}, "lock": {"id": 1, "locked": True}, "ended": {},
    "start": {"id": 1}, "call_back": {"id": 1}, "decline": {"id": 1, "message": "Full"},
    "end_visit": {"id": 1}, "sum_up": {"id": 1}, "ending": {"id": 1},
    "announcements": {}, "announce": {"client_id": "a-client-id", "text": "Ten minutes late"}, "withdraw": {"id": 1}, "withdraw_all": {},
    "inbox": {}, "inbox_of_channel": {"channel": 1}, "channels": {}, "be_present": {"channel": 1, "on": True},
    "be_present_in_all": {"on": True}, "come_back": {"on": True},
    "choose_signs": {"channel": 1, "sound": True, "mail": False, "push": False},
    "ring": {"channel": 1, "on": True}, "turn": {"channel": 1, "switch": "open"}, "claim": {"id": 1},
    "transfer": {"id": 1, "to": 2}, "close": {"id": 1}, "contact_request": {"id": 1},
    "case": {"id": 1}, "save_case": {"id": 1}, "hand_over": {"id": 1, "to": 1}, "set_aside": {"id": 1}, "put_back": {"id": 1},
    "end_thread": {"id": 1}, "reopen_case": {"id": 1}, "colleagues": {}, "done_cases": {},
    "letters": {}, "balloons": {"appointments": [1]}, "begin_letters": {"id": 1}, "join_letters": {"id": 1},
    "switch_letters": {"id": 1, "on": False}, "delete_history": {"id": 1}, "authorise": {"id": 1, "kind": "link"}, "revoke": {"id": 1},
    "tell_of_result": {"id": 1}, "answer_request": {"id": 1, "client_id": client_id(), "text": "Hello"}, "invite_request": {"id": 1},
    "introduction": {"id": 1},
    "talk": {"id": 1}, "leave_talk": {"id": 1}, "post": {"id": 1, "client_id": client_id(), "text": "Hello"},
    "read": {"id": 1}, "received": {"id": 1}, "write_note": {"id": 1, "client_id": client_id(), "text": "Afraid"},
    "edit": {"id": 1, "seq": 1, "text": "Hello"}, "delete": {"id": 1, "seq": 1}, "erase_talk": {"id": 1},
    "former_words": {"id": 1, "seq": 1}, "typing": {"id": 1, "on": True}, "texts": {"id": 1},
    "delays": {}, "run_late": {"practitioner": 1, "minutes": 5},
    "calendar": {"date": "2027-01-01"}, "arrivals": {"date": "2027-01-01"}, "appointment": {"id": 1},
    "plan": {"practitioner": 1, "date": "2027-01-01", "begin": 540, "end": 600, "purpose": "booking"}, "unplan": {"id": 1, "date": "2027-01-01"},
    "plan_again": {"id": 1, "date": "2027-01-01"},
    "ground": {"date": "2027-01-01"}, "note": {"id": 1, "what": "arrived"},
    "place": {"id": 1, "practitioner": 1, "start": "2027-01-01T12:00"},
    "absences": {"date": "2027-01-01"}, "unblock": {"id": 1},
    "block": {"client_id": client_id(), "practitioner": 1, "start": "2027-01-01T12:00", "end": "2027-01-01T13:00"},
    "cancel": {"id": 1}, "free_times": {"id": 1, "date": "2027-01-01"}, "move": {"id": 1, "slot": "1-1-1"},
    "find_patients": {"text": "de"}, "reassign": {"id": 1, "practitioner": 1},
    "make_appointment": {
        "client_id": client_id(), "department": 1, "practitioner": 1, "patient": 1, "start": "2027-01-01T12:00", "minutes": 20,
    },
    "take_off_waitlist": {"id": 1},
    "free_times_left": {},
    "start_quick": {"client_id": client_id(), "department": 1, "patient": 1}, "invitation": {"id": 1},
    "participants": {"visit": 1}, "invite": {"id": 1, "participants": [1]}, "remove_participant": {"id": 1},
    "my_feed": {}, "open_feed": {}, "close_feed": {},
    "call_join": {"id": 1, "page": "p1"}, "call_signal": {"id": 1, "page": "p1", "to": "v1"},
    "call_media": {"id": 1, "page": "p1", "media": {}},
    "contact": {"id": 1}, "contact_patients": {"id": 1}, "confirm_patient": {"id": 1, "patient": 1}, "part_patient": {"id": 1},
    "block_contact": {"id": 1, "point": 1, "on": True}, "agree_contact": {"id": 1, "point": 1, "on": True},
    "send_code": {"id": 1, "point": 1}, "try_code": {"id": 1, "point": 1, "code": "123456"},
    "chat_groups": {}, "chat_group": {"id": 1}, "make_group": {"name": "Walking"}, "turn_group": {"id": 1, "state": "open"},
    "find_for_group": {"id": 1, "text": "de"}, "invite_to_group": {"id": 1, "patient": 1}, "pause_member": {"id": 1, "member": 1, "reason": "x"},
    "resume_member": {"id": 1, "member": 1}, "remove_member": {"id": 1, "member": 1, "reason": "x"}, "keep_words": {"id": 1, "report": 1},
    "remove_words": {"id": 1, "conversation": 1, "seq": 1, "reason": "x"},
    "take_over": {"id": 1, "reason": "Away"},
    "alerts": {}, "acknowledge": {"id": 1}, "my_alerts": {}, "try_alert": {"by": "push"},
    "choose_alerts": {"bell": True, "desktop": False, "mail": False},
    "push_here": {"endpoint": "https://push.example/1", "key": "A" * 87, "secret": "A" * 22}, "push_no_more": {},
}  # fmt: skip
FREE = {"counts"}


def test_every_event_is_known_to_these_tests() -> None:
    assert set(Desk.events) == set(BODIES)


def test_every_event_but_the_numbers_takes_a_permission() -> None:
    assert {name for name, declared in Desk.events.items() if declared.permission is None} == FREE


@pytest.mark.parametrize("name", sorted(set(BODIES) - FREE))
def test_a_translator_may_do_nothing_at_the_desk(clinic: Clinic, open_page: Any, name: str) -> None:
    assert open_page(clinic, "translator").send(name, **BODIES[name])["error"] == "not_allowed"


def test_a_practitioner_does_not_open_or_close_channels(clinic: Clinic, open_page: Any) -> None:
    body = {"channel": clinic.channels["shared"], "switch": "closed"}
    assert open_page(clinic, "doctor").send("turn", **body)["error"] == "not_allowed"
    open_page(clinic, "manager").done("turn", **body)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_body_that_is_not_declared_is_refused(clinic: Clinic, open_page: Any, name: str) -> None:
    assert open_page(clinic, "doctor").send(name, **BODIES[name], unheard_of=1)["error"] == "invalid"


def test_an_event_that_does_not_exist_is_refused(clinic: Clinic, open_page: Any) -> None:
    assert open_page(clinic, "doctor").send("drop_tables")["error"] == "unknown_event"


@pytest.mark.parametrize("token", ["", "nonsense", None, 7, {"token": 1}])
def test_without_a_signed_word_nobody_connects(desk: Desk, token: Any) -> None:
    assert (Page(desk, token).refused or {})["error"] == "not_signed_in"


def test_a_word_opens_the_socket_for_two_minutes_only(desk: Desk, staff: Any, clinic: Clinic) -> None:
    token = staff(clinic, "doctor").send("/desk/token").json["token"]
    with clock.at(clock.now() + socket_token.LIFETIME + timedelta(seconds=2)):
        assert (Page(desk, token).refused or {})["error"] == "not_signed_in"
    assert Page(desk, token).refused is None


def test_a_word_signed_with_another_secret_opens_nothing(desk: Desk, clinic: Clinic) -> None:
    who = socket_token.SignIn(clinic.id, clinic.people["doctor"], "key", "en")
    assert (Page(desk, socket_token.grant("x" * 40, who)).refused or {})["error"] == "not_signed_in"


def test_a_word_of_an_ended_sign_in_opens_nothing(desk: Desk, staff: Any, clinic: Clinic) -> None:
    doctor = staff(clinic, "doctor")
    token = doctor.send("/desk/token").json["token"]
    doctor.get("/admin/logout/")
    assert (Page(desk, token).refused or {})["error"] == "not_signed_in"


def test_signing_out_ends_what_the_open_page_may_do(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("waiting_room")
    _end_sign_ins(clinic)
    assert page.send("waiting_room")["error"] == "not_signed_in"


def test_a_silent_page_is_sent_away_when_its_sign_in_has_ended(desk: Desk, clinic: Clinic, open_page: Any) -> None:
    page, stays = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    _end_sign_ins(clinic, but=stays)
    desk.look()
    assert page.gone
    assert page.events("signed_out")
    assert not stays.gone


def _end_sign_ins(clinic: Clinic, but: Page | None = None) -> None:
    kept = but.wire.sessions[but.sid]["connection"].key.session_key if but else ""
    with clinic.session() as session:
        session.execute(update(StaffSession).where(StaffSession.key_hash != kept).values(ended_at=clock.now()))


def test_changed_roles_end_the_connection(clinic: Clinic, open_page: Any) -> None:
    page, stays = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    with clinic.session() as session:
        record(session, AccessChanged(clinic.id, clinic.people["doctor"]))
    assert page.gone
    assert page.events("access_changed")
    assert not stays.gone


def test_roles_count_as_they_are_now_not_as_they_were_at_the_door(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    with clinic.session() as session:
        session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["doctor"]).delete()
    assert page.send("waiting_room")["error"] == "not_signed_in"


def test_a_changed_department_moves_a_silent_page(desk: Desk, clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    with clinic.session() as session:
        role = session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["doctor"]).one()
        role.department_id = clinic.departments[1]
    desk.look()
    assert page.gone


def test_somebody_who_left_the_clinic_is_out_at_once(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people["doctor"]).active = False
    assert page.send("counts")["error"] == "not_signed_in"


def test_rooms_are_those_of_the_own_departments_and_channels(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    first, second = clinic.departments
    rooms = page.wire.joined[page.sid]
    assert f"waiting:{clinic.id}:{first}" in rooms
    assert f"waiting:{clinic.id}:{second}" not in rooms
    assert f"waiting:{clinic.id}:all" not in rooms
    assert f"headers:{clinic.id}:{clinic.channels['internal']}" in rooms
    assert f"headers:{clinic.id}:{clinic.channels['open']}" not in rooms
    assert not any(room.startswith("cards") for room in rooms)


def test_whoever_may_do_nothing_hears_nothing(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "translator")
    with clinic.session() as session:
        clinic.arrive(session)
        clinic.conversation(session, "shared")
        clinic.book(session)
    assert page.heard == []


def test_another_organisation_hears_nothing(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    page, own = open_page(other, "admin"), open_page(clinic, "admin")
    with clinic.session() as session:
        visit = clinic.arrive(session)
        visit.admit(clinic.staff("doctor"), clock.now())
        clinic.conversation(session, "shared")
        clinic.book(session)
    assert page.heard == []
    assert {name for name, _ in own.heard} >= {"arrived", "visit", "conversation", "appointment"}


def test_the_reach_of_a_page_changes_with_the_rights(staff: Any, clinic: Clinic) -> None:
    doctor = staff(clinic, "doctor")
    before = doctor.send("/desk/token").json["reach"]
    assert f'data-reach="{before}"' in doctor.get("/desk/waiting-room").text
    with clinic.session() as session:
        role = session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["doctor"]).one()
        role.department_id = clinic.departments[1]
    assert doctor.send("/desk/token").json["reach"] != before
