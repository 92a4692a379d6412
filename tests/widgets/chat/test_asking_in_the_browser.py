"""What a chat asks before the first message, filled in by a browser: every kind, what is needed, what is kept after a mistake."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from telehealth.introduction import details_of
from telehealth.widget import FieldKind, Widget, WidgetField
from tests.browser.kit.until import until
from tests.widgets.chat.test_in_the_browser import CAUGHT_UP, opened  # noqa: F401

ASKED = [
    WidgetField(key="initials", kind=FieldKind.INITIALS, label="Initials", required=True),
    WidgetField(key="last_name", kind=FieldKind.LAST_NAME, label="Last name", required=True, position=1),
    WidgetField(key="birth_date", kind=FieldKind.BIRTH_DATE, label="Date of birth", required=True, position=2),
    WidgetField(key="email", kind=FieldKind.EMAIL, label="E-mail", position=3),
    WidgetField(key="phone", kind=FieldKind.PHONE, label="Phone", position=4),
    WidgetField(key="medicines", kind=FieldKind.SHORT_TEXT, label="Which medicines?", required=True, position=5),
    WidgetField(key="ward", kind=FieldKind.CHOICE, label="Which ward?", options="North\nSouth", required=True, position=6),
    WidgetField(key="story", kind=FieldKind.LONG_TEXT, label="Anything else?", position=7),
    WidgetField(key="alone", kind=FieldKind.YES_NO, label="Are you alone?", required=True, position=8),
]


@pytest.fixture
def asking(clinic):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        widget.terms = "The terms of the clinic"
        names = ("key", "kind", "label", "options", "required", "position")
        for field in ASKED:
            widget.fields.append(WidgetField(**{name: value for name in names if (value := getattr(field, name)) is not None}))


@pytest.mark.parametrize("look", [{"width": 360, "height": 740}, {"width": 1280, "rtl": True}])
def test_what_is_missing_is_said_and_what_was_entered_is_kept(opened, asking, desk, look, check_page, screenshot):  # noqa: F811
    page = opened(**look)
    page.get_by_role("button", name="Nurse chat").click()
    page.get_by_label("Your question").fill("May I take both?")
    page.get_by_label("Which medicines?").fill("Enalapril")
    page.locator("#begin").get_by_role("button", name="Send").click()
    expect(page.locator("#begin [data-summary]")).to_be_visible()
    said = page.locator("#begin [data-summary] li").count()
    assert said == 6, page.locator("#begin [data-summary]").inner_text()
    assert page.get_by_label("Your question").input_value() == "May I take both?"
    assert page.get_by_label("Which medicines?").input_value() == "Enalapril"
    check_page(page)
    screenshot(page, "asking-" + "-".join(look))
    assert desk.count() == 0

    page.get_by_label("Initials").fill("I.")
    page.get_by_label("Last name").fill("Lund")
    for part, digits in [("Day", "29"), ("Month", "2"), ("Year", "1980")]:
        page.get_by_label(part).fill(digits)
    page.get_by_label("Which ward?").select_option("South")
    page.get_by_label("Are you alone?").select_option("yes")
    page.locator("#begin [name=accept_terms]").check()
    page.locator("#begin").get_by_role("button", name="Send").click()
    page.locator("[data-view=talk]").wait_for()
    until(page, CAUGHT_UP)
    with desk.thread() as thread:
        kept = {detail.kind: detail.value for detail in details_of(desk.session_of(thread), thread)}
        assert kept == {
            "initials": "I.", "last_name": "Lund", "birth_date": "1980-02-29", "short_text": "Enalapril", "choice": "South", "yes_no": "yes",
            "terms": "The terms of the clinic",
        }  # fmt: skip
        assert thread.subject == "I. Lund"
