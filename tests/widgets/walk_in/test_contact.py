"""Asking to be called back: new work for a channel's people, sealed, once, and only where the clinic offers it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from telehealth import clock, message
from telehealth.channel import Channel
from telehealth.consent import Consent
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Message
from telehealth.practitioner import Practitioner
from telehealth.widget import Widget
from tests.clinic import client_id
from tests.desk.wire import desk, open_page  # noqa: F401 (fixtures)
from tests.widgets.walk_in.live import DETAILS, choose, seen
from tests.widgets.walk_in.test_routes import entry


def _offer(clinic, channel="closed"):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
        widget.contact_requests, widget.contact_channel_id = True, clinic.channels[channel]


@pytest.fixture
def offered(clinic):
    """The widget takes requests into a channel that is closed now."""
    _offer(clinic)
    return clinic


def _form(**changes):
    return {
        "client_id": client_id(), "name": "S. Lindqvist", "phone": "06 1234 5678", "when": "After four",
        "text": "My ankle is swollen", "accept_terms": True,
    } | changes  # fmt: skip


def _threads(clinic):
    with clinic.session() as session:
        threads = session.scalars(select(Conversation).where(Conversation.channel_id.is_not(None))).all()
        return [(t.channel_id, t.subject, t.state, [(m.author, m.text) for m in message.messages(session, t.id)]) for t in threads]


def test_a_request_becomes_new_work_of_the_channel_even_while_it_is_closed(offered, visitor):
    answer = visitor(offered.widgets["walk_in"]).post("/contact-requests", _form())
    assert (answer.status_code, answer.json) == (201, {"reached_at": "06 1234 5678"})
    [(channel, subject, state, said)] = _threads(offered)
    assert (channel, subject, state) == (offered.channels["closed"], "S. Lindqvist", "new")
    assert said[0][0] is AuthorKind.SYSTEM and "do not reach the patient" in said[0][1]
    assert said[1] == (
        AuthorKind.PATIENT, "Please contact me.\nPhone: 06 1234 5678\nWhen: After four\nMy ankle is swollen"
    )  # fmt: skip


def test_the_people_of_the_channel_find_it_in_their_inbox(offered, visitor, open_page):  # noqa: F811
    nurse = open_page(offered, "nurse")
    with offered.session() as session:
        closed = session.get_one(Channel, offered.channels["closed"])
        closed.enter(offered.staff("nurse"), active=True, now=clock.now())
    visitor(offered.widgets["walk_in"]).post("/contact-requests", _form())
    assert nurse.done("counts")["inbox"] == 1


def test_what_was_told_is_sealed(offered, visitor):
    visitor(offered.widgets["walk_in"]).post("/contact-requests", _form())
    with offered.session() as session:
        kept = b"".join(message.sealed_text for message in session.query(Message))
    assert b"ankle" not in kept and b"1234" not in kept


def test_a_repeat_is_the_same_request(offered, visitor):
    guest, form = visitor(offered.widgets["walk_in"]), _form()
    assert [guest.post("/contact-requests", form).status_code for _ in range(2)] == [201, 201]
    [(_, _, _, said)] = _threads(offered)
    assert len(said) == 2
    with offered.session() as session:
        assert session.query(Consent).count() == 1


def test_somebody_elses_name_of_a_request_opens_nothing(offered, visitor):
    form = _form()
    visitor(offered.widgets["walk_in"]).post("/contact-requests", form)
    assert visitor(offered.widgets["walk_in"]).post("/contact-requests", form).status_code == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"), ({"phone": ""}, "phone"), ({"phone": "12"}, "phone"), ({"email": "nobody"}, "email"),
        ({"accept_terms": False}, "accept_terms"), ({"text": "x" * 4001}, "text"), ({"channel": 1}, "channel"),
        ({"client_id": "short"}, "client_id"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named(offered, visitor, changes, field):
    answer = visitor(offered.widgets["walk_in"]).post("/contact-requests", _form(**changes))
    assert answer.status_code == 422 and list(answer.json["fields"]) == [field]
    assert _threads(offered) == []


def test_a_widget_that_takes_no_requests_refuses_them(clinic, visitor):
    assert visitor(clinic.widgets["walk_in"]).post("/contact-requests", _form()).status_code == 404
    assert _threads(clinic) == []


def test_nobody_asks_without_a_session(offered, app):
    answer = app.test_client().post(f"/w/{offered.widgets['walk_in']}/contact-requests", json=_form())
    assert answer.status_code == 401


def test_one_network_cannot_flood_the_inbox(app, offered, visitor, monkeypatch):
    asked = []
    monkeypatch.setattr(app.extensions["limits"], "hit", lambda name, who: asked.append((name, who)) or name != "contact_request")
    answer = visitor(offered.widgets["walk_in"]).post("/contact-requests", _form())
    assert answer.status_code == 429 and ("contact_request", "127.0.0.1") in asked
    assert _threads(offered) == []


def test_when_nobody_is_there_a_request_is_sent_and_confirmed(new_page, address, offered, check_page, screenshot):
    with offered.session() as session:
        for person in session.query(Practitioner):
            person.takes_walk_ins = False
    page = new_page(width=360, expect=["status of 422"])
    page.goto(address)
    page.get_by_role("button", name="Ask to be called back").click()
    page.locator("#c-name").fill("S. Lindqvist")
    page.get_by_role("button", name="Send").click()
    seen(page, "Enter a phone number or an e-mail address.")
    check_page(page)
    screenshot(page, "contact")
    page.locator("#c-phone").fill("06 1234 5678")
    page.locator("#c-terms").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="We have your request").wait_for()
    seen(page, "06 1234 5678")
    check_page(page)
    screenshot(page, "contact-sent")
    assert len(_threads(offered)) == 1
    page.get_by_role("button", name="Back to the start").click()
    seen(page, "Nobody is available right now.")


def test_a_full_waiting_room_offers_to_call_back(new_page, address, offered, visitor):
    with offered.session() as session:
        session.query(Widget).filter_by(key=offered.widgets["walk_in"]).one().queue_limit = 1
    assert visitor(offered.widgets["walk_in"]).post("/encounters", entry(offered)).status_code == 201
    page = new_page(expect=["status of 409"])
    page.goto(address)
    choose(page)
    assert page.locator("#full").is_hidden()
    for name, value in DETAILS.items():
        page.locator(f"#details [name='{name}']").fill(value)
    page.locator("#f-terms").check()
    page.get_by_role("button", name="Enter the waiting room").click()
    page.locator("#full").get_by_role("button", name="Ask to be called back").click()
    page.get_by_role("heading", name="Ask to be called back").wait_for()
