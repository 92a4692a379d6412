"""What is done from the waiting room's list, and who hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from desk.waiting_room import rows as waiting_rows
from telehealth import clock, elsewhere, intake, message
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.conversation import AuthorKind
from telehealth.message import Author
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.questionnaire_response import QuestionnaireResponse
from telehealth.quick_text import QuickText
from telehealth.translation import Texts, TranslationState, translate
from telehealth.waiting_room import CallBackWay, Encounter, EncounterStatus, EndReason, check_in
from tests.clinic import Clinic, client_id
from tests.desk.test_questionnaires import Asked
from tests.questionnaires import RIGHT


MORE: dict[str, dict[str, Any]] = {"lock": {"locked": True}, "pass_on": {"department": 1}, "decline": {"message": "Full"}}


def _arrive(clinic: Clinic, **changes: Any) -> int:
    with clinic.session() as session:
        return clinic.arrive(session, **changes).id


def _visit(clinic: Clinic, visit_id: int) -> Encounter:
    with clinic.sessions(organization=clinic.id) as session:
        return session.get_one(Encounter, visit_id)


def test_an_arrival_rings_and_stands_in_the_list_of_its_department_only(clinic: Clinic, open_page: Any) -> None:
    doctor, nurse = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    visit_id = _arrive(clinic)
    assert [item["id"] for item in doctor.events("arrived")] == [visit_id]
    assert [item["id"] for item in doctor.events("visit")] == [visit_id]
    assert nurse.heard == []


def test_a_row_says_who_for_whom_why_and_since_when(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic, practitioner_id=clinic.people["doctor"])
    row = open_page(clinic, "doctor").everything("waiting_room")[visit_id]
    assert row["name"] == f"S. Lindqvist {clinic.mark}"
    assert row["birth_date"] == "1958-09-14"
    assert row["practitioner"] == f"Dr Doctor {clinic.mark}"
    assert row["reason"] == f"Dizzy {clinic.mark}"
    assert row["arrived_at"].endswith("+00:00")
    assert (row["status"], row["punctuality"], row["connected"]) == ("waiting", "walk_in", True)


def test_whoever_admits_first_has_the_patient_and_the_second_reads_who(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    first, second = open_page(clinic, "doctor"), open_page(clinic, "manager")
    uid = first.done("admit", id=visit_id)["uid"]
    refused = second.send("admit", id=visit_id)
    assert refused["error"] == "already_admitted"
    assert refused["message"] == f"Dr Doctor {clinic.mark} has already called this patient in."
    assert first.done("admit", id=visit_id) == {"uid": uid}
    assert second.events("visit")[-1]["admitted_by"] == f"Dr Doctor {clinic.mark}"


def test_a_patient_goes_on_hold_comes_back_and_is_resumed(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    doctor = open_page(clinic, "doctor")
    for deed, status in (("admit", "admitted"), ("hold", "on_hold"), ("admit", "admitted"), ("send_back", "waiting")):
        doctor.done(deed, id=visit_id)
        assert doctor.events("visit")[-1]["status"] == status


def test_removing_somebody_keeps_the_reason_and_takes_the_row_away(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    doctor = open_page(clinic, "doctor")
    doctor.done("end", id=visit_id, reason="removed")
    assert doctor.events("visit")[-1].get("gone")
    assert _visit(clinic, visit_id).end_reason is EndReason.REMOVED
    assert doctor.send("admit", id=visit_id)["error"] == "encounter_ended"


def test_a_reason_that_is_none_is_refused(clinic: Clinic, open_page: Any) -> None:
    assert open_page(clinic, "doctor").send("end", id=_arrive(clinic), reason="boredom")["error"] == "invalid"


@pytest.mark.parametrize("deed", ["admit", "hold", "send_back", "end", "visit", "lock", "pass_on", "call_back", "decline"])
def test_a_visit_of_another_department_is_not_there(clinic: Clinic, open_page: Any, deed: str) -> None:
    visit_id = _arrive(clinic)
    assert open_page(clinic, "nurse").send(deed, id=visit_id, **MORE.get(deed, {}))["error"] == "unknown"
    assert _visit(clinic, visit_id).status is EncounterStatus.WAITING


@pytest.mark.parametrize("deed", ["admit", "hold", "send_back", "end", "visit", "lock", "pass_on", "call_back", "decline"])
def test_a_visit_of_another_organisation_is_not_there(
    clinic: Clinic, other: Clinic, open_page: Any, deed: str
) -> None:
    visit_id = _arrive(clinic)
    assert open_page(other, "admin").send(deed, id=visit_id, **MORE.get(deed, {}))["error"] == "unknown"
    assert _visit(clinic, visit_id).status is EncounterStatus.WAITING


def test_who_is_passed_on_leaves_one_desk_and_arrives_at_another(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    doctor, nurse = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    there = {found["id"]: found for found in doctor.done("destinations")["departments"]}[clinic.departments[1]]
    assert {"id": clinic.people["nurse"], "name": f"Dr Nurse {clinic.mark}"} in there["practitioners"]
    doctor.done("pass_on", id=visit_id, department=there["id"], practitioner=clinic.people["nurse"], note="Ear")
    gone = doctor.events("visit")[-1]
    assert gone["gone"] and gone["passed_on"]
    assert [item["id"] for item in nurse.events("arrived")] == [visit_id]
    row = nurse.events("visit")[-1]
    assert (row["transferred_by"], row["note"], row["status"]) == (f"Dr Doctor {clinic.mark}", "Ear", "waiting")
    assert doctor.send("visit", id=visit_id)["error"] == "unknown"
    [told] = _said(clinic, visit_id)
    assert told.startswith(f"You have been passed on to Dr Nurse {clinic.mark}, Nurses {clinic.mark}.")


def test_the_note_for_colleagues_is_never_told_to_the_patient(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    open_page(clinic, "doctor").done("pass_on", id=visit_id, department=clinic.departments[1], note="Difficult man")
    assert not any("Difficult" in text for text in _said(clinic, visit_id))


def test_who_had_the_talk_open_hears_no_more_once_the_patient_was_passed_on(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    with clinic.session() as session:
        thread = session.get_one(Encounter, visit_id).conversation_id
    doctor, nurse = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    doctor.done("talk", id=thread)
    doctor.done("pass_on", id=visit_id, department=clinic.departments[1])
    heard = len(doctor.events("message"))
    nurse.done("post", id=thread, client_id=client_id(), text="What is it?")
    assert [item["id"] for item in doctor.events("talk_gone")] == [thread]
    assert len(doctor.events("message")) == heard


def test_to_where_nobody_calls_in_nobody_is_passed_on(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    refused = open_page(clinic, "doctor").send("pass_on", id=visit_id, department=other.departments[0])
    assert refused["error"] == "unknown_destination"
    assert _visit(clinic, visit_id).department_id == clinic.departments[0]


def test_who_is_declined_reads_why(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    doctor = open_page(clinic, "doctor")
    assert doctor.send("decline", id=visit_id, message=" ")["error"] == "invalid"
    doctor.done("decline", id=visit_id, message="Please call 01632 960 999, they see children.")
    assert doctor.events("visit")[-1]["gone"]
    with clinic.session() as session:
        found = session.get_one(Encounter, visit_id)
        assert (found.end_reason, found.took_place) == (EndReason.DECLINED, False)
        assert found.summary == "Please call 01632 960 999, they see children."


def test_a_lock_is_told_to_every_desk_and_keeps_colleagues_off(clinic: Clinic, open_page: Any) -> None:
    visit_id = _arrive(clinic)
    admin, doctor = open_page(clinic, "admin"), open_page(clinic, "doctor")
    with clinic.session() as session:
        nurse = session.get_one(Practitioner, clinic.people["nurse"])
        nurse.roles.append(PractitionerRole(role=Role.PRACTITIONER, department_id=clinic.departments[0]))
    colleague = open_page(clinic, "nurse")
    doctor.done("admit", id=visit_id)
    doctor.done("lock", id=visit_id, locked=True)
    assert admin.events("visit")[-1]["locked"]
    refused = colleague.send("hold", id=visit_id)
    assert refused["error"] == "locked"
    assert refused["message"].startswith(f"Dr Doctor {clinic.mark} has locked")


def test_visits_that_ended_today_can_be_looked_at_by_those_who_saw_them(clinic: Clinic, open_page: Any) -> None:
    first, second, elsewhere = _arrive(clinic), _arrive(clinic), _arrive(clinic, department_id=clinic.departments[1])
    doctor = open_page(clinic, "doctor")
    for visit_id, reason in ((first, "left"), (second, "completed")):
        doctor.done("end", id=visit_id, reason=reason)
    open_page(clinic, "nurse").done("end", id=elsewhere)
    items = doctor.done("ended")["items"]
    assert [(item["id"], item["end_reason"]) for item in items] == [(second, "completed"), (first, "left")]


def test_a_quick_text_reaches_each_in_their_own_language(clinic: Clinic, open_page: Any) -> None:
    english, arabic, doctor = _arrive(clinic), _arrive(clinic, locale="ar-XB"), open_page(clinic, "doctor")
    with clinic.session() as session:
        quick = QuickText(title="Phone", text="We call you in a moment.")
        session.add(quick)
        session.flush()
        translate(session, quick, "text", "ar-XB", "قريبا", clock.now()).state = TranslationState.APPROVED
        quick_id = quick.id
    assert doctor.done("notify", client_id=client_id(), ids=[english, arabic], quick_text=quick_id) == {"reached": 2}
    assert (_said(clinic, english), _said(clinic, arabic)) == (["We call you in a moment."], ["قريبا"])


def test_a_quick_text_shows_what_is_sent_and_names_what_differs(clinic: Clinic, staff: Any) -> None:
    with clinic.session() as session:
        session.add(QuickText(title="Greeting", text="Dear *|patient_name|*, *|practitioner_name|* comes on *|appointment_date|*."))
        visit = clinic.arrive(session)
        uid, name = visit.uid, visit.patient.name
    signed = staff(clinic, "doctor")
    listed = signed.get("/desk/waiting-room").text
    assert f"Dear [name of the patient], Dr Doctor {clinic.mark} comes on [date of the next appointment]." in listed
    assert f"Dear {name}, Dr Doctor {clinic.mark} comes on" in signed.get(f"/desk/visit/{uid}").text
    assert "*|" not in listed


def test_a_quick_text_of_another_department_or_clinic_is_not_there(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    visit_id, doctor = _arrive(clinic), open_page(clinic, "doctor")
    found = []
    for owner, department in ((clinic, clinic.departments[1]), (other, None)):
        with owner.session() as session:
            quick = QuickText(title="Theirs", text="Not yours", department_id=department)
            session.add(quick)
            session.flush()
            found.append(quick.id)
    for quick_id in found:
        body = {"client_id": client_id(), "ids": [visit_id], "quick_text": quick_id}
        assert doctor.send("notify", **body)["error"] == "unknown_quick_text"
    assert _said(clinic, visit_id) == []


def test_ending_the_visit_of_an_appointment_marks_the_appointment_done(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        appointment = clinic.book(session)
        visit_id, appointment_id = check_in(session, appointment.ticket, appointment, appointment.start).id, appointment.id
        person = next(key for key, value in clinic.people.items() if value == appointment.practitioner_id)
    page = open_page(clinic, person)
    page.done("admit", id=visit_id)
    page.done("end", id=visit_id)
    with clinic.session() as session:
        assert session.get_one(Appointment, appointment_id).status is AppointmentStatus.DONE


def test_the_walk_in_hour_is_switched_in_every_tab_of_its_person(clinic: Clinic, open_page: Any) -> None:
    tab, other_tab, colleague = (open_page(clinic, person) for person in ("doctor", "doctor", "nurse"))
    tab.done("take_walk_ins", on=False)
    assert other_tab.events("walk_ins") == [{"on": False}]
    assert colleague.events("walk_ins") == []
    assert other_tab.done("waiting_room")["walk_ins"] is False
    with clinic.session() as session:
        assert session.get_one(Practitioner, clinic.people["doctor"]).takes_walk_ins is False


def test_a_message_to_all_reaches_those_who_are_listed_and_seen_by_its_sender(clinic: Clinic, open_page: Any) -> None:
    mine, gone, elsewhere = _arrive(clinic), _arrive(clinic), _arrive(clinic, department_id=clinic.departments[1])
    doctor = open_page(clinic, "doctor")
    doctor.done("end", id=gone, reason="left")
    answer = doctor.done("notify", client_id=client_id(), ids=[mine, gone, elsewhere], text="Ten minutes late")
    assert answer == {"reached": 1}
    assert _said(clinic, mine) == ["Ten minutes late"]
    assert _said(clinic, elsewhere) == []
    assert doctor.events("visit_talk")[-1] | {"seq": 0} == {
        "id": mine, "seq": 0, "messages": 1, "last": "staff", "unread": 0,
    }  # fmt: skip


def test_a_message_to_all_that_is_sent_again_is_said_once(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor, same = _arrive(clinic), open_page(clinic, "doctor"), client_id()
    for _ in range(2):
        doctor.done("notify", client_id=same, ids=[visit_id], text="Soon")
    assert _said(clinic, visit_id) == ["Soon"]


def test_a_delay_is_told_to_each_in_their_own_language(clinic: Clinic, open_page: Any) -> None:
    english, pseudo, doctor = _arrive(clinic), _arrive(clinic, locale="en-XA"), open_page(clinic, "doctor")
    doctor.done("notify", client_id=client_id(), ids=[english, pseudo], minutes_late=10)
    assert _said(clinic, english) == ["We are running about 10 minutes late. Your place is kept; thank you for waiting."]
    [mirrored] = _said(clinic, pseudo)
    assert "10" in mirrored and mirrored != _said(clinic, english)[0]


@pytest.mark.parametrize("body", [{}, {"quick_text": 1, "text": "Soon"}, {"text": "Soon", "minutes_late": 5}, {"minutes_late": 0}, {"text": " "}])
def test_a_message_to_all_says_one_thing(clinic: Clinic, open_page: Any, body: dict[str, Any]) -> None:
    visit_id, doctor = _arrive(clinic), open_page(clinic, "doctor")
    assert doctor.send("notify", client_id=client_id(), ids=[visit_id], **body)["error"] in {"invalid", "empty_message"}
    assert _said(clinic, visit_id) == []


def _said(clinic: Clinic, visit_id: int) -> list[str]:
    with clinic.session() as session:
        thread = session.get_one(Encounter, visit_id).conversation_id
        return [said.text for said in message.messages(session, thread)]


def test_the_number_of_messages_counts_both_sides_and_says_who_wrote_last(clinic: Clinic, open_page: Any) -> None:
    doctor, visit_id = open_page(clinic, "doctor"), _arrive(clinic)
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        thread, by = visit.conversation_id, Author(AuthorKind.PATIENT, "S.", visitor=visit.ticket.visitor)
    doctor.done("post", id=thread, client_id=client_id(), text="We have seen you")
    with clinic.session() as session:
        message.post(session, thread, client_id(), "Thank you", by=by, now=clock.now())
    told = [(talk["messages"], talk["last"]) for talk in doctor.events("visit_talk")]
    assert told[-2:] == [(1, "staff"), (2, "patient")]


def _away(clinic: Clinic) -> int:
    with clinic.session() as session:
        visit = clinic.arrive(session)
        elsewhere.go(session, visit, CallBackWay.MAIL, "s@example.org", texting=False, now=clock.now())
        visit.connection(connected=False, now=clock.now())
        return visit.id


def _called_back(clinic: Clinic) -> list[str]:
    with clinic.session() as session:
        return [mail.recipient for mail in session.query(OutgoingMail).filter_by(kind=MailKind.CALL_BACK)]


def test_the_list_says_who_waits_elsewhere_and_when_they_were_called_back(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor = _away(clinic), open_page(clinic, "doctor")
    row = doctor.everything("waiting_room")[visit_id]
    assert row["elsewhere"]["until"] > row["arrived_at"] and row["elsewhere"]["called_at"] is None
    doctor.done("call_back", id=visit_id)
    assert doctor.events("visit")[-1]["elsewhere"]["called_at"] is not None
    assert _called_back(clinic) == ["s@example.org"]


def test_admitting_somebody_who_is_away_calls_back_at_once(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor = _away(clinic), open_page(clinic, "doctor")
    doctor.done("admit", id=visit_id)
    assert _called_back(clinic) == ["s@example.org"]
    assert doctor.events("visit")[-1]["elsewhere"]["called_at"] is not None


def test_admitting_somebody_who_is_there_writes_to_nobody(clinic: Clinic, open_page: Any) -> None:
    open_page(clinic, "doctor").done("admit", id=_arrive(clinic))
    assert _called_back(clinic) == []


def test_somebody_who_is_there_is_not_called_back(clinic: Clinic, open_page: Any) -> None:
    assert open_page(clinic, "doctor").send("call_back", id=_arrive(clinic))["error"] == "not_elsewhere"


def test_calling_back_takes_the_right_to_admit(clinic: Clinic, open_page: Any) -> None:
    visit_id = _away(clinic)
    assert open_page(clinic, "translator").send("call_back", id=visit_id)["error"] == "not_allowed"
    assert _called_back(clinic) == []


def test_the_desk_tells_patients_who_are_still_to_come_how_late_it_gets(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        booked = clinic.book(session)
        person, start = booked.practitioner_id, booked.start
    with clock.at(start - timedelta(hours=1)):
        page = open_page(clinic, "admin")
        page.done("run_late", practitioner=person, minutes=10)
        [found] = page.done("delays")["people"]
        assert (found["id"], found["patients"], found["minutes"], found["mine"]) == (person, 1, 10, False)
        assert open_page(other, "admin").send("run_late", practitioner=person, minutes=5)["error"] == "not_allowed"
        page.done("run_late", practitioner=person, minutes=0)
        assert page.done("delays")["people"][0]["minutes"] == 0


def test_a_row_says_live_whether_what_was_asked_is_answered(clinic: Clinic, open_page: Any) -> None:
    other, asked = _arrive(clinic), Asked(clinic, filled=False)
    with clinic.session() as session:
        appointment = session.get_one(Appointment, asked.appointment)
        visit_id = check_in(session, appointment.ticket, appointment, appointment.start).id
    doctor = open_page(clinic, "doctor")
    rows = doctor.everything("waiting_room")
    assert (rows[visit_id]["questionnaires"], rows[other]["questionnaires"]) == ("open", None)
    with clinic.session() as session:
        response = session.query(QuestionnaireResponse).filter_by(uid=asked.response).one()
        texts = Texts(session, "en", "en")
        response.open(texts, texts, clock.now())
        intake.complete(session, response, RIGHT, client_id(), clock.now())
    assert [item["questionnaires"] for item in doctor.events("visit") if item["id"] == visit_id][-1] == "filled"


def test_the_list_asks_once_for_the_questionnaires_of_all_who_wait(clinic: Clinic) -> None:
    ids = [_arrive(clinic) for _each in range(4)]
    asked: list[str] = []
    with clinic.sessions(organization=clinic.id) as session:
        listen = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(session.get_bind(), "before_cursor_execute", listen)
        try:
            assert set(waiting_rows.rows(session, ids)) == set(ids)
        finally:
            event.remove(session.get_bind(), "before_cursor_execute", listen)
    assert len([statement for statement in asked if "FROM questionnaire_response" in statement]) == 1
