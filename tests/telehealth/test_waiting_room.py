"""The waiting room's rules, without a web application."""

from datetime import timedelta

import pytest

from telehealth import clock, message, queue, waiting_room
from telehealth.channel import NotAllowed
from telehealth.consent import Consent, Wording
from telehealth.conversation import AuthorKind, ConversationClosed
from telehealth.database import Session
from telehealth.event import listeners, when
from telehealth.message import Author
from telehealth.practitioner import Practitioner
from telehealth.ticket import TicketState
from telehealth.waiting_room import (
    AlreadyAdmitted,
    EncounterChanged,
    EncounterEnded,
    EncounterStatus,
    EndReason,
    PatientArrived,
    UnknownEncounter,
)
from telehealth.walk_in import NobodyAvailable, QueueFull, TermsNotAccepted, arrive
from telehealth.widget import Widget
from tests.clinic import Clinic


def widget_of(clinic: Clinic, session: Session) -> Widget:
    return session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()


def test_a_person_who_walks_in_waits_with_ticket_conversation_and_consent(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    assert visit.status is EncounterStatus.WAITING
    assert visit.reason == f"Dizzy {clinic.mark}"
    assert visit.conversation.visitor == visit.ticket.visitor
    consent = session.query(Consent).filter_by(ticket_id=visit.ticket_id).one()
    assert session.get_one(Wording, consent.wording_id).text == "The terms"


def test_the_same_arrival_sent_twice_is_one_visit(clinic: Clinic, session: Session) -> None:
    arrival = clinic.arrival()
    widget = widget_of(clinic, session)
    first = arrive(session, widget, arrival, clock.now())
    assert arrive(session, widget, arrival, clock.now()) is first


def test_somebody_elses_client_id_finds_no_visit(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    with pytest.raises(UnknownEncounter):
        clinic.arrive(session, client_id=visit.client_id)


def test_without_accepting_the_terms_nobody_enters(clinic: Clinic, session: Session) -> None:
    with pytest.raises(TermsNotAccepted):
        clinic.arrive(session, accepted_terms=None)


def test_nobody_can_wait_for_somebody_who_takes_no_walk_ins(clinic: Clinic, session: Session) -> None:
    session.get_one(Practitioner, clinic.people["doctor"]).switch_walk_ins(False)
    with pytest.raises(NobodyAvailable):
        clinic.arrive(session)
    with pytest.raises(NobodyAvailable):
        clinic.arrive(session, practitioner_id=clinic.people["doctor"])


def test_a_full_waiting_room_says_so(clinic: Clinic, session: Session) -> None:
    widget_of(clinic, session).queue_limit = 1
    clinic.arrive(session)
    with pytest.raises(QueueFull):
        clinic.arrive(session)


def test_of_two_who_admit_one_wins_and_the_other_learns_who(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.admit(clinic.staff("doctor"), clock.now())
    with pytest.raises(AlreadyAdmitted) as refused:
        visit.admit(clinic.staff("manager"), clock.now())
    assert refused.value.by == f"Dr Doctor {clinic.mark}"


def test_admitting_twice_oneself_is_admitting_once(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.admit(clinic.staff("doctor"), clock.now())
    seq = visit.seq
    visit.admit(clinic.staff("doctor"), clock.now())
    assert visit.seq == seq


def test_a_translator_admits_nobody(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    with pytest.raises(NotAllowed):
        visit.admit(clinic.staff("translator"), clock.now())


def test_sent_back_a_patient_keeps_the_waiting_time(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    arrived = visit.arrived_at
    visit.admit(clinic.staff("doctor"), clock.now())
    visit.send_back(clinic.staff("doctor"))
    assert (visit.status, visit.arrived_at, visit.admitted_by_id) == (EncounterStatus.WAITING, arrived, None)


def test_the_end_of_a_visit_closes_ticket_and_conversation(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    visit.end(clinic.staff("doctor"), clock.now())
    assert (visit.end_reason, visit.ticket.state) == (EndReason.COMPLETED, TicketState.CLOSED)
    author = Author(AuthorKind.PATIENT, "S", visitor=visit.ticket.visitor)
    with pytest.raises(ConversationClosed):
        message.post(session, visit.conversation_id, "after-the-end", "Hello?", by=author, now=clock.now())
    with pytest.raises(EncounterEnded):
        visit.admit(clinic.staff("doctor"), clock.now())


def test_the_place_counts_those_who_came_before_for_the_same_person_or_anybody(
    clinic: Clinic, session: Session
) -> None:
    now = clock.now()
    clinic.arrive(session, now=now)
    clinic.arrive(session, now=now + timedelta(seconds=1))
    last = clinic.arrive(session, now=now + timedelta(seconds=2), practitioner_id=clinic.people["doctor"])
    other_department = clinic.arrive(session, now=now + timedelta(seconds=3), department_id=clinic.departments[1])
    assert queue.place_of(session, last).number == 3
    assert queue.place_of(session, other_department).number == 1


def test_the_expected_time_is_unknown_until_three_visits_tell(clinic: Clinic, session: Session) -> None:
    doctor, begin = clinic.staff("doctor"), clock.now()
    for _ in range(3):
        assert queue.place_of(session, clinic.arrive(session)).expected_minutes is None
        done = clinic.arrive(session)
        done.admit(doctor, begin)
        done.end(doctor, begin + timedelta(minutes=10))
        session.query(waiting_room.Encounter).filter_by(status=EncounterStatus.WAITING).one().leave(begin)
    assert queue.place_of(session, clinic.arrive(session)).expected_minutes == 10


def test_a_lost_connection_keeps_the_place_for_the_grace_period_only(clinic: Clinic, session: Session) -> None:
    visit, now = clinic.arrive(session), clock.now()
    visit.connection(connected=False, now=now)
    assert waiting_room.sweep(session, timedelta(minutes=5), now + timedelta(minutes=4)) == 0
    assert waiting_room.sweep(session, timedelta(minutes=5), now + timedelta(minutes=6)) == 1
    assert visit.end_reason is EndReason.LOST


def test_every_change_takes_the_next_number_of_the_feed(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session)
    numbers = [visit.seq]
    visit.hold(clinic.staff("doctor"), clock.now())
    numbers.append(visit.seq)
    visit.leave(clock.now())
    numbers.append(visit.seq)
    assert numbers == sorted(set(numbers))


def test_an_arrival_is_told_after_the_commit_and_not_after_a_rollback(clinic: Clinic) -> None:
    told: list[object] = []
    when(PatientArrived, EncounterChanged)(told.append)
    try:
        with clinic.sessions(organization=clinic.id) as lost:
            clinic.arrive(lost)
            lost.rollback()
        assert not [fact for fact in told if fact.organization_id == clinic.id]  # type: ignore[attr-defined]
        with clinic.session() as kept:
            clinic.arrive(kept)
            assert not [fact for fact in told if fact.organization_id == clinic.id]  # type: ignore[attr-defined]
        kinds = [type(fact) for fact in told if fact.organization_id == clinic.id]  # type: ignore[attr-defined]
        assert kinds == [EncounterChanged, PatientArrived]
    finally:
        listeners[PatientArrived].remove(told.append)
        listeners[EncounterChanged].remove(told.append)


def test_what_the_patient_told_is_sealed_in_the_database(clinic: Clinic, session: Session) -> None:
    visit = clinic.arrive(session, answers={"allergies": "penicillin"})
    assert visit.answers == {"allergies": "penicillin"}
    assert b"Dizzy" not in (visit.sealed_reason or b"")
    assert b"penicillin" not in (visit.sealed_answers or b"")
