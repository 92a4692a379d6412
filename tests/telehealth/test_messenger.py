"""Messages from services of others: taken once, into one thread; outside only that there is an answer."""

from datetime import timedelta

import pytest

from telehealth import clock, contact_point, message, messenger
from telehealth.contact_point import ContactKind
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.job import WorkState
from telehealth.messenger import (
    Arrival,
    CodeNeeded,
    CodeOver,
    Incoming,
    MessengerAccount,
    Notice,
    NoticeKind,
    NoWay,
    Status,
    TooManyMessages,
    UnknownAccount,
    WrongCode,
)
from tests.clinic import client_id


@pytest.fixture
def account(clinic, session):
    made = MessengerAccount(kind=ContactKind.TELEGRAM, name="Bot", channel_id=clinic.channels["open"])
    session.add(made)
    session.flush()
    return made


def receive(session, account, number=1, text="Hello", sender="555", now=None):
    return messenger.receive(session, account, Incoming(f"m{number}", sender, "Ida", text), now or clock.now())


def answer(session, clinic, thread, now=None):
    who, now = clinic.staff("nurse"), now or clock.now()
    by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
    message.post(session, thread.id, client_id(), "The result is fine", by=by, now=now)
    messenger.answered(session, thread, now)


def notices(session, kind=NoticeKind.ANSWER):
    return session.query(Notice).filter_by(kind=kind).order_by(Notice.id).all()


def sent(session, notice):
    notice.state = WorkState.DONE
    notice.sent("x-1")
    session.flush()


def said(session, thread):
    return [message.text for message in message.messages(session, thread.id)]


def test_a_first_message_begins_a_case_in_the_accounts_channel(clinic, session, account):
    thread = receive(session, account)
    assert (thread.channel_id, thread.subject, said(session, thread)) == (clinic.channels["open"], "Ida", ["Hello"])
    assert [at.address for at in contact_point.points_of(session, thread)] == ["555"]
    assert len(notices(session, NoticeKind.WELCOME)) == 1


def test_the_same_message_told_again_is_taken_once(session, account):
    thread = receive(session, account)
    assert receive(session, account) is thread
    assert said(session, thread) == ["Hello"]


def test_a_closed_channel_keeps_what_comes_for_when_it_opens(clinic, session, account):
    account.channel_id = clinic.channels["closed"]
    assert receive(session, account).channel_id == clinic.channels["closed"]


def test_a_thread_goes_on_until_it_ends_and_then_a_new_case_begins(session, account):
    first = receive(session, account)
    assert receive(session, account, 2, "More") is first
    first.finish(clock.now())
    second = receive(session, account, 3, "Again")
    assert second.id != first.id
    assert second.visitor != first.visitor
    assert said(session, second) == ["Again"]


def test_people_do_not_share_a_thread(session, account):
    assert receive(session, account).id != receive(session, account, 2, sender="777").id


def test_a_long_message_is_taken_whole_in_several(session, account):
    thread = receive(session, account, text="a" * 9000)
    assert [len(text) for text in said(session, thread)] == [8000, 1000]


def test_a_blocked_contact_point_says_nothing_more(session, account):
    thread = receive(session, account)
    contact_point.points_of(session, thread)[0].block(clock.now())
    assert receive(session, account, 2, "Spam") is None
    assert said(session, thread) == ["Hello"]


def test_more_than_a_person_writes_is_refused_and_taken_later(session, account):
    now = clock.now()
    for number in range(messenger.MOST_A_MINUTE):
        receive(session, account, number, now=now)
    with pytest.raises(TooManyMessages):
        receive(session, account, 99, now=now)
    assert receive(session, account, 99, now=now + timedelta(minutes=2)) is not None


def test_several_answers_are_told_once_until_the_patient_has_read(clinic, session, account):
    thread = receive(session, account)
    answer(session, clinic, thread)
    answer(session, clinic, thread)
    assert len(notices(session)) == 1
    sent(session, notices(session)[0])
    answer(session, clinic, thread)
    assert len(notices(session)) == 1
    session.refresh(thread)
    thread.read_by_patient()
    session.flush()
    answer(session, clinic, thread)
    assert len(notices(session)) == 2


def test_an_answer_to_a_new_question_is_told_anew(clinic, session, account):
    now = clock.now()
    thread = receive(session, account, now=now)
    answer(session, clinic, thread, now)
    sent(session, notices(session)[0])
    receive(session, account, 2, "And?", now=now + timedelta(minutes=5))
    answer(session, clinic, thread, now + timedelta(minutes=6))
    assert len(notices(session)) == 2


def test_a_notice_that_was_dropped_or_given_up_does_not_silence_the_next(clinic, session, account):
    thread = receive(session, account)
    for number, state in enumerate((WorkState.DROPPED, WorkState.DEAD), 1):
        answer(session, clinic, thread)
        assert len(notices(session)) == number
        notices(session)[-1].state = state
        session.flush()
    answer(session, clinic, thread)
    assert len(notices(session)) == 3


def test_no_notice_holds_what_was_said(clinic, session, account):
    thread = receive(session, account)
    answer(session, clinic, thread)
    [notice] = notices(session)
    stored = " ".join(str(getattr(notice, column.name)) for column in Notice.__table__.columns)
    assert "result" not in stored
    assert notice.link not in stored


def test_whoever_has_read_the_answer_gets_no_notice(clinic, session, account):
    thread = receive(session, account)
    answer(session, clinic, thread)
    [notice] = notices(session)
    assert messenger.is_wanted(session, notice)
    session.refresh(thread)
    thread.read_by_patient()
    assert not messenger.is_wanted(session, notice)


def test_conversations_of_the_own_site_send_nothing_outside(clinic, session):
    thread = clinic.conversation(session)
    answer(session, clinic, thread)
    assert notices(session) == []


def test_what_the_service_says_moves_forward_only(clinic, session, account):
    thread = receive(session, account)
    answer(session, clinic, thread)
    [notice] = notices(session)
    sent(session, notice)
    for told, then in [(Arrival.READ, Arrival.READ), (Arrival.DELIVERED, Arrival.READ), (Arrival.FAILED, Arrival.FAILED)]:
        messenger.learn(session, account, Status("x-1", told))
        assert notice.arrival is then
    messenger.learn(session, account, Status("nobody's", Arrival.READ))


def test_a_link_opens_its_conversation_once_and_then_with_a_code_or_the_same_device(clinic, session, account):
    thread = receive(session, account)
    [welcome] = notices(session, NoticeKind.WELCOME)
    link = welcome.link
    found = messenger.by_link(session, link)
    assert messenger.open_link(session, found, clock.now(), known_device=False) is thread
    with pytest.raises(CodeNeeded):
        messenger.open_link(session, found, clock.now(), known_device=False)
    assert messenger.open_link(session, found, clock.now(), known_device=True) is thread


def test_an_old_link_asks_for_a_code_first(session, account):
    receive(session, account)
    [welcome] = notices(session, NoticeKind.WELCOME)
    with pytest.raises(CodeNeeded):
        messenger.open_link(session, welcome, clock.now() + messenger.FRESH, known_device=False)


@pytest.mark.parametrize("wrong", ["", "x", "x.y", "{uid}", "{uid}.", "{uid}.nonsense"])
def test_a_link_that_is_not_ours_opens_nothing(session, account, wrong):
    receive(session, account)
    [welcome] = notices(session, NoticeKind.WELCOME)
    with pytest.raises(UnknownAccount):
        messenger.by_link(session, wrong.format(uid=welcome.uid))


def test_a_code_verifies_once_and_after_five_wrong_tries_never(clinic, session, account):
    thread = clinic.conversation(session)
    at = contact_point.claim(session, ContactKind.EMAIL, "a@example.org", thread, clock.now())
    made = messenger.ask_code(session, at, thread, clock.now(), texting=False)
    wrong = "000000" if made.digits != "000000" else "111111"
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as refused:
            messenger.try_code(session, at, wrong, clock.now())
        assert refused.value.left == left
    for given in (wrong, made.digits):
        with pytest.raises(CodeOver):
            messenger.try_code(session, at, given, clock.now())
    assert at.verified_at is None
    again = messenger.ask_code(session, at, thread, clock.now(), texting=False)
    messenger.try_code(session, at, f" {again.digits} ", clock.now())
    assert at.verified_at is not None
    with pytest.raises(CodeOver):
        messenger.try_code(session, at, again.digits, clock.now())


def test_a_code_is_over_after_half_an_hour_and_when_a_newer_one_was_asked_for(clinic, session):
    thread = clinic.conversation(session)
    at = contact_point.claim(session, ContactKind.EMAIL, "a@example.org", thread, clock.now())
    first = messenger.ask_code(session, at, thread, clock.now(), texting=False)
    second = messenger.ask_code(session, at, thread, clock.now(), texting=False)
    assert first.digits != second.digits
    with pytest.raises(WrongCode):
        messenger.try_code(session, at, first.digits, clock.now())
    with pytest.raises(CodeOver):
        messenger.try_code(session, at, second.digits, clock.now() + messenger.CODE_LIVES)


def test_codes_are_not_asked_for_without_a_way_nor_without_an_end(clinic, session):
    thread = clinic.conversation(session)
    number = contact_point.claim(session, ContactKind.PHONE, "06 1234 5678", thread, clock.now())
    with pytest.raises(NoWay):
        messenger.ask_code(session, number, thread, clock.now(), texting=False)
    for _ in range(messenger.CODES_AN_HOUR):
        messenger.ask_code(session, number, thread, clock.now(), texting=True)
    with pytest.raises(TooManyMessages):
        messenger.ask_code(session, number, thread, clock.now(), texting=True)


def test_secrets_are_sealed_and_what_is_left_empty_stays(session, account):
    account.keep(token="tok", secret="sec", now=clock.now())
    account.keep(token="", secret="other", now=clock.now())
    assert (account.token, account.secret) == ("tok", "other")
    assert b"tok" not in account.sealed_token


def test_a_paused_account_is_not_found(session, account):
    assert messenger.account(session, account.uid) is account
    account.active = False
    session.flush()
    with pytest.raises(UnknownAccount):
        messenger.account(session, account.uid)


def test_a_link_of_next_door_enters_its_own_clinic_only(clinic, other, session):
    with other.session() as theirs:
        bot = MessengerAccount(kind=ContactKind.TELEGRAM, name="Bot", channel_id=other.channels["open"])
        theirs.add(bot)
        theirs.flush()
        receive(theirs, bot)
        link = notices(theirs, NoticeKind.WELCOME)[0].link
    assert messenger.by_link(session, link).organization_id == other.id
    assert session.organization_id == other.id
    assert session.query(Conversation).count() == 1
