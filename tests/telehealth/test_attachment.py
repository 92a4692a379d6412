"""Files at an appointment: sealed, seen by whom they are for, limited, and gone for good with what they belong to."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from telehealth import attachment, clock, file, rotation, staff_booking, waiting_room
from telehealth.attachment import AttachmentsClosed, NoAttachments, TooManyFiles
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment, AppointmentChanged
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.encryption import CannotOpen, Keyring
from telehealth.file import CHUNK, Content, FileChunk, FileNotOffered, FileState, StoredFile, UnknownFile
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.staff_booking import NewPatient, Plan
from tests.clinic import Clinic, client_id

LONG = os.urandom(CHUNK * 2 + 5)


def letter(data: bytes = b"Take it in the evening.", state: FileState = FileState.CLEAN) -> Content:
    return Content("Letter.pdf", "application/pdf", data, state)


@pytest.fixture
def booked(session: Session, clinic: Clinic) -> Appointment:
    """An appointment of the doctor's."""
    return next(one for one in (clinic.book(session, slot=n) for n in range(4)) if one.practitioner_id == clinic.people["doctor"])


def by_doctor(session: Session, clinic: Clinic, booked: Appointment, content: Content | None = None, client: str = "") -> StoredFile:
    return attachment.add_by_staff(session, clinic.staff("doctor"), booked, content or letter(), client or client_id(), clock.now())


def choose(session: Session, clinic: Clinic, **settings: Any) -> None:
    for name, value in settings.items():
        setattr(session.get_one(Organization, clinic.id), name, value)
    session.flush()


def chunks(session: Session) -> int:
    return len(session.scalars(select(FileChunk.id)).all())


def test_what_is_put_there_comes_back_whole(session: Session, clinic: Clinic, booked: Appointment) -> None:
    made = by_doctor(session, clinic, booked, letter(LONG))
    assert (made.chunks, made.size, made.name, made.state) == (3, len(LONG), "Letter.pdf", FileState.CLEAN)
    assert made.content() == LONG
    assert len(made.uid) >= 20


def test_neither_content_nor_name_can_be_read_in_the_database(session: Session, clinic: Clinic, booked: Appointment) -> None:
    made = by_doctor(session, clinic, booked)
    stored = [made.sealed_name, *session.scalars(select(FileChunk.sealed_part))]
    assert not any(b"evening" in sealed or b"Letter" in sealed for sealed in stored)


def test_a_part_that_was_moved_does_not_open(session: Session, clinic: Clinic, booked: Appointment) -> None:
    made = by_doctor(session, clinic, booked, letter(LONG))
    first, second, _third = session.scalars(select(FileChunk).order_by(FileChunk.number))
    first.sealed_part, second.sealed_part = second.sealed_part, first.sealed_part
    session.flush()
    with pytest.raises(CannotOpen):
        made.content()


def test_a_part_that_is_missing_is_noticed(session: Session, clinic: Clinic, booked: Appointment) -> None:
    made = by_doctor(session, clinic, booked, letter(LONG))
    session.execute(delete(FileChunk).where(FileChunk.number == 1))
    with pytest.raises(UnknownFile):
        made.content()


def test_files_are_sealed_anew_when_keys_rotate(clinic: Clinic, session: Session, booked: Appointment) -> None:
    made = by_doctor(session, clinic, booked, letter(LONG)).uid
    session.commit()
    new = os.urandom(32)
    both, newest = Keyring({"new": new, "test": b"k" * 32}), Keyring({"new": new})
    with clinic.sessions(organization=clinic.id, keyring=both) as rotating:
        list(rotation.reseal(rotating))
    with clinic.sessions(organization=clinic.id, keyring=newest) as opened:
        found = opened.scalars(select(StoredFile).where(StoredFile.uid == made)).one()
        assert (found.name, found.content()) == ("Letter.pdf", LONG)


def test_sent_twice_it_is_there_once(session: Session, clinic: Clinic, booked: Appointment) -> None:
    first = by_doctor(session, clinic, booked, client="the-same-attempt")
    again = by_doctor(session, clinic, booked, client="the-same-attempt")
    assert first.id == again.id and len(attachment.listed(session, booked.id)) == 1


def test_the_name_a_client_gives_its_attempt_finds_nothing_of_others(session: Session, clinic: Clinic, booked: Appointment) -> None:
    choose(session, clinic, patients_may_attach=True)
    staffs = by_doctor(session, clinic, booked, client="the-same-attempt")
    elsewhere = clinic.book(session, slot=5)
    patients = attachment.add_by_patient(session, elsewhere, letter(b"mine"), "the-same-attempt", clock.now())
    assert patients.id != staffs.id and patients.content() == b"mine"


def test_there_are_as_many_as_the_clinic_allows(session: Session, clinic: Clinic, booked: Appointment) -> None:
    choose(session, clinic, files_an_appointment=2)
    by_doctor(session, clinic, booked)
    by_doctor(session, clinic, booked)
    with pytest.raises(TooManyFiles):
        by_doctor(session, clinic, booked)


def test_a_clinic_that_wants_no_files_takes_none(session: Session, clinic: Clinic, booked: Appointment) -> None:
    choose(session, clinic, attach_files=False)
    with pytest.raises(NoAttachments):
        by_doctor(session, clinic, booked)


def test_patients_add_files_only_where_the_clinic_lets_them(session: Session, clinic: Clinic, booked: Appointment) -> None:
    with pytest.raises(NoAttachments):
        attachment.add_by_patient(session, booked, letter(), client_id(), clock.now())
    choose(session, clinic, patients_may_attach=True)
    added = attachment.add_by_patient(session, booked, letter(), client_id(), clock.now())
    assert added.put_by_id is None
    after = booked.end + timedelta(days=1)
    with pytest.raises(AttachmentsClosed):
        attachment.add_by_patient(session, booked, letter(), client_id(), after)


def test_nothing_is_added_to_a_cancelled_appointment(session: Session, clinic: Clinic, booked: Appointment) -> None:
    booked.cancel(clock.now())
    with pytest.raises(AttachmentsClosed):
        by_doctor(session, clinic, booked)


def test_staff_add_as_far_as_they_see_the_appointment(session: Session, clinic: Clinic, booked: Appointment) -> None:
    for person in ("nurse", "translator"):
        with pytest.raises(NotAllowed):
            attachment.add_by_staff(session, clinic.staff(person), booked, letter(), client_id(), clock.now())


def test_files_are_seen_by_whoever_sees_the_appointment(session: Session, clinic: Clinic, booked: Appointment) -> None:
    uid = by_doctor(session, clinic, booked).uid
    for person in ("doctor", "manager", "admin"):
        assert attachment.of_staff(session, clinic.staff(person), uid).uid == uid
    for person in ("nurse", "translator"):
        with pytest.raises(UnknownFile):
            attachment.of_staff(session, clinic.staff(person), uid)


def test_the_clinic_next_door_finds_nothing(session: Session, clinic: Clinic, other: Clinic, booked: Appointment) -> None:
    uid = by_doctor(session, clinic, booked).uid
    session.commit()
    with other.session() as next_door, pytest.raises(UnknownFile):
        attachment.of_staff(next_door, other.staff("admin"), uid)


def test_a_link_opens_the_files_of_its_own_appointment_alone(session: Session, clinic: Clinic, booked: Appointment) -> None:
    uid = by_doctor(session, clinic, booked).uid
    assert attachment.of_link(session, booked.ticket, uid).uid == uid
    with pytest.raises(UnknownFile):
        attachment.of_link(session, clinic.book(session, slot=6).ticket, uid)


def test_what_was_not_looked_through_is_offered_to_nobody(session: Session, clinic: Clinic, booked: Appointment) -> None:
    waiting = by_doctor(session, clinic, booked, letter(state=FileState.QUARANTINED))
    assert list(attachment.seen_by_patient(session, booked.id)) == []
    with pytest.raises(UnknownFile):
        attachment.of_link(session, booked.ticket, waiting.uid)
    with pytest.raises(FileNotOffered):
        waiting.require_clean()
    assert [job.payload for job in session.query(Job).filter_by(kind=attachment.SCAN, organization_id=clinic.id)] == [{"file": waiting.uid}]
    attachment.settle(session, waiting, bad=False)
    assert list(attachment.seen_by_patient(session, booked.id)) == [waiting]


def test_of_a_bad_one_only_the_name_stays(session: Session, clinic: Clinic, booked: Appointment) -> None:
    bad = by_doctor(session, clinic, booked, letter(state=FileState.QUARANTINED))
    attachment.settle(session, bad, bad=True)
    assert (bad.state, chunks(session), bad.name) == (FileState.REFUSED, 0, "Letter.pdf")
    assert not attachment.something_to_read(session, booked.id)


def test_what_waits_long_is_looked_through_again(session: Session, clinic: Clinic, booked: Appointment) -> None:
    by_doctor(session, clinic, booked, letter(state=FileState.QUARANTINED))
    later = clock.now() + timedelta(hours=1)
    attachment.tidy(session, later)
    attachment.tidy(session, later)
    assert session.query(Job).filter_by(kind=attachment.SCAN, organization_id=clinic.id).count() == 2


def test_staff_delete_for_good_and_the_access_log_knows(session: Session, clinic: Clinic, booked: Appointment) -> None:
    made = by_doctor(session, clinic, booked, letter(LONG))
    attachment.remove(session, clinic.staff("manager"), made, clock.now())
    assert (attachment.listed(session, booked.id), chunks(session)) == ([], 0)
    assert session.query(AuditEvent).filter_by(entity="stored_file", action=AuditAction.DELETED).count() == 1


def test_a_patient_takes_back_the_own_and_nothing_else(session: Session, clinic: Clinic, booked: Appointment) -> None:
    choose(session, clinic, patients_may_attach=True)
    own, theirs = attachment.add_by_patient(session, booked, letter(), client_id(), clock.now()), by_doctor(session, clinic, booked)
    with pytest.raises(NotAllowed):
        attachment.take_back(session, theirs, clock.now())
    attachment.take_back(session, own, clock.now())
    assert attachment.listed(session, booked.id) == [theirs]


@pytest.fixture
def gone(session: Session, clinic: Clinic, booked: Appointment) -> Callable[[], None]:
    """Delete the appointment as a row, whatever hangs on it besides."""
    from telehealth.occupancy import BookedTick
    from telehealth.outbox import OutgoingMail

    def delete_it() -> None:
        session.execute(delete(BookedTick).where(BookedTick.appointment_id == booked.id))
        session.execute(delete(OutgoingMail).where(OutgoingMail.appointment_id == booked.id))
        session.delete(booked)
        session.flush()

    return delete_it


def test_with_its_appointment_a_file_is_gone_for_good(session: Session, clinic: Clinic, booked: Appointment, gone: Callable[[], None]) -> None:
    by_doctor(session, clinic, booked, letter(LONG))
    gone()
    session.expire_all()
    assert (session.query(StoredFile).count(), chunks(session)) == (0, 0)


def test_staff_hear_of_it_and_so_does_the_patient_who_waits(session: Session, clinic: Clinic, booked: Appointment) -> None:
    with clock.at(booked.start):
        visit = waiting_room.check_in(session, booked.ticket, booked, booked.start)
        session.commit()
        before = visit.seq
        by_doctor(session, clinic, booked)
        told = [fact for fact in session.facts if isinstance(fact, AppointmentChanged)]
        assert [fact.appointment_id for fact in told] == [booked.id] and visit.seq > before


# — for an appointment that is being made


def plan(clinic: Clinic, **changes: Any) -> Plan:
    when = (clock.now() + timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0, tzinfo=None)
    patient = NewPatient("A.", "Bakker", None, "anna@example.org")
    return Plan(client_id(), clinic.people["doctor"], clinic.departments[0], patient, when, 20, **changes)


def for_later(session: Session, clinic: Clinic, person: str = "doctor", state: FileState = FileState.CLEAN) -> StoredFile:
    return attachment.keep_for_later(session, clinic.staff(person), letter(state=state), client_id(), clock.now())


def test_what_was_kept_for_it_lies_at_the_first_of_a_series(session: Session, clinic: Clinic) -> None:
    kept = for_later(session, clinic)
    made = staff_booking.make(session, clinic.staff("doctor"), plan(clinic, files=(kept.uid,), times=2), clock.now())
    assert [list(attachment.listed(session, one.id)) for one in made.appointments] == [[kept], []]


def test_it_is_seen_by_nobody_else_until_then(session: Session, clinic: Clinic) -> None:
    kept = for_later(session, clinic)
    with pytest.raises(UnknownFile):
        attachment.of_staff(session, clinic.staff("admin"), kept.uid)
    assert attachment.of_staff(session, clinic.staff("doctor"), kept.uid) is kept


def test_nobody_brings_along_what_somebody_else_has_kept(session: Session, clinic: Clinic) -> None:
    theirs = for_later(session, clinic, "manager")
    with pytest.raises(UnknownFile):
        staff_booking.make(session, clinic.staff("doctor"), plan(clinic, files=(theirs.uid,)), clock.now())
    assert session.query(Appointment).count() == 0


def test_a_file_of_another_appointment_is_not_taken_away_from_it(session: Session, clinic: Clinic, booked: Appointment) -> None:
    there = by_doctor(session, clinic, booked)
    with pytest.raises(UnknownFile):
        staff_booking.make(session, clinic.staff("doctor"), plan(clinic, files=(there.uid,)), clock.now())
    assert there.appointment_id == booked.id


def test_what_was_kept_in_vain_is_forgotten(session: Session, clinic: Clinic, booked: Appointment) -> None:
    for_later(session, clinic)
    stays = by_doctor(session, clinic, booked)
    attachment.tidy(session, clock.now() + timedelta(hours=25))
    session.expire_all()
    assert [one.uid for one in session.query(StoredFile)] == [stays.uid] and chunks(session) == 1


def test_one_person_keeps_so_many_and_no_more(session: Session, clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachment, "MOST_UNBOUND", 1)
    for_later(session, clinic)
    with pytest.raises(TooManyFiles):
        for_later(session, clinic)
    for_later(session, clinic, "manager")
    assert session.query(Practitioner).count() == 5
    assert session.query(StoredFile).count() == 2


def test_the_file_of_an_unknown_id_is_not_there(session: Session, clinic: Clinic) -> None:
    with pytest.raises(UnknownFile):
        file.part(session, 999_999, 0)
