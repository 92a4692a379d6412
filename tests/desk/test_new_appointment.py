"""New appointments at the desk: who may make them, for whom, what is asked before and what is told after."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from telehealth import clock
from telehealth.audit import AuditEvent
from telehealth.booking import Appointment
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.patient import Patient
from telehealth.visit_type import VisitType
from tests.clinic import Clinic, client_id

PERSON = {"initials": "A.", "last_name": "Bakker", "birth_date": "1970-05-01", "email": "anna@example.org"}


def wanted(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    day = (clock.now() + timedelta(days=2)).date()
    return {
        "client_id": client_id(), "department": clinic.departments[0], "practitioner": clinic.people["doctor"], "person": PERSON,
        "start": f"{day}T07:05", "minutes": 25,
    } | changes  # fmt: skip


def test_an_appointment_is_made_and_seen_on_every_desk_of_the_department(clinic: Clinic, open_page: Any) -> None:
    page, colleague = open_page(clinic, "doctor"), open_page(clinic, "admin")
    made = page.done("make_appointment", **wanted(clinic, message="Bring your list."))
    assert (made["name"], made["email"], len(made["starts"])) == ("A. Bakker", "anna@example.org", 1)
    row = colleague.events("appointment")[-1]
    assert (row["name"], row["standing"]) == ("A. Bakker", "planned")
    details = page.done("appointment", id=row["id"])
    assert (details["message"], details["made_by"]) == ("Bring your list.", f"Dr Doctor {clinic.mark}")


def test_a_series_stands_on_all_its_days(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    starts = page.done("make_appointment", **wanted(clinic, times=3, every_weeks=2))["starts"]
    assert [len(page.done("calendar", date=start[:10])["items"]) for start in starts] == [1, 1, 1]


def test_whoever_resembles_a_patient_is_asked_about_and_looking_is_noted(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic))
    day = (clock.now() + timedelta(days=3)).date()
    again = wanted(clinic, start=f"{day}T07:05")
    asked = page.send("make_appointment", **again)
    assert (asked["error"], [known["name"] for known in asked["patients"]]) == ("perhaps_known", ["A. Bakker"])
    page.done("make_appointment", **(again | {"another": True}))
    found = page.done("find_patients", text="bakk")["patients"]
    assert [known["birth_date"] for known in found] == ["1970-05-01"] * 2
    with clinic.session() as session:
        assert session.query(Patient).count() == 2
        noted = session.query(AuditEvent).filter_by(entity="patient", action="opened").count()
        assert noted == 2


def test_a_known_patient_is_chosen(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic))
    known = page.done("find_patients", text="anna@")["patients"][0]
    day = (clock.now() + timedelta(days=3)).date()
    body = wanted(clinic, patient=known["id"], start=f"{day}T07:05")
    del body["person"]
    page.done("make_appointment", **body)
    with clinic.session() as session:
        assert (session.query(Patient).count(), session.query(Appointment).count()) == (1, 2)


@pytest.mark.parametrize(("changes", "code", "field"), [
    ({"person": PERSON | {"email": "nobody"}}, "invalid", "person.email"), ({"person": PERSON | {"last_name": " "}}, "invalid", "person.last_name"),
    ({"person": PERSON | {"birth_date": ""}}, "invalid", "person.birth_date"), ({"minutes": 7}, "bad_time", None),
    ({"start": "2020-01-01T09:00"}, "bad_time", None), ({"person": None}, "invalid", None), ({"times": 99}, "bad_time", None),
    ({"message": "x" * 2001}, "invalid", "message"), ({"patient": 999_999}, "not_allowed", None),
])  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(clinic: Clinic, open_page: Any, changes: dict[str, Any], code: str, field: str | None) -> None:
    refused = open_page(clinic, "doctor").send("make_appointment", **wanted(clinic, **changes))
    assert refused["error"] == code
    assert field is None or field in refused["fields"]
    with clinic.session() as session:
        assert not session.query(Appointment).count()


def test_a_taken_time_and_an_absence_name_the_moment(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic))
    taken = page.send("make_appointment", **wanted(clinic, another=True))
    assert (taken["error"], taken["start"][:10]) == ("slot_taken", str((clock.now() + timedelta(days=2)).date()))
    day = (clock.now() + timedelta(days=4)).date()
    page.done("block", client_id=client_id(), practitioner=clinic.people["doctor"], start=f"{day}T07:00", end=f"{day}T08:00")
    away = page.send("make_appointment", **wanted(clinic, another=True, start=f"{day}T07:05"))
    assert (away["error"], away["by"]) == ("is_away", f"Dr Doctor {clinic.mark}")


def test_nobody_makes_them_for_another_department_or_clinic(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    assert open_page(clinic, "nurse").send("make_appointment", **wanted(clinic))["error"] == "not_allowed"
    assert open_page(other, "admin").send("make_appointment", **wanted(clinic))["error"] == "not_allowed"
    open_page(clinic, "doctor").done("make_appointment", **wanted(clinic))
    assert open_page(other, "admin").done("find_patients", text="bakker") == {"patients": []}


def test_a_colleague_gets_it_and_both_desks_see_it(clinic: Clinic, open_page: Any) -> None:
    page, watcher = open_page(clinic, "doctor"), open_page(clinic, "admin")
    page.done("make_appointment", **wanted(clinic))
    appointment_id = watcher.events("appointment")[-1]["id"]
    colleagues = page.done("appointment", id=appointment_id)["colleagues"]
    page.done("reassign", id=appointment_id, practitioner=colleagues[0]["id"])
    assert watcher.events("appointment")[-1]["practitioner_id"] == colleagues[0]["id"]
    assert open_page(clinic, "nurse").send("reassign", id=appointment_id, practitioner=1)["error"] == "unknown"


def test_the_page_is_for_those_who_see_the_calendar(clinic: Clinic, staff: Any) -> None:
    assert staff(clinic, "translator").get("/desk/calendar/new").status_code == 403
    page = staff(clinic, "doctor").get("/desk/calendar/new")
    assert page.status_code == 200 and f"Dr Doctor {clinic.mark}" in page.text


def test_the_way_from_a_record_brings_its_patient_and_no_other_clinics(clinic: Clinic, other: Clinic, staff: Any) -> None:
    with clinic.session() as session:
        patient_id = clinic.book(session).patient_id
    assert f"M. de Vries {clinic.mark}" in staff(clinic, "doctor").get(f"/desk/calendar/new?patient={patient_id}").text
    assert clinic.mark not in staff(other, "admin").get(f"/desk/calendar/new?patient={patient_id}").text


@pytest.mark.parametrize(("free", "payment"), [(False, "due"), (True, None)])
def test_what_a_visit_costs_is_asked_or_not_and_stands_in_its_details(clinic: Clinic, open_page: Any, free: bool, payment: str | None) -> None:
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.pay_online, own.payment_provider, own.is_test = PayOnline.BEFORE_ENTRY, PaymentProvider.SANDBOX, True
        session.add(kind := VisitType(name="Consultation", price=Decimal(45)))
        session.flush()
        visit = kind.id
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic, visit=visit, free=free))
    details = page.done("appointment", id=page.events("appointment")[-1]["id"])
    assert (details["payment"], details["price"]) == (payment, "" if free else "€45.00")


def test_a_time_that_is_only_kept_is_told_as_such_and_cannot_be_moved(clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.pay_online, own.payment_provider, own.is_test = PayOnline.BEFORE_BOOKING, PaymentProvider.SANDBOX, True
        session.add(VisitType(name="Consultation", price=Decimal(45)))
        session.flush()
        number = clinic.book(session).id
    details = open_page(clinic, "doctor").done("appointment", id=number)
    assert (details["payment"], details["can_move"]) == ("held", False)
