"""What is done with a person on the list, in a real browser: pass on, lock, order, look back, say something quickly."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock, message
from telehealth.booking import Appointment
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.quick_text import QuickText
from telehealth.waiting_room import Encounter, EndReason
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import _arrive, _person, open_desk, site  # noqa: F401 (fixtures)
from tests.patience import until

pytestmark = pytest.mark.browser


def _choose(page: Page, name: str, act: str) -> None:
    _person(page, name).get_by_role("button", name=re.compile("More")).click()
    page.get_by_role("dialog").get_by_role("button", name=act).click()


@pytest.mark.parametrize("shape", [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_a_patient_is_passed_on_with_a_note_that_the_colleague_reads(clinic: Clinic, open_desk: Any, shape: dict[str, Any]) -> None:  # noqa: F811
    _arrive(clinic)
    doctor, nurse = open_desk(clinic, "doctor", **shape), open_desk(clinic, "nurse", **shape)
    _choose(doctor, "Lindqvist", "Pass on to a colleague or department")
    dialog = doctor.get_by_role("dialog", name=re.compile("Pass S. Lindqvist"))
    dialog.get_by_label("Department").select_option(label=f"Nurses {clinic.mark}")
    dialog.get_by_label("To whom").select_option(label=f"Dr Nurse {clinic.mark}")
    dialog.get_by_label("Note for the colleague").fill("Please look at the left ear")
    dialog.get_by_role("button", name="Pass on").click()
    expect(_person(doctor, "Lindqvist")).to_have_count(0)
    expect(_person(nurse, "Lindqvist")).to_contain_text(f"Passed on by Dr Doctor {clinic.mark}: Please look at the left ear")


def test_a_note_is_not_lost_when_passing_on_is_refused(clinic: Clinic, open_desk: Any) -> None:  # noqa: F811
    visit_id = _arrive(clinic)
    page = open_desk(clinic, "doctor")
    _choose(page, "Lindqvist", "Pass on to a colleague or department")
    dialog = page.get_by_role("dialog", name=re.compile("Pass S. Lindqvist"))
    dialog.get_by_label("Note for the colleague").fill("A long thought")
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).end(clinic.staff("manager"), clock.now())
    dialog.get_by_role("button", name="Pass on").click()
    expect(page.get_by_role("status").filter(has_text="This visit has ended")).to_be_visible()
    expect(dialog.get_by_label("Note for the colleague")).to_have_value("A long thought")


def test_a_patient_is_declined_with_words(clinic: Clinic, open_desk: Any, check_page: Any) -> None:  # noqa: F811
    visit_id = _arrive(clinic)
    page = open_desk(clinic, "doctor", width=360, height=740)
    _choose(page, "Lindqvist", "Decline with a message")
    dialog = page.get_by_role("dialog", name=re.compile("Decline S. Lindqvist"))
    check_page(page)
    dialog.get_by_label("Message to the patient").fill("We do not see children here. Call 01632 960 999.")
    dialog.get_by_role("button", name="Decline").click()
    expect(_person(page, "Lindqvist")).to_have_count(0)
    with clinic.session() as session:
        assert session.get_one(Encounter, visit_id).summary.endswith("Call 01632 960 999.")


def test_a_locked_consultation_says_so_on_the_list_and_keeps_colleagues_off(clinic: Clinic, open_desk: Any) -> None:  # noqa: F811
    visit_id = _arrive(clinic)
    with clinic.session() as session:
        role = PractitionerRole(practitioner_id=clinic.people["nurse"], role=Role.PRACTITIONER, department_id=clinic.departments[0])
        session.add(role)
        visit = session.get_one(Encounter, visit_id)
        visit.admit(clinic.staff("doctor"), clock.now())
        uid = visit.uid
    doctor = open_desk(clinic, "doctor", f"/desk/visit/{uid}", media="denied")
    colleague = open_desk(clinic, "nurse")
    doctor.get_by_role("button", name="More", exact=True).click()
    lock = doctor.get_by_role("dialog").get_by_role("switch", name=re.compile("Locked"))
    lock.check()
    expect(lock).to_be_checked()
    expect(_person(colleague, "Lindqvist")).to_contain_text("locked")
    _choose(colleague, "Lindqvist", "Put on hold")
    expect(colleague.get_by_role("status").filter(has_text="has locked this consultation")).to_be_visible()
    lock.uncheck()
    expect(_person(colleague, "Lindqvist").locator("[data-when=locked]")).to_be_hidden()


def test_the_list_is_ordered_as_its_reader_wants(clinic: Clinic, open_desk: Any) -> None:  # noqa: F811
    now = clock.now()
    for name, minutes in (("Zimmer", 40), ("Adams", 5), ("Moser", 15)):
        _arrive(clinic, last_name=name, now=now - timedelta(minutes=minutes))
    page = open_desk(clinic, "doctor")
    names = page.locator("#people tbody tr th strong")
    expect(names).to_have_text([re.compile("Zimmer"), re.compile("Moser"), re.compile("Adams")])
    page.get_by_label("Order").select_option(label="By name")
    expect(names).to_have_text([re.compile("Adams"), re.compile("Moser"), re.compile("Zimmer")])
    expect(_person(page, "Zimmer").locator(".k-wait--long")).to_be_visible()
    expect(_person(page, "Zimmer")).to_contain_text("a long wait")
    expect(_person(page, "Moser").locator(".k-wait")).to_be_visible()
    expect(_person(page, "Adams").locator(".k-wait")).to_have_count(0)


def test_who_was_here_today_can_be_looked_at(clinic: Clinic, open_desk: Any) -> None:  # noqa: F811
    first, second = _arrive(clinic, last_name="Adams"), _arrive(clinic, last_name="Moser")
    page = open_desk(clinic, "doctor")
    page.get_by_role("button", name="Ended today").click()
    expect(page.get_by_role("heading", name="No visit has ended today")).to_be_visible()
    with clinic.session() as session:
        session.get_one(Encounter, first).end(clinic.staff("doctor"), clock.now())
        session.get_one(Encounter, second).end(clinic.staff("doctor"), clock.now(), EndReason.REMOVED)
    expect(_person(page, "Adams")).to_contain_text("Visit done")
    expect(_person(page, "Moser")).to_contain_text("Removed from the list")
    expect(_person(page, "Moser").get_by_role("link", name=re.compile("Open"))).to_be_visible()
    expect(_person(page, "Moser").get_by_role("button", name=re.compile("Admit|More"))).to_have_count(0)
    page.get_by_role("button", name=re.compile("^All")).click()
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()


def test_a_quick_text_goes_out_with_one_click_to_one_or_to_all(clinic: Clinic, open_desk: Any) -> None:  # noqa: F811
    with clinic.session() as session:
        session.add(QuickText(title="Phone call", text="We call you by phone in a moment."))
    first, second = _arrive(clinic, last_name="Adams"), _arrive(clinic, last_name="Moser")
    page = open_desk(clinic, "doctor")
    _choose(page, "Adams", "Messages")
    talk = page.get_by_role("dialog", name=re.compile("Messages with"))
    talk.get_by_text("Quick texts").click()
    talk.get_by_role("button", name=re.compile("Phone call")).click()
    expect(talk.get_by_role("log")).to_contain_text("We call you by phone in a moment.")
    talk.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Message to all").click()
    everybody = page.get_by_role("dialog", name="Message to all")
    everybody.get_by_text("Quick texts").click()
    everybody.get_by_role("button", name=re.compile("Phone call")).click()
    expect(_person(page, "Moser").locator("[data-slot=messages]")).to_have_text("1")
    expect(_person(page, "Adams").locator("[data-slot=messages]")).to_have_text("2")
    with clinic.session() as session:
        said = [message.messages(session, session.get_one(Encounter, visit).conversation_id) for visit in (first, second)]
    assert [len(messages) for messages in said] == [2, 1]


@pytest.mark.parametrize("shape", [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_every_new_dialog_is_usable(clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any, shape: dict[str, Any]) -> None:  # noqa: F811
    with clinic.session() as session:
        session.add_all([QuickText(title="Phone call", text="We call you by phone in a moment."), QuickText(title="Read the leaflet", text="While you wait: the leaflet about your visit answers most questions.")])
    now = clock.now()
    for name, minutes in (("Zimmer", 40), ("Adams", 5), ("Moser", 15)):
        _arrive(clinic, last_name=name, now=now - timedelta(minutes=minutes))
    with clinic.session() as session:
        visits = session.query(Encounter).all()
        visits[0].admit(clinic.staff("doctor"), now)
        visits[1].transfer(clinic.staff("nurse"), clinic.departments[0], clinic.people["doctor"], clock.now(), "Please look at the left ear, it has been red since Monday")
        uid = visits[0].uid
    page = open_desk(clinic, "doctor", **shape)
    word = "phone" if shape else "wide"
    screenshot(page, f"acts-list-{word}")
    _choose(page, "Adams", "Pass on to a colleague or department")
    check_page(page)
    screenshot(page, f"acts-pass-on-{word}")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Message to all").click()
    page.get_by_role("dialog").get_by_text("Quick texts").click()
    check_page(page)
    screenshot(page, f"acts-notify-{word}")
    visit = open_desk(clinic, "doctor", f"/desk/visit/{uid}", **shape)
    visit.get_by_role("button", name="More", exact=True).click()
    check_page(visit)
    screenshot(visit, f"acts-visit-{word}")


def test_announcements_are_written_and_taken_back_at_the_desk(clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    page, colleague = open_desk(clinic, "doctor"), open_desk(clinic, "manager", width=360, height=740)
    for text in ("Dr Doctor is back in ten minutes.", "The lift is out of order."):
        if not page.get_by_role("dialog", name="Announcements").is_visible():
            page.get_by_role("button", name="Announcements").click()
        page.get_by_label("New announcement").fill(text)
        page.get_by_label("Let it stand out as a warning").check()
        page.get_by_role("button", name="Announce", exact=True).click()
        expect(page.get_by_label("New announcement")).to_have_value("")
        expect(page.locator("#announced")).to_contain_text(text)
    check_page(page)
    screenshot(page, "announcements-wide")
    opener = colleague.get_by_role("button", name="Announcements")
    expect(opener).to_contain_text("2")
    opener.click()
    check_page(colleague)
    screenshot(colleague, "announcements-phone")
    colleague.get_by_role("button", name=re.compile("Take back The lift")).click()
    expect(page.locator("#announced li")).to_have_count(1)
    expect(page.get_by_role("button", name="Take all back")).to_be_hidden()


@pytest.mark.parametrize("shape", [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_patients_who_come_later_are_told_how_late_it_gets(
    clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any, shape: dict[str, Any]  # noqa: F811
) -> None:
    with clinic.session() as session:
        booked = clinic.book(session)
        person, start, name = booked.practitioner_id, booked.start, booked.practitioner.name
    with clock.at(start - timedelta(hours=1)):
        page = open_desk(clinic, "admin", **shape)
        page.get_by_role("button", name="Message to all").click()
        later = page.get_by_label("Tell also who comes later today")
        later.select_option(label=f"Patients of {name}: 1")
        check_page(page)
        screenshot(page, "delay")
        page.get_by_role("dialog").get_by_role("button", name="10 minutes").click()
        until(lambda: _late(clinic, person) == 10)
        page.get_by_role("button", name="Message to all").click()
        later.select_option(label=f"Patients of {name}: 1 (10 mins late)")
        page.get_by_role("dialog").get_by_role("button", name="On time again").click()
        until(lambda: _late(clinic, person) == 0)


def _late(clinic: Clinic, person: int) -> int:
    with clinic.session() as session:
        return session.get_one(Practitioner, person).late_minutes


@pytest.mark.parametrize("shape", [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_an_appointment_is_moved_at_the_desk(
    clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any, shape: dict[str, Any]  # noqa: F811
) -> None:
    with clinic.session() as session:
        booked = clinic.book(session)
        booked_id, day = booked.id, booked.start.date().isoformat()
    page = open_desk(clinic, "admin", f"/desk/calendar?date={day}", **shape)
    page.get_by_role("button", name=re.compile("Details")).click()
    page.get_by_role("dialog").get_by_role("button", name="Move to another time").click()
    times = page.locator("#move-times button")
    times.nth(2).wait_for()
    check_page(page)
    screenshot(page, "move")
    chosen = times.nth(2).locator("[data-slot=time]").inner_text()
    times.nth(2).click()
    expect(page.locator("#appointments tbody tr")).to_contain_text(chosen)
    with clinic.session() as session:
        assert session.get_one(Appointment, booked_id).sequence == 1


@pytest.mark.parametrize("shape", [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_a_time_is_blocked_with_one_click_and_says_what_stands_in_it(
    clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any, shape: dict[str, Any]  # noqa: F811
) -> None:
    with clinic.session() as session:
        booked = clinic.book(session)
        day, name = booked.start.date().isoformat(), booked.practitioner.name
    page = open_desk(clinic, "admin", f"/desk/calendar?date={day}", **shape)
    page.get_by_role("button", name="Block a time").click()
    block = page.locator("#block")
    page.get_by_label("Who is away").select_option(label=name)
    block.get_by_label("From", exact=True).fill(f"{day}T08:00")
    block.get_by_label("Until").fill(f"{day}T07:00")
    page.get_by_role("button", name="Block this time").click()
    expect(page.get_by_role("status").filter(has_text="must lie after the beginning")).to_be_visible()
    block.get_by_label("Until").fill(f"{day}T12:00")
    page.get_by_label("Why").fill("Training")
    check_page(page)
    page.get_by_role("button", name="Block this time").click()
    expect(page.locator("#absences")).to_contain_text("Appointments in this time: 1")
    check_page(page)
    screenshot(page, "blocked")
    page.get_by_role("button", name=re.compile("Free again")).click()
    expect(page.locator("#absences")).to_be_hidden()
