"""Mails to staff about their appointments: when, how and where to look, an entry for the own calendar, nobody's name."""

from __future__ import annotations

from typing import Any

import pytest
from icalendar import Calendar

from telehealth import booking, clock, new_bookings, news, reschedule
from telehealth.booking import Appointment, Search
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.outbox import NEWS, MailKind, OutgoingMail, Unwanted
from tests.clinic import Clinic
from tests.integrations.conftest import book, read


def tell(clinic: Clinic) -> None:
    with clinic.session() as session:
        new_bookings.follow(session, clock.now())
        for job in session.query(Job).filter_by(organization_id=clinic.id, kind=booking.CHANGED).order_by(Job.id):
            news.tell_of_change(session, job.payload, clock.now())


def to(inbox: Any, address: str) -> list[Any]:
    return [letter for content in inbox.letters if (letter := read(content))["To"] == address]


def whose(clinic: Clinic, number: int) -> str:
    with clinic.session() as session:
        return session.get_one(Appointment, number).practitioner.email


def entry(letter: Any) -> Any:
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    text = part.get_content()
    calendar = Calendar.from_ical(text if isinstance(text, str) else text.decode())
    return part["Content-Type"].params["method"], calendar.walk("VEVENT")[0]


def every_word(letter: Any) -> str:
    return "".join(str(part.get_content()) for part in letter.walk() if not part.is_multipart()) + str(letter["Subject"])


def test_a_booking_is_told_with_time_way_link_and_calendar_and_without_the_patient(clinic: Clinic, inbox: Any, post: Any, settings: Any) -> None:
    number = book(clinic)
    tell(clinic)
    post()
    [letter] = to(inbox, whose(clinic, number))
    with clinic.session() as session:
        made = session.get_one(Appointment, number)
        local = made.start.astimezone(session.get_one(Organization, clinic.id).tz)
        token = made.ticket.token
        start, uid = made.start, made.uid
    text = letter.get_body(("plain",)).get_content()
    assert f"{local:%H:%M}" in text and "By video" in text and "A patient has booked" in text
    assert f"{settings.base_url}/desk/calendar?date={local:%Y-%m-%d}" in text
    method, event = entry(letter)
    assert (method, event.decoded("dtstart"), str(event["uid"])) == ("REQUEST", start, f"{uid}-desk@konsulto")
    assert str(event["attendee"]) == f"mailto:{letter['To']}"
    for secret in ("de Vries", "m.devries", token, "1984"):
        assert secret not in every_word(letter)


def test_a_move_to_a_colleague_enters_one_calendar_and_leaves_the_other(clinic: Clinic, inbox: Any, post: Any) -> None:
    number = book(clinic)
    before = whose(clinic, number)
    with clinic.session() as session:
        made = session.get_one(Appointment, number)
        other = next(clinic.people[who] for who in ("doctor", "nurse") if clinic.people[who] != made.practitioner_id)
        day = made.start.date()
        [*_, last] = booking.day_of(session, Search(practitioner_id=other), day, clock.now())
        reschedule.move(session, made, last.id, clock.now())
        name = made.practitioner.name
    tell(clinic)
    post()
    [lost], [got] = to(inbox, before), to(inbox, whose(clinic, number))
    assert (entry(lost)[0], entry(got)[0]) == ("CANCEL", "REQUEST")
    assert entry(lost)[1]["uid"] == entry(got)[1]["uid"]
    assert name in every_word(got) and "Before, it was" in every_word(got)
    assert "de Vries" not in every_word(lost) + every_word(got)


def test_a_cancellation_takes_the_entry_out(clinic: Clinic, inbox: Any, post: Any) -> None:
    number = book(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())
    tell(clinic)
    post()
    [letter] = to(inbox, whose(clinic, number))
    method, event = entry(letter)
    assert (method, str(event["status"]), int(event["sequence"])) == ("CANCEL", "CANCELLED", 1)
    assert "is cancelled" in every_word(letter)


def test_a_booking_that_was_cancelled_before_its_mail_left_is_told_as_cancelled_only(clinic: Clinic, inbox: Any, post: Any) -> None:
    number = book(clinic)
    tell(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())
    tell(clinic)
    post()
    subjects = [letter["Subject"] for letter in to(inbox, whose(clinic, number))]
    assert len(subjects) == 1 and subjects[0].startswith("Cancelled")


@pytest.mark.parametrize("kind", sorted(NEWS))
def test_a_clinic_that_sends_no_mails_sends_none_to_staff_either(clinic: Clinic, inbox: Any, post: Any, kind: MailKind) -> None:
    number = book(clinic)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
        session.query(OutgoingMail).delete()
        about = {"person_name": "A", "mine": True, "sequence": 0, "was": {"practitioner": clinic.people["doctor"], "start": clock.now().isoformat()}}
        session.add(OutgoingMail(
            kind=kind, message_key=f"{clinic.slug}-{kind}"[:40], recipient="a@b.example", due=clock.now(), written_at=clock.now(), about=about,
            appointment_id=None if kind is MailKind.STAFF_ASKED else number,
        ))  # fmt: skip
    post()
    assert inbox.letters == []
    with clinic.session() as session:
        assert session.query(OutgoingMail).one().error == Unwanted.NO_MAILS
