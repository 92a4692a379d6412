"""Where measurements happen: a fresh SQLite with a clinic of any size, and processes whose CPU can be read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import sessionmaker

from telehealth import clock
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Base, Session, connect
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.schedule import Availability, Purpose, moment_of
from telehealth.ticket import Ticket, TicketKind
from tests.clinic import KEYRING, Clinic, make_clinic


@contextmanager
def empty_place() -> Iterator[sessionmaker[Session]]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        engine = connect(f"sqlite:///{folder}/bench.db")
        Base.metadata.create_all(engine)
        yield sessionmaker(engine, class_=Session, keyring=KEYRING)
        engine.dispose()


def next_month() -> date:
    return (clock.now().date().replace(day=1) + timedelta(days=32)).replace(day=1)


def big_clinic(sessions: sessionmaker[Session], practitioners: int, appointments: int) -> Clinic:
    """Practitioners who work Mon–Fri 9–17 (20 minutes, 10 between) and appointments spread over the coming 90 days."""
    clinic = make_clinic(sessions)
    with clinic.session() as session:
        people = [_practitioner(session, clinic, n) for n in range(practitioners)]
        ticket = Ticket(uid="bench", token_hash="bench", kind=TicketKind.APPOINTMENT, visitor="bench", created_at=clock.now())
        patient = Patient(initials="B", last_name="Bench")
        session.add_all([ticket, patient])
        session.flush()
        rows = _appointments(people, appointments)
        common = {
            "organization_id": clinic.id, "department_id": clinic.departments[0], "patient_id": patient.id,
            "ticket_id": ticket.id, "status": AppointmentStatus.BOOKED, "created_at": clock.now(), "locale": "en",
            "sequence": 0, "seq": 0,
        }  # fmt: skip
        if rows:
            session.execute(insert(Appointment.__table__), [common | row for row in rows])
    return clinic


def _practitioner(session: Session, clinic: Clinic, number: int) -> int:
    person = Practitioner(name=f"Dr Bench {number}", email=f"bench{number}@{clinic.slug}.example")
    person.roles.append(PractitionerRole(role=Role.PRACTITIONER, department_id=clinic.departments[0]))
    session.add(person)
    session.flush()
    session.add_all(
        Availability(
            practitioner_id=person.id, purpose=Purpose.BOOKING, weekday=day, valid_from=clock.now().date(),
            from_minute=540, to_minute=1020,
        )
        for day in range(5)
    )  # fmt: skip
    return person.id


def _appointments(people: list[int], count: int) -> list[dict[str, object]]:
    begin = int(clock.now().timestamp()) // 300 // 288 * 288
    rows: list[dict[str, object]] = []
    for number in range(count):
        person = people[number % len(people)]
        nth = number // len(people)
        tick = begin + (nth % 90) * 288 + 96 + (nth // 90) * 6 % 96
        rows.append({
            "uid": f"bench{number}", "practitioner_id": person, "start": moment_of(tick), "end": moment_of(tick + 4),
            "first_tick": tick, "last_tick": tick + 6,
        })  # fmt: skip
    return rows


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
