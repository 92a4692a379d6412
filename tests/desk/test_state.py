"""Old state + event = freshly fetched state: for every event, on every desk, whatever it may see.

Each desk keeps its lists as its page does, from what it was given at first and what it hears; after each deed they must
be what a page that is opened now would be given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from telehealth import clock, message, waiting_room
from telehealth.booking import Appointment
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation
from telehealth.database import Session
from telehealth.message import Author
from telehealth.waiting_room import Encounter, EndReason
from tests.clinic import Clinic, client_id
from tests.desk.wire import Page

LISTS = {
    "waiting_room": "visit", "waiting_talks": "visit_talk", "inbox": "conversation", "calendar": "appointment",
    "arrivals": "arrival",
}  # fmt: skip
PEOPLE = ("doctor", "nurse", "manager", "admin")


class Mirror:
    """A page's own lists, kept the way static/js/stream.js keeps them."""

    def __init__(self, page: Page, day: str) -> None:
        self.page = page
        self.asks = {name: {"date": day} if name in {"calendar", "arrivals"} else {} for name in LISTS}
        self.lists: dict[str, dict[int, Any]] = {name: {} for name in LISTS}
        self.seen = dict.fromkeys(LISTS, 0)
        for name in LISTS:
            self.catch_up(name)
        page.heard.clear()

    def listen(self) -> None:
        """Take in what was heard; a number that skips some asks for the gap."""
        for event, item in self.page.heard:
            for name in [name for name, heard in LISTS.items() if heard == event]:
                if item["seq"] > self.seen[name] + 1:
                    self.catch_up(name)
                else:
                    self.take(name, item)
        self.page.heard.clear()

    def catch_up(self, name: str) -> None:
        more = True
        while more:
            page = self.page.done(name, after=self.seen[name], **self.asks[name])
            for item in page["items"]:
                self.take(name, item)
            more = page["more"] and page["seq"] > self.seen[name] - 1 and bool(page["items"])
            self.seen[name] = max(self.seen[name], page["seq"])

    def take(self, name: str, item: dict[str, Any]) -> None:
        if item["seq"] <= self.seen[name]:
            return
        self.seen[name] = item["seq"]
        if item.get("gone"):
            self.lists[name].pop(item["id"], None)
        else:
            self.lists[name][item["id"]] = item
            self.stand(item.get("talk"))

    def stand(self, talk: dict[str, Any] | None) -> None:
        """A talk is told of with its visit and by itself: the newest counts."""
        known = self.lists["waiting_talks"]
        if talk and talk["seq"] >= known.get(talk["id"], talk)["seq"]:
            known[talk["id"]] = talk

    def fresh(self) -> dict[str, dict[int, Any]]:
        lists = {name: self.page.everything(name, **self.asks[name]) for name in LISTS}
        talks = lists["waiting_talks"]
        assert {key: visit.pop("talk") for key, visit in lists["waiting_room"].items()} == talks
        return lists

    def shown(self) -> dict[str, dict[int, Any]]:
        """Talks are shown beside their visits, so those of visits that went are not."""
        visits = {key: _without_talk(visit) for key, visit in self.lists["waiting_room"].items()}
        talks = {key: talk for key, talk in self.lists["waiting_talks"].items() if key in visits}
        return self.lists | {"waiting_talks": talks, "waiting_room": visits}


def _without_talk(visit: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in visit.items() if name != "talk"}


def _visit(session: Session, clinic: Clinic) -> Encounter:
    return session.query(Encounter).order_by(Encounter.id).first()  # type: ignore[return-value]


def _thread(session: Session, clinic: Clinic) -> Conversation:
    return session.query(Conversation).filter(Conversation.channel_id.is_not(None)).order_by(Conversation.id).first()  # type: ignore[return-value]


def _appointment(session: Session, clinic: Clinic) -> Appointment:
    return session.query(Appointment).order_by(Appointment.id).first()  # type: ignore[return-value]


def _say(session: Session, thread: Conversation, kind: AuthorKind) -> None:
    by = Author(kind, "Somebody", visitor=thread.visitor if kind is AuthorKind.PATIENT else None)
    message.post(session, thread.id, client_id(), "A word", by=by, now=clock.now())


def _read(session: Session, thread: Conversation) -> None:
    _say(session, thread, AuthorKind.STAFF)
    session.refresh(thread)
    thread.read_by_patient()


def _channel(session: Session, clinic: Clinic, name: str) -> Channel:
    return session.get_one(Channel, clinic.channels[name])


def _check_in(session: Session, clinic: Clinic) -> Encounter:
    found = _appointment(session, clinic)
    return waiting_room.check_in(session, found.ticket, found, found.start)


Deed = Callable[[Session, Clinic], Any]
DEEDS: dict[str, Deed] = {
    "somebody arrives": lambda s, c: c.arrive(s),
    "somebody arrives in the other department": lambda s, c: c.arrive(s, department_id=c.departments[1]),
    "a patient is admitted": lambda s, c: _visit(s, c).admit(c.staff("doctor"), clock.now()),
    "a patient is admitted from elsewhere": lambda s, c: _visit(s, c).admit(c.staff("nurse"), clock.now()),
    "a patient is put on hold": lambda s, c: _visit(s, c).hold(c.staff("doctor"), clock.now()),
    "a patient is seen": lambda s, c: _visit(s, c).acknowledge(c.staff("doctor"), clock.now()),
    "nobody has seen a patient in time": lambda s, c: _visit(s, c).escalate(clock.now()),
    "a patient is sent back": lambda s, c: _visit(s, c).send_back(c.staff("doctor")),
    "a visit ends": lambda s, c: _visit(s, c).end(c.staff("doctor"), clock.now()),
    "somebody is removed": lambda s, c: _visit(s, c).end(c.staff("doctor"), clock.now(), EndReason.REMOVED),
    "a patient leaves": lambda s, c: _visit(s, c).leave(clock.now()),
    "a patient is lost for good": lambda s, c: _visit(s, c).give_up(clock.now()),
    "a connection is lost": lambda s, c: _visit(s, c).connection(connected=False, now=clock.now()),
    "a patient writes from the waiting room": lambda s, c: _say(s, _visit(s, c).conversation, AuthorKind.PATIENT),
    "the clinic writes into the waiting room": lambda s, c: _say(s, _visit(s, c).conversation, AuthorKind.STAFF),
    "the waiting room's talk is read": lambda s, c: _read(s, _visit(s, c).conversation),
    "a conversation starts": lambda s, c: c.conversation(s, "shared"),
    "a conversation starts in a department's channel": lambda s, c: c.conversation(s, "open"),
    "a patient writes": lambda s, c: _say(s, _thread(s, c), AuthorKind.PATIENT),
    "the clinic answers": lambda s, c: _say(s, _thread(s, c), AuthorKind.STAFF),
    "a conversation is taken": lambda s, c: _thread(s, c).claim(c.staff("nurse")),
    "a conversation is read": lambda s, c: _thread(s, c).read_by_staff(c.staff("nurse")),
    "a conversation is transferred": lambda s, c: _thread(s, c).transfer(
        _channel(s, c, "internal"), by=c.staff("nurse"), now=clock.now()
    ),
    "a conversation is closed": lambda s, c: _thread(s, c).close(c.staff("nurse"), clock.now()),
    "a conversation ends by itself": lambda s, c: _thread(s, c).finish(clock.now()),
    "somebody books": lambda s, c: c.book(s, 5),
    "an appointment is cancelled": lambda s, c: _appointment(s, c).cancel(clock.now()),
    "an appointment is done": lambda s, c: _appointment(s, c).finish(),
    "somebody comes for an appointment": _check_in,
}  # fmt: skip


@pytest.fixture
def mirrors(clinic: Clinic, open_page: Any) -> list[Mirror]:
    """A clinic with one of everything, and four open desks."""
    with clinic.session() as session:
        _channel(session, clinic, "shared").enter(clinic.staff("nurse"), active=True, now=clock.now())
        _channel(session, clinic, "internal").enter(clinic.staff("manager"), active=True, now=clock.now())
        clinic.arrive(session)
        clinic.conversation(session, "shared")
        day = clinic.book(session).start.date().isoformat()
    return [Mirror(open_page(clinic, person), day) for person in PEOPLE]


def _do(clinic: Clinic, deed: str) -> None:
    with clinic.session() as session:
        DEEDS[deed](session, clinic)


def _check(mirrors: list[Mirror]) -> None:
    for person, mirror in zip(PEOPLE, mirrors, strict=True):
        mirror.listen()
        assert mirror.shown() == mirror.fresh(), person


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_desk_hears_is_what_a_new_desk_is_given(clinic: Clinic, mirrors: list[Mirror], deed: str) -> None:
    if deed == "a patient is admitted from elsewhere":
        with clinic.session() as session:
            DEEDS["somebody arrives in the other department"](session, clinic)
    _do(clinic, deed)
    assert any(mirror.page.heard for mirror in mirrors)
    _check(mirrors)


@pytest.mark.parametrize("deed", DEEDS)
def test_what_a_desk_missed_it_is_told_when_it_comes_back(clinic: Clinic, mirrors: list[Mirror], deed: str) -> None:
    _do(clinic, deed)
    for mirror in mirrors:
        mirror.page.heard.clear()  # it was away
        for name in LISTS:
            mirror.catch_up(name)
    _check(mirrors)


def test_a_long_day_leaves_every_desk_with_the_same_truth(clinic: Clinic, mirrors: list[Mirror]) -> None:
    day = (
        "somebody arrives", "a conversation starts", "a patient writes", "a patient is admitted",
        "the clinic writes into the waiting room", "a conversation is taken", "the clinic answers", "somebody books",
        "a patient is sent back", "a connection is lost", "somebody comes for an appointment",
        "a conversation is transferred", "somebody arrives in the other department", "an appointment is cancelled",
        "a patient leaves",
    )  # fmt: skip
    for deed in day:
        _do(clinic, deed)
        _check(mirrors)


def test_catching_up_comes_in_pages(clinic: Clinic, open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from desk import catch_up
    from desk.waiting_room import rows

    monkeypatch.setattr(catch_up, "PAGE", 2)
    monkeypatch.setattr(rows, "PAGE", 2)
    with clinic.session() as session:
        for _ in range(5):
            _say(session, clinic.arrive(session).conversation, AuthorKind.PATIENT)
    page = open_page(clinic, "doctor")
    first = page.done("waiting_room")
    assert (len(first["items"]), first["more"]) == (2, True)
    assert len(page.everything("waiting_room")) == 5
    assert len(page.everything("waiting_talks")) == 5


def test_a_desk_that_was_away_learns_who_went(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        visit_id = clinic.arrive(session).id
    page = open_page(clinic, "doctor")
    seen = page.done("waiting_room")["seq"]
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).leave(clock.now())
    missed = page.done("waiting_room", after=seen)
    assert [(item["id"], item.get("gone")) for item in missed["items"]] == [(visit_id, True)]


def test_a_new_page_is_not_told_of_those_who_went_before_it(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        clinic.arrive(session).leave(clock.now())
    assert open_page(clinic, "doctor").done("waiting_room")["items"] == []


def test_the_own_presence_turns_headers_into_cards_and_back(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        clinic.conversation(session, "shared")
    page, second_tab = open_page(clinic, "doctor"), open_page(clinic, "doctor")
    channel = clinic.channels["shared"]
    for present in (True, False):
        page.done("be_present", channel=channel, on=present)
        assert second_tab.events("presence")[-1] == {"channel": channel}
        seen = page.done("inbox_of_channel", channel=channel)["items"]
        assert [("name" in row) for row in seen] == [present]
        assert {row["id"]: row for row in seen} == page.everything("inbox")


def test_the_numbers_are_those_of_the_lists(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "nurse")
    assert page.done("counts") == {"waiting": 0, "inbox": 0, "messages": 0, "reports": 0}
    with clinic.session() as session:
        clinic.arrive(session)
        clinic.arrive(session, department_id=clinic.departments[1])
        clinic.conversation(session, "shared")
    assert page.done("counts") == {"waiting": 1, "inbox": 0, "messages": 0, "reports": 0}
    page.done("be_present", channel=clinic.channels["shared"], on=True)
    assert page.done("counts") == {"waiting": 1, "inbox": 1, "messages": 0, "reports": 0}
