"""The form of an availability in a real browser: the rule is said, drawn and warned about while it is typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

LOOKS = [
    pytest.param({"width": 1280}, id="wide"),
    pytest.param({"width": 360, "height": 740}, id="phone"),
    pytest.param({"width": 1280, "dark": True, "rtl": True}, id="dark-mirrored"),
]


@pytest.fixture
def form(server, signed_in):
    """The empty form, before the demo clinic's administrator."""

    def open_page(**look):
        page = signed_in(**look)
        page.goto(f"{server.base}/admin/availabilities/add")
        return page

    return open_page


def fill(page):
    page.locator("#practitioner").select_option(index=1)
    page.get_by_label("Monday").check()
    for name, value in {"every": "2", "valid_from": "2030-01-07", "from_minute": "00:00", "to_minute": "02:00"}.items():
        page.locator(f"#{name}").fill(value)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("look", LOOKS)
def test_the_rule_is_said_drawn_and_warned_about_while_it_is_typed(look, form, check_page):
    page = form(**look)
    aside, short = page.locator(".adm-given"), page.locator(".adm-given__short")
    expect(aside.get_by_text("Still needed: Days, First date, From and To")).to_be_visible()
    expect(page.locator("#nth")).to_be_hidden()
    fill(page)
    sentence = "Every second Monday, 00:00–02:00: 20 minutes each, 10 minutes between: 4 appointments a day."
    expect(aside.get_by_text(sentence)).to_be_visible()
    expect(short).to_have_text(sentence)
    expect(short).to_be_visible(visible=look["width"] < 1000)  # else it stands beside the form
    expect(page.get_by_text("Mon, 21 Jan 2030")).to_be_visible()
    check_page(page)
    page.get_by_text("The week in words").click()
    expect(page.get_by_text("00:00–02:00 Booked appointments (this one)")).to_be_visible()
    page.locator("#to_minute").fill("23:55")
    expect(aside.get_by_text("Overlaps other times of this person:")).to_be_visible()
    check_page(page)


def test_fields_that_a_rule_does_not_use_are_put_away(form):
    page = form()
    page.locator("#repeats").select_option("once")
    for name in ("every", "nth", "valid_until", "weekdays-0"):
        expect(page.locator(f"#{name}")).to_be_hidden()
    page.locator("#repeats").select_option("monthly")
    expect(page.locator("#nth")).to_be_visible()
    page.locator("#purpose").select_option("walk_in")
    expect(page.locator("#length_minutes")).to_be_hidden()


def test_there_is_room_for_one_more_date_left_out(form):
    page = form()
    dates = page.locator("#except_on input")
    expect(dates).to_have_count(1)
    dates.first.fill("2030-01-21")
    expect(dates).to_have_count(2)
    expect(dates.last).to_have_value("")
