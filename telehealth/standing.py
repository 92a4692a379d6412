"""Where an appointment truly stands (X-28): by what is written at it and by its visit; and what staff note by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from telehealth.booking import Appointment, AppointmentStatus
from telehealth.channel import NotAllowed
from telehealth.database import Session, session_of
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.waiting_room import Encounter, EncounterStatus, EndReason, met

TAKEN_BACK_WITHIN = timedelta(hours=24)


class Standing(StrEnum):
    PLANNED = "planned"
    CHECKED_IN = "checked_in"
    IN_CONSULTATION = "in_consultation"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Note(StrEnum):
    """What staff say of an appointment when no visit says it: the patient stands at the counter, telephoned, stayed away."""

    ARRIVED = "arrived"
    DONE = "done"
    NO_SHOW = "no_show"
    TAKEN_BACK = "taken_back"


class Contradicted(Exception):
    """It is too early to say so, or the appointment or its visit says otherwise."""


def written(status: AppointmentStatus, checked_in_at: datetime | None) -> Standing:
    """What is written at the appointment itself."""
    if status is AppointmentStatus.BOOKED:
        return Standing.CHECKED_IN if checked_in_at else Standing.PLANNED
    return Standing(status.value)


def lived(
    status: EncounterStatus, end_reason: EndReason | None, admitted_at: datetime | None, *, awaited: bool
) -> Standing | None:
    """What a visit says; nothing where the patient has not come yet, or went before anybody called them in."""
    if status is EncounterStatus.ENDED:
        return Standing.DONE if met(end_reason, admitted_at) else None
    if awaited:
        return None
    return Standing.IN_CONSULTATION if status is EncounterStatus.ADMITTED else Standing.CHECKED_IN


def told(visit: Encounter) -> Standing | None:
    return lived(visit.status, visit.end_reason, visit.admitted_at, awaited=visit.awaited)


def joined(at_appointment: Standing, at_visit: Standing | None) -> Standing:
    """Both together. Whoever is here is here, even though they were given up; what was cancelled stays so."""
    if at_appointment is Standing.CANCELLED or at_visit is None:
        return at_appointment
    is_here = at_visit is not Standing.DONE
    is_open = at_appointment in (Standing.PLANNED, Standing.CHECKED_IN)
    return at_visit if is_here or is_open else at_appointment


def standing(session: Session, appointment: Appointment) -> Standing:
    visit = _latest(session, appointment)
    return joined(written(appointment.status, appointment.checked_in_at), told(visit) if visit else None)


def _latest(session: Session, appointment: Appointment) -> Encounter | None:
    mine = select(Encounter).where(Encounter.appointment_id == appointment.id)
    return session.scalar(mine.order_by(Encounter.id.desc()).limit(1))


def possible(session: Session, appointment: Appointment, now: datetime) -> frozenset[Note]:
    """What staff can note of it at this moment."""
    visit = _latest(session, appointment)
    goes_on = visit is not None and visit.status is not EncounterStatus.ENDED
    if goes_on or appointment.status is AppointmentStatus.CANCELLED or (visit is not None and visit.took_place):
        return frozenset()
    recent = appointment.noted_at is not None and now < appointment.noted_at + TAKEN_BACK_WITHIN
    back = {Note.TAKEN_BACK} if recent else set()
    return frozenset(_forward(appointment, visit, now) | back)


def _forward(appointment: Appointment, visit: Encounter | None, now: datetime) -> set[Note]:
    if appointment.status is AppointmentStatus.DONE:
        return set()
    if appointment.status is AppointmentStatus.NO_SHOW:
        return {Note.DONE}
    found: set[Note] = set()
    here = appointment.checked_in_at is not None
    if not here and _is_on(appointment, now):
        found.add(Note.ARRIVED)
    if appointment.start <= now:
        stayed_away = visit is None or visit.end_reason is EndReason.MISSED
        found |= {Note.DONE} | ({Note.NO_SHOW} if stayed_away and not here else set())
    return found


def _is_on(appointment: Appointment, now: datetime) -> bool:
    """Whether it is that day, where the clinic is."""
    zone = session_of(appointment).get_one(Organization, appointment.organization_id).tz
    return appointment.start.astimezone(zone).date() == now.astimezone(zone).date()


def note(session: Session, appointment: Appointment, what: Note, by: Staff, now: datetime) -> None:
    """Write down what staff know; the same said twice is one. Raises NotAllowed, Contradicted."""
    if not by.may(Permission.SEE_CALENDAR):
        raise NotAllowed
    session.refresh(appointment, with_for_update={"of": Appointment})  # before the feed, as when cancelling
    if _stands(appointment, what):
        return
    if what not in possible(session, appointment, now):
        raise Contradicted
    appointment.seq = advance(session, FeedName.CALENDAR)
    if what is Note.TAKEN_BACK:
        _take_back(appointment)
    else:
        _write(appointment, what, by, now)
    appointment.tell()


def _stands(appointment: Appointment, what: Note) -> bool:
    now = written(appointment.status, appointment.checked_in_at)
    if what is Note.TAKEN_BACK:
        return now is Standing.PLANNED
    return now is {Note.ARRIVED: Standing.CHECKED_IN, Note.DONE: Standing.DONE, Note.NO_SHOW: Standing.NO_SHOW}[what]


def _write(appointment: Appointment, what: Note, by: Staff, now: datetime) -> None:
    if what is Note.ARRIVED:
        appointment.checked_in_at = now
    else:
        appointment.status = AppointmentStatus.DONE if what is Note.DONE else AppointmentStatus.NO_SHOW
        if what is Note.NO_SHOW:
            appointment.write_to_missing(now)
    appointment.noted_by_id, appointment.noted_at = by.practitioner_id, now


def _take_back(appointment: Appointment) -> None:
    """One step: of what is done the arrival stays, until that is taken back too.

    Whoever takes a no-show back stays named, so that it is not noted again by itself.
    """
    was_missed = appointment.status is AppointmentStatus.NO_SHOW
    if appointment.status is AppointmentStatus.BOOKED:
        appointment.checked_in_at = None
    appointment.status = AppointmentStatus.BOOKED
    appointment.noted_at = appointment.checked_in_at
    if appointment.noted_at is None and not was_missed:
        appointment.noted_by_id = None
