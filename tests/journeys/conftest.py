"""What the journeys ask for: a clinic's page with a widget, and somebody at the desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Frame, Page

from demo import PASSWORD
from tests.browser.kit.until import until
from tests.server import Server

READY = "'ready' in document.documentElement.dataset"


def sign_in_at(page: Page, address: str, email: str) -> None:
    page.goto(address)
    page.locator("[name=username]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("body[data-live=online]")


@pytest.fixture
def embedded(server: Server, new_page: Any, customer_site: Callable[..., str]) -> Callable[..., tuple[Page, Frame]]:
    """A clinic's page with a widget by its snippet, on the other site than the server; gives page and frame."""

    def open_(widget: str, host: str, **shape: Any) -> tuple[Page, Frame]:
        base = server.other_site if host == "127.0.0.1" else server.base
        script = f'<script async src="{base}/embed.js" data-widget="{widget}"></script>'
        html = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A clinic</title></head><body><main><h1>A clinic</h1>{script}</main></body></html>'
        page = new_page(**shape)
        page.goto(customer_site({"/": html}, host=host))
        page.wait_for_selector("iframe")
        frame = next(frame for frame in page.frames if "/w/" in frame.url or frame != page.main_frame)
        frame.wait_for_url(re.compile("/w/"))
        until(frame, READY)
        return page, frame

    return open_


@pytest.fixture
def desk(server: Server, new_page: Any) -> Callable[..., Page]:
    """Somebody of the demo clinic signs in and opens a page of the desk."""

    def sign_in(email: str, path: str = "/desk/") -> Page:
        page: Page = new_page()
        sign_in_at(page, server.base + path, email)
        return page

    return sign_in
