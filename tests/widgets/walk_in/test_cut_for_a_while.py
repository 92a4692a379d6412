"""The patient's network is gone for a minute, or for longer than the clinic keeps a place.

The cut is real; the time is not: both clocks, the server's and the page's, are moved.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from telehealth import clock
from telehealth.waiting_room import Encounter, EncounterStatus, EndReason
from tests.patience import until
from tests.widgets.walk_in.live import beat_is, choose, enter, tell_details, walk_in
from worker import sweep

LOST = ["ERR_", "WebSocket connection", "Failed to load resource"]
GRACE = 300  # seconds, as the clinic has set it


class Patient:
    """Somebody who waits behind a wire, on a page whose clock can be moved together with the server's."""

    def __init__(self, page, house):
        self.page, self.house = page, house

    def later(self, seconds):
        """Time passes for both; the server looks who has been away for too long."""
        clock.set_ahead(timedelta(seconds=seconds))
        sweep(self.house)
        self.page.clock.fast_forward(seconds * 1000)

    def say(self, text):
        self.page.get_by_label("Write to the clinic").fill(text)
        self.page.get_by_role("button", name="Send").click()

    def hears(self, count):
        expect(self.page.locator(".k-msg:not(.k-msg--pending)")).to_have_count(count)
        expect(self.page.locator(".k-msg--pending")).to_have_count(0)


@pytest.fixture
def patient(new_page, wire, clinic, house):
    page = new_page(expect=LOST)
    page.clock.install()
    page.goto(f"{wire.origin}/w/{clinic.widgets['walk_in']}")
    walk_in(page)
    yield Patient(page, house)
    clock.set_ahead(timedelta())


@pytest.fixture
def row(new_page, live, staff, clinic):
    """The patient's row on the doctor's desk."""
    page = new_page()
    cookie = staff(clinic, "doctor").client.get_cookie("konsulto_staff").value
    page.context.add_cookies([{"name": "konsulto_staff", "value": cookie, "url": live}])
    page.goto(f"{live}/desk/waiting-room")
    return page.locator("#people tbody tr")


def test_a_minute_without_a_network_costs_neither_the_place_nor_a_word(patient, wire, desk, row, screenshot):
    page = patient.page
    expect(row).to_contain_text("Walk-in")
    wire.cut()
    beat_is(page, "lost")
    expect(row).to_contain_text("Connection lost")
    assert kept_for(page) == timedelta(seconds=GRACE)
    patient.say("I am still here.")
    expect(page.locator(".k-msg--pending")).to_contain_text("Not sent yet")
    desk.write("We come to you soon.")
    patient.later(60)
    expect(page.locator("[data-slot=beat]")).to_contain_text("Connection lost at")
    expect(page.get_by_text("Your place is kept until")).to_be_visible()
    expect(row).to_contain_text("Connection lost")
    screenshot(page, "cut-for-a-minute", full_page=True)

    wire.mend()
    page.clock.fast_forward(15_000)  # the next attempt comes by itself
    beat_is(page, "online")
    expect(page.get_by_text("Your place is kept until")).to_be_hidden()
    expect(page.locator("[data-slot=place]")).to_have_text("1")
    patient.hears(2)
    assert sorted(desk.said()) == ["I am still here.", "We come to you soon."]
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Walk-in")
    with desk.visit() as visit:
        assert visit.status is EncounterStatus.WAITING and visit.connected


def kept_for(page):
    """How long the page promises to keep the place, from the loss on."""
    times = [re.search(r"\d\d:\d\d", page.get_by_text(words).inner_text())[0] for words in ("Connection lost at", "Your place is kept until")]
    lost, until_when = (datetime.strptime(time, "%H:%M") for time in times)  # noqa: DTZ007 (times of one day as the page shows them)
    return (until_when - lost) % timedelta(days=1)


def test_after_the_grace_period_the_place_is_gone_and_one_may_come_in_again(patient, wire, clinic, desk, row, screenshot):
    page = patient.page
    wire.cut()
    beat_is(page, "lost")
    expect(row).to_contain_text("Connection lost")
    patient.later(GRACE / 2)
    with desk.visit() as visit:
        assert visit.status is EncounterStatus.WAITING
    patient.later(GRACE + 10)
    expect(page.get_by_text("Your place may be gone by now")).to_be_visible()
    expect(row).to_have_count(0)
    screenshot(page, "cut-for-too-long", full_page=True)

    wire.mend()
    page.clock.fast_forward(15_000)
    expect(page.get_by_role("heading", name="Your place could not be kept")).to_be_visible()
    page.get_by_role("button", name="Come in again").click()
    choose(page)
    tell_details(page)
    enter(page)
    expect(row).to_contain_text("Walk-in")
    with clinic.session() as session:
        first, second = session.query(Encounter).order_by(Encounter.id)
        assert (first.end_reason, second.status) == (EndReason.LOST, EncounterStatus.WAITING)


def test_a_network_that_swallows_everything_is_noticed_by_the_patients_page(patient, wire):
    """Nothing is closed, nothing arrives: whoever writes finds out within the patience of one request."""
    wire.freeze()
    patient.say("Does anybody hear me?")
    patient.page.clock.fast_forward(8_000)
    beat_is(patient.page, "lost")
    wire.mend()
    patient.page.clock.fast_forward(15_000)
    beat_is(patient.page, "online")
    patient.hears(1)
    until(lambda: patient.page.locator("[data-slot=place]").inner_text() == "1")
