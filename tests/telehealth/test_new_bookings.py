"""Whoever has an appointment gets its link by text message, once, where the clinic wants that and may pay for it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from telehealth import clock, new_bookings, text_message
from telehealth.booking import Appointment
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.staff_booking import NewPatient, Plan, make
from tests.clinic import Clinic, client_id

NUMBER = "+31612345678"


def choose(clinic: Clinic, **settings: object) -> None:
    with clinic.session() as session:
        for name, value in settings.items():
            setattr(session.get_one(Organization, clinic.id), name, value)


def look(clinic: Clinic, *, texting: bool = True) -> list[int]:
    """Gives the appointments whose patients get a message."""
    with clinic.session() as session:
        new_bookings.follow(session, clock.now(), texting=texting)
        jobs = session.query(Job).filter_by(organization_id=clinic.id, kind=text_message.INVITATION).order_by(Job.id)
        return [job.payload["appointment"] for job in jobs]


def book(clinic: Clinic, phone: str = NUMBER) -> int:
    with clinic.session() as session:
        return clinic.book(session, phone=phone).id


def test_a_new_appointment_is_told_once(clinic: Clinic) -> None:
    choose(clinic, text_invitations=True, texts_a_month=5)
    first = book(clinic)
    book(clinic, phone="")
    assert look(clinic) == [first]
    with clinic.session() as session:
        session.get_one(Appointment, first).questionnaires_changed()
    assert look(clinic) == [first]


def test_what_staff_make_is_told_too(clinic: Clinic) -> None:
    choose(clinic, text_invitations=True, texts_a_month=5)
    doctor, day = clinic.staff("doctor"), clock.now().date() + timedelta(days=9)
    patient = NewPatient("A.", "Staffmade", date(1990, 1, 1), "", NUMBER, "en", known_to_be_another=True)
    with clinic.session() as session:
        plan = Plan(client_id(), doctor.practitioner_id, clinic.departments[0], patient, datetime.combine(day, time(11)), 20, "")
        [made] = make(session, doctor, plan, clock.now()).appointments
        number = made.id
    assert look(clinic) == [number]


def test_of_a_series_the_first_is_told(clinic: Clinic) -> None:
    choose(clinic, text_invitations=True, texts_a_month=5)
    doctor, day = clinic.staff("doctor"), clock.now().date() + timedelta(days=9)
    patient = NewPatient("A.", "Staffmade", date(1990, 1, 1), "", NUMBER, "en", known_to_be_another=True)
    with clinic.session() as session:
        plan = Plan(client_id(), doctor.practitioner_id, clinic.departments[0], patient, datetime.combine(day, time(11)), 20, "", 3, 1)
        made = make(session, doctor, plan, clock.now()).appointments
        assert len(made) == 3
        first = min(made, key=lambda one: one.start).id
    assert look(clinic) == [first]


@pytest.mark.parametrize(("settings", "texting"), [
    ({"text_invitations": False}, True), ({"texts_a_month": 0}, True), ({}, False),
])  # fmt: skip
def test_nobody_is_told_where_the_clinic_or_the_server_sends_none(clinic: Clinic, settings: dict[str, object], texting: bool) -> None:
    choose(clinic, **({"text_invitations": True, "texts_a_month": 5} | settings))
    book(clinic)
    assert look(clinic, texting=texting) == []


def test_the_months_cap_holds(clinic: Clinic) -> None:
    choose(clinic, text_invitations=True, texts_a_month=1)
    first = book(clinic)
    book(clinic)
    assert look(clinic) == [first]


def test_what_was_cancelled_meanwhile_or_booked_long_ago_is_not_told(clinic: Clinic) -> None:
    choose(clinic, text_invitations=True, texts_a_month=5)
    number = book(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())
    assert look(clinic) == []
    book(clinic)
    with clock.at(clock.now() + new_bookings.STILL_NEW):
        assert look(clinic) == []
