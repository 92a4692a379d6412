"""Alerts as people meet them: a bell that does not give up, one page that rings, notifications, pushes, and the page of choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from telehealth import alert, clock
from telehealth.alert import PushSubscription
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.waiting_room import Encounter
from tests.browser.kit.until import until as until_page
from tests.clinic import Clinic
from tests.patience import until
from tests.widgets.walk_in.live import serve_live

pytestmark = pytest.mark.browser
SHAPES = {
    "wide": {}, "phone": {"width": 360, "height": 740}, "dark phone, mirrored": {
        "width": 360, "height": 740, "dark": True, "rtl": True,
    },
}  # fmt: skip
# What a browser would be given by its maker's push service, which cannot be reached from here.
SUBSCRIBED = """
  const keys = { p256dh: "A".repeat(87), auth: "A".repeat(22) };
  let mine = null;
  const subscription = { endpoint: "https://push.example/this", toJSON: () => ({ endpoint: "https://push.example/this", keys }),
    unsubscribe: async () => { mine = null; return true; } };
  PushManager.prototype.getSubscription = async () => mine;
  PushManager.prototype.subscribe = async (options) => { window.asked = options; return (mine = subscription); };
"""
LOOKS_ELSEWHERE = """
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  Object.defineProperty(document, "hidden", { get: () => true });
"""
NOTIFICATIONS = """
  window.shown = [];
  window.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) { this.title = title; Object.assign(this, options); window.shown.push(this); }
    close() { this.closed = true; }
  };
"""


@pytest.fixture
def site(app: Any, house: Any) -> Iterator[str]:
    with serve_live(app, house) as origin:
        yield origin


@pytest.fixture
def open_desk(site: str, staff: Any, new_page: Any) -> Callable[..., Page]:
    """Opens somebody's desk; `script` runs before the page's own."""

    def open_for(
        clinic: Clinic, person: str, path: str = "/desk/waiting-room", script: str = "", **shape: Any
    ) -> Page:
        cookie = staff(clinic, person).client.get_cookie("konsulto_staff").value
        page: Page = new_page(**shape)
        page.context.add_cookies([{"name": "konsulto_staff", "value": cookie, "url": site}])
        if script:
            page.add_init_script(script)
        return go(page, site + path)

    return open_for


def go(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector("body[data-live=online]")
    return page


def arrive(clinic: Clinic, **changes: Any) -> int:
    with clinic.session() as session:
        return clinic.arrive(session, **changes).id


def unseen(page: Page) -> Any:
    return page.get_by_role("region", name="Not seen yet")


def said(page: Page, means: str) -> Any:
    """What the page of alerts says about one of them now."""
    return page.locator(f"[data-means={means}] [data-when]:visible")


def rung(page: Page) -> int:
    return int(page.evaluate("document.body.dataset.rung ?? 0"))


def knows_its_alerts(page: Page) -> None:
    """An arrival rings at once only for a page that has asked before who waits."""
    until_page(page, "document.querySelector('[data-unseen]').dataset.asked")


def test_the_bell_rings_again_until_a_colleague_has_seen_the_patient(
    clinic: Clinic, open_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.shell.RING_EVERY", 1)
    doctor, manager = open_desk(clinic, "doctor"), open_desk(clinic, "manager", "/desk/calendar")
    elsewhere = open_desk(clinic, "nurse", "/desk/calendar")
    for page in (doctor, manager, elsewhere):
        knows_its_alerts(page)
    arrive(clinic)
    for page in (doctor, manager):
        until_page(page, "Number(document.body.dataset.rung) >= 3")
        expect(unseen(page)).to_contain_text("S. Lindqvist")
    assert rung(elsewhere) == 0
    unseen(manager).get_by_role("button", name="Seen S. Lindqvist").click()
    for page in (doctor, manager):
        expect(unseen(page)).to_have_count(0)
    row = doctor.locator("#people tbody tr", has_text="Lindqvist")
    expect(row).to_contain_text(f"Seen by Dr Manager {clinic.mark}")
    before = rung(doctor), rung(manager)
    arrive(clinic, department_id=clinic.departments[1])
    until_page(elsewhere, "Number(document.body.dataset.rung) >= 3")  # there it goes on
    assert (rung(doctor), rung(manager)) == before


def test_of_two_pages_of_one_person_one_rings(clinic: Clinic, site: str, open_desk: Any) -> None:
    first = open_desk(clinic, "doctor")
    second = go(first.context.new_page(), f"{site}/desk/calendar")
    for page in (first, second):
        knows_its_alerts(page)
    second.locator("h1").click()  # the page that was touched last is the one that may sound
    arrive(clinic)
    expect(second.locator("body")).to_have_attribute("data-rung", "1")
    expect(unseen(first)).to_be_visible()
    assert rung(first) == 0
    second.close()
    arrive(clinic, last_name="Nowak")
    expect(first.locator("body")).to_have_attribute("data-rung", "1")


def test_the_bell_is_silent_for_whoever_does_not_want_it(clinic: Clinic, open_desk: Any) -> None:
    with clinic.session() as session:
        alert.choose(session, clinic.staff("doctor"), bell=False, desktop=False, mail=False)
    page = open_desk(clinic, "doctor")
    knows_its_alerts(page)
    arrive(clinic)
    expect(unseen(page)).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    assert rung(page) == 0


def test_seen_is_said_by_keyboard_and_the_focus_stays_in_reach(clinic: Clinic, open_desk: Any) -> None:
    first, second = arrive(clinic), arrive(clinic, last_name="Nowak")
    page = open_desk(clinic, "doctor", "/desk/calendar")
    unseen(page).get_by_role("button", name="Seen S. Lindqvist").focus()
    page.keyboard.press("Enter")
    expect(unseen(page).get_by_role("button", name="Seen S. Nowak")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    with clinic.session() as session:
        seen_by = {session.get_one(Encounter, visit).acknowledged_by_id for visit in (first, second)}
    assert seen_by == {clinic.people["doctor"]}


def test_whoever_looks_elsewhere_is_notified_without_a_name_until_the_patient_was_seen(
    clinic: Clinic, open_desk: Any
) -> None:
    with clinic.session() as session:
        alert.choose(session, clinic.staff("doctor"), bell=True, desktop=True, mail=False)
    page = open_desk(clinic, "doctor", script=LOOKS_ELSEWHERE + NOTIFICATIONS)
    knows_its_alerts(page)
    visit_id = arrive(clinic)
    until_page(page, "window.shown.length === 1")
    shown = page.evaluate("JSON.parse(JSON.stringify(window.shown[0]))")
    assert shown == {
        "title": "Somebody is waiting", "body": f"General practice {clinic.mark}", "tag": f"visit-{visit_id}"
    }  # fmt: skip
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).acknowledge(clinic.staff("manager"), clock.now())
    until_page(page, "window.shown[0].closed")


def test_what_a_patient_writes_is_told_once_to_whoever_looks_elsewhere(clinic: Clinic, open_desk: Any) -> None:
    visit_id = arrive(clinic)
    with clinic.session() as session:
        alert.choose(session, clinic.staff("doctor"), bell=True, desktop=True, mail=False)
        session.get_one(Encounter, visit_id).acknowledge(clinic.staff("manager"), clock.now())
    page = open_desk(clinic, "doctor", script=LOOKS_ELSEWHERE + NOTIFICATIONS)
    knows_its_alerts(page)
    for count, text in enumerate(("Are you there?", "I feel dizzy"), start=1):
        with clinic.session() as session:
            clinic.say(session, session.get_one(Encounter, visit_id), text)
        until_page(page, f"window.shown.length === {count}")
        expect(page.locator("body")).to_have_attribute("data-rung", str(count))
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).conversation.read_by_patient()
        clinic.say(session, session.get_one(Encounter, visit_id), "Hello?")
    until_page(page, "window.shown.length === 3")
    told = page.evaluate("window.shown.map(({ title, tag }) => [title, tag])")
    assert told == [["A waiting patient has written", f"message-{visit_id}"]] * 3


def test_whoever_looks_at_the_desk_is_not_notified_beside_it(clinic: Clinic, open_desk: Any) -> None:
    with clinic.session() as session:
        alert.choose(session, clinic.staff("doctor"), bell=True, desktop=True, mail=False)
    page = open_desk(clinic, "doctor", script=NOTIFICATIONS)
    knows_its_alerts(page)
    arrive(clinic)
    expect(page.locator("body")).to_have_attribute("data-rung", "1")
    assert page.evaluate("window.shown.length") == 0


def test_choices_save_themselves_and_say_what_the_browser_makes_of_them(clinic: Clinic, open_desk: Any) -> None:
    page = open_desk(clinic, "doctor", "/desk/alerts")
    bell, mail = page.get_by_role("switch", name="Bell"), page.get_by_role("switch", name="E-mail")
    expect(bell).to_be_checked()
    expect(said(page, "bell")).to_contain_text("Browsers stay silent until you have clicked")
    mail.check()
    expect(said(page, "mail")).to_contain_text(f"To {clinic.email('doctor')}.")
    expect(said(page, "bell")).to_contain_text("This page may ring.")
    page.get_by_role("button", name="Try it E-mail").click()
    expect(said(page, "mail")).to_contain_text("On its way to")
    page.get_by_role("button", name="Try it Bell").click()
    expect(said(page, "bell")).to_contain_text("It has just rung.")
    page.reload()
    expect(mail).to_be_checked()
    with clinic.session() as session:
        assert session.query(OutgoingMail).filter_by(kind=MailKind.ARRIVAL).one().about["trial"] is True


def test_a_browser_that_refuses_notifications_is_told_of_honestly(clinic: Clinic, open_desk: Any) -> None:
    refused = NOTIFICATIONS.replace('"granted"', '"denied"')
    page = open_desk(clinic, "doctor", "/desk/alerts", script=refused)
    desktop = page.get_by_role("switch", name="Notification on this screen")
    desktop.click()
    for means in ("desktop", "push"):
        expect(said(page, means)).to_contain_text("This browser refuses notifications")
    expect(desktop).not_to_be_checked()
    with clinic.session() as session:
        assert alert.choice_of(session, clinic.people["doctor"]).desktop is False


def test_a_browser_signs_on_to_pushes_and_off_again(clinic: Clinic, open_desk: Any) -> None:
    page = open_desk(clinic, "doctor", "/desk/alerts", script=SUBSCRIBED, permissions=["notifications"])
    push = page.get_by_role("switch", name="Push to this browser")
    push.click()
    expect(said(page, "push")).to_contain_text("This browser is told by push.")
    expect(push).to_be_checked()
    with clinic.session() as session:
        [browser] = session.query(PushSubscription).all()
        assert (browser.practitioner_id, browser.endpoint) == (clinic.people["doctor"], "https://push.example/this")
    push.click()
    expect(said(page, "push")).to_contain_text("This browser is not told by push.")
    expect(push).not_to_be_checked()
    with clinic.session() as session:
        assert session.query(PushSubscription).all() == []


def deliver(context: BrowserContext, page: Page, message: str) -> None:
    """A push as the browser gives it to the service worker, without the maker's push service."""
    session: CDPSession = context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(row["registrationId"] for row in event["registrations"] if not row["isDeleted"]),
    )
    session.send("ServiceWorker.enable")
    until(lambda: page.evaluate("1") and found)
    origin = re.match(r"https?://[^/]+", page.url)
    assert origin
    session.send(
        "ServiceWorker.deliverPushMessage", {"origin": origin.group(), "registrationId": found[0], "data": message}
    )


def test_the_service_worker_shows_what_was_pushed(clinic: Clinic, open_desk: Any) -> None:
    page = open_desk(clinic, "doctor", "/desk/alerts", script=SUBSCRIBED, permissions=["notifications"])
    page.get_by_role("switch", name="Push to this browser").click()
    expect(said(page, "push")).to_contain_text("This browser is told by push.")
    assert page.evaluate("navigator.serviceWorker.ready.then((it) => new URL(it.scope).pathname)") == "/desk/"
    deliver(page.context, page, '{"title": "Somebody is waiting", "body": "Nurses", "tag": "visit-7"}')
    shown = "navigator.serviceWorker.ready.then((it) => it.getNotifications()).then((all) => all.map((one) => [one.title, one.body, one.tag]))"
    until(lambda: page.evaluate(shown) == [["Somebody is waiting", "Nurses", "visit-7"]])
    deliver(page.context, page, "not what we send")
    until(lambda: len(page.evaluate(shown)) == 2)


@pytest.mark.parametrize("shape", SHAPES)
def test_alerts_fit_every_screen(clinic: Clinic, site: str, open_desk: Any, screenshot: Any, shape: str) -> None:
    with clinic.session() as session:
        clinic.arrive(session, last_name="van der Lindqvist-Oosterhuis").escalate(clock.now())
        clinic.arrive(session)
        clinic.arrive(session, last_name="Nowak").acknowledge(clinic.staff("doctor"), clock.now())
        uid = clinic.arrive(session, last_name="Ito").uid
    page = open_desk(clinic, "doctor", **SHAPES[shape])
    for path in ("waiting-room", "alerts", "inbox", f"visit/{uid}"):
        go(page, f"{site}/desk/{path}")
        expect(unseen(page)).to_be_visible()
        expect(unseen(page).get_by_role("listitem")).to_have_count(3)
        if path == "alerts":
            expect(page.get_by_role("switch", name="Bell")).to_be_enabled()
        screenshot(page, f"{shape}-{path.partition('/')[0]}".replace(", ", "-").replace(" ", "-"))
