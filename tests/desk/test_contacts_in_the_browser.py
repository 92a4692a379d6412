"""The panel beside a conversation, as people use it: whose number it is, chosen by keyboard, in every shape of the page."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import expect

from telehealth import clock, contact_point, messenger
from telehealth.channel import Channel
from telehealth.contact_point import ContactKind
from telehealth.conversation import Conversation
from telehealth.messenger import Arrival, Incoming, MessengerAccount, NoticeKind
from telehealth.patient import Patient
from tests.desk.test_in_the_browser import SHAPES, open_desk, site  # noqa: F401 (fixtures)
from tests.patience import until

NUMBER = "+31612345678"


@pytest.fixture
def thread(clinic):
    """Somebody writes by WhatsApp, a practitioner is present; gives the conversation's id."""
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff("doctor"), active=True, now=clock.now())
        session.add(bot := MessengerAccount(kind=ContactKind.WHATSAPP, name="WhatsApp", channel_id=clinic.channels["shared"]))
        session.flush()
        made = messenger.receive(session, bot, Incoming("m1", NUMBER, "Ida Rossi", "May I come tomorrow?"), clock.now())
        made.claim(clinic.staff("doctor"))
        notice = messenger.write(session, NoticeKind.ANSWER, contact_point.points_of(session, made)[0], made, clock.now())
        notice.came(Arrival.DELIVERED)
        return made.id


def patients(clinic, *names):
    with clinic.session() as session:
        session.add_all(Patient(initials="I.", last_name=name, phone=NUMBER, email=f"{name.lower()}@home.example") for name in names)


def shot(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def patient_of(clinic, thread):
    with clinic.session() as session:
        who = session.get_one(Conversation, thread).patient_id
        return session.get_one(Patient, who).last_name if who else None


def test_a_number_that_nobody_has_is_an_unknown_client(clinic, thread, open_desk):  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{thread}")
    panel = page.locator("[data-contact]")
    expect(panel.locator("summary")).to_contain_text("Unknown client")
    panel.locator("summary").click()
    expect(panel.get_by_text("Nobody is found.")).to_be_visible()
    expect(panel).to_contain_text(NUMBER)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_of_several_with_the_number_is_chosen_by_keyboard(clinic, thread, open_desk, shape):  # noqa: F811
    patients(clinic, "Bakker", "Jansen", "Rossi")
    page = open_desk(clinic, "doctor", f"/desk/inbox#{thread}", **SHAPES[shape])
    panel = page.locator("[data-contact]")
    summary = panel.locator("summary")
    expect(summary).to_contain_text("I. Bakker (and 2 more)")
    expect(summary).to_contain_text("Not confirmed")
    summary.focus()
    page.keyboard.press("Enter")
    found = panel.locator("[data-contact-found] li")
    expect(found).to_have_count(3)
    shot(page, f"contact-{shape.replace(', ', '-').replace(' ', '-')}")
    panel.get_by_role("searchbox").focus()
    page.keyboard.type("ross")
    expect(found).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(summary).to_contain_text("Confirmed")
    expect(summary).to_contain_text("I. Rossi")
    expect(summary).to_be_focused()
    until(lambda: patient_of(clinic, thread) == "Rossi")
    shot(page, f"confirmed-{shape.replace(', ', '-').replace(' ', '-')}")


def test_a_wrong_choice_is_taken_back(clinic, thread, open_desk):  # noqa: F811
    patients(clinic, "Bakker")
    page = open_desk(clinic, "doctor", f"/desk/inbox#{thread}")
    panel = page.locator("[data-contact]")
    panel.locator("summary").click()
    panel.get_by_role("button", name="Yes, this is who writes").click()
    panel.get_by_role("button", name="Somebody else after all").click()
    expect(panel.locator("summary")).to_contain_text("Unknown client")
    until(lambda: patient_of(clinic, thread) is None)


def test_how_far_a_notice_came_is_said(clinic, thread, open_desk):  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{thread}")
    panel = page.locator("[data-contact]")
    panel.locator("summary").click()
    expect(panel.get_by_text("The notice has arrived.")).to_be_visible()


def test_spam_is_blocked_and_taken_again(clinic, thread, open_desk):  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{thread}")
    panel = page.locator("[data-contact]")
    panel.locator("summary").click()
    panel.get_by_role("button", name="Block", exact=True).click()
    expect(panel.get_by_text("Blocked", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Take messages again").click()
    expect(panel.get_by_text("Blocked", exact=True)).to_be_hidden()


def test_what_a_colleague_says_changes_the_open_panel_and_takes_nothing_that_is_being_entered(clinic, thread, open_desk):  # noqa: F811
    patients(clinic, "Bakker")
    with clinic.session() as session:
        found = session.get_one(Conversation, thread)
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff("admin"), active=True, now=clock.now())
        contact_point.claim(session, ContactKind.EMAIL, "ida@home.example", found, clock.now())
    own, colleague = (open_desk(clinic, person, f"/desk/inbox#{thread}").locator("[data-contact]") for person in ("doctor", "admin"))
    for panel in (own, colleague):
        panel.locator("summary").click()
        expect(panel.locator("[data-contact-points] > li")).to_have_count(2)
    mail = own.locator("[data-contact-points] > li", has_text="ida@home.example")
    mail.get_by_role("button", name="Verify by a code").click()
    mail.get_by_role("textbox").fill("12")
    number = colleague.locator("[data-contact-points] > li", has_text=NUMBER)
    number.get_by_role("button", name="Block", exact=True).click()
    expect(own.locator("[data-contact-points] > li", has_text=NUMBER).get_by_text("Blocked", exact=True)).to_be_visible()
    expect(mail.get_by_role("textbox")).to_have_value("12")
    expect(mail.get_by_role("textbox")).to_be_focused()
    colleague.get_by_role("button", name="Yes, this is who writes").click()
    expect(own.locator("summary")).to_contain_text("Confirmed")
    expect(mail.get_by_role("textbox")).to_have_value("12")
    own.get_by_role("button", name="Somebody else after all").click()
    expect(colleague.locator("summary")).to_contain_text("Unknown client")
