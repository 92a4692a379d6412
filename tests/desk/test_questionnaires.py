"""Questionnaires at the desk: how they stand, who reads the answers and leaves a trace, sending one later."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth import clock, intake, questionnaire_response
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.questionnaire_response import Occasion, QuestionnaireResponse
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic, client_id
from tests.desk.test_new_appointment import wanted
from tests.questionnaires import RIGHT, asked_everywhere, made


class Asked:
    """An appointment of the doctor's, before which something is asked."""

    def __init__(self, clinic: Clinic, *, filled: bool) -> None:
        self.questionnaire = asked_everywhere(clinic)
        with clinic.session() as session:
            appointment = next(one for one in (clinic.book(session, slot=n) for n in range(4)) if one.practitioner_id == clinic.people["doctor"])
            (response,) = questionnaire_response.asked_for(session, Occasion.of_appointment(appointment))
            texts = Texts(session, "en", "en")
            if filled:
                response.open(texts, texts, clock.now())
                intake.complete(session, response, RIGHT | {"i3": f"I fell {clinic.mark}"}, client_id(), clock.now())
            self.appointment, self.response = appointment.id, response.uid
            self.listed = f"/desk/questionnaires/appointment/{self.appointment}"
            self.answers = f"/desk/questionnaires/{self.response}"


@pytest.fixture
def filled(clinic: Clinic) -> Asked:
    return Asked(clinic, filled=True)


def opened(clinic: Clinic) -> list[tuple[str, int]]:
    with clinic.session() as session:
        noted = session.query(AuditEvent).filter_by(entity="questionnaire_response", action=AuditAction.OPENED)
        return [(event.actor, event.entity_id) for event in noted]


def test_the_doctor_reads_the_answers_and_that_is_noted(staff: Any, clinic: Clinic, filled: Asked) -> None:
    doctor = staff(clinic, "doctor")
    listed = doctor.get(filled.listed).text
    assert "Filled in" in listed and filled.answers in listed and "I fell" not in listed
    assert opened(clinic) == []
    page = doctor.get(filled.answers).text
    assert f"I fell {clinic.mark}" in page and "So-so" in page and "Which medicines?" not in page
    assert [actor for actor, _id in opened(clinic)] == [f"practitioner:{clinic.people['doctor']}"]


def test_what_is_not_sent_is_not_read(staff: Any, clinic: Clinic) -> None:
    asked = Asked(clinic, filled=False)
    with clinic.session() as session:
        response = session.query(QuestionnaireResponse).filter_by(uid=asked.response).one()
        texts = Texts(session, "en", "en")
        response.open(texts, texts, clock.now())
        response.draft({"i3": "Only a draft"}, clock.now())
    doctor = staff(clinic, "doctor")
    assert "Begun" in doctor.get(asked.listed).text
    assert "Only a draft" not in doctor.get(asked.answers).text


@pytest.mark.parametrize(("person", "status"), [("admin", 200), ("manager", 200), ("nurse", 404), ("translator", 403)])
def test_others_read_as_far_as_they_see_the_appointment(staff: Any, clinic: Clinic, filled: Asked, person: str, status: int) -> None:
    for path in (filled.answers, filled.listed):
        answer = staff(clinic, person).get(path)
        assert answer.status_code == status
        assert (status == 200) or "I fell" not in answer.text
    assert len(opened(clinic)) == (1 if status == 200 else 0)


def test_the_clinic_next_door_sees_and_sends_nothing(staff: Any, clinic: Clinic, other: Clinic, filled: Asked) -> None:
    stranger = staff(other, "admin")
    assert stranger.get(filled.answers).status_code == 404
    assert stranger.get(filled.listed).status_code == 404
    assert stranger.send(f"{filled.listed}/send", {"questionnaires": []}).status_code == 404
    ours = asked_everywhere(other)
    assert staff(clinic, "doctor").send(f"{filled.listed}/send", {"questionnaires": [ours]}).json["error"] == "unknown_questionnaire"


def test_nobody_reads_without_signing_in(app: Any, filled: Asked) -> None:
    for path in (filled.answers, filled.listed):
        assert app.test_client().get(path, headers={"Accept": "application/json"}).status_code == 401
    assert app.test_client().post(f"{filled.listed}/send", json={}).status_code in {400, 401}


def test_one_is_sent_later_with_a_mail(staff: Any, clinic: Clinic, filled: Asked) -> None:
    with clinic.session() as session:
        more = made(session).id
    doctor = staff(clinic, "doctor")
    sent = doctor.send(f"{filled.listed}/send", {"questionnaires": [more]})
    assert (sent.status_code, sent.json["mailed"]) == (200, True)
    assert "Not filled in yet" in sent.json["page"]
    with clinic.session() as session:
        (mail,) = session.query(OutgoingMail).filter_by(kind=MailKind.QUESTIONNAIRE)
        assert mail.appointment_id == filled.appointment


@pytest.mark.parametrize("body", [{"questionnaires": []}, {"questionnaires": [0]}, {"questionnaires": "all"}, {"more": 1}])
def test_what_makes_no_sense_is_not_sent(staff: Any, clinic: Clinic, filled: Asked, body: dict[str, Any]) -> None:
    answer = staff(clinic, "doctor").send(f"{filled.listed}/send", body)
    assert answer.status_code in {409, 422}
    with clinic.session() as session:
        assert session.query(OutgoingMail).filter_by(kind=MailKind.QUESTIONNAIRE).count() == 0


def test_the_mail_names_nothing_that_is_asked(clinic: Clinic, staff: Any, filled: Asked, app: Any, house: Any) -> None:
    from integrations.mail import compose

    with clinic.session() as session:
        more = made(session).id
    staff(clinic, "doctor").send(f"{filled.listed}/send", {"questionnaires": [more]})
    with app.app_context(), clinic.session() as session:
        (mail,) = session.query(OutgoingMail).filter_by(kind=MailKind.QUESTIONNAIRE)
        letter = compose(session, house.settings, mail)
        token = session.get_one(Appointment, filled.appointment).ticket.token
    assert f"/visit#{token}" in letter.text
    assert "medicines" not in letter.text and "Before your visit" not in letter.text + letter.subject
    assert letter.attachments == []


def test_the_calendar_says_how_they_stand(clinic: Clinic, open_page: Any, filled: Asked) -> None:
    with clinic.session() as session:
        day = str(session.get_one(Appointment, filled.appointment).start.date())
        session.query(QuestionnaireResponse).filter(QuestionnaireResponse.appointment_id != filled.appointment).delete()
    items = open_page(clinic, "doctor").done("calendar", date=day)["items"]
    assert {item["id"]: item["questionnaires"] for item in items}[filled.appointment] == "filled"


def test_staff_choose_what_is_asked_when_they_make_an_appointment(clinic: Clinic, open_page: Any) -> None:
    asked_everywhere(clinic)
    with clinic.session() as session:
        chosen = made(session).id
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic, questionnaires=[chosen]))
    with clinic.session() as session:
        (response,) = session.query(QuestionnaireResponse)
        assert (response.questionnaire_id, response.asked_by_id) == (chosen, clinic.people["doctor"])


def test_a_questionnaire_of_next_door_is_not_chosen(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    theirs = asked_everywhere(other)
    refused = open_page(clinic, "doctor").send("make_appointment", **wanted(clinic, questionnaires=[theirs]))
    assert refused["error"] == "unknown_questionnaire"
    with clinic.session() as session:
        assert session.query(Appointment).count() == 0


def test_the_visits_page_shows_what_was_asked_for_its_appointment(staff: Any, clinic: Clinic, filled: Asked) -> None:
    from telehealth import waiting_room

    with clinic.session() as session:
        appointment = session.get_one(Appointment, filled.appointment)
        visit = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start)
        number, uid = visit.id, visit.uid
    doctor = staff(clinic, "doctor")
    assert 'id="asked"' in doctor.get(f"/desk/visit/{uid}").text
    assert filled.answers in doctor.get(f"/desk/questionnaires/visit/{number}").text
    assert staff(clinic, "nurse").get(f"/desk/questionnaires/visit/{number}").status_code == 404
    assert doctor.get("/desk/questionnaires/visit/999999").status_code == 404
    with clinic.session() as session:
        assert session.query(Encounter).count() == 1


def test_as_a_text_file_the_answers_are_taken_along_and_that_is_noted(staff: Any, clinic: Clinic, filled: Asked) -> None:
    answer = staff(clinic, "doctor").get(f"{filled.answers}/text")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="answers-')
    assert f"What happened?\n   I fell {clinic.mark}\n" in answer.text
    assert "What hurts?\n   Head\n   Foot\n" in answer.text and "Answered in: English" in answer.text
    assert [actor for actor, _id in opened(clinic)] == [f"practitioner:{clinic.people['doctor']}"]


@pytest.mark.parametrize(("person", "status"), [("nurse", 404), ("translator", 403)])
def test_who_may_not_read_takes_no_text_along(staff: Any, clinic: Clinic, filled: Asked, person: str, status: int) -> None:
    assert staff(clinic, person).get(f"{filled.answers}/text").status_code == status
    assert opened(clinic) == []


def test_of_what_is_not_sent_there_is_no_text(staff: Any, clinic: Clinic) -> None:
    asked = Asked(clinic, filled=False)
    assert staff(clinic, "doctor").get(f"{asked.answers}/text").status_code == 404


def test_the_doctor_opens_it_again_and_reads_meanwhile_what_was_sent(staff: Any, clinic: Clinic, filled: Asked) -> None:
    doctor = staff(clinic, "doctor")
    assert "Open again for correction" in doctor.get(filled.answers).text
    answer = doctor.send(f"{filled.answers}/reopen", {})
    assert (answer.status_code, answer.json) == (200, {"mailed": True})
    page = doctor.get(filled.answers).text
    assert "The patient can correct it" in page and "I fell" in page and "Open again for correction" not in page
    assert "Being corrected" in doctor.get(filled.listed).text
    again = doctor.send(f"{filled.answers}/reopen", {})
    assert (again.status_code, again.json["error"]) == (409, "not_completed")


@pytest.mark.parametrize(("person", "status"), [("nurse", 404), ("translator", 403)])
def test_who_may_not_read_does_not_reopen(staff: Any, clinic: Clinic, filled: Asked, person: str, status: int) -> None:
    assert staff(clinic, person).send(f"{filled.answers}/reopen", {}).status_code == status
    with clinic.session() as session:
        assert session.query(QuestionnaireResponse).one().is_completed


def test_what_was_deleted_says_so(staff: Any, clinic: Clinic, filled: Asked) -> None:
    with clinic.session() as session:
        session.query(QuestionnaireResponse).one().erase(clock.now())
    doctor = staff(clinic, "doctor")
    page = doctor.get(filled.answers).text
    assert "The answers are deleted" in page and "I fell" not in page
    assert doctor.get(f"{filled.answers}/text").status_code == 404
    assert "Read answers" not in doctor.get(filled.listed).text
