"""Being paid, on the administrators' own pages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from telehealth import clock, paying, payment
from telehealth.organization import Organization, PaymentProvider, PayOnline
from telehealth.visit_type import VisitType
from tests.browser.kit.sites import serve

LOOKS = [{"width": 1280}, {"width": 360, "height": 1800, "rtl": True, "dark": True}]


@pytest.fixture(scope="session")
def live(app):
    with serve(app) as origin:
        yield origin


@pytest.mark.parametrize("look", LOOKS, ids=["wide", "dark phone, mirrored"])
def test_from_the_settings_to_money_that_goes_back(look, live, clinic, staff, new_page, check_page, screenshot):
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.pay_online, own.payment_provider, own.is_test = PayOnline.BEFORE_BOOKING, PaymentProvider.SANDBOX, True
        session.add(VisitType(name="Consultation", price=Decimal(45)))
        session.flush()
        owed = payment.of(session, clinic.book(session).id)
        paying.begin(session, owed, clock.now())
        paying.receive(session, paying.Notice(owed.uid, "pi_1", Decimal(45), "EUR"), clock.now())
        clinic.book(session)
        number = owed.id
    cookie = staff(clinic, "admin").client.get_cookie("konsulto_staff")
    page = new_page(**look)
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live}])
    name = look["width"]
    page.goto(f"{live}/admin/organization/edit/{clinic.id}")
    expect(page.get_by_role("heading", name="To be paid by Stripe")).to_be_visible()
    check_page(page)
    screenshot(page, f"admin-settings-{name}", full_page=True)
    page.goto(f"{live}/admin/payments/list/")
    expect(page.locator("main table").get_by_text("Paid", exact=True).locator("visible=true").first).to_be_visible()
    check_page(page)
    screenshot(page, f"admin-list-{name}")
    page.goto(f"{live}/admin/payments/show/{number}")
    check_page(page)
    page.get_by_role("button", name="Give the money back").click()
    expect(page.get_by_text("All of it goes back the way it was paid")).to_be_visible()
    screenshot(page, f"admin-asks-{name}")
    page.get_by_role("dialog").get_by_role("button", name="Give the money back").click()
    expect(page.get_by_text("Done for 1 payment.")).to_be_visible()
    expect(page.get_by_text("Being given back", exact=True).locator("visible=true").first).to_be_visible()
    check_page(page)
    screenshot(page, f"admin-back-{name}")
