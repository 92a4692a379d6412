"""Questionnaires: what is asked, what is kept of the answers, and what a later change leaves alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from telehealth import clock, event, intake, questionnaire, questionnaire_response, staff_booking, translation, waiting_room
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment, AppointmentChanged
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.department import Department
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import staff
from telehealth.questionnaire import ConditionNeedsAnswer, UnknownQuestionnaire
from telehealth.questionnaire_form import BadAnswers, ItemKind, Problem
from telehealth.questionnaire_response import (
    AlreadyCompleted,
    NotCompleted,
    Occasion,
    QuestionnaireClosed,
    QuestionnaireResponse,
    ResponseStatus,
    Standing,
    UnknownResponse,
)
from telehealth.resend import AppointmentOver
from telehealth.staff_booking import NewPatient, Plan
from telehealth.translation import Texts
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id
from tests.questionnaires import RIGHT, in_steps, made


def in_english(session: Session) -> Texts:
    return Texts(session, "en", "en")


def asked(clinic: Clinic, session: Session, locale: str = "en") -> QuestionnaireResponse:
    """Somebody has booked and opened the questionnaire."""
    row = made(session)
    appointment = clinic.book(session)
    (response,) = questionnaire_response.ask(session, [row.id], Occasion.of_appointment(appointment), clock.now())
    response.open(Texts(session, locale, "en"), in_english(session), clock.now())
    return response


def test_right_answers_are_kept_as_they_are_meant(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    response.complete(RIGHT, client_id(), clock.now())
    assert response.answers == {"i3": "I fell", "i4": "1", "i5": ["0", "2"], "i6": "no", "i8": "71.5", "i9": "2027-01-31"}
    assert response.status is ResponseStatus.COMPLETED
    said = {line.item.text.text: line.value or ", ".join(line.chosen) for line in response.lines() if line.is_answered}
    assert said["How are you?"] == "So-so"
    assert said["What hurts?"] == "Head, Foot"


@pytest.mark.parametrize(("given", "wrong"), [
    ({"i3": ""}, {"i3": Problem.MISSING}), ({"i3": "   "}, {"i3": Problem.MISSING}), ({"i4": "3"}, {"i4": Problem.NO_OPTION}),
    ({"i4": ["1"]}, {"i4": Problem.NO_OPTION}), ({"i5": ["0", "7"]}, {"i5": Problem.NO_OPTION}),
    ({"i6": "maybe"}, {"i6": Problem.NO_OPTION}), ({"i6": "yes"}, {"i7": Problem.MISSING}),
    ({"i8": "heavy"}, {"i8": Problem.NO_NUMBER}), ({"i8": "1e5"}, {"i8": Problem.NO_NUMBER}),
    ({"i9": "2027-02-30"}, {"i9": Problem.NO_DATE}), ({"i9": "0027-02-03"}, {"i9": Problem.NO_DATE}),
    ({"i2": "x" * 301}, {"i2": Problem.TOO_LONG}), ({"i3": "x" * 8001}, {"i3": Problem.TOO_LONG}),
    ({"i3": "", "i8": "heavy"}, {"i3": Problem.MISSING, "i8": Problem.NO_NUMBER}),
])  # fmt: skip
def test_what_is_wrong_is_said_of_each_item(clinic: Clinic, session: Session, given: dict, wrong: dict) -> None:
    response = asked(clinic, session)
    with pytest.raises(BadAnswers) as refused:
        response.complete(RIGHT | given, client_id(), clock.now())
    assert refused.value.problems == wrong
    assert response.status is not ResponseStatus.COMPLETED


def test_numbers_are_read_in_figures_of_any_script(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    response.complete(RIGHT | {"i8": "٧١٫٥"}, client_id(), clock.now())
    assert response.answers["i8"] == "71.5"


def test_what_is_not_asked_is_neither_needed_nor_kept(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    response.complete(RIGHT | {"i7": "Aspirin", "i0": "nonsense", "unknown": "x"}, client_id(), clock.now())
    assert not {"i7", "i0", "unknown"} & set(response.answers)
    assert "Which medicines?" not in {line.item.text.text for line in response.lines()}


def test_a_draft_keeps_what_is_not_right_yet(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    response.draft({"i8": "7x", "i7": "Aspirin", "unknown": "x"}, clock.now())
    assert (response.status, response.answers) == (ResponseStatus.STARTED, {"i8": "7x", "i7": "Aspirin"})
    with pytest.raises(BadAnswers):
        response.draft({"i3": "x" * 8001}, clock.now())
    assert response.answers == {"i8": "7x", "i7": "Aspirin"}


def test_sent_twice_is_sent_once_and_what_was_sent_stays(clinic: Clinic, session: Session) -> None:
    response, attempt = asked(clinic, session), client_id()
    assert response.complete(RIGHT, attempt, clock.now())
    assert not response.complete(RIGHT | {"i3": "Other"}, attempt, clock.now())
    with pytest.raises(AlreadyCompleted):
        response.complete(RIGHT, client_id(), clock.now())
    with pytest.raises(AlreadyCompleted):
        response.draft({"i3": "Other"}, clock.now())
    assert response.answers["i3"] == "I fell"


def test_a_later_edit_changes_nobodys_answer(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    response.complete(RIGHT, client_id(), clock.now())
    row = response.questionnaire
    row.items[4].options, row.items[3].text = "Badly\nWell", "Why are you here?"
    session.delete(row.items[9])
    row.revise()
    session.commit()
    said = {line.item.text.text: line.value or ", ".join(line.chosen) for line in response.lines()}
    assert (said["How are you?"], said["What happened?"], said["Since when?"]) == ("So-so", "I fell", "2027-01-31")


def test_whoever_has_begun_goes_on_in_the_same_words_others_get_the_new_ones(clinic: Clinic, session: Session) -> None:
    begun, texts = asked(clinic, session), in_english(session)
    begun.draft({"i3": "I fell"}, clock.now())
    row = begun.questionnaire
    later = clinic.book(session, slot=3)
    (untouched,) = questionnaire_response.ask(session, [row.id], Occasion.of_appointment(later), clock.now())
    untouched.open(texts, texts, clock.now())
    row.items[3].text = "Why are you here?"
    row.revise()
    assert begun.open(texts, texts, clock.now()).items[3].text.text == "What happened?"
    assert untouched.open(texts, texts, clock.now()).items[3].text.text == "Why are you here?"


def test_the_form_speaks_the_patients_language_and_the_reader_the_clinics(clinic: Clinic, session: Session) -> None:
    row = made(session)
    for item, field, text in ((row.items[3], "text", "Was ist passiert?"), (row.items[4], "options", "Gut\nGeht so\nSchlecht")):
        translation.translate(session, item, field, "de", text, clock.now())
    (response,) = questionnaire_response.ask(session, [row.id], Occasion.of_appointment(clinic.book(session)), clock.now())
    form = response.open(Texts(session, "de", "en"), in_english(session), clock.now())
    assert (form.items[3].text.text, form.items[3].text.lang, form.items[2].text.lang) == ("Was ist passiert?", "", "en")
    response.complete(RIGHT, client_id(), clock.now())
    line = next(line for line in response.lines() if line.item.key == "i4")
    assert (line.item.options[1], line.original.text.text, line.chosen) == ("Geht so", "How are you?", ("So-so",))


def test_a_translation_with_other_lines_never_changes_what_an_answer_means(clinic: Clinic, session: Session) -> None:
    row = made(session)
    translation.translate(session, row.items[4], "options", "de", "Gut\nSchlecht", clock.now())
    form = row.form(Texts(session, "de", "en"))
    assert (form.items[4].options, form.items[4].options_lang) == (("Well", "So-so", "Badly"), "en")


def test_answers_open_at_their_own_row_only_and_are_no_plain_text(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    response.complete(RIGHT, client_id(), clock.now())
    assert response.sealed_answers and b"I fell" not in response.sealed_answers
    assert session.keyring.open(response.sealed_answers, response.place_of("sealed_answers"))


def test_when_the_visit_is_cancelled_or_over_nothing_can_be_entered(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    late = response.ticket.closes_at + timedelta(minutes=1)
    for act in (lambda: response.draft({"i3": "x"}, late), lambda: response.complete(RIGHT, client_id(), late)):
        with pytest.raises(QuestionnaireClosed):
            act()
    response.appointment.cancel(clock.now())
    with pytest.raises(QuestionnaireClosed):
        response.draft({"i3": "x"}, clock.now())


# What is asked by itself


def test_a_department_and_a_widget_ask_by_themselves(clinic: Clinic, session: Session) -> None:
    department = session.get_one(Department, clinic.departments[0])
    booking = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    walk_in = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
    rows = [made(session, departments=[department]), made(session, widgets=[booking, walk_in])]
    made(session, departments=[department], active=False)
    made(session)
    appointment = clinic.book(session)
    wanted = [rows[1].id] if appointment.department_id != department.id else [row.id for row in rows]
    found = questionnaire_response.asked_for(session, Occasion.of_appointment(appointment))
    assert [response.questionnaire_id for response in found] == wanted
    assert questionnaire.by_itself(session, department_id=department.id, widget_id=booking.id) == [row.id for row in rows]


def test_walking_in_asks_what_the_widget_asks(clinic: Clinic, session: Session) -> None:
    walk_in = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
    row = made(session, widgets=[walk_in])
    visit = clinic.arrive(session)
    (response,) = questionnaire_response.asked_for(session, Occasion.of_visit(visit))
    assert (response.questionnaire_id, response.encounter_id, response.appointment_id) == (row.id, visit.id, None)
    response.open(in_english(session), in_english(session), clock.now())
    before = visit.seq
    intake.complete(session, response, RIGHT, client_id(), clock.now())
    assert visit.seq > before


def test_what_is_asked_already_is_not_asked_again_nor_what_is_paused(clinic: Clinic, session: Session) -> None:
    row, appointment = made(session), clinic.book(session)
    of = Occasion.of_appointment(appointment)
    assert len(questionnaire_response.ask(session, [row.id, row.id], of, clock.now())) == 1
    assert questionnaire_response.ask(session, [row.id], of, clock.now()) == []
    with pytest.raises(UnknownQuestionnaire):
        questionnaire_response.ask(session, [made(session, active=False).id], of, clock.now())


def test_next_doors_questionnaire_cannot_be_asked(clinic: Clinic, other: Clinic, session: Session) -> None:
    with other.session() as theirs:
        number = made(theirs).id
    with pytest.raises(UnknownQuestionnaire):
        questionnaire_response.ask(session, [number], Occasion.of_appointment(clinic.book(session)), clock.now())
    appointment = clinic.book(session, slot=3)
    session.add(QuestionnaireResponse(
        questionnaire_id=number, patient_id=appointment.patient_id, ticket_id=appointment.ticket_id, asked_at=clock.now()
    ))  # fmt: skip
    with pytest.raises(IntegrityError):
        session.flush()


def plan(clinic: Clinic, **changes: object) -> Plan:
    start = (clock.now() + timedelta(days=3)).replace(hour=11, minute=0, second=0, microsecond=0, tzinfo=None)
    new = NewPatient("M.", "de Vries", None, "m@example.org", known_to_be_another=True)
    return Plan(client_id(), clinic.people["doctor"], clinic.departments[0], new, start, 20, **changes)  # type: ignore[arg-type]


def test_staff_choose_or_the_department_does(clinic: Clinic, session: Session) -> None:
    row, mine = made(session), made(session)
    row.departments = [session.get_one(Department, clinic.departments[0])]
    session.flush()
    doctor = clinic.staff("doctor")
    by_itself = staff_booking.make(session, doctor, plan(clinic), clock.now()).appointments[0]
    assert [r.questionnaire_id for r in questionnaire_response.asked_for(session, Occasion.of_appointment(by_itself))] == [row.id]
    by_itself.cancel(clock.now())
    chosen = plan(clinic, questionnaires=(mine.id,))
    found = staff_booking.make(session, doctor, chosen, clock.now()).appointments[0]
    (response,) = questionnaire_response.asked_for(session, Occasion.of_appointment(found))
    assert (response.questionnaire_id, response.asked_by_id) == (mine.id, doctor.practitioner_id)


# Afterwards


def test_sending_one_later_writes_a_mail_without_a_word_of_what_is_asked(clinic: Clinic, session: Session) -> None:
    row, appointment = made(session), clinic.book(session)
    doctor = _doctor_of(clinic, appointment)
    assert intake.send(session, doctor, appointment, [row.id], clock.now())
    intake.send(session, doctor, appointment, [], clock.now())
    (mail,) = session.query(OutgoingMail).filter_by(kind=MailKind.QUESTIONNAIRE).all()
    assert (mail.recipient, mail.appointment_id, mail.about) == (appointment.patient.email, appointment.id, {})
    (response,) = questionnaire_response.asked_for(session, Occasion.of_appointment(appointment))
    assert response.asked_by_id == doctor.practitioner_id


def _doctor_of(clinic: Clinic, appointment: Appointment) -> object:
    return clinic.staff("doctor" if appointment.department_id == clinic.departments[0] else "nurse")


def test_without_mails_it_is_asked_all_the_same(clinic: Clinic, session: Session) -> None:
    row, appointment = made(session), clinic.book(session)
    session.get_one(Organization, clinic.id).send_mails = False
    assert not intake.send(session, _doctor_of(clinic, appointment), appointment, [row.id], clock.now())
    assert questionnaire_response.standings(session, [appointment.id]) == {appointment.id: Standing.OPEN}


def test_colleagues_of_other_departments_neither_send_nor_see(clinic: Clinic, session: Session) -> None:
    row, appointment = made(session), clinic.book(session)
    stranger = clinic.staff("nurse" if appointment.department_id == clinic.departments[0] else "doctor")
    with pytest.raises(NotAllowed):
        intake.send(session, stranger, appointment, [row.id], clock.now())
    of = Occasion.of_appointment(appointment)
    (response,) = questionnaire_response.ask(session, [row.id], of, clock.now())
    assert intake.seen_by(session, stranger, of) == []
    with pytest.raises(UnknownResponse):
        intake.found(session, stranger, response.uid)
    assert intake.found(session, _doctor_of(clinic, appointment), response.uid) is response


def test_nothing_is_sent_for_what_is_over(clinic: Clinic, session: Session) -> None:
    row, appointment = made(session), clinic.book(session)
    appointment.cancel(clock.now())
    with pytest.raises(AppointmentOver):
        intake.send(session, _doctor_of(clinic, appointment), appointment, [row.id], clock.now())


def test_the_calendar_hears_that_one_was_filled_in(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    session.commit()
    appointment, heard = response.appointment, []
    before = appointment.seq
    listen = heard.append
    event.listeners[AppointmentChanged].append(listen)
    try:
        intake.complete(session, response, RIGHT, client_id(), clock.now())
        session.commit()
    finally:
        event.listeners[AppointmentChanged].remove(listen)
    assert appointment.seq > before
    assert [fact.appointment_id for fact in heard] == [appointment.id]
    assert questionnaire_response.standings(session, [appointment.id]) == {appointment.id: Standing.FILLED}


# The editor


def test_items_move_but_never_before_the_question_they_wait_for(session: Session) -> None:
    row = made(session)
    medicines, which = row.items[6], row.items[7]
    assert not row.move(which, -1)
    assert not row.move(row.items[0], -1)
    assert row.move(medicines, -1)
    session.flush()
    session.refresh(row)
    assert [item.text for item in row.items][5:8] == ["Do you take medicines?", "What hurts?", "Which medicines?"]
    assert row.version == 2


def test_a_copy_stands_on_its_own(session: Session) -> None:
    row = made(session)
    copy = row.copy("Copy")
    session.flush()
    assert [item.text for item in copy.items] == [item.text for item in row.items]
    assert copy.items[7].condition_id == copy.items[6].id
    assert (copy.active, copy.departments) == (False, [])


def test_an_answer_that_others_wait_for_stays(session: Session) -> None:
    row = made(session)
    with pytest.raises(ConditionNeedsAnswer):
        row.items[6].require_answers_of_others(ItemKind.NUMBER, "")
    row.items[4].require_answers_of_others(ItemKind.ONE, "Well")


def test_changes_of_a_questionnaire_are_noted(clinic: Clinic, session: Session) -> None:
    row = made(session)
    session.commit()
    row.title = "Another title"
    session.commit()
    assert session.query(AuditEvent).filter_by(entity="questionnaire", entity_id=row.id).count() == 1


def asked_in_steps(clinic: Clinic, session: Session) -> QuestionnaireResponse:
    row = in_steps(session)
    appointment = clinic.book(session)
    (response,) = questionnaire_response.ask(session, [row.id], Occasion.of_appointment(appointment), clock.now())
    response.open(in_english(session), in_english(session), clock.now())
    return response


def test_a_step_that_is_not_asked_takes_its_questions_with_it(clinic: Clinic, session: Session) -> None:
    response = asked_in_steps(clinic, session)
    response.complete({"s0": "1", "s1": "NL", "s3": "no", "s5": "20"}, client_id(), clock.now())
    assert response.answers == {"s0": "1", "s1": "NL", "s3": "no"}
    assert [line.item.text.text for line in response.lines() if line.item.kind is ItemKind.PAGE] == ["Habits", "Anything else"]


@pytest.mark.parametrize(("given", "wrong"), [
    ({"s1": "XX"}, {"s1": Problem.NO_OPTION}), ({"s1": "EU"}, {"s1": Problem.NO_OPTION}), ({"s1": "nl"}, {"s1": Problem.NO_OPTION}),
    ({"s0": "3"}, {"s0": Problem.NO_OPTION}), ({"s3": "yes"}, {"s5": Problem.MISSING}),
])  # fmt: skip
def test_lists_and_steps_are_judged_like_everything_else(clinic: Clinic, session: Session, given: dict, wrong: dict) -> None:
    response = asked_in_steps(clinic, session)
    with pytest.raises(BadAnswers) as refused:
        response.complete({"s1": "NL", "s3": "no"} | given, client_id(), clock.now())
    assert refused.value.problems == wrong


def test_of_one_step_only_its_own_answers_are_looked_at(clinic: Clinic, session: Session) -> None:
    response = asked_in_steps(clinic, session)
    response.check({"s1": "NL"}, ["s0", "s1"])
    with pytest.raises(BadAnswers) as refused:
        response.check({}, ["s0", "s1"])
    assert refused.value.problems == {"s1": Problem.MISSING}


def sent(clinic: Clinic, session: Session) -> QuestionnaireResponse:
    response = asked(clinic, session)
    response.complete(RIGHT, client_id(), clock.now())
    session.commit()
    return response


def test_reopened_it_is_corrected_and_until_then_read_as_it_was_sent(clinic: Clinic, session: Session) -> None:
    response = sent(clinic, session)
    first = client_id()
    response.reopen(clock.now())
    response.draft(RIGHT | {"i3": "I fell twice"}, clock.now())
    assert (response.status, response.is_corrected, response.is_readable) == (ResponseStatus.STARTED, True, True)
    assert "I fell" in {line.value for line in response.lines()}
    assert response.complete(RIGHT | {"i3": "I fell twice"}, first, clock.now())
    assert (response.is_corrected, response.sealed_sent) == (False, None)
    assert "I fell twice" in {line.value for line in response.lines()}
    session.commit()
    assert [event.entity for event in session.query(AuditEvent) if "reopened_at" in event.changes] == ["questionnaire_response"]


def test_only_what_was_sent_is_reopened_and_only_while_there_is_time(clinic: Clinic, session: Session) -> None:
    response = asked(clinic, session)
    with pytest.raises(NotCompleted):
        response.reopen(clock.now())
    response.complete(RIGHT, client_id(), clock.now())
    with pytest.raises(QuestionnaireClosed):
        response.reopen(response.ticket.closes_at + timedelta(seconds=1))
    assert response.is_completed


def test_reopening_tells_the_patient_by_mail(clinic: Clinic, session: Session) -> None:
    response = sent(clinic, session)
    by = staff(session, clinic.people["admin"])
    assert by is not None and intake.reopen(session, by, response, clock.now())
    assert session.query(OutgoingMail).filter_by(kind=MailKind.QUESTIONNAIRE).count() == 1


def test_after_the_time_the_answers_are_gone_and_that_there_were_some_stays(clinic: Clinic, session: Session) -> None:
    response = sent(clinic, session)
    over = response.ticket.closes_at
    assert questionnaire_response.erase_old(session, 6, over + timedelta(days=170)) == 0
    assert questionnaire_response.erase_old(session, 6, over + timedelta(days=200)) == 1
    session.commit()
    assert (response.sealed_answers, response.answers, response.lines(), response.is_readable) == (None, {}, [], False)
    assert (response.status, response.is_completed) == (ResponseStatus.COMPLETED, True)
    assert session.query(AuditEvent).filter_by(entity="questionnaire_response", action=AuditAction.DELETED).count() == 1
    assert questionnaire_response.erase_old(session, 6, over + timedelta(days=200)) == 0


def test_drafts_and_what_was_sent_before_a_correction_are_deleted_too(clinic: Clinic, session: Session) -> None:
    response = sent(clinic, session)
    response.reopen(clock.now())
    assert questionnaire_response.erase_old(session, 1, response.ticket.closes_at + timedelta(days=32)) == 1
    assert (response.sealed_sent, response.sealed_answers) == (None, None)


def test_how_the_questionnaires_of_visits_stand_takes_one_question(clinic: Clinic, session: Session) -> None:
    response = sent(clinic, session)
    appointment = response.appointment
    visit = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start)
    assert questionnaire_response.standings_of_visits(session, {visit.id: appointment.id, 999_999: None}) == {visit.id: Standing.FILLED}
