"""Conversations: one order for everybody, repeats that change nothing, who may take and pass on, sealed words."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from telehealth import clock, conversation, message
from telehealth.channel import Channel, ChannelClosed, ChannelSwitch, InternalChannel, NotPresent
from telehealth.conversation import (
    AlreadyClaimed,
    AuthorKind,
    Conversation,
    ConversationChanged,
    ConversationClosed,
    ConversationState,
    UnknownConversation,
)
from telehealth.database import Session
from telehealth.event import listeners, when
from telehealth.message import Author, EmptyMessage, Message, MessagePosted, MessageTooLong
from telehealth.opening_hours import OpeningHours
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id


def say(session: Session, thread: Conversation, text: str = "Hello", *, repeat: str = "", visitor: str = "") -> int:
    by = Author(AuthorKind.PATIENT, "I. Rossi", visitor=visitor or thread.visitor)
    return message.post(session, thread.id, repeat or client_id(), text, by=by, now=clock.now())


def answer(session: Session, clinic: Clinic, thread: Conversation, text: str = "Yes") -> int:
    who = clinic.staff("nurse")
    by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
    return message.post(session, thread.id, client_id(), text, by=by, now=clock.now())


def present(session: Session, clinic: Clinic, channel: str, *people: str) -> None:
    for person in people:
        session.get_one(Channel, clinic.channels[channel]).enter(clinic.staff(person), active=True, now=clock.now())


def start(session: Session, clinic: Clinic, channel: str, **changes: object) -> Conversation:
    given = {
        "client_id": client_id(), "widget_id": None, "visitor": "visitor", "subject": "", "locale": "en",
        "now": clock.now(),
    }  # fmt: skip
    return conversation.start(session, session.get_one(Channel, clinic.channels[channel]), **(given | changes))


def test_messages_are_numbered_in_the_order_they_were_said(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session, text="one")
    assert [say(session, thread, "two"), answer(session, clinic, thread, "three")] == [2, 3]
    said = message.messages(session, thread.id)
    assert [(message.seq, message.text) for message in said] == [(1, "one"), (2, "two"), (3, "three")]
    assert said[2].name == clinic.staff("nurse").name


def test_a_repeated_message_is_the_same_message(clinic: Clinic, session: Session) -> None:
    thread, repeat = clinic.conversation(session), client_id()
    assert [say(session, thread, "Again", repeat=repeat) for _ in range(3)] == [2, 2, 2]
    assert len(message.messages(session, thread.id)) == 2


def test_the_gap_after_a_number_comes_in_pages(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session)
    for n in range(5):
        say(session, thread, str(n))
    assert [m.seq for m in message.messages(session, thread.id, after=2, limit=2)] == [3, 4]
    assert [m.seq for m in message.messages(session, thread.id, after=4, limit=2)] == [5, 6]
    assert not message.messages(session, thread.id, after=6)


def test_starting_twice_is_one_conversation(clinic: Clinic, session: Session) -> None:
    widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
    repeat = client_id()
    threads = [start(session, clinic, "open", client_id=repeat, widget_id=widget.id) for _ in range(2)]
    assert threads[0] is threads[1]
    with pytest.raises(UnknownConversation):
        start(session, clinic, "open", client_id=repeat, widget_id=widget.id, visitor="stranger")


def test_a_started_conversation_is_found_again_after_the_channel_closed(clinic: Clinic, session: Session) -> None:
    widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
    repeat = client_id()
    first = start(session, clinic, "open", client_id=repeat, widget_id=widget.id)
    session.get_one(Channel, clinic.channels["open"]).switch = ChannelSwitch.CLOSED
    assert start(session, clinic, "open", client_id=repeat, widget_id=widget.id) is first


def test_nobody_starts_in_a_closed_or_internal_channel(clinic: Clinic, session: Session) -> None:
    with pytest.raises(ChannelClosed) as closed:
        start(session, clinic, "closed")
    assert closed.value.opens_at is None
    with pytest.raises(InternalChannel):
        start(session, clinic, "internal")


def test_a_closed_channel_says_when_its_hours_begin(clinic: Clinic, session: Session) -> None:
    channel = session.get_one(Channel, clinic.channels["open"])
    channel.switch = ChannelSwitch.BY_HOURS
    channel.hours = [OpeningHours(weekday=(clock.now() + timedelta(days=2)).weekday(), opens_minute=540, closes_minute=600)]
    session.flush()
    with pytest.raises(ChannelClosed) as closed:
        start(session, clinic, "open")
    assert closed.value.opens_at is not None
    assert timedelta(0) < closed.value.opens_at - clock.now() < timedelta(days=3)


@pytest.mark.parametrize(("text", "error"), [("  \n ", EmptyMessage), ("x" * 8001, MessageTooLong)])
def test_nothing_and_too_much_cannot_be_said(clinic: Clinic, session: Session, text: str, error: type[Exception]) -> None:
    thread = clinic.conversation(session)
    with pytest.raises(error):
        say(session, thread, text)


def test_a_stranger_cannot_write(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session)
    with pytest.raises(UnknownConversation):
        say(session, thread, visitor="stranger")
    assert len(message.messages(session, thread.id)) == 1


def test_the_other_clinics_conversation_is_not_there(clinic: Clinic, other: Clinic, session: Session) -> None:
    with other.session() as there:
        foreign = other.conversation(there)
        number, uid, visitor = foreign.id, foreign.uid, foreign.visitor
    by = Author(AuthorKind.PATIENT, "", visitor=visitor)
    with pytest.raises(UnknownConversation):
        message.post(session, number, client_id(), "Hello", by=by, now=clock.now())
    assert not message.messages(session, number)
    with pytest.raises(UnknownConversation):
        conversation.own(session, uid, visitor, 1)


def test_whoever_started_it_finds_it_again_and_nobody_else(clinic: Clinic, session: Session) -> None:
    widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
    thread = start(session, clinic, "open", widget_id=widget.id)
    assert conversation.own(session, thread.uid, "visitor", widget.id) is thread
    for uid, visitor, place in ((thread.uid, "stranger", widget.id), ("x", "visitor", widget.id), (thread.uid, "visitor", 0)):
        with pytest.raises(UnknownConversation):
            conversation.own(session, uid, visitor, place)


def test_taking_it_needs_presence_in_the_channel(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session)
    with pytest.raises(NotPresent):
        thread.claim(clinic.staff("nurse"))
    present(session, clinic, "open", "nurse")
    thread.claim(clinic.staff("nurse"))
    assert (thread.state, thread.claimed_by_id) == (ConversationState.CLAIMED, clinic.people["nurse"])
    assert thread.waiting_since is None


def test_a_taken_conversation_is_not_taken_twice(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session)
    present(session, clinic, "open", "nurse", "admin")
    thread.claim(clinic.staff("nurse"))
    thread.claim(clinic.staff("nurse"))
    with pytest.raises(AlreadyClaimed) as taken:
        thread.claim(clinic.staff("admin"))
    assert taken.value.by == clinic.staff("nurse").name


def test_of_several_who_take_it_at_once_one_gets_it(clinic: Clinic) -> None:
    people = ("nurse", "admin", "manager", "doctor")
    with clinic.session() as session:
        thread_id = clinic.conversation(session, channel="shared").id
        present(session, clinic, "shared", *people)
    begin = threading.Barrier(len(people))

    def claim(person: str) -> bool:
        by = clinic.staff(person)
        with clinic.sessions(organization=clinic.id) as session:
            thread = session.get_one(Conversation, thread_id)
            begin.wait()
            try:
                thread.claim(by)
                session.commit()
            except AlreadyClaimed:
                return False
            return True

    with ThreadPoolExecutor(len(people)) as pool:
        assert sorted(pool.map(claim, people)) == [False, False, False, True]


def test_many_who_write_at_once_get_one_order_without_gaps(clinic: Clinic) -> None:
    with clinic.session() as session:
        thread = clinic.conversation(session)
        thread_id, visitor = thread.id, thread.visitor
    begin = threading.Barrier(6)

    def write(n: int) -> list[int]:
        begin.wait()
        numbers = []
        for m in range(5):
            with clinic.session() as session:
                by = Author(AuthorKind.PATIENT, "", visitor=visitor)
                numbers.append(message.post(session, thread_id, client_id(), f"{n}.{m}", by=by, now=clock.now()))
        return numbers

    with ThreadPoolExecutor(6) as pool:
        numbers = [number for found in pool.map(write, range(6)) for number in found]
    assert sorted(numbers) == list(range(2, 32))
    with clinic.session() as session:
        assert [m.seq for m in message.messages(session, thread_id)] == list(range(1, 32))


def test_passing_it_on_keeps_what_was_said_and_how_long_it_waits(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session, text="My question")
    began = thread.waiting_since
    present(session, clinic, "open", "nurse")
    thread.transfer(
        session.get_one(Channel, clinic.channels["internal"]), by=clinic.staff("nurse"), now=clock.now() + timedelta(hours=1)
    )
    assert (thread.state, thread.claimed_by_id, thread.channel_id) == (ConversationState.NEW, None, clinic.channels["internal"])
    assert thread.waiting_since == began
    assert [said.text for said in message.messages(session, thread.id)] == ["My question"]


def test_an_ended_conversation_takes_nothing_more(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session)
    repeat = client_id()
    say(session, thread, repeat=repeat)
    present(session, clinic, "open", "nurse")
    thread.close(clinic.staff("nurse"), clock.now())
    with pytest.raises(ConversationClosed):
        say(session, thread)
    assert say(session, thread, repeat=repeat) == 2
    with pytest.raises(ConversationClosed):
        thread.claim(clinic.staff("nurse"))


def test_each_side_counts_what_it_has_not_read(clinic: Clinic, session: Session) -> None:
    thread = clinic.conversation(session)
    present(session, clinic, "open", "nurse")
    say(session, thread)
    answer(session, clinic, thread)
    session.refresh(thread)
    assert (thread.unread_by_staff, thread.unread_by_patient) == (2, 1)
    thread.read_by_staff(clinic.staff("nurse"))
    thread.read_by_patient()
    assert (thread.unread_by_staff, thread.unread_by_patient) == (0, 0)


def test_what_happens_is_told_after_the_commit_in_order(clinic: Clinic, session: Session) -> None:
    told: list[object] = []
    listen = when(MessagePosted, ConversationChanged)(told.append)
    try:
        thread = clinic.conversation(session)
        session.commit()
        say(session, thread)
        session.rollback()
        say(session, thread, "Kept")
        session.commit()
    finally:
        for kind in (MessagePosted, ConversationChanged):
            listeners[kind].remove(listen)
    assert [type(fact) for fact in told] == [ConversationChanged, MessagePosted, MessagePosted]
    assert told[2].message.text == "Kept"
    assert told[0].changed < told[1].changed < told[2].changed


def test_words_are_not_in_the_database_in_plain(clinic: Clinic) -> None:
    secret = f"Ibuprofen with enalapril {clinic.mark}"
    with clinic.session() as session:
        thread = clinic.conversation(session, text=secret)
        sealed = session.scalars(select(Message.sealed_text).where(Message.conversation_id == thread.id)).one()
        database = session.get_bind().url.database
        is_file = session.get_bind().dialect.name == "sqlite"
        assert [m.text for m in message.messages(session, thread.id)] == [secret]
    assert secret.encode() not in sealed
    if is_file:
        for file in Path(database).parent.glob("test.db*"):
            assert b"Ibuprofen with enalapril" not in file.read_bytes()
