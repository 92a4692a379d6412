"""Links that were lost come again, to the address that the clinic knows, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock, new_link
from telehealth.job import Job
from telehealth.outbox import MailKind, OutgoingMail

HOURS = timedelta(hours=1)


def write(session, address, once="o", now=None):
    new_link.write(session, address, once, now or clock.now())
    return session.query(OutgoingMail).filter_by(kind=MailKind.NEW_LINK).all()


def test_one_mail_holds_all_appointments_to_come_the_next_first(clinic, session):
    later, sooner = clinic.book(session, 3), clinic.book(session, 1)
    session.flush()
    [row] = write(session, later.patient.email.upper())
    assert row.about == {"appointments": [sooner.id, later.id]}
    assert (row.appointment_id, row.recipient) == (sooner.id, later.patient.email)


def test_it_is_in_the_language_of_the_next_appointment(clinic, session):
    made = clinic.book(session, locale="de")
    assert write(session, made.patient.email)[0].locale == "de"


def test_what_is_cancelled_or_whose_link_has_closed_is_not_in_it(clinic, session):
    made = clinic.book(session)
    assert new_link.to_come(session, made.patient.email, made.end + 0.9 * HOURS) == [made]
    assert new_link.to_come(session, made.patient.email, made.end + 1.1 * HOURS) == []
    made.cancel(clock.now())
    assert write(session, made.patient.email) == []


@pytest.mark.parametrize("address", ["somebody@else.example", "", "%"])
def test_nobody_else_gets_anything(address, clinic, session):
    clinic.book(session)
    clinic.book(session, 2, email="")
    assert write(session, address) == []


def test_what_another_clinic_knows_is_not_told(clinic, other, session):
    with other.session() as theirs:
        address = other.book(theirs).patient.email
    assert write(session, address) == []


def test_asking_plans_the_same_work_whoever_asks_once_a_minute(clinic, session):
    known, now = clinic.book(session).patient.email, clock.now()
    for address in (known, known.upper(), "nobody@nowhere.example"):
        new_link.ask(session, address, now)
    jobs = session.query(Job).filter_by(organization_id=clinic.id, kind=new_link.ASKED).all()
    assert {job.payload["address"] for job in jobs} == {known, "nobody@nowhere.example"} and len(jobs) == 2
    assert not session.query(OutgoingMail).filter_by(kind=MailKind.NEW_LINK).count()


def test_done_again_after_a_crash_the_work_writes_no_second_mail(clinic, session):
    address = clinic.book(session).patient.email
    write(session, address)
    assert len(write(session, address)) == 1
