"""Mails about messages: they lead to the own pages and to the desk, say nothing of what was written, and go only while they are wanted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from integrations import mail
from telehealth import clock, correspondence, message
from telehealth.authorisation import Authorisation, AuthorisationKind
from telehealth.conversation import AuthorKind
from telehealth.message import Author
from telehealth.job import NoLongerWanted
from telehealth.outbox import MailKind, OutgoingMail, Unwanted, enqueue
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic, client_id

TEXT = "Your blood is fine"


def written(clinic: Clinic, kind: MailKind) -> int:
    """A mail of this kind that waits, after somebody of the clinic has written."""
    with clinic.session() as session:
        who = Patient(initials="M.", last_name="de Vries", birth_date=date(1984, 3, 27), email=f"m@{clinic.slug}.example")
        session.add(who)
        session.flush()
        doctor, now = session.get_one(Practitioner, clinic.people["doctor"]), clock.now()
        one = correspondence.between(session, who, doctor, clinic.departments[0], now)
        message.post(session, one.conversation_id, client_id(), TEXT, by=Author(AuthorKind.STAFF, doctor.name, doctor.id), now=now)
        one.post(client_id(), TEXT, now)
        way = AuthorisationKind.CODE if kind is MailKind.DEVICE_CODE else AuthorisationKind.LINK
        given = correspondence.authorise(session, who, way, clinic.staff("doctor"), now, mailed=False)
        about = {"authorisation": given.id, "correspondence": one.id, "department_id": one.department_id, "person_name": doctor.name}
        enqueue(session, kind, None, who.email, locale="en", now=now, about=about)
        session.flush()
        return session.query(OutgoingMail).filter_by(kind=kind).one().id


def sent(clinic: Clinic, app: Flask, house: Any, number: int) -> OutgoingMail:
    with clinic.session() as session:
        row = session.get_one(OutgoingMail, number)
        session.expunge_all()
    with app.test_request_context("/", base_url="http://localhost"):
        mail.send(clinic.sessions, house.settings, row)
    with clinic.session() as session:
        row = session.get_one(OutgoingMail, number)
        session.expunge_all()
        return row


@pytest.mark.parametrize("kind", [
    MailKind.MESSAGE_WAITING, MailKind.PORTAL_LINK, MailKind.DEVICE_CODE, MailKind.RESULT_READY, MailKind.REQUEST_ANSWERED, MailKind.STAFF_MESSAGE,
])  # fmt: skip
def test_a_mail_leads_there_and_tells_nothing(clinic: Clinic, app: Flask, house: Any, kind: MailKind) -> None:
    letter = sent(clinic, app, house, written(clinic, kind))
    way = {MailKind.DEVICE_CODE: "/portal/#device=", MailKind.STAFF_MESSAGE: "/desk/messages"}.get(kind, "/portal/#ask=")
    assert way in letter.text
    assert TEXT not in letter.text + letter.html + letter.subject
    assert "*|" not in letter.text + letter.subject
    if kind is MailKind.STAFF_MESSAGE:
        assert "de Vries" not in letter.text


@pytest.mark.parametrize("kind", [MailKind.MESSAGE_WAITING, MailKind.STAFF_MESSAGE])
def test_what_was_read_before_the_mail_went_out_is_not_told(clinic: Clinic, app: Flask, house: Any, kind: MailKind) -> None:
    number = written(clinic, kind)
    with clinic.session() as session:
        thread = session.query(correspondence.Correspondence).one().conversation
        thread.read_by_patient()
        thread.read_by_staff(clinic.staff("doctor"))
    with pytest.raises(NoLongerWanted, match=Unwanted.READ_ALREADY):
        sent(clinic, app, house, number)


@pytest.mark.parametrize("kind", [MailKind.PORTAL_LINK, MailKind.DEVICE_CODE])
def test_a_way_that_was_taken_back_is_not_mailed(clinic: Clinic, app: Flask, house: Any, kind: MailKind) -> None:
    number = written(clinic, kind)
    with clinic.session() as session:
        session.query(Authorisation).one().revoke(clock.now())
    with pytest.raises(NoLongerWanted, match=Unwanted.REVOKED):
        sent(clinic, app, house, number)
