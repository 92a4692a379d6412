"""Pytest fixtures for tests in a real browser: one Chromium, pages that fail for unseen faults, customers' sites."""
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.browser.kit import sites
from tests.browser.kit.page_check import HtmlValidator, page_faults
from tests.browser.kit.page_log import PageLog

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FAKE_DEVICES = "--use-fake-device-for-media-stream=fps=10"  # pictures are encoded in software here
# Chromium obeys the last of these lists alone, so that of Playwright's own list what costs stands here again: without it each page gets
# a renderer of its own for a part of the window that nobody sees, a third of the browser's work.
WITHOUT_FEATURES = ("WebRtcHideLocalIpsWithMdns", "AimEnabled", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    FAKE_DEVICES,
    "--use-fake-ui-for-media-stream",
    f"--disable-features={','.join(WITHOUT_FEATURES)}",
    "--allow-loopback-in-peer-connection",
    "--host-resolver-rules=MAP *.test 127.0.0.1",  # sites that are no loopback to the browser: insecure without HTTPS
]
# Chromium's own settings: 1 refuses cookies in other sites' frames; 2 refuses cookies and every storage, everywhere.
NO_FOREIGN_COOKIES = {"profile": {"cookie_controls_mode": 1, "block_third_party_cookies": True}}
NO_STORAGE = {"profile": {"default_content_setting_values": {"cookies": 2}}}
STORAGE = {"no-foreign-cookies": NO_FOREIGN_COOKIES, "none": NO_STORAGE}
# Headless Chromium refuses what nobody can be asked, and has no devices of its own.
WITHOUT = {"denied": "--use-fake-ui-for-media-stream", "none": FAKE_DEVICES}
# Frames in which nothing may run are not turned; Chromium says so.
TURNED_IN_VAIN = "Blocked script execution in .* because the document's frame is sandboxed"
TURN_PAGE = "addEventListener('DOMContentLoaded', () => { document.documentElement.dir = 'rtl'; })"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def html_validator() -> Iterator[HtmlValidator]:
    with HtmlValidator() as validator:
        yield validator


class Pages:
    """Opens pages and, at the end of the test, says what went wrong in any of them."""

    def __init__(self, playwright: Playwright, chromium: Browser, validator: HtmlValidator, folder: Path) -> None:
        self.playwright, self.chromium, self.validator, self.folder = playwright, chromium, validator, folder
        self.contexts: list[BrowserContext] = []
        self.logs: list[PageLog] = []
        self.unchecked: set[Page] = set()

    def __call__(
        self,
        *,
        width: int = 1280,
        height: int = 800,
        locale: str = "en-GB",
        dark: bool = False,
        rtl: bool = False,
        storage: str | None = None,
        media: str | None = None,
        expect: Sequence[str] = (),
        check: bool = True,
        **context: Any,
    ) -> Page:
        """A page in a context of its own.

        `rtl` turns every document right-to-left, translated or not. `storage` is "no-foreign-cookies" or "none";
        `media` is "denied" or "none", where others have a camera and a microphone and may use them.
        `expect` holds patterns of console errors the test means to cause. `check=False` leaves out the page check.
        """
        options = {
            "viewport": {"width": width, "height": height},
            "locale": locale,
            "color_scheme": "dark" if dark else "light",
            "reduced_motion": "reduce",
            **context,
        }
        opened = self._alone(storage, media, options) if storage or media else self.chromium.new_context(**options)
        self.contexts.append(opened)
        if rtl:
            opened.add_init_script(TURN_PAGE)
            expect = [*expect, TURNED_IN_VAIN]
        opened.on("page", lambda page: self._watch(page, expect, check))
        return opened.new_page()

    def log(self, page: Page) -> PageLog:
        """What a page did so far: `requests`, `errors`, `foreign`."""
        return next(log for log in self.logs if log.page is page)

    def faults(self) -> list[str]:
        """What is wrong with the pages that are still open and with every document that was opened."""
        return [*self._deeds(), *self._documents(), *self._looks()]

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _alone(self, storage: str | None, media: str | None, options: dict[str, Any]) -> BrowserContext:
        """A browser of its own, with another profile or other devices."""
        profile = self.folder / f"profile-{len(self.contexts)}"
        (profile / "Default").mkdir(parents=True)
        if storage:
            (profile / "Default" / "Preferences").write_text(json.dumps(STORAGE[storage]))
        flags = [flag for flag in FLAGS if flag != WITHOUT.get(media or "")]
        return self.playwright.chromium.launch_persistent_context(
            str(profile), executable_path=CHROMIUM, args=flags, **options
        )

    def _watch(self, page: Page, expect: Sequence[str], check: bool) -> None:
        self.logs.append(PageLog(page, expect))
        if not check:
            self.unchecked.add(page)

    def _deeds(self) -> list[str]:
        return [fault for log in self.logs for fault in log.faults()]

    def _documents(self) -> list[str]:
        documents = {url: html for log in self._checked() for url, html in log.documents.items()}
        return [f"{url}:{fault}" for url, html in documents.items() for fault in self.validator.faults(html)]

    def _looks(self) -> list[str]:
        return [fault for log in self._checked() if not log.page.is_closed() for fault in page_faults(log.page)]

    def _checked(self) -> list[PageLog]:
        return [log for log in self.logs if log.page not in self.unchecked]


@pytest.fixture
def new_page(
    playwright: Playwright,
    chromium: Browser,
    html_validator: HtmlValidator,
    customer_site: Callable[..., str],
    tmp_path: Path,
) -> Iterator[Pages]:
    """Opens pages; a test fails at its end when one showed an error, asked a stranger or fails the page check.

    Customers' sites are asked for here, so that they outlive the pages that are looked at last.
    """
    pages = Pages(playwright, chromium, html_validator, tmp_path)
    try:
        yield pages
        faults = pages.faults()
    finally:
        pages.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def check_page(html_validator: HtmlValidator) -> Callable[..., None]:
    """Checks a page in the state it is in now, in the middle of a test."""

    def check(page: Page, skip: Sequence[str] = (), everything: bool = False) -> None:
        faults = page_faults(page, skip, everything)
        assert not faults, "\n".join(faults)

    return check


@pytest.fixture
def customer_site() -> Iterator[Callable[..., str]]:
    """Opens web sites of customers, `customer_site({"/": html}, host="localhost")`; gives their origins."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(sites.customer_site(*args, **kwargs))


@pytest.fixture
def screenshot(tmp_path: Path) -> Callable[..., Path]:
    """Keeps a picture of a page: below $SCREENSHOTS where it is set, else in the test's own folder."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))

    def take(page: Page, name: str, **options: Any) -> Path:
        path = folder / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, **options)
        return path

    return take
