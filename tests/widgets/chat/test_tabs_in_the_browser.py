"""A chat in several tabs, on several pages, and at its end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from telehealth import feedback
from telehealth.feedback import Rating
from tests.browser.kit.until import until
from tests.widgets.chat.test_in_the_browser import CAUGHT_UP, HANDLED, ONLINE, READY, ask, bubbles, opened, write  # noqa: F401
from tests.widgets.walk_in.live import seen


def test_a_second_tab_shows_the_same_log_and_closes_with_the_first(opened, desk, address):  # noqa: F811
    page = opened()
    ask(page)
    second = page.context.new_page()
    second.goto(address)
    until(second, CAUGHT_UP)
    write(page, "More")
    until(second, "document.querySelectorAll('.k-msg').length === 2")
    desk.claim()
    desk.write("Better not.")
    for tab in (page, second):
        until(tab, "document.querySelectorAll('.k-msg').length === 3")
    assert bubbles(page) == bubbles(second) == desk.said()
    desk.close()
    seen(page, "This conversation has ended.")
    seen(second, "This conversation has ended.")


def test_what_the_patient_ends_in_one_tab_is_ended_in_the_other_words_and_all(opened, desk, address):  # noqa: F811
    page = opened()
    ask(page)
    second = page.context.new_page()
    second.goto(address)
    until(second, CAUGHT_UP)
    desk.claim()
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("button", name="End it").click()
    for tab in (page, second):
        seen(tab, "This conversation has ended.")
        expect(tab.locator("#composer")).to_be_hidden()
        expect(tab.get_by_role("button", name="End", exact=True)).to_be_hidden()
        expect(tab.get_by_text("How was this conversation?")).to_be_visible()


@pytest.mark.parametrize("look", [{"width": 360, "height": 640}, {"width": 1280}, {"dark": True, "width": 460, "rtl": True}])
def test_at_the_end_the_patient_says_how_it_was(opened, desk, clinic, look, check_page, screenshot):  # noqa: F811
    page = opened(**look)
    ask(page)
    seen(page, "You are next.")
    desk.claim()
    seen(page, f"Dr Nurse {clinic.mark} has joined")
    desk.close()
    page.get_by_text("How was this conversation?").wait_for()
    page.get_by_role("button", name="Send feedback").click()
    seen(page, "Choose one of the five answers first.")
    page.get_by_text("Very good").click()
    page.get_by_label("Anything you want to add").fill("Quick")
    page.get_by_role("button", name="Send feedback").click()
    seen(page, "Thank you. The clinic has your feedback")
    check_page(page)
    screenshot(page, "-".join(look) + "-opinion")
    with desk.thread() as thread:
        given = feedback.of_chat(desk.session_of(thread), thread)
        assert given is not None and (given.rating, given.words) == (Rating.VERY_GOOD, "Quick")


HELD_BACK = """
  const later = setTimeout;
  window.setTimeout = (act, ms, ...rest) => (ms === 150 ? void (window.nobodyAnswered = act) : later(act, ms, ...rest));
"""


def test_who_chooses_before_other_tabs_have_answered_is_not_taken_back(new_page, address):
    page = new_page(expect=HANDLED)
    page.add_init_script(HELD_BACK)
    page.goto(address)
    until(page, READY)
    until(page, "window.nobodyAnswered")
    page.get_by_role("button", name="Nurse chat").click()
    page.get_by_label("Your name").fill("Ingrid")
    page.evaluate("nobodyAnswered()")
    until(page, ONLINE)
    expect(page.get_by_label("Your name")).to_be_visible()
    expect(page.get_by_label("Your name")).to_have_value("Ingrid")
