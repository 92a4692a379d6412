"""Text messages: signed, named the same at every attempt, silent where nothing is set up."""

from __future__ import annotations

import json
import threading
import urllib.error
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from integrations import sms
from integrations.sms import NotConfigured
from telehealth import clock, elsewhere
from telehealth.job import Job, NoLongerWanted
from telehealth.organization import Organization
from telehealth.waiting_room import CALL_BACK_TEXT, CallBackWay, Encounter

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
        found = session.query(Job).filter_by(organization_id=clinic.id, kind=CALL_BACK_TEXT).one()
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
