"""Channels turn by themselves, presence ends, and what waits is handed out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from telehealth import alert, case_alert, clock, conversation, expected_wait, flow, message
from telehealth.channel import Channel, ChannelState, ChannelSwitch, Routing
from telehealth.channel_change import ChangeRule, ChannelChange
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Role
from telehealth.presence import Presence
from telehealth.skill import Skill
from tests.clinic import Clinic, client_id

NOON = datetime.fromisoformat("2031-03-05T12:00:00+00:00")


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


@contextmanager
def channel_of(clinic: Clinic, key: str = "shared", **settings: Any) -> Iterator[Channel]:
    with clinic.session() as session:
        channel = session.get_one(Channel, clinic.channels[key])
        for name, value in settings.items():
            setattr(channel, name, value)
        yield channel


def ask(clinic: Clinic, now: datetime = NOON, locale: str = "en", channel: str = "shared") -> int:
    with clinic.session() as session:
        return conversation.start(
            session, session.get_one(Channel, clinic.channels[channel]), client_id=client_id(), widget_id=None, visitor="v",
            subject="", locale=locale, now=now,
        ).id  # fmt: skip


def enter(clinic: Clinic, person: str = "doctor", now: datetime = NOON, *, active: bool = True) -> None:
    with channel_of(clinic) as channel:
        channel.enter(clinic.staff(person), active=active, now=now)


def sweep(clinic: Clinic, now: datetime) -> None:
    with clinic.session() as session:
        flow.sweep(session, now)


def state(clinic: Clinic, now: datetime) -> ChannelState:
    with channel_of(clinic) as channel, clinic.session() as session:
        return channel.state(now, session.get_one(Organization, clinic.id))


def history(clinic: Clinic) -> list[tuple[ChannelState, ChangeRule]]:
    with clinic.session() as session:
        return [(row.state, row.rule) for row in session.scalars(select(ChannelChange).order_by(ChannelChange.id))]


def owner(clinic: Clinic, thread: int) -> int | None:
    with clinic.session() as session:
        return session.get_one(Conversation, thread).claimed_by_id


def test_who_closed_a_channel_why_and_until_when_is_kept(clinic: Clinic) -> None:
    with channel_of(clinic) as channel:
        channel.turn(ChannelSwitch.CLOSED, congested=False, by=clinic.staff("manager"), now=NOON, until=later(60), reason="Meeting")
    with clinic.session() as session:
        change = session.scalars(select(ChannelChange)).one()
        assert (change.state, change.rule, change.by_id, change.reason, change.at) == (
            ChannelState.CLOSED, ChangeRule.HAND, clinic.people["manager"], "Meeting", NOON
        )  # fmt: skip


def test_what_was_said_until_a_moment_is_over_then(clinic: Clinic) -> None:
    with channel_of(clinic) as channel:
        channel.turn(ChannelSwitch.OPEN, congested=False, by=clinic.staff("manager"), now=NOON, until=later(60))
    assert (state(clinic, later(59)), state(clinic, later(60))) == (ChannelState.OPEN, ChannelState.CLOSED)
    sweep(clinic, later(61))
    assert history(clinic)[-1] == (ChannelState.CLOSED, ChangeRule.HOURS)


def test_a_long_queue_makes_a_channel_busy_and_the_notice_does_not_flap(clinic: Clinic) -> None:
    with channel_of(clinic, busy_from=4):
        pass
    threads = [ask(clinic) for _ in range(5)]
    assert state(clinic, NOON) is ChannelState.CONGESTED
    _finish(clinic, threads[0])
    assert state(clinic, NOON) is ChannelState.CONGESTED
    _finish(clinic, threads[1])
    assert state(clinic, NOON) is ChannelState.OPEN


def _finish(clinic: Clinic, thread: int, now: datetime = NOON) -> None:
    with clinic.session() as session:
        session.get_one(Conversation, thread).finish(now)


def test_a_long_wait_makes_a_channel_busy(clinic: Clinic) -> None:
    with channel_of(clinic, busy_minutes=10):
        pass
    ask(clinic)
    sweep(clinic, later(10))
    assert state(clinic, later(10)) is ChannelState.OPEN
    sweep(clinic, later(11))
    assert state(clinic, later(11)) is ChannelState.CONGESTED
    assert history(clinic) == [(ChannelState.CONGESTED, ChangeRule.QUEUE)]


def test_a_channel_closes_some_minutes_after_the_last_one_left_and_opens_with_the_first(clinic: Clinic) -> None:
    with channel_of(clinic, closes_when_empty=True, empty_minutes=5):
        pass
    enter(clinic)
    enter(clinic, now=later(1), active=False)
    sweep(clinic, later(5.9))
    assert state(clinic, later(5.9)) is ChannelState.OPEN
    sweep(clinic, later(6))
    assert state(clinic, later(6)) is ChannelState.CLOSED
    enter(clinic, now=later(9))
    assert state(clinic, later(9)) is ChannelState.OPEN
    assert history(clinic) == [(ChannelState.CLOSED, ChangeRule.PRESENCE), (ChannelState.OPEN, ChangeRule.PRESENCE)]


def test_without_chat_nothing_is_open_and_nobody_may_answer(clinic: Clinic) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat = False
    assert state(clinic, NOON) is ChannelState.CLOSED
    assert not clinic.staff("admin").may(Permission.ANSWER_CHAT)
    assert clinic.staff("admin").may(Permission.TALK)


def test_presence_ends_with_the_pages_of_the_desk_and_its_person_is_told(clinic: Clinic) -> None:
    enter(clinic)
    with clinic.session() as session:
        alert.note_at_desk(session, [clinic.people["doctor"]], later(5))
    sweep(clinic, later(8))
    assert _present(clinic) == [(True, None)]
    sweep(clinic, later(8.1))
    assert _present(clinic) == [(False, later(8.1))]
    with clinic.session() as session:
        flow.come_back(session, clinic.people["doctor"], present=True, now=later(9))
    assert _present(clinic) == [(True, None)]


def _present(clinic: Clinic) -> list[tuple[bool, datetime | None]]:
    with clinic.session() as session:
        return [(row.active, row.expired_at) for row in session.scalars(select(Presence))]


def test_whoever_signs_out_is_present_nowhere(clinic: Clinic) -> None:
    enter(clinic)
    with clinic.session() as session:
        flow.sign_out(session, clinic.people["doctor"], later(1))
    assert _present(clinic) == [(False, None)]


@pytest.fixture
def automatic(clinic: Clinic) -> Clinic:
    """Its shared channel gives conversations to those present, two at once; the nurse speaks Dutch too."""
    with channel_of(clinic, routing=Routing.AUTOMATIC, most_at_once=2), clinic.session() as session:
        session.get_one(Practitioner, clinic.people["nurse"]).languages = "English, Nederlands"
    return clinic


def test_conversations_go_to_those_present_with_the_fewest_up_to_the_most_at_once(automatic: Clinic) -> None:
    enter(automatic, "doctor")
    enter(automatic, "nurse")
    given = [owner(automatic, ask(automatic)) for _ in range(5)]
    doctor, nurse = automatic.people["doctor"], automatic.people["nurse"]
    assert given == [doctor, nurse, doctor, nurse, None]


def test_nobody_gets_a_conversation_who_is_not_present(automatic: Clinic) -> None:
    assert owner(automatic, ask(automatic)) is None


def test_whoever_comes_gets_what_has_waited_longest(automatic: Clinic) -> None:
    second, first = ask(automatic, later(1)), ask(automatic, NOON)
    with channel_of(automatic, most_at_once=1):
        pass
    enter(automatic, now=later(2))
    assert (owner(automatic, first), owner(automatic, second)) == (automatic.people["doctor"], None)


def test_the_end_of_one_conversation_makes_room_for_the_next(automatic: Clinic) -> None:
    with channel_of(automatic, most_at_once=1):
        pass
    enter(automatic)
    first, second = ask(automatic), ask(automatic, later(1))
    _finish(automatic, first, later(2))
    assert owner(automatic, second) == automatic.people["doctor"]


def test_a_language_is_waited_for_and_only_preferred_after_the_channels_minutes(automatic: Clinic) -> None:
    enter(automatic, "doctor")
    thread = ask(automatic, locale="nl")
    assert owner(automatic, thread) is None
    sweep(automatic, later(2.9))
    assert owner(automatic, thread) is None
    sweep(automatic, later(3))
    assert owner(automatic, thread) == automatic.people["doctor"]


def test_whoever_speaks_the_language_gets_it(automatic: Clinic) -> None:
    enter(automatic, "doctor")
    enter(automatic, "nurse")
    assert owner(automatic, ask(automatic, locale="nl")) == automatic.people["nurse"]


def test_a_channel_that_asks_for_a_skill_gives_to_those_who_have_it(automatic: Clinic) -> None:
    with channel_of(automatic) as channel, automatic.session() as session:
        skill = Skill(name="Diabetes", people=[session.get_one(Practitioner, automatic.people["nurse"])])
        session.add(skill)
        session.flush()
        number = skill.id
    with channel_of(automatic, skill_id=number) as channel:
        assert channel.id
    enter(automatic, "doctor")
    enter(automatic, "nurse")
    assert [owner(automatic, ask(automatic)) for _ in range(2)] == [automatic.people["nurse"]] * 2


def test_under_a_race_everything_is_given_once_and_nobody_gets_too_many(automatic: Clinic) -> None:
    """Eight patients ask while two people come in, at the same time."""
    threads: list[int] = []
    deeds = [lambda: threads.append(ask(automatic)) for _ in range(8)]
    deeds += [lambda: enter(automatic, "doctor"), lambda: enter(automatic, "nurse")]
    running = [Thread(target=deed) for deed in deeds]
    for one in running:
        one.start()
    for one in running:
        one.join()
    sweep(automatic, later(1))
    owners = [owner(automatic, thread) for thread in threads]
    assert len(threads) == 8
    assert sorted(found for found in owners if found) == sorted([automatic.people["doctor"], automatic.people["nurse"]] * 2)


def test_the_place_in_the_queue_counts_those_who_wait_longer(clinic: Clinic) -> None:
    first, second = ask(clinic), ask(clinic, later(1))
    with clinic.session() as session:
        threads = [session.get_one(Conversation, number) for number in (first, second)]
        assert [expected_wait.place(session, thread) for thread in threads] == [1, 2]
        threads[0].finish(later(2))
        assert [expected_wait.place(session, thread) for thread in threads] == [None, 1]


@pytest.mark.parametrize(("answers", "known"), [(4, None), (5, 3)])
def test_the_wait_is_the_median_of_the_last_answers_or_honestly_not_known(clinic: Clinic, answers: int, known: int | None) -> None:
    for number in range(answers):
        thread = ask(clinic)
        with clinic.session() as session:
            by = Author(AuthorKind.STAFF, "Dr", practitioner_id=clinic.people["doctor"])
            message.post(session, thread, client_id(), "Yes", by=by, now=later(number + 1 - 0.5))
    with clinic.session() as session:
        assert expected_wait.minutes(session, clinic.channels["shared"], later(30)) == known


@pytest.fixture
def by_mail(clinic: Clinic) -> Clinic:
    with channel_of(clinic) as channel:
        channel.choose(clinic.staff("doctor"), sound=True, repeat_seconds=0, mail=True, push=False, now=NOON)
    return clinic


def tell(clinic: Clinic, now: datetime) -> None:
    with clinic.session() as session:
        case_alert.tell(session, clinic.channels["shared"], now)


def _mails(clinic: Clinic) -> list[tuple[str, str]]:
    """To whom, and what is known of it."""
    with clinic.session() as session:
        found = session.scalars(select(OutgoingMail).where(OutgoingMail.kind == MailKind.STAFF_CASE).order_by(OutgoingMail.id))
        return [(mail.recipient, str(mail.about)) for mail in found]


def _planned(clinic: Clinic) -> list[datetime]:
    with clinic.session() as session:
        mine = (Job.organization_id == clinic.id) & (Job.kind == case_alert.CASE)
        return list(session.scalars(select(Job.due).where(mine).order_by(Job.id)))


def test_a_new_conversation_is_told_by_mail_without_a_word_of_it(by_mail: Clinic) -> None:
    ask(by_mail)
    assert _planned(by_mail) == [NOON]
    tell(by_mail, NOON)
    recipient, about = _mails(by_mail)[0]
    assert recipient == by_mail.email("doctor")
    assert "Customer service" in about


def test_one_mail_is_written_within_ten_minutes_and_the_rest_is_looked_at_afterwards(by_mail: Clinic) -> None:
    ask(by_mail)
    tell(by_mail, NOON)
    tell(by_mail, later(4))
    assert len(_mails(by_mail)) == 1
    assert _planned(by_mail) == [NOON, later(10)]
    tell(by_mail, later(10))
    assert len(_mails(by_mail)) == 2


def test_nobody_is_told_of_what_somebody_has_taken(by_mail: Clinic) -> None:
    thread = ask(by_mail)
    enter(by_mail)
    with by_mail.session() as session:
        session.get_one(Conversation, thread).claim(by_mail.staff("doctor"))
    with pytest.raises(NoLongerWanted):
        tell(by_mail, NOON)


def test_whoever_may_no_longer_answer_is_not_told(by_mail: Clinic) -> None:
    ask(by_mail)
    with by_mail.session() as session:
        role = session.scalars(select(PractitionerRole).where(PractitionerRole.practitioner_id == by_mail.people["doctor"])).one()
        role.role = Role.TRANSLATOR
    tell(by_mail, NOON)
    assert _mails(by_mail) == []


def test_without_a_choice_no_work_is_planned(clinic: Clinic) -> None:
    ask(clinic)
    assert _planned(clinic) == []


def test_a_failed_transaction_leaves_nothing_behind(automatic: Clinic) -> None:
    enter(automatic)
    with pytest.raises(ZeroDivisionError), automatic.session() as session:
        channel = session.get_one(Channel, automatic.channels["shared"])
        channel.stir(clock.now(), turned=True)
        raise ZeroDivisionError
    assert history(automatic) == []

