"""Mails of appointments: written with the booking, composed once, repeated word for word, silent about health."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar

from integrations import mail
from telehealth import booking, clock, elsewhere, reminder, reschedule, staff_booking
from telehealth.booking import Appointment, Search
from telehealth.department import Department
from telehealth.job import ATTEMPTS, NoLongerWanted, WorkState
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail, enqueue
from telehealth.staff_booking import NewPatient, Plan
from telehealth.translation import translate
from telehealth.waiting_room import CallBackWay, Encounter
from telehealth.widget import Widget
from tests.clinic import client_id
from tests.integrations.conftest import book, read
from tests.server import free_port


def cancel(clinic, number):
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())


def mails(clinic):
    with clinic.session() as session:
        rows = session.query(OutgoingMail).order_by(OutgoingMail.id)
        return [(row.kind, row.state, row.turn, row.via) for row in rows]


def event_of(letter):
    part = next(part for part in letter.walk() if part.get_content_type() == "text/calendar")
    text = part.get_content()
    calendar = Calendar.from_ical(text if isinstance(text, str) else text.decode())
    return part, calendar, calendar.walk("VEVENT")[0]


def test_a_booking_sends_one_letter_with_text_page_and_calendar(clinic, inbox, post):
    number = book(clinic)
    post()
    post()
    assert len(inbox.letters) == 1
    letter = read(inbox.letters[0])
    assert letter["To"] == f"m.devries@{clinic.slug}.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in letter.walk() if not part.is_multipart()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert mails(clinic) == [(MailKind.CONFIRMATION, WorkState.DONE, 1, mail.SMTP)]
    with clinic.session() as session:
        start = session.get_one(Appointment, number).start
        local = start.astimezone(session.get_one(Organization, clinic.id).tz)
    text = letter.get_body(("plain",)).get_content()
    assert f"{local:%A}" in text
    assert f"{local:%H:%M}" in text
    assert "Central European Time" in text


def test_the_link_carries_its_token_behind_the_hash(clinic, inbox, post, settings):
    number = book(clinic)
    post()
    with clinic.session() as session:
        token = session.get_one(Appointment, number).ticket.token
    letter = read(inbox.letters[0])
    link = f"{settings.base_url}/visit#{token}"
    assert link in letter.get_body(("plain",)).get_content()
    assert f'href="{link}"' in letter.get_body(("html",)).get_content()
    assert inbox.letters[0].count(b"?token") == 0


def test_nothing_about_health_is_in_it(clinic, inbox, post):
    book(clinic, answers={"reason": "Chlamydia test", "first": "Palpitations"})
    post()
    everything = str(read(inbox.letters[0])) + str(event_of(read(inbox.letters[0]))[1].to_ical())
    letter = read(inbox.letters[0])
    bodies = everything + "".join(str(part.get_content()) for part in letter.walk() if not part.is_multipart())
    assert "Chlamydia" not in bodies
    assert "Palpitations" not in bodies


def test_the_calendar_entry_is_an_invitation_that_can_be_replaced(clinic, inbox, post):
    number = book(clinic)
    post()
    cancel(clinic, number)
    post()
    (part, asked, first), (_, taken_back, last) = (event_of(read(letter)) for letter in inbox.letters)
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "REQUEST"
    assert (str(asked["method"]), str(taken_back["method"])) == ("REQUEST", "CANCEL")
    assert first["uid"] == last["uid"]
    assert (int(first["sequence"]), int(last["sequence"])) == (0, 1)
    assert (str(first["status"]), str(last["status"])) == ("CONFIRMED", "CANCELLED")
    assert str(first["attendee"]) == f"mailto:m.devries@{clinic.slug}.example"
    with clinic.session() as session:
        made = session.get_one(Appointment, number)
        assert (first.decoded("dtstart"), first.decoded("dtend")) == (made.start, made.end)


def test_after_a_failure_the_same_letter_is_sent_word_for_word(clinic, inbox, post):
    inbox.refusals = 2
    book(clinic)
    post()
    assert mails(clinic) == [(MailKind.CONFIRMATION, WorkState.WAITING, 1, mail.SMTP)]
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).name = "A new name"
    post(timedelta(minutes=1))
    post(timedelta(minutes=2))
    assert mails(clinic) == [(MailKind.CONFIRMATION, WorkState.DONE, 3, mail.SMTP)]
    assert len({read(letter)["Message-ID"] for letter in [*inbox.refused, *inbox.letters]}) == 1
    assert parts(inbox.letters[0]) == parts(inbox.refused[0]) == parts(inbox.refused[1])
    assert "A new name" not in str(parts(inbox.letters[0]))


def parts(content):
    letter = read(content)
    heads = [letter[name] for name in ("Subject", "Date", "From", "To")]
    return heads + [part.get_content() for part in letter.walk() if not part.is_multipart()]


def test_a_mail_server_that_is_down_is_asked_again_later_and_given_up_at_last(clinic, post, settings):
    book(clinic)
    dead = settings.model_copy(update={"smtp_port": free_port()})
    for turn in range(ATTEMPTS):
        post(timedelta(hours=turn), using=dead)
    post(timedelta(hours=100), using=dead)
    assert mails(clinic) == [(MailKind.CONFIRMATION, WorkState.DEAD, ATTEMPTS, mail.SMTP)]
    with clinic.session() as session:
        assert "ConnectionRefusedError" in session.query(OutgoingMail).one().error


def test_an_appointment_that_was_cancelled_meanwhile_is_not_confirmed(clinic, inbox, post):
    cancel(clinic, book(clinic))
    post()
    states = {kind: state for kind, state, _, _ in mails(clinic)}
    assert states == {MailKind.CONFIRMATION: WorkState.DROPPED, MailKind.CANCELLATION: WorkState.DONE}
    assert [read(letter)["Subject"].startswith("Cancelled") for letter in inbox.letters] == [True]


def test_an_organisation_that_sends_no_mails_sends_none(clinic, inbox, post):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    book(clinic)
    post()
    assert not inbox.letters
    assert [state for _, state, _, _ in mails(clinic)] == [WorkState.DROPPED]


def test_without_a_mail_server_letters_stay_in_the_local_mailbox(clinic, inbox, post, house):
    book(clinic)
    post(using=house.settings)
    assert not inbox.letters
    assert mails(clinic) == [(MailKind.CONFIRMATION, WorkState.DONE, 1, mail.LOCAL)]
    with clinic.session() as session:
        assert "/visit#" in session.query(OutgoingMail).one().text


def test_an_attempt_that_failed_leaves_no_mail(clinic):
    with clinic.session() as session:
        now = clock.now()
        slot = booking.day_of(session, Search(), (now + timedelta(days=2)).date(), now)[0]
    book(clinic)
    with pytest.raises(booking.SlotTaken), clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        booking.book(session, widget, clinic.booking(slot.id), clock.now())
    assert len(mails(clinic)) == 1


def template(clinic, **texts):
    with clinic.session() as session:
        made = MessageTemplateSet(name="All")
        made.templates = [MessageTemplate(kind=MailKind.CONFIRMATION, **texts)]
        session.add(made)
        session.flush()
        return made.templates[0].id


def test_the_clinics_own_words_are_used_with_values_in_their_places(clinic, inbox, post):
    template(clinic, subject="Dear *|patient_name|*", body="With *|practitioner_name|*\n\n*|consult_deeplink|*")
    book(clinic, last_name="O'Neill <b>&")
    post()
    letter = read(inbox.letters[0])
    assert letter["Subject"] == "Dear M. O'Neill <b>&"
    assert "<b>" not in letter.get_body(("html",)).get_content()
    assert letter.get_body(("plain",)).get_content().startswith("With Dr ")


def test_a_letter_is_in_one_language_throughout(clinic, inbox, post):
    number = template(clinic, subject="Your appointment", body="On *|appointment_date|*")
    with clinic.session() as session:
        row = session.get_one(MessageTemplate, number)
        translate(session, row, "subject", "de", "Ihr Termin", clock.now())
        translate(session, row, "body", "de", "Am *|appointment_date|*", clock.now())
    book(clinic, locale="de")
    post()
    letter = read(inbox.letters[0])
    assert (letter["Subject"], letter["Content-Language"]) == ("Ihr Termin", "de")
    assert re.match(r"Am \w+, \d+\. \w+ \d{4}", letter.get_body(("plain",)).get_content())
    assert 'lang="de"' in letter.get_body(("html",)).get_content()


def test_where_a_translation_is_not_complete_the_whole_letter_falls_back(clinic, inbox, post):
    number = template(clinic, subject="Your appointment", body="On *|appointment_date|*")
    with clinic.session() as session:
        translate(session, session.get_one(MessageTemplate, number), "subject", "de", "Ihr Termin", clock.now())
    book(clinic, locale="de")
    post()
    letter = read(inbox.letters[0])
    assert (letter["Subject"], letter["Content-Language"]) == ("Your appointment", "en")
    assert 'lang="en"' in letter.get_body(("html",)).get_content()


def _wait_elsewhere(clinic, **changes):
    with clinic.session() as session:
        visit = clinic.arrive(session, **changes)
        elsewhere.go(session, visit, CallBackWay.MAIL, "s@example.org", texting=False, now=clock.now())
        return visit.id, visit.ticket.token


def _call_back(clinic, number):
    with clinic.session() as session:
        session.get_one(Encounter, number).call_back(clock.now())


def test_whoever_waits_elsewhere_gets_the_way_back_and_nothing_about_health(clinic, inbox, post):
    number, token = _wait_elsewhere(clinic)
    _call_back(clinic, number)
    post()
    letter = read(inbox.letters[0])
    assert letter["To"] == "s@example.org"
    text = letter.get_body(("plain",)).get_content()
    assert f"/w/{clinic.widgets['walk_in']}?lang=en#ticket={token}" in text
    assert f"Lindqvist {clinic.mark}" in text and "Dizzy" not in text
    assert token not in letter["Subject"]
    assert [part.get_content_type() for part in letter.walk() if not part.is_multipart()] == ["text/plain", "text/html"]


def test_whoever_is_back_before_it_is_sent_gets_no_call_back(clinic, inbox, post):
    number, _ = _wait_elsewhere(clinic)
    _call_back(clinic, number)
    with clinic.session() as session:
        session.get_one(Encounter, number).come_back()
    post()
    assert inbox.letters == []
    assert mails(clinic)[0][1] is WorkState.DROPPED


def test_a_clinics_own_words_call_back_in_the_visits_department(clinic, inbox, post):
    number, token = _wait_elsewhere(clinic)
    with clinic.session() as session:
        texts = MessageTemplateSet(name="Ours", departments=[session.get_one(Department, clinic.departments[0])])
        texts.templates = [MessageTemplate(kind=MailKind.CALL_BACK, subject="Soon", body="Come: *|waiting_room_link|*")]
        session.add(texts)
    _call_back(clinic, number)
    post()
    letter = read(inbox.letters[0])
    assert letter["Subject"] == "Soon" and token in letter.get_body(("plain",)).get_content()


def test_a_reminder_that_waited_until_the_appointment_had_begun_is_not_sent(clinic, house, app, settings, inbox):
    with clinic.session() as session:
        made = clinic.book(session)
        start = made.start
        assert reminder.write_due(session, start - timedelta(minutes=10)) == 1
        row = session.query(OutgoingMail).filter_by(kind=MailKind.REMINDER).one()
        session.expunge(row)
    with app.test_request_context("/"), clock.at(start + timedelta(seconds=1)), pytest.raises(NoLongerWanted):
        mail.send(house.sessions, settings, row)
    with app.test_request_context("/"), clock.at(start - timedelta(minutes=9)):
        mail.send(house.sessions, settings, row)
    [letter] = inbox.letters
    message = email.message_from_bytes(letter, policy=email.policy.default)
    assert message["Subject"].startswith("Reminder: your appointment")
    assert "/visit#" in message.get_body(("plain",)).get_content()


def test_a_change_is_told_once_with_the_calendar_entry_that_replaces_the_old(clinic, house, app, settings, inbox):
    with clinic.session() as session:
        made = clinic.book(session)
        uid, search = made.uid, booking.Search(practitioner_id=made.practitioner_id)
        for number in (1, 2):
            slots = booking.day_of(session, search, made.start.date(), clock.now())
            reschedule.move(session, made, slots[number].id, clock.now())
        start = made.start
        rows = session.query(OutgoingMail).filter_by(kind=MailKind.CHANGE).order_by(OutgoingMail.id).all()
        session.expunge_all()
    first, last = rows
    with app.test_request_context("/"), pytest.raises(NoLongerWanted):
        mail.send(house.sessions, settings, first)
    with app.test_request_context("/"):
        mail.send(house.sessions, settings, last)
    [letter] = inbox.letters
    message = email.message_from_bytes(letter, policy=email.policy.default)
    assert message["Subject"].startswith("Changed: your appointment")
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    [event] = Calendar.from_ical(part.get_content()).walk("VEVENT")
    assert (str(event["UID"]), event["SEQUENCE"], event["DTSTART"].dt) == (f"{uid}@konsulto", 2, start)


def test_a_series_is_told_in_one_letter_with_all_links_and_calendar_entries_and_the_message(clinic, inbox, post):
    day = (clock.now() + timedelta(days=2)).date()
    plan = Plan(
        client_id(), clinic.people["doctor"], clinic.departments[0], NewPatient("A.", "Bakker", None, "anna@example.org"),
        datetime(day.year, day.month, day.day, 7), 20,  # noqa: DTZ001 (a wall time)
        "Bring *|your|* list.", times=3,
    )  # fmt: skip
    with clinic.session() as session:
        made = staff_booking.make(session, clinic.staff("doctor"), plan, clock.now()).appointments
        made[1].cancel(clock.now())
        tokens, ours = [one.ticket.token for one in made], [one.uid for one in made]
        for outgoing in session.query(OutgoingMail).filter_by(kind=MailKind.CANCELLATION):
            session.delete(outgoing)
    post()
    (letter,) = [read(raw) for raw in inbox.letters]
    text = letter.get_body(("plain",)).get_content()
    assert "Bring *|your|* list." in text
    assert [token in text for token in tokens] == [True, False, True]
    files = [part.get_content() for part in letter.walk() if part.get_content_type() == "text/calendar"]
    uids = [str(Calendar.from_ical(file).walk("VEVENT")[0]["uid"]) for file in files]
    assert uids == [f"{ours[0]}@konsulto", f"{ours[2]}@konsulto"]


def test_whoever_waits_for_a_time_gets_the_way_to_the_free_times_in_their_language(clinic, inbox, post):
    with clinic.session() as session:
        about = {"widget": clinic.widgets["booking"], "department_id": None}
        enqueue(session, MailKind.TIME_FREE, None, "anna@example.org", locale="nl", now=clock.now(), about=about)
    post()
    (letter,) = [read(raw) for raw in inbox.letters]
    assert f"/w/{clinic.widgets['booking']}" in letter.get_body(("plain",)).get_content()
    assert letter["Content-Language"] == "nl"
    assert [part for part in letter.walk() if part.get_content_type() == "text/calendar"] == []
