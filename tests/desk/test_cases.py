"""Cases at the desk: what is entered is kept and goes along, who gets a case next, how it is finished and found again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from telehealth import case, clock, message
from telehealth.audit import AuditEvent
from telehealth.booking import Appointment
from telehealth.case import CaseField, CaseFieldKind, CaseOutcome, Reason
from telehealth.case_text import CaseText, Occasion
from telehealth.conversation import Conversation
from tests.clinic import Clinic
from tests.desk.test_new_appointment import PERSON, wanted
from tests.desk.wire import Page

DRAFT = "Dear Ms Rossi, about the rash"


def _ask(clinic: Clinic, channel: str = "shared") -> int:
    with clinic.session() as session:
        return clinic.conversation(session, channel, visitor="the patient").id


def _at_work(open_page: Any, clinic: Clinic, person: str = "doctor", channel: str = "shared") -> Page:
    page: Page = open_page(clinic, person)
    page.done("be_present", channel=clinic.channels[channel], on=True)
    return page


def _texts(clinic: Clinic, thread: int) -> list[str]:
    with clinic.session() as session:
        return [said.text for said in message.messages(session, thread)]


@pytest.fixture
def field(clinic: Clinic) -> int:
    with clinic.session() as session:
        made = CaseField(label="What was wrong", kind=CaseFieldKind.CHOICE, choices="Rash\nFever", required=True)
        session.add(made)
        session.flush()
        return made.id


def test_what_one_has_entered_the_next_one_reads(clinic: Clinic, open_page: Any, field: int) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("save_case", id=thread, draft=DRAFT, scroll=12, fields={str(field): "1"})
    nurse = _at_work(open_page, clinic, "nurse")
    doctor.done("hand_over", id=thread, to=clinic.people["nurse"], note="She is afraid")
    given = nurse.done("case", id=thread)
    assert (given["draft"], given["scroll"], given["fields"][0]["answer"]) == (DRAFT, 12, "1")
    assert given["history"][-1]["words"] == "She is afraid"
    assert [one["deed"] for one in given["history"]] == ["opened", "patient_wrote", "taken", "handed_over"]
    assert doctor.events("case_lost") == [{"id": thread, "channel": clinic.channels["shared"]}]
    assert DRAFT not in json.dumps([doctor.events("conversation"), nurse.events("conversation")])


def test_only_whoever_has_a_case_changes_what_is_entered(clinic: Clinic, open_page: Any) -> None:
    doctor, nurse, thread = _at_work(open_page, clinic), _at_work(open_page, clinic, "nurse"), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("save_case", id=thread, draft=DRAFT)
    assert nurse.send("save_case", id=thread, draft="Mine")["error"] == "already_claimed"
    assert doctor.done("case", id=thread)["draft"] == DRAFT


def test_an_answer_that_does_not_fit_is_refused_and_nothing_is_kept(clinic: Clinic, open_page: Any, field: int) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    answer = doctor.send("save_case", id=thread, draft=DRAFT, fields={str(field): "7"})
    assert (answer["error"], set(answer["fields"])) == ("invalid", {str(field)})
    assert doctor.send("save_case", id=thread, fields={"999999": "x"})["error"] == "unknown"
    assert doctor.done("case", id=thread)["draft"] == ""


@pytest.mark.parametrize(
    ("deed", "body"),
    [
        ("case", {}), ("save_case", {"draft": "x"}), ("set_aside", {}), ("put_back", {}), ("end_thread", {}), ("reopen_case", {}),
        ("close", {}), ("hand_over", {"to": 1}),
    ],
)  # fmt: skip
def test_a_case_takes_presence_and_is_not_there_for_others(
    clinic: Clinic, other: Clinic, open_page: Any, deed: str, body: dict[str, Any]
) -> None:
    thread = _ask(clinic)
    body = body | ({"to": clinic.people["nurse"]} if "to" in body else {})
    assert open_page(clinic, "doctor").send(deed, id=thread, **body)["error"] == "not_present"
    stranger = _at_work(open_page, other, "admin")
    body = body | ({"to": other.people["admin"]} if "to" in body else {})
    assert stranger.send(deed, id=thread, **body)["error"] == "unknown"


def test_a_case_is_not_handed_to_another_clinic_nor_to_somebody_away(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    _at_work(open_page, other, "admin")
    assert doctor.send("hand_over", id=thread, to=other.people["admin"])["error"] == "unknown"
    assert doctor.send("hand_over", id=thread, to=clinic.people["nurse"])["error"] == "not_present"
    assert doctor.done("colleagues")["items"] == []
    _at_work(open_page, clinic, "nurse")
    assert [one["id"] for one in doctor.done("colleagues")["items"]] == [clinic.people["nurse"]]


def test_non_urgent_ones_are_told_so_and_listed_for_everybody_within_reach(clinic: Clinic, open_page: Any) -> None:
    doctor, manager, thread = _at_work(open_page, clinic), open_page(clinic, "manager"), _ask(clinic)
    doctor.done("set_aside", id=thread, note="Only a question about opening hours")
    assert "answer it later" in _texts(clinic, thread)[-1]
    row = manager.everything("inbox")[thread]
    assert (row["non_urgent"], row["is_card"]) == (True, True)
    manager.done("case", id=thread)
    manager.done("claim", id=thread)
    assert "opening hours" not in json.dumps(_texts(clinic, thread))


def test_the_clinics_own_words_are_said_instead(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        session.add_all([
            CaseText(occasion=Occasion.SET_ASIDE, text="We write to you tomorrow."), CaseText(occasion=Occasion.TAKEN, text="Here we are."),
            CaseText(occasion=Occasion.ENDED, text="Goodbye.", active=False),
        ])  # fmt: skip
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("claim", id=thread)
    doctor.done("set_aside", id=thread)
    doctor.done("claim", id=thread)
    doctor.done("end_thread", id=thread)
    assert _texts(clinic, thread)[1:] == ["Here we are.", "We write to you tomorrow.", "Here we are."]


def test_an_ended_talk_stays_until_it_is_finished_with_a_reason(clinic: Clinic, open_page: Any, field: int) -> None:
    with clinic.session() as session:
        session.add(outcome := CaseOutcome(name="Answered"))
        session.flush()
        outcome_id = outcome.id
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    assert doctor.send("close", id=thread, outcome=outcome_id)["error"] == "unfinished"
    doctor.done("end_thread", id=thread)
    assert doctor.everything("inbox")[thread]["case"] == "ended"
    doctor.done("save_case", id=thread, fields={str(field): "0"})
    assert doctor.send("close", id=thread)["error"] == "unfinished"
    doctor.done("close", id=thread, outcome=outcome_id)
    assert thread not in doctor.everything("inbox")
    assert doctor.send("close", id=thread, outcome=outcome_id)["error"] == "case_not_now"
    assert [row["id"] for row in doctor.done("done_cases", text="rossi", outcome=outcome_id)["items"]] == [thread]
    assert doctor.done("done_cases", text="nobody")["items"] == []
    assert doctor.done("done_cases", channel=clinic.channels["shared"] + 10_000)["items"] == []
    (found,) = doctor.done("done_cases", channel=clinic.channels["shared"])["items"]
    assert (found["outcome"], found["channel"]) == ("Answered", f"Customer service {clinic.mark}")
    assert doctor.done("case", id=thread)["outcome"] == "Answered"


def test_a_refused_end_leaves_the_talk_going_on(clinic: Clinic, open_page: Any, field: int) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    assert doctor.send("close", id=thread)["error"] == "unfinished"
    with clinic.session() as session:
        assert session.get_one(Conversation, thread).state == "new"


def test_a_finished_case_is_taken_up_again(clinic: Clinic, open_page: Any) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("close", id=thread)
    doctor.done("reopen_case", id=thread)
    assert doctor.everything("inbox")[thread]["claimed_by_id"] == clinic.people["doctor"]
    assert doctor.done("done_cases")["items"] == []


def test_finished_cases_are_found_by_those_who_may_see_them_only(clinic: Clinic, open_page: Any) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("close", id=thread)
    assert doctor.done("done_cases")["items"]
    assert open_page(clinic, "nurse").done("done_cases")["items"] == []


def test_a_case_that_went_back_is_told_to_whoever_had_it(clinic: Clinic, open_page: Any) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    with clinic.session() as session:
        session.get_one(Conversation, thread).put_back(clock.now(), why=Reason.OPERATOR_SILENT)
    assert [gone["id"] for gone in doctor.events("case_lost")] == [thread]
    assert (doctor.everything("inbox")[thread]["case"], doctor.everything("inbox")[thread]["returns"]) == ("returned", 1)


def test_looking_into_a_case_is_noted(clinic: Clinic, open_page: Any) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("case", id=thread)
    with clinic.session() as session:
        assert session.query(AuditEvent).filter_by(entity="conversation", entity_id=thread).count() == 1
        assert case.of_thread(session, thread) is not None


def test_a_case_is_taken_over_from_whoever_is_away_with_all_that_was_entered(clinic: Clinic, open_page: Any) -> None:
    doctor, nurse, thread = _at_work(open_page, clinic), _at_work(open_page, clinic, "nurse"), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("save_case", id=thread, draft=DRAFT)
    assert nurse.send("take_over", id=thread, reason="She waits")["error"] == "still_present"
    assert nurse.send("take_over", id=thread, reason="  ")["error"] == "invalid"
    doctor.done("be_present", channel=clinic.channels["shared"], on=False)
    nurse.done("take_over", id=thread, reason="She waits since noon")
    given = nurse.done("case", id=thread)
    assert (given["mine"], given["draft"]) == (True, DRAFT)
    last = given["history"][-1]
    assert (last["deed"], last["person"], last["words"]) == ("taken_over", f"Dr Doctor {clinic.mark}", "She waits since noon")
    assert doctor.events("case_lost") == [{"id": thread, "channel": clinic.channels["shared"]}]
    nurse.done("take_over", id=thread, reason="Twice is once")
    assert [one["deed"] for one in nurse.done("case", id=thread)["history"]].count("taken_over") == 1


def test_whoever_manages_channels_takes_a_case_from_anybody_and_nobody_takes_what_nobody_has(clinic: Clinic, open_page: Any) -> None:
    doctor, manager, thread = _at_work(open_page, clinic), _at_work(open_page, clinic, "manager"), _ask(clinic)
    assert manager.send("take_over", id=thread, reason="It waits")["error"] == "case_not_now"
    doctor.done("claim", id=thread)
    manager.done("take_over", id=thread, reason="The doctor is in surgery")
    assert doctor.send("save_case", id=thread, draft="Mine?")["error"] == "already_claimed"


def test_an_appointment_in_the_schedule_finishes_a_case_whose_talk_is_over(clinic: Clinic, open_page: Any, field: int) -> None:
    doctor, first, second = _at_work(open_page, clinic), _ask(clinic), _ask_again(clinic)
    for thread in (first, second):
        doctor.done("claim", id=thread)
    doctor.done("end_thread", id=first)
    doctor.done("make_appointment", **wanted(clinic, case=first))
    assert doctor.done("case", id=first)["case"] == "done", "the required field is not asked for: the entry says what became of it"
    later = f"{(clock.now() + timedelta(days=2)).date()}T09:05"
    doctor.done("make_appointment", **wanted(clinic, case=second, start=later, person=PERSON | {"last_name": "Jansen", "email": "jansen@example.org", "birth_date": "1961-02-03"}))
    assert doctor.done("case", id=second)["case"] in {"assigned", "waiting_for_patient"}
    doctor.done("end_thread", id=second)
    assert doctor.done("case", id=second)["case"] == "done"


def test_a_cancelled_appointment_finishes_no_case(clinic: Clinic, open_page: Any) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("make_appointment", **wanted(clinic, case=thread))
    with clinic.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    doctor.done("end_thread", id=thread)
    assert doctor.done("case", id=thread)["case"] == "ended"


def test_a_case_that_is_opened_again_is_not_finished_by_the_appointment_of_before(clinic: Clinic, open_page: Any, field: int) -> None:
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("make_appointment", **wanted(clinic, case=thread))
    doctor.done("end_thread", id=thread)
    doctor.done("reopen_case", id=thread)
    doctor.done("end_thread", id=thread)
    assert doctor.done("case", id=thread)["case"] == "ended"
    assert doctor.send("close", id=thread)["error"] == "unfinished"


def test_a_cancelled_appointment_spares_nobody_the_reason(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        session.add(CaseOutcome(name="Answered"))
    doctor, thread = _at_work(open_page, clinic), _ask(clinic)
    doctor.done("claim", id=thread)
    doctor.done("make_appointment", **wanted(clinic, case=thread))
    with clinic.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    doctor.done("end_thread", id=thread)
    assert doctor.send("close", id=thread)["error"] == "unfinished"


def _ask_again(clinic: Clinic) -> int:
    with clinic.session() as session:
        return clinic.conversation(session, "shared", visitor="another patient").id
