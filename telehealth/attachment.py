"""Attachments: files that the clinic and its patient put at an appointment for each other (S002-105).

The patient finds them by the appointment's link, never in a mail. What staff choose for an appointment that is not made yet
is kept for them alone, and forgotten when they do not make it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select

from telehealth import audit, message
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.file import Content, FileState, StoredFile, UnknownFile, store
from telehealth.job import plan
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.ticket import Ticket
from telehealth.visibility import may_see, visible
from telehealth.waiting_room import Encounter, of_appointment

SCAN = "scan_file"  # the job that looks through a file once the scanner can be reached
UNBOUND_FOR = timedelta(days=1)  # how long files are kept for an appointment that is being made
MOST_UNBOUND = 50  # of one person
SCAN_AFTER = timedelta(seconds=20)


class NoAttachments(Exception):
    """The organisation does not let them add files."""


class AttachmentsClosed(Exception):
    """The appointment is cancelled, or over for its patient."""


class TooManyFiles(Exception):
    """There are `most` already."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(most)


def listed(session: Session, appointment_id: int) -> Sequence[StoredFile]:
    """All files of an appointment, oldest first."""
    return session.scalars(select(StoredFile).where(_at(appointment_id)).order_by(StoredFile.id)).all()


def seen_by_patient(session: Session, appointment_id: int) -> Sequence[StoredFile]:
    """What the clinic has put there as far as it is clean, and the patient's own."""
    query = select(StoredFile).where(_at(appointment_id), _for_patient()).order_by(StoredFile.id)
    return session.scalars(query).all()


def how_many_for_patient(session: Session, appointment_id: int) -> int:
    """How many files the patient sees."""
    return session.scalar(select(func.count(StoredFile.id)).where(_at(appointment_id), _for_patient())) or 0


def something_to_read(session: Session, appointment_id: int) -> bool:
    """Whether the clinic has put a file there that the patient can open or soon can."""
    theirs = StoredFile.put_by_id.is_not(None) & (StoredFile.state != FileState.REFUSED)
    return session.scalar(select(StoredFile.id).where(_at(appointment_id), theirs).limit(1)) is not None


def _at(appointment_id: int) -> ColumnElement[bool]:
    return StoredFile.appointment_id == appointment_id


def _for_later() -> ColumnElement[bool]:
    return StoredFile.appointment_id.is_(None) & StoredFile.conversation_id.is_(None)


def _for_patient() -> ColumnElement[bool]:
    return StoredFile.put_by_id.is_(None) | (StoredFile.state == FileState.CLEAN)


def of_link(session: Session, ticket: Ticket, uid: str) -> StoredFile:
    """The file of this id, for the holder of its appointment's link. Raises UnknownFile."""
    mine = select(StoredFile).join(Appointment, Appointment.id == StoredFile.appointment_id)
    found = session.scalar(mine.where(Appointment.ticket_id == ticket.id, StoredFile.uid == uid, _for_patient()))
    if found is None:
        raise UnknownFile
    return found


def of_staff(session: Session, by: Staff, uid: str) -> StoredFile:
    """The file of this id, as far as it is this person's to see. Raises UnknownFile."""
    found = session.scalar(select(StoredFile).where(StoredFile.uid == uid, visible(by, StoredFile)))
    if found is None:
        raise UnknownFile
    return found


def may_staff_add(session: Session, appointment: Appointment) -> bool:
    """Until it is cancelled; after the visit too, for whoever reads by the link."""
    return _own(session).attach_files and appointment.status is not AppointmentStatus.CANCELLED


def may_patient_add(session: Session, appointment: Appointment, now: datetime) -> bool:
    """Before the visit and while it goes on, where the clinic lets its patients."""
    closes = appointment.ticket.closes_at
    is_open = appointment.status is AppointmentStatus.BOOKED and (closes is None or now <= closes)
    return is_open and _own(session).patients_may_attach


def require_staff_may_add(session: Session, by: Staff, appointment: Appointment | None) -> None:
    """Raises NotAllowed, NoAttachments, AttachmentsClosed."""
    if not by.may(Permission.SEE_PATIENT) or (appointment is not None and not may_see(session, by, appointment)):
        raise NotAllowed
    if not _own(session).attach_files:
        raise NoAttachments
    if appointment is not None and appointment.status is AppointmentStatus.CANCELLED:
        raise AttachmentsClosed


def require_patient_may_add(session: Session, appointment: Appointment, now: datetime) -> None:
    """Raises NoAttachments, AttachmentsClosed."""
    if not _own(session).patients_may_attach:
        raise NoAttachments
    if not may_patient_add(session, appointment, now):
        raise AttachmentsClosed


def add_by_staff(session: Session, by: Staff, appointment: Appointment, content: Content, client_id: str, now: datetime) -> StoredFile:
    """Put a file at an appointment; sent twice it is there once.

    Raises NotAllowed, NoAttachments, AttachmentsClosed, TooManyFiles.
    """
    require_staff_may_add(session, by, appointment)
    return _add(session, appointment, content, client_id, now, by.practitioner_id)


def add_by_patient(session: Session, appointment: Appointment, content: Content, client_id: str, now: datetime) -> StoredFile:
    """The same by its patient. Raises NoAttachments, AttachmentsClosed, TooManyFiles."""
    require_patient_may_add(session, appointment, now)
    return _add(session, appointment, content, client_id, now, None)


def _add(
    session: Session, appointment: Appointment, content: Content, client_id: str, now: datetime, put_by_id: int | None
) -> StoredFile:
    _tell(session, appointment)  # locks: who counts next counts this one
    mine = (StoredFile.client_id == client_id) & StoredFile.put_by_id.is_not_distinct_from(put_by_id)
    if (before := session.scalar(select(StoredFile).where(_at(appointment.id), mine))) is not None:
        return before
    _require_room(session, appointment.id, 1)
    made = store(session, content, client_id, now, appointment_id=appointment.id, put_by_id=put_by_id)
    plan_scan(session, made, now)
    return made


def _require_room(session: Session, appointment_id: int, more: int) -> None:
    most = _own(session).files_an_appointment
    there = session.scalar(select(func.count(StoredFile.id)).where(_at(appointment_id))) or 0
    if there + more > most:
        raise TooManyFiles(most)


def keep_for_later(session: Session, by: Staff, content: Content, client_id: str, now: datetime) -> StoredFile:
    """Keep a file for an appointment that this person is about to make. Raises NotAllowed, NoAttachments, TooManyFiles."""
    require_staff_may_add(session, by, None)
    session.refresh(session.get_one(Practitioner, by.practitioner_id), with_for_update={"of": Practitioner})
    mine = (StoredFile.put_by_id == by.practitioner_id) & _for_later()
    if (before := session.scalar(select(StoredFile).where(mine, StoredFile.client_id == client_id))) is not None:
        return before
    if (session.scalar(select(func.count(StoredFile.id)).where(mine)) or 0) >= MOST_UNBOUND:
        raise TooManyFiles(MOST_UNBOUND)
    made = store(session, content, client_id, now, put_by_id=by.practitioner_id)
    plan_scan(session, made, now)
    return made


def bind(session: Session, by: Staff, uids: Sequence[str], appointment: Appointment) -> None:
    """Put what was kept for it at an appointment that has just been made; the same again changes nothing.

    Raises UnknownFile, TooManyFiles.
    """
    if not uids:
        return
    mine = StoredFile.uid.in_(uids) & (StoredFile.put_by_id == by.practitioner_id) & StoredFile.conversation_id.is_(None)
    found = session.scalars(select(StoredFile).where(mine).with_for_update()).all()
    if len(found) != len(set(uids)) or any(file.appointment_id not in (None, appointment.id) for file in found):
        raise UnknownFile
    loose = [file for file in found if file.appointment_id is None]
    _require_room(session, appointment.id, len(loose))
    for file in loose:
        file.appointment_id = appointment.id
    session.flush()


def remove(session: Session, by: Staff, file: StoredFile, now: datetime) -> None:
    """Delete a file for good; that it was there stays in the access log. Raises NotAllowed."""
    if not may_see(session, by, file):
        raise NotAllowed
    _delete(session, file, now)


def take_back(session: Session, file: StoredFile, now: datetime) -> None:
    """The same by the patient who has put it there. Raises NotAllowed, AttachmentsClosed."""
    if file.put_by_id is not None or file.appointment is None:
        raise NotAllowed
    if not may_patient_add(session, file.appointment, now):
        raise AttachmentsClosed
    _delete(session, file, now)


def _delete(session: Session, file: StoredFile, now: datetime) -> None:
    if file.appointment is not None:
        _tell(session, file.appointment)
    audit.deleted(session, file, now)
    session.flush()
    session.delete(file)
    session.flush()


def _tell(session: Session, appointment: Appointment) -> None:
    """Waiting room, calendar and the page of a patient who is there look again; in the order in which a visit ends."""
    if (visit := of_appointment(session, appointment)) is not None:
        visit.files_changed()
    appointment.files_changed()


def of_visit(session: Session, visit: Encounter) -> Appointment | None:
    """The appointment whose files a visit has."""
    return session.get(Appointment, visit.appointment_id) if visit.appointment_id is not None else None


def waiting_for_scan(session: Session, uid: str) -> StoredFile | None:
    """The file of this id as long as it was not looked through."""
    return session.scalar(select(StoredFile).where(StoredFile.uid == uid, StoredFile.state == FileState.QUARANTINED))


def settle(session: Session, file: StoredFile, *, bad: bool) -> None:
    """It was looked through; pages that show it look again."""
    if file.appointment is not None:
        _tell(session, file.appointment)
    file.refuse() if bad else file.accept()
    session.flush()
    if file.conversation_id is not None:
        message.file_settled(session, file)


def plan_scan(session: Session, file: StoredFile, now: datetime) -> None:
    """What the scanner could not be asked about is looked through as soon as it can."""
    if file.state is FileState.QUARANTINED:
        _scan(session, file.uid, now + SCAN_AFTER, "first")


def _scan(session: Session, uid: str, due: datetime, turn: str) -> None:
    payload: dict[str, Any] = {"file": uid}
    plan(session, SCAN, session.organization_id, due=due, payload=payload, once=f"{uid}-{turn}")


def tidy(session: Session, now: datetime) -> None:
    """Forget what was chosen for appointments that were never made; try again to look through what still waits for it."""
    old = _for_later() & (StoredFile.created_at < now - UNBOUND_FOR)
    session.execute(delete(StoredFile).where(old), execution_options={"synchronize_session": False})
    waiting = StoredFile.state == FileState.QUARANTINED
    for uid in session.scalars(select(StoredFile.uid).where(waiting, StoredFile.created_at < now - timedelta(minutes=30))).all():
        _scan(session, uid, now, f"{now:%Y%m%d%H}")


def _own(session: Session) -> Organization:
    return session.get_one(Organization, session.organization_id)


def largest(session: Session) -> int:
    """How many bytes a file may have."""
    return _own(session).largest_file_mb * 1_000_000
