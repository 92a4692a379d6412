"""Writing a questionnaire in a real browser: item by item, with what patients will see beside it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 1600, "rtl": True, "dark": True}], ids=["wide", "phone"])
def test_item_by_item_to_a_questionnaire(server: Any, signed_in: Any, check_page: Any, screenshot: Any, look: dict[str, Any]) -> None:
    page = signed_in(**look)
    page.goto(f"{server.base}/admin/questionnaires/add")
    page.get_by_label("Title").fill("About your sleep")
    page.get_by_label("Introduction").fill("Three questions.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="New item").click()
    page.get_by_label("Kind").select_option("one")
    page.get_by_label("Words").fill("How do you sleep?")
    page.get_by_label("Choices").fill("Well\nBadly")
    expect(page.locator("[data-given] input[type=radio]")).to_have_count(2)
    check_page(page)
    screenshot(page, f"admin-item-{look['width']}", full_page=True)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="New item").click()
    page.get_by_label("Kind").select_option("long_text")
    page.get_by_label("Words").fill("What keeps you awake?")
    page.get_by_label("Asked", exact=True).select_option(label="How do you sleep?: Badly")
    expect(page.locator("[data-given] textarea")).to_have_count(1)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="New item").click()
    page.get_by_label("Kind").select_option("heading")
    page.get_by_label("Words").fill("Your nights")
    page.get_by_role("button", name="Save").click()
    for _step in range(2):
        page.get_by_role("button", name="Up: Your nights").click()
    expect(page.locator(".adm-item strong")).to_have_text(["Your nights", "How do you sleep?", "What keeps you awake?"])
    shown = page.locator("aside")
    expect(shown.get_by_label("What keeps you awake?")).to_be_hidden()
    shown.get_by_label("Badly").check()
    expect(shown.get_by_label("What keeps you awake?")).to_be_visible()
    check_page(page)
    screenshot(page, f"admin-questionnaire-{look['width']}", full_page=True)
