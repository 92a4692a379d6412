"""The link in the mail, opened in a browser: before its time, in it, after it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from telehealth import clock, delay
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.visit_type import Mode, VisitType
from telehealth.waiting_room import Encounter
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import beat_is, seen

REFUSED = ["status of 4(04|09|22|01|03)"]


@pytest.fixture
def booked(clinic):
    with clinic.session() as session:
        appointment = clinic.book(session)
        return appointment.id, appointment.ticket.token, appointment.start


@pytest.fixture
def link(new_page, live, booked):
    """Open the link as if it were some minutes from the appointment's start."""
    stack = []

    def open_(minutes, **options):
        stack.append(clock.at(booked[2] + timedelta(minutes=minutes)))
        stack[-1].__enter__()
        page = new_page(**{"timezone_id": "Europe/Amsterdam", "expect": REFUSED} | options)
        page.goto(f"{live}/visit#{booked[1]}")
        return page

    yield open_
    for moved in reversed(stack):
        moved.__exit__(None, None, None)


def come_in(page):
    page.get_by_role("button", name="Enter the waiting room").click()
    page.locator("#waiting").wait_for()
    beat_is(page, "online")


def visits(clinic):
    with clinic.session() as session:
        return session.query(Encounter).count()


def local(moment):
    from zoneinfo import ZoneInfo

    return moment.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%H:%M")


def test_too_early_says_when_it_opens(link, booked, clinic, check_page, screenshot):
    page = link(-24 * 60)
    page.get_by_role("heading", name="You are too early").wait_for()
    assert f"{local(booked[2] - timedelta(hours=1))}" in page.locator("[data-slot=opens]").inner_text()
    assert local(booked[2]) in page.locator("[data-view=early] [data-slot=when]").inner_text()
    check_page(page)
    screenshot(page, "early")
    assert visits(clinic) == 0


def test_before_it_opens_the_devices_can_be_tried(link, booked, check_page, screenshot):
    page = link(-120)
    page.get_by_text("Check camera, sound and network").click()
    page.get_by_text("The camera works: this is you.").wait_for()
    page.get_by_text("The microphone works.").wait_for()
    assert not page.get_by_text("The clinic sees what works").is_visible()
    assert not page.get_by_text("Trying the network").is_visible()
    page.get_by_role("button", name="Play a sound").click()
    page.get_by_role("button", name="Yes", exact=True).click()
    assert page.get_by_text("The sound works.").is_visible()
    check_page(page)
    screenshot(page, "devices")


def test_what_was_tried_before_is_tried_anew_in_the_waiting_room(link, booked):
    page = link(-60.2)
    page.get_by_text("Check camera, sound and network").click()
    page.get_by_text("The camera works: this is you.").wait_for()
    with clock.at(booked[2]):
        page.get_by_role("button", name="Enter the waiting room").wait_for(timeout=40_000)
        assert not page.get_by_text("The camera works: this is you.").is_visible()
        come_in(page)
        page.get_by_text("Check camera, sound and network").click()
        page.get_by_text("The camera works: this is you.").wait_for()
        assert page.get_by_text("The clinic sees what works").is_visible()


def test_whoever_looks_weeks_before_is_not_told_to_be_too_early(link, check_page):
    page = link(-9 * 24 * 60)
    page.get_by_role("heading", name="Your appointment", exact=True).wait_for()
    assert page.get_by_text("The waiting room opens").is_visible()
    assert not page.get_by_text("You are too early").is_visible()


@pytest.fixture
def elsewhere(clinic, link):
    """Open the link of an appointment that is no video consultation."""

    def open_(mode, minutes=-30, place="", phone="01632 960 001", **options):
        with clinic.session() as session:
            kind = VisitType(name="First visit", mode=mode, price=Decimal(45), place=place)
            session.add(kind)
            session.flush()
            made = session.query(Appointment).one()
            made.mode, made.visit_type_id, made.price, made.patient.phone = mode, kind.id, kind.price, phone
        return link(minutes, **options)

    return open_


@pytest.mark.parametrize("minutes", [-9 * 24 * 60, -30, 10])
def test_whoever_is_called_learns_on_which_number_and_sees_no_waiting_room(elsewhere, minutes, check_page, screenshot):
    page = elsewhere(Mode.PHONE, minutes, width=360, dark=True, rtl=True)
    page.get_by_text("We call you on 01632 960 001.").wait_for()
    assert page.locator("[data-view=elsewhere] [data-slot=visit]").inner_text() == "First visit · €45.00"
    assert not page.get_by_role("button", name="Enter the waiting room").is_visible()
    assert not page.get_by_text("The waiting room opens").is_visible()
    check_page(page)
    screenshot(page, f"called-{minutes}")


def test_whoever_comes_to_the_clinic_learns_where(elsewhere, check_page):
    page = elsewhere(Mode.ON_SITE, place="Room 7, 1 High Street")
    page.get_by_text("Room 7, 1 High Street").wait_for()
    assert not page.get_by_role("button", name="Enter the waiting room").is_visible()
    check_page(page)


def test_after_it_nothing_is_said_about_a_waiting_room(elsewhere):
    page = elsewhere(Mode.ON_SITE, 400, place="Room 7, 1 High Street")
    page.get_by_role("heading", name="This appointment is over").wait_for()
    assert "waiting room" not in page.locator("[data-view=late]").inner_text()


def test_a_number_is_told_only_to_whoever_knows_the_date_of_birth(app, clinic, booked):
    with clinic.session() as session:
        made = session.query(Appointment).one()
        made.mode, made.patient.phone = Mode.PHONE, "01632 960 001"
        session.get_one(Organization, clinic.id).ask_birth_date = True
    answer = app.test_client().post("/visit/session", json={"ticket": booked[1]})
    assert (answer.json["appointment"]["phone"], "960 001" in answer.text) == ("", False)


def test_somebody_far_away_sees_both_clocks(link, check_page):
    page = link(-24 * 60, timezone_id="America/New_York", width=360)
    seen(page, "where you are")
    check_page(page)


def test_the_page_opens_by_itself_when_the_time_has_come(link, booked):
    page = link(-60.2)
    page.get_by_role("heading", name="You are too early").wait_for()
    page.get_by_role("button", name="Enter the waiting room").wait_for(timeout=40_000)


def test_within_the_time_one_button_leads_in_and_out_again(link, booked, clinic, desk, check_page, screenshot):
    page = link(-45)
    page.get_by_role("button", name="Enter the waiting room").wait_for()
    seen(page, "You can come in now. We expect you from")
    assert visits(clinic) == 0
    check_page(page)
    screenshot(page, "open")
    come_in(page)
    check_page(page)
    screenshot(page, "visit-waiting")
    desk.admit()
    page.get_by_role("button", name="Enter now").click()
    desk.write("Good morning")
    seen(page, "Good morning")
    page.get_by_label("Write to the clinic").fill("Good morning to you")
    page.get_by_role("button", name="Send").click()
    until(page, "document.querySelector('.k-msg--mine:not(.k-msg--pending)')")
    desk.hears(["Good morning", "Good morning to you"])
    desk.end()
    page.get_by_role("heading", name="Your visit has ended").wait_for()
    seen(page, "open your link again to read this for a day")
    check_page(page)
    page.reload()
    page.get_by_role("heading", name="Your visit has ended").wait_for()
    assert page.context.cookies() == []


def test_the_token_leaves_the_address_and_a_reload_keeps_the_place(link, clinic):
    page = link(-5)
    come_in(page)
    assert "#" not in page.url
    page.reload()
    beat_is(page, "online")
    assert visits(clinic) == 1


def test_without_storage_the_link_survives_a_reload(link, clinic):
    page = link(-5, storage="none")
    come_in(page)
    page.reload()
    beat_is(page, "online")
    assert visits(clinic) == 1


def test_too_late_leads_to_the_phone(link, clinic, check_page, screenshot):
    page = link(20 + 61)
    page.get_by_role("heading", name="This appointment is over").wait_for()
    assert page.locator("[data-view=late]").get_by_role("link", name="01632 960 120").is_visible()
    check_page(page)
    screenshot(page, "late")


def test_a_cancelled_appointment_says_so(link, clinic, booked, check_page, screenshot):
    with clinic.session() as session:
        session.get_one(Appointment, booked[0]).cancel(clock.now())
    page = link(-5, dark=True, width=360)
    page.get_by_role("heading", name="This appointment was cancelled").wait_for()
    check_page(page)
    screenshot(page, "cancelled")


def test_an_unknown_link_says_so(new_page, live, screenshot):
    page = new_page(expect=REFUSED)
    page.goto(f"{live}/visit#{'x' * 43}")
    page.get_by_role("heading", name="This link does not work any more").wait_for()
    screenshot(page, "unknown")


def test_a_link_without_its_end_says_so(new_page, live):
    page = new_page()
    page.goto(f"{live}/visit")
    page.get_by_role("heading", name="The link is not complete").wait_for()


def test_another_link_in_the_same_tab_is_another_appointment(link, clinic, live):
    with clinic.session() as session:
        second = clinic.book(session, 1).ticket.token
    page = link(-5)
    come_in(page)
    page.goto(f"{live}/visit#{second}")
    page.get_by_role("button", name="Enter the waiting room").wait_for()


def test_leaving_and_coming_in_again(link, clinic):
    page = link(-5)
    come_in(page)
    page.get_by_role("button", name="Leave the waiting room").click()
    page.get_by_role("button", name="Leave", exact=True).click()
    page.get_by_role("button", name="Come in again").click()
    come_in(page)
    assert visits(clinic) == 2


@pytest.mark.parametrize("options", [{"rtl": True}, {"dark": True}, {}])
def test_the_link_suits_everybody(link, check_page, screenshot, options):
    page = link(-20, width=360, **options)
    page.get_by_role("button", name="Enter the waiting room").wait_for()
    check_page(page)
    screenshot(page, f"visit-{'-'.join(options) or 'narrow'}")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Enter the waiting room").press("Enter")
    beat_is(page, "online")


def test_the_page_speaks_the_language_in_which_was_booked(link, clinic, booked, monkeypatch):
    monkeypatch.setattr("web.locale.shipped", lambda: ["en", "ar-XB"])
    with clinic.session() as session:
        session.get_one(Appointment, booked[0]).locale = "ar-XB"
    page = link(-5)
    until(page, "document.documentElement.dir === 'rtl' && document.querySelector('[data-view=open]')?.hidden === false")


@pytest.fixture
def asking(clinic):
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True


@pytest.mark.parametrize("shape", [{"width": 1280}, {"width": 360, "dark": True, "rtl": True}], ids=["wide", "dark phone, mirrored"])
def test_the_clinic_may_ask_for_the_date_of_birth_first(link, asking, clinic, check_page, screenshot, shape):
    page = link(-10, **shape)
    page.locator("#who").wait_for()
    for name, value in (("birth_day", "27"), ("birth_month", "3"), ("birth_year", "1985")):
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Go on").click()
    page.locator("#who [aria-invalid=true]").first.wait_for()
    assert "not the date the clinic knows" in page.locator("#who [data-summary]").inner_text()
    assert page.locator("[name=birth_year]").input_value() == "1985"
    check_page(page)
    screenshot(page, f"who-{shape['width']}")
    assert visits(clinic) == 0
    page.locator("[name=birth_year]").fill("1984")
    page.get_by_role("button", name="Go on").click()
    come_in(page)
    page.reload()
    page.locator("#waiting").wait_for()
    beat_is(page, "online")


def test_the_clinics_own_words_and_the_delay_stand_on_the_page(link, booked, clinic, check_page, screenshot):
    with clinic.session() as session, clock.at(booked[2] - timedelta(hours=1)):
        appointment = session.get_one(Appointment, booked[0])
        appointment.department.on_time_text = "You are on time.\nMake yourself comfortable."
        delay.run_late(session, clinic.staff("admin"), appointment.practitioner_id, 15, clock.now())
    page = link(-10, width=360)
    page.get_by_text("Make yourself comfortable.").wait_for()
    page.get_by_text("runs about 15 minutes late today").locator("visible=true").wait_for()
    assert not page.get_by_text("Come in, we call you").locator("visible=true").count()
    check_page(page)
    screenshot(page, "own-words")


@pytest.mark.parametrize("shape", [{"width": 1280}, {"width": 360, "dark": True, "rtl": True}], ids=["wide", "dark phone, mirrored"])
def test_an_appointment_is_moved_and_then_cancelled_by_its_link(link, booked, clinic, check_page, screenshot, shape):
    page = link(-30 * 60, **shape)
    page.get_by_role("button", name="Choose another time").locator("visible=true").click()
    times = page.locator("#move-times button")
    times.first.wait_for()
    page.locator("#move-times").evaluate("(times) => times.replaceChildren()")
    page.locator("#move-day").select_option(index=page.locator("#move-day option").count() - 1)
    times.first.wait_for()
    check_page(page)
    screenshot(page, f"move-{shape['width']}")
    chosen = times.nth(1).inner_text().strip()
    times.nth(1).click()
    page.get_by_role("dialog").get_by_text("becomes free for others").wait_for()
    check_page(page)
    page.get_by_role("dialog").get_by_role("button", name="Move the appointment").click()
    page.locator("[data-view=early] [data-slot=moved]").wait_for()
    assert chosen in page.locator("[data-view=early] [data-slot=when]").inner_text()
    check_page(page)
    screenshot(page, f"moved-{shape['width']}")
    page.get_by_role("button", name="Cancel the appointment").locator("visible=true").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Cancel the appointment").locator("visible=true").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the appointment").click()
    page.get_by_role("heading", name="This appointment was cancelled").wait_for()


def test_shortly_before_nothing_is_offered_to_change(link):
    page = link(-10)
    page.get_by_role("button", name="Enter the waiting room").wait_for()
    assert not page.get_by_role("button", name="Choose another time").locator("visible=true").count()


@pytest.mark.parametrize("look", [{"width": 360, "dark": True}, {"width": 1280, "rtl": True}], ids=["phone-dark", "mirrored"])
def test_a_link_that_is_over_leads_to_the_current_ones(look, request, link, clinic, check_page, screenshot):
    page, name = link(20 + 61, **look), request.node.callspec.id
    page.get_by_role("button", name="Send me the links").click()
    page.get_by_role("heading", name="Links of your appointments").wait_for()
    page.get_by_role("button", name="Send me the links").click()
    page.get_by_role("alert").get_by_text("E-mail:").wait_for()
    check_page(page)
    screenshot(page, f"lost-{name}-refused", full_page=True)
    page.locator("#new-link-email").fill("somebody@example.org")
    page.get_by_role("button", name="Send me the links").click()
    seen(page, "a mail with their links is on its way")
    check_page(page)
    screenshot(page, f"lost-{name}-sent", full_page=True)


def test_a_lost_link_is_asked_for_where_one_books(new_page, live, clinic, check_page, screenshot):
    page = new_page(width=360)
    page.goto(f"{live}/visit/new-link/{clinic.widgets['booking']}")
    check_page(page)
    screenshot(page, "lost-page", full_page=True)
    page.locator("#new-link-email").fill("somebody@example.org")
    page.keyboard.press("Enter")
    seen(page, "a mail with their links is on its way")
