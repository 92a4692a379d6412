"""Mails to external participants: their own link and calendar entry, the personal message, and nothing about health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock, participant, quick_consultation, reschedule, staff_booking
from telehealth.booking import Appointment
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.outbox import MailKind
from telehealth.participant import Group, NewPerson, Participant
from telehealth.quick_consultation import Quick
from telehealth.staff_booking import NewPatient, Plan
from tests.clinic import Clinic, client_id
from tests.integrations.conftest import read
from tests.integrations.test_mail import event_of

FAMILY = "visser@example.org"


def person(session: Any) -> NewPerson:
    group = Group(name="Family")
    session.add(group)
    session.flush()
    return NewPerson(group.id, "B.", "Visser", FAMILY)


def plan(clinic: Clinic, session: Any, **changes: Any) -> Plan:
    start = (clock.now() + timedelta(days=2)).replace(hour=7, minute=5, second=0, microsecond=0, tzinfo=None)
    return Plan(**({
        "client_id": client_id(), "practitioner_id": clinic.people["doctor"], "department_id": clinic.departments[0],
        "patient": NewPatient("A.", "Bakker", None, "anna@example.org"), "start": start, "minutes": 20, "message": "Bring your list.",
        "participants": (person(session),),
    } | changes))  # fmt: skip


@pytest.fixture
def made(clinic: Clinic) -> tuple[int, int]:
    """The ids of an appointment and of who is invited to it."""
    with clinic.session() as session:
        appointment = staff_booking.make(session, clinic.staff("doctor"), plan(clinic, session), clock.now()).appointments[0]
        return appointment.id, participant.of_appointment(session, appointment.id)[0].id


def letters(inbox: Any) -> list[Any]:
    found = [read(letter) for letter in inbox.letters]
    return [letter for letter in found if letter["To"] == FAMILY]


def text_of(letter: Any) -> str:
    return str(letter.get_body(("plain",)).get_content())


def test_the_invitation_has_the_own_link_the_message_and_a_calendar_entry(clinic: Clinic, inbox: Any, post: Any, made: Any) -> None:
    post()
    [letter] = letters(inbox)
    with clinic.session() as session:
        found, appointment = session.get_one(Participant, made[1]), session.get_one(Appointment, made[0])
        own, patients = found.ticket.token, appointment.ticket.token
        uid = found.uid
    text = text_of(letter)
    assert f"/visit/guest#{own}" in text and "Bring your list." in text and "Dear B. Visser" in text
    assert patients not in letter.as_string() and "Bakker" not in text
    part, calendar, event = event_of(letter)
    assert part.get_param("method") == "REQUEST" == str(calendar["METHOD"])
    assert (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"])) == (f"{uid}@konsulto", 0, "CONFIRMED")
    assert str(event["ATTENDEE"]) == f"mailto:{FAMILY}" and str(event["URL"]).endswith(f"/visit/guest#{own}")
    assert "Bakker" not in calendar.to_ical().decode()


def test_moving_replaces_the_entry_and_cancelling_takes_it_away(clinic: Clinic, inbox: Any, post: Any, made: Any) -> None:
    post()
    with clinic.session() as session:
        appointment = session.get_one(Appointment, made[0])
        later = appointment.start.replace(tzinfo=None) + timedelta(hours=5)
        reschedule.place(session, appointment, appointment.practitioner_id, later, clock.now())
    post()
    with clinic.session() as session:
        session.get_one(Appointment, made[0]).cancel(clock.now())
    post()
    first, changed, cancelled = (event_of(letter) for letter in letters(inbox))
    assert [str(found[1]["METHOD"]) for found in (first, changed, cancelled)] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({str(found[2]["UID"]) for found in (first, changed, cancelled)}) == 1
    assert [found[2]["SEQUENCE"] for found in (first, changed, cancelled)] == [0, 1, 2]
    assert "/visit/guest#" not in text_of(letters(inbox)[-1])


def test_who_was_taken_out_before_the_mail_went_is_not_invited(clinic: Clinic, inbox: Any, post: Any, made: Any) -> None:
    with clinic.session() as session:
        session.get_one(Participant, made[1]).remove(clinic.staff("doctor"), clock.now())
    post()
    [letter] = letters(inbox)
    assert str(event_of(letter)[1]["METHOD"]) == "CANCEL"


def test_invited_anew_the_calendar_takes_the_later_version(clinic: Clinic, inbox: Any, post: Any, made: Any) -> None:
    post()
    with clinic.session() as session:
        found = session.get_one(Participant, made[1])
        found.remove(clinic.staff("doctor"), clock.now())
    post()
    with clinic.session() as session:
        found = session.get_one(Participant, made[1])
        staff_booking.invite(session, session.get_one(Appointment, made[0]), [found.person], clock.now())
    post()
    told = [event_of(letter) for letter in letters(inbox)]
    assert [(str(calendar["METHOD"]), event["SEQUENCE"]) for _part, calendar, event in told] == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]


def test_of_a_series_one_mail_has_all_links_and_entries(clinic: Clinic, inbox: Any, post: Any) -> None:
    with clinic.session() as session:
        staff_booking.make(session, clinic.staff("doctor"), plan(clinic, session, times=3), clock.now())
    post()
    [letter] = letters(inbox)
    with clinic.session() as session:
        tokens = [one.ticket.token for one in session.query(Participant)]
    assert len(tokens) == 3 and all(token in text_of(letter) for token in tokens)
    assert len([part for part in letter.walk() if part.get_content_type() == "text/calendar"]) == 3


def test_the_clinic_writes_its_own_words(clinic: Clinic, inbox: Any, post: Any, made: Any) -> None:
    with clinic.session() as session:
        texts = MessageTemplateSet(name="Ours")
        texts.templates = [MessageTemplate(kind=MailKind.PARTICIPANT, subject="Join us", body="*|participant_name|* for *|patient_name|*: *|participant_link|*")]
        session.add(texts)
    post()
    [letter] = letters(inbox)
    assert letter["Subject"] == "Join us" and "B. Visser for A. Bakker: http" in text_of(letter)
    assert "Bring your list." in text_of(letter), "what staff wrote is told even where the text does not name it"


def test_to_a_consultation_that_begins_at_once_goes_the_link_alone(clinic: Clinic, inbox: Any, post: Any) -> None:
    with clinic.session() as session:
        given = Quick(client_id(), clinic.departments[0], NewPatient("A.", "Bakker", None, ""), participants=(person(session),))
        quick_consultation.start(session, clinic.staff("doctor"), given, clock.now())
    post()
    [letter] = letters(inbox)
    assert "/visit/guest#" in text_of(letter)
    assert [part for part in letter.walk() if part.get_content_type() == "text/calendar"] == []
