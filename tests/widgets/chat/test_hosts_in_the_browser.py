"""A chat in a page of a real website, brought by the loader: what the page is told, and who it says is signed in."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from telehealth import clock, identity
from telehealth.widget import IdentityMode, Widget
from tests.browser.kit.until import until
from tests.telehealth.test_identity import signed
from tests.widgets.chat.test_in_the_browser import HANDLED, ONLINE, READY, ask
from tests.widgets.walk_in.live import allow_sites, seen

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A clinic</title><link rel="icon" href="data:,"></head><body><main><h1>A clinic</h1>{tag}</main></body></html>"""
LISTEN = """
  window.Konsulto = [];
  window.told = [];
  const names = ["ready", "error", "opened", "closed", "started", "message", "unread", "state", "ended", "booked", "waiting", "your-turn"];
  Konsulto.push((konsulto) => names.forEach((name) => konsulto.on(name, (event) => told.push(event))));
"""


@pytest.fixture
def secret(clinic):
    with clinic.session() as session:
        return identity.rotate(session, session.query(Widget).filter_by(key=clinic.widgets["chat"]).one(), clock.now())


@pytest.fixture
def host(new_page, customer_site, clinic, live):
    """A website's page with the chat behind a floating button; `identity` is what the site has signed."""

    def open_site(mode=IdentityMode.OFF, identity="", **look):
        tag = f'<script async src="{live}/embed.js" data-widget="{clinic.widgets["chat"]}" data-display="floating" data-label="Ask us"'
        html = PAGE.format(tag=f'{tag} data-identity="{identity}"></script>')
        site = customer_site({"/": html, "/next": html}, host="localhost")
        allow_sites(clinic, site, widget="chat")
        with clinic.session() as session:
            session.query(Widget).filter_by(key=clinic.widgets["chat"]).one().identity = mode
        page = new_page(expect=[*HANDLED, "status of 403"], **look)
        page.add_init_script(f"if (parent === window) {{ {LISTEN} }}")
        page.goto(site)
        return page

    return open_site


def chat(page):
    """The widget's frame, once its panel is open."""
    page.get_by_role("button", name=re.compile("^Ask us")).click()
    return frame_of(page)


def frame_of(page):
    frame = page.locator("iframe").element_handle().content_frame()
    frame.wait_for_load_state()
    until(frame, READY)
    return frame


def told(page, name):
    return json.loads(page.evaluate(f"JSON.stringify(told.filter(({{ event }}) => event === '{name}'))"))


def test_the_page_around_is_told_everything_that_the_guide_promises(host, clinic, desk):
    page = host()
    frame = chat(page)
    until(frame, ONLINE)
    until(page, "told.some(({ event }) => event === 'state')")
    assert {event["state"] for event in told(page, "state")} == {"open"}
    ask(frame)
    until(page, "told.some(({ event }) => event === 'started')")
    page.get_by_role("button", name="Close").click()
    desk.claim()
    desk.write("Better not.")
    until(page, "told.some(({ event }) => event === 'message')")
    expect(page.get_by_role("button", name=re.compile("1 new message"))).to_be_visible()
    assert [event["unread"] for event in told(page, "unread")] == [1]
    page.get_by_role("button", name=re.compile("^Ask us")).click()
    until(page, "told.filter(({ event }) => event === 'unread').length === 2")
    assert told(page, "unread")[-1]["unread"] == 0
    desk.close()
    until(page, "told.some(({ event }) => event === 'ended')")
    assert (len(told(page, "ready")), len(told(page, "opened")), len(told(page, "closed"))) == (1, 2, 1)
    every = page.evaluate("JSON.stringify(told)")
    assert "Better not" not in every and "ibuprofen" not in every
    assert {(event["version"], event["widget"]) for event in json.loads(every)} == {(1, clinic.widgets["chat"])}
    assert told(page, "error") == []


def test_an_open_panel_is_found_open_on_the_next_page_with_the_conversation_in_it(host, desk, screenshot):
    page = host(width=360, height=740)
    frame = chat(page)
    until(frame, ONLINE)
    ask(frame)
    until(page, "Object.values(sessionStorage).some((word) => word.length > 20)")
    page.goto(page.url + "next")
    page.get_by_role("dialog").wait_for()
    seen(frame_of(page), "May I take ibuprofen with my tablets?")
    screenshot(page, "next-page")
    page.get_by_role("button", name="Close").click()
    until(page, "!Object.values(sessionStorage)[0].startsWith('+')")
    page.reload()
    until(frame_of(page), ONLINE)
    desk.claim()
    desk.write("Better not.")
    expect(page.get_by_role("button", name=re.compile("1 new message"))).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.context.cookies() == []


@pytest.mark.parametrize(("mode", "verified"), [(IdentityMode.OFF, False), (IdentityMode.OPTIONAL, True), (IdentityMode.REQUIRED, True)])
def test_whom_the_site_has_signed_chats_in_their_own_name(host, secret, desk, mode, verified):
    frame = chat(host(mode, signed(secret)))
    until(frame, ONLINE)
    ask(frame, name="")
    with desk.thread() as thread:
        assert (thread.verified, thread.subject == "Ingrid Lund") == (verified, verified)


def test_where_nobody_is_signed_in_an_optional_identity_is_not_missed(host, secret, desk):
    frame = chat(host(IdentityMode.OPTIONAL))
    until(frame, ONLINE)
    ask(frame)
    with desk.thread() as thread:
        assert not thread.verified


@pytest.mark.parametrize("look", [{"width": 360, "height": 740}, {"width": 1280, "dark": True}])
def test_where_nobody_is_signed_in_a_required_identity_is_asked_for_in_words(host, secret, desk, look, screenshot):
    page = host(IdentityMode.REQUIRED, **look)
    frame = chat(page)
    seen(frame, "We do not know yet who you are")
    until(page, "told.some(({ event }) => event === 'error')")
    assert [event["reason"] for event in told(page, "error")] == ["identity-needed"]
    screenshot(page, "unsigned-" + "-".join(look))
    assert desk.count() == 0


def test_an_identity_that_another_secret_has_signed_is_refused_in_words(host, secret, desk):
    page = host(IdentityMode.OPTIONAL, signed("another secret"))
    seen(chat(page), "We do not know yet who you are")
    until(page, "told.some(({ event }) => event === 'error')")
    assert told(page, "error")[-1]["reason"] == "identity-bad"


def test_who_is_signed_in_finds_their_own_conversations_in_another_browser(host, secret, desk):
    first = chat(host(IdentityMode.REQUIRED, signed(secret)))
    until(first, ONLINE)
    ask(first, name="")
    desk.claim()
    desk.close()
    seen(first, "This conversation has ended.")
    elsewhere = chat(host(IdentityMode.REQUIRED, signed(secret)))
    seen(elsewhere, "Your conversations")
    elsewhere.locator("[data-part=own] button").click()
    seen(elsewhere, "May I take ibuprofen with my tablets?")


def expired(clinic, other, secret):
    return signed(secret, exp=int(clock.now().timestamp()) - 1)


def replayed(clinic, other, secret):
    once = signed(secret)
    with clinic.session() as session:
        identity.come(session, session.query(Widget).filter_by(key=clinic.widgets["chat"]).one(), once, clock.now())
    return once


def of_next_door(clinic, other, secret):
    with other.session() as session:
        return signed(identity.rotate(session, session.query(Widget).filter_by(key=other.widgets["chat"]).one(), clock.now()))


@pytest.mark.parametrize("mode", [IdentityMode.OPTIONAL, IdentityMode.REQUIRED])
@pytest.mark.parametrize(("brings", "reason"), [(expired, "identity-over"), (replayed, "identity-used"), (of_next_door, "identity-bad")])
def test_an_identity_that_is_over_used_or_from_next_door_is_refused_in_words(host, clinic, other, secret, desk, mode, brings, reason):
    page = host(mode, brings(clinic, other, secret))
    seen(chat(page), "We do not know yet who you are")
    until(page, "told.some(({ event }) => event === 'error')")
    assert [event["reason"] for event in told(page, "error")] == [reason]
    assert desk.count() == 0


@pytest.mark.parametrize("brings", [expired, replayed, of_next_door])
def test_where_no_identity_is_taken_a_bad_one_is_in_nobodys_way(host, clinic, other, secret, desk, brings):
    frame = chat(host(IdentityMode.OFF, brings(clinic, other, secret)))
    until(frame, ONLINE)
    ask(frame)
    with desk.thread() as thread:
        assert not thread.verified
