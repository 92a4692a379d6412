"""Patients in the administration: their record, and the way from it to a new appointment."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import event

from telehealth import clock, correspondence
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic, client_id


def test_a_record_leads_to_a_new_appointment_for_its_patient(staff: Any, clinic: Clinic) -> None:
    with clinic.session() as session:
        patient_id = clinic.book(session).patient_id
    administrator = staff(clinic, "admin")
    page = administrator.get(f"/admin/patients/show/{patient_id}")
    assert f'href="/desk/calendar/new?patient={patient_id}"' in page.text
    assert f"M. de Vries {clinic.mark}" in administrator.get(f"/desk/calendar/new?patient={patient_id}").text


def _write(clinic: Clinic, count: int = 2) -> int:
    """A patient has written to the doctor; gives the record."""
    with clinic.session() as session:
        patient = Patient(initials="U.", last_name=f"Unread {clinic.mark}", birth_date=None, email=f"u@{clinic.slug}.example", created_at=clock.now())
        session.add(patient)
        session.flush()
        doctor = session.get_one(Practitioner, clinic.people["doctor"])
        one = correspondence.between(session, patient, doctor, clinic.departments[0], clock.now())
        for number in range(count):
            one.post(client_id(), f"Message {number}", clock.now())
        return patient.id


def test_the_balloon_of_the_list_says_how_much_is_unread_and_leads_there(staff: Any, clinic: Clinic, other: Clinic) -> None:
    patient_id = _write(clinic)
    page = staff(clinic, "admin").get("/admin/patients/list/").text
    assert f'href="/desk/messages/of/{patient_id}" aria-label="Messages: U. Unread {clinic.mark}, 2 unread messages"' in page
    record = staff(clinic, "manager").get(f"/admin/patients/show/{patient_id}").text
    assert re.search(r'k-count is-waiting">2<span class="k-sr"> unread', record)
    assert "unread messages" not in staff(other, "admin").get("/admin/patients/list/").text


def test_what_somebody_may_not_read_is_not_counted_either(staff: Any, clinic: Clinic) -> None:
    """The manager of another department sees the patient, not what is written with the doctor."""
    from telehealth.practitioner import PractitionerRole

    _write(clinic)
    with clinic.session() as session:
        for role in session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["manager"]):
            role.department_id = clinic.departments[1]
    page = staff(clinic, "manager").get("/admin/patients/list/").text
    assert f"Unread {clinic.mark}" in page and "unread messages" not in page


def test_a_list_asks_once_for_all_its_balloons(staff: Any, clinic: Clinic, house: Any) -> None:
    signed, asked = staff(clinic, "admin"), []
    hear = lambda *given: asked.append(given[2])  # noqa: E731

    def statements() -> int:
        asked.clear()
        event.listen(house.engine, "before_cursor_execute", hear)
        signed.get("/admin/patients/list/")
        event.remove(house.engine, "before_cursor_execute", hear)
        return len(asked)

    _write(clinic)
    few = statements()
    for _number in range(5):
        _write(clinic)
    assert 0 < statements() <= few + 1
