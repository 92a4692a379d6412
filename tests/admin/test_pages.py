"""The admin in a real browser: every page passes the page check, and works with the keyboard, on a phone, mirrored, dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.kit.until import until

LOOKS = [
    pytest.param({"width": 1280}, id="wide"),
    pytest.param({"width": 360, "height": 740, "dark": True}, id="phone-dark"),
    pytest.param({"width": 1280, "rtl": True}, id="mirrored"),
]
PAGES = {
    "overview and lists": (
        "/admin/", "/admin/people/list/", "/admin/widgets/list/", "/admin/availabilities/list/", "/admin/patients/list/",
        "/admin/access-log/list/", "/admin/no-such-page",
    ),
    "forms": ("/admin/people/add", "/admin/mail-texts/edit/1", "/admin/availabilities/add", "/admin/api-keys/add", "/admin/profile/"),
    "rows": ("/admin/widgets/edit/2", "/admin/widgets/show/1", "/admin/channels/show/2"),
    "the organisation": ("/admin/organization/edit/1",),
}  # fmt: skip


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("look", LOOKS)
def test_every_kind_of_page_is_usable_by_everybody(look, kind, signed_in, check_page, server):
    page = signed_in(expect=["404"], **look)
    for path in PAGES[kind]:
        page.goto(server.base + path)
        page.wait_for_load_state("load")
        check_page(page)


@pytest.mark.parametrize("look", LOOKS)
def test_signing_in_says_what_was_wrong(look, server, new_page, check_page):
    page = new_page(expect=["401"], **look)
    page.goto(f"{server.base}/admin/login/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("nurse@demo.example")
    page.keyboard.press("Tab")
    page.keyboard.type("not this one at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("E-mail")).to_have_value("nurse@demo.example")
    check_page(page)


def test_a_department_is_made_changed_and_deleted_with_the_keyboard(signed_in, server, check_page):
    page = signed_in(expect=["422"])
    page.goto(f"{server.base}/admin/departments/add")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    check_page(page)
    page.get_by_role("textbox", name="Name", exact=True).fill("Eye clinic")
    page.keyboard.press("Enter")
    page.wait_for_url("**/departments/show/*")
    page.get_by_role("link", name="Delete").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Eye clinic")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("link", name="Delete").press("Enter")
    check_page(page)
    dialog.get_by_role("button", name="Delete").press("Enter")
    page.wait_for_url("**/departments/list/")
    expect(page.get_by_text("Deleted: Eye clinic")).to_be_visible()


def test_chosen_rows_are_counted_and_asked_about(signed_in, server):
    page = signed_in()
    page.goto(f"{server.base}/admin/channels/list/")
    page.get_by_label("Select all").check()
    expect(page.get_by_text("4 chosen")).to_be_visible()
    page.get_by_label("Select Psychologist").uncheck()
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_text("With the chosen ones").click()
    page.get_by_role("button", name="Close now").click()
    expect(page.get_by_role("dialog")).to_contain_text("running ones go on")
    page.get_by_role("button", name="Keep everything").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_menu_folds_on_a_phone(signed_in, server):
    page = signed_in(width=360, height=740)
    page.goto(f"{server.base}/admin/people/list/")
    expect(page.get_by_role("link", name="Channels")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Channels").click()
    page.wait_for_url("**/channels/list/")


def test_a_code_is_put_where_the_cursor_was(signed_in, server):
    page = signed_in()
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    subject = page.get_by_label("Subject")
    subject.fill("At ")
    page.get_by_role("button", name="*|organization_name|*").click()
    expect(subject).to_have_value("At *|organization_name|*")
    expect(subject).to_be_focused()


def test_a_widget_is_shown_beside_its_form(signed_in, server):
    page = signed_in()
    page.goto(f"{server.base}/admin/widgets/edit/2")
    frame = page.frame_locator("iframe.adm-preview")
    expect(frame.get_by_role("heading").first).to_be_visible()
    until(page, "document.querySelector('iframe.adm-preview') !== null")


def test_a_mailed_link_leads_to_choosing_a_password(signed_in, server, new_page, check_page):
    page = signed_in()
    page.goto(f"{server.base}/admin/people/add")
    page.get_by_label("Name").fill("Kim Berg")
    page.get_by_label("E-mail").fill("kim.berg@demo.example")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("invitation is on its way")).to_be_visible()
    dead = new_page(expect=["410"])
    dead.goto(f"{server.base}/admin/password/#forged")
    expect(dead.get_by_role("heading")).to_contain_text("does not work any more")
    assert "forged" not in dead.url
    check_page(dead)
