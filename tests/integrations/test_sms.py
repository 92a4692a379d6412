"""Text messages: signed, named the same at every attempt, silent where nothing is set up."""

from __future__ import annotations

import json
import threading
import urllib.error
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from integrations import preview, sms
from integrations.sms import NotConfigured
from integrations.wording import shipped_text
from telehealth import clock, delay, elsewhere
from telehealth.booking import Appointment
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from telehealth.text_length import Encoding
from telehealth.text_message import CALL_BACK, REMINDER, RUNNING_LATE, TextKind, TextTemplate
from telehealth.translation import translate
from telehealth.waiting_room import CallBackWay, Encounter

SECRET = "gateway-" * 5


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        self.end_headers()

    def do_GET(self):
        self.do_POST()

    def log_message(self, *_):
        pass


@pytest.fixture
def gateway():
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    server.posted, server.status = [], 202
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture
def settings(house, gateway):
    url = f"http://127.0.0.1:{gateway.server_port}/sms"
    return house.settings.model_copy(update={"sms_url": url, "sms_secret": SECRET, "base_url": "https://care.example"})


@pytest.fixture
def job(clinic):
    """A message that is due to a patient who waits elsewhere."""
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).texts_a_month = 5
        visit = clinic.arrive(session)
        elsewhere.go(session, visit, CallBackWay.TEXT, "+31612345678", texting=True, now=clock.now())
        visit.call_back(clock.now())
    with clinic.session() as session:
        found = session.query(Job).filter_by(organization_id=clinic.id, kind=CALL_BACK).one()
        session.expunge(found)
        return found


def _send(app, clinic, settings, job):
    with app.test_request_context("/"):
        sms.call_back(clinic.sessions, settings, job)


def test_the_gateway_gets_number_words_and_the_way_back(app, clinic, settings, gateway, job):
    _send(app, clinic, settings, job)
    [(headers, body)] = gateway.posted
    told = json.loads(body)
    assert told["to"] == "+31612345678"
    with clinic.session() as session:
        visit = session.query(Encounter).one()
        assert told["text"].endswith(f"https://care.example/w/{clinic.widgets['walk_in']}?lang=en#ticket={visit.ticket.token}")
        assert visit.reason not in told["text"]
    stamp = headers["X-Konsulto-Timestamp"]
    assert headers["X-Konsulto-Signature"] == sms.signature(SECRET, stamp, body) != sms.signature("other", stamp, body)


def test_a_repeated_attempt_names_the_same_message(app, clinic, settings, gateway, job):
    gateway.status = 503
    for _ in range(2):
        with pytest.raises(urllib.error.HTTPError):
            _send(app, clinic, settings, job)
    first, second = (json.loads(body) for _, body in gateway.posted)
    assert first["id"] == second["id"]


def test_a_gateway_that_points_elsewhere_is_not_followed(app, clinic, settings, gateway, job):
    gateway.status = 302
    with pytest.raises(urllib.error.HTTPError):
        _send(app, clinic, settings, job)
    assert len(gateway.posted) == 1


def test_who_has_come_back_gets_no_message(app, clinic, settings, gateway, job):
    with clinic.session() as session:
        session.query(Encounter).one().come_back()
    with pytest.raises(NoLongerWanted):
        _send(app, clinic, settings, job)
    assert gateway.posted == []


def test_a_server_without_a_gateway_says_so(app, clinic, house, job):
    assert not sms.sender_of(house.settings).configured
    with pytest.raises(NotConfigured):
        _send(app, clinic, house.settings, job)


@pytest.fixture
def reminding(clinic):
    """A reminder that is due to a patient of an appointment."""
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.texts_a_month, own.text_reminders = 5, True
        made = clinic.book(session, phone="+31612345678", answers={"reason": "Chlamydia test"})
        job = Job(organization_id=clinic.id, kind=REMINDER, payload={"appointment": made.id}, due=clock.now())
        session.add(job)
        session.flush()
        session.refresh(job)
        session.expunge(job)
        return job


def _remind(app, clinic, settings, job):
    with app.test_request_context("/"):
        sms.remind(clinic.sessions, settings, job)


def test_a_reminder_tells_when_and_the_link_and_nothing_about_health(app, clinic, settings, gateway, reminding):
    _remind(app, clinic, settings, reminding)
    [(_headers, body)] = gateway.posted
    told = json.loads(body)
    with clinic.session() as session:
        made = session.query(Appointment).one()
        assert told["text"].endswith(f"https://care.example/visit#{made.ticket.token}")
        assert f"{made.start.astimezone(session.get_one(Organization, clinic.id).tz):%H:%M}" in told["text"]
    assert told["to"] == "+31612345678"
    assert "Chlamydia" not in told["text"]


@pytest.mark.parametrize("gone", ["cancelled", "begun", "switched off"])
def test_nobody_is_reminded_of_what_is_not_to_come(app, clinic, settings, gateway, reminding, gone):
    with clinic.session() as session:
        made = session.query(Appointment).one()
        start = made.start
        if gone == "cancelled":
            made.cancel(clock.now())
        if gone == "switched off":
            session.get_one(Organization, clinic.id).text_reminders = False
    with clock.at(start if gone == "begun" else clock.now()), pytest.raises(NoLongerWanted):
        _remind(app, clinic, settings, reminding)
    assert not gateway.posted


def said(gateway):
    return [json.loads(body)["text"] for _headers, body in gateway.posted]


def test_a_clinics_own_words_are_sent_in_the_patients_language(app, clinic, settings, gateway, reminding):
    with clinic.session() as session:
        own = TextTemplate(kind=TextKind.REMINDER, body="Soon at *|department_name|*: *|consult_deeplink|* *|patient_name|*")
        session.add(own)
        session.flush()
        translate(session, own, "body", "ar-XB", "قريبا: *|consult_deeplink|*", clock.now())
    _remind(app, clinic, settings, reminding)
    with clinic.session() as session:
        session.query(Appointment).one().locale = "ar-XB"
    _remind(app, clinic, settings, reminding)
    first, second = said(gateway)
    with clinic.session() as session:
        link = f"https://care.example/visit#{session.query(Appointment).one().ticket.token}"
    assert first.startswith("Soon at ") and first.endswith(link), "a patient's name is in no text message"
    assert second == f"قريبا: {link}"


def test_an_invitation_brings_the_link_while_the_appointment_stands(app, clinic, settings, gateway, reminding):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).text_invitations = True
    with app.test_request_context("/"):
        sms.invite(clinic.sessions, settings, reminding)
    with clinic.session() as session:
        made = session.query(Appointment).one()
        assert said(gateway)[0].endswith(f"https://care.example/visit#{made.ticket.token}")
        made.cancel(clock.now())
    with app.test_request_context("/"), pytest.raises(NoLongerWanted):
        sms.invite(clinic.sessions, settings, reminding)
    assert len(gateway.posted) == 1


@pytest.mark.parametrize("kind", TextKind)
def test_our_own_words_are_no_longer_than_two_parts_and_speak_the_common_alphabet(app, clinic, house, kind):
    with app.test_request_context("/"), clinic.session() as session:
        session.get_one(Organization, clinic.id).name = "Harbour Street Surgery"
        length = preview.text_preview(session, house.settings, kind, shipped_text(kind)).length
    assert (length.encoding, length.foreign) == (Encoding.GSM_7, "") and length.parts <= 2


def test_a_delay_is_told_with_the_new_time_unless_it_was_taken_back(app, clinic, settings, gateway, reminding):
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.text_delays = True
        made = session.query(Appointment).one()
        start, zone, person = made.start, own.tz, made.practitioner_id
        with clock.at(start - timedelta(minutes=30)):
            delay.run_late(session, clinic.staff("admin"), person, 10, clock.now(), texting=True)
        job = session.query(Job).filter_by(organization_id=clinic.id, kind=RUNNING_LATE).one()
        session.expunge(job)
    with app.test_request_context("/"), clock.at(start - timedelta(minutes=28)):
        sms.tell_late(clinic.sessions, settings, job)
        assert f"{(start + timedelta(minutes=10)).astimezone(zone):%H:%M}" in said(gateway)[0] and "10 minutes" in said(gateway)[0]
        with clinic.session() as session:
            delay.run_late(session, clinic.staff("admin"), person, 0, clock.now(), texting=True)
        with pytest.raises(NoLongerWanted):
            sms.tell_late(clinic.sessions, settings, job)
    assert len(gateway.posted) == 1
