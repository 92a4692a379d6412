"""The history reads in words: people and departments by name, states in words, times by the reader's clock."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock, reschedule, standing
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.standing import Note
from tests.clinic import Clinic


@pytest.fixture
def moved(clinic: Clinic) -> int:
    """An appointment of the doctor's that was given to the manager, put at another time, noted and cancelled."""
    with clinic.session() as session:
        session.actor = f"practitioner:{clinic.people['doctor']}"
        made = clinic.book(session)
        zone = session.get_one(Organization, clinic.id).tz
        evening = made.start.astimezone(zone).replace(hour=19, minute=5, tzinfo=None)
        reschedule.place(session, made, clinic.people["manager"], evening, clock.now())
        standing.note(session, made, Note.ARRIVED, clinic.staff("doctor"), made.start)
        session.flush()
        made.cancel(made.start + timedelta(minutes=1))
        return made.id


def history_of(page: str) -> str:
    found = re.search(r"adm-history.*?</details>", page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found.group()).replace("&#39;", "'")


def test_the_changes_of_an_appointment_read_in_words(clinic: Clinic, staff: Any, moved: int) -> None:
    said = history_of(staff(clinic, "admin").get(f"/admin/appointments/show/{moved}").text)
    mark = clinic.mark
    assert f"Person: Dr Doctor {mark} → Dr Manager {mark}" in said
    assert "State: Booked → Cancelled" in said
    assert re.search(r"Start: [^;]*\b0?9:00[^;]* → [^;]*19:05|Start: [^;]*9:00[^;]* → [^;]*7:05", said), said
    assert "Checked in: – → " in said
    assert not re.search(r"_id|\+00:00|None|: \d+ →", said), said


def test_the_access_log_reads_the_same_and_asks_no_more_for_many(clinic: Clinic, staff: Any, moved: int) -> None:
    page = staff(clinic, "admin").get("/admin/access-log/list/").text
    assert f"Dr Doctor {clinic.mark} → Dr Manager {clinic.mark}" in page
    with clinic.session() as session:
        assert session.get_one(Appointment, moved).practitioner_id == clinic.people["manager"]


def test_whoever_is_not_there_any_more_stays_a_number_and_odd_values_stand_as_they_are(clinic: Clinic, staff: Any) -> None:
    with clinic.session() as session:
        made = clinic.book(session)
        odd = {"practitioner_id": ["999999999", "None"], "start": ["yesterday", "None"], "status": ["lost", "done"], "unheard": ["1", "2"]}
        session.add(AuditEvent(at=clock.now(), actor="system", action=AuditAction.CHANGED, entity="appointment", entity_id=made.id, changes=odd))
        pk = made.id
    said = history_of(staff(clinic, "admin").get(f"/admin/appointments/show/{pk}").text)
    for words in ("Person: 999999999 → –", "Start: yesterday → –", "State: lost → Done", "unheard: 1 → 2"):
        assert words in said, said
