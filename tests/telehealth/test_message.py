"""What happens to messages: edited, deleted, noted, read and sent with files, all under one numbering."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from telehealth import attachment, clock, message, message_file
from telehealth.attachment import NoAttachments
from telehealth.audit import AuditAction, AuditEvent
from telehealth.channel import NotAllowed
from telehealth.conversation import AuthorKind, Conversation, ConversationClosed, ConversationReached
from telehealth.database import Session
from telehealth.event import listeners, when
from telehealth.file import Content, FileChunk, FileState, StoredFile, UnknownFile
from telehealth.message import (
    Author,
    FormerText,
    Message,
    MessageChanged,
    MessagePosted,
    NoteChanged,
    TooLateToEdit,
    UnknownMessage,
)
from telehealth.organization import Organization
from telehealth.visibility import may_see
from tests.clinic import Clinic, client_id

PICTURE = Content("letter.pdf", "application/pdf", b"%PDF-1.7 something")


@pytest.fixture
def thread(clinic: Clinic, session: Session) -> Conversation:
    """One in which the patient has said one thing."""
    return clinic.conversation(session, visitor="rossi")


def patient(thread: Conversation) -> Author:
    return Author(AuthorKind.PATIENT, "I. Rossi", visitor=thread.visitor)


def nurse(clinic: Clinic) -> Author:
    who = clinic.staff("nurse")
    return Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)


def say(session: Session, thread: Conversation, by: Author, text: str, now: datetime | None = None) -> int:
    return message.post(session, thread.id, client_id(), text, by=by, now=now or clock.now())


def heard(kind: type, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    told: list[object] = []
    monkeypatch.setitem(listeners, kind, [])
    when(kind)(told.append)
    return told


def test_an_edit_takes_the_next_number_and_keeps_its_place(clinic: Clinic, session: Session, thread: Conversation) -> None:
    say(session, thread, nurse(clinic), "Tomorow")
    assert message.edit(session, thread, 2, "Tomorrow", by=nurse(clinic), now=clock.now()) == 3
    say(session, thread, patient(thread), "Thanks")
    rows = message.messages(session, thread.id)
    assert [(row.seq, row.changed) for row in rows] == [(1, 1), (2, 3), (4, 4)]
    assert rows[1].text == "Tomorrow" and rows[1].edited_at is not None


def test_an_edit_is_noted_without_a_word_of_it(clinic: Clinic, session: Session, thread: Conversation) -> None:
    message.edit(session, thread, 1, "My elbow hurts", by=patient(thread), now=clock.now())
    message.edit(session, thread, 1, "My elbow hurts", by=patient(thread), now=clock.now())
    session.flush()
    noted = session.query(AuditEvent).filter_by(action=AuditAction.CHANGED, entity="conversation", entity_id=thread.id).one()
    assert (noted.actor, noted.changes, noted.at.tzinfo is not None) == ("patient", {"message": ["1"]}, True)


def test_who_has_missed_an_edit_gets_it_and_nothing_else(clinic: Clinic, session: Session, thread: Conversation) -> None:
    say(session, thread, nurse(clinic), "One")
    say(session, thread, nurse(clinic), "Two")
    message.edit(session, thread, 2, "Won", by=nurse(clinic), now=clock.now())
    assert [row.text for row in message.messages(session, thread.id, after=3)] == ["Won"]
    assert message.messages(session, thread.id, after=4) == []


def test_what_is_told_live_is_what_is_caught_up(
    clinic: Clinic, session: Session, thread: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.commit()
    changed, posted = heard(MessageChanged, monkeypatch), heard(MessagePosted, monkeypatch)
    seq = say(session, thread, patient(thread), "My knee hurts")
    session.commit()
    message.edit(session, thread, seq, "My elbow hurts", by=patient(thread), now=clock.now())
    session.commit()
    message.remove(session, thread, seq, by=patient(thread), now=clock.now())
    session.commit()
    mine = [fact for fact in posted if fact.conversation_id == thread.id]
    changes = [fact for fact in changed if fact.conversation_id == thread.id]
    assert [fact.message.text for fact in mine + changes] == ["My knee hurts", "My elbow hurts", ""]
    assert message.messages(session, thread.id, after=1) == [changes[-1].message]


def test_the_same_words_again_change_nothing(clinic: Clinic, session: Session, thread: Conversation) -> None:
    first = message.edit(session, thread, 1, "Other words", by=patient(thread), now=clock.now())
    again = message.edit(session, thread, 1, "Other words", by=patient(thread), now=clock.now())
    assert first == again == message.messages(session, thread.id)[0].changed


def test_nobody_edits_anothers_words(clinic: Clinic, session: Session, thread: Conversation) -> None:
    seq = say(session, thread, nurse(clinic), "Mine")
    doctor = clinic.staff("doctor")
    for by in (patient(thread), Author(AuthorKind.STAFF, doctor.name, doctor.practitioner_id)):
        with pytest.raises(UnknownMessage):
            message.edit(session, thread, seq, "Theirs", by=by, now=clock.now())
        with pytest.raises(UnknownMessage):
            message.remove(session, thread, seq, by=by, now=clock.now())
    with pytest.raises(UnknownMessage):
        message.edit(session, thread, 99, "Nothing", by=patient(thread), now=clock.now())


def test_own_words_can_be_changed_for_a_while_only(clinic: Clinic, session: Session, thread: Conversation) -> None:
    session.get_one(Organization, clinic.id).edit_minutes = 5
    said = message.messages(session, thread.id)[0]
    message.edit(session, thread, 1, "In time", by=patient(thread), now=said.at + timedelta(minutes=5))
    late = said.at + timedelta(minutes=5, seconds=1)
    with pytest.raises(TooLateToEdit):
        message.edit(session, thread, 1, "Too late", by=patient(thread), now=late)
    with pytest.raises(TooLateToEdit):
        message.remove(session, thread, 1, by=patient(thread), now=late)


def test_after_the_end_nobody_rewrites_what_was_said(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.finish(clock.now())
    with pytest.raises(ConversationClosed):
        message.edit(session, thread, 1, "Never said that", by=patient(thread), now=clock.now())


def test_what_is_deleted_is_gone_for_both_sides_and_the_log_says_so(clinic: Clinic, session: Session, thread: Conversation) -> None:
    assert message.remove(session, thread, 1, by=patient(thread), now=clock.now()) == 2
    assert message.remove(session, thread, 1, by=patient(thread), now=clock.now()) == 2
    for rows in (message.messages(session, thread.id), message.messages_and_notes(session, thread.id)):
        assert [(row.seq, row.text) for row in rows] == [(1, "")] and rows[0].deleted_at is not None
    assert thread.unread_by_staff == 0
    session.flush()
    gone = session.query(AuditEvent).filter_by(action=AuditAction.DELETED, entity="conversation", entity_id=thread.id).one()
    assert (gone.actor, gone.changes) == ("patient", {"message": ["1"]})


def test_staff_with_the_right_delete_anybodys_words_at_any_time(clinic: Clinic, session: Session, thread: Conversation) -> None:
    later = clock.now() + timedelta(days=30)
    with pytest.raises(NotAllowed):
        message.remove_any(session, thread, 1, by=clinic.staff("translator"), now=later)
    message.remove_any(session, thread, 1, by=clinic.staff("nurse"), now=later)
    assert message.messages(session, thread.id)[0].text == ""


@pytest.mark.parametrize("keep", [False, True])
def test_former_words_are_kept_only_where_the_organisation_says_so(
    clinic: Clinic, session: Session, thread: Conversation, keep: bool
) -> None:
    session.get_one(Organization, clinic.id).keep_former_words = keep
    first = message.messages(session, thread.id)[0].text
    message.edit(session, thread, 1, "Second", by=patient(thread), now=clock.now())
    message.remove(session, thread, 1, by=patient(thread), now=clock.now())
    former = [text for text, _until in message.former_texts(session, thread, 1)]
    assert former == ([first, "Second"] if keep else [])
    for row in session.query(FormerText).filter_by(conversation_id=thread.id):
        assert b"Second" not in row.sealed_text


def test_a_note_is_never_among_what_the_patient_is_given(
    clinic: Clinic, session: Session, thread: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.commit()
    outward = heard(MessagePosted, monkeypatch), heard(MessageChanged, monkeypatch)
    inward = heard(NoteChanged, monkeypatch)
    last, unread = thread.last_at, thread.unread_by_patient
    seq = message.note(session, thread.id, "note-0001", "Seems afraid", by=nurse(clinic), now=clock.now())
    assert message.note(session, thread.id, "note-0001", "Seems afraid", by=nurse(clinic), now=clock.now()) == seq
    session.commit()
    message.edit(session, thread, seq, "Seems calm", by=nurse(clinic), now=clock.now())
    session.commit()
    message.remove(session, thread, seq, by=nurse(clinic), now=clock.now())
    session.commit()
    assert outward == ([], []) and len(inward) == 3
    assert seq not in {row.seq for row in message.messages(session, thread.id)}
    assert [row.internal for row in message.messages_and_notes(session, thread.id)] == [False, True]
    assert (thread.last_at, thread.unread_by_patient) == (last, unread)


def test_notes_can_be_written_after_the_end(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.finish(clock.now())
    assert message.note(session, thread.id, client_id(), "Sent her the leaflet", by=nurse(clinic), now=clock.now()) == 2


def test_reading_goes_up_to_a_number_and_counts_what_is_left(clinic: Clinic, session: Session, thread: Conversation) -> None:
    for text in ("Two", "Three"):
        say(session, thread, patient(thread), text)
    session.refresh(thread)
    assert thread.channel is not None
    thread.channel.enter(clinic.staff("nurse"), active=True, now=clock.now())
    message.seen_by_staff(session, thread, clinic.staff("nurse"), 2)
    assert (thread.staff_read, thread.staff_has, thread.unread_by_staff) == (2, 2, 1)
    message.seen_by_staff(session, thread, clinic.staff("nurse"), 1)
    assert (thread.staff_read, thread.unread_by_staff) == (2, 1)
    message.seen_by_staff(session, thread, clinic.staff("nurse"), 999)
    assert (thread.staff_read, thread.unread_by_staff) == (3, 0)


def test_received_is_told_once_and_is_not_read(
    clinic: Clinic, session: Session, thread: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(session, thread, nurse(clinic), "Come at ten")
    session.commit()
    told = heard(ConversationReached, monkeypatch)
    session.refresh(thread)
    for _ in range(2):
        thread.received_by_patient(2)
        session.commit()
    assert [(fact.patient_has, fact.patient_read) for fact in told] == [(2, 0)]
    assert thread.unread_by_patient == 1


def test_files_are_sent_only_where_the_channel_takes_them(clinic: Clinic, session: Session, thread: Conversation) -> None:
    with pytest.raises(NoAttachments):
        message_file.send(session, thread, PICTURE, client_id(), by=patient(thread), now=clock.now())
    thread.channel.takes_files = True
    name = client_id()
    seq = message_file.send(session, thread, PICTURE, name, by=patient(thread), now=clock.now())
    assert message_file.send(session, thread, PICTURE, name, by=patient(thread), now=clock.now()) == seq
    sent = message.messages(session, thread.id)[-1]
    assert sent.file is not None and (sent.file.name, sent.file.state) == ("letter.pdf", FileState.CLEAN)
    assert session.query(StoredFile).filter_by(conversation_id=thread.id).count() == 1


def test_a_visits_files_follow_the_organisations_switches(clinic: Clinic, session: Session) -> None:
    walked_in = clinic.arrive(session).conversation
    own = session.get_one(Organization, clinic.id)
    assert (own.files_in_visits, own.files_in_walk_ins) == (True, False)
    assert not message_file.takes_files(session, walked_in)
    own.files_in_walk_ins = True
    assert message_file.takes_files(session, walked_in)


def test_a_file_is_found_in_its_own_conversation_alone(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.channel.takes_files = True
    message_file.send(session, thread, PICTURE, client_id(), by=patient(thread), now=clock.now())
    sent = message.messages(session, thread.id)[-1].file
    assert sent is not None
    elsewhere = clinic.conversation(session, visitor="somebody else")
    assert message_file.of_conversation(session, thread, sent.uid).content() == PICTURE.data
    with pytest.raises(UnknownFile):
        message_file.of_conversation(session, elsewhere, sent.uid)


def test_a_file_is_seen_by_whoever_sees_its_conversation(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.channel.takes_files = True
    message_file.send(session, thread, PICTURE, client_id(), by=patient(thread), now=clock.now())
    file = session.query(StoredFile).filter_by(conversation_id=thread.id).one()
    who = clinic.staff("nurse")
    assert not may_see(session, who, file)
    thread.channel.enter(who, active=True, now=clock.now())
    session.flush()
    assert may_see(session, who, file)


def test_a_file_goes_with_its_message_and_with_the_conversation(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.channel.takes_files = True
    for _ in range(2):
        message_file.send(session, thread, PICTURE, client_id(), by=patient(thread), now=clock.now())
    message.remove(session, thread, 2, by=patient(thread), now=clock.now())
    assert session.query(StoredFile).filter_by(conversation_id=thread.id).count() == 1
    message.note(session, thread.id, client_id(), "A note", by=nurse(clinic), now=clock.now())
    file = session.query(StoredFile.id).filter_by(conversation_id=thread.id).scalar()
    message.erase(session, thread, clock.now())
    assert session.query(StoredFile).filter_by(conversation_id=thread.id).count() == 0
    assert session.query(FileChunk).filter_by(file_id=file).count() == 0
    assert session.query(Message).filter_by(conversation_id=thread.id).count() == 0


def test_a_file_that_is_looked_through_changes_its_message(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.channel.takes_files = True
    waiting = Content("letter.pdf", "application/pdf", b"%PDF-1.7", FileState.QUARANTINED)
    seq = message_file.send(session, thread, waiting, client_id(), by=patient(thread), now=clock.now())
    attachment.settle(session, session.query(StoredFile).filter_by(conversation_id=thread.id).one(), bad=True)
    row = message.messages(session, thread.id, after=seq)[0]
    assert row.file is not None and (row.seq, row.file.state) == (seq, FileState.REFUSED)


def test_what_is_sent_in_a_conversation_is_not_tidied_away(clinic: Clinic, session: Session, thread: Conversation) -> None:
    thread.channel.takes_files = True
    message_file.send(session, thread, PICTURE, client_id(), by=nurse(clinic), now=clock.now())
    attachment.tidy(session, clock.now() + timedelta(days=9))
    assert session.query(StoredFile).filter_by(conversation_id=thread.id).count() == 1
