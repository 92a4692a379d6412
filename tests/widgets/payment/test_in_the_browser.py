"""Booking, paying in the sandbox and coming back to the confirmation, as patients see it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock, paying
from telehealth.booking import Appointment
from telehealth.organization import Organization, PayOnline
from telehealth.outbox import MailKind, OutgoingMail
from tests.browser.kit.until import until
from tests.widgets.booking import test_plain_in_the_browser as plain
from tests.widgets.booking.test_in_the_browser import READY, REFUSED, book, choose_time
from tests.widgets.walk_in.live import allow_sites, frame_html


@pytest.fixture
def here(house, live):
    """Addresses that the server writes lead to the test's own."""
    before = house.settings.base_url
    house.settings.base_url = live
    yield live
    house.settings.base_url = before


def mails(clinic):
    with clinic.session() as session:
        return [mail.kind for mail in session.query(OutgoingMail).order_by(OutgoingMail.id)]


def pay(page, screenshot, check_page):
    page.get_by_role("button", name="Pay €45.00").click()
    page.get_by_role("heading", name="Sandbox: no money moves").wait_for()
    check_page(page)
    screenshot(page, "sandbox")
    page.get_by_role("button", name="As if paid").click()
    page.get_by_role("heading", name="Paid, thank you").wait_for()
    check_page(page)
    screenshot(page, "paid")


LOOKS = [{}, {"width": 360, "height": 1400, "rtl": True, "dark": True}]


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "dark phone, mirrored"])
def test_from_the_time_in_the_clinics_own_page_over_the_payment_to_the_confirmation(
    here, charges, stands, clinic, address, customer_site, new_page, check_page, screenshot, look
):
    charges()
    origin = customer_site({"/": frame_html(address)}, host="localhost")
    allow_sites(clinic, origin, widget="booking")
    page = new_page(expect=REFUSED, **look)
    page.goto(origin)
    frame = next(frame for frame in page.frames if "/w/" in frame.url)
    until(frame, READY)
    choose_time(frame)
    book(frame)
    frame.get_by_role("heading", name="Pay, and the time is yours").wait_for()
    frame.get_by_text("Kept for you for another 9:5").wait_for()
    check_page(page)
    screenshot(page, "reserved")
    assert stands() == ("due", "booked")
    assert mails(clinic) == []
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Pay €45.00").click()
    window = opened.value
    window.get_by_text("Your time is kept until").wait_for()
    check_page(window)
    screenshot(window, "pay")
    pay(window, screenshot, check_page)
    frame.get_by_role("heading", name="Your appointment is booked").wait_for()
    assert stands() == ("paid", "booked")
    assert mails(clinic) == [MailKind.PAID_CONSULTATION]


def test_who_does_not_pay_in_time_is_told_on_the_open_page(here, charges, clinic, address, new_page, check_page, screenshot):
    charges()
    page = new_page(expect=REFUSED)
    page.goto(address)
    until(page, READY)
    choose_time(page)
    book(page)
    page.get_by_role("heading", name="Pay, and the time is yours").wait_for()
    with clinic.session() as session:
        assert paying.release_unpaid(session, clock.now() + timedelta(minutes=10)) == 1
    page.get_by_role("heading", name="This time is no longer kept for you").wait_for()
    check_page(page)
    screenshot(page, "released")
    page.get_by_role("button", name="Choose another time").click()
    page.locator("[data-view=choose]").wait_for()


def test_the_link_lets_in_once_it_is_paid(here, charges, stands, clinic, live, new_page, check_page, screenshot):
    charges(PayOnline.BEFORE_ENTRY)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).link_opens_minutes = 4 * 24 * 60
        made = clinic.book(session)
        token = made.ticket.token
        assert session.get_one(Appointment, made.id).payment_state == "due"
    page = new_page(expect=REFUSED)
    page.goto(f"{live}/visit#{token}")
    page.get_by_text("To be paid: €45.00").locator("visible=true").wait_for()
    assert not page.get_by_role("button", name="Enter the waiting room").count()
    check_page(page)
    screenshot(page, "link")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Pay €45.00").click()
    pay(opened.value, screenshot, check_page)
    page.get_by_role("button", name="Enter the waiting room").wait_for()
    assert stands() == ("paid", "booked")
    screenshot(page, "link paid")


def test_everything_works_without_scripts(here, charges, stands, address, new_page):
    charges()
    page = new_page(java_script_enabled=False, check=False, expect=REFUSED)
    page.goto(f"{address}/plain")
    plain.choose_time(page)
    plain.tell_all(page)
    page.locator("form .k-btn--primary").click()
    page.get_by_role("heading", name="Pay, and the time is yours").wait_for()
    page.goto(page.get_by_role("link", name="Pay €45.00").get_attribute("href"))
    page.get_by_role("button", name="Pay €45.00").click()
    page.get_by_role("button", name="As if paid").click()
    page.get_by_role("heading", name="Paid, thank you").wait_for()
    assert stands() == ("paid", "booked")


def test_the_plain_page_with_a_time_that_is_kept_can_be_used_by_everybody(here, charges, address, new_page, check_page, screenshot):
    charges()
    page = new_page(expect=REFUSED, width=360)
    page.goto(f"{address}/plain")
    plain.choose_time(page)
    plain.tell_all(page)
    page.locator("form .k-btn--primary").click()
    page.get_by_role("heading", name="Pay, and the time is yours").wait_for()
    check_page(page)
    screenshot(page, "plain")
