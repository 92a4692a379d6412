"""Cases as people work on them: entered beside the talk, kept for the next one, lost with a word, finished with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import case, clock
from telehealth.case import CaseField, CaseFieldKind, CaseOutcome, Reason
from telehealth.channel import Channel
from telehealth.conversation import Conversation
from tests.clinic import Clinic
from tests.desk.test_in_the_browser import SHAPES, open_desk, site  # noqa: F401 (fixtures)
from tests.patience import until

pytestmark = pytest.mark.browser


def _ask(clinic: Clinic, text: str = "Can I still get the flu jab?") -> int:
    with clinic.session() as session:
        return clinic.conversation(session, "shared", text=text).id


@pytest.fixture
def taken(clinic: Clinic) -> int:
    """A thread that the doctor has taken, in a clinic that asks for fields and a reason."""
    with clinic.session() as session:
        session.add_all([
            CaseField(label="What it is about", kind=CaseFieldKind.CHOICE, choices="Medicine\nResult", required=True),
            CaseField(label="Notes", kind=CaseFieldKind.LONG_TEXT, position=1), CaseOutcome(name="Answered"),
        ])  # fmt: skip
        for person in ("doctor", "nurse"):
            session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff(person), active=True, now=clock.now())
    thread = _ask(clinic)
    with clinic.session() as session:
        session.get_one(Conversation, thread).claim(clinic.staff("doctor"))
    return thread


def _open_panel(page: Page) -> None:
    panel = page.locator("[data-case]:visible")
    expect(panel).to_be_visible()
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    expect(page.get_by_text("What happened")).to_be_visible()


def _return(clinic: Clinic, thread: int) -> None:
    with clinic.session() as session:
        session.get_one(Conversation, thread).put_back(clock.now(), why=Reason.OPERATOR_SILENT)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_entered_waits_for_the_next_one(clinic: Clinic, taken: int, open_desk: Any, shape: str) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}", **SHAPES[shape])
    _open_panel(page)
    page.get_by_label("What it is about").select_option(label="Result")
    page.get_by_label("Notes").fill("She is afraid of needles")
    page.locator(f"#answer-{taken}").fill("Dear Ms Rossi")
    expect(page.locator("[data-slot=saved]")).to_contain_text("Saved")
    page.get_by_role("button", name="Transfer").click()
    page.get_by_label("To", exact=True).select_option(f"person:{clinic.people['nurse']}")
    page.get_by_role("textbox", name="Note for colleagues").fill("Please be gentle")
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    expect(page.locator("[data-case]")).to_have_count(0)
    expect(page.locator("dialog[open]")).to_have_count(0)
    nurse = open_desk(clinic, "nurse", f"/desk/inbox#{taken}", **SHAPES[shape])
    _open_panel(nurse)
    expect(nurse.get_by_label("What it is about")).to_have_value("1")
    expect(nurse.get_by_label("Notes")).to_have_value("She is afraid of needles")
    expect(nurse.locator(f"#answer-{taken}")).to_have_value("Dear Ms Rossi")
    expect(nurse.get_by_text("Please be gentle")).to_be_visible()


def test_what_was_just_typed_is_there_again_after_the_page_has_gone(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    _open_panel(page)
    page.get_by_label("Notes").fill("She is afraid of needles")
    page.locator(f"#answer-{taken}").fill("Dear Ms Rossi")
    page.goto("about:blank")
    other = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    _open_panel(other)
    expect(other.get_by_label("Notes")).to_have_value("She is afraid of needles")
    expect(other.locator(f"#answer-{taken}")).to_have_value("Dear Ms Rossi")


def test_a_case_is_taken_over_from_a_colleague_who_is_away(
    clinic: Clinic, taken: int, open_desk: Any, check_page: Any, screenshot: Any  # noqa: F811
) -> None:
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff("doctor"), active=False, now=clock.now())
    page = open_desk(clinic, "nurse", f"/desk/inbox#{taken}")
    page.get_by_role("button", name="Take over").click()
    dialog = page.get_by_role("dialog", name=re.compile("Take the case over from"))
    dialog.get_by_label("Why").fill("She waits since noon")
    screenshot(page, "take-over")
    check_page(page)
    dialog.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("button", name="Take over")).to_be_hidden()
    _open_panel(page)
    expect(page.locator("[data-case-history]")).to_contain_text(f"has taken it over from Dr Doctor {clinic.mark}")
    expect(page.locator("[data-case-history]")).to_contain_text("She waits since noon")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_new_case_is_heard_and_seen_on_every_page_of_the_desk(
    clinic: Clinic, taken: int, open_desk: Any, shape: str, screenshot: Any, check_page: Any  # noqa: F811
) -> None:
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["shared"]).choose(
            clinic.staff("doctor"), sound=True, repeat_seconds=0, mail=False, push=False, now=clock.now()
        )
    page = open_desk(clinic, "doctor", "/desk/calendar", **SHAPES[shape])
    sign = page.locator("[data-new-case]")
    expect(page.locator("[data-count=inbox]").first).to_be_attached()
    thread = _ask(clinic)
    expect(sign).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(\d+\) "))
    assert page.evaluate("document.body.dataset.rung") == "1"
    screenshot(page, f"new-case-{shape}")
    check_page(page)
    with clinic.session() as session:
        session.get_one(Conversation, thread).claim(clinic.staff("nurse"))
    expect(sign).to_be_hidden()
    another = _ask(clinic)
    sign.get_by_role("link", name="Chat").click()
    page.wait_for_url(f"**/desk/inbox#{another}")
    expect(page.get_by_role("log")).to_contain_text("Can I still get the flu jab?")


def test_the_case_in_front_is_saved_and_closed_with_a_dialog(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    expect(page.locator("[data-case]")).to_be_visible()
    page.locator(f"#answer-{taken}").fill("Half an answer")
    _return(clinic, taken)
    told = page.get_by_role("dialog", name=re.compile("was saved and closed"))
    expect(told).to_contain_text("Perhaps it was handed to a colleague")
    told.get_by_role("button", name="OK").click()
    expect(page.locator("[data-case]")).to_have_count(0)

    def kept() -> bool:
        with clinic.session() as session:
            found = case.of_thread(session, taken)
            return found is not None and found.entered().draft == "Half an answer"

    until(kept)


def test_a_case_behind_another_closes_silently(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    second = _ask(clinic, "The second")
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    expect(page.locator("[data-case]")).to_be_visible()
    page.goto(page.url.split("#")[0] + f"#{second}")
    expect(page.locator("#tabs a")).to_have_count(2)
    _return(clinic, taken)
    expect(page.locator("#panes [data-case]")).to_have_count(1)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.get_by_role("log").filter(visible=True)).to_contain_text("The second")


def test_a_case_that_was_lost_while_away_is_told_after_coming_back(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    expect(page.locator("[data-case]")).to_be_visible()
    page.goto("about:blank")
    _return(clinic, taken)
    page.go_back()
    expect(page.get_by_role("dialog", name=re.compile("was saved and closed"))).to_be_visible()


def test_a_case_is_finished_with_a_reason_once_everything_is_filled_in(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    _open_panel(page)
    page.get_by_role("button", name="End the conversation").click()
    expect(page.locator("[data-slot=case_state]")).to_contain_text("Ended, to be finished")
    page.get_by_role("button", name="Finish", exact=True).click()
    page.get_by_role("button", name="Finish it").click()
    expect(page.get_by_text("Fill in what is needed")).to_be_visible()
    page.get_by_label("What it is about").select_option(label="Medicine")
    page.get_by_role("button", name="Finish", exact=True).click()
    page.get_by_label("Reason").select_option(label="Answered")
    page.get_by_role("button", name="Finish it").click()
    expect(page.locator("#cases li")).to_have_count(0)


def test_a_case_is_put_among_the_non_urgent_ones(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{taken}")
    page.get_by_role("button", name="Transfer").click()
    page.get_by_label("To", exact=True).select_option("later")
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    page.get_by_role("button", name="Later 1").click()
    expect(page.get_by_role("link", name=re.compile("I. Rossi.*Non-urgent", re.DOTALL))).to_be_visible()


def test_a_new_case_is_announced_in_words_and_opened_with_one_click(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", "/desk/inbox")
    expect(page.locator("#loading")).to_be_hidden()
    thread = _ask(clinic, "Something new")
    page.get_by_role("button", name="New case").click()
    expect(page.get_by_role("log").filter(visible=True)).to_contain_text("Something new")
    assert page.url.endswith(f"#{thread}")


@pytest.mark.parametrize("shape", SHAPES)
def test_a_finished_case_is_found_by_name_and_opened_again(clinic: Clinic, taken: int, open_desk: Any, screenshot: Any, shape: str) -> None:  # noqa: F811
    with clinic.session() as session:
        found = session.get_one(Conversation, taken)
        found.close(clinic.staff("doctor"), clock.now())
        done = case.of_thread(session, taken)
        assert done is not None
        done.done_at, done.done_by_id = clock.now(), clinic.people["doctor"]
    page = open_desk(clinic, "doctor", "/desk/inbox", **SHAPES[shape])
    page.get_by_role("button", name="Finished cases").click()
    page.get_by_label("Name of the patient").fill("nobody")
    expect(page.get_by_text("No finished case that you may see fits.")).to_be_visible()
    page.get_by_label("Name of the patient").fill("ross")
    found_link = page.get_by_role("link", name=re.compile("I. Rossi.*Done", re.DOTALL))
    expect(found_link).to_be_visible()
    screenshot(page, shape)
    found_link.click()
    expect(page.get_by_role("heading", name="I. Rossi")).to_be_visible()
    _open_panel(page)
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_text(re.compile("^Opened again by"))).to_be_visible()
    with clinic.session() as session:
        assert session.get_one(Conversation, taken).claimed_by_id == clinic.people["doctor"]


def test_the_list_says_how_long_a_case_is_worked_on_and_how_long_nothing_was_said(clinic: Clinic, taken: int, open_desk: Any) -> None:  # noqa: F811
    with clinic.session() as session:
        thread = session.get_one(Conversation, taken)
        thread.last_at = clock.now() - timedelta(minutes=7)
        found = thread.case()
        assert found is not None
        found.assigned_at = clock.now() - timedelta(minutes=12)
        thread.touch()
    page = open_desk(clinic, "doctor", "/desk/inbox")
    page.get_by_role("button", name=re.compile("^Mine")).click()
    row = page.locator("#cases li")
    expect(row).to_contain_text("worked on for 12 min")
    expect(row.locator("[data-slot=time]")).to_have_text("7 mins")
