"""Waiting for what a page's own script shows."""
from playwright.sync_api import Frame, Page


def until(page: Page | Frame, condition: str, seconds: float = 20) -> None:
    """Wait until a JavaScript expression is true.

    It goes as a function: a bare expression would be evaluated by the page, whose content policy forbids that. It is asked
    by the clock: a frame that is not shown draws no pictures to ask at. A document that has no root yet fulfils nothing.
    """
    page.wait_for_function(f"() => document.documentElement && ({condition})", timeout=seconds * 1000, polling=50)
