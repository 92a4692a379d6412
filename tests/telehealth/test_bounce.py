"""What came back is noted once and told to whoever looks after the appointment, without a word about the patient."""

from __future__ import annotations

import pytest

from telehealth import bounce, clock
from telehealth.bounce import UnknownMail
from telehealth.encryption import CannotOpen
from telehealth.outbox import Delivery, MailKind, OutgoingMail
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from tests.clinic import KEYRING


@pytest.fixture
def mail(clinic, session):
    """The confirmation of an appointment with the doctor's department."""
    made = clinic.book(session, answers={"reason": f"Dizzy {clinic.mark}"})
    made.department_id = clinic.departments[0]
    session.flush()
    return session.query(OutgoingMail).filter_by(kind=MailKind.CONFIRMATION).one()


def told(session):
    return {row.recipient: row for row in session.query(OutgoingMail).filter_by(kind=MailKind.BOUNCE)}


def test_the_department_administrator_is_told_and_nobody_else(clinic, session, mail):
    assert bounce.note(session, mail, "5.1.1", "No such user", clock.now())
    assert set(told(session)) == {clinic.email("manager")}
    assert mail.delivery is Delivery.BOUNCED and (mail.bounce_status, mail.bounce_reason) == ("5.1.1", "No such user")


def test_where_nobody_administers_the_department_the_organisations_administrator_is_told(clinic, session, mail):
    session.query(PractitionerRole).filter_by(role=Role.DEPARTMENT_ADMINISTRATOR).delete()
    bounce.note(session, mail, "5.1.1", "", clock.now())
    assert set(told(session)) == {clinic.email("admin")}


def test_somebody_who_has_left_is_not_told(clinic, session, mail):
    session.get_one(Practitioner, clinic.people["manager"]).active = False
    bounce.note(session, mail, "5.1.1", "", clock.now())
    assert set(told(session)) == {clinic.email("admin")}


def test_a_mail_comes_back_once_only(session, mail):
    assert bounce.note(session, mail, "5.1.1", "No such user", clock.now())
    first = mail.bounced_at
    assert not bounce.note(session, mail, "5.2.2", "Full", clock.now())
    assert (mail.bounced_at, mail.bounce_status) == (first, "5.1.1")
    assert len(told(session)) == 1


def test_what_is_told_says_nothing_of_the_patient(clinic, session, mail):
    bounce.note(session, mail, "5.1.1", f"<{mail.recipient}>: No such user", clock.now())
    [row] = told(session).values()
    for secret in ("de Vries", "m.devries", "Dizzy"):
        assert secret not in str(row.about)


def test_a_notice_that_comes_back_is_told_to_nobody(session, mail):
    bounce.note(session, mail, "5.1.1", "", clock.now())
    [notice] = told(session).values()
    bounce.note(session, notice, "5.1.1", "", clock.now())
    assert len(told(session)) == 1 and notice.delivery is Delivery.BOUNCED


def test_a_token_leads_to_its_mail_in_capitals_too_and_no_other_text_does(clinic, sessions, session, mail):
    token = bounce.token_of(KEYRING, mail)
    session.commit()
    assert len(token) == 45 and token.islower()
    with sessions() as nobodys:
        assert bounce.mail_of(nobodys, token.upper()).id == mail.id
        assert nobodys.organization_id == clinic.id
    for forged in (token[:-2] + "aa", "", "a" * 45, "ö" * 45, token + token):
        with sessions() as nobodys, pytest.raises(UnknownMail):
            bounce.mail_of(nobodys, forged)


def test_a_disguise_for_one_purpose_opens_for_no_other():
    with pytest.raises(CannotOpen):
        KEYRING.reveal("other", KEYRING.disguise("bounce", 7, 9))


def test_a_mail_that_is_sent_again_has_not_come_back_yet(session, mail):
    bounce.note(session, mail, "5.1.1", "", clock.now())
    mail.retry(clock.now())
    assert mail.delivery is Delivery.WAITING
