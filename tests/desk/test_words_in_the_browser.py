"""Words at the desk that are put otherwise, deleted, kept for colleagues or looked up again, as a person at the desk does it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock, message
from telehealth.channel import Channel
from telehealth.conversation import Conversation
from telehealth.organization import Organization
from telehealth.quick_text import QuickText
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import SHAPES, open_desk, site  # noqa: F401 (fixtures)
from tests.patience import until

pytestmark = pytest.mark.browser


@pytest.fixture
def talk(clinic: Clinic) -> int:
    """A conversation that the administrator has taken, in a clinic that keeps former words."""
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).keep_former_words = True
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff("admin"), active=True, now=clock.now())
        thread = clinic.conversation(session, "shared", text="Can I still get the flu jab?")
        thread.claim(clinic.staff("admin"))
        session.add(QuickText(title="Come in", code="in", text="Come in, *|patient_name|*."))
        return thread.id


def _write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Your message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".k-msg--mine", has_text=text).get_by_text("Sent", exact=True)).to_be_visible()


def _read_by_patient(clinic: Clinic, talk: int) -> list[str]:
    with clinic.session() as session:
        return [row.text for row in message.messages(session, talk)]


@pytest.mark.parametrize("shape", SHAPES)
def test_own_words_are_put_otherwise_and_what_they_were_is_found_again(
    clinic: Clinic, talk: int, open_desk: Any, check_page: Any, screenshot: Any, shape: str  # noqa: F811
) -> None:  # fmt: skip
    page = open_desk(clinic, "admin", f"/desk/inbox#{talk}", **SHAPES[shape])
    _write(page, "Tomorow at nine")
    line = page.locator(".k-msg--mine").last
    line.get_by_role("button", name="Edit").click()
    field = page.get_by_role("textbox", name="Your message in other words")
    expect(field).to_be_focused()
    field.fill("Tomorrow at nine")
    line.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("Tomorrow at nine")
    expect(line).to_contain_text("edited")
    line.get_by_role("button", name="Earlier words").click()
    expect(line.get_by_text("Tomorow at nine")).to_be_visible()
    check_page(page)
    screenshot(page, f"former-{shape}")
    line.get_by_role("button", name="Earlier words").click()
    expect(line.get_by_text("Tomorow at nine")).to_have_count(0)
    assert _read_by_patient(clinic, talk)[-1] == "Tomorrow at nine"


def test_an_edit_is_left_with_escape_and_changes_nothing(clinic: Clinic, talk: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "admin", f"/desk/inbox#{talk}")
    _write(page, "At nine")
    line = page.locator(".k-msg--mine").last
    line.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Your message in other words").fill("At ten")
    page.keyboard.press("Escape")
    expect(line.get_by_role("button", name="Edit")).to_be_focused()
    expect(line).to_contain_text("At nine")


def test_deleting_asks_first_and_is_gone_for_both_sides(clinic: Clinic, talk: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "admin", f"/desk/inbox#{talk}")
    _write(page, "Wrong patient, sorry")
    line = page.locator(".k-msg--mine").last
    line.get_by_role("button", name="Delete", exact=True).click()
    expect(line.get_by_role("button", name="Keep it")).to_be_focused()
    line.get_by_role("button", name="Keep it").click()
    expect(line).to_contain_text("Wrong patient")
    line.get_by_role("button", name="Delete", exact=True).click()
    line.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Wrong patient, sorry")).to_have_count(0)
    expect(page.locator(".k-msg--mine").last).to_contain_text("Deleted")
    assert _read_by_patient(clinic, talk)[-1] == ""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_note_looks_like_one_and_the_patient_never_gets_it(
    clinic: Clinic, talk: int, open_desk: Any, check_page: Any, screenshot: Any, shape: str  # noqa: F811
) -> None:  # fmt: skip
    page = open_desk(clinic, "admin", f"/desk/inbox#{talk}", **SHAPES[shape])
    expect(page.get_by_text("The patient reads this.")).to_be_visible()
    page.get_by_role("switch", name="Note for colleagues").check()
    expect(page.get_by_text("Only colleagues read this.")).to_be_visible()
    page.get_by_role("textbox", name="Your message").fill("She sounds afraid")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".k-note", has_text="She sounds afraid")).to_contain_text("Note, not seen by the patient")
    check_page(page)
    screenshot(page, f"note-{shape}")
    assert _read_by_patient(clinic, talk) == ["Can I still get the flu jab?"]


def test_a_text_of_the_clinic_is_shown_filled_in_before_it_is_sent(clinic: Clinic, talk: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "admin", f"/desk/inbox#{talk}")
    field = page.get_by_role("textbox", name="Your message")
    field.press_sequentially("/in")
    expect(page.get_by_role("option", name="Come in")).to_contain_text("I. Rossi")
    field.press("Enter")
    expect(field).to_have_value(f"Come in, I. Rossi {clinic.mark}.")


def test_deleting_everything_asks_first_and_says_that_it_is_gone(clinic: Clinic, talk: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "admin", f"/desk/inbox#{talk}")
    page.get_by_text("Save or delete").click()
    page.get_by_role("button", name="Delete everything").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("What was written here has been deleted for good.")).to_be_visible()
    until(lambda: _read_by_patient(clinic, talk) == [])
    with clinic.session() as session:
        assert session.get_one(Conversation, talk).erased_at is not None
