"""Cases: they outlive their threads, keep what was entered, go back when somebody is silent, and are finished by hand."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from telehealth import case, case_timer, clock, conversation, message
from telehealth.case import (
    CaseField,
    CaseFieldKind,
    CaseOutcome,
    CaseState,
    Deed,
    Entered,
    NotNow,
    Reason,
    TooOld,
    Unfinished,
    UnknownOutcome,
    WrongAnswer,
)
from telehealth.case_text import CaseText, Occasion
from telehealth.case_timer import CaseTimer
from telehealth.channel import Channel, NotAllowed, NotPresent
from telehealth.conversation import AlreadyClaimed, AuthorKind, Conversation, ConversationState
from telehealth.database import Session
from telehealth.message import Author
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import administrators_of
from telehealth.visibility import may_see
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id

MINUTE = timedelta(minutes=1)


def present(session: Session, clinic: Clinic, *people: str, channel: str = "open") -> None:
    for person in people:
        session.get_one(Channel, clinic.channels[channel]).enter(clinic.staff(person), active=True, now=clock.now())


def of(session: Session, thread: Conversation) -> case.Case:
    found = case.of_thread(session, thread.id)
    assert found is not None
    return found


def deeds(session: Session, thread: Conversation) -> list[Deed]:
    return [event.deed for event in case.history(session, of(session, thread).id)]


def say(session: Session, thread: Conversation, kind: AuthorKind, now: datetime) -> None:
    by = Author(kind, "Somebody", visitor=thread.visitor if kind is AuthorKind.PATIENT else None)
    message.post(session, thread.id, client_id(), "Hello", by=by, now=now)
    session.refresh(thread)


def timed(session: Session, clinic: Clinic, **minutes: int) -> None:
    session.add(CaseTimer(channel_id=clinic.channels["open"], **minutes))
    session.flush()


def taken(session: Session, clinic: Clinic) -> Conversation:
    """A thread that the nurse has taken, the patient's question unanswered."""
    present(session, clinic, "nurse")
    thread = clinic.conversation(session)
    session.refresh(thread)
    thread.claim(clinic.staff("nurse"), clock.now())
    return thread


def from_widget(session: Session, clinic: Clinic, now: datetime, visitor: str = "her browser") -> Conversation:
    widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
    return conversation.start(
        session, session.get_one(Channel, clinic.channels["open"]), client_id=client_id(), widget_id=widget.id,
        visitor=visitor, subject="I. Rossi", locale="en", now=now,
    )  # fmt: skip


def test_a_first_message_opens_a_case_and_its_states_follow_the_thread(clinic: Clinic, session: Session) -> None:
    present(session, clinic, "nurse")
    thread = clinic.conversation(session)
    found = of(session, thread)
    assert found.state is CaseState.NEW
    thread.claim(clinic.staff("nurse"))
    assert found.state is CaseState.ASSIGNED
    say(session, thread, AuthorKind.STAFF, clock.now())
    assert found.state is CaseState.WAITING_FOR_PATIENT
    thread.close(clinic.staff("nurse"), clock.now())
    assert found.state is CaseState.ENDED
    found.finish(clinic.staff("nurse"), clock.now())
    assert found.state is CaseState.DONE
    assert deeds(session, thread) == [Deed.OPENED, Deed.TAKEN, Deed.ENDED, Deed.FINISHED]
    first = case.history(session, found.id)[1]
    assert (first.before, first.after, first.by_id) == (CaseState.NEW, CaseState.ASSIGNED, clinic.people["nurse"])


def test_a_visits_talk_has_no_case(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    assert case.of_thread(session, visit.conversation_id) is None


def test_whoever_writes_again_within_the_days_comes_back_to_the_same_case(clinic: Clinic, session: Session) -> None:
    now = clock.now()
    first = from_widget(session, clinic, now)
    found = of(session, first)
    first.finish(now)
    found.finish(clinic.staff("nurse"), now)
    again = from_widget(session, clinic, now + timedelta(days=6))
    assert of(session, again) is found
    assert (found.state, found.done_at) == (CaseState.QUEUED, None)
    assert deeds(session, again)[-1] is Deed.CAME_BACK
    again.finish(now + timedelta(days=6))
    assert of(session, from_widget(session, clinic, now + timedelta(days=14))) is not found


def test_another_visitor_never_comes_back_to_somebody_elses_case(clinic: Clinic, session: Session) -> None:
    now = clock.now()
    first = from_widget(session, clinic, now)
    first.finish(now)
    assert of(session, from_widget(session, clinic, now, "another browser")) is not of(session, first)


def test_a_clinic_that_reopens_nothing_gets_a_new_case(clinic: Clinic, session: Session) -> None:
    session.get_one(Organization, clinic.id).reopen_cases_days = 0
    now = clock.now()
    first = from_widget(session, clinic, now)
    first.finish(now)
    assert of(session, from_widget(session, clinic, now)) is not of(session, first)


def test_a_silent_operator_is_warned_then_loses_the_case_which_keeps_its_place(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, return_minutes=10, escalate_after=2)
    thread = taken(session, clinic)
    start = of(session, thread).assigned_at
    assert start is not None
    waited = of(session, thread).waiting_since
    assert case_timer.look(session, thread.id, start + 6 * MINUTE) is None
    assert case_timer.look(session, thread.id, start + 7 * MINUTE) is Deed.OPERATOR_WARNED
    assert case_timer.look(session, thread.id, start + 8 * MINUTE) is None
    assert case_timer.look(session, thread.id, start + 10 * MINUTE) is Deed.RETURNED
    found = of(session, thread)
    assert (found.state, found.returns, thread.claimed_by_id, thread.waiting_since) == (CaseState.RETURNED, 1, None, waited)
    assert found.escalated_at is None
    thread.claim(clinic.staff("nurse"), start + 11 * MINUTE)
    assert case_timer.look(session, thread.id, start + 12 * MINUTE) is None  # the time begins anew with the new owner
    assert case_timer.look(session, thread.id, start + 21 * MINUTE) is Deed.RETURNED
    assert found.escalated_at == start + 21 * MINUTE
    assert [event.why for event in case.history(session, found.id) if event.deed is Deed.RETURNED] == [Reason.OPERATOR_SILENT] * 2


def test_a_silent_patient_is_warned_and_the_thread_ends_for_staff_to_finish(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, warn_patient_minutes=5, end_minutes=10)
    session.add(CaseText(occasion=Occasion.PATIENT_SILENT, text="Are you still there?"))
    thread = taken(session, clinic)
    start = clock.now()
    say(session, thread, AuthorKind.STAFF, start)
    assert case_timer.look(session, thread.id, start + 4 * MINUTE) is None
    assert case_timer.look(session, thread.id, start + 5 * MINUTE) is Deed.PATIENT_WARNED
    assert message.messages(session, thread.id)[-1].text == "Are you still there?"
    assert case_timer.look(session, thread.id, start + 6 * MINUTE) is None
    assert case_timer.look(session, thread.id, start + 10 * MINUTE) is Deed.ENDED
    assert (of(session, thread).state, thread.claimed_by_id) == (CaseState.ENDED, clinic.people["nurse"])
    assert case_timer.look(session, thread.id, start + 60 * MINUTE) is None


def test_an_answer_stops_the_timers(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, end_minutes=10, return_minutes=10)
    thread = taken(session, clinic)
    start = clock.now()
    say(session, thread, AuthorKind.STAFF, start)
    say(session, thread, AuthorKind.PATIENT, start + 9 * MINUTE)
    assert case_timer.look(session, thread.id, start + 11 * MINUTE) is None


def test_zero_is_never(clinic: Clinic, session: Session) -> None:
    timed(session, clinic)
    thread = taken(session, clinic)
    assert case_timer.look(session, thread.id, clock.now() + timedelta(days=300)) is None


def test_a_patient_who_left_before_anybody_answered_waits_among_the_non_urgent_ones(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, abandoned_minutes=30)
    thread = clinic.conversation(session)
    assert thread.id in case_timer.watched(session)
    assert case_timer.look(session, thread.id, clock.now() + 31 * MINUTE) is Deed.SET_ASIDE
    assert of(session, thread).non_urgent
    assert thread.id not in case_timer.watched(session)
    assert case_timer.look(session, thread.id, clock.now() + 90 * MINUTE) is None


def test_a_patient_who_left_is_told_that_the_answer_comes_later(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, abandoned_minutes=30)
    thread = clinic.conversation(session)
    case_timer.look(session, thread.id, clock.now() + 31 * MINUTE, later=lambda tag: f"Later ({tag})")
    assert message.messages(session, thread.id)[-1].text == f"Later ({thread.locale})"
    assert thread.state is ConversationState.NEW and of(session, thread).non_urgent


def test_where_the_clinic_wants_it_a_case_whose_patient_left_is_done_with_that_reason(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, abandoned_minutes=30, abandoned_ends=True)
    session.add(CaseOutcome(name="Answered"))
    thread = clinic.conversation(session)
    assert case_timer.look(session, thread.id, clock.now() + 29 * MINUTE) is None
    assert case_timer.look(session, thread.id, clock.now() + 31 * MINUTE) is Deed.FINISHED
    found = of(session, thread)
    assert (found.state, thread.state, found.done_by_id) == (CaseState.DONE, ConversationState.CLOSED, None)
    assert [event.why for event in case.history(session, found.id)][-2:] == [Reason.ABANDONED] * 2
    assert case_timer.look(session, thread.id, clock.now() + 90 * MINUTE) is None


def test_nobody_is_said_to_be_reminded_where_nothing_was_said(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, warn_patient_minutes=5)
    thread = taken(session, clinic)
    start = clock.now()
    say(session, thread, AuthorKind.STAFF, start)
    assert case_timer.look(session, thread.id, start + 6 * MINUTE) is None
    assert Deed.PATIENT_WARNED not in deeds(session, thread)


def test_a_case_that_comes_back_too_often_is_told_once_to_those_present_and_to_who_administers(clinic: Clinic, session: Session) -> None:
    timed(session, clinic, return_minutes=10, escalate_after=1)
    thread = taken(session, clinic)
    start = of(session, thread).assigned_at
    assert start is not None
    assert case_timer.look(session, thread.id, start + 10 * MINUTE) is Deed.RETURNED
    thread.claim(clinic.staff("nurse"), start + 11 * MINUTE)
    assert case_timer.look(session, thread.id, start + 21 * MINUTE) is Deed.RETURNED
    mails = session.query(OutgoingMail).filter_by(kind=MailKind.STAFF_ESCALATED).all()
    channel = session.get_one(Channel, thread.channel_id)
    expected = {clinic.email("nurse"), *(person.email for person in administrators_of(session, channel.department_id))}
    assert sorted(mail.recipient for mail in mails) == sorted(expected)
    assert all(channel.name in str(mail.about) and "Rossi" not in str(mail.about) for mail in mails)


def test_what_was_entered_stays_with_the_case_and_is_sealed(clinic: Clinic, session: Session) -> None:
    thread = taken(session, clinic)
    found = of(session, thread)
    found.enter(Entered(draft="Dear Ms Rossi", fields={"1": "Blue rash"}, scroll=40))
    session.flush()
    assert b"Rossi" not in (found.sealed_entered or b"")
    thread.put_back(clock.now(), why=Reason.OPERATOR_SILENT)
    assert of(session, thread).entered() == Entered(draft="Dear Ms Rossi", fields={"1": "Blue rash"}, scroll=40)


def test_erasing_takes_what_was_entered_and_the_notes(clinic: Clinic, session: Session) -> None:
    present(session, clinic, "nurse", "admin")
    thread = clinic.conversation(session)
    of(session, thread).enter(Entered(draft="Dear Ms Rossi"))
    thread.hand_over(clinic.staff("admin"), by=clinic.staff("nurse"), now=clock.now(), note="She is afraid")
    message.erase(session, thread, clock.now())
    found = of(session, thread)
    assert found.entered() == Entered()
    assert [event.words() for event in case.history(session, found.id)] == ["", ""]


def test_a_case_is_handed_to_somebody_who_is_present(clinic: Clinic, session: Session) -> None:
    present(session, clinic, "nurse")
    thread = clinic.conversation(session)
    nurse, manager = clinic.staff("nurse"), clinic.staff("manager")
    with pytest.raises(NotPresent):
        thread.hand_over(manager, by=nurse, now=clock.now())
    with pytest.raises(NotPresent):
        thread.hand_over(nurse, by=manager, now=clock.now())
    present(session, clinic, "manager", channel="internal")
    thread.hand_over(manager, by=nurse, now=clock.now(), note="Please call her")
    last = case.history(session, of(session, thread).id)[-1]
    assert (thread.claimed_by_id, last.person_id, last.words()) == (manager.practitioner_id, manager.practitioner_id, "Please call her")
    assert b"call" not in (last.sealed_words or b"")
    with pytest.raises(NotAllowed):
        thread.hand_over(clinic.staff("translator"), by=manager, now=clock.now())


def test_a_rule_gives_a_case_to_somebody_present_only_once(clinic: Clinic, session: Session) -> None:
    present(session, clinic, "nurse")
    thread = clinic.conversation(session)
    with pytest.raises(NotPresent):
        thread.assign(clinic.staff("admin"), clock.now())
    thread.assign(clinic.staff("nurse"), clock.now())
    assert deeds(session, thread)[-1] is Deed.ASSIGNED
    with pytest.raises(AlreadyClaimed):
        thread.assign(clinic.staff("nurse"), clock.now())


def test_non_urgent_ones_are_seen_and_taken_without_presence_within_reach_only(clinic: Clinic, session: Session) -> None:
    thread = taken(session, clinic)
    admin, doctor = clinic.staff("admin"), clinic.staff("doctor")
    assert not may_see(session, admin, thread)
    thread.set_aside(by=clinic.staff("nurse"), now=clock.now())
    assert may_see(session, admin, thread)
    assert may_see(session, admin, of(session, thread))
    assert not may_see(session, doctor, thread)  # the channel is another department's
    with pytest.raises(NotPresent):
        thread.claim(doctor)
    thread.claim(admin)
    assert (thread.state, thread.claimed_by_id) == (ConversationState.CLAIMED, admin.practitioner_id)


def test_required_fields_and_a_reason_are_asked_before_the_end(clinic: Clinic, session: Session) -> None:
    thread = taken(session, clinic)
    asked = CaseField(label="What was wrong", required=True, channel_id=clinic.channels["open"])
    elsewhere = CaseField(label="Elsewhere", required=True, channel_id=clinic.channels["internal"])
    outcome = CaseOutcome(name="Answered")
    session.add_all([asked, elsewhere, outcome])
    session.flush()
    found, nurse = of(session, thread), clinic.staff("nurse")
    with pytest.raises(NotNow):
        found.finish(nurse, clock.now(), outcome_id=outcome.id)
    thread.close(nurse, clock.now())
    with pytest.raises(Unfinished) as missing:
        found.finish(nurse, clock.now())
    assert (missing.value.fields, missing.value.outcome) == ([asked.id], True)
    found.enter(Entered(draft="Dear", fields={str(asked.id): "A rash"}))
    with pytest.raises(UnknownOutcome):
        found.finish(nurse, clock.now(), outcome_id=outcome.id + 1000)
    found.finish(nurse, clock.now(), outcome_id=outcome.id)
    assert found.entered() == Entered(fields={str(asked.id): "A rash"})  # what was only begun is gone


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (CaseFieldKind.CHOICE, "1", "2"), (CaseFieldKind.DATE, "2026-02-28", "2026-02-30"),
        (CaseFieldKind.YES_NO, "yes", "perhaps"), (CaseFieldKind.TEXT, "x" * 300, "x" * 301),
    ],
)  # fmt: skip
def test_an_answer_fits_its_field(kind: CaseFieldKind, right: str, wrong: str) -> None:
    asked = CaseField(id=1, label="Asked", kind=kind, choices="One\nTwo")
    asked.check(right)
    asked.check("")
    with pytest.raises(WrongAnswer):
        asked.check(wrong)


def test_staff_reopen_a_finished_case_for_some_days(clinic: Clinic, session: Session) -> None:
    thread = taken(session, clinic)
    now, nurse = clock.now(), clinic.staff("nurse")
    thread.close(nurse, now)
    found = of(session, thread)
    found.finish(nurse, now)
    with pytest.raises(TooOld):
        found.require_recent(now + timedelta(days=8))
    found.require_recent(now + timedelta(days=7))
    assert thread.channel is not None
    thread.reopen(thread.channel, now, nurse)
    assert (found.state, thread.state) == (CaseState.QUEUED, ConversationState.NEW)
    assert deeds(session, thread)[-1] is Deed.REOPENED


def test_who_writes_and_who_takes_or_reads_at_once_never_wait_for_each_other(clinic: Clinic) -> None:
    """Every deed locks the thread before the feed; the other way round PostgreSQL would end one of them as a deadlock."""
    with clinic.session() as session:
        present(session, clinic, "nurse")
        thread = clinic.conversation(session)
        thread_id, visitor = thread.id, thread.visitor
    nurse = clinic.staff("nurse")
    patient = Author(AuthorKind.PATIENT, "I. Rossi", visitor=visitor)

    def writes(number: int) -> None:
        with clinic.session() as session:
            message.post(session, thread_id, client_id(), f"Message {number}", by=patient, now=clock.now())

    def takes(_number: int) -> None:
        with clinic.session() as session:
            session.get_one(Conversation, thread_id).claim(nurse, clock.now())
        with clinic.session() as session:
            session.get_one(Conversation, thread_id).put_back(clock.now(), why=Reason.BY_STAFF)

    def edits(number: int) -> None:
        with clinic.session() as session:
            message.edit(session, session.get_one(Conversation, thread_id), 1, f"Words {number}", by=patient, now=clock.now())

    def keeps_on(deed: Callable[[int], None]) -> None:
        for number in range(30):
            deed(number)

    with ThreadPoolExecutor(4) as racers:
        for done in [racers.submit(keeps_on, deed) for deed in (writes, writes, takes, edits)]:
            done.result(90)
    with clinic.session() as session:
        assert len(message.messages(session, thread_id)) == 61
