"""Mails and calendar files say how patient and practitioner meet."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from telehealth import booking, clock
from telehealth.booking import Appointment, Search
from telehealth.translation import translate
from telehealth.visit_type import Mode, VisitType
from telehealth.widget import Widget
from tests.integrations.conftest import read
from tests.integrations.test_mail import event_of


def book(clinic, locale="en", phone="01632 960 001", **columns):
    with clinic.session() as session:
        kind = VisitType(**({"name": "First visit"} | columns))
        session.add(kind)
        session.flush()
        if locale != "en":
            translate(session, kind, "name", locale, "Erster Besuch", clock.now())
        day = (clock.now() + timedelta(days=2)).date()
        slot = booking.day_of(session, Search(), day, clock.now())[0]
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        return booking.book(session, widget, clinic.booking(slot.id, phone=phone, locale=locale), clock.now()).id


def letter_of(inbox, post):
    post()
    letter = read(inbox.letters[0])
    is_here = "come to the waiting room" in letter.get_body(("plain",)).get_content()
    assert ("To the waiting room" in letter.get_body(("html",)).get_content()) == is_here
    return letter.get_body(("plain",)).get_content(), event_of(letter)[2]


@pytest.mark.parametrize(("columns", "said", "unsaid", "place"), [
    ({"mode": Mode.VIDEO}, "come to the waiting room", "We call you", "/visit#"),
    ({"mode": Mode.CHAT}, "come to the waiting room", "We call you", "/visit#"),
    ({"mode": Mode.PHONE}, "We call you at this time on 01632 960 001.", "waiting room", "Telephone: 01632 960 001"),
    ({"mode": Mode.ON_SITE, "place": "Room 7, 1 High Street"}, "Please come to: Room 7, 1 High Street.", "waiting room", "Room 7, 1 High Street"),
])  # fmt: skip
def test_the_mail_says_how_you_meet(clinic, inbox, post, columns, said, unsaid, place):
    book(clinic, price=Decimal("45.50"), **columns)
    text, event = letter_of(inbox, post)
    assert said in text
    assert unsaid not in text
    assert "First visit · €45.50" in text
    assert "/visit#" in text
    assert place in str(event["location"])


def test_without_a_number_the_mail_names_none(clinic, inbox, post):
    book(clinic, phone="", mode=Mode.PHONE)
    text, event = letter_of(inbox, post)
    assert "We call you at this time." in text
    assert str(event["location"]) == "Telephone"


def test_the_visit_type_is_in_the_letters_language(clinic, inbox, post):
    number = book(clinic, locale="de", mode=Mode.VIDEO, price=Decimal(45))
    text, _event = letter_of(inbox, post)
    with clinic.session() as session:
        assert session.get_one(Appointment, number).locale == "de"
    assert "Erster Besuch · 45,00 €" in text.replace("\xa0", " ")
