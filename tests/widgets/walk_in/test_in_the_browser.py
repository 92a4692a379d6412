"""The patient's way in, through and out, in a real browser, inside a customer's page on another site."""

from __future__ import annotations

import re

import pytest

from telehealth.announcement import Announcement
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.widget import Widget
from tests.browser.kit.until import until
from tests.widgets.walk_in.live import (
    allow_sites,
    beat_is,
    choose,
    enter,
    frame_html,
    seen,
    tell_details,
    walk_in,
)

REFUSED = ["status of 4(04|09|22|01|03)"]  # Chromium logs every refusal that a page handles


@pytest.fixture
def framed(new_page, customer_site, clinic, address):
    """Open the widget in a customer's page on another site; gives page and frame."""

    def open_(path="", host="localhost", allow=None, **options):
        ours = address if host == "localhost" else address.replace("127.0.0.1", "localhost")
        options.setdefault("expect", REFUSED)
        html = frame_html(ours + path, **({} if allow is None else {"allow": allow}))
        origin = customer_site({"/": html}, host=host)
        allow_sites(clinic, origin)
        page = new_page(**options)
        page.goto(origin)
        frame = page.frame(url=re.compile("/w/"))
        until(frame, "'ready' in document.documentElement.dataset")
        return page, frame

    return open_


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_from_the_door_to_the_end(framed, clinic, desk, host, screenshot, check_page, new_page):
    page, frame = framed(host=host)
    screenshot(page, "offers")
    walk_in(frame)
    seen(frame, "Connected. Your name stands on the clinic’s list.")
    check_page(page)
    screenshot(page, "waiting")
    with desk.visit() as visit:
        assert visit.connected and visit.patient.last_name == "Lindqvist"

    desk.write("Please have your tablets at hand.")
    seen(frame, "Please have your tablets at hand.")
    frame.get_by_label("Write to the clinic").fill("I have them here.")
    frame.get_by_role("button", name="Send").click()
    until(frame, "document.querySelector('.k-msg--mine:not(.k-msg--pending)')")
    desk.hears(["Please have your tablets at hand.", "I have them here."])
    desk.read()
    seen(frame, "Read")
    screenshot(page, "messages")

    desk.admit()
    frame.get_by_role("heading", name="It is your turn").wait_for()
    until(frame, "[...document.querySelectorAll('[role=alert]')].some((a) => a.textContent.includes('It is your turn'))")
    check_page(page)
    screenshot(page, "turn")
    frame.get_by_role("button", name="Enter now").click()
    frame.get_by_role("heading", name=f"You talk to Dr Doctor {clinic.mark}").wait_for()
    desk.write("What can I do for you?")
    seen(frame, "What can I do for you?")
    check_page(page)
    screenshot(page, "room")

    desk.end()
    frame.get_by_role("heading", name="Your visit has ended").wait_for()
    check_page(page)
    screenshot(page, "ended")
    assert page.context.cookies() == []
    assert not [r for r in new_page.log(page).requests if (a := r.response()) and "set-cookie" in a.headers]


def test_the_patient_ends_the_consultation(framed, desk):
    _, frame = framed()
    walk_in(frame)
    desk.admit()
    frame.get_by_role("button", name="Enter now").click()
    frame.get_by_role("button", name="End the conversation").click()
    frame.get_by_role("button", name="End", exact=True).click()
    frame.get_by_role("heading", name="Your visit has ended").wait_for()
    with desk.visit() as visit:
        assert visit.end_reason == "left"


def test_the_end_text_is_the_clinics_own(framed, clinic, desk):
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one().end_text = "Take care."
    _, frame = framed()
    walk_in(frame)
    desk.end()
    seen(frame, "Take care.")


def test_leaving_is_asked_once_more(framed, desk, screenshot):
    page, frame = framed()
    walk_in(frame)
    frame.get_by_role("button", name="Leave the waiting room").click()
    screenshot(page, "leave")
    frame.get_by_role("button", name="Stay").click()
    with desk.visit() as visit:
        assert visit.status == "waiting"
    frame.get_by_role("button", name="Leave the waiting room").click()
    frame.get_by_role("button", name="Leave", exact=True).click()
    frame.get_by_role("heading", name="You have left").wait_for()
    screenshot(page, "left")
    frame.get_by_role("button", name="Come in again").click()
    choose(frame)
    tell_details(frame)
    enter(frame)


def test_a_reload_keeps_the_place(new_page, address, desk):
    page = new_page()
    page.goto(address)
    walk_in(page)
    desk.write("We have seen you.")
    seen(page, "We have seen you.")
    page.reload()
    beat_is(page, "online")
    seen(page, "We have seen you.")
    with desk.visit() as visit:
        assert visit.status == "waiting"


def test_a_reload_in_the_consultation_stays_there(new_page, address, desk):
    page = new_page()
    page.goto(address)
    walk_in(page)
    desk.admit()
    page.get_by_role("button", name="Enter now").click()
    page.reload()
    page.get_by_role("heading", name=re.compile("You talk to")).wait_for()


@pytest.mark.parametrize("storage", ["no-foreign-cookies", "none"])
def test_it_works_where_the_browser_keeps_nothing(framed, desk, storage, screenshot):
    page, frame = framed(storage=storage)
    walk_in(frame)
    screenshot(page, f"storage-{storage}")
    desk.admit()
    frame.get_by_role("heading", name="It is your turn").wait_for()


def test_the_ticket_leaves_the_address(new_page, framed, desk):
    page, frame = framed()
    walk_in(frame)
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Open in a new window").last.click()
    window = opened.value
    beat_is(window, "online")
    assert "#" not in window.url
    with desk.visit() as visit:
        assert visit.status == "waiting"


def test_closing_one_of_two_windows_is_not_leaving(framed, desk):
    page, frame = framed()
    walk_in(frame)
    with page.context.expect_page() as opened:
        frame.get_by_role("link", name="Open in a new window").last.click()
    beat_is(opened.value, "online")
    opened.value.close()
    desk.hold()
    seen(frame, "You are on hold for a moment")
    with desk.visit() as visit:
        assert visit.connected


def test_a_page_that_forbids_the_camera_is_named(framed, screenshot, check_page):
    page, frame = framed(allow="fullscreen")
    seen(frame, "does not allow camera and microphone")
    check_page(page)
    screenshot(page, "camera-forbidden")


def test_a_page_that_allows_everything_has_no_banner(framed):
    _, frame = framed()
    assert not frame.locator("#ways").is_visible()


def test_the_patient_reads_that_the_clinic_has_seen_them(framed, desk, screenshot, check_page):
    page, frame = framed()
    walk_in(frame)
    noticed = frame.locator("[data-slot=noticed]")
    assert not noticed.is_visible()
    desk.acknowledge()
    seen(frame, "The clinic has seen that you are here")
    check_page(page)
    screenshot(page, "noticed")
    desk.hold()
    seen(frame, "You are on hold for a moment")
    assert not noticed.is_visible()


def test_being_on_hold_is_said(framed, desk, screenshot, check_page):
    page, frame = framed()
    walk_in(frame)
    desk.hold()
    seen(frame, "You are on hold for a moment")
    assert not frame.locator("[data-slot=tiles]").is_visible()
    check_page(page)
    screenshot(page, "on-hold")


def test_an_announcement_comes_live_and_goes(framed, clinic):
    _, frame = framed()
    walk_in(frame)
    with clinic.session() as session:
        session.add(Announcement(text="Dr Doctor is 10 minutes late."))
    seen(frame, "Dr Doctor is 10 minutes late.")
    with clinic.session() as session:
        session.delete(session.query(Announcement).one())
    until(frame, "document.querySelector('[data-slot=announcements]')?.hidden")


def test_the_place_moves_while_one_looks(framed, clinic, desk):
    with clinic.session() as session:
        first = clinic.arrive(session).id
    _, frame = framed()
    walk_in(frame)
    until(frame, "document.querySelector('[data-slot=place]').textContent === '2'")
    with clinic.session() as session:
        from telehealth import clock
        from telehealth.waiting_room import Encounter

        session.get_one(Encounter, first).admit(clinic.staff("doctor"), clock.now())
    until(frame, "document.querySelector('[data-slot=place]').textContent === '1'")


def test_a_clinic_may_hide_the_place(framed, clinic):
    with clinic.session() as session:
        session.query(Organization).filter_by(id=clinic.id).one().show_place = False
    _, frame = framed()
    walk_in(frame)
    assert not frame.locator("[data-slot=tiles]").is_visible()


def test_a_clinic_may_not_want_to_be_written_to(framed, clinic, desk):
    with clinic.session() as session:
        session.query(Organization).filter_by(id=clinic.id).one().patients_may_write = False
    _, frame = framed()
    walk_in(frame)
    assert not frame.locator("#composer").is_visible()
    desk.write("Two more minutes.")
    seen(frame, "Two more minutes.")
    desk.admit()
    frame.get_by_role("button", name="Enter now").click()
    frame.locator("#composer").wait_for()


def test_nobody_there_shows_the_ways_on(framed, clinic, screenshot, check_page):
    with clinic.session() as session:
        for person in session.query(Practitioner):
            person.takes_walk_ins = False
    page, frame = framed()
    seen(frame, "Nobody is available right now.")
    assert frame.get_by_role("link", name=f"Talk to us {clinic.mark}").count() == 2
    assert frame.get_by_role("link", name="01632 960 120").count() >= 1
    check_page(page)
    screenshot(page, "nobody")


def test_somebody_who_opens_the_walk_in_hour_appears(framed, clinic):
    with clinic.session() as session:
        for person in session.query(Practitioner):
            person.takes_walk_ins = False
    _, frame = framed()
    seen(frame, "Nobody is available right now.")
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people["nurse"]).switch_walk_ins(True)
    frame.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    frame.get_by_role("button", name="Dr Nurse").wait_for()


def test_a_department_can_be_chosen_by_the_site(framed, clinic):
    _, frame = framed(path=f"?department={clinic.departments[1]}")
    assert frame.get_by_role("button", name="Dr Nurse").is_visible()
    assert frame.get_by_role("button", name="Dr Doctor").count() == 0


def test_whoever_is_free_first_can_be_chosen(framed, clinic, desk):
    with clinic.session() as session:
        manager = session.get_one(Practitioner, clinic.people["manager"])
        manager.takes_walk_ins = True
    _, frame = framed()
    choose(frame, "Whoever is free first")
    tell_details(frame)
    enter(frame)
    with desk.visit() as visit:
        assert visit.practitioner_id is None


def test_faults_lead_to_their_fields_and_nothing_typed_is_lost(framed, screenshot, check_page):
    page, frame = framed(width=360)
    choose(frame)
    frame.locator("[name='patient.last_name']").fill("Lindqvist")
    frame.locator("[name=birth_year]").fill("58")
    frame.get_by_role("button", name="Enter the waiting room").click()
    frame.locator("[data-summary]").wait_for()
    faults = frame.locator("[data-summary] li a").all_inner_texts()
    assert [fault.split(":")[0] for fault in faults] == ["Initials", "Birth date", "Accept the terms to go on."]
    until(frame, "document.activeElement.hasAttribute('data-summary')")
    check_page(page)
    screenshot(page, "faults", full_page=True)
    frame.locator("[data-summary] li a").nth(1).click()
    until(frame, "document.activeElement.name === 'birth_day'")
    assert frame.locator("[name='patient.last_name']").input_value() == "Lindqvist"


def test_back_leads_to_the_choice_with_what_was_typed_kept(framed):
    _, frame = framed()
    choose(frame)
    frame.locator("[name='patient.last_name']").fill("Lindqvist")
    frame.get_by_role("link", name="Choose someone else").click()
    choose(frame, "Dr Nurse")
    assert frame.locator("[name='patient.last_name']").input_value() == "Lindqvist"


def test_keyboard_alone_leads_through(framed, desk):
    page, frame = framed()
    frame.get_by_role("button", name="Dr Doctor").focus()
    page.keyboard.press("Enter")
    until(frame, "document.activeElement.id === 'details-title'")
    for text in ("S.", "Lindqvist", "14", "9", "1958", ""):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    beat_is(frame, "online")
    until(frame, "document.activeElement.id === 'waiting-title'")
    frame.get_by_label("Write to the clinic").focus()
    page.keyboard.type("Hello")
    page.keyboard.press("Enter")
    until(frame, "document.querySelector('.k-msg--mine:not(.k-msg--pending)')")
    desk.admit()
    frame.get_by_role("button", name="Enter now").focus()
    page.keyboard.press("Enter")
    until(frame, "document.activeElement.id === 'waiting-title'")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("narrow", {"width": 360, "height": 740}),
        ("dark", {"width": 720, "dark": True}),
        ("rtl", {"width": 360, "rtl": True}),
    ],
)
def test_every_screen_suits_everybody(framed, desk, screenshot, check_page, name, options):
    page, frame = framed(**options)
    for state, step in (
        ("offers", lambda: None),
        ("details", lambda: choose(frame)),
        ("waiting", lambda: (tell_details(frame), enter(frame), desk.write("We have seen you."))),
        ("turn", desk.admit),
        ("room", lambda: frame.get_by_role("button", name="Enter now").click()),
        ("ended", desk.end),
    ):
        step()
        if state == "waiting":
            seen(frame, "We have seen you.")
        until(frame, f"[...document.querySelectorAll('h1')].some((h) => h.offsetParent) && {shows(state)}")
        check_page(page)
        screenshot(page, f"{name}-{state}", full_page=True)


def shows(state):
    view = {"turn": "waiting", "room": "waiting"}.get(state, state)
    phase = f" && document.querySelector('#waiting').dataset.phase === '{state}'" if state in {"turn", "room"} else ""
    return f"document.querySelector('[data-view={view}]')?.hidden === false{phase}"


@pytest.mark.parametrize("tag", ["ar-XB", "en-XA"])
def test_pseudo_languages_lead_through(framed, screenshot, check_page, tag):
    page, frame = framed(path=f"?lang={tag}", width=360)
    frame.locator("[data-choice]").first.click()
    tell_details(frame)
    frame.locator("#details button[type=submit]").click()
    beat_is(frame, "online")
    check_page(page)
    screenshot(page, f"pseudo-{tag}", full_page=True)
