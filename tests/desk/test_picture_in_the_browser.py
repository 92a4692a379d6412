"""The calendar's picture in a real browser: seen in every shape, moved with the mouse, refused, worked by keyboard."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from telehealth import booking, clock
from telehealth.absence import Absence
from telehealth.booking import Appointment
from telehealth.closed_day import ClosedDay
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.schedule import Availability
from telehealth.widget import Widget
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.patience import until

pytestmark = pytest.mark.browser
HOUR = 6 * 24  # pixels
SHAPES = {"wide": {}, "phone": {"width": 360, "height": 2400}, "dark and mirrored": {"dark": True, "rtl": True}}


@pytest.fixture
def booked(clinic: Clinic) -> dict[str, Any]:
    """The doctor's first appointment of a day, when it is by the clinic's clock, and the next one of hers."""
    with clinic.session() as session:
        first = clinic.book(session)
        assert first.practitioner_id == clinic.people["doctor"]
        free = booking.day_of(session, booking.Search(practitioner_id=first.practitioner_id), first.start.date(), clock.now())
        wanted = next(slot for slot in free if slot.start >= first.start + timedelta(hours=1))
        widget = session.get_one(Widget, first.widget_id)
        booking.book(session, widget, clinic.booking(wanted.id, last_name="Korhonen"), clock.now())
        return {"id": first.id, "start": local(session, first), "day": local(session, first).date()}


def local(session: Any, appointment: Appointment) -> datetime:
    zone = session.get_one(Organization, appointment.organization_id).tz
    return appointment.start.astimezone(zone).replace(tzinfo=None)


def now_at(clinic: Clinic, booked: dict[str, Any]) -> tuple[datetime, int, int]:
    """When it is, with whom, and how many mails said that it was changed."""
    with clinic.session() as session:
        found = session.get_one(Appointment, booked["id"])
        mails = session.query(OutgoingMail).filter_by(kind=MailKind.CHANGE).count()
        return local(session, found), found.practitioner_id, mails


def picture(open_desk: Any, clinic: Clinic, booked: dict[str, Any], view: str = "day", person: str = "doctor", **shape: Any) -> Page:  # noqa: F811
    page: Page = open_desk(clinic, person, f"/desk/calendar?date={booked['day']}&view={view}", **shape)
    expect(page.locator(".desk-shown")).to_have_count(2)
    return page


def shown(page: Page, name: str = "de Vries") -> Locator:
    return page.locator("article.desk-shown", has_text=name)


def middle(where: Locator) -> tuple[float, float]:
    box = where.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def stands_at(page: Page, hour: str) -> bool:
    """Whether the appointment begins at that line."""
    top, line = shown(page).bounding_box(), page.locator(".ec-sidebar time", has_text=hour).first.bounding_box()
    assert top and line
    return abs(top["y"] - (line["y"] + line["height"] / 2)) < 8


def drag(page: Page, what: Locator, across: float, down: float) -> None:
    """Taken in the middle of five minutes, so that it falls into the middle of others."""
    what.hover()  # once it stands still
    box = what.bounding_box()
    assert box
    x, y = middle(what)[0], box["y"] + 18
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + across / 2, y + down / 2, steps=4)
    page.mouse.move(x + across, y + down, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_every_picture_is_usable_in_every_shape(
    clinic: Clinic, booked: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any, view: str, shape: str  # noqa: F811
) -> None:
    zone_day = datetime.combine(booked["day"], datetime.min.time())
    with clinic.session() as session:
        zone = session.get_one(Organization, clinic.id).tz
        away = zone_day.replace(hour=12, tzinfo=zone)
        session.add(Absence(practitioner_id=clinic.people["doctor"], start=away, end=away + timedelta(hours=2), note="Training"))
        session.add(ClosedDay(day=booked["day"] + timedelta(days=1), name="Founders’ day"))
        clinic.book(session, 9, last_name="Gone").cancel(clock.now())
    page = open_desk(clinic, "admin", f"/desk/calendar?date={booked['day']}&view={view}", **SHAPES[shape])
    expect(page.locator(".desk-shown")).to_have_count(3)
    expect(shown(page, "Gone")).to_contain_text("Cancelled")
    expect(page.locator("#legend")).to_contain_text("Dr Doctor")
    page.wait_for_function("() => !document.querySelector('.desk-skel:not([hidden])')")
    check_page(page)
    screenshot(page, f"picture-{view}-{shape}".replace(" ", "-"), full_page=True)


def test_an_appointment_is_moved_with_the_mouse_after_it_was_asked(clinic: Clinic, booked: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked)
    drag(page, shown(page), 0, 1.5 * HOUR)
    ask = page.get_by_role("dialog", name="Move the appointment of M. de Vries")
    expect(ask).to_contain_text("The patient is told by mail")
    expect(ask.locator("[data-slot=to]")).to_contain_text((booked["start"] + timedelta(hours=1.5)).strftime("%H:%M"))
    check_page(page)
    screenshot(page, "picture-asks")
    ask.get_by_role("button", name="Move it").click()
    expect(page.locator("#said")).to_contain_text("The patient is told by mail.")
    assert now_at(clinic, booked) == (booked["start"] + timedelta(hours=1.5), clinic.people["doctor"], 1)
    expect(shown(page)).to_contain_text((booked["start"] + timedelta(hours=1.5)).strftime("%H:%M"))


def test_whoever_thinks_better_of_it_finds_it_where_it_was(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked, "week")
    assert stands_at(page, booked["start"].strftime("%H:00"))
    drag(page, shown(page), 0, 1.5 * HOUR)
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    until(lambda: stands_at(page, booked["start"].strftime("%H:00")))
    assert now_at(clinic, booked) == (booked["start"], clinic.people["doctor"], 0)


def test_what_is_refused_goes_back_and_says_why(clinic: Clinic, booked: dict[str, Any], open_desk: Any, screenshot: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked)
    before = middle(shown(page))
    drag(page, shown(page), 0, middle(shown(page, "Korhonen"))[1] - before[1])
    page.get_by_role("button", name="Move it").click()
    expect(page.locator("#said")).to_contain_text("stays where it was. Somebody else has just booked this time.")
    screenshot(page, "picture-refused")
    expect(shown(page)).to_contain_text(booked["start"].strftime("%H:%M"))
    assert now_at(clinic, booked) == (booked["start"], clinic.people["doctor"], 0)


def test_an_appointment_is_given_to_a_colleague_by_dragging_it_into_her_column(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked)
    doctor, manager = (page.locator(".ec-col-head", has_text=f"Dr {name}") for name in ("Doctor", "Manager"))
    drag(page, shown(page), middle(manager)[0] - middle(doctor)[0], 0)
    ask = page.get_by_role("dialog", name="Move the appointment of M. de Vries")
    expect(ask.locator("[data-slot=to]")).to_contain_text("Dr Manager")
    ask.get_by_role("button", name="Move it").click()
    expect(page.locator("#said")).to_contain_text("The patient is told by mail.")
    assert now_at(clinic, booked) == (booked["start"], clinic.people["manager"], 1)


def test_times_are_the_clinics_wherever_the_browser_is(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked, timezone_id="Asia/Tokyo")
    expect(shown(page)).to_contain_text(booked["start"].strftime("%H:%M"))
    assert stands_at(page, booked["start"].strftime("%H:00"))
    drag(page, shown(page), 0, 1.5 * HOUR)
    page.get_by_role("button", name="Move it").click()
    expect(page.locator("#said")).to_contain_text("is moved to")
    assert now_at(clinic, booked)[0] == booked["start"] + timedelta(hours=1.5)


def test_by_keyboard_an_appointment_is_opened_in_the_picture_and_moved_there(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked)
    shown(page).get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="M. de Vries")).to_contain_text("27 March 1984")
    page.get_by_role("button", name="Move to another time").focus()
    page.keyboard.press("Enter")
    page.locator("#move-times button").nth(3).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert now_at(clinic, booked)[2] == 1
    page.get_by_role("link", name="Show the list of this day").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#appointments tbody tr")).to_have_count(2)


def test_what_changes_elsewhere_leaves_the_keyboard_where_it_is(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked, person="admin")
    shown(page).get_by_role("button").focus()
    with clinic.session() as session:
        clinic.book(session, 6, last_name="Later")
    expect(page.locator(".desk-shown")).to_have_count(3)
    expect(shown(page).get_by_role("button")).to_be_focused()


def select(page: Page, at: str, hours: float = 1) -> None:
    """Draw over an empty stretch of the first column."""
    line = page.locator(".ec-sidebar time", has_text=at).first
    line.scroll_into_view_if_needed()
    x, y = middle(page.locator(".ec-col-head").first)[0], middle(line)[1] + 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + HOUR * hours / 2, steps=4)
    page.mouse.move(x, y + HOUR * hours - 6, steps=4)
    page.mouse.up()


def test_an_empty_stretch_is_blocked_with_one_click_and_given_back(clinic: Clinic, booked: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked)
    select(page, "15:00")
    check_page(page)
    screenshot(page, "picture-stretch")
    page.get_by_role("dialog").get_by_role("button", name="Block this time").click()
    expect(page.locator("#said")).to_contain_text("Blocked:")
    expect(page.locator("#picture .desk-ground--away")).to_contain_text("away")
    with clinic.session() as session:
        [made] = session.query(Absence)
        zone = session.get_one(Organization, clinic.id).tz
        assert made.practitioner_id == clinic.people["doctor"]
        assert [at.astimezone(zone).strftime("%H:%M") for at in (made.start, made.end)] == ["15:00", "16:00"]
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(page.locator("#picture .desk-ground--away")).to_have_count(0)
    with clinic.session() as session:
        assert session.query(Absence).count() == 0


@pytest.mark.parametrize("shape", SHAPES)
def test_an_empty_stretch_is_offered_to_patients_and_taken_back(
    clinic: Clinic, booked: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any, shape: str  # noqa: F811
) -> None:
    page = picture(open_desk, clinic, booked, **SHAPES[shape])
    page.get_by_role("button", name="Offer a time").click() if shape == "phone" else select(page, "17:00", 2)
    asked = page.get_by_role("dialog")
    if shape != "phone":
        asked.get_by_role("button", name="Offer this time").click()
    asked.get_by_label("From").fill("17:00")
    asked.get_by_label("Until").fill("19:00")
    expect(asked.get_by_role("status")).to_contain_text("Appointments that fit in: 4")
    check_page(page)
    screenshot(page, f"picture-offer-{shape}")
    asked.get_by_role("button", name="Offer it").click()
    expect(page.locator("#said")).to_contain_text("can be booked")
    expect(page.locator("#picture .desk-ground--booking")).to_have_count(2)
    with clinic.session() as session:
        [made] = session.query(Availability).filter_by(weekday=None)
        assert (made.valid_from, made.from_minute, made.to_minute) == (booked["day"], 17 * 60, 19 * 60)
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(page.locator("#picture .desk-ground--booking")).to_have_count(1)


def test_what_repeats_is_left_out_on_a_day_from_the_picture_and_put_back(clinic: Clinic, booked: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked)
    select(page, "15:00")
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("button", name="Offer this time")).to_be_hidden()
    check_page(page)
    screenshot(page, "picture-offered")
    asked.get_by_role("button", name="Not on this day 09:00–17:00").click()
    expect(page.locator("#said")).to_contain_text("Appointments in this time: 2. They stay.")
    expect(page.locator("#picture .desk-ground--booking")).to_have_count(0)
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(page.locator("#picture .desk-ground--booking")).to_have_count(1)


def test_the_list_of_a_day_says_what_is_offered_and_takes_it_back_by_keyboard(clinic: Clinic, booked: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page: Page = open_desk(clinic, "doctor", f"/desk/calendar?date={booked['day']}")
    page.get_by_text("Offered on this day").focus()
    page.keyboard.press("Enter")
    back = page.get_by_role("button", name="Not on this day 09:00–17:00")
    check_page(page)
    screenshot(page, "calendar-offered")
    back.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#offered")).to_be_hidden()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#offered")).to_be_visible()


def test_an_empty_stretch_becomes_a_new_appointment_and_its_address_names_no_patient(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked, person="admin")
    select(page, "15:00", 0.5)
    page.get_by_role("dialog").get_by_role("link", name="New appointment").click()
    page.wait_for_url("**/desk/calendar/new?**")
    chosen = {name: page.locator(f"#{name}").input_value() for name in ("date", "time", "minutes", "practitioner", "department")}
    assert chosen == {
        "date": str(booked["day"]), "time": "15:00", "minutes": "30", "practitioner": str(clinic.people["doctor"]),
        "department": str(clinic.departments[0]),
    }  # fmt: skip
    assert set(page.evaluate("[...new URLSearchParams(location.search).keys()]")) == {"date", "time", "minutes", "practitioner", "department"}


def test_a_department_that_is_chosen_stays_so_in_every_look(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = picture(open_desk, clinic, booked, person="admin")
    page.locator("#whose").select_option(label=f"Nurses {clinic.mark}")
    expect(page.locator(".ec-col-head")).to_have_text([f"Dr Nurse {clinic.mark}"])
    expect(page.locator(".desk-shown")).to_have_count(0)
    page.get_by_role("link", name="Week", exact=True).click()
    page.wait_for_url("**view=week**")
    assert page.locator("#whose").input_value() == f"department-{clinic.departments[1]}"


@pytest.fixture
def today(clinic: Clinic) -> dict[str, Any]:
    """Somebody's appointment that began five minutes ago."""
    with clinic.session() as session:
        found = clinic.book(session)
        found.start = clock.now() - timedelta(minutes=5)
        found.end = found.start + timedelta(minutes=20)
        session.flush()
        return {"id": found.id, "start": local(session, found), "day": local(session, found).date()}


def on(day: date, view: str) -> str:
    return f"/desk/calendar?date={day}&view={view}"


def test_an_arrival_is_noted_by_hand_seen_in_every_look_and_taken_back(clinic: Clinic, today: dict[str, Any], open_desk: Any, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page, colleague = open_desk(clinic, "doctor", on(today["day"], "list")), open_desk(clinic, "manager", on(today["day"], "week"))
    row = page.locator("#appointments tbody tr")
    expect(row).to_contain_text("Not here yet")
    row.get_by_role("button", name="Details").click()
    check_page(page)
    screenshot(page, "picture-details")
    page.get_by_role("dialog").get_by_role("button", name="Has arrived").click()
    expect(row).to_contain_text("Checked in")
    expect(shown(colleague)).to_contain_text("Checked in")
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("Not here yet")
    expect(shown(colleague)).to_contain_text("Not here yet")
    row.get_by_role("button", name="Details").click()
    page.get_by_role("dialog").get_by_role("button", name="Did not come").click()
    expect(shown(colleague)).to_contain_text("Did not come")


def test_patients_are_named_to_nobody_of_another_department(clinic: Clinic, booked: dict[str, Any], open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "nurse", on(booked["day"], "day"))
    expect(page.locator(".ec-col-head")).to_have_text([f"Dr Nurse {clinic.mark}"])
    page.wait_for_function("() => !document.querySelector('.desk-skel:not([hidden])')")
    assert "de Vries" not in page.content()
    with clinic.session() as session:
        assert session.query(Patient).count() == 2
