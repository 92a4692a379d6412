"""The place outlives what goes wrong: a server that is killed, a network that is gone."""

from __future__ import annotations

from tests import patience
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import DETAILS, beat_is, choose, enter, seen, tell_details, walk_in

LOST = ["ERR_", "WebSocket connection", "Failed to load resource"]


def say(page, text):
    page.get_by_label("Write to the clinic").fill(text)
    page.get_by_role("button", name="Send").click()


def test_a_killed_server_that_comes_back_finds_the_place_kept(new_page, own_server, screenshot, check_page):
    page = new_page(expect=LOST)
    page.goto(f"{own_server.base}/w/demo-walk-in")
    choose(page, "Dr Amira Haddad")
    tell_details(page)
    enter(page)
    own_server.kill()
    beat_is(page, "lost")
    seen(page, "Your place is kept until")
    check_page(page)
    screenshot(page, "lost")
    say(page, "Are you still there?")
    seen(page, "Not sent yet")
    screenshot(page, "not-sent-yet")
    own_server.start()
    beat_is(page, "online")
    until(page, "document.querySelectorAll('.k-msg--mine').length === 1 && !document.querySelector('.k-msg--pending')")
    assert page.locator("[data-slot=place]").inner_text() == "1"


def test_a_reload_while_the_server_is_down_does_not_give_the_place_up(new_page, own_server):
    page = new_page(expect=LOST, check=False)
    page.goto(f"{own_server.base}/w/demo-walk-in")
    choose(page, "Dr Amira Haddad")
    tell_details(page)
    enter(page)
    ticket = page.evaluate("() => JSON.parse(sessionStorage.getItem('konsulto:demo-walk-in')).ticket")
    own_server.kill()
    own_server.start()
    page.goto(f"{own_server.base}/w/demo-walk-in")
    beat_is(page, "online")
    assert page.evaluate("() => JSON.parse(sessionStorage.getItem('konsulto:demo-walk-in')).ticket") == ticket


def test_what_was_written_without_a_network_arrives_once(new_page, wire, clinic, desk):
    page = new_page(expect=LOST)
    page.goto(f"{wire.origin}/w/{clinic.widgets['walk_in']}")
    walk_in(page)
    wire.cut()
    say(page, "First")
    beat_is(page, "lost")
    say(page, "Second")
    desk.write("Meanwhile")
    wire.mend()
    page.get_by_role("button", name="Try now").click()
    beat_is(page, "online")
    until(page, "document.querySelectorAll('.k-msg').length === 3 && !document.querySelector('.k-msg--pending')")
    patience.until(lambda: sorted(desk.said()) == ["First", "Meanwhile", "Second"])


def test_called_in_while_the_network_was_gone(new_page, wire, clinic, desk):
    page = new_page(expect=LOST)
    page.goto(f"{wire.origin}/w/{clinic.widgets['walk_in']}")
    walk_in(page)
    wire.cut()
    beat_is(page, "lost")
    desk.admit()
    wire.mend()
    page.get_by_role("heading", name="It is your turn").wait_for()


def test_an_entry_whose_answer_was_lost_is_not_made_twice(new_page, wire, clinic, desk):
    page = new_page(expect=LOST)
    page.goto(f"{wire.origin}/w/{clinic.widgets['walk_in']}")
    choose(page)
    tell_details(page)
    page.route("**/encounters", lambda route: (route.fetch(), route.abort()))
    page.get_by_role("button", name="Enter the waiting room").click()
    page.locator("[data-unreachable]").wait_for()
    assert page.locator("[name='patient.last_name']").input_value() == DETAILS["patient.last_name"]
    page.unroute("**/encounters")
    enter(page)
    with clinic.session() as session:
        from telehealth.waiting_room import Encounter

        assert session.query(Encounter).count() == 1


def test_a_place_that_was_given_up_is_told_and_one_may_come_in_again(new_page, wire, clinic, desk, screenshot):
    from telehealth import clock

    page = new_page(expect=LOST)
    page.goto(f"{wire.origin}/w/{clinic.widgets['walk_in']}")
    walk_in(page)
    wire.cut()
    beat_is(page, "lost")
    with desk.visit() as visit:
        visit.give_up(clock.now())
    wire.mend()
    page.get_by_role("heading", name="Your place could not be kept").wait_for()
    screenshot(page, "given-up")
    page.get_by_role("button", name="Come in again").click()
    choose(page)
    tell_details(page)
    enter(page)


