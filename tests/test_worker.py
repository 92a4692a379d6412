"""What the worker does besides sending mails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

import worker
from telehealth import booking, case, clock, hold, schedule
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.case_timer import CaseTimer
from telehealth.job import Job, WorkState
from telehealth.message import Message, messages
from telehealth.occupancy import Hold
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.questionnaire_response import Occasion, QuestionnaireResponse, asked_for
from telehealth.text_message import CALL_BACK, REMINDER
from telehealth.translation import Texts
from telehealth.waiting_room import ARRIVAL, ERASE, Encounter
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id
from tests.questionnaires import RIGHT, asked_everywhere
from worker import Worker


def job_of(clinic: Clinic) -> Job:
    with clinic.sessions(organization=clinic.id) as session:
        return session.query(Job).filter_by(organization_id=clinic.id, kind=ERASE).one()


def test_a_conversation_that_was_promised_to_be_deleted_is_deleted_however_often_the_worker_begins_anew(
    app: Any, house: Any, clinic: Clinic
) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_after_visit = ChatAfterVisit.DELETED
        visit, doctor = clinic.arrive(session), clinic.staff("doctor")
        visit.admit(doctor, clock.now())
        clinic.say(session, visit, "Secret")
        visit.end(doctor, clock.now())
        visit_id = visit.id
    worker, job = Worker(app, house), job_of(clinic)
    assert job.kind == ERASE
    for _ in range(2):
        worker._perform(job)
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        assert visit.conversation.erased_at is not None
        assert session.query(Message).filter_by(conversation_id=visit.conversation_id).count() == 0


def test_work_that_nobody_knows_is_said_to_be_so(app: Any, house: Any, clinic: Clinic) -> None:
    with pytest.raises(LookupError, match="tidy"):
        Worker(app, house)._perform(Job(organization_id=clinic.id, kind="tidy", payload={}, due=clock.now()))


def test_text_messages_stay_for_as_long_as_they_count_and_other_work_for_a_day(house: Any, clinic: Clinic) -> None:
    ages = {(ARRIVAL, 2): False, (CALL_BACK, 2): True, (CALL_BACK, 40): False, (REMINDER, 2): True, (REMINDER, 40): False}
    with clinic.session() as session:
        for kind, days in ages:
            ended = clock.now() - timedelta(days=days)
            once = f"{clinic.id}:{days}"
            session.add(Job(organization_id=clinic.id, kind=kind, state=WorkState.DONE, due=ended, ended_at=ended, once=once))
    worker.tidy(house)
    with clinic.session() as session:
        left = {(job.kind, job.once) for job in session.query(Job).filter_by(organization_id=clinic.id)}
    assert left == {(kind, f"{clinic.id}:{days}") for (kind, days), stays in ages.items() if stays}


def test_answers_are_deleted_where_the_clinic_says_so_and_nowhere_else(house: Any, clinic: Clinic, other: Clinic) -> None:
    for one, months in ((clinic, 1), (other, 0)):
        asked_everywhere(one)
        with one.session() as session:
            session.get_one(Organization, one.id).keep_answers_months = months
            made = one.book(session)
            (response,) = asked_for(session, Occasion.of_appointment(made))
            texts = Texts(session, "en", "en")
            response.open(texts, texts, clock.now())
            response.complete(RIGHT, client_id(), clock.now())
            made.ticket.closes_at = response.completed_at = clock.now() - timedelta(days=40)
    worker.tidy(house)
    for one, kept in ((clinic, False), (other, True)):
        with one.session() as session:
            assert (session.query(QuestionnaireResponse).one().sealed_answers is not None) is kept


def missed_and_held(clinic: Clinic) -> int:
    """An appointment whose link has closed, and a hold that has expired."""
    now = clock.now()
    with clinic.session() as session:
        missed = clinic.book(session)
        missed.first_tick, missed.ticket.closes_at = schedule.tick_of(now) - 12, now - timedelta(minutes=1)
        slot = booking.day_of(session, booking.Search(), (now + timedelta(days=3)).date(), now)[0]
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        hold.keep(session, widget, "anna", slot.id, now - timedelta(hours=1))
        return missed.id


def test_the_sweep_gives_times_back_in_a_transaction_that_waits_for_no_feed(house: Any, clinic: Clinic) -> None:
    """Whoever books has the calendar's feed and waits for a tick that is given back; the reverse would wait for ever."""
    missed, transactions = missed_and_held(clinic), [[]]
    listeners = [
        ("before_cursor_execute", lambda *values: transactions[-1].append(" ".join(values[2].split()[:3]).lower())),
        ("commit", lambda _: transactions.append([])),
    ]
    for name, hears in listeners:
        event.listen(house.engine, name, hears)
    worker.see_to(house, clinic.id, timedelta(minutes=1))
    for name, hears in listeners:
        event.remove(house.engine, name, hears)
    giving_back = [statements for statements in transactions if "delete from hold" in statements]
    assert giving_back and not any("update feed set" in statements for statements in giving_back)
    with clinic.session() as session:
        assert not session.query(Hold).count()
        assert session.get_one(Appointment, missed).status is AppointmentStatus.NO_SHOW


def test_the_worker_sees_to_cases_in_which_nobody_speaks(house: Any, clinic: Clinic) -> None:
    with clinic.session() as session:
        thread = clinic.conversation(session)
        session.add(CaseTimer(channel_id=thread.channel_id, abandoned_minutes=30))
        thread_id = thread.id
        for message in session.query(Message).filter_by(conversation_id=thread_id):
            message.at = clock.now() - timedelta(minutes=31)
    for _ in range(2):
        worker.watch_cases(house, clinic.id)
    with clinic.session() as session:
        found = case.of_thread(session, thread_id)
        assert found is not None and found.non_urgent
        assert [event.deed for event in case.history(session, found.id)] == [case.Deed.OPENED, case.Deed.SET_ASIDE]
        assert [line.text for line in messages(session, thread_id)][1:] == ["This is not urgent, so we answer it later. You do not have to wait here."]
