"""Appointments that staff make: at any time that nobody else has, for a patient they know or a new one (S002-104)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select

from telehealth import (
    absence,
    attachment,
    booking,
    occupancy,
    organization,
    participant,
    payment,
    questionnaire,
    questionnaire_response,
    schedule,
    ticket,
    visit_type,
)
from telehealth.booking import Appointment, AppointmentBooked, AppointmentStatus, SlotTaken
from telehealth.channel import NotAllowed
from telehealth.database import Session, insert_row, savepoint, session_of
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.message import MessageTooLong
from telehealth.occupancy import Occupied
from telehealth.organization import Organization, Times
from telehealth.outbox import enqueue
from telehealth.participant import ExternalPerson, NewPerson, Participant
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Role, Staff
from telehealth.ticket import TicketKind, TooLate
from telehealth.visibility import may_see, visible
from telehealth.visit_type import VisitType

LONGEST_MINUTES = 480
MOST_TOGETHER = 26
MOST_WEEKS = 52  # between two of a series
MOST_YEARS = 5  # ahead
LONGEST_MESSAGE = 2_000  # characters
MOST_FOUND = 10


class BadTime(ValueError):
    """It lies in the past or years ahead, does not fit into five-minute steps, or lasts longer than a working day."""


class IsAway(Exception):
    """That person has blocked this time."""

    def __init__(self, by: str, start: datetime) -> None:
        self.by, self.start = by, start
        super().__init__(by)


class TakenAt(SlotTaken):
    """Of several times this one is somebody else's."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        super().__init__(start.isoformat())


class NotByVideo(Exception):
    """Nobody can be invited to what takes place by telephone or at the clinic."""


class PerhapsKnown(Exception):
    """There is a patient who may be the same person; `patients` are those."""

    def __init__(self, patients: Sequence[Patient]) -> None:
        self.patients = patients
        super().__init__(len(patients))


@dataclass(frozen=True)
class NewPatient:
    """`known_to_be_another` says that somebody has looked at patients who resemble this one."""

    initials: str
    last_name: str
    birth_date: date | None
    email: str
    phone: str = ""
    locale: str = ""
    known_to_be_another: bool = False


@dataclass(frozen=True)
class Plan:
    """What staff bring: with whom and for whom, when, how long, and how often.

    `start` is the wall time of the clinic, without a zone; the same wall time is kept for all `times`, `every_weeks` apart.
    `questionnaires` are asked before the first of them; None means those that its department asks by itself.
    `files` are ids of what was kept for the first of them.
    `participants` are external people who are invited to all of them.
    `free` says that nothing is to be paid, whatever the visit type costs (S002-112).
    """

    client_id: str
    practitioner_id: int
    department_id: int
    patient: int | NewPatient
    start: datetime
    minutes: int
    message: str = ""
    times: int = 1
    every_weeks: int = 1
    visit_type_id: int | None = None
    questionnaires: tuple[int, ...] | None = None
    files: tuple[str, ...] = ()
    participants: tuple[int | NewPerson, ...] = ()
    free: bool = False


@dataclass(frozen=True)
class Made:
    """What was made, in order of time; the patient may be new."""

    appointments: list[Appointment]
    patient: Patient


def make(session: Session, by: Staff, plan: Plan, now: datetime) -> Made:
    """Make one appointment, or all of a series or none; the patient gets one mail. Sent twice is made once.

    Raises NotAllowed, BadTime, IsAway, PerhapsKnown, TakenAt, MessageTooLong, UnknownVisitType,
    UnknownQuestionnaire, UnknownFile, TooManyFiles, UnknownPerson, UnknownGroup, TooManyParticipants, NotByVideo.
    """
    _require_may(session, by, plan)
    if earlier := _made_before(session, by, plan.client_id):
        return Made(earlier, earlier[0].patient)
    try:
        with savepoint(session):
            return _make(session, by, plan, now)
    except TakenAt:
        if earlier := _made_before(session, by, plan.client_id):  # the same, sent twice at once
            return Made(earlier, earlier[0].patient)
        raise


def _make(session: Session, by: Staff, plan: Plan, now: datetime) -> Made:
    if len(plan.message) > LONGEST_MESSAGE:
        raise MessageTooLong
    times = organization.times(session)
    starts = _starts(plan, times, now)
    for start in starts:
        _require_there(session, plan, start)
    kind = visit_type.require(session, plan.visit_type_id) if plan.visit_type_id else None
    patient = patient_for(session, by, plan.patient, now)
    seq = advance(session, FeedName.CALENDAR)
    series = booking.new_uid() if len(starts) > 1 else ""
    made = [_one(session, by, plan, patient, kind, start, number, series, seq, times, now) for number, start in enumerate(starts)]
    _ask(session, by, plan, made[0], now)
    attachment.bind(session, by, plan.files, made[0])
    about = {"together": True} if series else {}
    for one in made:
        if one.payment_state is not None and one.price is not None:
            payment.owe(session, one.id, one.price, one.currency, now)
    enqueue(session, booking.confirming(made[0]), made[0].id, patient.email, locale=made[0].locale, now=now, about=about)
    _invite(session, plan, made, now)
    for one in made:
        record(session, AppointmentBooked(session.organization_id, one.id, one.practitioner_id, seq))
    return Made(made, patient)


def _invite(session: Session, plan: Plan, made: list[Appointment], now: datetime) -> None:
    """External people come to all of a series, and get one mail."""
    if not plan.participants:
        return
    people = participant.meant(session, plan.participants, now)
    firsts = invite(session, made[0], people, now, quiet=True)
    for one in made[1:]:
        invite(session, one, people, now, quiet=True)
    for first in firsts:
        participant.write(first, now, together=len(made) > 1)


def invite(session: Session, to: Appointment, people: Sequence[ExternalPerson], now: datetime, *, quiet: bool = False) -> list[Participant]:
    """Invite external people to an appointment that takes place in our rooms.

    Raises NotByVideo, TooLate, TooManyParticipants.
    """
    session.refresh(to, with_for_update={"of": Appointment})  # the same person invited twice at once queues here
    if not to.mode.in_waiting_room:
        raise NotByVideo
    if not may_invite(to, now):
        raise TooLate(to.end)
    return participant.invite(session, to, people, now, quiet=quiet)


def may_invite(to: Appointment, now: datetime) -> bool:
    """Whether anybody can still be invited: it stands, is not over, and takes place in our rooms."""
    return to.status is AppointmentStatus.BOOKED and now < to.end and to.mode.in_waiting_room


def _ask(session: Session, by: Staff, plan: Plan, first: Appointment, now: datetime) -> None:
    by_itself = questionnaire.by_itself(session, department_id=plan.department_id)
    wanted = by_itself if plan.questionnaires is None else plan.questionnaires
    of = questionnaire_response.Occasion.of_appointment(first)
    questionnaire_response.ask(session, wanted, of, now, by.practitioner_id)


def _require_may(session: Session, by: Staff, plan: Plan) -> None:
    """Whoever sees a department's appointments makes them, with people who work there."""
    if not by.may(Permission.SEE_CALENDAR) or not (by.sees_everything or plan.department_id in by.departments):
        raise NotAllowed
    if plan.practitioner_id not in {person.id for person in people_of(session, plan.department_id)}:
        raise NotAllowed


def departments_of(session: Session, by: Staff) -> list[Department]:
    """Those for which somebody makes appointments."""
    if not by.may(Permission.SEE_CALENDAR):
        return []
    query = select(Department).where(Department.active).order_by(Department.position, Department.name)
    return list(session.scalars(query if by.sees_everything else query.where(Department.id.in_(by.departments))))


def people_of(session: Session, department_id: int) -> list[Practitioner]:
    """Who sees patients in a department: its own people and teams, and those who work in the whole organisation."""
    there = (PractitionerRole.department_id == department_id) | PractitionerRole.department_id.is_(None)
    cares = PractitionerRole.role.in_([Role.PRACTITIONER, Role.DEPARTMENT_ADMINISTRATOR, Role.TEAM])
    ids = select(PractitionerRole.practitioner_id).where(there, cares)
    query = select(Practitioner).where(Practitioner.active, Practitioner.id.in_(ids)).order_by(Practitioner.name)
    return list(session.scalars(query))


def _made_before(session: Session, by: Staff, client_id: str) -> list[Appointment]:
    mine = Appointment.made_by_id == by.practitioner_id
    first = session.scalar(select(Appointment).where(mine, Appointment.client_id == client_id))
    if first is None:
        return []
    return series_of(first)


def series_of(appointment: Appointment) -> list[Appointment]:
    """Those that were made together with it, itself among them, in order of time."""
    if not appointment.series:
        return [appointment]
    query = select(Appointment).where(Appointment.series == appointment.series).order_by(Appointment.start)
    return list(session_of(appointment).scalars(query))


def _starts(plan: Plan, times: Times, now: datetime) -> list[datetime]:
    begins = plan.start.hour * 60 + plan.start.minute
    whole = begins % schedule.TICK_MINUTES == 0 and plan.minutes % schedule.TICK_MINUTES == 0 and not plan.start.second
    near = now.year - 1 <= plan.start.year <= now.year + MOST_YEARS and 1 <= plan.every_weeks <= MOST_WEEKS
    if not whole or not near or not 0 < plan.minutes <= LONGEST_MINUTES or not 1 <= plan.times <= MOST_TOGETHER:
        raise BadTime
    days = (plan.start.date() + timedelta(weeks=number * plan.every_weeks) for number in range(plan.times))
    starts = [schedule.wall(day, begins, times.zone) for day in days]
    if starts[0] <= now - timedelta(minutes=schedule.TICK_MINUTES):
        raise BadTime
    return starts


def _require_there(session: Session, plan: Plan, start: datetime) -> None:
    first = schedule.tick_of(start)
    if absence.is_away(session, plan.practitioner_id, first, first + plan.minutes // schedule.TICK_MINUTES):
        raise IsAway(session.get_one(Practitioner, plan.practitioner_id).name, start)


def patient_for(session: Session, by: Staff, given: int | NewPatient, now: datetime) -> Patient:
    """The record that is meant, or a new one. Raises NotAllowed, PerhapsKnown."""
    if isinstance(given, int):
        found = session.get(Patient, given)
        if found is None or not may_see(session, by, found):
            raise NotAllowed
        return found
    if not given.known_to_be_another and (same := resembling(session, by, given)):
        raise PerhapsKnown(same)
    return insert_row(
        session, Patient, initials=given.initials, last_name=given.last_name, birth_date=given.birth_date, email=given.email,
        phone=given.phone, locale=given.locale, client_number="", created_at=now,
    )  # fmt: skip


def resembling(session: Session, by: Staff, given: NewPatient) -> list[Patient]:
    """Patients with the same address, or the same last name and date of birth."""
    same_person = (func.lower(Patient.last_name) == given.last_name.lower()) & (Patient.birth_date == given.birth_date)
    same_address = func.lower(Patient.email) == given.email.lower() if given.email else None
    alike = same_person if same_address is None else or_(same_person, same_address)
    query = select(Patient).where(alike, visible(by, Patient)).order_by(Patient.id.desc()).limit(MOST_FOUND)
    return list(session.scalars(query))


def find_patients(session: Session, by: Staff, text: str) -> list[Patient]:
    """Patients whose name, address or client number begins with the text, or who were born on that date (2027-03-14)."""
    text = text.strip().lower()
    if len(text) < 2:
        return []
    begins = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    like = [func.lower(column).like(begins, escape="\\") for column in (Patient.last_name, Patient.email, Patient.client_number)]
    full_name = func.lower(Patient.initials + " " + Patient.last_name).like(begins, escape="\\")
    matches = or_(full_name, *like, *([Patient.birth_date == born] if (born := _as_date(text)) else []))
    query = select(Patient).where(matches, visible(by, Patient)).order_by(Patient.last_name, Patient.id.desc()).limit(MOST_FOUND)
    return list(session.scalars(query))


def _as_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _one(
    session: Session, by: Staff, plan: Plan, patient: Patient, kind: VisitType | None, start: datetime, number: int, series: str,
    seq: int, times: Times, now: datetime,
) -> Appointment:  # fmt: skip
    first, end = schedule.tick_of(start), start + timedelta(minutes=plan.minutes)
    ticks = range(first, first + plan.minutes // schedule.TICK_MINUTES)
    capacity = booking.capacity_at(session, plan.practitioner_id, ticks)
    link = ticket.issue(
        session, TicketKind.APPOINTMENT, f"staff-{booking.new_uid()}", now=now, opens_at=start - times.opens_before,
        closes_at=end + times.closes_after,
    )  # fmt: skip
    locale = patient.locale or session.get_one(Organization, session.organization_id).locale
    uid = booking.new_uid()
    sealed = session.keyring.seal(plan.message, booking.place_of(session.organization_id, uid, "sealed_message")) if plan.message else None

    def write() -> Appointment:
        lane = occupancy.free_lane(session, plan.practitioner_id, ticks, capacity)
        made = insert_row(
            session, Appointment, uid=uid, status=AppointmentStatus.BOOKED, widget_id=None,
            client_id=f"{plan.client_id}-{number}" if number else plan.client_id, practitioner_id=plan.practitioner_id,
            department_id=plan.department_id, patient_id=patient.id, ticket_id=link.id, start=start, end=end,
            first_tick=ticks.start, last_tick=ticks.stop, lane=lane, locale=locale, created_at=now, sealed_answers=None, sealed_message=sealed, series=series,
            made_by_id=by.practitioner_id, sequence=0, seq=seq, **booking.kind_of(kind, start, times, free=plan.free),
        )  # fmt: skip
        occupancy.take(session, plan.practitioner_id, ticks, lane, appointment_id=made.id)
        return made

    try:
        return occupancy.attempt(session, plan.practitioner_id, ticks.start, ticks.stop, now, write)
    except Occupied as error:
        raise TakenAt(start) from error


def message_of(appointment: Appointment) -> str:
    """What staff wrote to the patient when they made it."""
    sealed = appointment.sealed_message
    return session_of(appointment).keyring.open(sealed, appointment.place_of("sealed_message")) if sealed else ""

