"""Patients in the administration: their record, and the way from it to a new appointment."""

from __future__ import annotations

from typing import Any

from tests.clinic import Clinic


def test_a_record_leads_to_a_new_appointment_for_its_patient(staff: Any, clinic: Clinic) -> None:
    with clinic.session() as session:
        patient_id = clinic.book(session).patient_id
    administrator = staff(clinic, "admin")
    page = administrator.get(f"/admin/patients/show/{patient_id}")
    assert f'href="/desk/calendar/new?patient={patient_id}"' in page.text
    assert f"M. de Vries {clinic.mark}" in administrator.get(f"/desk/calendar/new?patient={patient_id}").text
