"""Conversations at the desk: headers for all, cards and content for those who are present, nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from telehealth import clock, message
from telehealth.audit import AuditAction, AuditEvent
from telehealth.channel import Channel, ChannelSwitch
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.message import Author
from tests.clinic import Clinic, client_id
from tests.desk.wire import Page

TEXT = "The rash has spread to the other arm"


def _ask(clinic: Clinic, channel: str = "shared") -> int:
    with clinic.session() as session:
        return clinic.conversation(session, channel, visitor="the patient", text=TEXT).id


def _write(clinic: Clinic, thread: int, text: str = TEXT) -> None:
    by = Author(AuthorKind.PATIENT, "I. Rossi", visitor="the patient")
    with clinic.session() as session:
        message.post(session, thread, client_id(), text, by=by, now=clock.now())


def _present(page: Page, clinic: Clinic, channel: str = "shared") -> Page:
    page.done("be_present", channel=clinic.channels[channel], on=True)
    return page


def _texts(clinic: Clinic, thread: int) -> list[str]:
    with clinic.session() as session:
        return [said.text for said in message.messages(session, thread)]


def test_whoever_is_not_present_sees_that_somebody_waits_but_not_who_and_what(clinic: Clinic, open_page: Any) -> None:
    absent = open_page(clinic, "doctor")
    thread = _ask(clinic)
    _write(clinic, thread)
    given = [*absent.heard, absent.done("inbox"), absent.done("inbox_of_channel", channel=clinic.channels["shared"])]
    told = json.dumps(given)
    assert str(thread) in told
    assert TEXT not in told
    assert "Rossi" not in told
    assert {name for name, _ in absent.heard} == {"conversation"}


def test_a_list_never_holds_what_was_said_even_for_those_who_are_present(clinic: Clinic, open_page: Any) -> None:
    present = _present(open_page(clinic, "doctor"), clinic)
    thread = _ask(clinic)
    given = json.dumps([present.heard, present.done("inbox")])
    assert "Rossi" in given
    assert TEXT not in given
    assert present.events("message") == []
    assert present.everything("inbox")[thread]["unread"] == 1


@pytest.mark.parametrize("deed", ["talk", "post", "read", "claim", "close"])
def test_content_takes_presence(clinic: Clinic, open_page: Any, deed: str) -> None:
    body = {"client_id": client_id(), "text": "Hello"} if deed == "post" else {}
    answer = open_page(clinic, "doctor").send(deed, id=_ask(clinic), **body)
    assert answer["error"] == "not_present"
    assert TEXT not in json.dumps(answer)


@pytest.mark.parametrize("deed", ["talk", "post", "read", "claim", "close"])
def test_a_channel_of_another_department_is_not_there(clinic: Clinic, open_page: Any, deed: str) -> None:
    body = {"client_id": client_id(), "text": "Hello"} if deed == "post" else {}
    assert open_page(clinic, "doctor").send(deed, id=_ask(clinic, "open"), **body)["error"] == "unknown"


@pytest.mark.parametrize("deed", ["talk", "post", "read", "claim", "close", "transfer"])
def test_a_conversation_of_another_organisation_is_not_there(
    clinic: Clinic, other: Clinic, open_page: Any, deed: str
) -> None:
    page = _present(open_page(other, "admin"), other)
    bodies = {"post": {"client_id": client_id(), "text": "Hello"}, "transfer": {"to": other.channels["internal"]}}
    assert page.send(deed, id=_ask(clinic), **bodies.get(deed, {}))["error"] == "unknown"


def test_a_conversation_cannot_be_moved_into_another_organisation(
    clinic: Clinic, other: Clinic, open_page: Any
) -> None:
    page = _present(open_page(clinic, "doctor"), clinic)
    assert page.send("transfer", id=_ask(clinic), to=other.channels["shared"])["error"] == "unknown"


@pytest.mark.parametrize("deed", ["be_present", "ring", "turn"])
def test_a_channel_of_another_organisation_is_not_there(
    clinic: Clinic, other: Clinic, open_page: Any, deed: str
) -> None:
    bodies = {"turn": {"switch": "closed"}}
    answer = open_page(other, "admin").send(deed, channel=clinic.channels["shared"], **bodies.get(deed, {"on": True}))
    assert answer["error"] == "unknown"


def test_nobody_is_present_in_a_channel_of_another_department(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    assert page.send("be_present", channel=clinic.channels["open"], on=True)["error"] == "unknown"


def test_opening_a_conversation_is_noted_once_and_then_heard_live(clinic: Clinic, open_page: Any) -> None:
    page, thread = _present(open_page(clinic, "doctor"), clinic), _ask(clinic)
    page.done("talk", id=thread)
    page.done("talk", id=thread, after=1)
    _write(clinic, thread, "One more word")
    assert [said["message"]["text"] for said in page.events("message")] == ["One more word"]
    with clinic.session() as session:
        noted = session.query(AuditEvent).filter_by(entity="conversation", entity_id=thread).all()
        assert [(row.action, row.actor) for row in noted] == [
            (AuditAction.OPENED, f"practitioner:{clinic.people['doctor']}")
        ]


def test_a_closed_pane_hears_no_more(clinic: Clinic, open_page: Any) -> None:
    page, thread = _present(open_page(clinic, "doctor"), clinic), _ask(clinic)
    page.done("talk", id=thread)
    page.done("leave_talk", id=thread)
    _write(clinic, thread)
    assert page.events("message") == []


def test_leaving_a_channel_ends_the_sight_of_what_is_said_there_in_every_tab(clinic: Clinic, open_page: Any) -> None:
    page, second, thread = _present(open_page(clinic, "doctor"), clinic), open_page(clinic, "doctor"), _ask(clinic)
    second.done("talk", id=thread)
    page.done("be_present", channel=clinic.channels["shared"], on=False)
    _write(clinic, thread)
    assert second.events("talk_gone") == [{"id": thread}]
    assert second.events("message") == []
    assert "name" not in second.events("conversation")[-1]


def test_a_transfer_out_of_reach_ends_the_sight_too(clinic: Clinic, open_page: Any) -> None:
    thread = _ask(clinic)
    nurse, doctor = (_present(open_page(clinic, person), clinic) for person in ("nurse", "doctor"))
    nurse.done("talk", id=thread)
    doctor.done("transfer", id=thread, to=clinic.channels["internal"])
    _write(clinic, thread)
    assert nurse.events("talk_gone") == [{"id": thread}]
    assert nurse.events("message") == []
    assert nurse.events("conversation")[-1].get("gone")


def test_whoever_has_taken_a_conversation_keeps_it_without_being_present(clinic: Clinic, open_page: Any) -> None:
    page, thread = _present(open_page(clinic, "doctor"), clinic), _ask(clinic)
    page.done("claim", id=thread)
    page.done("be_present", channel=clinic.channels["shared"], on=False)
    assert page.done("talk", id=thread)["items"][0]["text"] == TEXT
    assert page.everything("inbox")[thread]["is_card"]


def test_whoever_answers_first_takes_the_conversation(clinic: Clinic, open_page: Any) -> None:
    thread = _ask(clinic)
    doctor, nurse = (_present(open_page(clinic, person), clinic) for person in ("doctor", "nurse"))
    doctor.done("post", id=thread, client_id=client_id(), text="Hello")
    refused = nurse.send("post", id=thread, client_id=client_id(), text="Me too")
    assert refused["error"] == "already_claimed"
    assert refused["message"] == f"Dr Doctor {clinic.mark} has already taken this conversation."
    assert _texts(clinic, thread) == [TEXT, "Hello"]


def test_an_answer_that_is_sent_again_is_said_once(clinic: Clinic, open_page: Any) -> None:
    page, thread, same = _present(open_page(clinic, "doctor"), clinic), _ask(clinic), client_id()
    first, second = (page.done("post", id=thread, client_id=same, text="Hello") for _ in range(2))
    assert first == second == {"seq": 2}
    assert _texts(clinic, thread) == [TEXT, "Hello"]


def test_an_empty_answer_is_refused(clinic: Clinic, open_page: Any) -> None:
    page = _present(open_page(clinic, "doctor"), clinic)
    assert page.send("post", id=_ask(clinic), client_id=client_id(), text=" ")["error"] == "empty_message"


def test_reading_takes_the_number_away_for_everybody_present(clinic: Clinic, open_page: Any) -> None:
    thread = _ask(clinic)
    doctor, nurse = (_present(open_page(clinic, person), clinic) for person in ("doctor", "nurse"))
    doctor.done("read", id=thread)
    assert nurse.events("conversation")[-1]["unread"] == 0


def test_a_conversation_that_is_closed_is_over_for_those_who_have_it_open(clinic: Clinic, open_page: Any) -> None:
    page, thread = _present(open_page(clinic, "doctor"), clinic), _ask(clinic)
    page.done("talk", id=thread)
    page.done("close", id=thread)
    assert page.events("talk_closed") == [{"id": thread}]
    assert page.done("talk", id=thread)["closed"]
    with clinic.session() as session:
        assert session.get_one(Conversation, thread).state is ConversationState.CLOSED


def test_messages_come_in_pages(clinic: Clinic, open_page: Any) -> None:
    page, thread = _present(open_page(clinic, "doctor"), clinic), _ask(clinic)
    with clinic.session() as session:
        by = Author(AuthorKind.PATIENT, "I. Rossi", visitor="the patient")
        for number in range(120):
            message.post(session, thread, client_id(), f"Line {number}", by=by, now=clock.now())
    first = page.done("talk", id=thread)["items"]
    rest = page.done("talk", id=thread, after=first[-1]["seq"])["items"]
    assert (len(first), len(rest)) == (100, 21)


def test_channels_say_how_they_stand_and_whether_i_am_there(clinic: Clinic, open_page: Any) -> None:
    page = _present(open_page(clinic, "doctor"), clinic)
    stands = {row["id"]: row for row in page.done("channels")["channels"]}
    shared, closed = stands[clinic.channels["shared"]], stands[clinic.channels["closed"]]
    assert (shared["state"], shared["i_am_present"], shared["manages"]) == ("open", True, False)
    assert (closed["state"], closed["i_am_present"]) == ("closed", False)
    assert clinic.channels["open"] not in stands


def test_a_channel_that_is_closed_is_seen_closed_on_every_desk(clinic: Clinic, open_page: Any) -> None:
    manager, doctor = open_page(clinic, "manager"), open_page(clinic, "doctor")
    manager.done("turn", channel=clinic.channels["shared"], switch="open", congested=True)
    assert doctor.events("channel") == [{"id": clinic.channels["shared"]}]
    stands = {row["id"]: row["state"] for row in doctor.done("channels")["channels"]}
    assert stands[clinic.channels["shared"]] == "congested"
    manager.done("turn", channel=clinic.channels["shared"], switch="closed")
    with clinic.session() as session:
        assert session.get_one(Channel, clinic.channels["shared"]).switch is ChannelSwitch.CLOSED


def test_a_new_channel_is_heard_by_pages_that_were_open_before_it(clinic: Clinic, open_page: Any) -> None:
    manager, doctor = open_page(clinic, "manager"), open_page(clinic, "doctor")
    with clinic.session() as session:
        channel = Channel(name=f"New chat {clinic.mark}", switch=ChannelSwitch.OPEN)
        session.add(channel)
        session.flush()
        clinic.channels["new"] = channel.id
    manager.done("turn", channel=clinic.channels["new"], switch="open")
    thread = _ask(clinic, "new")
    assert [row["id"] for row in doctor.events("conversation")] == [thread, thread]


def test_everybody_chooses_which_channels_to_hear(clinic: Clinic, open_page: Any) -> None:
    page, channel = open_page(clinic, "doctor"), clinic.channels["shared"]
    page.done("ring", channel=channel, on=False)
    own = next(row for row in page.done("channels")["channels"] if row["id"] == channel)
    assert (own["rings"], own["i_am_present"]) == (False, False)


def test_a_colleagues_channel_is_offered_for_a_transfer(clinic: Clinic, open_page: Any) -> None:
    targets = {row["id"] for row in open_page(clinic, "nurse").done("channels")["targets"]}
    assert targets == set(clinic.channels.values())
