"""A website on another site with a widget behind a floating button, put there by the real loader, and what the page is told."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Frame, Page

from tests.browser.kit.until import until
from tests.widgets.walk_in.live import allow_sites

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A clinic</title><link rel="icon" href="data:,"></head><body><main><h1>A clinic</h1>
<script async src="{origin}/embed.js" data-widget="{key}" data-display="floating" data-label="Reach us"></script></main></body></html>"""
LISTEN = """
  if (parent === window) {
    window.Konsulto = [];
    window.told = [];
    const names = ["ready", "error", "opened", "closed", "started", "message", "unread", "state", "ended", "booked", "waiting", "your-turn"];
    Konsulto.push((konsulto) => names.forEach((name) => konsulto.on(name, (event) => told.push(event))));
  }
"""
READY = "'ready' in document.documentElement.dataset"


def site_with(new_page: Any, customer_site: Any, clinic: Any, origin: str, widget: str, **look: Any) -> Page:
    """The site's first page; /next has the same tag."""
    html = PAGE.format(origin=origin, key=clinic.widgets[widget])
    site = customer_site({"/": html, "/next": html}, host="localhost")
    allow_sites(clinic, site, widget=widget)
    page: Page = new_page(**look)
    page.add_init_script(LISTEN)
    page.goto(site + "/")
    return page


def press(page: Page) -> Frame:
    """Open the panel; gives the widget's frame."""
    page.get_by_role("button", name=re.compile("^Reach us")).click()
    return frame_of(page)


def frame_of(page: Page) -> Frame:
    frame: Frame = page.locator("iframe").element_handle().content_frame()
    frame.wait_for_load_state()
    until(frame, READY)
    return frame


def kept(page: Page) -> list[str]:
    return list(json.loads(page.evaluate("JSON.stringify(Object.values(sessionStorage))")))


def told(page: Page) -> list[dict[str, Any]]:
    return list(json.loads(page.evaluate("JSON.stringify(told)")))


def is_told(page: Page, name: str) -> None:
    until(page, f"told.some(({{ event }}) => event === '{name}')")
