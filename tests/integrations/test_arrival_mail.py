"""The mail that tells staff of an arrival: department and link, never the patient; not sent once somebody has seen them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations import mail
from telehealth import alert, clock
from telehealth.job import NoLongerWanted
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic


@pytest.fixture
def visit_id(clinic: Clinic) -> int:
    """Somebody waits, and the doctor wants a mail about it."""
    with clinic.session() as session:
        alert.choose(session, clinic.staff("doctor"), bell=True, desktop=False, mail=True)
        visit = clinic.arrive(session)
        alert.tell_of_arrival(session, visit.id, clock.now())
        return visit.id


@pytest.fixture
def sent(app: Any, house: Any, clinic: Clinic) -> Callable[[], OutgoingMail]:
    """Send the one mail of this clinic into the local mailbox, and read it there."""

    def send() -> OutgoingMail:
        with clinic.session() as session:
            row = session.query(OutgoingMail).filter_by(kind=MailKind.ARRIVAL).one()
            session.expunge(row)
        with app.test_request_context("/", base_url="http://localhost"):
            mail.send(clinic.sessions, house.settings, row)
        with clinic.session() as session:
            read = session.get_one(OutgoingMail, row.id)
            session.expunge(read)
            return read

    return send


def test_it_names_the_department_and_leads_to_the_desk(clinic: Clinic, visit_id: int, sent: Any) -> None:
    letter = sent()
    assert letter.subject == "Somebody is waiting"
    assert f"Department: General practice {clinic.mark}." in letter.text
    assert "http://localhost/desk/waiting-room" in letter.text
    assert letter.recipient == clinic.email("doctor")
    for secret in ("Lindqvist", "Dizzy", "1958"):
        assert secret not in letter.text + letter.html + letter.subject + str(letter.about)


def test_it_is_not_sent_once_somebody_has_seen_the_patient(clinic: Clinic, visit_id: int, sent: Any) -> None:
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).acknowledge(clinic.staff("manager"), clock.now())
    with pytest.raises(NoLongerWanted):
        sent()


def test_it_is_sent_by_an_organisation_that_sends_patients_no_mails(clinic: Clinic, visit_id: int, sent: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    assert sent().composed_at is not None


def test_a_department_writes_its_own(clinic: Clinic, visit_id: int, sent: Any) -> None:
    with clinic.session() as session:
        texts = MessageTemplateSet(name="Ours")
        texts.templates = [
            MessageTemplate(kind=MailKind.ARRIVAL, subject="*|department_name|*: come", body="Go to *|desk_link|*")
        ]
        session.add(texts)
    letter = sent()
    assert letter.subject == f"General practice {clinic.mark}: come"
    assert letter.text == "Go to http://localhost/desk/waiting-room"


def test_a_trial_says_so_in_its_subject(clinic: Clinic, sent: Any) -> None:
    with clinic.session() as session:
        alert.try_mail(session, clinic.staff("doctor"), clock.now())
    assert sent().subject == "Only a trial: Somebody is waiting"
