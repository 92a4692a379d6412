"""Chat groups over the desk's connection: made, filled, looked after, by those who may, and noted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from telehealth import chat_group, clock
from telehealth.audit import AuditAction, AuditEvent
from telehealth.chat_group import ChatGroup, GroupChanged, GroupMember, MemberState
from telehealth.event import record
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic, client_id


@pytest.fixture(autouse=True)
def on(clinic: Clinic, other: Clinic) -> None:
    for one in (clinic, other):
        with one.session() as session:
            session.get_one(Organization, one.id).chat_groups = True


@pytest.fixture
def made(clinic: Clinic) -> Iterator[dict[str, int]]:
    """A group of the doctor's, two members in it, one message each."""
    with clinic.session() as session:
        group = ChatGroup(name=f"COPD {clinic.mark}", moderators=[session.get_one(Practitioner, clinic.people["doctor"])], private_talks=True)
        session.add(group)
        session.flush()
        ids = {"id": group.id, "conversation": group.conversation_id}
        for last, nickname in (("Rossi", "Blue bird"), ("Novak", "Teapot")):
            who = Patient(initials="A.", last_name=f"{last} {clinic.mark}", birth_date=date(1970, 5, 1), email=f"{last}@{clinic.slug}.example")
            session.add(who)
            session.flush()
            member = group.invite(who, clinic.staff("doctor"), clock.now())
            member.agree(nickname, clock.now())
            member.post(client_id(), f"I am {nickname}", clock.now())
            ids[nickname], ids[last] = member.id, who.id
    yield ids


def _events(clinic: Clinic, entity: str, action: AuditAction) -> int:
    with clinic.session() as session:
        return session.query(AuditEvent).filter_by(entity=entity, action=action).count()


def test_whoever_makes_a_group_looks_after_it(clinic: Clinic, open_page: Any) -> None:
    desk = open_page(clinic, "nurse")
    number = desk.send("make_group", name="Quit smoking", rules="Be kind")["id"]
    row, = desk.send("chat_groups")["groups"]
    assert (row["id"], row["name"], row["state"], row["members"]) == (number, "Quit smoking", "open", 0)
    assert desk.send("make_group", name="Quit smoking")["error"] == "group_there"
    assert desk.send("make_group", name="  ")["error"] == "invalid"
    assert open_page(clinic, "doctor").send("chat_groups")["groups"] == [], "others do not see it"
    assert _events(clinic, "chat_group", AuditAction.CREATED) == 1


def test_who_is_in_a_group_is_seen_by_its_moderators_and_each_look_is_noted(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    desk = open_page(clinic, "doctor")
    people = desk.send("chat_group", id=made["id"])["members"]
    assert [(one["nickname"], one["name"]) for one in people] == [
        ("Blue bird", f"A. Rossi {clinic.mark}"), ("Teapot", f"A. Novak {clinic.mark}"),
    ]  # fmt: skip
    assert _events(clinic, "chat_group", AuditAction.OPENED) == 1
    said = desk.send("talk", id=made["conversation"], after=0)["items"]
    assert next((line["name"], line["text"], line["member"]) for line in said) == ("Blue bird", "I am Blue bird", made["Blue bird"])


def test_a_patient_is_found_invited_once_and_not_found_again(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    with clinic.session() as session:
        session.add(Patient(initials="B.", last_name=f"Smith {clinic.mark}", birth_date=None, email=""))
    desk = open_page(clinic, "doctor")
    found, = desk.send("find_for_group", id=made["id"], text="Smith")["patients"]
    assert desk.send("invite_to_group", id=made["id"], patient=found["id"]) == {"mailed": False}
    assert desk.send("find_for_group", id=made["id"], text="Smith")["patients"] == []
    assert desk.send("find_for_group", id=made["id"], text="Rossi")["patients"] == []


def test_a_member_is_paused_resumed_and_removed_with_a_reason(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    desk = open_page(clinic, "doctor")
    about = {"id": made["id"], "member": made["Teapot"]}
    assert desk.send("pause_member", **about, reason=" ")["error"] == "reason_wanted"

    def state() -> MemberState:
        with clinic.session() as session:
            return session.get_one(GroupMember, made["Teapot"]).state

    desk.send("pause_member", **about, reason="Cool down")
    assert state() is MemberState.PAUSED
    desk.send("resume_member", **about)
    assert state() is MemberState.IN
    desk.send("remove_member", **about, reason="No advertising")
    assert state() is MemberState.REMOVED


def test_a_message_goes_with_a_reason_only(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    desk = open_page(clinic, "doctor")
    assert desk.send("delete", id=made["conversation"], seq=1)["error"] == "unknown", "not without telling why"
    assert desk.send("erase_talk", id=made["conversation"])["error"] == "not_allowed"
    words = {"id": made["id"], "conversation": made["conversation"], "seq": 1}
    assert desk.send("remove_words", **words, reason="")["error"] == "reason_wanted"
    desk.send("remove_words", **words, reason="Be kind")
    gone, = [line for line in desk.send("talk", id=made["conversation"], after=0)["items"] if line["seq"] == 1]
    assert gone["deleted_at"] and not gone["text"]
    with clinic.session() as session:
        assert [notice.words for notice, _of in chat_group.notices(session, [made["Rossi"]])] == ["Be kind"]


def test_reports_are_counted_shown_and_settled(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    with clinic.session() as session:
        me = session.get_one(GroupMember, made["Blue bird"])
        me.report(me.group.conversation, 2, "Odd name", clock.now())
    desk = open_page(clinic, "doctor")
    assert desk.send("counts")["reports"] == 1 and open_page(clinic, "nurse").send("counts")["reports"] == 0
    report, = desk.send("chat_group", id=made["id"])["reports"]
    assert (report["by"], report["author"], report["text"], report["words"], report["private"]) == (
        "Blue bird", "Teapot", "I am Teapot", "Odd name", False,
    )  # fmt: skip
    desk.send("keep_words", id=made["id"], report=report["id"])
    assert desk.send("counts")["reports"] == 0 and desk.send("chat_group", id=made["id"])["reports"] == []


def test_what_two_write_is_opened_only_after_a_report(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    with clinic.session() as session:
        one, other = session.get_one(GroupMember, made["Blue bird"]), session.get_one(GroupMember, made["Teapot"])
        talk = one.ask(other, clock.now())
        talk.accept(other)
        talk.post(one, client_id(), "Buy my pills", clock.now())
        number = talk.conversation_id
    desk = open_page(clinic, "doctor")
    pair, = desk.send("chat_group", id=made["id"])["talks"]
    assert (pair["one"], pair["other"], pair["conversation"]) == ("Blue bird", "Teapot", None)
    assert desk.send("talk", id=number, after=0)["error"] == "unknown"
    assert desk.send("remove_words", id=made["id"], conversation=number, seq=1, reason="x")["error"] == "unknown"
    with clinic.session() as session:
        session.get_one(GroupMember, made["Teapot"]).report(session.get_one(chat_group.Conversation, number), 1, "Sells", clock.now())
    assert [line["text"] for line in desk.send("talk", id=number, after=0)["items"]] == ["Buy my pills"]
    desk.send("remove_words", id=made["id"], conversation=number, seq=1, reason="No advertising")
    assert desk.send("counts")["reports"] == 0


def acts(made: dict[str, int]) -> dict[str, dict[str, Any]]:
    return {
        "chat_group": {}, "turn_group": {"state": "closed"}, "find_for_group": {"text": "Ro"}, "invite_to_group": {"patient": made["Rossi"]},
        "pause_member": {"member": made["Teapot"], "reason": "x"}, "resume_member": {"member": made["Teapot"]},
        "remove_member": {"member": made["Teapot"], "reason": "x"}, "keep_words": {"report": 1},
        "remove_words": {"conversation": made["conversation"], "seq": 1, "reason": "x"},
    }  # fmt: skip


@pytest.mark.parametrize("who", ["nurse", "next door"])
def test_whoever_does_not_look_after_a_group_does_nothing_in_it(clinic: Clinic, other: Clinic, open_page: Any, made: dict[str, int], who: str) -> None:
    desk = open_page(other, "admin") if who == "next door" else open_page(clinic, who)
    for event, body in acts(made).items():
        assert desk.send(event, id=made["id"], **body)["error"] == "unknown", event
    assert desk.send("talk", id=made["conversation"], after=0)["error"] in {"unknown", "not_present"}


def test_without_the_extra_nobody_has_groups(clinic: Clinic, open_page: Any, made: dict[str, int], staff: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_groups = False
    desk = open_page(clinic, "manager")
    assert desk.send("chat_groups")["error"] == "not_allowed"
    signed = staff(clinic, "admin")
    assert signed.get("/desk/groups").status_code == 403 and "/desk/groups" not in signed.get("/desk/waiting-room").text


def test_whoever_looks_after_it_no_longer_hears_nothing_more_of_an_open_talk(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    doctor = open_page(clinic, "doctor")
    doctor.send("talk", id=made["conversation"], after=0)
    with clinic.session() as session:
        group = session.get_one(ChatGroup, made["id"])
        group.moderators = [session.get_one(Practitioner, clinic.people["nurse"])]
        record(session, GroupChanged(clinic.id, group.id))
    assert doctor.events("talk_gone") == [{"id": made["conversation"]}]
    doctor.heard.clear()
    with clinic.session() as session:
        session.get_one(GroupMember, made["Teapot"]).post(client_id(), "Hello", clock.now())
    assert not doctor.heard


def test_a_moderator_hears_of_news_and_others_do_not(clinic: Clinic, open_page: Any, made: dict[str, int]) -> None:
    doctor, nurse, admin = open_page(clinic, "doctor"), open_page(clinic, "nurse"), open_page(clinic, "admin")
    with clinic.session() as session:
        session.get_one(GroupMember, made["Teapot"]).post(client_id(), "Hello", clock.now())
    heard = [[name for name, _data in one.heard if name == "chat_group"] for one in (doctor, nurse, admin)]
    assert heard == [["chat_group"], [], ["chat_group"]]
