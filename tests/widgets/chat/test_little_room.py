"""The chat where there is little room: text of double size, a keyboard of glass over half of a phone."""

from __future__ import annotations

import pytest

from tests.browser.kit.until import until
from tests.widgets.chat.test_everyone_in_the_browser import SIDEWAYS, through
from tests.widgets.chat.test_in_the_browser import CAUGHT_UP, opened  # noqa: F401

BOXES = """() => {
  const box = (name) => document.querySelector(name).getBoundingClientRect();
  const [log, composer] = [box('[data-log]'), box('#composer')];
  const shown = Math.min(log.bottom, composer.top) - Math.max(log.top, 0);
  return { shown, parts: [...document.querySelector("[data-view=talk]").children].map((one) => [one.className, Math.round(one.getBoundingClientRect().top), Math.round(one.getBoundingClientRect().height)].join(" ")).join(" | "), height: innerHeight, log: log.height, top: composer.top, bottom: composer.bottom, field: box('#say').height };
}"""
LOOKS = [
    {"width": 360, "height": 740},
    {"width": 360, "height": 400},
    {"width": 360, "height": 740, "dark": True},
    {"width": 360, "height": 400, "rtl": True},
]


def in_reach(page):
    found = page.evaluate(BOXES)
    assert found["top"] >= 0 and found["bottom"] <= found["height"] + 1, str(found)
    return found


@pytest.mark.parametrize("size", ["100%", "200%"])
@pytest.mark.parametrize("look", LOOKS)
def test_the_log_keeps_its_part_and_the_composer_stays_in_reach(opened, desk, look, size, check_page, screenshot):  # noqa: F811
    page = opened(**look)
    page.evaluate(f"document.documentElement.style.fontSize = '{size}'")

    def look_at(name):
        assert not page.evaluate(SIDEWAYS), name
        if name == "talk":
            found = in_reach(page)
            assert min(found["log"], found["shown"]) >= found["height"] * 0.4 - 1, str(found)
            page.get_by_label("Your message").fill("One\nTwo\nThree\nFour\nFive\nSix")
            in_reach(page)
            page.get_by_label("Your message").fill("")
        if name == "ended":
            page.get_by_role("button", name="Ask something else").scroll_into_view_if_needed()
        check_page(page)
        screenshot(page, f"room-{size.rstrip('%')}-" + "-".join(f"{key}{value}" for key, value in look.items()) + f"-{name}")

    through(page, desk, look_at)


@pytest.mark.parametrize("size", ["100%", "200%"])
def test_the_newest_message_is_in_view_where_there_is_little_room(opened, desk, size):  # noqa: F811
    page = opened(width=360, height=400)
    page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
    page.get_by_role("button", name="Nurse chat").click()
    page.get_by_label("Your question").fill("May I take ibuprofen?")
    page.locator("#begin").get_by_role("button", name="Send").click()
    until(page, CAUGHT_UP)
    desk.claim()
    for n in range(6):
        desk.write(f"Answer {n}, with enough words for more than a line of a narrow phone")
    until(page, "document.querySelectorAll('.k-msg').length === 7")
    until(page, """(() => {
      const last = [...document.querySelectorAll('.k-msg')].at(-1).getBoundingClientRect();
      return last.bottom <= document.querySelector('#composer').getBoundingClientRect().top + 1;
    })()""")
