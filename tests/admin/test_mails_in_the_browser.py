"""Mails in a real browser: a text is shown while it is written, and a mail of an appointment goes again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

LOOKS = [
    pytest.param({"width": 1280}, id="wide"),
    pytest.param({"width": 360, "height": 740, "dark": True}, id="phone-dark"),
    pytest.param({"width": 1280, "rtl": True}, id="mirrored"),
]


@pytest.fixture
def signed_in(server, new_page):
    def open_page(**look):
        page = new_page(**look)
        page.goto(f"{server.base}/admin/login/")
        page.get_by_label("E-mail").fill("admin@demo.example")
        page.get_by_label("Password").fill("demo-Konsulto-1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/")
        return page

    return open_page


@pytest.mark.parametrize("look", LOOKS)
def test_a_text_is_shown_while_it_is_written(look, request, signed_in, server, check_page, screenshot):
    page = signed_in(**look)
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    pane, name = page.locator("[data-mail-preview]"), request.node.callspec.id
    frame = pane.frame_locator("iframe")
    expect(frame.get_by_text("J. Sample")).to_be_visible()
    check_page(page)
    screenshot(page, f"preview-{name}", full_page=True)
    page.locator("#body").fill("Dear *|patient_name|*,\n\nNew words for *|practitioner_name|*.\n\n*|consult_deeplink|*")
    expect(frame.get_by_text("New words for")).to_be_visible()
    assert pane.locator("iframe").get_attribute("sandbox") == ""
    pane.get_by_role("button", name="Phone").click()
    check_page(page)
    screenshot(page, f"preview-{name}-phone", full_page=True)
    pane.get_by_role("button", name="Plain text").click()
    expect(pane.locator("[data-text]")).to_contain_text("New words for Dr")
    page.locator("#subject").fill("At *|organisation|*")
    expect(pane.get_by_role("status").first).to_contain_text("does not know *|organisation|*")
    expect(pane.locator("[data-subject]")).to_have_text("At *|organisation|*")
    check_page(page)
    screenshot(page, f"preview-{name}-wrong", full_page=True)


def test_a_code_that_is_clicked_appears_in_the_preview_and_the_way_back_stays_short(signed_in, server):
    page = signed_in()
    page.goto(f"{server.base}/admin/mail-sets/list/")
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    page.locator("#subject").fill("At ")
    page.get_by_role("button", name="*|organization_name|*").click()
    pane = page.locator("[data-mail-preview]")
    expect(pane.locator("[data-subject]")).to_contain_text("At Harbour Street")
    for words in ("one", "two", "three"):
        page.locator("#body").fill(f"*|consult_deeplink|* {words}")
        expect(pane.frame_locator("iframe").get_by_text(words)).to_be_visible()
    page.go_back()
    page.wait_for_url("**/mail-sets/list/")


def test_a_test_comes_to_oneself_and_is_marked(signed_in, server):
    page = signed_in(expect=["422"])
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    pane = page.locator("[data-mail-preview]")
    page.locator("#body").fill("Nothing leads anywhere")
    pane.get_by_role("button", name="Send a test to me").click()
    expect(pane.get_by_text("Nothing was sent")).to_be_visible()
    page.locator("#body").fill("Come: *|consult_deeplink|*")
    pane.get_by_role("button", name="Send a test to me").click()
    expect(pane.get_by_text("on its way to admin@demo.example")).to_be_visible()
    page.goto(f"{server.base}/admin/outbox/list/")
    expect(page.get_by_text("Test of a text, to staff")).to_be_visible()
