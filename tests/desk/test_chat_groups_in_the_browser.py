"""A chat group in a real browser: made at the desk, two patients who join and talk, a message that is reported and removed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import authorisation, clock
from telehealth.authorisation import AuthorisationKind
from telehealth.organization import Organization
from telehealth.patient import Patient
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.desk.test_messages_in_the_browser import LOST, _say

pytestmark = pytest.mark.browser
SHAPES = [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}]


@pytest.fixture(autouse=True)
def groups(clinic: Clinic) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_groups = True


@pytest.fixture
def phone(new_page: Any, site: str, clinic: Clinic) -> Any:  # noqa: F811
    """A patient's phone, in by a code."""

    def come_in(last_name: str, **shape: Any) -> Page:
        with clinic.session() as session:
            who = session.query(Patient).filter_by(last_name=f"{last_name} {clinic.mark}").one()
            ticket = authorisation.make(session, AuthorisationKind.CODE, who, None, clock.now()).ticket.token
        page: Page = new_page(**{"expect": LOST} | shape)
        page.goto(f"{site}/portal/#device={ticket}")
        page.get_by_role("button", name=re.compile("Use this device")).click()
        page.get_by_role("heading", name="Your appointments").wait_for()
        return page

    return come_in


def _patients(clinic: Clinic, *names: str) -> None:
    with clinic.session() as session:
        for name in names:
            session.add(Patient(
                initials="A.", last_name=f"{name} {clinic.mark}", birth_date=date(1970, 5, 1), email=f"{name.lower()}@{clinic.slug}.example",
            ))  # fmt: skip


def _make(desk: Page, private: bool = False) -> None:
    desk.get_by_role("button", name="New group").first.click()
    desk.get_by_label("Name", exact=True).fill("Living with COPD")
    desk.get_by_label("What it is for").fill("For everybody who coughs")
    desk.get_by_label("Rules of this group").fill("Be kind.\nNo advertising.")
    desk.get_by_label("Two members may write").set_checked(private)
    desk.get_by_role("button", name="Make the group").click()
    desk.get_by_role("button", name="Members").wait_for()


def _invite(desk: Page, *names: str) -> None:
    desk.get_by_role("button", name="Members").click()
    for name in names:
        desk.get_by_label("Invite a patient").fill(name)
        desk.locator("#finds li", has_text=name).get_by_role("button").click()
        expect(desk.locator("#members")).to_contain_text(name)


def _join(page: Page, nickname: str) -> None:
    page.get_by_role("button", name=re.compile("Look at the invitation")).click()
    page.get_by_label("Your name in this group").fill(nickname)
    page.get_by_label("I have read this and agree").check()
    page.get_by_role("button", name="Join the group").click()


def _two(clinic: Clinic, desk: Page, phone: Any, private: bool = False, **shape: Any) -> tuple[Page, Page]:
    """A group with two members, each with the own pages open."""
    _patients(clinic, "Rossi", "Novak")
    _make(desk, private)
    _invite(desk, "Rossi", "Novak")
    desk.locator("#people").get_by_role("button", name="Close").click()
    one, other = phone("Rossi", **shape), phone("Novak")
    _join(one, "Blue bird")
    _join(other, "Teapot")
    return one, other


@pytest.mark.parametrize("shape", SHAPES, ids=["wide", "phone"])
def test_a_group_is_made_and_patients_join_under_a_name(
    clinic: Clinic, open_desk: Any, phone: Any, shape: dict[str, Any], screenshot: Any, check_page: Any  # noqa: F811
) -> None:
    _patients(clinic, "Rossi")
    look = "phone" if shape else "wide"
    desk = open_desk(clinic, "doctor", "/desk/groups", **shape)
    expect(desk.get_by_text("You look after no group yet")).to_be_visible()
    screenshot(desk, f"groups-empty-{look}")
    check_page(desk)
    _make(desk)
    _invite(desk, "Rossi")
    screenshot(desk, f"groups-members-{look}")
    check_page(desk)
    one = phone("Rossi", **shape)
    screenshot(one, f"groups-invited-{look}", full_page=True)
    one.get_by_role("button", name=re.compile("Look at the invitation")).click()
    screenshot(one, f"groups-invitation-{look}", full_page=True)
    check_page(one)
    one.get_by_role("button", name="Back to your pages").click()
    _join(one, "Anna Rossi")
    expect(one.locator("#join [data-slot=wrong]")).to_contain_text("tells who you are")
    expect(one.get_by_label("Your name in this group")).to_have_value("Anna Rossi")
    one.get_by_label("Your name in this group").fill("Blue bird")
    one.get_by_role("button", name="Join the group").click()
    expect(one.get_by_role("heading", name="Living with COPD")).to_be_focused()
    expect(one.get_by_text("Nobody has written yet")).to_be_visible()
    expect(desk.locator("#members")).to_contain_text("Blue bird")
    screenshot(one, f"groups-nothing-{look}")


@pytest.mark.parametrize("shape", SHAPES, ids=["wide", "phone"])
def test_two_patients_talk_and_a_reported_message_is_removed(
    clinic: Clinic, open_desk: Any, phone: Any, shape: dict[str, Any], screenshot: Any, check_page: Any  # noqa: F811
) -> None:
    look = "phone" if shape else "wide"
    desk = open_desk(clinic, "doctor", "/desk/groups", **shape)
    one, other = _two(clinic, desk, phone, **shape)
    _talk(desk, one, other, clinic)
    screenshot(one, f"groups-talk-{look}", full_page=True)
    line = one.locator(".k-msg", has_text="You are all fools")
    line.get_by_role("button", name=re.compile("Report")).click()
    line.get_by_role("textbox").fill("Insulting")
    screenshot(one, f"groups-reporting-{look}", full_page=True)
    line.get_by_role("button", name="Report", exact=True).last.click()
    expect(line).to_contain_text("The clinic looks at it")
    check_page(one)
    expect(desk.locator("[data-reports]")).to_contain_text("“Insulting”, says Blue bird.")
    expect(desk.locator("[data-count=reports]")).to_contain_text("1")
    screenshot(desk, f"groups-reported-{look}")
    check_page(desk)
    desk.get_by_role("button", name="Remove the message").click()
    desk.get_by_label("Why").fill("Be kind")
    screenshot(desk, f"groups-why-{look}")
    desk.get_by_role("button", name="Yes").click()
    expect(desk.locator("[data-reports]")).to_be_empty()
    expect(one.get_by_role("log")).not_to_contain_text("You are all fools")
    other.get_by_role("button", name="Back to your pages").click()
    expect(other.locator("[data-notice]")).to_contain_text("Be kind")
    screenshot(other, f"groups-notice-{look}", full_page=True)
    check_page(other)
    other.get_by_role("button", name="I have read this").click()
    expect(other.locator("[data-notice]")).to_have_count(0)
    expect(one.locator("[data-notice]")).to_have_count(0)


def _talk(desk: Page, one: Page, other: Page, clinic: Clinic) -> None:
    """A question, an answer that insults, and a word of the moderator."""
    _say(one, "How do you sleep?")
    expect(other.get_by_role("log")).to_contain_text("How do you sleep?")
    _say(other, "You are all fools")
    _say(desk, "Try two pillows")
    for page in (one, other):
        expect(page.get_by_role("log")).to_contain_text("Try two pillows")
        expect(page.get_by_role("log")).to_contain_text(f"Dr Doctor {clinic.mark}, of the clinic")
    expect(desk.locator(".k-msg", has_text="How do you sleep?")).to_contain_text("Blue bird")
    expect(one.locator(".k-msg", has_text="You are all fools")).to_contain_text("Teapot")


def test_two_write_alone_and_one_leaves(clinic: Clinic, open_desk: Any, phone: Any, screenshot: Any, check_page: Any) -> None:  # noqa: F811
    desk = open_desk(clinic, "doctor", "/desk/groups")
    one, other = _two(clinic, desk, phone, private=True, width=360, height=740)
    desk.get_by_role("button", name="Members").click()
    one.get_by_text("Members and settings").click()
    one.get_by_role("button", name=re.compile("Write alone")).click()
    expect(one.get_by_text("Teapot has not answered yet")).to_be_visible()
    other.get_by_role("button", name="Back to your pages").click()
    other.locator("#groups li", has_text="Blue bird").get_by_role("button").click()
    expect(other.get_by_text("Blue bird would like to write with you alone.")).to_be_visible()
    screenshot(other, "groups-asked", full_page=True)
    check_page(other)
    other.get_by_role("button", name="Yes").click()
    expect(one.get_by_role("textbox", name="Your message")).to_be_visible()
    _say(one, "Between us")
    expect(other.get_by_role("log")).to_contain_text("Between us")
    screenshot(one, "groups-two", full_page=True)
    check_page(one)
    expect(desk.locator("#pairs")).to_contain_text("Blue bird and Teapot write to each other alone")
    expect(desk.locator("#pairs").get_by_role("button", name="Read")).to_be_hidden()
    one.get_by_role("button", name="Back to your pages").click()
    one.get_by_role("button", name="Open Living with COPD").click()
    one.get_by_text("Members and settings").click()
    one.get_by_role("button", name="Leave the group").click()
    screenshot(one, "groups-leaving", full_page=True)
    check_page(one)
    one.get_by_role("button", name="Leave", exact=True).click()
    expect(one.get_by_role("heading", name="Your appointments")).to_be_focused()
    expect(one.locator("#groups")).to_be_hidden()
    expect(other.get_by_role("heading", name="Your appointments")).to_be_visible()
    expect(desk.locator("#members")).to_contain_text("Has left")


def test_own_words_are_edited_and_deleted_and_nothing_is_lost_without_a_connection(
    clinic: Clinic, open_desk: Any, phone: Any  # noqa: F811
) -> None:
    one, other = _two(clinic, open_desk(clinic, "doctor", "/desk/groups"), phone, expect=[".*"])  # it loses its connection
    _say(one, "Helo")
    mine = one.locator(".k-msg", has_text="Helo")
    mine.get_by_role("button", name="Edit").click()
    one.get_by_role("textbox", name="Your message in other words").fill("Hello")
    one.get_by_role("button", name="Save").click()
    expect(other.get_by_role("log")).to_contain_text("Hello")
    expect(other.get_by_role("log")).to_contain_text("edited")
    one.context.set_offline(True)
    expect(one.locator("[data-view=group]").get_by_text("No connection right now")).to_be_visible(timeout=40_000)
    _say(one, "Still there?")
    expect(one.locator(".k-msg--pending")).to_have_count(1)
    one.context.set_offline(False)
    expect(other.get_by_role("log")).to_contain_text("Still there?", timeout=40_000)
    expect(one.locator(".k-msg--pending")).to_have_count(0)
    line = one.locator(".k-msg", has_text="Hello")
    line.get_by_role("button", name="Delete").click()
    line.get_by_role("button", name="Delete it").click()
    expect(other.get_by_role("log")).to_contain_text("Deleted")
    expect(other.get_by_role("log")).not_to_contain_text("Hello")
