"""The PIN by mail: in the clinic's own words if it has any, sent while it works, and forgotten once it was handed over."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from integrations import mail
from telehealth import clock, pin
from telehealth.booking import Appointment
from telehealth.job import WorkState
from telehealth.message_template import MessageTemplate, MessageTemplateSet, UnknownCode, check
from telehealth.outbox import MailKind, OutgoingMail, Unwanted
from telehealth.pin import Pin
from tests.integrations.conftest import book, read


@pytest.fixture
def asked(clinic):
    """Ask for a PIN for somebody who has booked; gives the digits."""

    def ask(number=None):
        with clinic.session() as session:
            made = session.get_one(Appointment, number or book(clinic))
            pin.ask(session, made.ticket, clock.now())
            return session.query(Pin).order_by(Pin.id.desc()).first().digits

    return ask


def rows(clinic):
    with clinic.session() as session:
        found = session.query(OutgoingMail).filter_by(kind=MailKind.PIN).order_by(OutgoingMail.id).all()
        session.expunge_all()
        return found


def letters(inbox):
    return [letter for letter in map(read, inbox.letters) if "PIN" in letter["Subject"]]


def text_of(letter):
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_the_pin_stands_alone_in_its_line_and_in_no_subject(clinic, inbox, post, asked):
    digits = asked()
    post()
    [letter] = letters(inbox)
    assert letter["To"] == f"m.devries@{clinic.slug}.example"
    assert re.search(rf"^{digits}$", text_of(letter), re.MULTILINE) and "30 minutes" in text_of(letter)
    assert digits in letter.get_body(("html",)).get_content() and digits not in letter["Subject"]
    assert "#" not in text_of(letter), "with the link beside it, the PIN would be one secret"


def test_what_was_handed_over_is_not_kept(clinic, inbox, post, asked):
    digits = asked()
    post()
    [row] = rows(clinic)
    assert (row.state, row.via) == (WorkState.DONE, mail.SMTP)
    assert (row.text, row.html) == ("", "") and digits not in row.subject + str(row.about)


def test_whoever_was_killed_after_handing_it_over_sends_the_same_again(clinic, inbox, post, asked, app, settings):
    digits = asked()
    for _ in range(2):
        [row] = rows(clinic)
        with app.test_request_context("/", base_url="http://localhost"):
            mail.send(clinic.sessions, settings, row)
    first, second = letters(inbox)
    assert digits in text_of(first) and text_of(first) == text_of(second)
    assert first["Message-ID"] == second["Message-ID"]


def test_a_letter_that_was_taken_badly_is_the_same_the_next_time(clinic, inbox, post, asked):
    inbox.refusals = 2  # the confirmation and the PIN
    digits = asked()
    post()
    assert [row.state for row in rows(clinic)] == [WorkState.WAITING]
    post(later=timedelta(minutes=5))
    [letter] = letters(inbox)
    assert digits in text_of(letter)
    tried = [read(content) for content in inbox.refused]
    assert letter["Message-ID"] in {one["Message-ID"] for one in tried}


def test_a_pin_that_expired_or_was_replaced_is_not_sent(clinic, inbox, post, asked):
    number = book(clinic)
    asked(number)
    latest = asked(number)
    post()
    assert [text_of(letter).count(latest) for letter in letters(inbox)] == [1]
    first, _second = rows(clinic)
    assert (first.state, first.error) == (WorkState.DROPPED, Unwanted.PIN_OVER)
    asked(number)
    with clock.at(clock.now() + timedelta(minutes=31)):
        post()
    assert len(letters(inbox)) == 1


def test_the_clinics_own_words_are_used(clinic, inbox, post, asked):
    with clinic.session() as session:
        own = MessageTemplateSet(name="Ours")
        body = "Dear *|patient_name|*, *|pin_code|* for *|pin_minutes|*."
        own.templates = [MessageTemplate(kind=MailKind.PIN, subject="The PIN of *|organization_name|*", body=body)]
        session.add(own)
    digits = asked()
    post()
    [letter] = letters(inbox)
    assert letter["Subject"] == f"The PIN of Harbour Street {clinic.mark}"
    assert text_of(letter).strip() == f"Dear M. de Vries {clinic.mark}, {digits} for 30 minutes."


def test_its_text_names_neither_link_nor_appointment():
    for code in ("portal_deeplink", "consult_deeplink", "appointment_date"):
        with pytest.raises(UnknownCode):
            check(f"*|{code}|*", MailKind.PIN)


def test_the_code_for_the_own_pages_leads_to_the_door_of_this_patient(clinic, inbox, post):
    with clinic.session() as session:
        own = MessageTemplateSet(name="Ours")
        own.templates = [MessageTemplate(kind=MailKind.CONFIRMATION, subject="Yours", body="Later:\n*|portal_deeplink|*\n\n*|visit_how|*")]
        session.add(own)
    number = book(clinic)
    post()
    [letter] = map(read, inbox.letters)
    with clinic.session() as session:
        token = session.get_one(Appointment, number).ticket.token
    assert f"http://localhost/portal/#{token}" in text_of(letter)
    assert "To your own pages" in letter.get_body(("html",)).get_content()
