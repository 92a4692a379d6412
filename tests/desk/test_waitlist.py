"""The waitlist at the desk: who sees whom, in which order, and taking somebody off."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock
from telehealth.audit import AuditEvent
from telehealth.department import Department
from telehealth.visibility import visible_rows
from telehealth.waitlist import PAUSE, WaitlistEntry
from telehealth.widget import Widget
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)

WHERE = "/desk/calendar/waitlist"


def wait(clinic: Clinic, email: str, department: int | None = 0, **more: Any) -> int:
    """Somebody stands on the list of the nth department, or waits for any."""
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        given = {"locale": "en", "until": date(2031, 1, 1), "created_at": clock.now(), "not_before": clock.now()}
        number = clinic.departments[department] if department is not None else None
        entry = WaitlistEntry(widget_id=widget.id, email=email, department_id=number, **(given | more))
        session.add(entry)
        session.flush()
        return entry.id


def addresses(clinic: Clinic, person: str) -> list[str]:
    with clinic.session() as session:
        return sorted(entry.email for entry in session.scalars(visible_rows(clinic.staff(person), WaitlistEntry)))


def test_everybody_sees_who_waits_for_the_own_departments_or_for_any(clinic: Clinic) -> None:
    wait(clinic, "first@example.org"), wait(clinic, "second@example.org", 1), wait(clinic, "any@example.org", None)
    assert addresses(clinic, "doctor") == ["any@example.org", "first@example.org"]
    assert addresses(clinic, "nurse") == ["any@example.org", "second@example.org"]
    assert addresses(clinic, "admin") == ["any@example.org", "first@example.org", "second@example.org"]
    assert addresses(clinic, "translator") == []


def test_whoever_waits_for_any_department_of_a_widget_is_seen_in_those_it_offers(clinic: Clinic) -> None:
    wait(clinic, "any@example.org", None)
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        widget.departments = [session.get_one(Department, clinic.departments[1])]
    assert (addresses(clinic, "doctor"), addresses(clinic, "nurse")) == ([], ["any@example.org"])


def test_the_page_counts_by_department_and_looking_is_noted(clinic: Clinic, staff: Any) -> None:
    entry = wait(clinic, "first@example.org")
    wait(clinic, "second@example.org", 1)
    page = staff(clinic, "doctor").get(WHERE).text
    assert "first@example.org" in page and "second@example.org" not in page
    assert "<span data-number>1</span>" in page
    assert "Waitlist" in staff(clinic, "doctor").get("/desk/calendar").text
    with clinic.session() as session:
        assert session.query(AuditEvent).filter_by(entity="waitlist_entry", entity_id=entry, action="opened").count() == 1


@pytest.mark.parametrize("person", ["translator"])
def test_whoever_sees_no_patients_sees_no_address(clinic: Clinic, staff: Any, person: str) -> None:
    wait(clinic, "first@example.org", None)
    answer = staff(clinic, person).get(WHERE)
    assert answer.status_code == 403 and "first@example.org" not in answer.text


def test_somebody_is_taken_off_by_those_who_see_them_only(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    entry, theirs = wait(clinic, "second@example.org", 1), wait(other, "theirs@example.org")
    doctor = open_page(clinic, "doctor")
    assert doctor.send("take_off_waitlist", id=entry)["error"] == "not_waiting"
    assert doctor.send("take_off_waitlist", id=theirs)["error"] == "not_waiting"
    nurse = open_page(clinic, "nurse")
    nurse.done("take_off_waitlist", id=entry)
    assert nurse.send("take_off_waitlist", id=entry)["error"] == "not_waiting"
    assert addresses(clinic, "admin") == [] and addresses(other, "admin") == ["theirs@example.org"]
    with clinic.session() as session:
        assert session.query(AuditEvent).filter_by(entity="waitlist_entry", entity_id=entry, action="deleted").count() == 1


@pytest.mark.browser
@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "rtl": True, "dark": True}], ids=["wide", "phone dark mirrored"])
def test_the_list_is_read_and_emptied(open_desk: Any, clinic: Clinic, check_page: Page, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    wait(clinic, "anna.with.a.rather.long.address@example.org", practitioner_id=clinic.people["doctor"])
    wait(clinic, "later@example.org", None, not_before=clock.now() + PAUSE)
    page = open_desk(clinic, "doctor", WHERE, **look)
    expect(page.locator("time").first).not_to_be_empty()
    screenshot(page, f"waitlist-desk-{look['width']}", full_page=True)
    check_page(page)
    for left in (1, 0):
        page.locator("[data-act=take-off]").first.click()
        check_page(page)
        page.locator("#take-off [value=yes]").click()
        expect(page.locator("[data-group]")).to_have_count(left)
    expect(page.locator("[data-nobody] h2")).to_be_focused()
    check_page(page)
    assert addresses(clinic, "admin") == []
