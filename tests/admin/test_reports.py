"""Reports: the chart of days, comparisons and the file say the same, of what somebody may see."""

from __future__ import annotations

import csv
import io
from datetime import UTC, timedelta

import pytest
from playwright.sync_api import expect

from telehealth import clock
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.organization import Organization
from telehealth.waiting_room import check_in

MINUTE = timedelta(minutes=1)


@pytest.fixture
def past(clinic):
    """Yesterday: one appointment that took 12 minutes after 3 of waiting, one no-show, one cancelled; gives the local date."""
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
        noon = (clock.now().astimezone(zone) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        for number, status in enumerate((AppointmentStatus.BOOKED, AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED)):
            made = clinic.book(session, number)
            made.status, made.ticket.opens_at, made.ticket.closes_at = status, None, None
            made.start = noon.astimezone(UTC) + number * 30 * MINUTE
            made.end = made.start + 20 * MINUTE
            made.first_tick = int(made.start.timestamp()) // 300
            made.last_tick = made.first_tick + 6
            session.flush()
            if status is AppointmentStatus.BOOKED:
                visit = check_in(session, made.ticket, made, made.start)
                visit.admit(clinic.staff("admin"), made.start + 3 * MINUTE)
                visit.end(clinic.staff("admin"), made.start + 15 * MINUTE)
    return noon.date()


def sheet(answer):
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_the_page_says_how_yesterday_went(clinic, staff, past):
    page = staff(clinic, "admin").get("/admin/reports/").text
    assert "50%" in page or "50 %" in page  # of two who were due
    assert "12 minutes" in page and "3 minutes" in page
    assert f"General practice {clinic.mark}" in page or f"Nurses {clinic.mark}" in page


def test_the_file_has_a_line_for_each_day_and_the_numbers_of_the_page(clinic, staff, past):
    rows = sheet(staff(clinic, "admin").get("/admin/reports/days.csv"))
    assert len(rows) == 40 and rows[-1]["Day"] == past.isoformat()
    yesterday = rows[-1]
    assert [yesterday[name] for name in ("Appointments", "Took place", "Did not come", "Cancelled", "Not noted")] == ["3", "1", "1", "1", "0"]
    assert (yesterday["Median length, minutes"], yesterday["Median wait, minutes"]) == ("12.0", "3.0")
    assert {row["Appointments"] for row in rows[:-1]} == {"0"}


@pytest.mark.parametrize("way", ["department", "practitioner", "kind", "weekday"])
def test_every_comparison_counts_all(clinic, staff, past, way):
    page = staff(clinic, "admin").get(f"/admin/reports/?by={way}")
    assert page.status_code == 200
    assert 'data-label="Appointments"><span class="adm-cell">3</span>' in page.text


def test_a_month_is_chosen_and_one_without_any_says_so(clinic, staff, past):
    someone = staff(clinic, "admin")
    assert len(sheet(someone.get(f"/admin/reports/days.csv?period={past:%Y-%m}"))) == past.day
    assert "There were no appointments in this time." in someone.get("/admin/reports/?period=2020-02").text
    assert len(sheet(someone.get("/admin/reports/days.csv?period=2020-02"))) == 29


@pytest.mark.parametrize("query", ["period=2026-13", "period=soon", "by=patient", "period=0000-01"])
def test_what_there_is_not_is_refused(clinic, staff, query):
    assert staff(clinic, "admin").get(f"/admin/reports/?{query}").status_code == 400


def test_an_organisations_numbers_are_its_own(clinic, other, staff, past):
    assert {row["Appointments"] for row in sheet(staff(other, "admin").get("/admin/reports/days.csv"))} == {"0"}


def test_an_administrator_of_a_department_counts_its_appointments_only(clinic, staff, past):
    own, foreign = clinic.departments
    with clinic.session() as session:
        first, *others = session.query(Appointment).order_by(Appointment.id)
        first.department_id = own
        for one in others:
            one.department_id = foreign
    assert sheet(staff(clinic, "manager").get("/admin/reports/days.csv"))[-1]["Appointments"] == "1"


@pytest.mark.parametrize("who", ["doctor", "translator"])
@pytest.mark.parametrize("page", ["", "days.csv"])
def test_reports_are_for_administrators(clinic, staff, who, page):
    assert staff(clinic, who).get(f"/admin/reports/{page}").status_code in {302, 403}


LOOKS = [
    pytest.param({"width": 1280}, id="wide"),
    pytest.param({"width": 360, "height": 740}, id="phone"),
    pytest.param({"width": 1280, "dark": True, "rtl": True}, id="dark-mirrored"),
]


@pytest.mark.browser
@pytest.mark.parametrize("look", LOOKS)
def test_the_report_is_drawn_and_told_and_another_month_is_chosen(look, live, clinic, staff, past, new_page, check_page, screenshot):
    page = new_page(**look)
    page.context.add_cookies([{"name": "konsulto_staff", "value": staff(clinic, "admin").client.get_cookie("konsulto_staff").value, "url": live}])
    page.goto(f"{live}/admin/reports/")
    expect(page.locator(".adm-days__drawn rect")).to_have_count(3)
    page.get_by_text("The numbers of each day").click()
    check_page(page)
    screenshot(page, f"reports-{look}", full_page=True)
    page.get_by_role("link", name="By weekday").click()
    expect(page.get_by_role("link", name="By weekday")).to_have_attribute("aria-current", "true")
    page.get_by_label("Period").select_option(index=12)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("There were no appointments in this time.")).to_be_visible()
    check_page(page)
