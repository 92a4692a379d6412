"""Appointments: free times, and booking one of them so that nobody else can."""

from __future__ import annotations

import calendar
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Index,
    LargeBinary,
    Numeric,
    String,
    UniqueConstraint,
    bindparam,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from telehealth import absence, occupancy, organization, participant, payment, questionnaire, questionnaire_response, schedule, ticket
from telehealth.absence import Absence
from telehealth.closed_day import closed_dates
from telehealth.consent import ConsentKind, give
from telehealth.database import Base, Owned, Session, insert_row, one_of, session_of, within_organization, write_row
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.job import plan
from telehealth.occupancy import Hold, Occupied
from telehealth.organization import PayOnline
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.patient import Patient
from telehealth.payment import Payment, PaymentState
from telehealth.practitioner import Practitioner, PractitionerRole
from telehealth.questionnaire_response import Occasion, QuestionnaireResponse
from telehealth.schedule import Availability, Busy, Purpose, Slot
from telehealth.ticket import Ticket, TicketKind, TicketState
from telehealth.visit_type import Mode, VisitType
from telehealth.widget import Widget, offered_departments


class AppointmentStatus(StrEnum):
    """Where an appointment stands (X-28)."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    DONE = "done"
    NO_SHOW = "no_show"


SECOND_THOUGHT = timedelta(minutes=15)  # what was noted by mistake can be taken back until then
WORTH_TELLING = timedelta(days=2)


CHANGED = "appointment_changed"  # kind of the jobs that tell staff


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
class TimesChanged:
    """A time is held, or free again."""

    organization_id: int


@dataclass(frozen=True)
class Booking:
    """What a person brings to book: the slot, who they are, what they answered and agreed to.

    `departments` narrows the widget's own to those the person chose among; `held` says that a time is kept for the visitor.
    """

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
    departments: tuple[int, ...] = ()
    held: bool = False


def new_uid() -> str:
    return secrets.token_urlsafe(16)


class Appointment(Owned, Base):
    """A planned visit. `first_tick`/`last_tick` bound the time it occupies, gap included, half open.

    `sequence` counts the versions that calendars have been told; `seq` is its place in the calendar feed. Appointments that
    staff made together share `series`; `made_by_id` is who made them, and their message to the patient is sealed. `mode` and
    `price`, in `currency`, are those of the visit type when it was booked. `payment_state` is that of its payment, None where
    nothing is paid online.
    `checked_in_at` is when staff saw the patient arrive; `noted_by_id` and `noted_at` tell of the last note by hand;
    without a time it is who took a no-show back.
    """

    __tablename__ = "appointment"
    __sealed__ = ("sealed_answers", "sealed_message")
    __tracked__ = ("status", "start", "end", "practitioner_id", "department_id", "checked_in_at", "payment_state")
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        UniqueConstraint("made_by_id", "client_id"),
        Index("ix_appointment_busy", "organization_id", "first_tick", "practitioner_id", "last_tick", "status"),
        Index("ix_appointment_feed", "organization_id", "seq"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("widget_id", "widget"),
        within_organization("department_id", "department"),
        within_organization("patient_id", "patient"),
        within_organization("ticket_id", "ticket"),
        within_organization("made_by_id", "practitioner"),
        within_organization("visit_type_id", "visit_type"),
        within_organization("noted_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=new_uid)
    status: Mapped[AppointmentStatus] = mapped_column(one_of(AppointmentStatus), default=AppointmentStatus.BOOKED)
    widget_id: Mapped[int | None]
    client_id: Mapped[str | None] = mapped_column(String(40))
    practitioner_id: Mapped[int]
    department_id: Mapped[int]
    patient_id: Mapped[int]
    ticket_id: Mapped[int]
    start: Mapped[datetime]
    end: Mapped[datetime]
    first_tick: Mapped[int]
    last_tick: Mapped[int]
    lane: Mapped[int] = mapped_column(default=0)
    visit_type_id: Mapped[int | None]
    mode: Mapped[Mode] = mapped_column(one_of(Mode), default=Mode.VIDEO)
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    payment_state: Mapped[PaymentState | None] = mapped_column(one_of(PaymentState))
    locale: Mapped[str] = mapped_column(String(20), default="en")
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_message: Mapped[bytes | None] = mapped_column(LargeBinary)
    series: Mapped[str] = mapped_column(String(32), default="")
    made_by_id: Mapped[int | None]
    sequence: Mapped[int] = mapped_column(default=0)
    seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    noted_by_id: Mapped[int | None]
    noted_at: Mapped[datetime | None]
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(Appointment.practitioner_id)"
    )
    department: Mapped[Department] = relationship(primaryjoin="Department.id == foreign(Appointment.department_id)")
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Appointment.patient_id)")
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(Appointment.ticket_id)")
    visit_type: Mapped[VisitType | None] = relationship(primaryjoin="VisitType.id == foreign(Appointment.visit_type_id)")
    responses: Mapped[list[QuestionnaireResponse]] = relationship(
        primaryjoin="Appointment.id == foreign(QuestionnaireResponse.appointment_id)", viewonly=True,
        order_by="QuestionnaireResponse.id",
    )  # fmt: skip
    payment: Mapped[Payment | None] = relationship(
        primaryjoin="Appointment.id == foreign(Payment.appointment_id)", viewonly=True, uselist=False
    )

    @property
    def is_unpaid(self) -> bool:
        return self.payment_state in payment.OPEN

    @property
    def is_held(self) -> bool:
        """Whether its time is only kept until it is paid."""
        return self.is_unpaid and self.payment is not None and self.payment.is_held

    def place_of(self, column: str) -> str:
        return place_of(self.organization_id, self.uid, column)

    def cancel(self, now: datetime, *, by_patient: bool = False) -> None:
        """Free its time and tell the patient; cancelling twice is cancelling once. What was paid in time goes back."""
        session = session_of(self)
        session.refresh(self, with_for_update={"of": Appointment})
        if self.status is AppointmentStatus.CANCELLED:
            return
        if self.payment_state is not None:
            self.payment_state = payment.on_cancelling(session, self.id, self.start, now, by_patient=by_patient)
        self._free(session)
        enqueue(session, MailKind.CANCELLATION, self.id, self.patient.email, locale=self.locale, now=now)
        participant.cancelled(session, self, now)
        self.plan_news(self.practitioner_id, self.start, now)
        self.tell()

    def release(self) -> None:
        """Give back a time that was kept until it is paid; its patient was promised nothing yet."""
        self.payment_state = PaymentState.RELEASED
        self._free(session_of(self))
        self.tell()

    def _free(self, session: Session) -> None:
        self.seq = advance(session, FeedName.CALENDAR)
        self.status, self.ticket.state = AppointmentStatus.CANCELLED, TicketState.CLOSED
        self.sequence += 1
        occupancy.free(session, self.id)

    def plan_news(self, practitioner_id: int, start: datetime, now: datetime) -> None:
        """Have staff told of this version of it, and whose it was and when before; whoever acts knows."""
        session = session_of(self)
        was = {"practitioner": practitioner_id, "start": start.isoformat()}
        payload = {"appointment": self.id, "sequence": self.sequence, "by": session.actor or "", "was": was}
        plan(session, CHANGED, self.organization_id, due=now, payload=payload, once=f"{self.id}:{self.sequence}")

    def finish(self) -> None:
        """The visit took place."""
        session_of(self).refresh(self, with_for_update={"of": Appointment})  # before the feed, as when cancelling
        self.seq = advance(session_of(self), FeedName.CALENDAR)
        self.status = AppointmentStatus.DONE
        self.tell()

    def miss(self, now: datetime) -> None:
        """The patient did not come."""
        self.seq = advance(session_of(self), FeedName.CALENDAR)
        self.status = AppointmentStatus.NO_SHOW
        self.write_to_missing(now)
        self.tell()

    def write_to_missing(self, now: datetime) -> None:
        """A mail with the way to another time, once, and late enough for a mistake to be taken back."""
        if now - self.end > WORTH_TELLING:
            return
        key = key_of("no_show", self.uid, self.start.isoformat())
        enqueue(
            session_of(self), MailKind.NO_SHOW, self.id, self.patient.email, locale=self.locale, now=now, key=key, due=now + SECOND_THOUGHT
        )

    def questionnaires_changed(self) -> None:
        """One was asked or filled in; staff see it."""
        session_of(self).refresh(self, with_for_update={"of": Appointment})  # before the feed, as when cancelling
        self.seq = advance(session_of(self), FeedName.CALENDAR)
        self.tell()

    def files_changed(self) -> None:
        """One was put there or taken away; staff see it."""
        self.questionnaires_changed()

    def tell(self) -> None:
        """Say after the commit that it has changed."""
        session = session_of(self)
        session.flush()
        record(session, AppointmentChanged(self.organization_id, self.id, self.practitioner_id, self.seq))

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M} UTC"


OCCUPYING = (AppointmentStatus.BOOKED, AppointmentStatus.DONE)


# Read for every month that is shown, thousands of rows: prepared once and without the ORM, a third of its cost.
_taken, _away, _held = Appointment.__table__.c, Absence.__table__.c, Hold.__table__.c
_TAKEN = select(_taken.practitioner_id, _taken.first_tick, _taken.last_tick, _taken.lane).where(
    _taken.organization_id == bindparam("organization"), _taken.first_tick < bindparam("last"),
    _taken.first_tick > bindparam("first") - schedule.TICKS_A_DAY, _taken.last_tick > bindparam("first"),
    _taken.status.in_(OCCUPYING),
)  # fmt: skip
EVERY_LANE = -1
_AWAY = absence.WITHIN.add_columns(literal(EVERY_LANE))
_HELD = select(_held.practitioner_id, _held.first_tick, _held.last_tick, _held.lane).where(
    _held.organization_id == bindparam("organization"), _held.first_tick < bindparam("last"),
    _held.last_tick > bindparam("first"), _held.expires_at > bindparam("now"), _held.visitor != bindparam("visitor"),
)  # fmt: skip
_WHOSE: Any = bindparam("practitioner")
_BUSY = union_all(_TAKEN, _AWAY, _HELD).order_by("first_tick")
_BUSY_ONE = union_all(
    _TAKEN.where(_taken.practitioner_id == _WHOSE), _AWAY.where(_away.practitioner_id == _WHOSE),
    _HELD.where(_held.practitioner_id == _WHOSE),
).order_by("first_tick")  # fmt: skip


def busy(
    session: Session, first: int, last: int, now: datetime, practitioner_id: int | None = None, visitor: str = "",
    capacities: Mapping[int, int] = schedule.ALONE,
) -> Busy:  # fmt: skip
    """The spans in which practitioners are taken or away, in ticks: one question for one of them or for all.

    What is held for `visitor` counts as free. Of those with a capacity every lane is told apart too.
    """
    session.flush()
    within = {
        "organization": session.organization_id, "first": first, "last": last, "practitioner": practitioner_id, "now": now,
        "visitor": visitor,
    }  # fmt: skip
    rows = session.connection().execute(_BUSY_ONE if practitioner_id else _BUSY, within).all()
    spans: dict[int | schedule.Lane, schedule.Spans] = defaultdict(list)
    for practitioner, begin, end, _lane in rows:
        spans[practitioner].append((begin, end))
    for practitioner in {row[0] for row in rows if row[3]}:  # absences, and patients at the same time, may lie over others
        spans[practitioner] = schedule.merged(spans[practitioner])
    for practitioner, capacity in capacities.items():
        mine = [row for row in rows if row[0] == practitioner]
        for lane in range(capacity):
            there = (row for row in mine if row[3] in (lane, EVERY_LANE))
            spans[practitioner, lane] = schedule.merged((begin, end) for _, begin, end, _ in there)
    return spans


UNTYPED = 0  # no visit type


@dataclass(frozen=True)
class Search:
    """Where to look for free time: these departments (none named: all), one of their people or anybody.

    `visit_type_id` tells what for: none named is the first that the clinic offers, UNTYPED is as long as an availability
    says. `by_staff` looks from now on, without the clinic's lead time. What is held for `visitor` is free.
    """

    departments: tuple[int, ...] = ()
    practitioner_id: int | None = None
    visit_type_id: int | None = None
    by_staff: bool = False
    visitor: str = ""


def bookable(session: Session, departments: Sequence[int], today: date) -> list[tuple[int, Practitioner]]:
    """Who can be booked, under each department they work in, by name."""
    planned = select(Availability.practitioner_id).where(
        Availability.serves(Purpose.BOOKING),
        Availability.valid_until.is_(None) | (Availability.valid_until >= today),
    )
    works_in = PractitionerRole.department_id
    query = (
        select(works_in, Practitioner)
        .join(Practitioner, Practitioner.id == PractitionerRole.practitioner_id)
        .where(Practitioner.active, Practitioner.id.in_(planned))
        .where(works_in.in_(departments) if departments else works_in.is_not(None))
        .order_by(Practitioner.name, Practitioner.id)
        .distinct()
    )
    return [(department, person) for department, person in session.execute(query) if department is not None]


def month_of(session: Session, search: Search, year: int, month: int, now: datetime) -> dict[date, int]:
    """Free slots by local date of one month; days without any are 0."""
    first, last = date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    found, spans, earliest = _look(session, search, first, last, now)
    counts = schedule.free_by_day(found, spans, earliest)
    return {first + timedelta(days=n): counts.get(first + timedelta(days=n), 0) for n in range(last.day)}


def next_free_day(session: Session, search: Search, after: date, now: datetime) -> date | None:
    """The first local date after this one that has something free; None up to the horizon."""
    found, spans, earliest = _look(session, search, after + timedelta(days=1), date.max, now)
    return min((day for day, free in schedule.free_by_day(found, spans, earliest).items() if free), default=None)


def free_counts(session: Session, search: Search, first: date, last: date, now: datetime) -> dict[date, int]:
    """How many times are free on the local dates from first to last that have some, up to the horizon."""
    found, spans, earliest = _look(session, search, first, last, now)
    return {day: free for day, free in schedule.free_by_day(found, spans, earliest).items() if free}


def free_days(session: Session, search: Search, first: date, last: date, now: datetime) -> list[date]:
    """The local dates from first to last that have something free, up to the horizon."""
    return sorted(free_counts(session, search, first, last, now))


def day_of(session: Session, search: Search, day: date, now: datetime) -> list[Slot]:
    """The free slots of one local date, in order of time; at the same time whoever has least to do comes first."""
    found, spans, earliest = _look(session, search, day, day, now)
    slots = schedule.free_slots(found, spans, earliest)
    return sorted(slots, key=lambda slot: (slot.tick, len(spans.get(slot.practitioner_id, ()))))


def _look(
    session: Session, search: Search, first: date, last: date, now: datetime
) -> tuple[list[schedule.Window], Busy, int]:
    times = organization.times(session)
    zone, last = times.zone, min(last, times.horizon(now))
    rules = schedule.rules(
        session, first, last, purpose=Purpose.BOOKING, departments=search.departments,
        practitioner_id=search.practitioner_id, visit_type_id=_kind(search, times),
    )  # fmt: skip
    found = schedule.windows(rules, first, last, zone, closed_dates(session, first, last))
    if not found:
        return [], {}, 0
    begins, ends = min(window.start for window in found), max(window.end + window.gap for window in found)
    capacities = schedule.capacities(found)
    taken = busy(session, begins, ends, now, search.practitioner_id, search.visitor, capacities)
    return found, taken, _earliest(times, now, by_staff=search.by_staff)


def _kind(search: Search, times: organization.Times) -> int | None:
    return times.first_visit_type if search.visit_type_id is None else search.visit_type_id or None


def _earliest(times: organization.Times, now: datetime, *, by_staff: bool) -> int:
    """The first tick at which an appointment may begin."""
    return schedule.tick_of(now if by_staff else now + times.lead) + 1


def nearest(session: Session, search: Search, wanted: datetime, now: datetime, limit: int = 3) -> list[Slot]:
    """The free slots closest to a wanted time, for somebody whose slot was just taken: within a day, else a week."""
    for days in (1, 7):
        slots = _around(session, search, wanted, timedelta(days=days), now)
        distinct = {slot.tick: slot for slot in reversed(slots)}
        if len(distinct) >= limit:
            break
    closest = sorted(distinct.values(), key=lambda slot: abs(slot.tick - schedule.tick_of(wanted)))[:limit]
    return sorted(closest, key=lambda slot: slot.tick)


def _around(session: Session, search: Search, wanted: datetime, reach: timedelta, now: datetime) -> list[Slot]:
    zone = organization.times(session).zone
    day = wanted.astimezone(zone).date()
    return schedule.free_slots(*_look(session, search, day - reach, day + reach, now))


SLOT_ID = re.compile(r"(\d{1,9})-(\d{1,9})-(\d{1,8})(?:-([1-9]\d{0,8}))?", re.ASCII)


def time_of(slot_id: str) -> datetime:
    """The start that a slot's id names. Raises UnknownSlot."""
    return schedule.moment_of(_parts(slot_id)[2])


def visit_type_named(session: Session, slot_id: str) -> VisitType | None:
    """What a slot's id is for; None when it names nothing, or is none."""
    found = SLOT_ID.fullmatch(slot_id)
    return session.get(VisitType, int(found[4])) if found and found[4] else None


def _parts(slot_id: str) -> tuple[int, int, int, int | None]:
    found = SLOT_ID.fullmatch(slot_id)
    if found is None:
        raise UnknownSlot(slot_id)
    practitioner, availability, tick, visit_type = found.groups()
    return int(practitioner), int(availability), int(tick), int(visit_type) if visit_type else None


def find_slot(
    session: Session, slot_id: str, now: datetime, departments: Sequence[int] = (), *, by_staff: bool = False, untyped: bool = False
) -> Slot:
    """The slot of this id when an availability gives it. Raises UnknownSlot; whether it is free, only `book` knows.

    Where the clinic offers visit types, a slot has one, unless it is for an appointment that has none (`untyped`).
    """
    times = organization.times(session)
    return _slot(session, slot_id, now, times, departments, by_staff=by_staff, untyped=untyped)


def _slot(
    session: Session, slot_id: str, now: datetime, times: organization.Times, departments: Sequence[int], *, by_staff: bool = False,
    untyped: bool = False,
) -> Slot:  # fmt: skip
    practitioner, availability, tick, visit_type = _parts(slot_id)
    if visit_type is None and times.first_visit_type is not None and not untyped:
        raise UnknownSlot(slot_id)
    zone = times.zone
    day = schedule.moment_of(tick).astimezone(zone).date()
    if tick < _earliest(times, now, by_staff=by_staff) or day > times.horizon(now):
        raise UnknownSlot(slot_id)
    rules = schedule.rules(
        session, day, day, purpose=Purpose.BOOKING, departments=departments, practitioner_id=practitioner,
        visit_type_id=visit_type,
    )  # fmt: skip
    mine = (rule for rule in rules if rule.id == availability)
    for window in schedule.windows(mine, day, day, zone, closed_dates(session, day, day)):
        k, beside = divmod(tick - window.start, window.step)
        beyond = tick + window.step
        if not beside and 0 <= k < window.size and not absence.is_away(session, practitioner, tick, beyond):
            return window.slot(k)
    raise UnknownSlot(slot_id)


def book(session: Session, widget: Widget, booking: Booking, now: datetime) -> Appointment:
    """Make an appointment and put its mail in the outbox; a repeated client id gets the first appointment.

    Everything before it in the transaction stays when it fails.
    Raises UnknownSlot, SlotTaken; UnknownAppointment when the client id is somebody else's.
    """
    try:
        return _book(session, widget, booking, now)
    except (UnknownSlot, *Occupied) as error:
        mine = (Appointment.widget_id == widget.id) & (Appointment.client_id == booking.client_id)
        if (earlier := session.scalar(select(Appointment).where(mine))) is not None:
            return _same_visitor(earlier, booking.visitor)
        raise error if isinstance(error, UnknownSlot) else SlotTaken from error


def _book(session: Session, widget: Widget, booking: Booking, now: datetime) -> Appointment:
    times = organization.times(session)
    allowed = booking.departments or offered_departments(session, widget.id)
    slot = _slot(session, booking.slot_id, now, times, allowed)
    seq = advance(session, FeedName.CALENDAR)  # before the ticks, as when cancelling, or both would wait for each other

    def write() -> Appointment:
        if booking.held:
            occupancy.release_of(session, widget.id, booking.visitor)
        return _write(session, widget.id, booking, slot, _write_ticket(session, times, booking, slot, now), seq, times, now)

    made = occupancy.attempt(session, slot.practitioner_id, slot.tick, slot.tick + slot.length + slot.gap, now, write)
    if booking.accepted_terms:
        give(session, ConsentKind.TERMS, made.ticket_id, booking.accepted_terms, locale=booking.locale, now=now)
    wanted = questionnaire.by_itself(session, department_id=made.department_id, widget_id=widget.id)
    asked = questionnaire_response.ask(session, wanted, Occasion.of_appointment(made), now)
    set_committed_value(made, "responses", asked)
    _charge(session, made, times, now)
    if made.payment_state is None or times.pay_online is not PayOnline.BEFORE_BOOKING:
        enqueue(session, confirming(made), made.id, booking.email, locale=booking.locale, now=now)
    record(session, AppointmentBooked(session.organization_id, made.id, slot.practitioner_id, seq))
    return made


def _charge(session: Session, made: Appointment, times: organization.Times, now: datetime) -> None:
    """Where paying comes before the booking, the time is kept for as long as that may take."""
    if made.payment_state is not None and made.price is not None:
        held = times.pay_online is PayOnline.BEFORE_BOOKING
        until = now + timedelta(minutes=times.pay_minutes) if held else None
        payment.owe(session, made.id, made.price, made.currency, now, until)


def confirming(made: Appointment) -> MailKind:
    """The mail that tells of it: where it is paid online it speaks of the money (S002-171)."""
    return MailKind.CONFIRMATION if made.payment_state in {None, PaymentState.WAIVED} else MailKind.PAID_CONSULTATION


def _same_visitor(appointment: Appointment, visitor: str) -> Appointment:
    if appointment.ticket.visitor != visitor:
        raise UnknownAppointment
    return appointment


def own_appointment(session: Session, uid: str, visitor: str) -> Appointment:
    """The appointment that this visitor made. Raises UnknownAppointment."""
    made = session.scalar(select(Appointment).where(Appointment.uid == uid))
    if made is None:
        raise UnknownAppointment
    return _same_visitor(made, visitor)


def _write_ticket(session: Session, times: organization.Times, booking: Booking, slot: Slot, now: datetime) -> Ticket:
    opens, closes = slot.start - times.opens_before, slot.end + times.closes_after
    return ticket.issue(session, TicketKind.APPOINTMENT, booking.visitor, now=now, opens_at=opens, closes_at=closes)


def _write(
    session: Session, widget_id: int, booking: Booking, slot: Slot, link: Ticket, seq: int, times: organization.Times, now: datetime
) -> Appointment:
    """Patient, appointment and its ticks. Raises one of Occupied when one of them is somebody else's."""
    lane = occupancy.free_lane(session, slot.practitioner_id, slot.ticks, slot.capacity)
    kind = session.get_one(VisitType, slot.visit_type_id) if slot.visit_type_id else None
    patient_id = write_row(
        session, Patient, initials=booking.initials, last_name=booking.last_name, birth_date=booking.birth_date,
        email=booking.email, phone=booking.phone, locale=booking.locale, created_at=now,
    )  # fmt: skip
    uid = new_uid()
    made = insert_row(
        session, Appointment, uid=uid, status=AppointmentStatus.BOOKED, widget_id=widget_id, client_id=booking.client_id,
        practitioner_id=slot.practitioner_id, department_id=slot.department_id, patient_id=patient_id, ticket_id=link.id,
        start=slot.start, end=slot.end, first_tick=slot.ticks.start, last_tick=slot.ticks.stop, lane=lane,
        locale=booking.locale, created_at=now, **kind_of(kind, slot.start, times),
        sealed_answers=_seal(session, uid, booking.answers), sealed_message=None, series="", made_by_id=None, sequence=0, seq=seq,
    )  # fmt: skip
    set_committed_value(made, "ticket", link)
    occupancy.take(session, slot.practitioner_id, slot.ticks, lane, appointment_id=made.id)
    return made


def kind_of(kind: VisitType | None, start: datetime, times: organization.Times, *, free: bool = False) -> dict[str, Any]:
    """What an appointment keeps of its visit type, if it has one."""
    price = kind.price_on(start.astimezone(times.zone).date()) if kind and not free else None
    mode = kind.mode if kind else Mode.VIDEO
    asked = PaymentState.DUE if price and times.pay_online is not PayOnline.OFF else None
    return {
        "visit_type_id": kind.id if kind else None, "mode": mode, "price": price, "currency": times.currency, "payment_state": asked,
    }  # fmt: skip


def visit_type_to_keep(appointment: Appointment) -> int:
    """What another time of this appointment is for, as searches want it: UNTYPED when it has none that is still offered."""
    kind = appointment.visit_type
    return kind.id if kind and kind.active else UNTYPED


def capacity_at(session: Session, practitioner_id: int, ticks: range) -> int:
    """How many patients somebody sees at that time, from tick to tick: one, unless an availability says more."""
    times = organization.times(session)
    day = schedule.moment_of(ticks.start).astimezone(times.zone).date()
    rules = schedule.rules(session, day, day, purpose=Purpose.BOOKING, practitioner_id=practitioner_id)
    around = (
        window.capacity
        for window in schedule.windows(rules, day, day, times.zone)
        if window.start <= ticks.start and ticks.stop <= window.end + window.gap
    )
    return max(around, default=1)


def _seal(session: Session, uid: str, answers: dict[str, str]) -> bytes | None:
    place = place_of(session.organization_id, uid, "sealed_answers")
    return session.keyring.seal(json.dumps(answers), place) if answers else None


def place_of(organization_id: int, uid: str, column: str) -> str:
    """Where sealed content belongs."""
    return f"{organization_id}|appointment|{uid}|{column.removeprefix('sealed_')}"


def answers_of(made: Appointment) -> dict[str, str]:
    """Answers to the widget's own fields, by field key."""
    sealed = made.sealed_answers
    return dict(json.loads(session_of(made).keyring.open(sealed, made.place_of("sealed_answers")))) if sealed else {}


def appointment_of(session: Session, ticket: Ticket) -> Appointment:
    """The appointment this link belongs to. Raises UnknownAppointment."""
    found = session.scalar(select(Appointment).where(Appointment.ticket_id == ticket.id))
    if found is None:
        raise UnknownAppointment
    return found
