"""How many times can still be booked: counted for the departments that somebody sees, once for all of them, and live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import event as hook

from desk.calendar import free_times as counting
from telehealth import booking, clock, free_times
from telehealth.booking import Appointment, Search
from telehealth.database import Session
from telehealth.organization import Organization
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def counted(clinic: Clinic) -> Clinic:
    """A clinic that wants to know."""
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).show_free_times = True
    return clinic


def free(clinic: Clinic, *departments: int) -> int:
    """The same counted day by day, as patients see them."""
    now = clock.now()
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
        days = [now.astimezone(zone).date() + timedelta(days=n) for n in range(free_times.DAYS)]
        return sum(len(booking.day_of(session, Search(departments), day, now)) for day in days)


def test_what_patients_can_book_in_a_month_is_counted_by_what_somebody_sees(counted: Clinic, open_page: Any) -> None:
    first, second = counted.departments
    left = {person: open_page(counted, person).done("free_times_left")["left"] for person in ("doctor", "nurse", "admin")}
    assert left == {"doctor": free(counted, first), "nurse": free(counted, second), "admin": free(counted)}
    assert left["doctor"] and left["admin"] == left["doctor"] + left["nurse"]


def test_it_takes_four_questions(counted: Clinic, session: Session) -> None:
    asked: list[str] = []
    hook.listen(session.get_bind(), "before_cursor_execute", lambda *given: asked.append(given[2]))
    with counted.session() as own:
        own.connection()
        asked.clear()
        free_times.left(own, frozenset(counted.departments), everywhere=False, zone=ZONE, now=clock.now())
        assert 0 < len(asked) <= 4, asked


def test_a_count_serves_everybody_for_some_seconds(counted: Clinic, open_page: Any, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    doctor, manager = open_page(counted, "doctor"), open_page(counted, "manager")
    moments = iter([100.0, 100.0 + counting.SECONDS / 2, 100.0 + counting.SECONDS])
    monkeypatch.setattr(counting.time, "monotonic", lambda: next(moments))
    monkeypatch.setattr(desk, "counted", {})
    before = desk._left(*_who(counted, "doctor"))
    with counted.session() as session:
        counted.book(session)
    assert desk._left(*_who(counted, "manager")) == before
    assert desk._left(*_who(counted, "doctor")) == before - 1
    assert doctor.events("times_changed") and manager.events("times_changed")


def _who(clinic: Clinic, person: str) -> tuple[Session, Any, ZoneInfo]:
    return clinic.sessions(organization=clinic.id), clinic.staff(person), ZONE


def test_where_nobody_wants_to_know_nothing_is_counted_nor_told(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    assert page.done("free_times_left") == {"left": None}
    with clinic.session() as session:
        clinic.book(session)
    assert not page.events("times_changed")


def test_a_change_is_told_to_the_own_organisation_only(counted: Clinic, other: Clinic, open_page: Any) -> None:
    ours, theirs = open_page(counted, "doctor"), open_page(other, "doctor")
    with counted.session() as session:
        counted.book(session)
    with counted.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    assert len(ours.events("times_changed")) == 2
    assert not theirs.events("times_changed")


def test_whoever_belongs_to_no_department_has_nothing_counted(counted: Clinic) -> None:
    with counted.session() as own:
        assert free_times.left(own, frozenset(), everywhere=False, zone=ZONE, now=clock.now()) == 0


@pytest.mark.browser
@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "rtl": True, "dark": True}], ids=["wide", "phone dark mirrored"])
def test_the_number_falls_when_somebody_books(open_desk: Any, counted: Clinic, check_page: Page, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    page = open_desk(counted, "doctor", "/desk/calendar", **look)
    if look["width"] == 360:
        page.locator("[data-opens=me]").first.click()
    number = page.locator("[data-slot=free_times]:visible")
    before = free(counted, counted.departments[0])
    expect(number).to_contain_text(str(before))
    screenshot(page, f"free-times-{look['width']}")
    check_page(page)
    with counted.session() as session:
        counted.book(session)
    expect(number).to_contain_text(str(before - 1), timeout=15_000)
