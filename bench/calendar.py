"""A day with 2,000 appointments at the desk: the page, and every page of the list that it asks for."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import date, datetime, time as wall, timedelta
from typing import Any

from sqlalchemy import insert

from admin import sign_in
from bench.application import application
from bench.figure import Figure
from desk.calendar.rows import MANY, Days, listing
from desk.catch_up import page
from telehealth import clock
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.feed import Feed, FeedName
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, Staff
from telehealth.schedule import tick_of
from telehealth.ticket import Ticket, TicketKind
from tests.clinic import PASSWORD, Clinic
from tests.conftest import SignedIn

APPOINTMENTS, PEOPLE = 2_000, 100


def measure() -> Iterator[Figure]:
    with application() as (app, clinic):
        day = (clock.now() + timedelta(days=2)).date()
        _fill(clinic, day)
        with clinic.session() as session:
            person = session.get_one(Practitioner, clinic.people["admin"])
            sign_in.create_user(session, person, PASSWORD, lambda function, *values: function(*values))
        signed, by = SignedIn(app, clinic.email("admin")), clinic.staff("admin")
        times = []
        for _ in range(7):
            begun = time.process_time()
            assert signed.get(f"/desk/calendar?date={day}").status_code == 200
            assert _listed(clinic, by, day) == APPOINTMENTS
            times.append((time.process_time() - begun) * 1000)
        yield Figure("calendar_2000_ms", statistics.median(times[2:]), "ms CPU", "<= 200")


def _listed(clinic: Clinic, by: Staff, day: date) -> int:
    """Each page in a session of its own, as the live connection asks for it."""
    found, after, more = 0, 0, True
    while more:
        with clinic.session() as session:
            told: dict[str, Any] = page(session, listing(session, by, Days(day, day)), after, MANY)
        found += sum("gone" not in item for item in told["items"])
        after, more = told["seq"], told["more"]
    return found


def _fill(clinic: Clinic, day: date) -> None:
    """Each with a patient of its own, twenty a day for each of a hundred people."""
    with clinic.session() as session:
        people = [Practitioner(name=f"Dr Bench {n}", email=f"bench{n}@{clinic.slug}.example") for n in range(PEOPLE)]
        patients = [Patient(initials="B", last_name=f"Bench {n}", created_at=clock.now()) for n in range(APPOINTMENTS)]
        ticket = Ticket(uid="bench", token_hash="bench", kind=TicketKind.APPOINTMENT, visitor="bench", created_at=clock.now())
        session.add_all([*people, *patients, ticket])
        session.flush()
        begins = datetime.combine(day, wall(8), session.get_one(Organization, clinic.id).tz)
        rows = [_row(n, begins + timedelta(minutes=30 * (n // PEOPLE)), people[n % PEOPLE], patients[n]) for n in range(APPOINTMENTS)]
        common = {"organization_id": clinic.id, "department_id": clinic.departments[0], "ticket_id": ticket.id,
                  "status": AppointmentStatus.BOOKED, "created_at": clock.now(), "locale": "en", "sequence": 0}  # fmt: skip
        session.execute(insert(Appointment.__table__), [common | row for row in rows])
        _reach(session)


def _row(number: int, start: datetime, person: Practitioner, patient: Patient) -> dict[str, object]:
    return {
        "uid": f"bench{number}", "practitioner_id": person.id, "patient_id": patient.id, "start": start,
        "end": start + timedelta(minutes=20), "first_tick": tick_of(start), "last_tick": tick_of(start) + 6, "seq": number + 1,
    }  # fmt: skip


def _reach(session: Session) -> None:
    session.query(Feed).filter_by(name=FeedName.CALENDAR.value).one().seq = APPOINTMENTS
