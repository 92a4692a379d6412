"""Every text of the plugin can be translated, and its screens stand in a right-to-left language too."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.wordpress import journeys, pseudo_language
from tests.wordpress.conftest import CHOSEN
from tests.wordpress.fake_server import FakeServer
from tests.wordpress.pseudo_language import CLOSES, OPENS
from tests.wordpress.throwaway_site import Site

pytestmark = [
    pytest.mark.wordpress,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("running_site", CHOSEN[-1:], indirect=True),
]
# Texts of the plugin on a page: not those of WordPress, of the server, or meant for machines.
UNTRANSLATED = """([place, opens, known]) => {
    const walker = document.createTreeWalker(document.querySelector(place), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.data.trim();
        const passed = walker.currentNode.parentElement.closest("code, script, template, .settings-error, [dir=auto]");
        if (/\\p{L}/u.test(text) && !text.includes(opens) && !passed && !known.includes(text)) found.push(text);
    }
    return found;
}"""


@pytest.fixture
def translated(connected: Site) -> Site:
    """A connected site in the language of brackets."""
    pseudo_language.switch(connected)
    return connected


@pytest.fixture
def owner(new_page: Callable[..., Page], translated: Site) -> Page:
    """The administrator's browser."""
    opened = new_page(check=False)
    journeys.sign_in(opened, translated)
    return opened


def known(konsulto: FakeServer) -> list[str]:
    """Words that come from the server."""
    return [widget["name"] for widget in konsulto.answer["widgets"]]


def test_every_text_of_the_settings_is_translated(owner: Page, translated: Site, konsulto: FakeServer, screenshot: Any):
    journeys.open_settings(owner, translated)
    expect(owner.locator("html")).to_have_attribute("dir", "rtl")
    screenshot(owner, "settings-right-to-left", full_page=True)
    assert owner.evaluate(UNTRANSLATED, [".konsulto", OPENS, known(konsulto)]) == []
    konsulto.status = 404
    owner.get_by_role("link", name="Test connection").click()
    expect(owner.get_by_text(f"{OPENS}{konsulto.server} knows no organisation")).to_be_visible()


def test_every_text_of_the_block_is_translated(owner: Page, translated: Site, konsulto: FakeServer, screenshot: Any):
    journeys.open_editor(owner, translated)
    owner.evaluate(journeys.INSERT_BLOCK, "chat-3")
    block = journeys.block(owner)
    expect(block.get_by_text(f"{OPENS}Konsulto widget{CLOSES}", exact=True)).to_be_visible()
    expect(block.get_by_label(f"{OPENS}Widget{CLOSES}", exact=True)).to_be_visible()
    expect(block.get_by_text(f"{OPENS}In the page{CLOSES}", exact=True)).to_be_visible()
    expect(block.get_by_role("button", name=f"{OPENS}Preview{CLOSES}")).to_be_visible()
    screenshot(owner, "block-right-to-left")


def test_visitors_are_asked_in_the_language_of_the_page(
    new_page: Any, translated: Site, konsulto: FakeServer, screenshot: Any
):
    translated.save(**konsulto.connection.settings(), ask_first=True)
    page = new_page(check=False, width=360)
    page.goto(translated.page('[konsulto widget="chat-3"]'))
    expect(page.get_by_role("button", name=f"{OPENS}Open the service{CLOSES}")).to_be_visible()
    assert page.evaluate(UNTRANSLATED, [".konsulto-ask", OPENS, []]) == []
    screenshot(page, "ask-first-right-to-left")
    assert 'data-locale="ar"' in page.content()
