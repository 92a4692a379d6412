"""The three walks through the house: a patient on another web site, a practitioner at the desk, a real server between.

Both ways round: a page at 127.0.0.1 that embeds the server at localhost, and the other way.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.widgets.walk_in.live import enter, seen, tell_details

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
HOSTS = ["127.0.0.1", "localhost"]


@pytest.mark.parametrize("host", HOSTS)
def test_a_patient_walks_in_is_seen_and_leaves_with_an_end_screen(embedded: Any, desk: Any, host: str) -> None:
    name = f"Lindqvist-{host.replace('.', '-')}"
    doctor = desk("doctor@demo.example")
    page, widget = embedded("demo-walk-in", host)
    assert page.locator("iframe").bounding_box()["height"] > 300, "the frame does not fit its content"
    widget.get_by_role("button", name="Dr Amira Haddad").click()
    tell_details(widget, **{"patient.last_name": name})
    enter(widget)

    row = doctor.locator("#people tbody tr", has_text=name)
    expect(row).to_contain_text("Walk-in")
    row.get_by_role("button", name="Admit").click()
    dialog = doctor.get_by_role("dialog")
    expect(dialog).to_contain_text("14 September 1958")
    dialog.get_by_role("button", name="Admit").click()

    widget.get_by_role("button", name="Enter now").click()
    doctor.wait_for_url(re.compile("/desk/visit/"))
    doctor.get_by_label("Your message").fill("What can I do for you?")
    doctor.get_by_role("button", name="Send", exact=True).click()
    seen(widget, "What can I do for you?")
    widget.get_by_label("Write to").last.fill("I feel dizzy in the morning.")
    widget.get_by_role("button", name="Send", exact=True).last.click()
    expect(doctor.locator("[data-log]")).to_contain_text("I feel dizzy in the morning.")

    doctor.get_by_role("button", name=re.compile("End")).first.click()
    doctor.get_by_role("dialog").get_by_role("button", name=re.compile("End")).click()
    seen(widget, "Thank you for your visit.")


@pytest.mark.parametrize("host", HOSTS)
def test_a_patient_books_and_the_calendar_shows_it_and_the_mail_leads_back(embedded: Any, desk: Any, host: str) -> None:
    _, widget = embedded("demo-booking", host)
    this_month = widget.locator("[data-slot=month]").inner_text()
    widget.get_by_role("button", name="Next month").click()
    expect(widget.locator("[data-slot=month]")).not_to_have_text(this_month)
    widget.locator(".k-day:enabled").first.click()
    widget.locator("[data-slots] button").first.click()
    tell_details(widget, **{"patient.email": "m.devries@example.org", "patient.last_name": f"de Vries {host}"})
    widget.get_by_role("button", name="Book this time").click()
    seen(widget, "Your appointment is booked")

    administrator = desk("admin@demo.example", "/desk/calendar")
    administrator.goto(administrator.url.partition("/desk")[0] + "/admin/outbox/list/")
    expect(administrator.get_by_role("main")).to_contain_text("m.devries@example.org")


@pytest.mark.parametrize("host", HOSTS)
def test_a_question_is_taken_answered_and_survives_a_reload(embedded: Any, desk: Any, host: str) -> None:
    question = f"May I take ibuprofen? ({host})"
    nurse = desk("nurse@demo.example", "/desk/inbox")
    present = nurse.get_by_label("I am present in Nurse chat")
    if not present.is_checked():
        present.check()
    page, widget = embedded("demo-chat", host)
    widget.get_by_role("button", name="Nurse chat").click()
    name = f"Ines {host.replace('.', ' ')}"
    widget.get_by_label("Your name").fill(name)
    widget.get_by_label("Your question").fill(question)
    widget.get_by_role("button", name="Send", exact=True).click()
    seen(widget, question)

    nurse.get_by_role("region", name="Conversations").get_by_text(name).click()
    nurse.get_by_role("button", name="Take").click()
    nurse.get_by_role("textbox", name="Your message").fill("Which tablets do you take?")
    nurse.get_by_role("button", name="Send", exact=True).click()
    seen(widget, "Which tablets do you take?")

    page.reload()
    page.wait_for_selector("iframe")
    again = next(frame for frame in page.frames if frame != page.main_frame)
    seen(again, "Which tablets do you take?")
    seen(again, question)
