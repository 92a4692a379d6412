"""While one waits: a page and a film of the clinic's own site, and nothing of them reaches ours."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import expect

from telehealth.department import Department
from tests.widgets.walk_in.live import walk_in
from tests.widgets.walk_in.test_routes import entry

OFFERED = {
    "page_label": "Before your first visit", "page_url": "https://clinic.example/first", "film_label": "How it works",
    "film_url": "https://media.clinic.example/film.mp4", "film_still_url": "https://media.clinic.example/still.png",
    "film_captions_url": "", "film_words": "A nurse shows where the buttons are.",
}  # fmt: skip
# The page tries to look at what is around it, as a page that was broken into would.
FOREIGN = """<!doctype html><html lang="en"><head><title>First visit</title></head><body><main><h1>Your first visit</h1>
<p id="seen"></p></main><script>try { parent.document; seen.textContent = "reached"; } catch { seen.textContent = "kept out"; }
try { top.location = "/away"; } catch {}</script></body></html>"""


# A moment of a canvas, recorded by the browser itself.
FILMED = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  const recorded = new Promise((done) => (recorder.ondataavailable = ({ data }) => done(data)));
  recorder.start();
  for (let n = 0; n < 12; n += 1) {
    canvas.getContext("2d").fillRect(n * 10, 0, 10, 90);
    await new Promise(requestAnimationFrame);
  }
  setTimeout(() => recorder.stop(), 300);
  const bytes = new Uint8Array(await (await recorded).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""


def offer(clinic, **what):
    with clinic.session() as session:
        department = session.get_one(Department, clinic.departments[0])
        for name, value in what.items():
            setattr(department, name, value)


def test_what_a_department_offers_comes_with_the_state_until_the_turn_comes(visitor, clinic, desk):
    offer(clinic, **OFFERED)
    patient = visitor(clinic.widgets["walk_in"])
    found = patient.post("/encounters", entry(clinic)).json["meanwhile"]
    assert (found["page"]["url"], found["page"]["label"]["text"]) == (OFFERED["page_url"], OFFERED["page_label"])
    assert found["film"]["words"]["text"] == OFFERED["film_words"]
    desk.admit()
    assert patient.get("/encounters/current").json["meanwhile"] is None


def test_only_the_sites_that_are_named_may_be_shown(app, clinic, other):
    offer(clinic, **OFFERED)
    policy = app.test_client().get(f"/w/{clinic.widgets['walk_in']}").headers["Content-Security-Policy"]
    assert "frame-src https://clinic.example" in policy.split("; ")
    assert "media-src 'self' blob: https://media.clinic.example;" in policy
    assert "img-src 'self' data: https://media.clinic.example;" in policy
    assert "script-src 'self';" in policy
    assert "clinic.example" not in app.test_client().get(f"/w/{other.widgets['walk_in']}").headers["Content-Security-Policy"].partition("frame-ancestors")[0]


@pytest.mark.parametrize("shape", [{"width": 1280}, {"width": 360, "dark": True, "rtl": True}], ids=["wide", "dark phone, mirrored"])
def test_the_clinics_own_page_opens_in_a_frame_that_reaches_nothing_of_ours(new_page, address, clinic, customer_site, check_page, screenshot, shape):
    offer(clinic, page_label="Before your first visit", page_url=customer_site({"/": FOREIGN, "/away": "gone"}).replace("127.0.0.1", "localhost") + "/")
    page = new_page(**shape, expect=["Unsafe attempt to initiate navigation|frame attempting navigation|sandbox|Blocked a frame"])
    page.goto(address)
    walk_in(page)
    page.get_by_role("button", name="Before your first visit").click()
    inside = page.frame_locator("#page iframe")
    expect(inside.locator("#seen")).to_have_text("kept out")
    check_page(page)
    screenshot(page, "own-page")
    page.get_by_role("button", name="Back to the waiting room").click()
    expect(page.locator("#waiting")).to_be_visible()


def test_the_film_begins_when_it_is_started_and_says_in_words_what_it_shows(new_page, address, clinic, check_page, screenshot):
    ours = address.partition("/w/")[0]
    offer(clinic, film_label="How it works", film_url=f"{ours}/film.webm", film_words=OFFERED["film_words"])
    page = new_page(width=360)
    page.goto(address)
    film = base64.b64decode(page.evaluate(FILMED))
    page.route("**/film.webm", lambda route: route.fulfill(body=film, content_type="video/webm"))
    walk_in(page)
    page.locator("summary").filter(has_text="How it works").click()
    expect(page.get_by_text("A nurse shows where the buttons are.")).to_be_visible()
    shown = page.locator("#meanwhile video")
    assert shown.evaluate("film => film.paused && film.controls")
    shown.evaluate("film => film.play()")
    page.wait_for_function("document.querySelector('#meanwhile video').videoWidth > 0")
    check_page(page)
    screenshot(page, "film")


def test_a_film_that_is_not_there_is_not_offered(new_page, address, clinic):
    offer(clinic, film_url=address.partition("/w/")[0] + "/nothing.webm", film_words="Words")
    page = new_page(expect=["404"])
    page.goto(address)
    walk_in(page)
    page.locator("summary").filter(has_text="A short film").click()
    page.locator("#meanwhile video").evaluate("film => film.play().catch(() => {})")
    expect(page.locator("#meanwhile details")).to_be_hidden()


def test_a_patient_whose_call_fails_asks_to_be_called_by_phone(new_page, address, desk, check_page, screenshot):
    page = new_page(width=360)
    page.goto(address)
    walk_in(page)
    desk.admit()
    page.get_by_role("button", name="Enter without camera").click()
    page.get_by_role("button", name="Call me by phone").click()
    page.get_by_role("button", name="Ask for a call").click()
    expect(page.locator("#ring-wrong")).to_contain_text("Enter a phone number")
    check_page(page)
    screenshot(page, "ring")
    page.get_by_label("Your phone number").fill("+44 1632 960 777")
    page.get_by_role("button", name="Ask for a call").click()
    expect(page.locator("#log")).to_contain_text("Please call me by phone: +44 1632 960 777")
    assert desk.said() == ["Please call me by phone: +44 1632 960 777"]
