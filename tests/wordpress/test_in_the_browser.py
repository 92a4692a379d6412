"""People at work with the plugin: the owner, an editor, visitors of the site."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kit.page_check import STANDARDS, axe
from tests.wordpress import journeys
from tests.wordpress.conftest import CHOSEN
from tests.wordpress.fake_server import FakeServer
from tests.wordpress.processes import free_port
from tests.wordpress.throwaway_site import Site

pytestmark = [pytest.mark.wordpress, pytest.mark.timeout(300)]
# What does not depend on the release of WordPress is driven in the newest one only.
newest = pytest.mark.parametrize("running_site", CHOSEN[-1:], indirect=True)
SHORTCODE = '[konsulto widget="chat-3"]'
# WordPress's own editor asks for things on behalf of editors that WordPress then refuses them.
NOT_FOR_EDITORS = r"403 \(Forbidden\) \(\S+rest_route=%2Fwp%2Fv2%2F"
OPEN_QUESTION = "Open the service"

RUN_AXE = """([place, standards]) => axe.run(place, { runOnly: { type: "tag", values: standards } })
    .then((found) => found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`)))"""
STICKS_OUT = """(place) => [...document.querySelectorAll(place + " *")].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && !element.closest(".screen-reader-text, thead") && (box.right > innerWidth + 1 || box.left < -1);
}).map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A browser page; WordPress's own pages are not held to our rules of HTML."""
    return new_page(check=False, expect=[NOT_FOR_EDITORS])


@pytest.fixture
def owner(page: Page, site: Site) -> Page:
    """The administrator's browser."""
    journeys.sign_in(page, site)
    return page


def assert_usable(page: Page, place: str) -> None:
    """Hold a part of a page against the accessibility standards, wide and narrow."""
    before = page.viewport_size
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(axe() + "; undefined")
        assert page.evaluate(RUN_AXE, [place, STANDARDS]) == []
        assert page.evaluate(STICKS_OUT, place) == []
    page.set_viewport_size(before)


def assert_block_usable(page: Page) -> None:
    """Hold the block in the editor against the accessibility standards."""
    frame = page.frame("editor-canvas") or page.main_frame
    frame.evaluate(axe() + "; undefined")
    assert frame.evaluate(RUN_AXE, [".konsulto-block", STANDARDS]) == []


def test_the_owner_connects_and_copies_a_shortcode(owner: Page, site: Site, konsulto: FakeServer, screenshot: Any):
    owner.context.grant_permissions(["clipboard-read", "clipboard-write"])
    journeys.open_settings(owner, site)
    expect(owner.get_by_text("contacts no server")).to_be_visible()
    screenshot(owner, f"settings-first-{site.version}", full_page=True)
    journeys.connect(owner, site, konsulto.connection)
    expect(owner.get_by_text(f"Connected to {konsulto.server}, 3 widgets.")).to_be_visible()
    expect(owner.get_by_role("rowheader", name="Booking <b>GP</b> & nurse")).to_be_visible()
    assert konsulto.api_key not in owner.content()
    screenshot(owner, f"settings-{site.version}", full_page=True)
    assert_usable(owner, ".konsulto")
    copy = owner.get_by_role("button", name="Copy the shortcode of Booking")
    copy.focus()
    owner.keyboard.press("Enter")
    expect(copy).to_have_text("Copied")
    expect(copy).to_be_focused()
    assert owner.evaluate("navigator.clipboard.readText()") == '[konsulto widget="booking-2"]'


@newest
def test_the_owner_reads_what_is_wrong_and_tests_again(
    owner: Page, connected: Site, konsulto: FakeServer, screenshot: Any
):
    konsulto.answer = {"welcome": True}
    journeys.open_settings(owner, connected)
    expect(owner.get_by_text("could not be understood")).to_be_visible()
    konsulto.answer = {"widgets": []}
    owner.get_by_role("link", name="Test connection").click()
    expect(owner.get_by_text("has no widgets yet")).to_be_visible()
    connected.save(**konsulto.connection.settings() | {"server": f"http://127.0.0.1:{free_port()}"})
    journeys.open_settings(owner, connected)
    expect(owner.get_by_text("cannot be reached")).to_be_visible()
    screenshot(owner, f"settings-unreachable-{connected.version}", full_page=True)
    assert_usable(owner, ".konsulto")


@newest
def test_the_key_is_not_shown_and_not_sent_to_another_server(owner: Page, connected: Site, konsulto: FakeServer):
    journeys.open_settings(owner, connected)
    expect(owner.get_by_label("API key")).to_have_value("")
    asked = len(konsulto.asked)
    owner.get_by_label("Server address").fill(f"http://127.0.0.1:{free_port()}")
    journeys.save_settings(owner)
    expect(owner.get_by_text("the saved API key was deleted")).to_be_visible()
    assert connected.php("return get_option( 'konsulto_widgets' )['api_key'];") == ""
    assert len(konsulto.asked) == asked


def test_only_administrators_change_the_settings_and_never_by_a_forged_form(page: Page, connected: Site):
    journeys.sign_in(page, connected, "editor")
    assert page.request.get(connected.url + journeys.SETTINGS).status == 403
    page.context.clear_cookies()
    journeys.sign_in(page, connected)
    forged = {"option_page": "konsulto_widgets", "action": "update", "konsulto_widgets[server]": "https://evil.example"}
    assert page.request.post(f"{connected.url}/wp-admin/options.php", form=forged).status == 403
    assert "evil" not in connected.php("return get_option( 'konsulto_widgets' )['server'];")


def test_an_editor_places_the_block_and_visitors_get_the_widget(
    page: Page, new_page: Callable[..., Page], connected: Site, konsulto: FakeServer, screenshot: Any
):
    journeys.sign_in(page, connected, "editor")
    journeys.open_editor(page, connected)
    journeys.canvas(page).get_by_role("textbox", name="Add title").fill("Appointments")
    journeys.insert_block(page)
    journeys.choose_widget(page, "booking-2")
    screenshot(page, f"block-{connected.version}")
    assert_block_usable(page)
    preview = journeys.preview(page)
    expect(preview.get_by_role("heading", name="Widget booking-2")).to_be_visible()
    screenshot(page, f"block-preview-{connected.version}")
    address = journeys.publish(page)
    assert '<!-- wp:konsulto/widget {"widget":"booking-2"} /-->' in page.evaluate(journeys.CONTENT)

    visitor = new_page(check=False)
    visitor.goto(address)
    frame = visitor.frame_locator("iframe[title=Konsulto]")
    expect(frame.get_by_role("heading", name="Widget booking-2")).to_be_visible()
    screenshot(visitor, f"public-{connected.version}")
    assert visitor.context.cookies() == []


def test_the_sidebar_of_the_block_sets_every_attribute(page: Page, connected: Site):
    journeys.sign_in(page, connected, "editor")
    journeys.open_editor(page, connected)
    page.evaluate(journeys.INSERT_BLOCK, "chat-3")
    page.evaluate("wp.data.dispatch('core/edit-post').openGeneralSidebar('edit-post/block')")
    sidebar = page.get_by_role("region", name="Editor settings")
    sidebar.get_by_label("Display").select_option("floating")
    sidebar.get_by_label("Language", exact=True).select_option("fixed")
    sidebar.get_by_label("Language code").fill("sv-FI")
    sidebar.get_by_label("Department").fill("Kids")
    expected = '{"widget":"chat-3","display":"floating","locale":"sv-FI","department":"Kids"}'
    page.wait_for_function(f"expected => {journeys.CONTENT}.includes(expected)", arg=expected)
    sidebar.get_by_label("Language", exact=True).select_option("page")
    page.wait_for_function(f"() => !{journeys.CONTENT}.includes('locale')")


@newest
def test_a_shortcode_that_is_pasted_becomes_the_block(page: Page, connected: Site):
    journeys.sign_in(page, connected, "editor")
    journeys.open_editor(page, connected)
    pasted = 'wp.blocks.serialize(wp.blocks.rawHandler({HTML: \'<p>[konsulto widget="chat-3" display="button"]</p>\'}))'
    assert '<!-- wp:konsulto/widget {"widget":"chat-3","display":"button"} /-->' in page.evaluate(pasted)


@newest
def test_the_block_says_why_there_is_no_list_and_tries_again(
    owner: Page, new_page: Any, connected: Site, konsulto: FakeServer, screenshot: Any
):
    new_page.log(owner).expect = ["status of 502"]
    konsulto.status = 503
    journeys.open_editor(owner, connected)
    journeys.insert_block(owner)
    block = journeys.block(owner)
    expect(block.get_by_text("The server answered with an error (503).")).to_be_visible()
    expect(block.get_by_role("link", name="Open the settings")).to_be_visible()
    screenshot(owner, f"block-error-{connected.version}")
    assert_block_usable(owner)
    konsulto.status = 200
    block.get_by_role("button", name="Try again").click()
    expect(block.get_by_label("Widget", exact=True)).to_be_visible()


@newest
def test_a_server_that_is_down_leaves_the_page_whole(page: Page, new_page: Any, connected: Site, konsulto: FakeServer):
    new_page.log(page).expect = ["ERR_CONNECTION_REFUSED"]
    connected.save(**konsulto.connection.settings() | {"server": f"http://127.0.0.1:{free_port()}"})
    page.goto(connected.page(f"<p>Before</p>{SHORTCODE}<p>After</p>"))
    expect(page.get_by_text("Before", exact=True)).to_be_visible()
    expect(page.get_by_text("After", exact=True)).to_be_visible()
    assert "ERR_CONNECTION_REFUSED" in "".join(new_page.log(page).errors)


@newest
def test_nothing_is_loaded_before_the_visitor_agrees(
    page: Page, new_page: Any, connected: Site, konsulto: FakeServer, screenshot: Any
):
    connected.save(**konsulto.connection.settings(), ask_first=True)
    page.goto(connected.page(SHORTCODE), wait_until="networkidle")
    expect(page.get_by_text("This service comes from localhost.")).to_be_visible()
    assert konsulto.asked == []
    screenshot(page, f"ask-first-{connected.version}")
    assert_usable(page, ".konsulto-ask")
    page.get_by_role("button", name=OPEN_QUESTION).focus()
    page.keyboard.press("Enter")
    expect(page.frame_locator("iframe[title=Konsulto]").get_by_role("heading", name="Widget chat-3")).to_be_visible()
    assert page.evaluate("document.activeElement.className") == "konsulto-asked"
    assert konsulto.asked[0] == "/embed.js"


@newest
def test_a_visitor_who_agrees_in_vain_is_told(page: Page, new_page: Any, connected: Site, konsulto: FakeServer):
    new_page.log(page).expect = ["ERR_CONNECTION_REFUSED"]
    connected.save(**konsulto.connection.settings() | {"server": f"http://127.0.0.1:{free_port()}"}, ask_first=True)
    page.goto(connected.page(SHORTCODE))
    page.get_by_role("button", name=OPEN_QUESTION).click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached at the moment")


@newest
def test_the_floating_question_folds_into_the_corner(
    page: Page, connected: Site, konsulto: FakeServer, screenshot: Any
):
    connected.save(**konsulto.connection.settings(), ask_first=True, everywhere="chat-3")
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(connected.page("<p>Hello</p>"))
    expect(page.get_by_role("button", name=OPEN_QUESTION)).to_be_hidden()
    screenshot(page, f"ask-first-folded-{connected.version}")
    page.get_by_text("Online service").click()
    expect(page.get_by_role("button", name=OPEN_QUESTION)).to_be_visible()
    box = page.locator(".konsulto-ask--floating").bounding_box()
    assert (
        box and box["x"] >= 0 and box["x"] + box["width"] <= 360 and box["y"] >= 0 and box["y"] + box["height"] <= 640
    )
    screenshot(page, f"ask-first-floating-{connected.version}")
    assert_usable(page, ".konsulto-ask")
    page.get_by_role("button", name=OPEN_QUESTION).click()
    expect(page.frame_locator("iframe[title=Konsulto]").get_by_role("heading", name="Widget chat-3")).to_be_visible()


@newest
def test_a_browser_without_scripts_gets_a_link(new_page: Callable[..., Page], connected: Site, konsulto: FakeServer):
    connected.save(**konsulto.connection.settings(), ask_first=True)
    page = new_page(check=False, java_script_enabled=False)
    page.goto(connected.page(SHORTCODE))
    link = page.get_by_role("link", name="Open this service on its own page")
    expect(link).to_have_attribute("href", f"{konsulto.server}/w/chat-3")
    expect(page.get_by_role("button", name=OPEN_QUESTION)).to_be_hidden()


@newest
def test_wordpress_offers_the_text_for_the_privacy_policy(owner: Page, connected: Site):
    owner.goto(f"{connected.url}/wp-admin/privacy-policy-guide.php", wait_until="domcontentloaded")
    assert "offer a walk-in, booking or chat service that comes from localhost" in owner.content()


@newest
def test_site_health_asks_the_server(owner: Page, connected: Site, konsulto: FakeServer):
    konsulto.status = 503
    owner.goto(f"{connected.url}/wp-admin/site-health.php", wait_until="domcontentloaded")
    expect(owner.get_by_text("The list of Konsulto widgets cannot be loaded")).to_be_visible()
