"""From the click that calls a patient in to the first picture on both sides: real browsers, loopback, fake cameras."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figure import Figure
from tests.browser.kit.fixtures import CHROMIUM, FLAGS
from tests.journeys.conftest import sign_in_at
from tests.server import Server, prepared_data
from tests.widgets.walk_in.live import enter, tell_details

CALLS = 10
# The patient enters as soon as that is offered; each side notes when its first picture was decoded.
WATCH = """() => {
  const look = () => {
    const enter = document.querySelector("[data-do=enter]");
    if (enter?.checkVisibility()) enter.click();
    const picture = document.querySelector("video[data-slot=picture]");
    if (picture && !picture.watched) {
      picture.watched = true;
      picture.requestVideoFrameCallback(() => (window.firstPicture ??= Date.now()));
    }
    requestAnimationFrame(look);
  };
  look();
}"""
CLICKED = "document.addEventListener('click', () => (window.clicked = Date.now()), true)"


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with Server(prepared_data(Path(folder)), SESSION_REQUESTS_PER_MINUTE="1000000") as server:
            times = sorted(_call(browser, server.base, number) for number in range(CALLS))
        browser.close()
    yield Figure("admit_to_first_frame_p95_ms", times[-1], "ms", "< 1500", "a bare trial of the same (measured before)", 414)


def _call(browser: Browser, base: str, number: int) -> float:
    """Milliseconds until the later of both sides sees the other."""
    name = f"Bench{number}"
    with browser.new_context() as office, browser.new_context() as home:
        doctor, patient = office.new_page(), home.new_page()
        sign_in_at(doctor, f"{base}/desk/waiting-room", "doctor@demo.example")
        patient.goto(f"{base}/w/demo-walk-in")
        patient.get_by_role("button", name="Dr Amira Haddad").click()
        tell_details(patient.main_frame, **{"patient.last_name": name})
        enter(patient.main_frame)
        patient.evaluate(WATCH)
        office.add_init_script(f"addEventListener('DOMContentLoaded', {WATCH})")
        doctor.locator("#people tbody tr", has_text=name).get_by_role("button", name="Admit").click()
        doctor.evaluate(CLICKED)
        with doctor.expect_navigation(url=re.compile("/desk/visit/")):
            doctor.get_by_role("dialog").get_by_role("button", name="Admit").click()
            clicked = doctor.evaluate("window.clicked")
        seen = max(_first(patient), _first(doctor))
        doctor.get_by_role("button", name=re.compile("End")).first.click()
        doctor.get_by_role("dialog").get_by_role("button", name=re.compile("End")).click()
        return float(seen - clicked)


def _first(page: Page) -> int:
    page.wait_for_function("() => window.firstPicture", timeout=20_000, polling=50)
    return int(page.evaluate("window.firstPicture"))
