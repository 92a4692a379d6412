"""The chat for everyone: by keyboard alone to its very end, with text of double size, with forced colours, for screen readers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from telehealth import feedback
from telehealth.channel import Channel
from telehealth.feedback import Rating
from tests import patience
from tests.browser.kit.until import until
from tests.files import picture
from tests.widgets.chat.test_in_the_browser import CAUGHT_UP, ask, opened  # noqa: F401
from tests.widgets.walk_in.live import seen

FOCUS_IS_SEEN = """() => {
  const shown = getComputedStyle(document.activeElement.closest('.k-choice, label.k-btn') ?? document.activeElement);
  return (shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) >= 2) || shown.boxShadow !== 'none';
}"""
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth + 1"


def tab_to(page, role, name, most=25):
    """Press Tab until this has the keyboard, as somebody without a mouse does; whatever has it on the way is seen to have it."""
    wanted = page.get_by_role(role, name=name)
    for _ in range(most):
        if wanted.count() and wanted.first.evaluate("element => element === document.activeElement"):
            assert page.evaluate(FOCUS_IS_SEEN), f"nobody sees that {name} has the keyboard"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}")


def test_from_the_channel_to_the_opinion_without_a_mouse(opened, clinic, desk):  # noqa: F811
    page = opened()
    tab_to(page, "button", "Nurse chat")
    page.keyboard.press("Enter")
    tab_to(page, "textbox", "Your question")
    page.keyboard.type("My question")
    tab_to(page, "button", "Send")
    page.keyboard.press("Enter")
    page.locator("[data-view=talk]").wait_for()
    until(page, CAUGHT_UP)
    desk.claim()
    desk.write("Better not.")
    seen(page, "Better not.")
    tab_to(page, "textbox", "Your message")
    page.keyboard.type("Thank you")
    page.keyboard.press("Enter")
    desk.hears(["My question", "Better not.", "Thank you"])
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "button", "End")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    tab_to(page, "button", "End it")
    page.keyboard.press("Enter")
    seen(page, "This conversation has ended.")
    page.get_by_text("How was this conversation?").wait_for()
    tab_to(page, "radio", "Very bad")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    tab_to(page, "button", "Send feedback")
    page.keyboard.press("Enter")
    seen(page, "Thank you. The clinic has your feedback")
    with desk.thread() as thread:
        given = feedback.of_chat(desk.session_of(thread), thread)
        assert given is not None and given.rating is Rating.VERY_GOOD


def tab_on(page, wanted, most=25):
    """As `tab_to`, for what has no role of its own."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert page.evaluate(FOCUS_IS_SEEN), "nobody sees that it has the keyboard"
            return
    raise AssertionError("Tab does not lead there")


def test_a_file_is_sent_without_a_mouse(opened, clinic, desk):  # noqa: F811
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["open"]).takes_files = True
    page = opened()
    ask(page)
    page.locator("[data-attach]").wait_for()
    tab_on(page, page.locator("[data-attach] summary"))
    page.keyboard.press("Enter")
    chooser = page.locator("[data-attach] input[type=file]")
    chooser.wait_for(state="attached")
    tab_on(page, chooser)
    expect(page.get_by_label("Add files")).to_have_count(1)
    expect(chooser).to_have_accessible_description(re.compile("MB"))
    expect(chooser).to_be_focused()  # what opens from here on is the browser's own
    chooser.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": picture()})
    log = page.get_by_role("log")
    expect(log).to_contain_text("photo.png")
    tab_to(page, "textbox", "Your message", most=40)
    page.keyboard.type("That is it")
    page.keyboard.press("Enter")
    patience.until(lambda: desk.said()[-1] == "That is it")


def through(page, desk, look_at):
    """Every state of a chat, one after the other."""
    look_at("channels")
    page.get_by_role("button", name="Nurse chat").click()
    look_at("begin")
    page.get_by_label("Your question").fill("May I take ibuprofen with my tablets?")
    page.locator("#begin").get_by_role("button", name="Send").click()
    until(page, CAUGHT_UP)
    desk.claim()
    desk.write("Which tablets do you take, and how much of them?")
    seen(page, "Which tablets do you take")
    look_at("talk")
    desk.close()
    page.get_by_text("How was this conversation?").wait_for()
    look_at("ended")


@pytest.mark.parametrize("look", [{"width": 360, "height": 740}, {"width": 1280}])
def test_text_of_double_size_fits(opened, desk, look, screenshot):  # noqa: F811
    page = opened(**look)
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    def look_at(name):
        assert not page.evaluate(SIDEWAYS), name
        screenshot(page, f"double-{look['width']}-{name}")

    through(page, desk, look_at)


@pytest.mark.parametrize("look", [{"forced_colors": "active", "width": 460}, {"dark": True, "rtl": True, "width": 360, "height": 740}])
def test_forced_colours_and_a_dark_mirrored_phone(opened, desk, look, check_page, screenshot):  # noqa: F811
    page = opened(**look)

    def look_at(name):
        check_page(page)
        screenshot(page, "-".join(look) + f"-{name}")

    through(page, desk, look_at)


def test_a_screen_reader_is_told_what_comes_and_is_never_interrupted_by_it(opened, desk):  # noqa: F811
    page = opened()
    ask(page)
    log = page.get_by_role("log", name="Conversation")
    assert log.get_attribute("aria-live") in {None, "polite"}
    desk.claim()
    desk.write("Better not.")
    expect(log).to_contain_text("Better not.")
    assert page.locator("[aria-live=assertive]").count() == 0
    for part, role in [("offline", "status")]:
        assert page.locator(f"[data-part={part}]").get_attribute("role") == role
    assert page.locator("#composer button").get_attribute("aria-label") == "Send"
    expect(page.get_by_role("textbox", name="Your message")).to_have_accessible_description("Enter sends. Shift and Enter begin a new line.")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_role("dialog", name="End this conversation?")).to_be_visible()
