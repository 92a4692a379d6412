"""What a clinic decides about its consultation room, and what people choose there for themselves."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.kit.until import until
from tests.journeys.test_call import FRAMES, SEEN, straight
from tests.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDTH = "document.querySelector('video[data-slot=picture]').videoWidth"
OWN_CAMERA = "() => { const { width, deviceId } = document.querySelector('video[data-slot=self_picture]').srcObject.getVideoTracks()[0].getSettings(); return [width, deviceId]; }"
FIT = "getComputedStyle(document.querySelector('video[data-slot=picture]')).objectFit === '{}'"
REFUSING = "() => { MediaStreamTrack.prototype.applyConstraints = () => Promise.reject(new OverconstrainedError('width')); }"
CHOOSES_NONE = """() => {
  const open = navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getDisplayMedia = (wishes) => {
    navigator.mediaDevices.getDisplayMedia = open;
    return Promise.reject(new DOMException("", "NotAllowedError"));
  };
}"""
BLACK = """() => {
  const black = () => document.createElement("canvas").captureStream(0).getVideoTracks()[0];
  const stream = () => { const made = new MediaStream([black()]); return Promise.resolve(made); };
  navigator.mediaDevices.getUserMedia = stream;
}"""


@pytest.fixture(scope="module")
def house_of_calls(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.with_demo(demo_data, tmp_path_factory.mktemp("room")) as running:
        yield running


@pytest.fixture
def decide(house_of_calls: Server) -> Iterator[Callable[..., Server]]:
    """The demo clinic decides so about its room: `decide(settings_first=True)`; gives the server."""
    usual = {"settings_first": False, "stop_without_camera": False, "allow_resolution_change": True, "video_fit": "cover", "screen_sharing": False}

    def set_(**wanted: Any) -> Server:
        columns = ", ".join(f"{name} = :{name}" for name in usual)
        with sqlite3.connect(house_of_calls.data / "konsulto.db", timeout=20) as database:
            database.execute(f"UPDATE organization SET {columns} WHERE slug = 'demo'", usual | wanted)
        return house_of_calls

    yield set_
    set_()


def settings(side: Any) -> Locator:
    found: Locator = side.get_by_role("dialog", name="Camera, microphone and sound")
    return found


def test_where_settings_come_first_both_look_before_they_see_each_other_and_once_is_enough(decide: Any, new_page: Any) -> None:
    talk = straight(decide(settings_first=True), new_page, "First")
    for side in (talk.doctor, talk.patient):
        expect(settings(side)).to_be_visible()
        until(side, "document.querySelector('dialog[data-settings] video').videoWidth > 0")
        until(side, "document.querySelector('dialog[data-settings] meter').value > 0.03")
    expect(talk.doctor.get_by_text("Check your camera and microphone")).to_be_visible()
    settings(talk.doctor).get_by_role("button", name="Join the conversation").click()
    expect(talk.doctor.get_by_text("Waiting for the other side")).to_be_visible()
    talk.page.keyboard.press("Escape")
    talk.flows()
    talk.doctor.reload()
    talk.flows()
    expect(settings(talk.doctor)).to_be_hidden()


def test_whoever_has_no_camera_is_told_first_and_goes_on_with_sound_only(decide: Any, new_page: Any) -> None:
    talk = straight(decide(stop_without_camera=True), new_page, "Gate", media="none")
    expect(talk.patient.get_by_text("Your camera does not work")).to_be_visible()
    expect(talk.doctor.get_by_text("Waiting for the other side")).to_be_visible()
    expect(talk.patient.locator("[data-slot=camera_gate] a[href^=tel]")).to_have_text("01632 960 120")
    talk.patient.get_by_role("button", name="Try again").click()
    expect(talk.patient.get_by_role("alert").filter(has_text="None was found")).to_be_visible()
    talk.patient.get_by_role("button", name="Go on with sound only").click()
    until(talk.patient, SEEN.format(5))
    expect(talk.doctor.get_by_text("You hear S. Gate")).to_be_visible()


def test_whose_camera_works_is_not_held_up(decide: Any, new_page: Any) -> None:
    straight(decide(stop_without_camera=True), new_page, "Through").flows()


@pytest.mark.parametrize("fault", ["refusing", "black"])
def test_a_size_or_camera_that_does_not_work_leaves_the_picture_as_it_was(decide: Any, new_page: Any, fault: str) -> None:
    talk = straight(decide(), new_page, f"Sizes-{fault}")
    talk.flows()
    camera_before = talk.patient.evaluate(OWN_CAMERA)
    talk.patient.evaluate(REFUSING if fault == "refusing" else BLACK)
    talk.patient.get_by_role("button", name="Devices").click()
    dialog = settings(talk.patient)
    if fault == "refusing":
        dialog.get_by_label("Your picture").select_option("small")
        expect(dialog.get_by_text("Your camera cannot do that; the picture goes on as before.")).to_be_visible()
        expect(dialog.get_by_label("Your picture")).to_have_value("auto")
    else:
        camera = dialog.get_by_label("Camera", exact=True)
        before = camera.input_value()
        camera.dispatch_event("change")
        expect(dialog.get_by_text("That does not work here; what worked before stays in use.")).to_be_visible()
        expect(camera).to_have_value(before)
    talk.flows()
    assert talk.patient.evaluate(OWN_CAMERA) == camera_before


def test_what_the_clinic_does_not_allow_is_not_offered(decide: Any, new_page: Any) -> None:
    talk = straight(decide(allow_resolution_change=False), new_page, "Fixed")
    talk.flows()
    for side in (talk.doctor, talk.patient):
        expect(side.get_by_role("button", name="Share screen")).to_be_hidden()
    talk.patient.get_by_role("button", name="Devices").click()
    expect(settings(talk.patient).get_by_label("Camera", exact=True)).to_be_visible()
    expect(settings(talk.patient).get_by_label("Your picture")).to_be_hidden()


def test_how_a_picture_stands_is_the_clinics_choice_and_then_the_persons_and_buttons_say_what_is_on(decide: Any, new_page: Any) -> None:
    talk = straight(decide(video_fit="contain"), new_page, "Frame")
    whole = talk.doctor.get_by_role("button", name="Whole picture")
    expect(whole).to_have_attribute("aria-pressed", "true")
    until(talk.doctor, FIT.format("contain"))
    whole.press("Enter")
    expect(whole).to_have_attribute("aria-pressed", "false")
    talk.doctor.reload()
    until(talk.doctor, FIT.format("cover"))
    until(talk.patient, FIT.format("contain"))
    talk.flows()
    _press_twice(talk.doctor, "Full screen")
    _press_twice(talk.doctor, "Small window")


def test_a_screen_is_shared_by_either_side_said_in_words_and_ended_by_the_browser_too(decide: Any, new_page: Any) -> None:
    talk = straight(decide(screen_sharing=True), new_page, "Screen")
    talk.flows()
    talk.doctor.evaluate(CHOOSES_NONE)
    talk.doctor.get_by_role("button", name="Share screen").click()
    expect(talk.doctor.get_by_text("Your screen is not shared.")).to_be_visible()
    share = talk.doctor.get_by_role("button", name="Share screen")
    share.click()
    expect(share).to_have_attribute("aria-pressed", "true")
    expect(talk.doctor.get_by_text("You share your screen")).to_be_visible()
    expect(talk.patient.get_by_text("Dr Amira Haddad shares a screen")).to_be_visible()
    until(talk.patient, f"{WIDTH} > 0 && {FIT.format('contain')}")
    talk.flows()
    talk.doctor.evaluate("() => document.querySelector('video[data-slot=self_picture]').srcObject.getTracks()[0].dispatchEvent(new Event('ended'))")
    expect(talk.patient.get_by_text("shares a screen")).to_be_hidden()
    expect(share).to_have_attribute("aria-pressed", "false")
    until(talk.patient, FIT.format("cover"))
    talk.flows()
    talk.patient.get_by_role("button", name="Camera off").click()
    talk.patient.get_by_role("button", name="Share screen").click()
    expect(talk.doctor.get_by_text("S. Screen shares a screen")).to_be_visible()
    before = talk.doctor.evaluate(FRAMES)
    until(talk.doctor, SEEN.format(before + 3))
    talk.patient.get_by_role("button", name="Share screen").click()
    expect(talk.doctor.get_by_text("You hear S. Screen")).to_be_visible()


def test_both_read_with_whom_they_talk_for_how_long_what_time_it_is_and_why_it_ended(decide: Any, new_page: Any) -> None:
    talk = straight(decide(), new_page, "Clock", width=360, height=740)
    for side, name in ((talk.patient, "Dr Amira Haddad"), (talk.doctor, "S. Clock")):
        strip = side.locator("[data-partner]")
        expect(strip).to_contain_text(name)
        expect(strip.get_by_role("timer")).to_have_text(re.compile(r"^\d+:[0-5]\d$"))
        expect(strip.locator("[data-slot=clock]")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    talk.patient.get_by_role("button", name="End the conversation").click()
    talk.patient.get_by_role("dialog").get_by_role("button", name="End", exact=True).click()
    expect(talk.doctor.get_by_role("dialog", name="The visit has ended")).to_contain_text("The patient has ended the visit.")


def _press_twice(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name)
    for pressed in ("true", "false"):
        button.click()
        expect(button).to_have_attribute("aria-pressed", pressed)
