"""Clinics' pages that take something away: the camera by a header, a secure place, storage. Each has words and a way on.

The way on is a window of its own with the same ticket: the same visit, which is called in there.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from telehealth.waiting_room import Encounter
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import allow_sites, beat_is, frame_html, walk_in

NO_CAMERA = {"Permissions-Policy": "camera=(), microphone=()"}
HOSTS = {
    "camera forbidden by a header": ({"headers": NO_CAMERA}, {}, "On this page the browser does not allow camera and microphone"),
    "insecure": ({"name": "clinic.test"}, {}, "The page around this one is not secure"),
    "third-party storage blocked": ({}, {"storage": "no-foreign-cookies"}, ""),
    "no storage at all": ({}, {"storage": "none"}, "your place is lost"),
}


@pytest.fixture
def framed(new_page, customer_site, clinic, address):
    """The widget in a clinic's page on another site; gives page and frame."""

    def open_(site, shape):
        ours = address if "name" in site else address.replace("127.0.0.1", "localhost")
        origin = customer_site({"/": frame_html(ours)}, **site)
        allow_sites(clinic, origin)
        page = new_page(expect=["Permissions policy|not allowed|denied"], **shape)
        page.goto(origin)
        frame = page.frame(url=re.compile("/w/"))
        until(frame, "'ready' in document.documentElement.dataset")
        return page, frame

    return open_


@pytest.mark.parametrize(("site", "shape", "words"), HOSTS.values(), ids=HOSTS)
def test_what_a_page_takes_away_is_said_and_a_new_window_goes_on_with_the_same_visit(framed, clinic, desk, check_page, screenshot, site, shape, words):
    page, frame = framed(site, shape)
    ways = frame.locator("#ways")
    if words:
        expect(ways.get_by_text(words)).to_be_visible()
    else:
        expect(ways).to_be_hidden()
    walk_in(frame)
    check_page(page)
    screenshot(page, f"host-{'-'.join(words.split()) or 'all-well'}")
    with page.context.expect_page() as opened:
        (ways if words else frame.locator("#waiting")).get_by_role("link", name="Open in a new window").click()
    window = opened.value
    beat_is(window, "online")
    expect(window.locator("[data-slot=place]")).to_have_text("1")
    assert window.evaluate("isSecureContext")
    desk.admit()
    window.get_by_role("button", name="Enter now").click()
    until(window, "document.querySelector('video[data-slot=self_picture]')?.videoWidth > 0")
    with clinic.session() as session:
        assert session.query(Encounter).count() == 1
