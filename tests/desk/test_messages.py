"""Messages with known patients at the desk: listed for the right people, counted, begun, joined, switched off, deleted."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from telehealth import bulk_authorisation, clock, correspondence, waiting_room
from telehealth.audit import AuditAction, AuditEvent
from telehealth.authorisation import Authorisation
from telehealth.job import Job, NoLongerWanted, WorkState
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic, client_id

TEXT = "The rash has spread to the other arm"


def _patient(clinic: Clinic, **changes: Any) -> int:
    given = {"initials": "M.", "last_name": f"de Vries {clinic.mark}", "birth_date": date(1984, 3, 27), "email": f"m@{clinic.slug}.example"}
    with clinic.session() as session:
        row = Patient(**(given | changes))
        session.add(row)
        session.flush()
        return row.id


def _begun(clinic: Clinic, person: str = "doctor", department: int = 0) -> tuple[int, int]:
    """The patient's number and the conversation's."""
    patient_id = _patient(clinic)
    with clinic.session() as session:
        one = correspondence.between(
            session, session.get_one(Patient, patient_id), session.get_one(Practitioner, clinic.people[person]),
            clinic.departments[department], clock.now(),
        )  # fmt: skip
        return patient_id, one.conversation_id


def _write(clinic: Clinic, conversation_id: int, text: str = TEXT) -> None:
    with clinic.session() as session:
        one = correspondence.of_conversation(session, conversation_id)
        assert one is not None
        one.post(client_id(), text, clock.now())


def test_what_a_patient_writes_is_counted_and_listed_without_its_words(clinic: Clinic, open_page: Any) -> None:
    _, thread = _begun(clinic)
    doctor, nurse = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    for _ in range(2):
        _write(clinic, thread)
    assert (doctor.done("counts")["messages"], nurse.done("counts")["messages"]) == (2, 0)
    listed = doctor.everything("letters")
    assert {number: (row["unread"], row["on"]) for number, row in listed.items()} == {thread: (2, True)}
    assert [row["unread"] for row in doctor.events("letter")][-1] == 2
    assert nurse.everything("letters") == {} and nurse.events("letter") == []
    assert TEXT not in json.dumps([listed, doctor.events("letter")])


def test_a_department_that_does_not_share_hears_nothing_either(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).share_messages = False
    _, thread = _begun(clinic, "nurse")
    pages = {name: open_page(clinic, name) for name in ("doctor", "manager", "admin", "nurse")}
    _write(clinic, thread)
    assert {name: bool(page.events("letter")) for name, page in pages.items()} == {
        "doctor": False, "manager": True, "admin": True, "nurse": True,
    }  # fmt: skip
    assert pages["doctor"].send("talk", id=thread)["error"] == "unknown"


def test_opening_is_noted_reading_empties_the_count_and_answers_reach_the_patient(clinic: Clinic, open_page: Any) -> None:
    _, thread = _begun(clinic)
    _write(clinic, thread)
    page = open_page(clinic, "doctor")
    assert [said["text"] for said in page.done("talk", id=thread)["items"]] == [TEXT]
    page.done("post", id=thread, client_id=client_id(), text="Come by on Friday")
    page.done("read", id=thread)
    assert page.done("counts")["messages"] == 0
    with clinic.session() as session:
        assert session.query(AuditEvent).filter_by(entity="conversation", entity_id=thread, action=AuditAction.OPENED).count() == 1
        assert correspondence.of_conversation(session, thread).conversation.unread_by_patient == 1


def test_begun_for_oneself_once_and_joined_by_a_colleague(clinic: Clinic, open_page: Any) -> None:
    patient_id = _patient(clinic)
    doctor, admin = open_page(clinic, "doctor"), open_page(clinic, "admin")
    thread = doctor.done("begin_letters", id=patient_id)["id"]
    assert doctor.send("begin_letters", id=patient_id)["error"] == "correspondence_there"
    admin.done("join_letters", id=thread)
    assert admin.everything("letters")[thread]["mine"] == [clinic.people["doctor"], clinic.people["admin"]]


def test_history_is_deleted_on_every_open_page_and_it_goes_on(clinic: Clinic, open_page: Any) -> None:
    _, thread = _begun(clinic)
    _write(clinic, thread)
    page = open_page(clinic, "doctor")
    page.done("talk", id=thread)
    page.done("delete_history", id=thread)
    assert page.events("talk_erased") == [{"id": thread}]
    answer = page.done("talk", id=thread)
    assert (answer["items"], answer["closed"], answer["erased"]) == ([], False, False)


def test_switched_off_by_who_administers_and_shown_so(clinic: Clinic, open_page: Any) -> None:
    patient_id, thread = _begun(clinic)
    manager = open_page(clinic, "manager")
    assert open_page(clinic, "doctor").send("switch_letters", id=patient_id, on=False)["error"] == "not_allowed"
    manager.done("switch_letters", id=patient_id, on=False)
    assert manager.events("letter")[-1]["on"] is False
    assert manager.send("post", id=thread, client_id=client_id(), text="Hello")["error"] == "conversation_closed"
    manager.done("switch_letters", id=patient_id, on=True)
    manager.done("post", id=thread, client_id=client_id(), text="Hello")


def test_a_code_is_shown_mailed_and_revoked(clinic: Clinic, open_page: Any) -> None:
    patient_id, _ = _begun(clinic)
    page = open_page(clinic, "doctor")
    shown = page.done("authorise", id=patient_id, kind="code")
    assert "/portal/#device=" in shown["link"] and shown["path"].startswith("M")
    with clinic.session() as session:
        number = session.query(Authorisation).one().id
    page.done("revoke", id=number)
    with clinic.session() as session:
        assert session.get_one(Authorisation, number).revoked_at is not None


@pytest.mark.parametrize("deed", ["begin_letters", "switch_letters", "authorise", "tell_of_result"])
def test_a_patient_of_another_organisation_is_not_there(clinic: Clinic, other: Clinic, open_page: Any, deed: str) -> None:
    patient_id, _ = _begun(clinic)
    body = {"switch_letters": {"on": False}, "authorise": {"kind": "code"}}.get(deed, {})
    assert open_page(other, "admin").send(deed, id=patient_id, **body)["error"] == "unknown"


@pytest.mark.parametrize("deed", ["join_letters", "delete_history", "talk", "post"])
def test_messages_of_another_organisation_are_not_there(clinic: Clinic, other: Clinic, open_page: Any, deed: str) -> None:
    _, thread = _begun(clinic)
    body = {"client_id": client_id(), "text": "Hello"} if deed == "post" else {}
    assert open_page(other, "admin").send(deed, id=thread, **body)["error"] == "unknown"


def test_a_way_in_of_another_organisation_is_not_there(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    patient_id, _ = _begun(clinic)
    open_page(clinic, "doctor").done("authorise", id=patient_id, kind="code")
    with clinic.session() as session:
        number = session.query(Authorisation).one().id
    assert open_page(other, "admin").send("revoke", id=number)["error"] == "unknown"


def test_beside_an_appointment_stands_whether_its_patient_can_write(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        made = clinic.book(session)
        number, patient_id, with_whom = made.id, made.patient_id, made.practitioner_id
    admin = open_page(clinic, "admin")

    def balloon() -> dict[str, Any]:
        return admin.done("balloons", appointments=[number])["balloons"][str(number)]

    assert balloon() == {"authorised": False, "channels": [], "patient": patient_id}
    with clinic.session() as session:
        person = session.get_one(Practitioner, with_whom)
        thread = correspondence.between(session, session.get_one(Patient, patient_id), person, clinic.departments[0], clock.now()).conversation_id
    assert (balloon()["authorised"], [one["id"] for one in balloon()["channels"]]) == (False, [thread])
    admin.done("authorise", id=patient_id, kind="link")
    assert balloon()["authorised"]
    assert open_page(other, "admin").done("balloons", appointments=[number]) == {"balloons": {}}


def test_the_card_notes_that_it_was_opened_and_hides_what_one_may_not_see(staff: Any, clinic: Clinic, other: Clinic) -> None:
    patient_id, thread = _begun(clinic, "nurse", 1)
    page = staff(clinic, "doctor").get(f"/desk/messages/of/{patient_id}")
    assert "One more conversation is with colleagues" in page.text and f"#{thread}" not in page.text
    assert f"#{thread}" in staff(clinic, "nurse").get(f"/desk/messages/of/{patient_id}").text
    with clinic.session() as session:
        assert session.query(AuditEvent).filter_by(entity="patient", entity_id=patient_id, action=AuditAction.OPENED).count() == 2
    assert staff(other, "admin").get(f"/desk/messages/of/{patient_id}").status_code == 404
    assert staff(clinic, "translator").get(f"/desk/messages/of/{patient_id}").status_code == 403
    assert staff(clinic, "translator").get("/desk/messages").status_code == 403


def test_many_are_sent_links_and_the_report_says_who_was_left_out(staff: Any, clinic: Clinic, other: Clinic) -> None:
    written, _ = _begun(clinic)
    silent, nameless = _patient(clinic, last_name="Bakker"), _patient(clinic, last_name="Zonder", email="")
    with clinic.session() as session:
        correspondence.between(
            session, session.get_one(Patient, nameless), session.get_one(Practitioner, clinic.people["doctor"]), clinic.departments[0], clock.now()
        )
        batch = bulk_authorisation.begin(session, [written, silent, nameless, written], clinic.people["admin"], clock.now())
        assert bulk_authorisation.report(session, batch).waiting == 3
    with clinic.session() as session:
        for job in session.query(Job).filter_by(organization_id=clinic.id, kind=bulk_authorisation.AUTHORISE).all():
            try:
                bulk_authorisation.perform(session, job, clock.now())
                job.state = WorkState.DONE
            except NoLongerWanted as why:
                job.state, job.error = WorkState.DROPPED, str(why)
    with clinic.session() as session:
        found = bulk_authorisation.report(session, batch)
    assert (found.written, found.without_messages, found.without_address, found.failed, found.waiting) == (1, 1, 1, 0, 0)
    assert "All are done." in staff(clinic, "admin").get(f"/desk/messages/given/{batch}").text
    assert staff(other, "admin").get(f"/desk/messages/given/{batch}").status_code == 404


def test_a_visit_shows_the_messages_only_to_whom_they_are_shown(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.continuous_chat, own.share_messages = True, False
        made = clinic.book(session)
        made.practitioner_id = clinic.people["nurse"]
        made.department_id = clinic.departments[0]
        session.flush()
        session.expire(made)
        correspondence.between(session, made.patient, made.practitioner, made.department_id, clock.now())
        ticket, start = made.ticket, made.start
        with clock.at(start):
            thread = waiting_room.check_in(session, ticket, made, start).conversation_id
        session.flush()
        assert correspondence.of_conversation(session, thread) is not None
    assert open_page(clinic, "doctor").send("talk", id=thread)["error"] == "unknown"
    open_page(clinic, "nurse").done("talk", id=thread)


def test_old_state_and_events_are_the_state_that_a_new_page_is_given(clinic: Clinic, open_page: Any) -> None:
    _, first = _begun(clinic)
    page = open_page(clinic, "doctor")
    old = page.everything("letters")
    _write(clinic, first)
    second = page.done("begin_letters", id=_patient(clinic, last_name="Bakker"))["id"]
    page.done("delete_history", id=first)
    for row in page.events("letter"):
        if row["id"] not in old or old[row["id"]]["seq"] <= row["seq"]:
            old[row["id"]] = row
    assert old == open_page(clinic, "doctor").everything("letters")
    assert second in old
