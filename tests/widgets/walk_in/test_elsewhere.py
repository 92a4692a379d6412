"""Leaving the page without leaving the queue: on another device, or away until the clinic calls back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import segno
import socketio

from telehealth import clock, elsewhere, waiting_room
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.waiting_room import Encounter
from tests.page import Page
from tests.widgets.walk_in.live import beat_is, seen, walk_in
from tests.widgets.walk_in.test_namespace import connect, patient  # noqa: F401 (fixtures)
from tests.widgets.walk_in.test_routes import entry
from web.way_back import way_back

PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def at_home(house, live, monkeypatch):
    """The server is reached where it runs."""
    monkeypatch.setattr(house.settings, "base_url", live)


def _tell(page, event):
    return [data for name, data in list(page.events.queue) if name == event]


def test_the_code_holds_the_link_and_the_link_the_ticket(clinic, patient, connect, live, desk):  # noqa: F811
    code = connect(patient.token).ask("move")
    with desk.visit() as visit:
        assert code["link"] == f"{live}/w/{clinic.widgets['walk_in']}?lang=en#moved={visit.ticket.token}"
    assert _dark(code["path"]) == _squares(code["link"])
    assert code["size"] == segno.make(code["link"], micro=False, error="m").symbol_size(border=4)[0]


def _squares(link):
    rows = segno.make(link, micro=False, error="m").matrix_iter(border=4)
    return {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


def _dark(path):
    return {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)}


def test_the_way_back_to_an_appointment_is_its_own_link(clinic):
    with clinic.session() as session:
        appointment = clinic.book(session)
        visit = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start)
        link = way_back(session, "https://care.example", visit)
        assert link == f"https://care.example/visit?lang=en#ticket={appointment.ticket.token}"


def test_the_page_left_behind_hears_it_only_when_the_other_has_connected(patient, connect, visitor, clinic, desk):  # noqa: F811
    left = connect(patient.token)
    token = left.ask("move")["link"].partition("#moved=")[2]
    assert left.ask("beat")["state"]["status"] == "waiting" and _tell(left, "moved") == []
    phone = visitor(clinic.widgets["walk_in"], ticket=token)
    assert _tell(left, "moved") == []
    other = connect(phone.token, moved=True)
    assert left.heard("moved") == {}
    other.ask("beat")
    assert _tell(other, "moved") == []
    with clinic.session() as session:
        assert session.query(Encounter).count() == 1


def test_nobody_is_sent_away_by_a_stranger_who_moves(patient, connect, visitor, clinic):  # noqa: F811
    mine, stranger = connect(patient.token), visitor(clinic.widgets["walk_in"])
    stranger.post("/encounters", entry(clinic))
    connect(stranger.token, moved=True).ask("beat")
    mine.ask("beat")
    assert _tell(mine, "moved") == []


@pytest.mark.parametrize(
    ("event", "data", "code"),
    [
        ("move", {"to": "https://evil.example"}, "invalid"),
        ("wait_elsewhere", {"way": "pigeon", "address": "s@example.org"}, "invalid"),
        ("wait_elsewhere", {"way": "mail", "address": ""}, "invalid"),
        ("wait_elsewhere", {"way": "mail", "address": "x" * 300}, "invalid"),
        ("wait_elsewhere", {"way": "mail", "address": "nobody"}, "not_an_address"),
        ("wait_elsewhere", {"way": "text", "address": "+31612345678"}, "way_closed"),
        ("ways_back", {"visit": 1}, "invalid"),
    ],
)
def test_what_leads_nowhere_is_refused(patient, connect, desk, event, data, code):  # noqa: F811
    answer = connect(patient.token).ask(event, **data)
    assert answer["error"] == code and answer["message"]
    with desk.visit() as visit:
        assert visit.elsewhere_until is None


@pytest.mark.parametrize("moved", ["yes please", 7])
def test_credentials_that_are_none_are_refused(live, patient, moved):  # noqa: F811
    with pytest.raises(socketio.exceptions.ConnectionError):
        Page(live, "/walk-in", token=patient.token, moved=moved)


def test_the_ways_back_know_the_patients_address(clinic, visitor, connect):  # noqa: F811
    guest = visitor(clinic.widgets["walk_in"])
    body = entry(clinic)
    body["patient"]["email"] = "s.lindqvist@example.org"
    assert guest.post("/encounters", body).status_code == 201
    told = connect(guest.token).ask("ways_back")
    assert told == {"ways": ["mail"], "mail": "s.lindqvist@example.org", "text": "", "minutes": 120, "place": 2}


def test_text_messages_are_offered_where_both_server_and_clinic_have_them(house, clinic, patient, connect, monkeypatch):  # noqa: F811
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).texts_a_month = 1
    page = connect(patient.token)
    assert page.ask("ways_back")["ways"] == ["mail"]
    monkeypatch.setattr(house.settings, "sms_url", "https://sms.example")
    assert page.ask("ways_back")["ways"] == ["mail", "text"]
    assert page.ask("wait_elsewhere", way="text", address="0612345678")["error"] == "not_a_number"
    assert page.ask("wait_elsewhere", way="text", address="+31 6 1234 5678")["address"] == "+31612345678"


def test_connecting_again_is_coming_back_and_opening_the_link_is_not(clinic, patient, connect, visitor, desk):  # noqa: F811
    page = connect(patient.token)
    page.ask("wait_elsewhere", way="mail", address="s@example.org")
    page.close()
    with desk.visit() as visit:
        token = visit.ticket.token
    later = visitor(clinic.widgets["walk_in"], ticket=token)
    assert later.get("/encounters/current").json["status"] == "waiting"
    with desk.visit() as visit:
        assert visit.elsewhere_until is not None
    connect(later.token)
    with desk.visit() as visit:
        assert visit.elsewhere_until is None and visit.connected


# In the browser


def test_the_visit_goes_on_at_the_phone_and_comes_back(new_page, address, desk, clinic, screenshot, check_page):
    page = new_page()
    page.goto(address)
    walk_in(page)
    page.get_by_role("button", name="Continue on another device").click()
    link = page.locator("#move-link")
    link.wait_for()
    assert _dark(page.locator(".kw-code path").get_attribute("d")) == _squares(link.input_value())
    assert page.locator(".kw-code path").bounding_box()["width"] > 150
    check_page(page)
    screenshot(page, "code")

    phone = new_page(**PHONE)
    phone.goto(link.input_value())
    beat_is(phone, "online")
    page.get_by_role("heading", name="You go on at your other device").wait_for()
    assert "#" not in phone.url
    check_page(page)
    screenshot(page, "moved")
    screenshot(phone, "phone")
    with clinic.session() as session:
        assert session.query(Encounter).count() == 1

    page.get_by_role("button", name="Go on here instead").click()
    beat_is(page, "online")
    phone.get_by_role("heading", name="You go on at your other device").wait_for()
    desk.admit()
    page.get_by_role("heading", name="It is your turn").wait_for()


def test_a_reload_of_the_phone_sends_nobody_away(new_page, address):
    page = new_page()
    page.goto(address)
    walk_in(page)
    page.get_by_role("button", name="Continue on another device").click()
    page.locator("#move-link").wait_for()
    phone = new_page(**PHONE)
    phone.goto(page.locator("#move-link").input_value())
    page.get_by_role("button", name="Go on here instead").click()
    phone.get_by_role("heading", name="You go on at your other device").wait_for()
    phone.reload()
    beat_is(phone, "online")
    beat_is(page, "online")
    assert page.locator("#moved").is_hidden()


def test_waiting_elsewhere_from_the_promise_to_the_way_back(new_page, address, desk, clinic, screenshot, check_page):
    page = new_page(width=360)
    page.goto(address)
    walk_in(page)
    page.get_by_role("button", name="Wait elsewhere").click()
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Keep my place and call me back").click()
    seen(page, "Enter an e-mail address like name@example.org")
    check_page(page)
    screenshot(page, "wrong")
    page.get_by_label("E-mail address").fill("s@example.org")
    page.get_by_role("button", name="Keep my place and call me back").click()
    page.get_by_role("heading", name="You can close this page").wait_for()
    seen(page, "We write to s@example.org")
    check_page(page)
    screenshot(page, "away")
    page.close()

    with clinic.session() as session:
        visit = session.query(Encounter).one()
        assert not visit.connected
        waiting_room.sweep(session, timedelta(minutes=5), clock.now() + timedelta(minutes=60))
        assert elsewhere.call_near(session, clock.now()) == 1
        assert session.query(OutgoingMail).filter_by(kind=MailKind.CALL_BACK).one().recipient == "s@example.org"
        token = visit.ticket.token
    back = new_page(**PHONE)
    back.goto(f"{address}?lang=en#ticket={token}")
    beat_is(back, "online")
    with desk.visit() as visit:
        assert visit.connected and visit.elsewhere_until is None


def test_a_page_that_stays_open_nevertheless_says_when_it_is_time(new_page, address, desk, clinic):
    page = new_page()
    page.clock.install()
    page.goto(address)
    walk_in(page)
    page.get_by_role("button", name="Wait elsewhere").click()
    page.get_by_label("E-mail address").fill("s@example.org")
    page.get_by_role("button", name="Keep my place and call me back").click()
    page.get_by_role("heading", name="You can close this page").wait_for()
    with clinic.session() as session:
        elsewhere.call_near(session, clock.now())
    page.clock.run_for(21_000)
    page.get_by_role("heading", name="It is nearly your turn").wait_for()
    page.get_by_role("button", name="I am back").click()
    beat_is(page, "online")
    with desk.visit() as visit:
        assert visit.elsewhere_until is None


def test_a_clinic_that_writes_to_nobody_offers_no_waiting_elsewhere(new_page, address, clinic):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).send_mails = False
    page = new_page()
    page.goto(address)
    walk_in(page)
    assert page.get_by_role("button", name="Wait elsewhere").is_hidden()
    assert page.get_by_role("button", name="Continue on another device").is_visible()
