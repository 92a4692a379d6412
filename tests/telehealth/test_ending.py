"""What a patient takes home from a visit, how long it can be looked back at, and what becomes of the conversation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from telehealth import clock, ending, follow_up, message, waiting_room
from telehealth.audit import AuditAction, AuditEvent
from telehealth.channel import Channel, NotAllowed
from telehealth.conversation import AuthorKind, ConversationClosed, ConversationState
from telehealth.database import Session
from telehealth.follow_up import FollowUp, FollowUpHint, number_in
from telehealth.job import Job
from telehealth.message import Author, Message
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.ticket import UnknownTicket
from telehealth.waiting_room import ERASE, LONGEST_SUMMARY, LOOKING_BACK, Encounter, EncounterEnded, EndReason, SummaryTooLong
from tests.clinic import Clinic, client_id

NOW = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


def promise(clinic: Clinic, session: Session, what: ChatAfterVisit, hours: int = 2) -> None:
    organization = session.get_one(Organization, clinic.id)
    organization.chat_after_visit, organization.chat_after_hours = what, hours


def patient_of(visit: Encounter) -> Author:
    return Author(AuthorKind.PATIENT, "S.", visitor=visit.ticket.visitor)


def talked(clinic: Clinic, session: Session, end: bool = True) -> Encounter:
    """A visit in which both have said something."""
    visit, doctor = clinic.arrive(session), clinic.staff("doctor")
    visit.admit(doctor, NOW)
    staff = Author(AuthorKind.STAFF, doctor.name, doctor.practitioner_id)
    for by in (patient_of(visit), staff):
        message.post(session, visit.conversation_id, client_id(), f"Words {clinic.mark}", by=by, now=NOW)
    session.refresh(visit.conversation)
    if end:
        visit.end(doctor, NOW)
    return visit


def said(session: Session, visit: Encounter) -> list[int]:
    return [said.seq for said in message.messages(session, visit.conversation_id)]


def test_summary_and_hint_are_sealed(clinic: Clinic, session: Session) -> None:
    visit = talked(clinic, session)
    visit.sum_up(clinic.staff("doctor"), "Drink\nmore", FollowUp("Call 112", "en"), NOW)
    assert (visit.summary, visit.follow_up) == ("Drink\nmore", FollowUp("Call 112", "en"))
    assert b"Drink" not in (visit.sealed_summary or b"") and b"Call" not in (visit.sealed_follow_up or b"")
    visit.sum_up(clinic.staff("doctor"), "", None, NOW)
    assert (visit.summary, visit.follow_up) == ("", None)


def test_who_saw_the_patient_can_sum_up_for_a_day_after_the_patient_left(clinic: Clinic, session: Session) -> None:
    visit = talked(clinic, session, end=False)
    visit.leave(NOW)
    visit.sum_up(clinic.staff("doctor"), "Rest", None, NOW + LOOKING_BACK - HOUR)
    with pytest.raises(EncounterEnded):
        visit.sum_up(clinic.staff("doctor"), "Rest more", None, NOW + LOOKING_BACK)
    assert visit.summary == "Rest"


@pytest.mark.parametrize("person", ["manager", "nurse", "translator"])
def test_nobody_else_sums_up(clinic: Clinic, session: Session, person: str) -> None:
    with pytest.raises(NotAllowed):
        talked(clinic, session).sum_up(clinic.staff(person), "Rest", None, NOW)


def test_a_summary_has_an_end(clinic: Clinic, session: Session) -> None:
    with pytest.raises(SummaryTooLong):
        talked(clinic, session).sum_up(clinic.staff("doctor"), "x" * (LONGEST_SUMMARY + 1), None, NOW)


def test_the_same_end_said_twice_is_one_and_another_end_is_refused(clinic: Clinic, session: Session) -> None:
    visit = talked(clinic, session)
    visit.end(clinic.staff("doctor"), NOW + HOUR)
    assert (visit.ended_at, visit.ended_by_id) == (NOW, clinic.people["doctor"])
    with pytest.raises(EncounterEnded):
        visit.end(clinic.staff("manager"), NOW)
    with pytest.raises(EncounterEnded):
        visit.end(clinic.staff("doctor"), NOW, EndReason.REMOVED)


def test_a_ticket_leads_back_to_the_end_for_a_day(clinic: Clinic, session: Session) -> None:
    visit = talked(clinic, session)
    assert ending.require_look_back(session, visit.ticket, NOW + LOOKING_BACK - HOUR) is visit.ticket
    with pytest.raises(UnknownTicket):
        ending.require_look_back(session, visit.ticket, NOW + LOOKING_BACK)


def test_unless_the_clinic_shows_it_the_patient_reads_nothing_afterwards(clinic: Clinic, session: Session) -> None:
    visit = talked(clinic, session, end=False)
    assert ending.may_read(visit, NOW)
    visit.end(clinic.staff("doctor"), NOW)
    assert not ending.may_read(visit, NOW)
    assert said(session, visit) == [1, 2]


def test_a_shown_conversation_is_read_for_some_hours_and_longer_than_a_day_if_so_promised(
    clinic: Clinic, session: Session
) -> None:
    promise(clinic, session, ChatAfterVisit.SHOWN, hours=48)
    visit = talked(clinic, session)
    assert ending.may_read(visit, NOW + 47 * HOUR) and ending.may_look_back(visit, NOW + 47 * HOUR)
    assert not ending.may_read(visit, NOW + 48 * HOUR) and not ending.may_look_back(visit, NOW + 48 * HOUR)


def test_what_was_promised_at_the_end_holds_whatever_the_clinic_decides_later(clinic: Clinic, session: Session) -> None:
    visit = talked(clinic, session)
    promise(clinic, session, ChatAfterVisit.DELETED)
    assert visit.chat_after_visit is ChatAfterVisit.KEPT
    assert session.query(Job).filter_by(organization_id=clinic.id, kind=ERASE).all() == []


def test_without_a_team_that_takes_it_nothing_can_be_asked_afterwards(clinic: Clinic, session: Session) -> None:
    promise(clinic, session, ChatAfterVisit.SHOWN)
    visit = talked(clinic, session)
    assert not ending.may_write(session, visit, NOW)
    with pytest.raises(ConversationClosed):
        ending.write(session, visit, client_id(), "One more thing", by=patient_of(visit), now=NOW)


def test_a_question_afterwards_opens_the_conversation_in_the_departments_team(clinic: Clinic, session: Session) -> None:
    """Its own channel goes before everybody's; another department's gets nothing."""
    promise(clinic, session, ChatAfterVisit.SHOWN)
    for key in ("shared", "internal", "open"):
        session.get_one(Channel, clinic.channels[key]).after_visits = True
    visit, name = talked(clinic, session), client_id()
    later = NOW + HOUR
    assert ending.may_write(session, visit, later)
    first = ending.write(session, visit, name, "One more thing", by=patient_of(visit), now=later)
    assert ending.write(session, visit, name, "One more thing", by=patient_of(visit), now=later) == first == 3
    session.refresh(visit.conversation)
    thread = visit.conversation
    assert (thread.channel_id, thread.state) == (clinic.channels["internal"], ConversationState.NEW)
    assert (thread.waiting_since, thread.unread_by_staff) == (later, 2)
    assert ending.readable_until(visit) == later + 2 * HOUR


def test_repeating_an_old_question_does_not_open_a_closed_conversation_again(clinic: Clinic, session: Session) -> None:
    promise(clinic, session, ChatAfterVisit.SHOWN)
    session.get_one(Channel, clinic.channels["shared"]).after_visits = True
    visit, name = talked(clinic, session), client_id()
    ending.write(session, visit, name, "One more thing", by=patient_of(visit), now=NOW)
    visit.conversation.finish(NOW)
    session.flush()
    assert ending.write(session, visit, name, "One more thing", by=patient_of(visit), now=NOW) == 3
    assert visit.conversation.state is ConversationState.CLOSED


def test_a_deleted_conversation_is_gone_and_the_log_says_that_not_what(clinic: Clinic, session: Session) -> None:
    promise(clinic, session, ChatAfterVisit.DELETED, hours=3)
    visit = talked(clinic, session)
    job = session.query(Job).filter_by(organization_id=clinic.id, kind=ERASE).one()
    assert (job.due, ending.erased_at(visit)) == (NOW + 3 * HOUR, NOW + 3 * HOUR)
    for _ in range(2):
        ending.erase(session, job, NOW + 4 * HOUR)
    session.commit()
    assert session.query(Message).filter_by(conversation_id=visit.conversation_id).count() == 0
    [entry] = session.query(AuditEvent).filter_by(action=AuditAction.DELETED).all()
    assert (entry.entity, entry.entity_id, entry.changes, entry.actor) == ("conversation", visit.conversation_id, {}, "system")
    assert visit.conversation.erased_at == NOW + 4 * HOUR


def test_deleting_takes_no_other_conversation_along(clinic: Clinic, other: Clinic, session: Session) -> None:
    promise(clinic, session, ChatAfterVisit.DELETED)
    kept, visit = talked(clinic, session, end=False), talked(clinic, session)
    session.commit()
    with other.session() as theirs:
        next_door = talked(other, theirs).conversation_id
    message.erase(session, visit.conversation, NOW)
    session.commit()
    assert said(session, kept) == [1, 2]
    with other.session() as theirs:
        assert len(message.messages(theirs, next_door)) == 2


def test_catching_up_with_a_deleted_conversation_is_empty_and_numbers_are_not_given_again(
    clinic: Clinic, session: Session
) -> None:
    visit = talked(clinic, session)
    before = visit.conversation.changed
    message.erase(session, visit.conversation, NOW)
    assert message.messages(session, visit.conversation_id, after=1) == []
    assert visit.conversation.seq == 2 and visit.conversation.changed > before


def test_the_departments_proposed_hint_comes_first_and_another_departments_not_at_all(
    clinic: Clinic, session: Session
) -> None:
    first, second = clinic.departments
    rows = {
        "all": FollowUpHint(text="all", position=0), "proposed for all": FollowUpHint(text="proposed for all", preselected=True),
        "own": FollowUpHint(text="own", department_id=first, position=1),
        "own proposed": FollowUpHint(text="own proposed", department_id=first, preselected=True, position=9),
        "foreign": FollowUpHint(text="foreign", department_id=second, preselected=True),
    }  # fmt: skip
    session.add_all(rows.values())
    session.flush()
    assert [hint.text for hint in follow_up.hints(session, first)] == ["own proposed", "proposed for all", "own", "all"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Call 01632 960 120 if it gets worse.", "01632 960 120"), ("+31 (0)20 555 1234", "+31 (0)20 555 1234"), ("Call 112", ""),
        ("Take 2 tablets 3 times a day", ""), ("See you on 12.", ""), ("(020) 7946 0018.", "(020) 7946 0018"),
        ("Ref A1234567890", ""), ("On 23-11-2026, else 01632 960 120", "01632 960 120"), ("Open 10.30-11.00", ""), ("14.09.2026", ""),
    ],
)  # fmt: skip
def test_a_phone_number_is_found_in_a_hint(text: str, number: str) -> None:
    assert number_in(text) == number


def test_leaving_twice_plans_the_deletion_once(clinic: Clinic, session: Session) -> None:
    promise(clinic, session, ChatAfterVisit.DELETED)
    visit = talked(clinic, session, end=False)
    visit.leave(NOW)
    visit.leave(NOW)
    assert session.query(Job).filter_by(organization_id=clinic.id, kind=waiting_room.ERASE).count() == 1
