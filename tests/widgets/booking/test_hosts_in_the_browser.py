"""Booking in a panel of a website on another site: found again on its next page, and what the page is told."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.kit.until import until
from tests.widgets.booking.test_in_the_browser import DAY, REFUSED, SLOT, book, next_month_if_needed
from tests.widgets.panel import frame_of, is_told, kept, press, site_with, told


def test_on_the_next_page_the_panel_stands_open_with_the_day_and_what_was_typed(new_page, customer_site, clinic, live, screenshot):
    page = site_with(new_page, customer_site, clinic, live, "booking", width=360, height=740, expect=REFUSED)
    frame = press(page)
    next_month_if_needed(frame)
    frame.locator(DAY).nth(1).click()
    frame.locator(SLOT).nth(1).click()
    frame.locator("[name='patient.last_name']").fill("de Vries")
    until(page, "Object.values(sessionStorage)[0] === '+'")
    day = frame.locator("[aria-pressed=true]").get_attribute("data-date")
    page.goto(page.url + "next")
    page.get_by_role("dialog").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    frame = frame_of(page)
    frame.locator(f"[aria-pressed=true][data-date='{day}']").wait_for()
    screenshot(page, "booking-next-page")
    frame.locator(SLOT).last.click()
    expect(frame.locator("[name='patient.last_name']")).to_have_value("de Vries")
    book(frame)
    is_told(page, "booked")
    frame.get_by_role("heading", name="Your appointment is booked").wait_for()
    every = told(page)
    assert {(event["version"], event["widget"]) for event in every} == {(1, clinic.widgets["booking"])}
    assert set(every[-1]) == {"version", "widget", "event"} and "Vries" not in str(every)
    until(page, "sessionStorage.length === 0")
    page.goto(page.url.replace("next", ""))
    page.get_by_role("button", name="Reach us").wait_for()
    assert not page.get_by_role("dialog").is_visible()
    assert page.context.cookies() == []


def test_a_panel_that_was_closed_keeps_nothing_of_what_was_typed(new_page, customer_site, clinic, live):
    page = site_with(new_page, customer_site, clinic, live, "booking", expect=REFUSED)
    frame = press(page)
    next_month_if_needed(frame)
    frame.locator(DAY).nth(1).click()
    frame.locator(SLOT).nth(1).click()
    frame.locator("[name='patient.last_name']").fill("de Vries")
    until(frame, "sessionStorage.length === 1")
    page.get_by_role("button", name="Close").click()
    until(frame, "sessionStorage.length === 0")
    until(page, "sessionStorage.length === 0")
    assert kept(page) == []
