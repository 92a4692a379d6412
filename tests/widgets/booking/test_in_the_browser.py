"""Booking in a real browser, inside a customer's page on another site: from the month to the appointment."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from telehealth import booking, clock, hold
from telehealth.booking import Appointment, Search
from telehealth.department import Department
from telehealth.occupancy import Hold
from telehealth.organization import Organization
from telehealth.schedule import Availability
from telehealth.team import name_team
from telehealth.visit_type import Mode, VisitType
from telehealth.widget import Widget
from tests import patience
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import allow_sites, frame_html, seen, tell_details

BOOKING_FIRST_LOAD_GZIP_BYTES = 25_000
REFUSED = ["status of 4(04|09|22|01)"]  # Chromium logs every refusal that a page handles
LOST = [r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"]
READY = "'ready' in document.documentElement.dataset"
DAY = ".k-day:enabled"
SLOT = "[data-slots] button"


@pytest.fixture
def opened(new_page, address):
    """Open the widget as a page of its own."""

    def open_(path="", **options):
        options.setdefault("expect", REFUSED)
        page = new_page(**options)
        page.goto(address + path)
        until(page, READY)
        return page

    return open_


@pytest.fixture
def framed(new_page, customer_site, clinic, address):
    """Open the widget in a customer's page on another site; gives page and frame."""

    def open_(path="", host="localhost", **options):
        options.setdefault("expect", REFUSED)
        origin = customer_site({"/": frame_html(address + path)}, host=host)
        allow_sites(clinic, origin, widget="booking")
        page = new_page(**options)
        page.goto(origin)
        frame = page.frame(url=re.compile("/w/"))
        until(frame, READY)
        return page, frame

    return open_


@pytest.fixture
def alone(clinic):
    """Only the doctor can be booked, on each of the coming days."""
    with clinic.session() as session:
        for one in session.query(Availability).filter_by(practitioner_id=clinic.people["nurse"]):
            session.delete(one)
    return clinic


def next_month_if_needed(page):
    """On the last days of a month its free times may be over."""
    if page.locator(DAY).count() < 2:
        page.get_by_role("button", name="Next month").click()
        page.locator(DAY).nth(1).wait_for()


def choose_time(page, nth=1):
    next_month_if_needed(page)
    page.locator(DAY).nth(1).click()
    page.locator(SLOT).nth(nth).click()
    page.locator("[data-view=details] form").wait_for()


def book(page):
    tell_details(page, **{"patient.email": "m.devries@clinic.example"})
    page.get_by_role("button", name="Book this time").click()


def appointments(clinic):
    with clinic.session() as session:
        return [(made.start, made.status.value) for made in session.query(Appointment).order_by(Appointment.id)]


def book_before(clinic, slot_id):
    """Somebody else is faster."""
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        booking.book(session, widget, clinic.booking(slot_id), clock.now())


def test_from_the_month_to_the_appointment_on_another_site(framed, clinic, check_page, screenshot):
    page, frame = framed()
    screenshot(page, "month")
    next_month_if_needed(frame)
    frame.locator(DAY).nth(1).click()
    frame.locator(SLOT).first.wait_for()
    screenshot(page, "day")
    check_page(page)
    frame.locator(SLOT).first.click()
    screenshot(page, "details")
    check_page(page)
    book(frame)
    frame.get_by_role("heading", name="Your appointment is booked").wait_for()
    seen(frame, "We send the link to your appointment to m.devries@clinic.example")
    frame.locator("[data-calendar]:visible").wait_for()
    screenshot(page, "booked")
    assert len(appointments(clinic)) == 1
    with page.expect_download() as download:
        frame.locator("[data-calendar]").click()
    assert download.value.suggested_filename == "appointment.ics"
    assert "BEGIN:VEVENT" in download.value.path().read_text()


def test_the_appointment_is_said_in_full_words_with_zone_person_and_link(opened, clinic):
    page = opened(timezone_id="Europe/Amsterdam")
    choose_time(page)
    book(page)
    page.get_by_role("heading", name="Your appointment is booked").wait_for()
    (start, _status), = appointments(clinic)
    with clinic.session() as session:
        local = start.astimezone(session.get_one(Organization, clinic.id).tz)
    words = page.locator("[data-view=booked]").inner_text()
    assert f"{local:%A}, {local.day} {local:%B} {local.year}, {local:%H:%M} to" in words
    assert "Times are for Amsterdam (Central European Time)." in words
    assert re.search(r"With Dr (Doctor|Nurse)", words)
    assert "On your device" not in words
    assert re.search(r"/visit#[\w-]{43}", page.locator("[data-slot=link]").get_attribute("href"))


def test_a_device_in_another_zone_is_told_both_times(opened, clinic):
    page = opened(timezone_id="America/New_York")
    choose_time(page)
    (there, own) = (page.locator(f"[data-view=details] [data-slot={name}]").inner_text() for name in ("when", "own"))
    assert re.search(r"\d\d:\d\d$", there)
    assert re.search(r"\d\d:\d\d$", own)
    assert there[-5:] != own[-5:]


def test_a_lost_time_offers_the_nearest_and_keeps_what_was_typed(opened, alone, check_page, screenshot):
    page = opened()
    choose_time(page, nth=2)
    tell_details(page, **{"patient.email": "m.devries@clinic.example"})
    with alone.session() as session:
        day = page.locator(".k-day[aria-pressed=true]").get_attribute("data-date")
        patience.until(lambda: held(alone))
        session.query(Hold).one().expires_at = clock.now()
        session.flush()
        slot = booking.day_of(session, Search(), date.fromisoformat(day), clock.now())[2]
    book_before(alone, slot.id)
    page.get_by_role("button", name="Book this time").click()
    page.locator("[data-nearest] button").first.wait_for()
    seen(page, "Somebody else has just booked")
    check_page(page)
    screenshot(page, "taken")
    page.locator("[data-nearest] button").first.click()
    assert page.locator("[name='patient.last_name']").input_value() == "Lindqvist"
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Your appointment is booked").wait_for()
    assert len(appointments(alone)) == 2


def test_an_answer_lost_on_the_way_does_not_book_twice(opened, clinic):
    page = opened(expect=REFUSED + LOST)
    choose_time(page)
    tell_details(page, **{"patient.email": "m.devries@clinic.example"})
    lost = []

    def lose(route):
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/appointments", lose, times=1)
    page.get_by_role("button", name="Book this time").click()
    seen(page, "you will not be booked twice")
    assert lost == [201]
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Your appointment is booked").wait_for()
    assert len(appointments(clinic)) == 1


def test_whoever_chose_another_time_after_a_lost_answer_learns_which_one_is_booked(opened, clinic):
    page = opened(expect=REFUSED + LOST)
    choose_time(page)
    tell_details(page, **{"patient.email": "m.devries@clinic.example"})
    page.route("**/appointments", lambda route: (route.fetch(), route.abort()), times=1)
    page.get_by_role("button", name="Book this time").click()
    seen(page, "you will not be booked twice")
    page.get_by_role("button", name="Choose another time").click()
    page.locator(SLOT).nth(5).click()
    page.get_by_role("button", name="Book this time").click()
    seen(page, "Your first request had reached us after all")
    assert len(appointments(clinic)) == 1


def test_faults_are_listed_and_lead_to_their_fields(opened, check_page):
    page = opened()
    choose_time(page)
    page.get_by_role("button", name="Book this time").click()
    page.locator("[data-summary]:visible").wait_for()
    check_page(page)
    page.locator("[data-summary] a").nth(2).click()
    until(page, "document.activeElement.name === 'birth_day'")
    assert page.locator("[data-summary] a").last.inner_text().endswith("Accept the terms to go on.")


def test_by_keyboard_alone(opened, clinic):
    page = opened()
    next_month_if_needed(page)
    page.locator("#month").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    days = page.locator(DAY).evaluate_all("(days) => days.map((day) => day.dataset.date)")
    focused = "document.activeElement.dataset.date"
    assert page.evaluate(focused) == days[0]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(focused) == days[1]
    page.keyboard.press("End")
    assert page.evaluate(focused) == days[-1]
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")  # today has perhaps nothing left to choose among
    page.keyboard.press("Enter")
    page.locator(SLOT).nth(2).wait_for()
    until(page, "document.activeElement.id === 'day'")
    page.keyboard.press("Tab")
    until(page, "document.activeElement.type === 'checkbox'")  # the browser's clock is another one
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement") is not None
    page.keyboard.press("Enter")
    page.locator("[data-view=details] form").wait_for()
    until(page, "document.activeElement.tagName === 'H1'")


def test_page_down_turns_the_month_and_stays_in_the_table(opened):
    page = opened()
    next_month_if_needed(page)
    before = page.locator("#month").inner_text()
    page.locator(DAY).first.focus()
    page.keyboard.press("PageDown")
    until(page, f"document.querySelector('#month').textContent !== {before!r}")
    until(page, "document.activeElement.matches('.k-day')")
    page.keyboard.press("PageUp")
    until(page, f"document.querySelector('#month').textContent === {before!r}")


def test_every_day_says_in_words_how_much_is_free(opened, alone):
    page = opened()
    next_month_if_needed(page)
    last = page.locator(DAY).last
    assert re.fullmatch(r"\w+,? \d+ \w+, 16 free", last.inner_text().split("\n")[-1].strip())
    if page.locator(".k-day:disabled").count():
        assert page.locator(".k-day:disabled").first.inner_text().endswith("nothing free")


def test_an_empty_month_says_where_the_next_free_day_is(opened, alone, check_page, screenshot):
    far = (clock.now() + timedelta(days=70)).date()
    with alone.session() as session:
        for one in session.query(Availability):
            one.weekday, one.valid_from = None, far
    page = opened()
    seen(page, "Nothing is free in")
    check_page(page)
    screenshot(page, "empty-month")
    page.get_by_role("button", name="the next free day").click()
    page.locator(SLOT).first.wait_for()
    assert page.locator(".k-day[aria-pressed=true]").get_attribute("data-date") == far.isoformat()


def test_when_nothing_is_free_at_all_there_are_ways_on(opened, alone, check_page, screenshot):
    with alone.session() as session:
        for one in session.query(Availability):
            session.delete(one)
    page = opened()
    page.get_by_role("heading", name="There are no free times at the moment.").wait_for()
    assert page.get_by_role("link", name="Call 01632 960 120").count()
    check_page(page)
    screenshot(page, "nothing")
    with alone.session() as session:
        session.add(
            Availability(
                practitioner_id=alone.people["doctor"], weekday=None, from_minute=540, to_minute=600,
                valid_from=(clock.now() + timedelta(days=1)).date(),
            )
        )  # fmt: skip
    page.get_by_role("button", name="Look again").click()
    page.locator(".k-cal").wait_for()


def test_without_connection_it_says_so_and_comes_back_by_itself(opened, screenshot):
    page = opened(expect=REFUSED + LOST)
    page.context.set_offline(True)
    page.get_by_role("button", name="Next month").click()
    seen(page, "We cannot show the free times right now.")
    screenshot(page, "offline")
    page.context.set_offline(False)
    page.locator("[data-part=failed]").wait_for(state="hidden")
    page.locator(DAY).nth(20).wait_for()


def test_the_person_can_be_chosen(opened, clinic):
    page = opened()
    page.get_by_label("With whom?").select_option(label=f"Dr Nurse {clinic.mark}, Nurse")
    choose_time(page)
    seen(page, f"With Dr Nurse {clinic.mark}, 20 minutes")


def test_the_page_around_can_choose_the_department(opened, clinic):
    page = opened(f"?department={clinic.departments[1]}")
    assert page.locator("#who").input_value() == f"department={clinic.departments[1]}"


@pytest.mark.parametrize("storage", ["none", "no-foreign-cookies"])
def test_it_needs_no_storage(framed, clinic, storage):
    _page, frame = framed(storage=storage)
    choose_time(frame)
    book(frame)
    frame.get_by_role("heading", name="Your appointment is booked").wait_for()
    assert len(appointments(clinic)) == 1


@pytest.mark.parametrize("look", [{"width": 360, "height": 740}, {"dark": True}, {"width": 360, "rtl": True}])
def test_every_state_is_fit_for_phone_dark_and_right_to_left(opened, look, check_page, screenshot):
    name = "-".join(look)
    page = opened(**look)
    next_month_if_needed(page)
    page.locator(DAY).nth(1).click()
    page.locator(SLOT).first.wait_for()
    check_page(page)
    screenshot(page, f"{name}-day", full_page=True)
    page.locator(SLOT).first.click()
    check_page(page)
    screenshot(page, f"{name}-details", full_page=True)
    book(page)
    page.get_by_role("heading", name="Your appointment is booked").wait_for()
    check_page(page)
    screenshot(page, f"{name}-booked", full_page=True)


def test_in_right_to_left_the_arrow_keys_follow_the_eye(opened):
    page = opened("?lang=ar-XB")
    until(page, "document.documentElement.dir === 'rtl'")
    if page.locator(DAY).count() < 2:
        pytest.skip("the month ends today")
    days = page.locator(DAY).evaluate_all("(days) => days.map((day) => day.dataset.date)")
    page.locator(DAY).first.focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.dataset.date") == days[1]


def test_nothing_is_stored_and_no_row_is_written_before_booking(opened, clinic):
    page = opened()
    choose_time(page)
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert page.context.cookies() == []
    assert appointments(clinic) == []


def held(clinic):
    with clinic.session() as session:
        return [made.slot_id for made in session.query(Hold)]


def test_a_chosen_time_is_kept_with_a_countdown_until_another_is_chosen(opened, clinic, check_page, screenshot):
    page = opened(width=360)
    choose_time(page)
    page.get_by_role("timer").get_by_text("Kept for you for another ").wait_for()
    assert re.search(r"Kept for you for another .?(10:00|9:5\d)", page.get_by_role("timer").inner_text())
    screenshot(page, "kept")
    check_page(page)
    first = held(clinic)
    assert len(first) == 1
    page.get_by_role("button", name="Choose another time").click()
    patience.until(lambda: held(clinic) == [])
    page.locator(SLOT).nth(2).click()
    patience.until(lambda: len(held(clinic)) == 1 and held(clinic) != first)
    book(page)
    page.get_by_role("heading", name="Your appointment is booked").wait_for()
    assert held(clinic) == []


def test_a_time_that_is_no_longer_kept_says_so_and_is_kept_again(opened, clinic, check_page, screenshot):
    page = opened()
    page.clock.install()
    choose_time(page)
    page.get_by_role("timer").get_by_text("Kept for you for another ").wait_for()
    page.clock.run_for(9 * 60_000 + 5_000)
    assert page.get_by_text("kept for you for one more minute").count()
    page.clock.run_for(60_000)
    seen(page, "This time is no longer kept for you")
    screenshot(page, "lapsed")
    check_page(page)
    page.get_by_role("button", name="Keep it again").click()
    page.get_by_role("timer").get_by_text("Kept for you for another ").wait_for()
    assert not page.get_by_text("This time is no longer kept").is_visible()


def test_leaving_the_page_gives_the_time_back(opened, clinic):
    page = opened()
    choose_time(page)
    patience.until(lambda: len(held(clinic)) == 1)
    page.goto("about:blank")
    patience.until(lambda: held(clinic) == [])


def test_a_time_that_somebody_else_holds_by_now_offers_the_nearest(opened, alone, clinic):
    page = opened()
    next_month_if_needed(page)
    page.locator(DAY).nth(1).click()
    page.locator(SLOT).first.wait_for()
    day = page.locator(DAY).nth(1).get_attribute("data-date")
    with clinic.session() as session:
        slot = booking.day_of(session, Search(), date.fromisoformat(day), clock.now())[0]
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        hold.keep(session, widget, "faster", slot.id, clock.now())
    page.locator(SLOT).first.click()
    seen(page, "Somebody else has just booked")
    page.locator("[data-nearest] button").first.click()
    page.get_by_role("timer").get_by_text("Kept for you for another ").wait_for()


def test_times_can_be_read_on_the_visitors_own_clock(opened, screenshot, check_page):
    page = opened(timezone_id="Pacific/Auckland", width=360)
    next_month_if_needed(page)
    page.locator(DAY).nth(1).click()
    page.locator(SLOT).first.wait_for()
    before = page.locator(SLOT).all_inner_texts()
    page.get_by_label("Show times on my device’s clock").check()
    seen(page, "Times are as your device’s clock shows them (Pacific/Auckland)")
    after = page.locator(SLOT).all_inner_texts()
    assert len(after) == len(before)
    assert not {text.splitlines()[0] for text in after[:1]} & set(before[:1])
    screenshot(page, "own-clock")
    check_page(page)
    page.get_by_label("Show times on my device’s clock").uncheck()
    assert page.locator(SLOT).all_inner_texts() == before


def test_an_open_page_shows_that_somebody_else_was_faster_and_keeps_the_focus(opened, alone, clinic):
    page = opened()
    next_month_if_needed(page)
    page.locator(DAY).nth(1).click()
    page.locator(SLOT).nth(3).focus()
    before = page.locator(SLOT).count()
    focused = page.evaluate("document.activeElement.dataset.start")
    until(page, "performance.getEntriesByType('resource').some((entry) => entry.name.includes('/vendor/socket.io'))")
    day = page.locator(DAY).nth(1).get_attribute("data-date")
    with clinic.session() as session:
        slot = booking.day_of(session, Search(), date.fromisoformat(day), clock.now())[0]
    book_before(clinic, slot.id)
    until(page, f"document.querySelectorAll('{SLOT}').length === {before - 1}")
    assert page.evaluate("document.activeElement.dataset.start") == focused
    with clinic.session() as session:
        session.query(Appointment).one().cancel(clock.now())
    until(page, f"document.querySelectorAll('{SLOT}').length === {before}")


def test_whoever_finds_nothing_is_told_of_a_free_time_by_mail(opened, clinic, check_page, screenshot):
    with clinic.session() as session:
        for one in session.query(Availability):
            session.delete(one)
    page = opened(width=360)
    page.get_by_role("button", name="Tell me when a time becomes free").click()
    page.get_by_role("button", name="Tell me", exact=True).click()
    seen(page, "Some answers need another look")
    check_page(page)
    page.get_by_label("E-mail address").fill("anna@example.org")
    page.get_by_label("The last day that would suit you").fill(str((clock.now() + timedelta(days=5)).date()))
    screenshot(page, "waitlist", full_page=True)
    page.get_by_role("button", name="Tell me", exact=True).click()
    page.get_by_role("heading", name="You are on the waitlist").wait_for()
    seen(page, "We write to anna@example.org")
    screenshot(page, "waitlisted", full_page=True)
    check_page(page)


def test_where_an_earlier_time_is_free_the_waitlist_says_so(opened, clinic):
    page = opened(rtl=True, dark=True)
    page.get_by_role("button", name="No time suits you?").click()
    page.get_by_label("E-mail address").fill("anna@example.org")
    page.get_by_label("The last day that would suit you").fill(str((clock.now() + timedelta(days=5)).date()))
    page.get_by_role("button", name="Tell me", exact=True).click()
    seen(page, "There is a free time before that date already.")
    page.get_by_role("button", name="Show the whole month").click()
    page.locator(DAY).first.wait_for()


def test_booking_first_load_gzip_bytes(new_page, address):
    page = new_page()
    page.goto(address)
    until(page, READY)
    answers = [request.response() for request in new_page.log(page).requests if "favicon" not in request.url]
    sizes = {answer.url.rpartition("/")[2]: len(gzip.compress(answer.body())) for answer in answers}
    assert sum(sizes.values()) <= BOOKING_FIRST_LOAD_GZIP_BYTES, sizes
    assert not [url for url in sizes if "socket.io" in url]
    print(sum(sizes.values()), sizes)


@pytest.mark.parametrize("look", [{}, {"width": 360, "height": 1600, "rtl": True, "dark": True}], ids=["wide", "dark phone, mirrored"])
def test_a_telephone_call_is_chosen_and_told_with_its_number(opened, clinic, look, check_page, screenshot):
    with clinic.session() as session:
        session.add_all([
            VisitType(name="Video", position=0),
            VisitType(name="Call", mode=Mode.PHONE, length_minutes=10, price=Decimal("12.50"), position=1),
        ])
    page = opened(**look)
    page.get_by_label("What for?").select_option("Call · €12.50")
    choose_time(page)
    assert "10" in page.locator("[data-view=details] [data-slot=with]").inner_text()
    assert page.locator("[data-slot=kind]").inner_text() == "Call · €12.50"
    tell_details(page)
    check_page(page)
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("link", name="Phone: This is needed.").click()
    assert page.locator("[name='patient.phone']").evaluate("field => field === document.activeElement")
    page.keyboard.type("01632 960 001")
    screenshot(page, "call")
    page.get_by_role("button", name="Book this time").click()
    page.get_by_text("We call you at this time.").wait_for()
    assert page.locator("[data-slot=booked_kind]").inner_text() == "Call · €12.50"
    assert not page.get_by_text("You are welcome in the waiting room").is_visible()
    check_page(page)
    screenshot(page, "call-booked")
    with clinic.session() as session:
        assert session.query(Appointment).one().mode is Mode.PHONE


def test_other_visit_types_have_other_times(opened, clinic):
    with clinic.session() as session:
        session.add_all([VisitType(name="Short", length_minutes=10, position=0), VisitType(name="Never", length_minutes=700, position=1)])
    page = opened()
    page.get_by_label("What for?").select_option("Never")
    page.get_by_text("Nothing is free in").wait_for()
    page.get_by_label("What for?").select_option("Short")
    next_month_if_needed(page)
    assert page.locator(DAY).count()


def test_a_department_is_booked_as_a_team(opened, clinic):
    with clinic.session() as session:
        team = name_team(session, session.get_one(Department, clinic.departments[0]), "Our nurses")
        hours = session.query(Availability).filter_by(practitioner_id=clinic.people["doctor"]).all()
        for one in hours:
            one.practitioner_id, one.capacity = team.id, 2
    page = opened()
    page.get_by_label("With whom?").select_option("Our nurses")
    choose_time(page)
    tell_details(page)
    page.get_by_role("button", name="Book this time").click()
    page.get_by_text("With Our nurses", exact=True).wait_for()


def test_a_day_that_is_chosen_in_the_moment_before_the_next_month_comes_stays_chosen(opened, clinic):
    page = opened()
    next_month_if_needed(page)
    shown = page.locator("#month").inner_text()
    held = []

    def hold_back(route):
        held.append(route)

    page.route("**/slots?month=*", hold_back)
    page.evaluate("""() => {
      document.querySelector('[data-act=after]').click();
      document.querySelectorAll('.k-day:enabled')[1].click();
    }""")
    page.locator(SLOT).first.wait_for()
    assert len(held) == 1
    with page.expect_response("**/slots?month=*"):
        held.pop().continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.locator(SLOT).first.is_visible()
    assert page.locator("#month").inner_text() == shown
    assert page.locator(".k-day[aria-pressed=true]").count() == 1
