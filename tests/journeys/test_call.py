"""The call: picture and sound between a patient on another site and a practitioner at the desk, through everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.kit.until import until
from tests.widgets.walk_in.live import enter, tell_details

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SEEN = "document.querySelector('video[data-slot=picture]')?.getVideoPlaybackQuality().totalVideoFrames > {}"
FRAMES = "() => document.querySelector('video[data-slot=picture]').getVideoPlaybackQuality().totalVideoFrames"


@dataclass
class Talk:
    """Both sides of a consultation: the clinic's page with its frame, and the practitioner's page."""

    page: Page
    patient: Frame
    doctor: Page

    def flows(self) -> None:
        """New pictures arrive on both sides."""
        for side in (self.patient, self.doctor):
            before = side.evaluate(FRAMES)
            until(side, SEEN.format(before + 5))


@pytest.fixture
def call(embedded: Any, desk: Any) -> Callable[..., Talk]:
    """A patient walks in and is called in; `enter` is how the patient enters."""

    def begin(name: str, enters: str = "Enter now", **shape: Any) -> Talk:
        doctor = desk("doctor@demo.example", "/desk/waiting-room")
        page, widget = embedded("demo-walk-in", "127.0.0.1", **shape)
        widget.get_by_role("button", name="Dr Amira Haddad").click()
        tell_details(widget, **{"patient.last_name": name})
        enter(widget)
        doctor.locator("#people tbody tr", has_text=name).get_by_role("button", name="Admit").click()
        doctor.get_by_role("dialog").get_by_role("button", name="Admit").click()
        widget.get_by_role("button", name=enters).click()
        doctor.wait_for_url(re.compile("/desk/visit/"))
        return Talk(page, widget, doctor)

    return begin


def test_both_see_and_hear_each_other_and_it_ends_for_both(call: Any) -> None:
    talk = call("Picture")
    talk.flows()
    expect(talk.patient.get_by_text("Your camera is off")).to_be_hidden()
    talk.doctor.get_by_role("button", name=re.compile("End")).first.click()
    talk.doctor.get_by_role("dialog").get_by_role("button", name=re.compile("End")).click()
    expect(talk.patient.get_by_role("heading", name="Your visit has ended")).to_be_visible()
    until(talk.patient, "!document.querySelector('video[data-slot=self_picture]').srcObject")
