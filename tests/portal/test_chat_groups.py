"""Chat groups on the own pages: invited, joined, written in, reported; nobody learns more of the others than a name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.messages import Letters
from telehealth import authorisation, chat_group, clock
from telehealth.authorisation import AuthorisationKind
from telehealth.booking import Appointment
from telehealth.chat_group import ChatGroup, GroupMember
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic, client_id
from tests.portal.conftest import Booked, book
from tests.portal.test_messages import Page, letters  # noqa: F401 (a fixture)


@pytest.fixture
def group_id(clinic: Clinic) -> int:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_groups = True
        doctor = session.get_one(Practitioner, clinic.people["doctor"])
        made = ChatGroup(name=f"COPD {clinic.mark}", moderators=[doctor], private_talks=True, rules="Be kind")
        session.add(made)
        session.flush()
        return made.id


@pytest.fixture
def come_in(app: Flask) -> Callable[[Clinic, Booked], str]:
    """By a code for one device; gives its token."""

    def enter(clinic: Clinic, booked: Booked) -> str:
        with clinic.session() as session:
            patient = session.get_one(Appointment, booked.id).patient
            ticket = authorisation.make(session, AuthorisationKind.CODE, patient, None, clock.now()).ticket.token
        answer = app.test_client().post("/portal/device", json={"ticket": ticket, "client_id": client_id()})
        return str(answer.json["token"])

    return enter


class Member:
    """A patient with the own pages open, invited to the group."""

    def __init__(self, clinic: Clinic, letters: Letters, booked: Booked, token: str, group_id: int) -> None:  # noqa: F811
        self.page, self.patient_id = Page(letters, token), booked.patient_id
        with clinic.session() as session:
            patient = session.get_one(Appointment, booked.id).patient
            self.group = session.get_one(ChatGroup, group_id).invite(patient, clinic.staff("doctor"), clock.now()).uid
            self.name, self.email = patient.last_name, patient.email

    def send(self, event: str, **data: Any) -> dict[str, Any]:
        return self.page.send(event, group=self.group, **data)

    def groups(self) -> dict[str, Any]:
        return self.page.send("groups")

    def lines(self, **where: str) -> list[tuple[str, str]]:
        return [(line["name"], line["text"]) for line in self.send("group_catch_up", after=0, **where)["items"]]

    def say(self, text: str, **where: str) -> dict[str, Any]:
        return self.send("group_say", client_id=client_id(), text=text, **where)


@pytest.fixture
def two(clinic: Clinic, letters: Letters, group_id: int, come_in: Any) -> tuple[Member, Member]:  # noqa: F811
    made = []
    for slot, (last, name) in enumerate([("Rossi", "Blue bird"), ("Novak", "Teapot")]):
        booked = book(clinic, slot, last_name=f"{last} {clinic.mark}", email=f"{last.lower()}@{clinic.slug}.example")
        member = Member(clinic, letters, booked, come_in(clinic, booked), group_id)
        assert member.groups()["groups"][0]["invited"]
        assert "error" not in (member.send("join_group", nickname=name) or {})
        made.append(member)
    return made[0], made[1]


def test_two_members_read_each_other_and_are_told_live(two: tuple[Member, Member], clinic: Clinic) -> None:
    one, other = two
    one.page.heard.clear()
    other.page.heard.clear()
    one.say("How do you sleep?")
    assert other.lines() == [("Blue bird", "How do you sleep?")]
    assert other.page.heard == [("group", {"conversation": other.groups()["groups"][0]["conversation"], "erased": False})]
    assert (one.groups()["groups"][0]["unread"], other.groups()["groups"][0]["unread"]) == (0, 1)
    other.send("group_read", to=99)
    assert other.groups()["groups"][0]["unread"] == 0


def test_nothing_that_one_member_is_given_tells_who_the_other_is(two: tuple[Member, Member]) -> None:
    one, other = two
    other.say("Hello")
    said = json.dumps([one.groups(), one.send("group_people"), one.send("group_catch_up", after=0), one.page.heard])
    assert "Teapot" in said
    with_number = [f'"{other.patient_id}"', f": {other.patient_id},", f": {other.patient_id}}}"]
    assert not [found for found in (other.name, "Novak", other.email, *with_number) if found in said]
    assert other.group not in json.dumps(one.send("group_catch_up", after=0)), "what one writes does not name the membership"


def test_own_words_only_can_be_edited_and_deleted(two: tuple[Member, Member]) -> None:
    one, other = two
    seq = one.say("Helo")["seq"]
    assert other.send("group_edit", seq=seq, text="I am a fool")["error"] == "unknown"
    assert other.send("group_delete", seq=seq)["error"] == "unknown"
    one.send("group_edit", seq=seq, text="Hello")
    assert other.lines() == [("Blue bird", "Hello")]
    one.send("group_delete", seq=seq)
    assert other.lines() == [("Blue bird", "")]


def test_a_wrong_name_is_refused_in_words_and_nothing_is_lost(clinic: Clinic, letters: Letters, group_id: int, come_in: Any) -> None:  # noqa: F811
    booked = book(clinic)
    member = Member(clinic, letters, booked, come_in(clinic, booked), group_id)
    assert [member.send("join_group", nickname=name)["error"] for name in ("x", "old vries")] == ["name_wanted", "own_name_refused"]
    assert member.send("group_say", client_id=client_id(), text="Hello")["error"] == "unknown", "whoever has not agreed reads and writes nothing"
    assert member.send("group_catch_up", after=0)["error"] == "unknown"
    member.send("decline_group")
    assert member.groups()["groups"] == [] and member.send("join_group", nickname="Kettle")["error"] == "unknown"


ACTS: dict[str, dict[str, Any]] = {
    "join_group": {"nickname": "Kettle"}, "decline_group": {}, "leave_group": {}, "mute_group": {"on": True}, "group_people": {},
    "group_catch_up": {"after": 0}, "group_say": {"client_id": "c" * 36, "text": "x"}, "group_edit": {"seq": 1, "text": "x"},
    "group_delete": {"seq": 1}, "group_read": {"to": 1}, "group_report": {"seq": 1, "words": ""}, "ask_private": {"member": "x"},
    "answer_private": {"talk": "x", "on": True},
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_nobody_does_anything_in_a_group_with_the_membership_of_somebody_else(two: tuple[Member, Member], act: str) -> None:
    one, other = two
    one.say("Hello")
    assert other.page.send(act, group=one.group, **ACTS[act])["error"] == "unknown"
    assert one.lines() == [("Blue bird", "Hello")]


@pytest.mark.parametrize("act", ACTS)
def test_nobody_does_anything_who_was_removed(two: tuple[Member, Member], act: str, clinic: Clinic) -> None:
    one, _other = two
    with clinic.session() as session:
        session.query(GroupMember).filter_by(uid=one.group).one().remove(clinic.staff("doctor"), "No advertising", clock.now())
    assert one.send(act, **ACTS[act])["error"] == "unknown"
    notice, = one.groups()["notices"]
    assert notice["words"] == "No advertising"
    one.page.send("read_notice", notice=notice["id"])
    assert one.groups()["notices"] == []


@pytest.mark.parametrize("act", ACTS)
def test_the_clinic_next_door_has_no_way_in(two: tuple[Member, Member], act: str, other: Clinic, letters: Letters, come_in: Any) -> None:  # noqa: F811
    one, _second = two
    stranger = Page(letters, come_in(other, book(other)))
    assert stranger.send(act, group=one.group, **ACTS[act])["error"] == "unknown"


def test_two_write_alone_and_the_third_reads_nothing_of_it(two: tuple[Member, Member], clinic: Clinic, letters: Letters, group_id: int, come_in: Any) -> None:  # noqa: F811
    one, other = two
    booked = book(clinic, 2, last_name="Smith", email=f"smith@{clinic.slug}.example")
    third = Member(clinic, letters, booked, come_in(clinic, booked), group_id)
    third.send("join_group", nickname="Kettle")
    teapot = next(person["id"] for person in one.send("group_people")["members"] if person["name"] == "Teapot")
    talk = one.send("ask_private", member=teapot)["talk"]
    assert one.say("Hello", talk=talk)["error"] == "no_private_talks", "the other has not agreed"
    asked, = other.groups()["talks"]
    assert (asked["with"], asked["asked"], asked["on"]) == ("Blue bird", True, False)
    other.send("answer_private", talk=asked["id"], on=True)
    third.page.heard.clear()
    one.say("Between us", talk=talk)
    assert other.lines(talk=talk) == [("Blue bird", "Between us")] and third.page.heard == []
    assert third.send("group_catch_up", talk=talk, after=0)["error"] == "unknown" and third.groups()["talks"] == []


def test_a_report_reaches_the_moderators_and_tells_nobody_else(two: tuple[Member, Member], clinic: Clinic, group_id: int) -> None:
    one, other = two
    seq = one.say("You are all fools")["seq"]
    other.send("group_report", seq=seq, words="Insulting")
    with clinic.session() as session:
        assert [report.words for report in chat_group.open_reports(session.get_one(ChatGroup, group_id))] == ["Insulting"]
    assert "Insulting" not in json.dumps([one.groups(), one.lines(), one.page.heard])


def test_muted_and_left_are_kept(two: tuple[Member, Member]) -> None:
    one, other = two
    one.send("mute_group", on=True)
    assert one.groups()["groups"][0]["muted"] and not other.groups()["groups"][0]["muted"]
    one.say("Bye")
    one.send("leave_group")
    assert one.groups()["groups"] == [] and other.lines() == [("", "")], "what was said goes with whoever leaves"
