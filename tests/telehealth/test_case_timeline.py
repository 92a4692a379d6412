"""The chain of actions tied to one case, from the first message to the visit that came of it."""

from __future__ import annotations

from datetime import timedelta

from telehealth import case, clock, message
from telehealth.case import CaseEvent, Deed
from telehealth.case_timeline import Entry, Mailed, Said, timeline
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation
from telehealth.database import Session
from telehealth.message import Author
from telehealth.outbox import MailKind
from telehealth.waiting_room import EncounterKind, begin
from tests.clinic import Clinic, client_id

MINUTE = timedelta(minutes=1)


def told(entry: Entry) -> object:
    if isinstance(entry, CaseEvent):
        return entry.deed
    if isinstance(entry, Said):
        return (entry.author, entry.count, entry.internal)
    return entry.kind if isinstance(entry, Mailed) else entry.step


def _of(session: Session, thread: Conversation) -> list[object]:
    found = case.of_thread(session, thread.id)
    assert found is not None
    return [told(entry) for entry in timeline(session, found)]


def test_messages_deeds_mails_and_the_visit_stand_in_one_line(clinic: Clinic, session: Session) -> None:
    start, nurse = clock.now(), clinic.staff("nurse")
    session.get_one(Channel, clinic.channels["open"]).enter(nurse, active=True, now=start)
    thread = clinic.conversation(session)
    thread.claim(nurse, start + 2 * MINUTE)
    by = Author(AuthorKind.STAFF, nurse.name, nurse.practitioner_id)
    for number in (3, 4):
        message.post(session, thread.id, client_id(), "Yes", by=by, now=start + number * MINUTE)
    message.note(session, thread.id, client_id(), "Anxious", by=by, now=start + 5 * MINUTE)
    found = case.of_thread(session, thread.id)
    assert found is not None
    appointment = clinic.book(session)
    found.tie(appointment.id, nurse, start + 6 * MINUTE)
    visit = begin(session, appointment.ticket, appointment.patient, EncounterKind.APPOINTMENT, "en", start + 60 * MINUTE)
    visit.department_id, visit.appointment_id = appointment.department_id, appointment.id
    session.add(visit)
    session.flush()
    line = _of(session, thread)
    assert [entry for entry in line if not isinstance(entry, MailKind)] == [
        Deed.OPENED, (AuthorKind.PATIENT, 1, False), Deed.TAKEN, (AuthorKind.STAFF, 2, False), (AuthorKind.STAFF, 1, True), Deed.APPOINTMENT,
        "arrived",
    ]  # fmt: skip
    assert MailKind.CONFIRMATION in line


def test_nothing_of_another_case_stands_in_it(clinic: Clinic, session: Session) -> None:
    mine, others = clinic.conversation(session), clinic.conversation(session)
    message.post(session, others.id, client_id(), "Hello", by=Author(AuthorKind.PATIENT, "X", visitor=others.visitor), now=clock.now())
    assert _of(session, mine) == [Deed.OPENED, (AuthorKind.PATIENT, 1, False)]
