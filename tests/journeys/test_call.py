"""The call: picture and sound between a patient on another site and a practitioner at the desk, through everything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Error, Frame, Page, expect

from tests.browser.kit.fixtures import CHROMIUM, FLAGS
from tests.browser.kit.until import until
from tests.journeys.conftest import sign_in_at
from tests.widgets.walk_in.live import enter, frame_html, seen, tell_details

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SEEN = "document.querySelector('video[data-slot=picture]')?.getVideoPlaybackQuality().totalVideoFrames > {}"
GONE = re.compile("Waiting for the other side|The connection to Dr Amira Haddad is interrupted")
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


def test_what_one_switches_off_the_other_is_told(call: Any) -> None:
    talk = call("Switches")
    talk.flows()
    mute = talk.patient.get_by_role("button", name="Mute")
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "true")
    expect(talk.doctor.get_by_text("Microphone off")).to_be_visible()
    talk.patient.get_by_role("button", name="Camera off").click()
    expect(talk.patient.get_by_text("Your camera is off")).to_be_visible()
    expect(talk.doctor.get_by_text("You hear")).to_be_visible()
    talk.patient.get_by_role("button", name="Camera off").click()
    mute.click()
    expect(talk.doctor.get_by_text("Microphone off")).to_be_hidden()
    talk.flows()


def test_without_a_camera_the_patient_is_heard_and_sees(call: Any) -> None:
    talk = call("Unseen", enters="Enter without camera")
    expect(talk.doctor.get_by_text("You hear S. Unseen")).to_be_visible()
    until(talk.patient, SEEN.format(5))
    expect(talk.patient.get_by_text("Your camera is off")).to_be_visible()


def test_a_remembered_camera_that_is_gone_gives_way_to_another(server: Any, new_page: Any) -> None:
    gone = {"cameraId": "gone", "microphoneId": "gone"}
    talk = straight(server, new_page, "Unplugged", remembers=gone)
    talk.flows()
    expect(talk.patient.get_by_role("alert").filter(has_text="do not work")).to_be_hidden()


def test_a_reload_of_either_side_takes_the_call_up_again(call: Any) -> None:
    talk = call("Reload")
    talk.flows()
    talk.doctor.reload()
    talk.flows()
    talk.patient.evaluate("() => location.reload()")
    talk.patient.wait_for_load_state()
    until(talk.patient, SEEN.format(0))
    talk.flows()


@pytest.mark.parametrize("goes", ["tab closed", "browser crashed"])
def test_a_practitioner_who_is_gone_in_mid_call_comes_back_from_the_list(server: Any, new_page: Any, desk: Any, goes: str) -> None:
    name = "Gone " + goes.split()[0]
    with new_page.playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as office:
        talk = straight(server, new_page, name, doctor=office.new_page())
        talk.flows()
        if goes == "tab closed":
            talk.doctor.close(run_before_unload=False)
        else:
            with suppress(Error):
                office.new_browser_cdp_session().send("Browser.crash")
        says = talk.patient.locator("#call [data-slot=says]")
        expect(says.get_by_text(GONE)).to_be_visible(timeout=30_000)
        expect(talk.patient.get_by_role("heading", name="You talk to Dr Amira Haddad")).to_be_visible()

        again = desk("doctor@demo.example", "/desk/waiting-room")
        row = again.locator("#people tbody tr", has_text=name)
        expect(row).to_contain_text("with Dr Amira Haddad")
        row.get_by_role("link", name="Open").click()
        again.wait_for_url(re.compile("/desk/visit/"))
        talk.doctor = again
        talk.flows()
        expect(says).to_be_hidden()


def test_of_two_windows_of_one_person_the_later_one_has_the_call(call: Any) -> None:
    talk = call("Windows")
    talk.flows()
    second = talk.doctor.context.new_page()
    second.goto(talk.doctor.url)
    until(second, SEEN.format(5))
    expect(talk.doctor.get_by_text("You take part in another window")).to_be_visible()
    talk.doctor.get_by_role("button", name="Take part here").click()
    expect(second.get_by_text("You take part in another window")).to_be_visible()
    talk.flows()


def test_on_hold_picture_and_sound_end_and_come_back(call: Any) -> None:
    talk = call("Hold")
    talk.flows()
    talk.doctor.get_by_role("button", name="Hold").click()
    expect(talk.patient.get_by_role("heading", name=re.compile("on hold"))).to_be_visible()
    until(talk.patient, "!document.querySelector('video[data-slot=self_picture]').srcObject")
    until(talk.doctor, "!document.querySelector('video[data-slot=self_picture]').srcObject")
    talk.doctor.get_by_role("button", name="Admit").click()
    talk.flows()


def test_devices_are_chosen_by_keyboard(call: Any) -> None:
    talk = call("Devices")
    talk.flows()
    talk.patient.get_by_role("button", name="Devices").focus()
    talk.page.keyboard.press("Enter")
    dialog = talk.patient.get_by_role("dialog")
    expect(dialog.get_by_label("Camera")).to_be_visible()
    dialog.get_by_label("Your picture").select_option("small")
    until(talk.doctor, "document.querySelector('video[data-slot=picture]').videoWidth <= 320")
    talk.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_call_goes_on_while_the_server_is_away(own_server: Any, new_page: Any) -> None:
    talk = straight(own_server, new_page, "Outage")
    talk.flows()
    own_server.kill()
    expect(talk.patient.get_by_text(re.compile("Connection lost"))).to_be_visible()
    talk.flows()
    own_server.start()
    expect(talk.patient.get_by_text(re.compile("Connected"))).to_be_visible(timeout=30_000)
    talk.flows()
    talk.doctor.get_by_label("Your message").fill("Still there")
    talk.doctor.get_by_role("button", name="Send", exact=True).click()
    seen(talk.patient, "Still there")


@pytest.mark.parametrize(
    ("media", "words"), [("denied", "told not to allow"), ("none", "None was found")], ids=["denied", "no devices"]
)
def test_without_devices_the_reason_is_said_and_the_other_side_is_seen(server: Any, new_page: Any, media: str, words: str) -> None:
    talk = straight(server, new_page, f"Devices-{media}", media=media)
    trouble = talk.patient.get_by_role("alert").filter(has_text="Camera and microphone do not work.")
    expect(trouble).to_contain_text(words)
    expect(trouble).to_contain_text("Writing works in any case.")
    until(talk.patient, SEEN.format(5))
    expect(talk.doctor.get_by_text("Microphone off")).to_be_visible()
    talk.patient.get_by_label("Write to").last.fill("I cannot hear you speak")
    talk.patient.get_by_role("button", name="Send", exact=True).last.click()
    expect(talk.doctor.locator("[data-log]")).to_contain_text("I cannot hear you speak")


def test_a_page_that_forbids_the_camera_is_named_with_a_way_on(server: Any, new_page: Any, customer_site: Any) -> None:
    url = f"{server.other_site}/w/demo-walk-in"
    talk = straight(server, new_page, "Forbidden", at=customer_site({"/": frame_html(url, allow="")}, host="127.0.0.1"))
    expect(talk.patient.get_by_role("alert").filter(has_text="The page around this one does not allow it.")).to_be_visible()
    expect(talk.patient.get_by_role("link", name="Open in a new window").first).to_have_attribute("href", re.compile("#ticket="))
    until(talk.patient, SEEN.format(5))


def straight(
    server: Any, new_page: Any, name: str, *, at: str = "", remembers: Any = None, doctor: Page | None = None, **shape: Any
) -> Talk:
    """The same without the loader: in a window of its own, or in the frame of the page at `at`."""
    lost = [r"ERR_|WebSocket connection|Failed to load resource"]
    doctor = doctor or new_page(expect=lost)
    sign_in_at(doctor, server.base + "/desk/waiting-room", "doctor@demo.example")
    page = new_page(expect=[*lost, "Permissions policy|denied|not allowed"], **shape)
    page.goto(at or f"{server.base}/w/demo-walk-in")
    if remembers:
        page.evaluate("([key, value]) => sessionStorage.setItem(key, value)", ["konsulto:devices", json.dumps(remembers)])
        page.reload()
    frame = page.frames[1] if at else page.main_frame
    frame.get_by_role("button", name="Dr Amira Haddad").click()
    tell_details(frame, **{"patient.last_name": name})
    enter(frame)
    doctor.locator("#people tbody tr", has_text=name).get_by_role("button", name="Admit").click()
    doctor.get_by_role("dialog").get_by_role("button", name="Admit").click()
    frame.get_by_role("button", name="Enter now").click()
    doctor.wait_for_url(re.compile("/desk/visit/"))
    return Talk(page, frame, doctor)


def waits(server: Any, new_page: Any, name: str, **shape: Any) -> Page:
    """A patient of this name in the waiting room, in a window of its own."""
    page: Page = new_page(**shape)
    page.goto(f"{server.base}/w/demo-walk-in")
    page.get_by_role("button", name="Dr Amira Haddad").click()
    tell_details(page.main_frame, **{"patient.last_name": name})
    enter(page.main_frame)
    return page


def test_devices_are_checked_while_waiting_and_the_clinic_sees_what_came_of_it(server: Any, new_page: Any, desk: Any) -> None:
    page = waits(server, new_page, "Vermeer")
    page.get_by_text("Check camera, sound and network").click()
    expect(page.get_by_text("The camera works: this is you.")).to_be_visible()
    expect(page.get_by_text("The microphone works.")).to_be_visible()
    expect(page.get_by_text("The network lets a call through.")).to_be_visible()
    expect(page.get_by_text("Good for picture and sound.")).to_be_visible()
    page.get_by_role("button", name="Play a sound").click()
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_text("Turn the sound of this device up")).to_be_visible()
    doctor = desk("doctor@demo.example", "/desk/waiting-room")
    row = doctor.locator("#people tbody tr", has_text="Vermeer")
    expect(row.get_by_text("Hears no sound")).to_be_visible()
    expect(row.get_by_text("Camera does not work")).to_be_hidden()
    row.get_by_role("button", name="Admit").click()
    expect(doctor.get_by_role("dialog")).to_contain_text(re.compile(r"Good for picture and sound.*Chrome \d+", re.DOTALL))
    doctor.get_by_role("button", name="Not now").click()
    page.get_by_role("button", name="Play a sound").click()
    page.get_by_role("button", name="Yes").click()
    expect(row.get_by_text("Hears no sound")).to_be_hidden()
    page.get_by_text("Check camera, sound and network").click()
    until(page, "!document.querySelector('video[data-slot=preview]').srcObject")
    page.get_by_text("Check camera, sound and network").click()
    expect(page.get_by_text("The microphone works.")).to_be_visible()


def test_without_devices_the_check_says_so_and_how_to_go_on(server: Any, new_page: Any) -> None:
    page = waits(server, new_page, "Bare", media="none")
    page.get_by_text("Check camera, sound and network").click()
    expect(page.get_by_text("No picture from a camera. You can come in without.")).to_be_visible()
    expect(page.get_by_text("Camera and microphone do not work.").first).to_be_visible()
