"""The addresses of the patient's own pages: in with a link and its PIN, the own things only, and out again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar

from telehealth import audit, clock, questionnaire_response
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.pin import Pin
from telehealth.questionnaire_response import Occasion
from tests.clinic import client_id
from tests.portal.conftest import Patient, book, digits_in
from tests.questionnaires import RIGHT
from tests.questionnaires import made as made_questionnaire

READS = ["appointments", "questionnaires", "looks", "appointments/{uid}/calendar"]


def ask(app, booked):
    return app.test_client().post("/portal/pin", json={"ticket": booked.ticket})


def enter(app, booked, digits, **body):
    given = {"ticket": booked.ticket, "pin": digits, "client_id": client_id()} | body
    return app.test_client().post("/portal/session", json=given)


def wrong(digits):
    return f"{(int(digits) + 1) % 10**6:06}"


def test_whoever_lands_without_a_link_learns_where_the_link_is(app):
    answer = app.test_client().get("/portal/")
    assert answer.status_code == 200 and "link in your mail" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"


def test_the_door_says_whose_it_is_and_nothing_of_the_patient(app, clinic, booked):
    answer = app.test_client().post("/portal/door", json={"ticket": booked.ticket})
    assert answer.status_code == 200 and clinic.mark in answer.json["name"]
    assert (answer.json["mails"], answer.json["works"]) == (True, "30 minutes")
    assert "de Vries" not in answer.text and booked.email not in answer.text


def test_the_mail_holds_the_pin_and_nothing_about_health(app, clinic, booked, mailed):
    assert (ask(app, booked).status_code, ask(app, booked).json) == (202, {})
    first, second = mailed(clinic)
    assert first.composed_at is None, "a newer one was asked for"
    assert second.recipient == booked.email and "30 minutes" in second.text
    digits = digits_in(second.text)
    assert digits not in second.subject and booked.ticket not in second.text + second.html
    assert second.attachments == [] and digits in second.html
    assert enter(app, booked, digits).status_code == 201


def test_asking_and_trying_tell_nobody_whether_an_address_is_known(app, clinic, booked, mailed):
    nameless = book(clinic, 1, email="", last_name="Without")
    asked = [ask(app, one) for one in (booked, nameless)]
    assert [(answer.status_code, answer.data) for answer in asked] == [(202, b"{}\n")] * 2
    digits = digits_in(mailed(clinic)[-1].text)
    known, unknown = (enter(app, one, wrong(digits)) for one in (booked, nameless))
    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)
    assert known.status_code == 422 and "4 tries are left" in known.json["fields"]["pin"]
    with clinic.session() as session:
        assert session.query(OutgoingMail).filter_by(kind=MailKind.PIN).count() == 1


def test_each_wrong_try_counts_over_requests_and_the_fifth_ends_the_pin(app, clinic, booked, mailed):
    ask(app, booked)
    digits = digits_in(mailed(clinic)[-1].text)
    answers = [enter(app, booked, wrong(digits)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [409]
    assert "One try is left" in answers[3].json["fields"]["pin"]
    assert enter(app, booked, digits).json["error"] == "pin_over"


@pytest.mark.parametrize("given", ["12345", "1234567", "abcdef", "", "١٢٣٤٥٦"])
def test_what_is_no_pin_is_no_try(app, clinic, booked, given):
    ask(app, booked)
    answer = enter(app, booked, given)
    assert answer.status_code == 422 and answer.json["fields"]["pin"] == "A PIN has 6 digits."
    with clinic.session() as session:
        assert session.query(Pin).one().tries == 0


def test_a_pin_may_be_pasted_with_spaces(app, clinic, booked, mailed):
    ask(app, booked)
    digits = digits_in(mailed(clinic)[-1].text)
    assert enter(app, booked, f" {digits[:3]} {digits[3:]} ").status_code == 201


def test_the_same_sent_twice_gives_the_same_session(app, clinic, booked, mailed):
    ask(app, booked)
    digits, client = digits_in(mailed(clinic)[-1].text), client_id()
    tokens = {enter(app, booked, digits, client_id=client).json["token"] for _ in range(2)}
    assert len(tokens) == 1
    assert enter(app, booked, digits).json["error"] == "pin_over", "another page needs another PIN"


def test_pins_are_few_in_an_hour(app, house, booked):
    statuses = [ask(app, booked).status_code for _ in range(house.settings.pins_per_hour + 1)]
    assert statuses == [202] * house.settings.pins_per_hour + [429]


@pytest.mark.parametrize("path", ["door", "pin", "session"])
def test_a_link_that_is_none_opens_no_door(app, clinic, path):
    body = {"ticket": "x" * 43} | ({"pin": "123456", "client_id": client_id()} if path == "session" else {})
    assert app.test_client().post(f"/portal/{path}", json=body).status_code == 404
    with clinic.session() as session:
        walked_in = clinic.arrive(session).ticket.token
    assert app.test_client().post(f"/portal/{path}", json=body | {"ticket": walked_in}).status_code == 404


@pytest.mark.parametrize("path", ["door", "pin", "session"])
def test_another_sites_page_cannot_ask(app, booked, path):
    body = {"ticket": booked.ticket} | ({"pin": "123456", "client_id": client_id()} if path == "session" else {})
    answer = app.test_client().post(f"/portal/{path}", json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", READS)
def test_nobody_reads_without_a_session_nor_with_one_that_ended(app, clinic, booked, come_in, path):
    address = f"/portal/{path.format(uid=booked.uid)}"
    assert app.test_client().get(address).status_code == 401
    patient = come_in(clinic, booked)
    assert app.test_client().get(address, headers=patient.headers).status_code == 200
    with clock.at(clock.now() + timedelta(hours=2)):
        assert app.test_client().get(address, headers=patient.headers).json["error"] == "signed_out"
    assert patient.post("sign-out").status_code == 200
    assert app.test_client().get(address, headers=patient.headers).status_code == 401
    assert patient.post("sign-out").status_code == 401


def test_use_keeps_a_session_and_a_day_ends_it(app, clinic, booked, come_in):
    patient, now = come_in(clinic, booked), clock.now()
    for hours in range(1, 24):
        with clock.at(now + timedelta(hours=hours)):
            assert patient.get("appointments").status_code == 200, hours
    with clock.at(now + timedelta(hours=24, minutes=1)):
        assert patient.get("appointments").status_code == 401


def test_a_token_of_a_widget_or_of_the_link_opens_no_own_pages(app, clinic, booked, visitor):
    token = app.test_client().post("/visit/session", json={"ticket": booked.ticket}).json["token"]
    for bearer in (token, visitor(clinic.widgets["booking"]).token, booked.ticket):
        answer = app.test_client().get("/portal/appointments", headers={"Authorization": f"Bearer {bearer}"})
        assert answer.status_code == 401


def test_the_pages_open_nothing_in_the_widgets(app, clinic, booked, come_in):
    patient = come_in(clinic, booked)
    for address in ("/visit/current", f"/w/{clinic.widgets['booking']}/questionnaires"):
        assert app.test_client().get(address, headers=patient.headers).status_code == 401


def test_the_appointments_of_the_person_stand_there_with_their_links(app, clinic, booked, come_in):
    second = book(clinic, 3)
    stranger = book(clinic, 1, email="x@example.org")
    with clinic.session() as session:
        made = session.get_one(Appointment, booked.id)
        made.sealed_message = session.keyring.seal("Bring the <letter>.", made.place_of("sealed_message"))
        session.get_one(Appointment, second.id).cancel(clock.now())
    page = come_in(clinic, booked).get("appointments").json
    assert page["open"] == 1 and "Bring the &lt;letter&gt;." in page["page"]
    assert f"/visit#{booked.ticket}" in page["page"] and "Cancelled" in page["page"]
    assert stranger.ticket not in page["page"] and second.ticket not in page["page"]
    assert "By video" in page["page"] and f"Dr Doctor {clinic.mark}" in page["page"]


def test_times_are_those_of_the_clinic(app, clinic, booked, come_in):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).zone = "Asia/Tokyo"
    page = come_in(clinic, booked).get("appointments").json["page"]
    there = booked.start + timedelta(hours=9)
    assert f"{there:%H:%M}" in page and "Japan" in page


def test_the_pages_speak_the_language_that_was_chosen(app, clinic, booked, come_in):
    with clinic.session() as session:
        made = session.get_one(Appointment, booked.id)
        made.sealed_message = session.keyring.seal("Come early.", made.place_of("sealed_message"))
    assert "Message from the clinic" in come_in(clinic, booked).get("appointments").json["page"]
    assert "Message from the clinic" not in come_in(clinic, booked, locale="en-XA").get("appointments").json["page"]


def test_an_appointment_goes_into_the_own_calendar(app, clinic, booked, come_in):
    patient, stranger = come_in(clinic, booked), book(clinic, 1, email="x@example.org")
    answer = patient.get(f"appointments/{booked.uid}/calendar")
    assert answer.mimetype == "text/calendar" and "attachment" in answer.headers["Content-Disposition"]
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["uid"] == f"{booked.uid}@konsulto" and event.decoded("dtstart") == booked.start
    assert patient.get(f"appointments/{stranger.uid}/calendar").status_code == 404
    with clinic.session() as session:
        session.get_one(Appointment, booked.id).cancel(clock.now())
    assert patient.get(f"appointments/{booked.uid}/calendar").status_code == 404


@pytest.fixture
def asked(clinic, booked):
    """A questionnaire that is asked before the appointment; gives the response's id."""
    with clinic.session() as session:
        made = made_questionnaire(session)
        [response] = questionnaire_response.ask(
            session, [made.id], Occasion.of_appointment(session.get_one(Appointment, booked.id)), clock.now()
        )
        return response.uid


def test_questionnaires_are_filled_in_here_and_read_later(app, clinic, booked, asked, come_in):
    patient = come_in(clinic, booked)
    listed = patient.get("questionnaires").json
    assert listed["open"] == 1 and asked in listed["page"] and "To fill in" in listed["page"]
    assert 'name="answers.' in patient.post(f"questionnaires/{asked}").json["page"]
    kept = patient.post(f"questionnaires/{asked}/answers", client_id=client_id(), answers={})
    assert kept.json == {"status": "started", "page": ""}
    refused = patient.post(f"questionnaires/{asked}/answers", client_id=client_id(), answers={}, complete=True)
    assert refused.status_code == 422 and refused.json["fields"]
    sent = patient.post(f"questionnaires/{asked}/answers", client_id=client_id(), answers=RIGHT, complete=True)
    assert sent.json["status"] == "completed" and "Thank you" in sent.json["page"]
    assert patient.get("questionnaires").json["open"] == 0


def test_what_was_sent_is_read_after_the_appointment_too(app, clinic, booked, asked, come_in):
    patient = come_in(clinic, booked)
    patient.post(f"questionnaires/{asked}")
    assert patient.post(f"questionnaires/{asked}/answers", client_id=client_id(), answers=RIGHT, complete=True).status_code == 200
    with clock.at(booked.end + timedelta(days=30)):
        patient = come_in(clinic, booked)
        assert "Sent" in patient.get("questionnaires").json["page"]
        assert "I fell" in patient.post(f"questionnaires/{asked}").json["page"]


def test_another_patients_questionnaire_is_not_there(app, clinic, asked, come_in):
    stranger = come_in(clinic, book(clinic, 1, email="x@example.org"))
    assert stranger.get("questionnaires").json == {"page": "", "open": 0}
    assert stranger.post(f"questionnaires/{asked}").status_code == 404
    sent = stranger.post(f"questionnaires/{asked}/answers", client_id=client_id(), answers={}, complete=True)
    assert sent.status_code == 404


def test_who_has_looked_stands_there_in_words(app, clinic, booked, come_in):
    patient = come_in(clinic, booked)
    assert "Nobody has opened" in patient.get("looks").json["page"]
    with clinic.session() as session:
        audit.opened(session, session.get_one(Appointment, booked.id), f"practitioner:{clinic.people['nurse']}", clock.now())
    page = patient.get("looks").json["page"]
    assert f"Dr Nurse {clinic.mark}" in page and "an appointment of yours" in page


def test_the_link_of_a_consultation_at_once_leads_to_the_pages_too(app, clinic, mailed):
    from telehealth import quick_consultation
    from telehealth.quick_consultation import Quick
    from telehealth.staff_booking import NewPatient

    with clinic.session() as session:
        given = NewPatient("A.", "Berg", None, "berg@example.org")
        wanted = Quick(client_id=client_id(), department_id=clinic.departments[0], patient=given)
        visit = quick_consultation.start(session, clinic.staff("doctor"), wanted, clock.now())
        token = visit.ticket.token
    assert app.test_client().post("/portal/pin", json={"ticket": token}).status_code == 202
    [letter] = mailed(clinic)
    assert letter.recipient == "berg@example.org"
    assert Patient(app, token, digits_in(letter.text)).get("appointments").json["open"] == 0
