"""Booking in a browser in which no script runs: from the noscript link to the appointment, on every kind of screen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from telehealth import booking, clock
from telehealth.booking import Appointment
from telehealth.occupancy import Hold
from telehealth.schedule import Availability
from telehealth.visit_type import Mode, VisitType
from telehealth.widget import Widget
from tests.widgets.walk_in.live import allow_sites, frame_html, tell_details

REFUSED = ["status of 4(01|04|09|22)"]  # Chromium logs every refusal that a page handles
DAY = "button.k-day"
SLOT = "button[name=slot]"
SHAPES = [{"width": 1280}, {"width": 360}, {"width": 360, "dark": True, "locale": "ar-XB"}]
NAMES = ["wide", "phone", "dark phone, mirrored"]


@pytest.fixture
def opened(new_page, address):
    """Open the widget as a page of its own, and follow what it offers to those without scripts."""

    def open_(**options):
        page = new_page(java_script_enabled=False, check=False, expect=REFUSED, **options)
        page.goto(address)
        page.locator("noscript a").click()
        return page

    return open_


@pytest.fixture
def checked(new_page, address):
    """The same pages in a browser that runs scripts: without timers, axe would wait for ever."""

    def open_(**options):
        page = new_page(expect=REFUSED, **options)
        page.goto(f"{address}/plain")
        return page

    return open_


@pytest.fixture
def alone(clinic):
    """Only the doctor can be booked, on each of the coming days."""
    with clinic.session() as session:
        for one in session.query(Availability).filter_by(practitioner_id=clinic.people["nurse"]):
            session.delete(one)
    return clinic


def choose_day(page):
    if page.locator(DAY).count() < 2:  # on the last days of a month its free times may be over
        page.locator("button.k-btn--icon").last.click()
    page.locator(DAY).nth(1).click()


def choose_time(page, nth=1):
    choose_day(page)
    page.locator(SLOT).nth(nth).click()


def tell_all(page):
    tell_details(page, **{"patient.email": "m.devries@clinic.example"})


def appointments(clinic):
    with clinic.session() as session:
        return session.query(Appointment).count()


def book_before(clinic, slot_id):
    """Somebody else is faster."""
    with clinic.session() as session:
        session.query(Hold).delete()
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        booking.book(session, widget, clinic.booking(slot_id), clock.now())


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_every_step_can_be_used_by_everybody(checked, clinic, check_page, screenshot, shape):
    with clinic.session() as session:
        session.add_all([VisitType(name="Video visit"), VisitType(name="Telephone call", mode=Mode.PHONE, position=1)])
    page, name = checked(**shape), "-".join(str(part) for part in shape.values())

    def look(step):
        check_page(page)
        screenshot(page, f"plain-{step}-{name}", full_page=True)

    look("month")
    page.locator("form button[type=submit]").first.click()
    page.locator("#visit").select_option(index=1)  # counts, whichever button is pressed then
    choose_day(page)
    look("day")
    page.locator(SLOT).first.click()
    page.locator("h1 ~ p").first.wait_for()
    look("details")
    page.locator("form .k-btn--primary").click()
    page.locator("#summary a").first.wait_for()
    look("faults")
    tell_all(page)
    page.locator("[name='patient.phone']").fill("01632 960 999")
    page.locator("form .k-btn--primary").click()
    page.locator(".k-hero").wait_for()
    look("booked")


def test_from_the_noscript_link_to_the_appointment(opened, clinic):
    page = opened()
    choose_time(page)
    tell_all(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.locator("a.k-break")).to_have_attribute("href", re.compile(r"/visit#[\w-]{43}$"))
    assert appointments(clinic) == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="Add to my calendar").click()
    assert download.value.suggested_filename == "appointment.ics"
    assert page.context.cookies() == []


def test_the_summary_has_the_focus_and_leads_to_the_fields(opened):
    page = opened()
    choose_time(page)
    page.get_by_role("button", name="Book this time").click()
    expect(page.locator("#summary")).to_be_focused()
    page.locator("#summary a").nth(2).click()
    assert page.url.endswith("#f-birth_date")
    expect(page.locator("[name=birth_day]")).to_be_focused()


def test_a_lost_time_offers_the_nearest_and_keeps_what_was_typed(checked, alone, check_page, screenshot):
    page = checked(width=360)
    choose_time(page, nth=2)
    tell_all(page)
    book_before(alone, page.locator("input[name=slot]").input_value())
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has just booked")
    check_page(page)
    screenshot(page, "plain-taken", full_page=True)
    page.locator(SLOT).first.click()
    assert page.locator("[name='patient.last_name']").input_value() == "Lindqvist"
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    assert appointments(alone) == 2


def test_enlarged_and_without_scripts_in_somebody_elses_page(new_page, customer_site, clinic, address, screenshot):
    origin = customer_site({"/": frame_html(f"{address}/plain")}, host="localhost")
    allow_sites(clinic, origin, widget="booking")
    page = new_page(java_script_enabled=False, check=False, width=320, height=1700)  # 640 px at 200 %
    page.goto(origin)
    frame = page.frame_locator("iframe")
    choose_time(frame)
    tell_all(frame)
    screenshot(page, "plain-framed", full_page=True)
    frame.get_by_role("button", name="Book this time").click()
    expect(frame.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    assert appointments(clinic) == 1
    assert page.context.cookies() == []


def test_by_keyboard_alone(opened, clinic):
    page = opened()
    if page.locator(DAY).count() < 2:
        page.locator("button.k-btn--icon").last.press("Enter")
    page.locator(DAY).nth(1).press("Enter")
    page.locator(SLOT).nth(1).press("Enter")
    tell_all(page)
    page.locator("[name='patient.last_name']").press("Enter")  # books, and does not go back
    expect(page.get_by_role("heading", name="Your appointment is booked")).to_be_visible()
    assert appointments(clinic) == 1


def test_when_nothing_is_free_at_all_there_are_ways_on(checked, alone, check_page, screenshot):
    with alone.session() as session:
        for one in session.query(Availability):
            session.delete(one)
    page = checked(width=360)
    expect(page.get_by_text("There are no free times at the moment.")).to_be_visible()
    expect(page.get_by_role("link", name="Call 01632 960 120")).to_be_visible()
    check_page(page)
    screenshot(page, "plain-nothing", full_page=True)
    page.goto(f"{page.url}/day?date={clock.now().date()}")
    expect(page.get_by_text("Choose another day.")).to_be_visible()
    page.get_by_role("link", name="Show the whole month").click()
    expect(page.get_by_text("There are no free times at the moment.")).to_be_visible()


def test_the_page_for_scripts_hides_what_cannot_work_without_them(new_page, address, screenshot):
    page = new_page(java_script_enabled=False, check=False, width=360)
    page.goto(address)
    expect(page.get_by_role("link", name="Book without JavaScript")).to_be_visible()
    expect(page.locator("k-booking")).to_be_hidden()
    screenshot(page, "plain-noscript")


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_the_waitlist_the_lost_link_and_ones_own_clock_can_be_used_by_everybody(checked, clinic, check_page, screenshot, shape):
    name = "-".join(map(str, shape.values()))
    page = checked(**shape)
    page.locator("button[formaction$='/plain/waitlist']").click()
    check_page(page)
    screenshot(page, f"plain-waitlist-{name}", full_page=True)
    page.locator("button[type=submit]").first.click()
    page.locator("#summary").wait_for()
    check_page(page)
    screenshot(page, f"plain-waitlist-wrong-{name}", full_page=True)
    with clinic.session() as session:
        session.query(Availability).delete()
    page.locator("input[name=email]").fill("m.devries@clinic.example")
    page.locator("input[name=until]").fill(f"{clock.now() + timedelta(days=9):%Y-%m-%d}")
    page.keyboard.press("Enter")
    page.locator(".k-hero").wait_for()
    check_page(page)
    screenshot(page, f"plain-waitlisted-{name}", full_page=True)
    page.locator("button[type=submit]").click()
    page.locator("a[href*='new-link']").click()
    check_page(page)
    screenshot(page, f"plain-new-link-{name}", full_page=True)
    page.locator("input[name=email]").fill("m.devries@clinic.example")
    page.keyboard.press("Enter")
    page.locator(".is-on-time").wait_for()
    check_page(page)
    screenshot(page, f"plain-new-link-sent-{name}", full_page=True)


@pytest.mark.parametrize("shape", SHAPES, ids=NAMES)
def test_without_scripts_times_are_said_in_a_chosen_zone(opened, screenshot, shape):
    name = "-".join(map(str, shape.values()))
    page = opened(**shape)
    screenshot(page, f"plain-month-{name}", full_page=True)
    choose_day(page)
    here = page.locator(SLOT).first.inner_text()
    page.locator("details:has(#zone) > summary").click()
    page.locator("select[name=zone]").select_option("Asia/Tokyo")
    screenshot(page, f"plain-zone-{name}", full_page=True)
    page.locator(".kb-zone button").click()
    assert page.locator(SLOT).first.inner_text() != here
    screenshot(page, f"plain-tokyo-{name}", full_page=True)
    page.locator(SLOT).first.click()
    tell_all(page)
    screenshot(page, f"plain-details-{name}", full_page=True)
    page.locator("button.k-btn--large").click()
    expect(page.locator(".k-hero")).to_contain_text(re.compile("Tokyo|Ţöķýö|طوكيو|東京"))
    screenshot(page, f"plain-booked-{name}", full_page=True)
