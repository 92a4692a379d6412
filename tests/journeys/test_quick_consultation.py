"""A quick consultation with two browsers: the practitioner is in the room first, the patient comes straight in by the link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_call import Talk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def begin(desk: Any, name: str) -> tuple[Page, str]:
    """The practitioner's room, and the link that it shows."""
    doctor: Page = desk("doctor@demo.example", "/desk/waiting-room")
    doctor.get_by_role("link", name="Quick consultation").click()
    doctor.get_by_label("Last name").fill(name)
    doctor.get_by_label("E-mail").fill(f"{name.lower()}@example.org")
    doctor.get_by_role("button", name="Start now").click()
    doctor.wait_for_url(re.compile("/desk/visit/"))
    address = doctor.get_by_label("Link of the patient")
    expect(address).to_have_value(re.compile("/visit#"))
    expect(doctor.get_by_text(f"on its way to {name.lower()}@example.org")).to_be_visible()
    return doctor, address.input_value()


def test_both_are_in_the_room_without_a_waiting_room_and_it_ends_like_any_visit(server: Any, desk: Any, new_page: Any) -> None:
    doctor, link = begin(desk, "Quickly")
    patient = new_page()
    patient.goto(server.base + "/visit" + link.partition("/visit")[2])
    patient.get_by_role("heading", name="Dr Amira Haddad is waiting for you").wait_for()
    patient.get_by_role("button", name="Go in").click()
    talk = Talk(patient, patient.main_frame, doctor)
    talk.flows()
    expect(doctor.get_by_role("heading", name="Invite the patient")).to_be_hidden()
    patient.reload()
    talk.flows()
    doctor.get_by_role("button", name=re.compile("End")).first.click()
    doctor.get_by_role("dialog").get_by_role("button", name=re.compile("End")).click()
    expect(patient.get_by_role("heading", name="Your visit has ended")).to_be_visible()
    doctor.goto(server.base + "/desk/waiting-room")
    doctor.get_by_role("button", name="Ended today").click()
    expect(doctor.locator("#people tbody tr", has_text="Quickly")).to_contain_text("Visit done")
