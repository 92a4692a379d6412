"""Filling in a questionnaire in a real browser: on a phone, right to left, by keyboard, with a reload in the middle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock
from telehealth.department import Department
from telehealth.questionnaire_response import QuestionnaireResponse
from tests.browser.kit.until import until
from tests.patience import until as until_true
from tests.questionnaires import asked_everywhere, in_steps
from tests.widgets.walk_in.live import seen, tell_details

REFUSED = ["status of 4(04|09|22|01|03)"]
LOST = [r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"]


@pytest.fixture
def booked(clinic):
    asked_everywhere(clinic)
    with clinic.session() as session:
        made = clinic.book(session)
        return made.ticket.token, made.start


@pytest.fixture
def link(new_page, live, booked):
    """Open the appointment's link a day before its time."""
    with clock.at(booked[1] - timedelta(days=1)):

        def open_(**options):
            page = new_page(**{"expect": REFUSED} | options)
            page.goto(f"{live}/visit#{booked[0]}")
            page.get_by_role("heading", name="You are too early").wait_for()
            return page

        yield open_


def kept(clinic):
    with clinic.session() as session:
        (response,) = session.query(QuestionnaireResponse).all()
        return response.status.value, response.answers


def begin(page):
    page.get_by_role("button", name="Fill in").click()
    page.get_by_role("button", name="Send to the clinic").wait_for()


def fill_in(page):
    page.get_by_label("What happened?").fill("I fell")
    page.get_by_role("radio", name="So-so", exact=True).check()
    page.get_by_role("checkbox", name="Head").check()
    page.get_by_role("group", name="Do you take medicines?").get_by_label("No").check()


@pytest.mark.parametrize("looks", [{"width": 360, "rtl": True}, {"width": 360, "dark": True}, {"width": 1280}], ids=str)
def test_filled_in_sent_and_read_again(link, clinic, check_page, screenshot, looks):
    page, look = link(**looks), "-".join(map(str, looks))
    page.get_by_role("heading", name="Before your visit").wait_for()
    screenshot(page, f"asked-{look}", full_page=True)
    check_page(page)
    begin(page)
    check_page(page)
    screenshot(page, f"form-{look}", full_page=True)
    fill_in(page)
    page.get_by_role("button", name="Send to the clinic").click()
    seen(page, "Thank you. Your answers have been sent.")
    check_page(page)
    screenshot(page, f"thanks-{look}", full_page=True)
    page.get_by_role("button", name="Back").click()
    page.get_by_role("button", name="Read Before your visit").click()
    seen(page, "You have sent this.")
    check_page(page)
    screenshot(page, f"sent-{look}", full_page=True)
    status, answers = kept(clinic)
    assert (status, answers) == ("completed", {"i3": "I fell", "i4": "1", "i5": ["0"], "i6": "no"})


def test_errors_name_the_field_and_lead_to_it(link, check_page, screenshot):
    page = link(width=360, rtl=True)
    begin(page)
    page.get_by_label("Weight in kilograms").fill("heavy")
    page.get_by_role("button", name="Send to the clinic").click()
    summary = page.locator("#kq-form [data-summary]")
    summary.wait_for()
    until(page, "document.activeElement?.matches('#kq-form [data-summary]')")
    assert "What happened?: This is needed." in summary.inner_text()
    assert "How are you?: This is needed." in summary.inner_text()
    check_page(page)
    screenshot(page, "errors", full_page=True)
    summary.get_by_role("link", name="Weight in kilograms").click()
    until(page, "document.activeElement?.name === 'answers.i8'")


def test_a_question_appears_with_the_answer_it_waits_for(link):
    page = link()
    begin(page)
    which = page.get_by_label("Which medicines?")
    assert which.is_hidden()
    page.get_by_role("group", name="Do you take medicines?").get_by_label("Yes").check()
    which.fill("Aspirin")
    page.get_by_role("group", name="Do you take medicines?").get_by_label("No").check()
    which.wait_for(state="hidden")


def test_a_reload_in_the_middle_loses_nothing(link, clinic):
    page = link(width=360)
    begin(page)
    fill_in(page)
    page.get_by_label("Profession").fill("Baker")  # not a moment's pause before the reload
    page.reload()
    until_true(lambda: kept(clinic)[1].get("i2") == "Baker")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Profession").wait_for()
    assert page.get_by_label("Profession").input_value() == "Baker"
    assert page.get_by_role("radio", name="So-so", exact=True).is_checked()
    assert page.get_by_label("What happened?").input_value() == "I fell"


def test_without_network_the_page_keeps_trying_and_says_so(link, clinic):
    page = link(expect=[*REFUSED, *LOST])
    begin(page)
    page.context.set_offline(True)
    page.get_by_label("What happened?").fill("I fell")
    seen(page, "Not saved yet. We keep trying.")
    page.get_by_role("button", name="Send to the clinic").click()
    seen(page, "What you entered is kept on this page.")
    page.context.set_offline(False)
    until_true(lambda: kept(clinic)[1].get("i3") == "I fell")
    seen(page, "Saved. You can go on later.")


def test_by_keyboard_alone(link, clinic):
    page = link()
    button = page.get_by_role("button", name="Fill in")
    button.focus()
    page.keyboard.press("Enter")
    until(page, "document.activeElement?.id === 'kq-title'")
    tab_to(page, "answers.i3")
    page.keyboard.type("I fell")
    tab_to(page, "answers.i4")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    tab_to(page, "answers.i6")
    page.keyboard.press("Space")
    tab_to(page, "answers.i7")
    page.keyboard.type("Aspirin")
    page.keyboard.press("Enter")
    until(page, "document.activeElement?.id === 'kq-title' && !document.querySelector('#kq-form')")
    assert kept(clinic) == ("completed", {"i3": "I fell", "i4": "1", "i6": "yes", "i7": "Aspirin"})


def tab_to(page, name):
    for _step in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.name") == name:
            return
    raise AssertionError(f"{name} is out of reach")


def test_right_after_booking_it_is_offered_on_the_confirmation(new_page, live, clinic, check_page, screenshot):
    asked_everywhere(clinic)
    page = new_page(width=360, expect=REFUSED)
    page.goto(f"{live}/w/{clinic.widgets['booking']}")
    until(page, "'ready' in document.documentElement.dataset")
    if page.locator(".k-day:enabled").count() < 2:
        page.get_by_role("button", name="Next month").click()
        page.locator(".k-day:enabled").nth(1).wait_for()
    page.locator(".k-day:enabled").nth(1).click()
    page.locator("[data-slots] button").nth(1).click()
    page.locator("[data-view=details] form").wait_for()
    tell_details(page, **{"patient.email": "m.devries@clinic.example"})
    page.get_by_role("button", name="Book this time").click()
    page.get_by_role("heading", name="Your appointment is booked").wait_for()
    begin(page)
    check_page(page)
    screenshot(page, "booked")
    fill_in(page)
    page.get_by_role("button", name="Send to the clinic").click()
    seen(page, "Thank you. Your answers have been sent.")
    assert kept(clinic)[0] == "completed"


def test_in_the_waiting_room_it_is_filled_in_while_one_waits(new_page, live, booked, clinic, check_page, screenshot):
    with clock.at(booked[1] - timedelta(minutes=20)):
        page = new_page(width=360, expect=REFUSED)
        page.goto(f"{live}/visit#{booked[0]}")
        page.get_by_role("button", name="Enter the waiting room").click()
        page.locator("#waiting #kq-title").wait_for()
        begin(page)
        check_page(page)
        screenshot(page, "waiting")
        fill_in(page)
        page.get_by_role("button", name="Send to the clinic").click()
        seen(page, "Thank you. Your answers have been sent.")
    assert kept(clinic)[0] == "completed"


@pytest.fixture
def long_link(new_page, live, clinic):
    """Open the link of an appointment that asks a questionnaire of several steps."""
    with clinic.session() as session:
        in_steps(session, departments=session.query(Department).all())
    with clinic.session() as session:
        made = clinic.book(session)
        token, start = made.ticket.token, made.start
    with clock.at(start - timedelta(days=1)):

        def open_(**options):
            page = new_page(**{"expect": REFUSED} | options)
            page.goto(f"{live}/visit#{token}")
            page.get_by_role("heading", name="You are too early").wait_for()
            return page

        yield open_


def at_step(page, words):
    page.get_by_role("heading", name=words).wait_for()
    until(page, "document.activeElement?.matches('.kq-step__title')")


@pytest.mark.parametrize("looks", [{"width": 360, "rtl": True}, {"width": 360, "dark": True}, {"width": 1280}], ids=str)
def test_a_long_one_is_filled_in_step_by_step(long_link, clinic, check_page, screenshot, looks):
    page, look = long_link(**looks), "-".join(map(str, looks))
    page.get_by_role("button", name="Fill in").click()
    page.get_by_role("heading", name="Step 1 of 3").wait_for()
    check_page(page)
    screenshot(page, f"step-1-{look}", full_page=True)
    page.get_by_role("button", name="Next step").click()
    summary = page.locator("#kq-form [data-summary]")
    summary.wait_for()
    assert "Where were you born?: This is needed." in summary.inner_text()
    check_page(page)
    page.get_by_label("Where were you born?").select_option(label="Netherlands")
    page.get_by_label("Blood group").select_option(label="B")
    page.get_by_role("button", name="Next step").click()
    at_step(page, "Step 2 of 3 Habits")
    check_page(page)
    page.get_by_label("Yes").check()
    page.get_by_role("heading", name="Step 2 of 4 Habits").wait_for()
    screenshot(page, f"step-2-{look}", full_page=True)
    page.get_by_role("button", name="Next step").click()
    at_step(page, "Step 3 of 4 Smoking")
    page.get_by_role("button", name="Previous step").click()
    at_step(page, "Step 2 of 4 Habits")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Next step").click()
    at_step(page, "Step 3 of 3 Anything else")
    check_page(page)
    screenshot(page, f"step-3-{look}", full_page=True)
    page.get_by_role("button", name="Send to the clinic").click()
    seen(page, "Thank you. Your answers have been sent.")
    assert kept(clinic) == ("completed", {"s0": "1", "s1": "NL", "s3": "no"})


def test_a_reload_goes_on_in_the_step_that_was_reached(long_link, clinic):
    page = long_link()
    page.get_by_role("button", name="Fill in").click()
    page.get_by_label("Where were you born?").select_option(label="Netherlands")
    page.get_by_role("button", name="Next step").click()
    at_step(page, "Habits")
    page.get_by_label("Yes").check()
    until_true(lambda: kept(clinic)[1].get("s3") == "yes")
    page.reload()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Step 2 of 4 Habits").wait_for()
    page.get_by_role("button", name="Previous step").click()
    assert page.get_by_label("Where were you born?").input_value() == "NL"


def test_without_network_one_goes_on_and_sending_leads_back_to_what_is_missing(long_link, clinic):
    page = long_link(expect=[*REFUSED, *LOST])
    page.get_by_role("button", name="Fill in").click()
    page.context.set_offline(True)
    page.get_by_role("button", name="Next step").click()
    at_step(page, "Habits")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Next step").click()
    at_step(page, "Anything else")
    page.context.set_offline(False)
    page.get_by_role("button", name="Send to the clinic").click()
    page.get_by_role("link", name="Where were you born?").click()
    until(page, "document.activeElement?.name === 'answers.s1'")
    page.get_by_role("heading", name="Step 1 of 3").wait_for()
