"""A PIN is for the patient: the outbox says that it was sent, not what it is."""

from __future__ import annotations

import pytest

from integrations import mail
from telehealth import clock, pin, portal
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.pin import Pin
from tests.clinic import client_id


@pytest.fixture
def composed(app, clinic, house):
    """The mail as it stands while its server does not answer; gives its number and the digits."""

    def compose(via):
        with clinic.session() as session:
            pin.ask(session, clinic.book(session).ticket, clock.now())
            row = session.query(OutgoingMail).filter_by(kind=MailKind.PIN).one()
            digits = session.query(Pin).one().digits
            with app.test_request_context("/", base_url="http://localhost"):
                mail._compose(session, house.settings, row)
            row.via = via
            return row.id, digits

    return compose


@pytest.mark.parametrize(("via", "shown"), [(mail.SMTP, False), (mail.LOCAL, True)])
def test_the_words_of_a_pin_are_shown_only_where_no_server_mails_them(via, shown, clinic, administrator, composed):
    number, digits = composed(via)
    someone = administrator(clinic)
    page, letter = someone.get(f"/admin/outbox/show/{number}"), someone.get(f"/admin/outbox/letter/{number}")
    assert page.status_code == 200
    assert (digits in page.text, digits in letter.text) == (shown, shown)
    assert letter.status_code == (200 if shown else 404)


def test_the_access_log_names_who_came_in(clinic, administrator):
    with clinic.session() as session:
        made = clinic.book(session)
        pin.ask(session, made.ticket, clock.now())
        portal.begin(session, made.ticket, session.query(Pin).one().digits, client_id(), "en", clock.now())
    page = administrator(clinic).get("/admin/access-log/list/").text
    assert "The patient" in page and "signed in" in page
