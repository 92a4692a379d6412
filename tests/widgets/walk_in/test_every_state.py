"""Every state of the walk-in on a small phone, by keyboard alone: as it comes, and dark, mirrored, with text twice as large.

In each state: what axe and the page check find, nothing that scrolls sideways, no text cut off, a ring around whatever has
the focus, and a way by Tab through everything that can be used, in the order in which it stands there.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from telehealth import clock
from telehealth.announcement import Announcement
from telehealth.practitioner import Practitioner
from telehealth.waiting_room import EndReason
from telehealth.widget import Widget
from tests.browser.kit.page_check import page_faults
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import DETAILS, beat_is, seen
from tests.widgets.walk_in.test_routes import entry

PHONE = {"width": 360, "height": 740}
SHAPES = {
    "phone": PHONE,
    "phone-dark-mirrored-large": PHONE | {"dark": True, "rtl": True},
}
LARGE = "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '200%'; })"
ENDINGS = {
    EndReason.LEFT: "You have left", EndReason.REMOVED: "The clinic has ended your visit",
    EndReason.LOST: "Your place could not be kept",
}  # fmt: skip
NOISE = ["status of 4(04|09|22)", "ERR_", "WebSocket connection", "Failed to load resource"]

CUT_OFF = """() => {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode()); ) {
    const owner = text.parentElement;
    if (!text.data.trim() || !owner.checkVisibility() || owner.closest(".k-sr, select, template")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    let scrolls = false;
    for (let around = owner; around !== document.body; around = around.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(around);
      if (overflowX === "visible" && overflowY === "visible") continue;
      scrolls ||= ["auto", "scroll"].includes(overflowY);
      const edge = around.getBoundingClientRect();
      const beside = ({ left, right }) => left < edge.left - 1 || right > edge.right + 1;
      const beyond = ({ top, bottom }) => !scrolls && (top < edge.top - 4 || bottom > edge.bottom + 4);
      if ([...range.getClientRects()].some((line) => beside(line) || beyond(line))) found.add(`${text.data.trim()} is cut off by ${around.className}`);
    }
  }
  return [...found];
}"""
COVERED = """() => {
  const own = document.querySelector(".k-video--self").getBoundingClientRect();
  return [...document.querySelectorAll("[data-slot=curtain] [data-slot]")].filter((words) => words.checkVisibility()).map((words) => {
    const range = document.createRange();
    range.selectNodeContents(words);
    const { left, right, top, bottom } = range.getBoundingClientRect();
    return left < own.right && right > own.left && top < own.bottom && bottom > own.top ? `${words.innerText} is covered` : "";
  }).filter(Boolean);
}"""
FOCUSED = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(here);
  const box = here.getBoundingClientRect();
  return {
    what: here.outerHTML.slice(0, 90),
    nth: [...document.querySelectorAll("*")].indexOf(here),
    ringed: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    inSight: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    top: box.top + scrollY,
    bottom: box.bottom + scrollY,
  };
}"""
USABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((e) => e.type !== "radio" || e === (document.querySelector(`[name="${e.name}"]:checked`) ?? document.querySelector(`[name="${e.name}"]`)))
  .filter((e) => !e.disabled && e.checkVisibility() && e.tabIndex >= 0).map((e) => [...document.querySelectorAll("*")].indexOf(e))"""
FROM_THE_TOP = "() => { document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex'); scrollTo(0, 0); }"


class Walk:
    """Somebody on a phone who has a keyboard only."""

    def __init__(self, page, shape, screenshot):
        self.page, self.shape, self.screenshot = page, shape, screenshot
        self.faults = []

    def stands(self, state):
        """The page is in a state: look at it from every side, and note what is wrong."""
        self.screenshot(self.page, f"{self.shape}/{state}", full_page=True)
        found = [*page_faults(self.page), *self.page.evaluate(CUT_OFF), *self._focus_faults()]
        self.faults += [f"{state}: {fault}" for fault in found]

    def _focus_faults(self):
        stops = self._tab_through()
        found = [f"no ring: {stop['what']}" for stop in stops if not stop["ringed"]]
        found += [f"out of sight: {stop['what']}" for stop in stops if not stop["inSight"]]
        found += [f"jumps up to {after['what']}" for before, after in pairwise(stops) if after["bottom"] < before["top"]]
        reached, usable = [stop["nth"] for stop in stops], self.page.evaluate(USABLE)
        return found if reached == usable else [*found, f"Tab leads to {reached}, there is {usable}"]

    def _tab_through(self):
        self.page.evaluate(FROM_THE_TOP)
        stops = []
        while len(stops) < 60:
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUSED)
            if stop is None or any(stop["nth"] == before["nth"] for before in stops):
                break
            stops.append(stop)
        return stops

    def press(self, name, role="button", key="Enter"):
        """Go there by Tab, and press."""
        wanted = self.page.get_by_role(role, name=name)
        wanted.wait_for()
        for _ in range(60):
            if wanted.evaluate("(element) => element === document.activeElement"):
                self.page.keyboard.press(key)
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{name} is not reached by Tab")

    def fill(self):
        """Type the details, field after field."""
        self.page.locator("[name='patient.initials']").focus()
        for text in (*DETAILS.values(), ""):
            self.page.keyboard.type(text)
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Space")

    def heading(self, words):
        expect(self.page.get_by_role("heading", name=words)).to_be_visible()


@pytest.fixture(params=SHAPES)
def walk(request, new_page, wire, clinic, screenshot):
    page = new_page(expect=NOISE, **SHAPES[request.param])
    if "large" in request.param:
        page.context.add_init_script(LARGE)
    page.goto(f"{wire.origin}/w/{clinic.widgets['walk_in']}")
    return Walk(page, request.param, screenshot)


@contextmanager
def changed(clinic, model, **values):
    """For a while every row of the clinic has other values."""
    with clinic.session() as session:
        before = [(row.id, {name: getattr(row, name) for name in values}) for row in session.query(model)]
        for row in session.query(model):
            put(row, values)
    yield
    with clinic.session() as session:
        for row_id, values_before in before:
            put(session.get_one(model, row_id), values_before)


def put(row, values):
    for name, value in values.items():
        setattr(row, name, value)


@pytest.mark.timeout(300)
def test_every_state_suits_a_phone_and_a_keyboard(walk, wire, clinic, desk, visitor):
    stand_at_the_door(walk, clinic)
    wait(walk, clinic, desk)
    lose_the_network(walk, wire)
    be_called(walk, desk)
    end_in_every_way(walk, clinic, desk, visitor)
    assert walk.faults == []


def stand_at_the_door(walk, clinic):
    with changed(clinic, Practitioner, takes_walk_ins=False):
        walk.page.reload()
        seen(walk.page, "Nobody is available right now.")
        walk.stands("nobody-there")
    walk.page.reload()
    walk.heading("Talk to us")
    walk.stands("offers")
    walk.press("Dr Doctor")
    walk.press("Enter the waiting room")
    walk.page.locator("[data-summary]").wait_for()
    walk.stands("details-with-faults")
    walk.fill()
    with changed(clinic, Widget, queue_limit=0):
        walk.press("Enter the waiting room")
        seen(walk.page, "The waiting room is full at the moment.")
        walk.stands("full-queue")
    walk.press("Enter the waiting room")
    beat_is(walk.page, "online")


def wait(walk, clinic, desk):
    with clinic.session() as session:
        session.add(Announcement(text="Dr Doctor is ten minutes late today; thank you for your patience."))
    desk.write("We have seen you. Please have your tablets at hand.")
    seen(walk.page, "thank you for your patience")
    seen(walk.page, "tablets at hand")
    walk.stands("waiting")
    walk.page.locator("#check summary").focus()
    walk.page.keyboard.press("Enter")
    seen(walk.page, "The microphone works.")
    walk.press("Play a sound")
    walk.press(re.compile("^No$"))
    walk.stands("device-check")
    desk.hold()
    walk.heading("You are on hold")
    walk.stands("on-hold")


def lose_the_network(walk, wire):
    wire.cut()
    beat_is(walk.page, "lost")
    walk.stands("connection-lost")
    wire.mend()
    walk.press("Try now")
    beat_is(walk.page, "online")


def be_called(walk, desk):
    desk.admit()
    walk.heading("It is your turn")
    walk.stands("turn")
    walk.press("Enter now")
    seen(walk.page, "Waiting for the other side")
    until(walk.page, "document.querySelector('video[data-slot=self_picture]')?.videoWidth > 0")
    walk.stands("call")
    walk.faults += walk.page.evaluate(COVERED)
    desk.end()
    walk.heading("Your visit has ended")
    walk.stands("ended-completed")


def end_in_every_way(walk, clinic, desk, visitor):
    for reason, words in ENDINGS.items():
        come_back_to(walk.page, clinic, visitor)
        with desk.visit() as visit:
            end(visit, reason, clinic.staff("doctor"))
        walk.heading(words)
        walk.stands(f"ended-{reason}")


def end(visit, reason, doctor):
    """As the patient, the doctor or the silence ends it."""
    if reason is EndReason.LEFT:
        visit.leave(clock.now())
    elif reason is EndReason.LOST:
        visit.give_up(clock.now())
    else:
        visit.end(doctor, clock.now(), reason)


def come_back_to(page, clinic, visitor):
    """A new visit, in this window by its ticket."""
    somebody = visitor(clinic.widgets["walk_in"])
    ticket = somebody.post("/encounters", entry(clinic)).json["ticket"]
    page.goto(f"{page.url.partition('#')[0]}#ticket={ticket}")
    beat_is(page, "online")
