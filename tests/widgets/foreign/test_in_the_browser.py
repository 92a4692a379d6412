"""The safe page in a browser: from the link to the answer, with a code on another device, in the dark, from right to left, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from telehealth import clock, message
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from tests.clinic import client_id
from tests.patience import until
from tests.widgets.foreign.test_routes import begin, code_of

LOOKS = [{"width": 360, "height": 740}, {"width": 1280, "height": 800}, {"dark": True, "width": 360, "height": 740}]


def answer(clinic, text="You can come tomorrow at nine."):
    who = clinic.staff("nurse")
    with clinic.session() as session:
        thread = session.query(Conversation).one()
        thread.claimed_by_id = who.practitioner_id
        by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
        message.post(session, thread.id, client_id(), text, by=by, now=clock.now())


def said(clinic):
    with clinic.session() as session:
        return [one.text for one in message.messages(session, session.query(Conversation).one().id)]


def code_when_there(clinic):
    def there():
        try:
            return bool(code_of(clinic))
        except AttributeError:
            return False

    until(there)
    return code_of(clinic)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_link_opens_the_conversation_and_hides_its_secret(clinic, live, new_page, look):
    link = begin(clinic, text="Can I come tomorrow?")
    answer(clinic)
    page = new_page(**look)
    page.goto(f"{live}/continue#{link}")
    log = page.get_by_role("log")
    expect(log).to_contain_text("Can I come tomorrow?")
    expect(log).to_contain_text("You can come tomorrow at nine.")
    assert "#" not in page.url
    page.get_by_label("Your message").fill("Thank you")
    page.keyboard.press("Enter")
    until(lambda: said(clinic)[-1] == "Thank you")
    assert page.evaluate("document.cookie") == ""


def test_a_reload_goes_on_in_the_same_browser(clinic, live, new_page):
    page = new_page()
    page.goto(f"{live}/continue#{begin(clinic)}")
    expect(page.get_by_role("log")).to_contain_text("Hello")
    page.reload()
    expect(page.get_by_role("log")).to_contain_text("Hello")


@pytest.mark.parametrize("look", [{"width": 360, "height": 740}, {"rtl": True, "width": 1280, "height": 800}], ids=str)
def test_another_device_is_asked_for_a_code_first(clinic, live, new_page, look):
    link = begin(clinic)
    first = new_page()
    first.goto(f"{live}/continue#{link}")
    expect(first.get_by_role("log")).to_contain_text("Hello")
    page = new_page(**look, expect=["409", "422"])
    page.goto(f"{live}/continue{'?lang=ar-XB' if look.get('rtl') else ''}#{link}")
    page.locator("[data-act=send]").click()
    field = page.locator("#code")
    expect(field).to_be_focused()
    code = code_when_there(clinic)
    field.fill("000000" if code != "000000" else "111111")
    page.keyboard.press("Enter")
    expect(page.locator("[data-summary]")).to_be_focused()
    field.fill(code)
    page.locator("#code-form [type=submit]").click()
    expect(page.get_by_role("log")).to_contain_text("Hello")


def test_a_link_that_is_none_says_so(live, new_page):
    page = new_page(expect=["404"])
    page.goto(f"{live}/continue#nothing.at-all")
    expect(page.get_by_role("heading", name=re.compile("does not work any more"))).to_be_visible()
