"""The waiting room: patients arrive, wait, are admitted, put on hold and leave; nothing of it is ever lost."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Protocol

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import conversation, schedule
from telehealth.channel import NotAllowed
from telehealth.consent import ConsentKind, give
from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff
from telehealth.schedule import Purpose, Window, moment_of
from telehealth.ticket import Ticket, TicketKind, TicketState, issue
from telehealth.widget import Widget


class EncounterStatus(StrEnum):
    """Where a visit stands."""

    WAITING = "waiting"
    ON_HOLD = "on_hold"
    ADMITTED = "admitted"
    ENDED = "ended"


class EncounterKind(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"


class EndReason(StrEnum):
    COMPLETED = "completed"
    LEFT = "left"
    REMOVED = "removed"
    LOST = "lost"


class Punctuality(StrEnum):
    """The corner of the list: colour and word (S002-92, S002-117)."""

    WALK_IN = "walk_in"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


class DeviceCheck(StrEnum):
    """What a patient's own check of a device came to; nothing while it was not checked (X-41)."""

    WORKS = "works"
    FAILS = "fails"


class NobodyAvailable(Exception):
    """Nobody takes walk-ins there at this moment."""


class QueueFull(Exception):
    """The widget's queue limit is reached."""


class TermsNotAccepted(Exception):
    """Without accepting the terms there is no entry (S002-55)."""


class AlreadyAdmitted(Exception):
    """`by` was faster."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


class EncounterEnded(Exception):
    """The visit is over."""


class UnknownEncounter(Exception):
    """Not there, or not this person's."""


@dataclass(frozen=True)
class PatientArrived:
    """Somebody stands in the waiting room: ring."""

    organization_id: int
    encounter_id: int
    department_id: int
    seq: int


@dataclass(frozen=True)
class EncounterChanged:
    """A visit's state changed; `department_before` names the department it left."""

    organization_id: int
    encounter_id: int
    department_id: int
    seq: int
    department_before: int | None = None


@dataclass(frozen=True)
class PatientAdmitted:
    organization_id: int
    encounter_id: int
    practitioner_id: int
    seq: int


@dataclass(frozen=True)
class Arrival:
    """What a person brings: who they are, whom they want to see, what they answered and agreed to."""

    client_id: str
    visitor: str
    locale: str
    department_id: int
    practitioner_id: int | None
    initials: str
    last_name: str
    birth_date: date | None = None
    email: str = ""
    phone: str = ""
    reason: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    accepted_terms: str | None = None


class Encounter(Owned, Base):
    """One visit, from the door to the end screen. `seq` is its place in the waiting room's feed.

    `practitioner_id` is whom the patient wants to see, nobody in particular when empty; `admitted_by_id` who did.
    """

    __tablename__ = "encounter"
    __sealed__ = ("sealed_reason", "sealed_answers")
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_encounter_feed", "organization_id", "seq"),
        Index("ix_encounter_queue", "organization_id", "status", "department_id"),
        within_organization("widget_id", "widget"),
        within_organization("department_id", "department"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("admitted_by_id", "practitioner"),
        within_organization("patient_id", "patient"),
        within_organization("ticket_id", "ticket"),
        within_organization("conversation_id", "conversation"),
        within_organization("appointment_id", "appointment"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    kind: Mapped[EncounterKind] = mapped_column(one_of(EncounterKind), default=EncounterKind.WALK_IN)
    status: Mapped[EncounterStatus] = mapped_column(one_of(EncounterStatus), default=EncounterStatus.WAITING)
    end_reason: Mapped[EndReason | None] = mapped_column(one_of(EndReason))
    widget_id: Mapped[int | None]
    client_id: Mapped[str | None] = mapped_column(String(40))
    department_id: Mapped[int]
    practitioner_id: Mapped[int | None]
    admitted_by_id: Mapped[int | None]
    patient_id: Mapped[int]
    ticket_id: Mapped[int]
    conversation_id: Mapped[int]
    appointment_id: Mapped[int | None]
    locale: Mapped[str] = mapped_column(String(20), default="en")
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    planned_start: Mapped[datetime | None]
    arrived_at: Mapped[datetime]
    admitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    connected: Mapped[bool] = mapped_column(default=True)
    camera_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    microphone_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    speaker_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    seq: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department] = relationship(primaryjoin="Department.id == foreign(Encounter.department_id)")
    practitioner: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.practitioner_id)"
    )
    admitted_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.admitted_by_id)"
    )
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Encounter.patient_id)")
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(Encounter.ticket_id)")
    conversation: Mapped[Conversation] = relationship(
        primaryjoin="Conversation.id == foreign(Encounter.conversation_id)"
    )

    @property
    def reason(self) -> str:
        """What it is about, in the patient's words."""
        return self._open("reason", self.sealed_reason)

    @property
    def answers(self) -> dict[str, str]:
        """Answers to the widget's own fields, by field key."""
        return dict(json.loads(self._open("answers", self.sealed_answers) or "{}"))

    def _open(self, name: str, sealed: bytes | None) -> str:
        return session_of(self).keyring.open(sealed, self.place_of(f"sealed_{name}")) if sealed else ""

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|encounter|{self.uid}|{column.removeprefix('sealed_')}"

    def write_down(self, reason: str, answers: dict[str, str]) -> None:
        """Seal what the patient told."""
        keyring = session_of(self).keyring
        self.sealed_reason = keyring.seal(reason, self.place_of("sealed_reason")) if reason else None
        self.sealed_answers = keyring.seal(json.dumps(answers), self.place_of("sealed_answers")) if answers else None

    def check_devices(
        self, camera: DeviceCheck | None, microphone: DeviceCheck | None, speaker: DeviceCheck | None
    ) -> None:
        """What the patient found out before coming in; staff see it."""
        found = (camera, microphone, speaker)
        if found != (self.camera_check, self.microphone_check, self.speaker_check):
            self.camera_check, self.microphone_check, self.speaker_check = found
            self._changed()

    def admit(self, by: Staff, now: datetime) -> None:
        """Call the patient in (S002-118). Raises AlreadyAdmitted, EncounterEnded, NotAllowed."""
        self._lock(by)
        if self.status is EncounterStatus.ADMITTED and self.admitted_by is not None:
            if self.admitted_by_id == by.practitioner_id:
                return
            raise AlreadyAdmitted(self.admitted_by.name)
        self.status, self.admitted_by_id, self.admitted_at = EncounterStatus.ADMITTED, by.practitioner_id, now
        self._changed()
        record(self, PatientAdmitted(self.organization_id, self.id, by.practitioner_id, self.seq))

    def hold(self, by: Staff) -> None:
        """Keep the patient waiting where nobody else calls in. Raises EncounterEnded, NotAllowed."""
        self._lock(by)
        self.status = EncounterStatus.ON_HOLD
        self._changed()

    def send_back(self, by: Staff) -> None:
        """Back to the waiting room, with the original waiting time. Raises EncounterEnded, NotAllowed."""
        self._lock(by)
        self.status, self.admitted_by_id, self.admitted_at = EncounterStatus.WAITING, None, None
        self._changed()

    def end(self, by: Staff, now: datetime, reason: EndReason = EndReason.COMPLETED) -> None:
        """End the visit for both sides (S002-136). Raises EncounterEnded, NotAllowed."""
        self._lock(by)
        self._close(now, reason)

    def leave(self, now: datetime) -> None:
        """The patient goes. Leaving twice is leaving once."""
        if self.status is not EncounterStatus.ENDED:
            self._close(now, EndReason.LEFT)

    def give_up(self, now: datetime) -> None:
        """The connection did not come back within the grace period."""
        if self.status is not EncounterStatus.ENDED:
            self._close(now, EndReason.LOST)

    def connection(self, *, connected: bool, now: datetime) -> None:
        """Whether the patient's page is there right now; the place is kept either way."""
        self.seen_at = now
        if self.connected != connected and self.status is not EncounterStatus.ENDED:
            self.connected = connected
            self._changed()

    def punctuality(self) -> Punctuality:
        if self.planned_start is None:
            return Punctuality.WALK_IN
        return Punctuality.LATE if self.arrived_at > self.planned_start else Punctuality.ON_TIME

    def _close(self, now: datetime, reason: EndReason) -> None:
        self.status, self.end_reason, self.ended_at = EncounterStatus.ENDED, reason, now
        if self.kind is EncounterKind.WALK_IN:
            self.ticket.state = TicketState.CLOSED
        if self.conversation.closed_at is None:
            self.conversation.finish(now)
        self._changed()

    def _lock(self, by: Staff) -> None:
        if not by.may(Permission.ADMIT):
            raise NotAllowed
        session_of(self).refresh(self, with_for_update=True)
        if self.status is EncounterStatus.ENDED:
            raise EncounterEnded

    def _changed(self) -> None:
        session = session_of(self)
        self.seq = advance(session, FeedName.WAITING_ROOM)
        session.flush()
        record(session, EncounterChanged(self.organization_id, self.id, self.department_id, self.seq))


def arrive(session: Session, widget: Widget, arrival: Arrival, now: datetime) -> Encounter:
    """Let somebody in by a widget; a repeated client id gets the first visit (S002-91).

    Raises TermsNotAccepted, NobodyAvailable, QueueFull; UnknownEncounter when the client id is somebody else's.
    """
    mine = (Encounter.widget_id == widget.id) & (Encounter.client_id == arrival.client_id)
    if (earlier := session.scalar(select(Encounter).where(mine))) is not None:
        return _same_visitor(earlier, arrival.visitor)
    _require_entry(session, widget, arrival, now)
    try:
        with session.begin_nested():
            visit = _enter(session, arrival, EncounterKind.WALK_IN, _patient(session, arrival, now), now)
            visit.widget_id, visit.client_id = widget.id, arrival.client_id
            session.flush()
    except IntegrityError:  # the same request came twice at once
        return _same_visitor(session.scalars(select(Encounter).where(mine)).one(), arrival.visitor)
    if arrival.accepted_terms:
        give(session, ConsentKind.TERMS, visit.ticket_id, arrival.accepted_terms, locale=arrival.locale, now=now)
    _announce(visit)
    return visit


def _same_visitor(visit: Encounter, visitor: str) -> Encounter:
    if visit.ticket.visitor != visitor:
        raise UnknownEncounter
    return visit


def _require_entry(session: Session, widget: Widget, arrival: Arrival, now: datetime) -> None:
    if widget.terms and not arrival.accepted_terms:
        raise TermsNotAccepted
    offered = next((o for o in on_offer(session, widget, now) if o.department.id == arrival.department_id), None)
    if offered is None or not offered.open_for(arrival.practitioner_id):
        raise NobodyAvailable
    if _waiting_by(session, widget) >= widget.queue_limit:
        raise QueueFull


def _waiting_by(session: Session, widget: Widget) -> int:
    waiting = (Encounter.widget_id == widget.id) & Encounter.status.in_(IN_LINE)
    return session.scalar(select(func.count()).select_from(Encounter).where(waiting)) or 0


IN_LINE = (EncounterStatus.WAITING, EncounterStatus.ON_HOLD)


def _patient(session: Session, arrival: Arrival, now: datetime) -> Patient:
    patient = Patient(
        initials=arrival.initials, last_name=arrival.last_name, birth_date=arrival.birth_date, email=arrival.email,
        phone=arrival.phone, locale=arrival.locale, created_at=now,
    )  # fmt: skip
    session.add(patient)
    session.flush()
    return patient


def _enter(session: Session, arrival: Arrival, kind: EncounterKind, patient: Patient, now: datetime) -> Encounter:
    ticket = issue(session, TicketKind.WALK_IN, arrival.visitor, now=now)
    visit = _visit(session, ticket, patient, kind, arrival.locale, now)
    visit.department_id, visit.practitioner_id = arrival.department_id, arrival.practitioner_id
    session.add(visit)
    session.flush()
    visit.write_down(arrival.reason, arrival.answers)
    return visit


def _visit(
    session: Session, ticket: Ticket, patient: Patient, kind: EncounterKind, locale: str, now: datetime
) -> Encounter:
    thread = conversation.start(
        session, None, client_id=f"visit-{secrets.token_urlsafe(16)}", widget_id=None, visitor=ticket.visitor, subject=patient.name,
        locale=locale, now=now,
    )  # fmt: skip
    return Encounter(
        kind=kind, ticket_id=ticket.id, patient_id=patient.id, conversation_id=thread.id, locale=locale,
        arrived_at=now, seen_at=now,
    )  # fmt: skip


class AppointmentLike(Protocol):
    """What the waiting room needs of an appointment."""

    id: int
    start: datetime
    department_id: int
    practitioner_id: int
    locale: str
    patient: Patient


def check_in(session: Session, ticket: Ticket, appointment: AppointmentLike, now: datetime) -> Encounter:
    """Enter by an appointment's link, once; coming again finds the same visit. Raises TooEarly, TooLate."""
    session.refresh(ticket, with_for_update=True)  # two taps at once queue here
    mine = Encounter.appointment_id == appointment.id
    if (earlier := session.scalar(select(Encounter).where(mine, Encounter.status != EncounterStatus.ENDED))) is not None:
        return earlier
    ticket.require_window(now)
    visit = _visit(session, ticket, appointment.patient, EncounterKind.APPOINTMENT, appointment.locale, now)
    visit.department_id, visit.practitioner_id = appointment.department_id, appointment.practitioner_id
    visit.appointment_id, visit.planned_start = appointment.id, appointment.start
    session.add(visit)
    session.flush()
    _announce(visit)
    return visit


def _announce(visit: Encounter) -> None:
    visit._changed()
    record(visit, PatientArrived(visit.organization_id, visit.id, visit.department_id, visit.seq))


@dataclass(frozen=True)
class Offer:
    """A department and who takes walk-ins there now; `opens_at` is when its next planned walk-in hour begins."""

    department: Department
    practitioners: Sequence[Practitioner]
    opens_at: datetime | None = None

    def open_for(self, practitioner_id: int | None) -> bool:
        if practitioner_id is None:
            return bool(self.practitioners)
        return any(person.id == practitioner_id for person in self.practitioners)


def on_offer(session: Session, widget: Widget, now: datetime) -> list[Offer]:
    """The widget's departments, each with the people who take walk-ins there now (S002-85).

    Those are who have switched it on, and whose planned walk-in hour it is (S002-86, S002-98).
    """
    departments = widget.departments or list(
        session.scalars(select(Department).where(Department.active).order_by(Department.position, Department.name))
    )
    ids = [department.id for department in departments]
    hours = _planned_hours(session, ids, now)
    people, opens = _takers(session, ids, hours, now), _openings(hours, now)
    return [Offer(d, people.get(d.id, []), opens.get(d.id)) for d in departments if d.active]


LOOK_AHEAD = timedelta(days=7)


def _planned_hours(session: Session, departments: Sequence[int], now: datetime) -> list[Window]:
    """The walk-in hours of the coming week."""
    if not departments:
        return []
    zone = session.get_one(Organization, session.organization_id).tz
    first = now.astimezone(zone).date()
    last = first + LOOK_AHEAD
    found = schedule.rules(session, first, last, purpose=Purpose.WALK_IN, departments=departments)
    return schedule.windows(found, first, last, zone)


def _openings(hours: Sequence[Window], now: datetime) -> dict[int | None, datetime]:
    later = sorted((hour for hour in hours if moment_of(hour.start) > now), key=lambda hour: hour.start, reverse=True)
    return {hour.department_id: moment_of(hour.start) for hour in later}


def _takers(
    session: Session, departments: Sequence[int], hours: Sequence[Window], now: datetime
) -> dict[int, list[Practitioner]]:
    planned = {
        (hour.department_id, hour.practitioner_id)
        for hour in hours
        if moment_of(hour.start) <= now < moment_of(hour.end)
    }
    takes = Practitioner.takes_walk_ins | Practitioner.id.in_({person for _, person in planned})
    rows = session.execute(
        select(PractitionerRole.department_id, Practitioner)
        .join(Practitioner, Practitioner.id == PractitionerRole.practitioner_id)
        .where(PractitionerRole.department_id.in_(departments), Practitioner.active, takes)
        .order_by(Practitioner.name)
        .distinct()
    )
    found: dict[int, list[Practitioner]] = {}
    for department, person in rows:
        here = person.takes_walk_ins or (department, person.id) in planned
        if department is not None and here and person not in found.setdefault(department, []):
            found[department].append(person)
    return found


def visit_of(session: Session, ticket: Ticket) -> Encounter:
    """The latest visit made with this ticket. Raises UnknownEncounter."""
    latest = select(Encounter).where(Encounter.ticket_id == ticket.id).order_by(Encounter.id.desc()).limit(1)
    found = session.scalar(latest)
    if found is None:
        raise UnknownEncounter
    return found


@dataclass(frozen=True)
class Place:
    """How many are before, and what the last visits suggest: minutes, None when there is nothing to go by."""

    number: int
    expected_minutes: int | None
    at_most_minutes: int | None


def place_of(session: Session, visit: Encounter) -> Place:
    """The place in the queue, 1 is next (X-35). Those for somebody else in particular do not count."""
    same_person = or_(
        Encounter.practitioner_id == visit.practitioner_id, Encounter.practitioner_id.is_(None)
    ) if visit.practitioner_id else Encounter.department_id == visit.department_id  # fmt: skip
    before = select(func.count()).select_from(Encounter).where(
        Encounter.department_id == visit.department_id, Encounter.status == EncounterStatus.WAITING, same_person,
        (Encounter.arrived_at < visit.arrived_at)
        | ((Encounter.arrived_at == visit.arrived_at) & (Encounter.id < visit.id)),
    )  # fmt: skip
    return _place(1 + (session.scalar(before) or 0), _recent_lengths(session, visit.department_id))


def _place(number: int, lengths: list[float]) -> Place:
    if len(lengths) < FEWEST_LENGTHS:
        return Place(number, None, None)
    return Place(number, max(1, round(number * median(lengths))), max(1, round(number * max(lengths))))


FEWEST_LENGTHS = 3  # visits that must have ended before anything is foretold


def places(session: Session, department_id: int) -> dict[int, Place]:
    """Everybody who waits in a department, each as `place_of` gives it, in two queries."""
    here = (Encounter.department_id == department_id) & (Encounter.status == EncounterStatus.WAITING)
    queue = select(Encounter.id, Encounter.practitioner_id).where(here).order_by(Encounter.arrived_at, Encounter.id)
    lengths = _recent_lengths(session, department_id)
    crowd, found = Crowd(Counter(), frozenset(), lengths), {}
    for visit_id, wanted in session.execute(queue):
        found[visit_id] = _place(1 + crowd.before(wanted), lengths)
        crowd.wanted[wanted] += 1
    return found


@dataclass(frozen=True)
class Crowd:
    """How full a department is: whom people wait for (None: whoever is free), who is with a patient, how long it took."""

    wanted: Counter[int | None]
    busy: frozenset[int]
    lengths: list[float]

    def before(self, practitioner_id: int | None) -> int:
        """How many come before somebody who arrives now. Those for somebody else in particular do not count."""
        if practitioner_id is None:
            return self.wanted.total()
        return self.wanted[practitioner_id] + self.wanted[None]

    def minutes(self, place: int) -> int | None:
        return _place(place, self.lengths).expected_minutes


def crowds(session: Session, departments: Sequence[int]) -> dict[int, Crowd]:
    """Each department's crowd."""
    rows = session.execute(
        select(Encounter.department_id, Encounter.practitioner_id, Encounter.admitted_by_id, Encounter.status).where(
            Encounter.department_id.in_(departments),
            Encounter.status.in_((EncounterStatus.WAITING, EncounterStatus.ADMITTED)),
        )
    ).all()
    busy = frozenset(row.admitted_by_id for row in rows if row.status is EncounterStatus.ADMITTED)
    return {
        department: Crowd(
            Counter(r.practitioner_id for r in rows if r.department_id == department and r.status is EncounterStatus.WAITING),
            busy,
            _recent_lengths(session, department),
        )
        for department in departments
    }


def _recent_lengths(session: Session, department_id: int) -> list[float]:
    """Minutes that the department's last visits took."""
    rows = session.execute(
        select(Encounter.admitted_at, Encounter.ended_at)
        .where(
            Encounter.department_id == department_id, Encounter.end_reason == EndReason.COMPLETED,
            Encounter.admitted_at.is_not(None),
        )
        .order_by(Encounter.id.desc())
        .limit(10)
    )  # fmt: skip
    return [(ended - admitted) / timedelta(minutes=1) for admitted, ended in rows if ended and admitted]


SILENCE = timedelta(minutes=3)  # a page that is there says so every minute


def sweep(session: Session, grace: timedelta, now: datetime) -> int:
    """Take leave of those whose connection did not come back within the grace period; gives how many.

    A server that was killed could not note who was lost: there, silence counts.
    """
    lost = Encounter.connected.is_(False) & (Encounter.seen_at < now - grace)
    silent = Encounter.seen_at < now - grace - SILENCE
    gone = session.scalars(select(Encounter).where(Encounter.status.in_(IN_LINE), lost | silent)).all()
    for visit in gone:
        visit.give_up(now)
    return len(gone)
