"""What people do in WordPress, step by step; the same for the stand-in and for the real server."""

from contextlib import suppress

from playwright.sync_api import FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as TooLate

from tests.wordpress.fake_server import Connection
from tests.wordpress.throwaway_site import Site

# The editor needs a second on a quiet machine, half a minute on one that does ten other things.
PATIENCE = 90_000
SETTINGS = "/wp-admin/options-general.php?page=konsulto-widgets"
BLOCK_IS_KNOWN = "() => window.wp?.blocks?.getBlockType('konsulto/widget')"
INSERT_BLOCK = """(widget) => wp.data.dispatch("core/block-editor")
    .insertBlock(wp.blocks.createBlock("konsulto/widget", { widget }))"""
CONTENT = "wp.data.select('core/editor').getEditedPostContent()"


def sign_in(page: Page, site: Site, role: str = "admin") -> None:
    """Give a browser the cookies that WordPress gives the user of a role, and time for WordPress's editor."""
    page.set_default_timeout(PATIENCE)
    page.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in site.cookies(role)])


def open_settings(page: Page, site: Site) -> None:
    """Open the plugin's settings."""
    page.goto(site.url + SETTINGS, wait_until="domcontentloaded")


def save_settings(page: Page) -> None:
    """Press the button below the settings."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.click("#submit")


def connect(page: Page, site: Site, to: Connection) -> None:
    """Type what connects the site to a server, and save."""
    open_settings(page, site)
    page.get_by_label("Server address").fill(to.server)
    page.get_by_label("Organisation").fill(to.organisation)
    page.get_by_label("API key").fill(to.api_key)
    save_settings(page)


def open_editor(page: Page, site: Site) -> None:
    """Begin a new page in the block editor."""
    page.goto(f"{site.url}/wp-admin/post-new.php?post_type=page", wait_until="domcontentloaded")
    page.wait_for_function(BLOCK_IS_KNOWN)
    canvas(page).get_by_role("textbox", name="Add title").wait_for()


def canvas(page: Page) -> Page | FrameLocator:
    """Where the editor shows the page: in a frame, or in older releases in the editor itself."""
    page.wait_for_selector("iframe[name=editor-canvas], .editor-styles-wrapper .editor-post-title")
    frame = "iframe[name=editor-canvas]"
    return page.frame_locator(frame) if page.locator(frame).count() else page


def insert_block(page: Page) -> None:
    """Find the block in the inserter and add it."""
    page.get_by_role("button", name="Block Inserter").or_(
        page.get_by_role("button", name="Toggle block inserter")
    ).first.click()
    page.get_by_role("searchbox").first.fill("konsulto")
    page.get_by_role("option", name="Konsulto widget").click()


def block(page: Page) -> Locator:
    """The block in the page that is edited."""
    return canvas(page).locator("[data-type='konsulto/widget']")


def choose_widget(page: Page, widget: str) -> None:
    """Choose a widget in the block."""
    block(page).get_by_label("Widget", exact=True).select_option(widget)


def preview(page: Page) -> FrameLocator:
    """Show the widget in the block. An old editor drops a click that comes while it redraws the block."""
    shown = block(page).locator("iframe.konsulto-block__preview")
    for _ in range(5):
        block(page).get_by_role("button", name="Preview").click()
        with suppress(TooLate):
            shown.wait_for(state="attached", timeout=5_000)
            break
    return block(page).frame_locator("iframe.konsulto-block__preview")


def publish(page: Page) -> str:
    """Publish the page and return its address."""
    page.get_by_role("button", name="Publish", exact=True).first.click()
    page.locator(".editor-post-publish-panel").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("is now live").first).to_be_visible()
    return str(page.evaluate("wp.data.select('core/editor').getPermalink()"))
