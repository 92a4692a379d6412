"""The desk as people use it: in a real browser, live, on phones, by keyboard, and with a server that goes away."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock, flow, message
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.waiting_room import Encounter, EncounterStatus
from tests.clinic import Clinic, client_id
from tests.patience import until
from tests.server import Server
from tests.widgets.walk_in.live import serve_live

pytestmark = pytest.mark.browser
LOST = ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "WebSocket connection", "ERR_ABORTED"]
SHAPES = {
    "wide": {}, "phone": {"width": 360, "height": 740}, "dark": {"dark": True}, "mirrored": {"rtl": True},
    "dark phone, mirrored": {"width": 360, "height": 740, "dark": True, "rtl": True},
}  # fmt: skip


@pytest.fixture
def site(app: Any, house: Any) -> Iterator[str]:
    with serve_live(app, house) as origin:
        yield origin


@pytest.fixture
def open_desk(site: str, staff: Any, new_page: Any) -> Callable[..., Page]:
    """Opens somebody's desk: `open_desk(clinic, "doctor", "/desk/inbox", width=360)`."""

    def open_for(clinic: Clinic, person: str, path: str = "/desk/waiting-room", **shape: Any) -> Page:
        cookie = staff(clinic, person).client.get_cookie("konsulto_staff").value
        page: Page = new_page(**shape)
        page.context.add_cookies([{"name": "konsulto_staff", "value": cookie, "url": site}])
        page.goto(site + path)
        page.wait_for_selector("body[data-live=online]")
        return page

    return open_for


def _arrive(clinic: Clinic, **changes: Any) -> int:
    with clinic.session() as session:
        return clinic.arrive(session, **changes).id


def _person(page: Page, name: str) -> Any:
    return page.locator("#people tbody tr", has_text=name)


def _ask(clinic: Clinic, text: str = "Can I still get the flu jab?") -> int:
    with clinic.session() as session:
        return clinic.conversation(session, "shared", visitor="the patient", text=text).id


def _write(clinic: Clinic, thread: int, text: str, visitor: str = "the patient") -> None:
    by = Author(AuthorKind.PATIENT, "I. Rossi", visitor=visitor)
    with clinic.session() as session:
        message.post(session, thread, client_id(), text, by=by, now=clock.now())


def _be_present(clinic: Clinic, person: str = "doctor") -> None:
    with clinic.session() as session:
        channel = session.get_one(Channel, clinic.channels["shared"])
        channel.enter(clinic.staff(person), active=True, now=clock.now())


def test_an_arrival_is_seen_and_heard_in_every_tab_without_a_reload(clinic: Clinic, open_desk: Any) -> None:
    tab, other_tab = open_desk(clinic, "doctor"), open_desk(clinic, "manager", "/desk/calendar")
    expect(tab.get_by_role("heading", name="Nobody is waiting")).to_be_visible()
    _arrive(clinic)
    expect(_person(tab, "Lindqvist")).to_contain_text("14 September 1958")
    expect(_person(tab, "Lindqvist")).to_contain_text("Walk-in")
    for page in (tab, other_tab):
        expect(page).to_have_title(re.compile(r"^\(1\) "))
        expect(page.locator("body")).to_have_attribute("data-rung", "1")
        expect(page.locator(".k-nav [data-count=waiting]")).to_contain_text("1")
    expect(other_tab.get_by_role("status").filter(has_text="has arrived")).to_have_count(1)
    _arrive(clinic, last_name="Nowak")
    expect(tab.locator("#people tbody tr")).to_have_count(2)


def test_a_patient_is_admitted_by_keyboard_alone(clinic: Clinic, open_desk: Any) -> None:
    visit_id = _arrive(clinic)
    page = open_desk(clinic, "doctor")
    expect(_person(page, "Lindqvist")).to_be_visible()
    _tab_to(page, lambda: "Admit" in page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name=re.compile("Admit S. Lindqvist"))
    expect(question).to_contain_text("14 September 1958")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/visit/*")
    expect(page.get_by_role("heading", name=f"Visit of S. Lindqvist {clinic.mark}")).to_be_attached()
    with clinic.session() as session:
        assert session.get_one(Encounter, visit_id).status is EncounterStatus.ADMITTED


def _tab_to(page: Page, arrived: Callable[[], bool]) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if arrived():
            return
    raise AssertionError("not reached by the keyboard")


def test_whoever_is_second_reads_who_was_first(clinic: Clinic, open_desk: Any) -> None:
    _arrive(clinic)
    first, second = open_desk(clinic, "doctor"), open_desk(clinic, "manager")
    for page in (first, second):
        _person(page, "Lindqvist").get_by_role("button", name="Admit").click()
    first.locator("#admit [type=submit]").click()
    first.wait_for_url("**/desk/visit/*")
    second.locator("#admit [type=submit]").click()
    expect(second.get_by_role("status").filter(has_text="has already called this patient in")).to_be_visible()
    second.mouse.move(0, 0)
    expect(_person(second, "Lindqvist")).to_contain_text(f"with Dr Doctor {clinic.mark}")


def test_rows_stay_where_they_are_while_somebody_points_at_them(clinic: Clinic, open_desk: Any) -> None:
    first = _arrive(clinic)
    page = open_desk(clinic, "doctor")
    expect(page.get_by_role("region", name="Not seen yet")).to_contain_text("Lindqvist")
    _person(page, "Lindqvist").hover()
    _arrive(clinic, last_name="Nowak")
    more = page.get_by_role("button", name="1 new: show")
    expect(more).to_be_visible()
    expect(page.locator("#people tbody tr")).to_have_count(1)
    with clinic.session() as session:
        session.get_one(Encounter, first).leave(clock.now())
    expect(_person(page, "Lindqvist")).to_have_class(re.compile("desk-left"))
    page.mouse.move(0, 0)  # looking away is as good as the button, which goes with it
    expect(_person(page, "Nowak")).to_be_visible()
    expect(_person(page, "Lindqvist")).to_have_count(0)
    expect(more).to_be_hidden()


def test_filter_search_and_numbers_agree(clinic: Clinic, open_desk: Any) -> None:
    held = _arrive(clinic, last_name="Moreau")
    _arrive(clinic)
    with clinic.session() as session:
        session.get_one(Encounter, held).hold(clinic.staff("doctor"), clock.now())
    page = open_desk(clinic, "doctor")
    expect(page.get_by_role("button", name="All 2")).to_be_visible()
    page.get_by_role("button", name="On hold 1").click()
    expect(page.locator("#people tbody tr")).to_have_text([re.compile("Moreau")])
    page.get_by_role("searchbox").fill("lindq")
    expect(page.get_by_role("heading", name="Nobody fits")).to_be_visible()
    page.get_by_role("button", name="Show everybody").click()
    page.get_by_role("searchbox").fill("1958")
    expect(page.locator("#people tbody tr")).to_have_count(2)


def test_a_lost_patient_is_shown_as_lost_and_found_again(clinic: Clinic, open_desk: Any) -> None:
    visit_id = _arrive(clinic)
    page = open_desk(clinic, "doctor")
    for connected, words in ((False, "Connection lost"), (True, "Walk-in")):
        with clinic.session() as session:
            session.get_one(Encounter, visit_id).connection(connected=connected, now=clock.now())
        expect(_person(page, "Lindqvist").locator("[data-when]:visible", has_text=words)).to_be_visible()


def test_people_who_wait_are_written_to_and_answer(clinic: Clinic, open_desk: Any) -> None:
    visit_id = _arrive(clinic)
    page = open_desk(clinic, "doctor")
    _person(page, "Lindqvist").get_by_role("button", name="More").click()
    page.get_by_role("button", name="Messages", exact=True).click()
    dialog = page.get_by_role("dialog", name=re.compile("Messages with"))
    dialog.get_by_role("textbox").fill("We have seen you")
    page.keyboard.press("Enter")
    expect(dialog.locator(".k-msg--mine:not(.k-msg--pending)")).to_contain_text("We have seen you")
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        thread, visitor = visit.conversation_id, visit.ticket.visitor
    _write(clinic, thread, "Thank you", visitor)
    expect(dialog.get_by_role("log")).to_contain_text("Thank you")
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    count = _person(page, "Lindqvist").get_by_role("button", name="2 messages, last from the patient")
    expect(count).to_have_class(re.compile("is-waiting"))


def test_somebody_is_removed_with_a_reason(clinic: Clinic, open_desk: Any) -> None:
    _arrive(clinic)
    page = open_desk(clinic, "doctor")
    _person(page, "Lindqvist").get_by_role("button", name="More").click()
    page.get_by_role("button", name="Remove from the list").click()
    page.get_by_label("Why").select_option("left")
    page.get_by_role("button", name="Remove", exact=True).click()
    page.mouse.move(0, 0)
    expect(page.get_by_role("heading", name="Nobody is waiting")).to_be_visible()


def test_a_visit_is_held_as_text_and_ended_for_both_sides(clinic: Clinic, open_desk: Any) -> None:
    visit_id = _arrive(clinic)
    with clinic.session() as session:
        visit = session.get_one(Encounter, visit_id)
        visit.admit(clinic.staff("doctor"), clock.now())
        uid, thread, visitor = visit.uid, visit.conversation_id, visit.ticket.visitor
    page = open_desk(clinic, "doctor", f"/desk/visit/{uid}")
    page.get_by_role("textbox").fill("Good morning")
    page.get_by_role("button", name="Send", exact=True).click()
    _write(clinic, thread, "Good morning, doctor", visitor)
    expect(page.get_by_role("log")).to_contain_text("Good morning, doctor")
    page.get_by_role("button", name="Hold").click()
    expect(page.locator("#state")).to_contain_text("On hold")
    page.get_by_role("button", name="Admit").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^\d+:\d\d$"))
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog", name="End this visit?").get_by_role("button", name="End").click()
    expect(page.get_by_role("dialog", name="The visit has ended")).to_be_visible()
    page.get_by_role("button", name="Stay here").click()
    expect(page.get_by_text("This conversation is closed.")).to_be_visible()


def test_presence_shows_who_waits_and_an_answer_takes_the_conversation(clinic: Clinic, open_desk: Any) -> None:
    _ask(clinic)
    page, colleague = open_desk(clinic, "doctor", "/desk/inbox"), open_desk(clinic, "manager", "/desk/inbox")
    expect(page.get_by_text("You see it once you are present there.")).to_be_visible()
    assert "Rossi" not in page.content()
    page.get_by_role("switch", name=f"I am present in Customer service {clinic.mark}").click()
    page.get_by_role("link", name=re.compile("I. Rossi")).click()
    expect(page.get_by_role("log")).to_contain_text("Can I still get the flu jab?")
    page.get_by_role("textbox").fill("Yes, until March")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Yes, until March")
    page.get_by_role("button", name="Mine 1").click()
    expect(page.get_by_role("link", name=re.compile("I. Rossi.*Yours", re.DOTALL))).to_be_visible()
    colleague.get_by_role("button", name="All 1").click()
    expect(colleague.get_by_text(f"Taken by Dr Doctor {clinic.mark}.")).to_be_visible()


def test_several_conversations_are_open_and_each_keeps_its_draft(clinic: Clinic, open_desk: Any) -> None:
    first, second = _ask(clinic, "The first"), _ask(clinic, "The second")
    _be_present(clinic)
    page = open_desk(clinic, "doctor", f"/desk/inbox#{first}")
    page.locator(f"#answer-{first}").fill("Half an answer")
    page.goto(page.url.split("#")[0] + f"#{second}")
    expect(page.get_by_role("log").filter(visible=True)).to_contain_text("The second")
    expect(page.locator("#tabs a")).to_have_count(2)
    page.reload()
    page.wait_for_selector("body[data-live=online]")
    page.locator("#tabs a").first.click()
    expect(page.locator(f"#answer-{first}")).to_have_value("Half an answer")


def test_a_conversation_is_transferred_and_another_closed(clinic: Clinic, open_desk: Any) -> None:
    first = _ask(clinic)
    _be_present(clinic)
    page = open_desk(clinic, "doctor", f"/desk/inbox#{first}")
    page.get_by_role("button", name="Transfer").click()
    page.get_by_label("To", exact=True).select_option(label=f"Doctor chat {clinic.mark}")
    page.get_by_role("dialog").get_by_role("button", name="Transfer").click()
    expect(page.locator("#cases")).to_contain_text(f"Doctor chat {clinic.mark}")
    expect(page.get_by_text("You see it once you are present there.")).to_be_visible()
    second = _ask(clinic, "Another question")
    page.get_by_role("link", name=re.compile("I. Rossi")).click()
    page.get_by_role("button", name="Finish", exact=True).click()
    page.get_by_role("button", name="Finish it").click()
    expect(page.get_by_role("link", name=re.compile("I. Rossi"))).to_have_count(0)
    assert second


def test_a_manager_closes_a_channel_and_every_desk_shows_it(clinic: Clinic, open_desk: Any) -> None:
    doctor, manager = open_desk(clinic, "doctor", "/desk/inbox"), open_desk(clinic, "manager", "/desk/inbox")
    name = f"Customer service {clinic.mark}"
    manager.get_by_role("button", name=f"Settings of {name}").click()
    manager.get_by_role("radio", name="Closed").check()
    manager.get_by_role("button", name="Save").click()
    for page in (doctor, manager):
        expect(page.locator("#channels li", has_text=name).locator(".k-badge")).to_contain_text("Closed")


def test_a_booking_appears_in_the_open_calendar_and_is_cancelled_there(clinic: Clinic, open_desk: Any) -> None:
    with clinic.session() as session:
        day = clinic.book(session).start.date().isoformat()
    page = open_desk(clinic, "admin", f"/desk/calendar?date={day}")
    expect(page.locator("#appointments tbody tr")).to_have_count(1)
    with clinic.session() as session:
        clinic.book(session, 4, last_name="Korhonen")
    row = page.locator("#appointments tbody tr", has_text="Korhonen")
    expect(row).to_contain_text("Planned")
    row.get_by_role("button", name="Details").click()
    expect(page.get_by_role("dialog")).to_contain_text("27 March 1984")
    page.get_by_role("button", name="Cancel the appointment").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the appointment").click()
    expect(row).to_contain_text("Cancelled")


def test_signing_out_elsewhere_is_said_on_the_open_page(clinic: Clinic, open_desk: Any) -> None:
    page = open_desk(clinic, "doctor", expect=["40[01]"])
    page.context.request.get(page.url.split("/desk")[0] + "/admin/logout/")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_role("alert").filter(has_text="Your sign-in has ended")).to_be_visible()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", ["/desk/waiting-room", "/desk/inbox", "/desk/calendar", "/desk/visit"])
def test_every_page_is_usable_in_every_shape(
    clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any, path: str, shape: str
) -> None:
    visit_id = _arrive(clinic)
    _arrive(clinic, last_name="Bartholomew-Featherstonehaugh", practitioner_id=clinic.people["doctor"])
    thread = _ask(clinic)
    _be_present(clinic)
    with clinic.session() as session:
        clinic.book(session)
        uid = session.get_one(Encounter, visit_id).uid
    paths = {"/desk/visit": f"/desk/visit/{uid}", "/desk/inbox": f"/desk/inbox#{thread}"}
    page = open_desk(clinic, "doctor", paths.get(path, path), **SHAPES[shape])
    page.wait_for_function("() => !document.querySelector('.desk-skel:not([hidden])')")
    check_page(page)
    screenshot(page, f"desk{path.removeprefix('/desk')}-{shape}".replace(", ", "-").replace(" ", "-"))


def test_every_dialog_of_the_waiting_room_is_usable(clinic: Clinic, open_desk: Any, check_page: Any) -> None:
    _arrive(clinic)
    page = open_desk(clinic, "doctor", width=360, height=740)
    row = _person(page, "Lindqvist")
    row.get_by_role("button", name="More").click()
    check_page(page)
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Admit").click()
    check_page(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Me", exact=True).click()
    check_page(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Message to all").click()
    check_page(page)


def test_a_delay_is_one_click_away(clinic: Clinic, open_desk: Any) -> None:
    _arrive(clinic)
    page = open_desk(clinic, "doctor")
    page.get_by_role("button", name="Message to all").click()
    page.get_by_role("button", name="10 minutes").click()
    expect(_person(page, "Lindqvist").get_by_text("messages, last from the clinic")).to_be_visible()
    with clinic.session() as session:
        thread = session.query(Conversation).one()
        assert "10 minutes late" in message.messages(session, thread.id)[0].text


def test_a_word_to_very_many_goes_in_portions_and_sent_again_reaches_only_who_missed_it(
    clinic: Clinic, open_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        _arrive(clinic)
    page = open_desk(clinic, "doctor", "/desk/calendar")
    page.route("**/waiting_room.js", lambda route: route.fulfill(response=(got := route.fetch()), body=re.sub("PORTION ?= ?100", "PORTION=2", got.text())))
    page.goto(page.url.replace("calendar", "waiting-room"))
    expect(page.locator("#people tbody tr")).to_have_count(3)
    _fail_at(monkeypatch, 3)
    for told in (2, 3):
        page.get_by_role("button", name="Message to all").click()
        page.get_by_label("Or in your own words").fill("Ten minutes more")
        page.get_by_role("dialog").get_by_role("button", name="Send").click()
        until(lambda told=told: _told(clinic) == [1] * told)


def _fail_at(monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
    """The nth message of all is not posted: the portion it is in fails."""
    post, calls = message.post, iter(range(1, 1000))

    def fails_once(*args: Any, **values: Any) -> int:
        if next(calls) == nth:
            raise RuntimeError
        return post(*args, **values)

    monkeypatch.setattr(message, "post", fails_once)


def _told(clinic: Clinic) -> list[int]:
    """How many messages each conversation holds that holds any."""
    with clinic.session() as session:
        return [thread.seq for thread in session.query(Conversation) if thread.seq]


def test_a_phone_shows_the_list_or_the_conversation(clinic: Clinic, open_desk: Any) -> None:
    _ask(clinic)
    _be_present(clinic)
    page = open_desk(clinic, "doctor", "/desk/inbox", width=360, height=740)
    page.get_by_role("link", name=re.compile("I. Rossi")).click()
    expect(page.get_by_role("log")).to_be_visible()
    expect(page.locator("#cases")).to_be_hidden()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#cases")).to_be_visible()


def _sign_in(page: Page, base: str, email: str, path: str) -> None:
    page.goto(f"{base}/admin/login/?next={path}")
    page.fill("input[name=username]", email)
    page.fill("input[name=password]", "demo-Konsulto-1")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{path}")
    page.wait_for_selector("body[data-live=online]")


def _call(url: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _walk_in(base: str, name: str) -> None:
    widget = f"{base}/w/demo-walk-in"
    with urllib.request.urlopen(f"{widget}/offers", timeout=20) as answer:
        department = json.load(answer)["departments"][0]["id"]
    token = _call(f"{widget}/session", {})["token"]
    patient = {"initials": "S.", "last_name": name, "birth_date": "1958-09-14"}
    _call(
        f"{widget}/encounters",
        {"client_id": client_id(), "department": department, "patient": patient, "accept_terms": True},
        token,
    )


@pytest.mark.timeout(300)
def test_the_desk_outlives_a_server_that_was_killed(own_server: Server, new_page: Any) -> None:
    _walk_in(own_server.base, "Lindqvist")
    pages = [new_page(expect=LOST), new_page(expect=LOST)]
    for page in pages:
        _sign_in(page, own_server.base, "doctor@demo.example", "/desk/waiting-room")
    first, second = pages
    expect(_person(first, "Lindqvist")).to_be_visible()
    first.locator("tr", has_text="Lindqvist").get_by_role("button", name="More").click()
    first.get_by_role("button", name="Messages", exact=True).click()
    own_server.kill()
    for page in pages:
        expect(page.get_by_role("alert").filter(has_text="This page stopped at")).to_be_attached()
        expect(page.locator("body")).to_have_attribute("data-live", "stale")
    first.get_by_role("dialog").get_by_role("textbox").fill("We have seen you")
    first.keyboard.press("Enter")
    expect(first.get_by_text("Not sent yet")).to_be_visible()
    own_server.start()
    _walk_in(own_server.base, "Nowak")
    expect(first.get_by_text("Not sent yet")).to_have_count(0, timeout=40_000)
    expect(first.get_by_role("log").get_by_text("We have seen you")).to_have_count(1)
    first.keyboard.press("Escape")
    for page in pages:
        page.mouse.move(0, 0)
        expect(page.locator("[data-lost]")).to_be_hidden(timeout=40_000)
        expect(_person(page, "Nowak")).to_be_visible(timeout=40_000)
    expect(_person(second, "Lindqvist")).to_contain_text("1")


@pytest.mark.parametrize("shape", ["wide", "dark phone, mirrored"])
def test_the_own_calendar_program_gets_an_address_that_can_be_taken_back(
    clinic: Clinic, open_desk: Any, check_page: Any, screenshot: Any, shape: str
) -> None:
    page = open_desk(clinic, "doctor", "/desk/calendar", **SHAPES[shape])
    page.locator("[data-act=feed]").click()
    page.locator("[data-act=open_feed]").click()
    address = page.locator("#feed-address")
    expect(address).to_have_value(re.compile(r"/calendar/.{43}\.ics$"))
    check_page(page)
    screenshot(page, "calendar-feed")
    page.locator("[data-act=close_feed]").click()
    expect(page.locator("[data-act=open_feed]")).to_be_visible()
    expect(page.locator("#feed [role=status]")).not_to_be_empty()


def test_own_choices_and_who_closed_a_channel_are_set_and_read_in_its_dialog(clinic: Clinic, open_desk: Any) -> None:
    page = open_desk(clinic, "manager", "/desk/inbox")
    row = page.locator("#channels li", has_text="Customer service")
    row.get_by_role("button").click()
    page.get_by_label("By e-mail").check()
    page.get_by_label("Closed", exact=True).check()
    page.get_by_label("Why (for colleagues, optional)").fill("Meeting")
    page.locator("#settings").get_by_role("button", name="Save").click()
    expect(row.get_by_text("You get mails")).to_have_count(1)
    expect(row.locator("[data-slot=mails]")).to_be_visible()
    row.get_by_role("button").click()
    expect(page.locator("#settings q")).to_have_text("Meeting")
    expect(page.locator("#settings")).to_contain_text("Manager")


def test_whoever_was_away_is_asked_and_is_present_again_with_one_click(clinic: Clinic, open_desk: Any) -> None:
    with clinic.session() as session:
        channel = session.get_one(Channel, clinic.channels["shared"])
        channel.enter(clinic.staff("doctor"), active=True, now=clock.now() - timedelta(minutes=9))
    with clinic.session() as session:
        flow.sweep(session, clock.now())
    page = open_desk(clinic, "doctor", "/desk/inbox", width=360, height=740)
    expect(page.locator("#came-back")).to_contain_text("Customer service")
    page.get_by_role("button", name="Be present again").click()
    expect(page.locator("#came-back")).to_be_hidden()
    expect(page.locator("#channels li", has_text="Customer service").get_by_role("switch")).to_be_checked()
