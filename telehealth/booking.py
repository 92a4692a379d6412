"""Appointments: one row per practitioner and five-minute tick makes a second booking impossible, in any state."""

from __future__ import annotations

import calendar
import json
import secrets
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import schedule
from telehealth.consent import ConsentKind, give
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole
from telehealth.schedule import Busy, Purpose, Slot
from telehealth.ticket import Ticket, TicketKind, TicketState, issue
from telehealth.widget import Widget

HORIZON_DAYS = 180


class AppointmentStatus(StrEnum):
    """Where an appointment stands (X-28). Held and booked occupy their time."""

    HELD = "held"
    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"
    NO_SHOW = "no_show"


class SlotTaken(Exception):
    """Somebody else has that time, or part of it."""


class UnknownSlot(Exception):
    """No availability gives that time, or it lies in the past."""


class UnknownAppointment(Exception):
    """Not there, or not this person's."""


@dataclass(frozen=True)
class AppointmentBooked:
    organization_id: int
    appointment_id: int
    practitioner_id: int
    seq: int


@dataclass(frozen=True)
class AppointmentChanged:
    """Cancelled, moved, done."""

    organization_id: int
    appointment_id: int
    practitioner_id: int
    seq: int


@dataclass(frozen=True)
class Booking:
    """What a person brings to book: the slot, who they are, what they answered and agreed to."""

    client_id: str
    visitor: str
    locale: str
    slot_id: str
    initials: str
    last_name: str
    birth_date: date | None
    email: str
    phone: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    accepted_terms: str | None = None


class Appointment(Owned, Base):
    """A planned visit. `first_tick`/`last_tick` bound the time it occupies, gap included, half open.

    `sequence` counts the versions that calendars have been told; `seq` is its place in the calendar feed.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_appointment_busy", "organization_id", "first_tick", "practitioner_id", "last_tick", "status"),
        Index("ix_appointment_feed", "organization_id", "seq"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("department_id", "department"),
        within_organization("patient_id", "patient"),
        within_organization("ticket_id", "ticket"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    status: Mapped[AppointmentStatus] = mapped_column(one_of(AppointmentStatus), default=AppointmentStatus.BOOKED)
    widget_id: Mapped[int | None] = mapped_column(ForeignKey("widget.id"))
    client_id: Mapped[str | None] = mapped_column(String(40))
    practitioner_id: Mapped[int]
    department_id: Mapped[int]
    patient_id: Mapped[int]
    ticket_id: Mapped[int]
    start: Mapped[datetime]
    end: Mapped[datetime]
    first_tick: Mapped[int]
    last_tick: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20), default="en")
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    sequence: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(Appointment.practitioner_id)"
    )
    department: Mapped[Department] = relationship(primaryjoin="Department.id == foreign(Appointment.department_id)")
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Appointment.patient_id)")
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(Appointment.ticket_id)")

    def cancel(self, now: datetime) -> None:
        """Free its time and tell the patient; cancelling twice is cancelling once."""
        session = session_of(self)
        session.refresh(self, with_for_update=True)
        if self.status is AppointmentStatus.CANCELLED:
            return
        self.status, self.ticket.state = AppointmentStatus.CANCELLED, TicketState.CLOSED
        self.sequence += 1
        session.execute(delete(BookedTick).where(BookedTick.appointment_id == self.id))
        enqueue(session, MailKind.CANCELLATION, self.id, self.patient.email, locale=self.locale, now=now)
        self._changed()

    def finish(self) -> None:
        """The visit took place."""
        self.status = AppointmentStatus.DONE
        self._changed()

    def _changed(self) -> None:
        session = session_of(self)
        self.seq = advance(session, FeedName.CALENDAR)
        session.flush()
        record(session, AppointmentChanged(self.organization_id, self.id, self.practitioner_id, self.seq))

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} UTC"


class BookedTick(Owned, Base):
    """Five minutes of a practitioner that are taken; the primary key is the guard."""

    __tablename__ = "booked_tick"
    __table_args__ = (
        within_organization("practitioner_id", "practitioner"),
        within_organization("appointment_id", "appointment", ondelete="CASCADE"),
        Index("ix_booked_tick_appointment", "appointment_id"),
    )
    practitioner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tick: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    appointment_id: Mapped[int]


OCCUPYING = (AppointmentStatus.HELD, AppointmentStatus.BOOKED, AppointmentStatus.DONE)


def busy(session: Session, first: int, last: int, practitioners: set[int] | None = None) -> Busy:
    """The spans in which practitioners are taken, in ticks: one range query for all of them."""
    query = select(Appointment.practitioner_id, Appointment.first_tick, Appointment.last_tick).where(
        Appointment.first_tick < last, Appointment.first_tick > first - schedule.TICKS_A_DAY,
        Appointment.last_tick > first, Appointment.status.in_(OCCUPYING),
    )  # fmt: skip
    if practitioners is not None and len(practitioners) == 1:
        query = query.where(Appointment.practitioner_id.in_(practitioners))
    spans: Busy = defaultdict(list)
    for practitioner, begin, end in session.execute(query):
        spans[practitioner].append((begin, end))
    return spans


@dataclass(frozen=True)
class Search:
    """Where to look for free time: the widget's people, one of them, or one department's."""

    departments: tuple[int, ...] = ()
    practitioner_id: int | None = None


def month_of(session: Session, search: Search, year: int, month: int, now: datetime) -> dict[date, int]:
    """Free slots by local date of one month; days without any are 0."""
    first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    found, spans, earliest = _look(session, search, first, last, now)
    counts = schedule.free_by_day(found, spans, earliest)
    return {first + timedelta(days=n): counts.get(first + timedelta(days=n), 0) for n in range(last.day)}


def day_of(session: Session, search: Search, day: date, now: datetime) -> list[Slot]:
    """The free slots of one local date, in order of time."""
    return schedule.free_slots(*_look(session, search, day, day, now))


def _look(
    session: Session, search: Search, first: date, last: date, now: datetime
) -> tuple[list[schedule.Window], Busy, int]:
    zone = session.get_one(Organization, session.organization_id).tz
    last = min(last, now.astimezone(zone).date() + timedelta(days=HORIZON_DAYS))
    people = _people(session, search)
    found = schedule.windows(
        schedule.rules(session, first, last, purpose=Purpose.BOOKING, practitioners=people), first, last, zone
    )
    if not found:
        return [], {}, 0
    ends = max(window.end + window.gap for window in found)
    return found, busy(session, min(window.start for window in found), ends, people), schedule.tick_of(now) + 1


def _people(session: Session, search: Search) -> set[int] | None:
    if search.practitioner_id is not None:
        return {search.practitioner_id}
    return schedule.practitioners_of(session, search.departments) if search.departments else None


def nearest(session: Session, search: Search, wanted: datetime, now: datetime, limit: int = 3) -> list[Slot]:
    """The free slots closest to a wanted time, within a week, for somebody whose slot was just taken."""
    zone = session.get_one(Organization, session.organization_id).tz
    day = wanted.astimezone(zone).date()
    slots = schedule.free_slots(*_look(session, search, day, day + timedelta(days=7), now))
    distinct = {slot.tick: slot for slot in reversed(slots)}
    closest = sorted(distinct.values(), key=lambda slot: abs(slot.tick - schedule.tick_of(wanted)))[:limit]
    return sorted(closest, key=lambda slot: slot.tick)


def find_slot(session: Session, slot_id: str, now: datetime) -> Slot:
    """The slot of this id when an availability gives it. Raises UnknownSlot; whether it is free, only `book` knows."""
    try:
        practitioner, availability, tick = (int(part) for part in slot_id.split("-"))
        start = schedule.moment_of(tick)
    except (ValueError, OverflowError, OSError) as error:
        raise UnknownSlot(slot_id) from error
    zone = session.get_one(Organization, session.organization_id).tz
    day = start.astimezone(zone).date()
    for rule in schedule.rules(session, day, day, purpose=Purpose.BOOKING, practitioners=[practitioner]):
        if rule.id == availability and start > now:
            for window in schedule.windows([rule], day, day, zone):
                if tick in range(window.start, window.start + window.count * window.step, window.step):
                    return Slot(practitioner, availability, tick, window.length, window.gap)
    raise UnknownSlot(slot_id)


def book(session: Session, widget: Widget, booking: Booking, now: datetime) -> Appointment:
    """Make an appointment and put its mail in the outbox; a repeated client id gets the first appointment.

    Everything before it in the transaction stays when it fails.
    Raises UnknownSlot, SlotTaken; UnknownAppointment when the client id is somebody else's.
    """
    mine = (Appointment.widget_id == widget.id) & (Appointment.client_id == booking.client_id)
    if (earlier := session.scalar(select(Appointment).where(mine))) is not None:
        return _same_visitor(earlier, booking.visitor)
    slot = find_slot(session, booking.slot_id, now)
    department_id = department_for(session, slot.practitioner_id, [d.id for d in widget.departments])
    try:
        with session.begin_nested():
            appointment = _occupy(session, widget, booking, slot, department_id, now)
    except IntegrityError as error:
        if (earlier := session.scalar(select(Appointment).where(mine))) is not None:
            return _same_visitor(earlier, booking.visitor)
        raise SlotTaken from error
    if booking.accepted_terms:
        give(session, ConsentKind.TERMS, appointment.ticket_id, booking.accepted_terms, locale=booking.locale, now=now)
    enqueue(session, MailKind.CONFIRMATION, appointment.id, booking.email, locale=booking.locale, now=now)
    appointment.seq = advance(session, FeedName.CALENDAR)
    session.flush()
    fact = AppointmentBooked(session.organization_id, appointment.id, appointment.practitioner_id, appointment.seq)
    record(session, fact)
    return appointment


def _same_visitor(appointment: Appointment, visitor: str) -> Appointment:
    if appointment.ticket.visitor != visitor:
        raise UnknownAppointment
    return appointment


def department_for(session: Session, practitioner_id: int, allowed: list[int]) -> int:
    """The department in which the practitioner sees this patient. Raises UnknownSlot when there is none allowed."""
    query = select(PractitionerRole.department_id).where(
        PractitionerRole.practitioner_id == practitioner_id, PractitionerRole.department_id.is_not(None)
    )
    if allowed:
        query = query.where(PractitionerRole.department_id.in_(allowed))
    found = session.scalar(query.order_by(PractitionerRole.id).limit(1))
    if found is None:
        raise UnknownSlot
    return found


def _occupy(
    session: Session, widget: Widget, booking: Booking, slot: Slot, department_id: int, now: datetime
) -> Appointment:
    patient = Patient(
        initials=booking.initials, last_name=booking.last_name, birth_date=booking.birth_date, email=booking.email,
        phone=booking.phone, locale=booking.locale, created_at=now,
    )  # fmt: skip
    ticket = _ticket(session, booking.visitor, slot, now)
    session.add(patient)
    session.flush()
    appointment = Appointment(
        widget_id=widget.id, client_id=booking.client_id, practitioner_id=slot.practitioner_id,
        department_id=department_id, patient_id=patient.id, ticket_id=ticket.id, start=slot.start, end=slot.end,
        first_tick=slot.tick, last_tick=slot.tick + slot.length + slot.gap, locale=booking.locale, created_at=now,
        uid=secrets.token_urlsafe(16),
    )  # fmt: skip
    appointment.sealed_answers = _seal(session, appointment.uid, booking.answers)
    session.add(appointment)
    session.flush()
    take(session, appointment)
    return appointment


def _ticket(session: Session, visitor: str, slot: Slot, now: datetime) -> Ticket:
    settings = session.get_one(Organization, session.organization_id)
    opens = slot.start - timedelta(minutes=settings.link_opens_minutes)
    closes = slot.end + timedelta(minutes=settings.link_closes_minutes)
    return issue(session, TicketKind.APPOINTMENT, visitor, now=now, opens_at=opens, closes_at=closes)


def _seal(session: Session, uid: str, answers: dict[str, str]) -> bytes | None:
    place = f"{session.organization_id}|appointment|{uid}|answers"
    return session.keyring.seal(json.dumps(answers), place) if answers else None


_TAKE = insert(BookedTick.__table__)  # type: ignore[arg-type]


def take(session: Session, appointment: Appointment) -> None:
    """Occupy the appointment's ticks. Raises IntegrityError when one of them is somebody else's."""
    ticks = range(appointment.first_tick, appointment.last_tick)
    row = {
        "organization_id": session.organization_id,
        "practitioner_id": appointment.practitioner_id,
        "appointment_id": appointment.id,
    }
    session.execute(_TAKE, [row | {"tick": tick} for tick in ticks])


def appointment_of(session: Session, ticket: Ticket) -> Appointment:
    """The appointment this link belongs to. Raises UnknownAppointment."""
    found = session.scalar(select(Appointment).where(Appointment.ticket_id == ticket.id))
    if found is None:
        raise UnknownAppointment
    return found
