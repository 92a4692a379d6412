"""Somebody who waits elsewhere, as the desk sees it: in words, called back by a click, known to be away when admitted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from telehealth import clock, elsewhere
from telehealth.waiting_room import CallBackWay, Encounter
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)

pytestmark = pytest.mark.browser


@pytest.fixture
def away(clinic: Clinic) -> int:
    with clinic.session() as session:
        visit = clinic.arrive(session)
        elsewhere.go(session, visit, CallBackWay.MAIL, "s@example.org", texting=False, now=clock.now())
        visit.connection(connected=False, now=clock.now())
        return visit.id


def test_who_waits_elsewhere_is_called_back_and_seen_to_return(
    clinic: Clinic, open_desk: Any, away: int, check_page: Any, screenshot: Any  # noqa: F811
) -> None:
    page = open_desk(clinic, "doctor", width=360)
    row = page.locator("#people tbody tr")
    expect(row).to_contain_text("Waits elsewhere")
    expect(row).to_contain_text("place kept until")
    screenshot(page, "desk-elsewhere")
    row.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Call back now").click()
    expect(row).to_contain_text("called back at")
    check_page(page)
    with clinic.session() as session:
        session.get_one(Encounter, away).connection(connected=True, now=clock.now())
        session.get_one(Encounter, away).come_back()
    expect(row).to_contain_text("Walk-in")


def test_whoever_admits_somebody_who_is_away_reads_it_before_and_after(
    clinic: Clinic, open_desk: Any, away: int, check_page: Any, screenshot: Any  # noqa: F811
) -> None:
    page = open_desk(clinic, "doctor")
    page.locator("#people").get_by_role("button", name="Admit").click()
    question = page.locator("#admit")
    expect(question).to_contain_text("This patient waits elsewhere.")
    screenshot(page, "admit-away")
    question.get_by_role("button", name="Admit").click()
    page.wait_for_url("**/desk/visit/*")
    expect(page.locator("#elsewhere")).to_contain_text("A message with the way back was sent at")
    check_page(page)
    screenshot(page, "visit-away")
    with clinic.session() as session:
        session.get_one(Encounter, away).come_back()
    expect(page.locator("#elsewhere")).to_be_hidden()
