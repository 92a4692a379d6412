"""Ending a visit from the desk: words for the patient, why it ended, what the patient thought of it, who is next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock, ending, feedback, message
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind
from telehealth.feedback import Rating
from telehealth.follow_up import FollowUpHint
from telehealth.message import Author
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.practitioner import PractitionerRole, Role
from telehealth.translation import translate
from telehealth.waiting_room import LONGEST_SUMMARY, LOOKING_BACK, Encounter, EncounterStatus, EndReason
from tests.clinic import Clinic, client_id


def called_in(clinic: Clinic, person: str = "doctor", **changes: Any) -> int:
    with clinic.session() as session:
        visit = clinic.arrive(session, **changes)
        visit.admit(clinic.staff(person), clock.now())
        return visit.id


def look(clinic: Clinic, visit_id: int) -> Encounter:
    with clinic.sessions(organization=clinic.id) as session:
        return session.get_one(Encounter, visit_id)


def hint(clinic: Clinic, text: str, department: int | None = None) -> int:
    with clinic.session() as session:
        row = FollowUpHint(text=text, department_id=department)
        session.add(row)
        session.flush()
        return row.id


def taken_home(clinic: Clinic, visit_id: int) -> tuple[str, str]:
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        return visit.summary, visit.follow_up.text if visit.follow_up else ""


def test_a_visit_ends_with_words_for_the_patient_and_is_told_to_all_who_saw_it(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor, manager = called_in(clinic), open_page(clinic, "doctor"), open_page(clinic, "manager")
    for _ in range(2):  # the first answer was lost
        doctor.done("end_visit", id=visit_id, summary="Drink more.\nRest.", follow_up="01632 960 120")
    assert taken_home(clinic, visit_id) == ("Drink more.\nRest.", "01632 960 120")
    assert manager.events("visit")[-1]["gone"]
    told = manager.done("ending", id=visit_id)
    assert (told["reason"], told["by"], told["minutes"]) == ("completed", f"Dr Doctor {clinic.mark}", 1)
    assert (told["summary"], told["may_sum_up"]) == ("Drink more.\nRest.", False)


def test_a_hint_of_the_list_is_told_in_the_patients_language(clinic: Clinic, open_page: Any) -> None:
    chosen = hint(clinic, "Call us")
    with clinic.session() as session:
        translate(session, session.get_one(FollowUpHint, chosen), "text", "ar-XB", "Us call", clock.now())
    visit_id = called_in(clinic, locale="ar-XB")
    open_page(clinic, "doctor").done("end_visit", id=visit_id, hint=chosen)
    assert taken_home(clinic, visit_id) == ("", "Us call")


def test_a_hint_of_another_department_or_clinic_is_not_there(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    doctor, visit_id = open_page(clinic, "doctor"), called_in(clinic)
    for foreign in (hint(clinic, "Nurses", clinic.departments[1]), hint(other, "Others")):
        assert doctor.send("end_visit", id=visit_id, hint=foreign)["error"] == "unknown"
    assert look(clinic, visit_id).status is EncounterStatus.ADMITTED


def test_after_the_patient_has_left_the_words_are_still_given(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor = called_in(clinic), open_page(clinic, "doctor")
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).leave(clock.now())
    assert doctor.send("end_visit", id=visit_id, summary="Rest")["error"] == "encounter_ended"
    told = doctor.done("ending", id=visit_id)
    assert (told["reason"], told["met"], told["by"], told["may_sum_up"]) == ("left", True, None, True)
    doctor.done("sum_up", id=visit_id, summary="Rest")
    assert taken_home(clinic, visit_id) == ("Rest", "")


def test_a_day_later_nothing_is_added(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor = called_in(clinic), open_page(clinic, "doctor")
    doctor.done("end_visit", id=visit_id)
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).ended_at = clock.now() - LOOKING_BACK
    assert doctor.done("ending", id=visit_id)["may_sum_up"] is False
    assert doctor.send("sum_up", id=visit_id, summary="Late")["error"] == "encounter_ended"


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("end_visit", {"summary": "x" * (LONGEST_SUMMARY + 1)}), ("end_visit", {"follow_up": "x" * 301}),
        ("end_visit", {"hint": "own"}), ("end_visit", {"hint": 0}), ("sum_up", {"rating": 5}), ("ending", {"summary": "x"}),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(clinic: Clinic, open_page: Any, event: str, body: dict[str, Any]) -> None:
    visit_id = called_in(clinic)
    assert open_page(clinic, "doctor").send(event, id=visit_id, **body)["error"] == "invalid"
    assert look(clinic, visit_id).status is EncounterStatus.ADMITTED


@pytest.mark.parametrize("event", ["end_visit", "sum_up", "ending"])
def test_a_visit_out_of_reach_is_not_there(clinic: Clinic, other: Clinic, open_page: Any, event: str) -> None:
    visit_id = called_in(clinic)
    assert open_page(clinic, "nurse").send(event, id=visit_id)["error"] == "unknown"
    assert open_page(other, "admin").send(event, id=visit_id)["error"] == "unknown"
    assert open_page(clinic, "translator").send(event, id=visit_id)["error"] == "not_allowed"
    assert look(clinic, visit_id).status is EncounterStatus.ADMITTED


def test_a_colleague_does_not_write_the_words_of_somebody_elses_visit(clinic: Clinic, open_page: Any) -> None:
    visit_id = called_in(clinic)
    assert open_page(clinic, "manager").send("sum_up", id=visit_id, summary="Mine")["error"] == "not_allowed"


def test_feedback_comes_while_the_page_is_open_to_those_whom_it_concerns(clinic: Clinic, open_page: Any) -> None:
    """A colleague of the same department sees the visit, and not what the patient thought of it."""
    with clinic.session() as session:
        nurse_too = PractitionerRole(
            practitioner_id=clinic.people["nurse"], role=Role.PRACTITIONER, department_id=clinic.departments[0]
        )
        session.add(nurse_too)
    visit_id = called_in(clinic)
    pages = {person: open_page(clinic, person) for person in ("doctor", "manager", "nurse")}
    pages["doctor"].done("end_visit", id=visit_id)
    with clinic.session() as session:
        feedback.give(session, session.get_one(Encounter, visit_id), Rating.GOOD, "Kind", clock.now())
    given = {"rating": "4", "words": "Kind"}
    assert {person: page.done("ending", id=visit_id)["feedback"] for person, page in pages.items()} == {
        "doctor": given, "manager": given, "nurse": None,
    }  # fmt: skip
    assert pages["doctor"].events("feedback") == [{"id": visit_id}]


def test_who_waits_longest_for_this_person_is_next(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor = called_in(clinic), open_page(clinic, "doctor")
    assert doctor.done("ending", id=visit_id)["next"] is None
    long_ago = clock.now() - timedelta(minutes=20)
    with clinic.session() as session:
        clinic.arrive(session, department_id=clinic.departments[1], now=long_ago)
        waits = clinic.arrive(session, now=long_ago + timedelta(minutes=5), practitioner_id=clinic.people["doctor"])
        clinic.arrive(session)
        uid = waits.uid
    assert doctor.done("ending", id=visit_id)["next"]["uid"] == uid


def test_reasons_are_told_with_who_did_it(clinic: Clinic, open_page: Any) -> None:
    doctor = open_page(clinic, "doctor")
    with clinic.session() as session:
        lost, removed, left = (clinic.arrive(session) for _ in range(3))
        lost.give_up(clock.now())
        left.leave(clock.now())
        removed.end(clinic.staff("manager"), clock.now(), EndReason.REMOVED)
        ids = [lost.id, removed.id, left.id]
    told = [doctor.done("ending", id=visit_id) for visit_id in ids]
    assert [(one["reason"], one["met"], one["by"]) for one in told] == [
        ("lost", False, None), ("removed", False, f"Dr Manager {clinic.mark}"), ("left", False, None),
    ]  # fmt: skip


def test_a_deleted_conversation_leaves_the_screens_that_show_it(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_after_visit = ChatAfterVisit.DELETED
    visit_id, doctor, outside = called_in(clinic), open_page(clinic, "doctor"), open_page(clinic, "nurse")
    thread = look(clinic, visit_id).conversation_id
    doctor.done("post", id=thread, client_id=client_id(), text="Secret")
    assert len(doctor.done("talk", id=thread)["items"]) == 1
    doctor.done("end_visit", id=visit_id)
    told = doctor.done("ending", id=visit_id)
    assert (told["chat"], told["erased"]) == ("deleted", False) and told["until"]
    with clinic.session() as session:
        message.erase(session, session.get_one(Encounter, visit_id).conversation, clock.now())
    assert (doctor.events("talk_erased"), outside.events("talk_erased")) == ([{"id": thread}], [])
    left = doctor.done("talk", id=thread)
    assert (left["items"], left["closed"], left["erased"]) == ([], True, True)
    assert doctor.done("ending", id=visit_id)["erased"]


def test_a_question_after_the_visit_stands_in_the_inbox_of_the_team(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_after_visit = ChatAfterVisit.SHOWN
        session.get_one(Channel, clinic.channels["shared"]).after_visits = True
    nurse = open_page(clinic, "nurse")
    nurse.done("be_present", channel=clinic.channels["shared"], on=True)
    visit_id = called_in(clinic)
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        visit.end(clinic.staff("doctor"), clock.now())
        assert nurse.everything("inbox") == {}
        by = Author(AuthorKind.PATIENT, "S.", visitor=visit.ticket.visitor)
        ending.write(session, visit, client_id(), "One more thing", by=by, now=clock.now())
        thread = visit.conversation_id
    assert nurse.everything("inbox")[thread]["name"] == f"S. Lindqvist {clinic.mark}"
    nurse.done("post", id=thread, client_id=client_id(), text="Yes?")
    with clinic.session() as session:
        assert [said.text for said in message.messages(session, thread)] == ["One more thing", "Yes?"]
