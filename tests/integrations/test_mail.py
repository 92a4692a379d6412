"""Mails of appointments: written with the booking, composed once, repeated word for word, silent about health."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import datetime, timedelta

import pytest
from icalendar import Calendar

from integrations import mail
from telehealth import attachment, booking, clock, delay, elsewhere, quick_consultation, reminder, reschedule, staff_booking
from telehealth.booking import Appointment, AppointmentStatus, Search
from telehealth.department import Department
from telehealth.file import Content
from telehealth.job import ATTEMPTS, NoLongerWanted, WorkState
from telehealth.message_template import MessageTemplate, MessageTemplateSet
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail, enqueue
from telehealth.quick_consultation import Quick
from telehealth.staff_booking import NewPatient, Plan
from telehealth.translation import translate
from telehealth.waiting_room import CallBackWay, Encounter
from telehealth.widget import Widget
from tests.clinic import client_id
from tests.integrations.conftest import book, read
from tests.questionnaires import asked_everywhere
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


def _quick(clinic):
    with clinic.session() as session:
        patient = NewPatient("A.", "Bakker", None, "anna@example.org", locale="en")
        wanted = Quick("a-quick-consultation", clinic.departments[0], patient)
        visit = quick_consultation.start(session, clinic.staff("doctor"), wanted, clock.now())
        return visit.id, visit.ticket.token


def test_whoever_is_awaited_gets_the_way_straight_in_and_nothing_about_health(clinic, inbox, post):
    _, token = _quick(clinic)
    post()
    letter = read(inbox.letters[0])
    assert letter["To"] == "anna@example.org" and letter["Subject"].strip().startswith(f"Dr Doctor {clinic.mark} of Harbour Street")
    assert f"/visit#{token}" in letter.get_body(("plain",)).get_content()
    assert token not in letter["Subject"]


@pytest.mark.parametrize("since", ["is there", "has ended", "has expired"])
def test_nobody_is_invited_who_is_there_or_cannot_come_any_more(clinic, house, app, settings, inbox, since):
    number, _ = _quick(clinic)
    with clinic.session() as session:
        visit = session.get_one(Encounter, number)
        if since == "is there":
            visit.connection(connected=True, now=clock.now())
        elif since == "has ended":
            visit.end(clinic.staff("doctor"), clock.now())
        row = session.query(OutgoingMail).filter_by(kind=MailKind.QUICK_CONSULTATION).one()
        session.expunge(row)
    later = timedelta(minutes=61 if since == "has expired" else 1)
    with app.test_request_context("/"), clock.at(clock.now() + later), pytest.raises(NoLongerWanted):
        mail.send(house.sessions, settings, row)
    assert inbox.letters == []


def _miss(clinic, number, **settings):
    with clinic.session() as session:
        for name, value in settings.items():
            setattr(session.get_one(Organization, clinic.id), name, value)
        made = session.get_one(Appointment, number)
        made.miss(made.end + timedelta(hours=2))
        return made.end + timedelta(hours=3)


def test_whoever_did_not_come_is_shown_the_way_to_another_time(clinic, inbox, post, settings):
    number = book(clinic, answers={"reason": "Chlamydia test"})
    post()
    with clock.at(_miss(clinic, number)):
        post()
    letter = read(inbox.letters[-1])
    text = letter.get_body(("plain",)).get_content()
    assert letter["Subject"].startswith("We missed you at")
    assert f"{settings.base_url}/w/{clinic.widgets['booking']}" in text
    assert "Chlamydia" not in text
    assert "text/calendar" not in [part.get_content_type() for part in letter.walk()]


def test_where_patients_cannot_book_no_way_to_another_time_is_told(clinic, inbox, post, settings):
    number = book(clinic)
    post()
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets["booking"]).one().active = False
    with clock.at(_miss(clinic, number)):
        post()
    text = read(inbox.letters[-1]).get_body(("plain",)).get_content()
    assert "another time" not in text
    assert settings.base_url not in text


@pytest.mark.parametrize(("settings_", "comes"), [({"send_missed": False}, False), ({}, True)])
def test_nobody_is_told_where_the_clinic_does_not_want_it_or_the_patient_came(clinic, inbox, post, settings_, comes):
    number = book(clinic)
    post()
    later = _miss(clinic, number, **settings_)
    if comes:
        with clinic.session() as session:
            session.get_one(Appointment, number).status = AppointmentStatus.DONE
    with clock.at(later):
        post()
    assert len(inbox.letters) == 1


@pytest.mark.parametrize("kind", [MailKind.CONFIRMATION, MailKind.REMINDER, MailKind.CHANGE])
def test_a_mail_says_that_there_is_something_to_read_and_nothing_of_it(clinic, app, house, kind):
    number = book(clinic)
    with clinic.session() as session:
        enqueue(session, kind, number, "a@example.org", locale="en", now=clock.now(), about={"sequence": 0}, key=client_id())
        row = session.query(OutgoingMail).order_by(OutgoingMail.id.desc()).first()
        with app.test_request_context("/"):
            assert "something to read" not in mail.compose(session, house.settings, row).text
            appointment = session.get_one(Appointment, number)
            content = Content("HIV result.pdf", "application/pdf", b"%PDF-")
            attachment.add_by_staff(session, clinic.staff("admin"), appointment, content, client_id(), clock.now())
            letter = mail.compose(session, house.settings, row)
    assert "We have put something to read for you on the page of your appointment." in letter.text
    assert "something to read" in letter.html
    assert "HIV" not in letter.subject + letter.text + letter.html
    assert [one["type"].partition(";")[0] for one in letter.attachments] == ["text/calendar"]
def test_whoever_is_still_to_come_is_told_how_late_it_gets(clinic, inbox, post):
    number = book(clinic)
    with clinic.session() as session:
        session.query(OutgoingMail).delete()
        made = session.get_one(Appointment, number)
        start, zone = made.start, session.get_one(Organization, clinic.id).tz
        with clock.at(start - timedelta(minutes=30)):
            delay.run_late(session, clinic.staff("admin"), made.practitioner_id, 10, clock.now())
    with clock.at(start - timedelta(minutes=28)):
        post()
    [letter] = [read(content) for content in inbox.letters]
    text = letter.get_body(("plain",)).get_content()
    assert "10 minutes late" in letter["Subject"]
    assert f"{(start + timedelta(minutes=10)).astimezone(zone):%H:%M}" in text


@pytest.mark.parametrize("own_text", [False, True])
def test_a_confirmation_leads_to_what_is_asked_before_and_tells_nothing_of_it(clinic, inbox, post, own_text):
    asked_everywhere(clinic, title="Palpitations")
    if own_text:
        with clinic.session() as session:
            texts = MessageTemplateSet(name="Ours")
            texts.templates = [MessageTemplate(kind=MailKind.CONFIRMATION, subject="Yes", body="Hello.\n\n*|questions_first|*\n\n*|visit_how|*")]
            session.add(texts)
    book(clinic)
    post()
    text = read(inbox.letters[0]).get_body(("plain",)).get_content()
    assert text.count("we would like to know some things from you") == 1 and "/visit#" in text.partition("some things from you")[2]
    assert "Palpitations" not in text


def test_a_confirmation_where_nothing_is_asked_says_nothing_of_questions(clinic, inbox, post):
    book(clinic)
    post()
    assert "some things" not in read(inbox.letters[0]).get_body(("plain",)).get_content()
