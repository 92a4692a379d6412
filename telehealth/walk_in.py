"""Walking in: who can be visited at this moment, and the way into the waiting room without an appointment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from telehealth import absence, questionnaire, questionnaire_response, schedule
from telehealth.closed_day import closed_dates
from telehealth.consent import ConsentKind, give
from telehealth.database import Session
from telehealth.department import Department
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole
from telehealth.schedule import Purpose, Window, moment_of
from telehealth.ticket import TicketKind, issue
from telehealth.waiting_room import IN_LINE, Encounter, EncounterKind, UnknownEncounter, announce, begin
from telehealth.widget import Widget


class NobodyAvailable(Exception):
    """Nobody takes walk-ins there at this moment."""


class QueueFull(Exception):
    """The widget's queue limit is reached."""


class TermsNotAccepted(Exception):
    """Without accepting the terms there is no entry (S002-55)."""


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
    wanted = questionnaire.by_itself(session, widget_id=widget.id)
    questionnaire_response.ask(session, wanted, questionnaire_response.Occasion.of_visit(visit), now)
    announce(visit)
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
    if waiting_by(session, widget) >= widget.queue_limit:
        raise QueueFull


def waiting_by(session: Session, widget: Widget) -> int:
    """How many have come by this widget and are still in line."""
    waiting = (Encounter.widget_id == widget.id) & Encounter.status.in_(IN_LINE)
    return session.scalar(select(func.count()).select_from(Encounter).where(waiting)) or 0


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
    visit = begin(session, ticket, patient, kind, arrival.locale, now)
    visit.department_id, visit.practitioner_id = arrival.department_id, arrival.practitioner_id
    session.add(visit)
    session.flush()
    visit.write_down(arrival.reason, arrival.answers)
    return visit


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
    if dark := [d.id for d in departments if d.active and d.id not in people and d.id not in opens]:
        opens |= _openings(_planned_hours(session, dark, now, LOOK_FAR), now)
    return [Offer(d, people.get(d.id, []), opens.get(d.id)) for d in departments if d.active]


LOOK_AHEAD = timedelta(days=7)
LOOK_FAR = timedelta(days=92)  # for departments that open on no day of the coming week


def _planned_hours(
    session: Session, departments: Sequence[int], now: datetime, ahead: timedelta = LOOK_AHEAD
) -> list[Window]:
    """The walk-in hours of the coming days; none on closed days."""
    if not departments:
        return []
    zone = session.get_one(Organization, session.organization_id).tz
    first = now.astimezone(zone).date()
    last = first + ahead
    found = schedule.rules(session, first, last, purpose=Purpose.WALK_IN, departments=departments)
    hours = schedule.windows(found, first, last, zone, closed_dates(session, first, last))
    return _without_absences(session, hours) if hours else []


def _without_absences(session: Session, hours: Sequence[Window]) -> list[Window]:
    """What is left of the hours of people who are away for a part of them."""
    away = absence.spans(session, min(hour.start for hour in hours), max(hour.end for hour in hours))
    left: list[Window] = []
    for hour in hours:
        begin = hour.start
        for first, last in schedule.merged(away.get(hour.practitioner_id, [])):
            if begin < min(first, hour.end):
                left.append(hour._replace(start=begin, end=min(first, hour.end)))
            begin = max(begin, last)
        if begin < hour.end:
            left.append(hour._replace(start=begin))
    return left


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
    takes = ~Practitioner.is_team & (Practitioner.takes_walk_ins | Practitioner.id.in_({person for _, person in planned}))
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
