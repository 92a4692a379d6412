"""The mails of an appointment on its page: what became of each, and one sent again, by those who may."""

from __future__ import annotations

import pytest

from telehealth import bounce, clock
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment
from telehealth.job import WorkState
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail, Unwanted


@pytest.fixture
def booked(clinic):
    with clinic.session() as session:
        made = clinic.book(session)
        made.department_id = clinic.departments[0]
        session.flush()
        return made.id


def confirmation(session):
    return session.query(OutgoingMail).filter_by(kind=MailKind.CONFIRMATION).first()


def count(clinic):
    with clinic.session() as session:
        return session.query(OutgoingMail).count()


@pytest.mark.parametrize(("state", "error", "said"), [
    (WorkState.WAITING, "", "Waiting"), (WorkState.DONE, "", "Sent"), (WorkState.DEAD, "no route", "did not take it: no route"),
    (WorkState.DROPPED, Unwanted.NO_MAILS, "The organisation sends no mails."), (WorkState.DROPPED, "old words", "old words"),
])  # fmt: skip
def test_the_log_says_what_became_of_a_mail_and_why(state, error, said, clinic, booked, administrator):
    with clinic.session() as session:
        mail = confirmation(session)
        mail.state, mail.error = state, error
    page = administrator(clinic).get(f"/admin/appointments/show/{booked}").text
    assert said in page and f"m.devries@{clinic.slug}.example" in page


def test_what_came_back_is_said_in_words_with_its_code(clinic, booked, administrator, staff):
    with clinic.session() as session:
        bounce.note(session, confirmation(session), "5.1.1", "No such user", clock.now())
    page = administrator(clinic).get(f"/admin/appointments/show/{booked}").text
    assert "Came back" in page and "does not exist or is not written correctly. (5.1.1)" in page
    assert "/admin/outbox/show/" in page
    theirs = staff(clinic, "manager").get(f"/admin/appointments/show/{booked}").text
    assert "Came back" in theirs and "/admin/outbox/show/" not in theirs


def test_a_mail_goes_again_to_a_corrected_address_and_that_is_noted(clinic, booked, staff):
    manager = staff(clinic, "manager")
    answer = manager.post(f"/admin/appointments/resend/{booked}", {"kind": "confirmation", "email": " new@example.org "})
    assert answer.status_code == 302
    page = manager.get(answer.location).text
    assert "on its way to new@example.org" in page and "sent again" in page
    with clinic.session() as session:
        assert session.get_one(Appointment, booked).patient.email == "new@example.org"
        noted = session.query(AuditEvent).filter_by(action=AuditAction.SENT, entity="appointment", entity_id=booked).one()
        assert noted.actor == f"practitioner:{clinic.people['manager']}" and noted.changes == {"kind": ["confirmation"]}


@pytest.mark.parametrize(("form", "said"), [
    ({"kind": "confirmation", "email": "nobody"}, "Enter an address such as"),
    ({"kind": "confirmation", "email": ""}, "Enter an address such as"),
    ({"kind": "cancellation", "email": "a@b.example"}, "This mail cannot be sent again"),
    ({"kind": "nonsense", "email": "a@b.example"}, "This mail cannot be sent again"),
    ({}, "This mail cannot be sent again"),
])  # fmt: skip
def test_what_cannot_be_sent_is_refused_in_words_and_nothing_changes(form, said, clinic, booked, administrator):
    someone, before = administrator(clinic), count(clinic)
    answer = someone.post(f"/admin/appointments/resend/{booked}", form)
    assert said in someone.get(answer.location).text
    assert count(clinic) == before
    with clinic.session() as session:
        assert session.get_one(Appointment, booked).patient.email == f"m.devries@{clinic.slug}.example"


def test_a_cancelled_appointment_offers_nothing_and_refuses_in_words(clinic, booked, administrator):
    with clinic.session() as session:
        session.get_one(Appointment, booked).cancel(clock.now())
    someone, before = administrator(clinic), count(clinic)
    assert "Send a mail again" not in someone.get(f"/admin/appointments/show/{booked}").text
    answer = someone.post(f"/admin/appointments/resend/{booked}", {"kind": "confirmation", "email": "new@example.org"})
    assert "cancelled or over. Its mails are not sent again" in someone.get(answer.location).text
    assert count(clinic) == before


def test_an_organisation_without_mails_says_so(clinic, booked, administrator):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    someone = administrator(clinic)
    assert "sends no mails to patients" in someone.get(f"/admin/appointments/show/{booked}").text
    answer = someone.post(f"/admin/appointments/resend/{booked}", {"kind": "confirmation", "email": "new@example.org"})
    assert "sends no such mails" in someone.get(answer.location).text


@pytest.mark.parametrize("who", ["doctor", "nurse", "translator"])
def test_whoever_may_not_administer_appointments_sends_nothing(who, clinic, booked, staff):
    before = count(clinic)
    form = {"kind": "confirmation", "email": "new@example.org"}
    assert staff(clinic, who).post(f"/admin/appointments/resend/{booked}", form).status_code == 403
    assert count(clinic) == before


def test_another_departments_appointment_is_not_there(clinic, booked, staff):
    with clinic.session() as session:
        session.get_one(Appointment, booked).department_id = clinic.departments[1]
        session.get_one(Appointment, booked).practitioner_id = clinic.people["nurse"]
    form = {"kind": "confirmation", "email": "new@example.org"}
    assert staff(clinic, "manager").post(f"/admin/appointments/resend/{booked}", form).status_code == 404


def test_another_organisations_appointment_is_not_there(clinic, other, booked, administrator):
    before = count(clinic)
    form = {"kind": "confirmation", "email": "new@example.org"}
    assert administrator(other).post(f"/admin/appointments/resend/{booked}", form).status_code == 404
    assert count(clinic) == before


def test_without_the_forms_token_nothing_is_sent(clinic, booked, administrator):
    before = count(clinic)
    form = {"kind": "confirmation", "email": "new@example.org"}
    assert administrator(clinic).client.post(f"/admin/appointments/resend/{booked}", data=form).status_code == 400
    assert count(clinic) == before
