"""The analysis of contacts: the chart, comparisons and the file say the same, for administrators alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from telehealth import case, clock
from telehealth.case import Case, CaseField, CaseFieldKind, Entered
from tests.admin.test_reports import LOOKS, sheet
from tests.clinic import Clinic


@pytest.fixture
def yesterday(clinic: Clinic) -> Clinic:
    """Two who wrote yesterday: one has left before an answer, one waits."""
    at = clock.now() - timedelta(days=1)
    with clinic.session() as session:
        for number in range(2):
            found = case.of_thread(session, clinic.conversation(session).id)
            assert found is not None
            found.opened_at = found.waiting_since = at
            if number:
                found.thread.leave_to_be_answered(at + timedelta(minutes=30))
    return clinic


def test_the_page_and_the_file_say_how_yesterday_went(yesterday: Clinic, staff: Any) -> None:
    someone = staff(yesterday, "admin")
    page = someone.get("/admin/contact-reports/").text
    assert "100%" in page and "Left before an answer" in page
    rows = sheet(someone.get("/admin/contact-reports/days.csv"))
    names = ("Contacts", "Answered", "Left before an answer", "Closed without an answer", "Waiting for an answer")
    assert len(rows) == 40 and [rows[-1][name] for name in names] == ["2", "0", "1", "0", "1"]
    assert "Rossi" not in page + str(rows)


@pytest.mark.parametrize("way", ["channel", "way", "reason", "person", "weekday", "hour"])
def test_every_comparison_counts_all(yesterday: Clinic, staff: Any, way: str) -> None:
    page = staff(yesterday, "admin").get(f"/admin/contact-reports/?by={way}")
    assert page.status_code == 200
    assert 'data-label="Contacts"><span class="adm-cell">2</span>' in page.text


def test_cases_are_compared_by_what_was_chosen_in_them(yesterday: Clinic, other: Clinic, staff: Any) -> None:
    with other.session() as session:
        session.add(CaseField(label="Next door", kind=CaseFieldKind.YES_NO))
    with yesterday.session() as session:
        asked = CaseField(label="About", kind=CaseFieldKind.CHOICE, choices="Medicine\nResult")
        session.add_all([asked, CaseField(label="Notes", kind=CaseFieldKind.LONG_TEXT)])
        session.flush()
        session.query(Case).order_by(Case.id).first().enter(Entered(fields={str(asked.id): "1"}))
        number = asked.id
    someone = staff(yesterday, "admin")
    page = someone.get(f"/admin/contact-reports/?by=field-{number}").text
    assert "By “About”" in page and "Notes" not in page and "Next door" not in page
    for name in ("Result", "Without an answer"):
        assert re.search(rf'<strong>{name}</strong>(?:(?!</tr>).)*data-label="Contacts"><span class="adm-cell">1</span>', page, re.DOTALL), name
    assert someone.get("/admin/contact-reports/?by=field-999999").status_code == 400


@pytest.mark.parametrize("person", ["doctor", "nurse", "manager", "translator"])
def test_nobody_else_gets_it(yesterday: Clinic, staff: Any, person: str) -> None:
    for page in ("", "days.csv"):
        assert staff(yesterday, person).get(f"/admin/contact-reports/{page}").status_code in {302, 403}


def test_a_time_without_any_says_so(yesterday: Clinic, staff: Any) -> None:
    assert "Nobody wrote to a channel in this time." in staff(yesterday, "admin").get("/admin/contact-reports/?period=2020-02").text


@pytest.mark.browser
@pytest.mark.parametrize("look", LOOKS)
def test_it_is_readable_wherever_it_is_looked_at(look, live, yesterday, staff, new_page, check_page, screenshot):
    page = new_page(**look)
    page.context.add_cookies([{"name": "konsulto_staff", "value": staff(yesterday, "admin").client.get_cookie("konsulto_staff").value, "url": live}])
    page.goto(f"{live}/admin/contact-reports/")
    expect(page.locator(".adm-days__drawn rect")).to_have_count(2)
    page.get_by_text("The numbers of each day").click()
    check_page(page)
    screenshot(page, f"contacts-{len(look)}-{look['width']}", full_page=True)
    page.get_by_role("link", name="By hour").click()
    expect(page.get_by_role("link", name="By hour")).to_have_attribute("aria-current", "true")
    check_page(page)
