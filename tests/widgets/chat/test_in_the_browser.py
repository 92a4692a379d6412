"""Chat in a real browser, inside a customer's page on another site, on wires that break and servers that die."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import expect

from telehealth import clock
from telehealth.channel import Channel, ChannelSwitch
from telehealth.conversation import Conversation
from telehealth.opening_hours import OpeningHours
from tests import patience
from tests.browser.kit.until import until
from tests.browser.kit.wire import wire_to
from tests.widgets.walk_in.live import allow_sites, frame_html, seen

CHAT_FIRST_LOAD_GZIP_BYTES = 40_000
HANDLED = ["status of 4(04|09|22|01)"]  # Chromium logs every refusal that a page handles
LOST = [r"ERR_|WebSocket connection|Failed to load resource"]
READY = "'ready' in document.documentElement.dataset"
ONLINE = "document.querySelector('k-chat').connection.state === 'online'"
CAUGHT_UP = "document.querySelector('[data-log] .k-msg')"


@pytest.fixture
def opened(new_page, address):
    """Open the widget as a page of its own."""

    def open_(path="", base="", **options):
        options.setdefault("expect", HANDLED)
        page = new_page(**options)
        page.goto((base or address) + path)
        until(page, READY)
        until(page, ONLINE)
        return page

    return open_


def ask(page, text="May I take ibuprofen with my tablets?", channel="Nurse chat", name="Ingrid"):
    page.get_by_role("button", name=channel).click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Send").click()
    page.locator("[data-view=talk]").wait_for()
    until(page, CAUGHT_UP)


def write(page, text):
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")


def bubbles(page):
    return page.locator(".k-msg > [data-slot=text]").all_inner_texts()


def test_a_question_and_its_answer_on_another_site(new_page, customer_site, clinic, desk, address, check_page, screenshot):
    origin = customer_site({"/": frame_html(address)}, host="localhost")
    allow_sites(clinic, origin, widget="chat")
    page = new_page(expect=HANDLED)
    page.goto(origin)
    frame = page.frame(url=re.compile("/w/"))
    until(frame, ONLINE)
    check_page(page)
    screenshot(page, "channels")
    ask(frame)
    seen(frame, "We have your message.")
    screenshot(page, "asked")

    desk.claim()
    seen(frame, f"Dr Nurse {clinic.mark} has joined")
    desk.write("Which tablets do you take?")
    seen(frame, "Which tablets do you take?")
    write(frame, "Enalapril 20 mg.")
    until(frame, "document.querySelectorAll('.k-msg--mine:not(.k-msg--pending)').length === 2")
    desk.read()
    seen(frame, "Read")
    check_page(page)
    screenshot(page, "talk")

    desk.transfer("internal")
    seen(frame, f"Your conversation was passed on to Doctor chat {clinic.mark}.")
    desk.enter("internal")
    desk.close()
    seen(frame, "This conversation has ended.")
    check_page(page)
    screenshot(page, "ended")
    desk.hears(["May I take ibuprofen with my tablets?", "Which tablets do you take?", "Enalapril 20 mg."])
    frame.get_by_role("button", name="Ask something else").click()
    frame.get_by_role("button", name="Nurse chat").wait_for()


def test_a_reload_keeps_everything(opened, clinic, desk):
    page = opened()
    ask(page)
    desk.claim()
    desk.write("Better not.")
    seen(page, "Better not.")
    page.get_by_label("Your message").fill("What I have not sent")
    page.reload()
    until(page, "document.querySelectorAll('.k-msg').length === 2")
    assert bubbles(page) == ["May I take ibuprofen with my tablets?", "Better not."]
    assert page.get_by_label("Your message").input_value() == "What I have not sent"
    seen(page, f"Dr Nurse {clinic.mark}")
    write(page, "And when?")
    until(page, "document.querySelectorAll('.k-msg').length === 3")
    patience.until(lambda: desk.said()[-1] == "And when?")


def test_what_is_written_without_connection_looks_unsent_and_arrives_once(new_page, live, clinic, desk, house, screenshot):
    with wire_to(int(live.rpartition(":")[2])) as wire:
        allowed = house.sockets.eio.cors_allowed_origins
        allowed.append(wire.origin)
        page = new_page(expect=HANDLED + LOST)
        page.goto(f"{wire.origin}/w/{clinic.widgets['chat']}")
        until(page, ONLINE)
        ask(page)
        wire.cut()
        seen(page, "No connection.")
        write(page, "One")
        write(page, "Two")
        assert page.locator(".k-msg--pending").count() == 2
        assert "Waiting to be sent" in page.locator(".k-msg--pending").first.inner_text()
        desk.write("Meanwhile")
        screenshot(page, "offline")
        wire.mend()
        until(page, "document.querySelectorAll('.k-msg--pending').length === 0 && document.querySelectorAll('.k-msg').length === 4")
        page.locator("[data-part=offline]").wait_for(state="hidden")
        desk.hears(["May I take ibuprofen with my tablets?", "Meanwhile", "One", "Two"])
        assert bubbles(page) == desk.said()
        allowed.remove(wire.origin)


def test_an_answer_lost_on_the_way_starts_no_second_conversation(opened, desk):
    page = opened(expect=HANDLED + LOST)
    page.route("**/conversations", lambda route: (route.fetch(), route.abort()), times=1)
    page.get_by_role("button", name="Nurse chat").click()
    page.get_by_label("Your question").fill("Once, please")
    page.get_by_role("button", name="Send").click()
    seen(page, "it arrives only once")
    page.get_by_role("button", name="Send").click()
    page.locator("[data-view=talk]").wait_for()
    until(page, CAUGHT_UP)
    assert desk.count() == 1
    desk.hears(["Once, please"])


@pytest.mark.timeout(400)
def test_a_server_killed_in_the_middle_loses_nothing(new_page, own_server):
    page = new_page(expect=HANDLED + LOST)
    page.goto(f"{own_server.base}/w/demo-chat")
    until(page, ONLINE)
    ask(page)
    for n in range(3):
        write(page, f"before {n}")
    until(page, "document.querySelectorAll('.k-msg--mine:not(.k-msg--pending)').length === 4")
    write(page, "at the moment")
    own_server.kill()
    seen(page, "No connection.")
    write(page, "after")
    assert page.locator(".k-msg--pending").count() >= 1
    own_server.start()
    until(page, "document.querySelectorAll('.k-msg--mine:not(.k-msg--pending)').length === 6", seconds=40)
    expected = ["May I take ibuprofen with my tablets?", "before 0", "before 1", "before 2", "at the moment", "after"]
    assert bubbles(page) == expected
    page.reload()
    until(page, "document.querySelectorAll('.k-msg').length === 6")
    assert bubbles(page) == expected


def test_channels_change_while_one_looks(opened, clinic, desk):
    page = opened()
    row = page.locator(f"[data-channel='{clinic.channels['open']}']")
    assert "Open" in row.inner_text()
    desk.turn("open", ChannelSwitch.OPEN, congested=True)
    until(page, f"document.querySelector(\"[data-channel='{clinic.channels['open']}']\").innerText.includes('Busy')")
    assert "an answer takes longer" in row.inner_text()
    desk.turn("open", ChannelSwitch.CLOSED)
    until(page, f"document.querySelector(\"[data-channel='{clinic.channels['open']}'] button\").disabled")
    assert "Closed" in row.inner_text()


def test_a_channel_that_closed_meanwhile_says_so_and_keeps_the_question(opened, clinic, desk):
    page = opened()
    page.get_by_role("button", name="Nurse chat").click()
    page.get_by_label("Your question").fill("My question")
    desk.turn("open", ChannelSwitch.CLOSED)
    page.get_by_role("button", name="Send").click()
    seen(page, "This chat is closed right now.")
    assert page.get_by_label("Your question").input_value() == "My question"
    assert desk.count() == 0


def test_a_closed_channel_says_when_it_opens(opened, clinic, check_page, screenshot):
    from telehealth import clock

    with clinic.session() as session:
        for name in ("open", "shared"):
            channel = session.get_one(Channel, clinic.channels[name])
            channel.switch = ChannelSwitch.BY_HOURS
            day = (clock.now().weekday() + 3) % 7
            channel.hours = [OpeningHours(weekday=day, opens_minute=540, closes_minute=600)]
    page = opened()
    row = page.locator(f"[data-channel='{clinic.channels['open']}']").inner_text()
    assert re.search(r"Opens \w+day at 09:00", row)
    seen(page, "All chats are closed right now.")
    check_page(page)
    screenshot(page, "closed")


def test_shift_and_enter_begin_a_new_line(opened, desk):
    page = opened()
    ask(page)
    field = page.get_by_label("Your message")
    field.fill("First line")
    field.press("Shift+Enter")
    field.type("second line")
    field.press("Enter")
    until(page, "document.querySelectorAll('.k-msg--mine:not(.k-msg--pending)').length === 2")
    patience.until(lambda: desk.said()[-1] == "First line\nsecond line")
    until(page, "document.activeElement.id === 'say'")


def test_words_are_shown_as_words(opened, desk):
    page = opened()
    ask(page, "<img src=x onerror=alert(1)>")
    desk.write("<b>bold</b> {name} javascript:alert(1)")
    until(page, "document.querySelectorAll('.k-msg').length === 2")
    assert bubbles(page) == ["<img src=x onerror=alert(1)>", "<b>bold</b> {name} javascript:alert(1)"]


def test_ending_asks_first(opened, desk, check_page, screenshot):
    page = opened()
    ask(page)
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog").wait_for()
    check_page(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("button", name="End it").click()
    seen(page, "This conversation has ended.")
    with desk.thread() as thread:
        assert thread.closed_at is not None
    assert not page.locator("#composer").is_visible()


def test_the_log_is_polite_and_has_a_name(opened):
    page = opened()
    ask(page)
    log = page.get_by_role("log")
    assert log.get_attribute("aria-label") == "Conversation"
    assert log.get_attribute("tabindex") == "0"


def test_by_keyboard_alone(opened, clinic, desk):
    page = opened()
    page.get_by_role("button", name="Nurse chat").focus()
    page.keyboard.press("Enter")
    until(page, "document.activeElement.tagName === 'H1'")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("My question")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("[data-view=talk]").wait_for()
    until(page, CAUGHT_UP)
    until(page, "document.activeElement.id === 'say'")
    page.keyboard.type("More")
    page.keyboard.press("Enter")
    until(page, "document.querySelectorAll('.k-msg--mine:not(.k-msg--pending)').length === 2")
    desk.hears(["My question", "More"])


@pytest.mark.parametrize("storage", ["none", "no-foreign-cookies"])
def test_it_needs_no_storage(new_page, customer_site, clinic, desk, address, storage):
    origin = customer_site({"/": frame_html(address)}, host="localhost")
    allow_sites(clinic, origin, widget="chat")
    page = new_page(expect=HANDLED, storage=storage)
    page.goto(origin)
    frame = page.frame(url=re.compile("/w/"))
    until(frame, ONLINE)
    ask(frame)
    write(frame, "More")
    until(frame, "document.querySelectorAll('.k-msg--mine:not(.k-msg--pending)').length === 2")
    patience.until(lambda: len(desk.said()) == 2)


def test_nothing_is_stored_and_no_row_is_written_before_the_first_message(opened, desk):
    page = opened()
    page.get_by_role("button", name="Nurse chat").click()
    page.get_by_label("Your question").fill("Perhaps")
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    assert page.context.cookies() == []
    assert desk.count() == 0


@pytest.mark.parametrize("look", [{"width": 360, "height": 640}, {"dark": True, "width": 460}, {"width": 360, "rtl": True}])
def test_every_state_is_fit_for_phone_dark_and_right_to_left(opened, desk, look, check_page, screenshot):
    name = "-".join(look)
    page = opened(**look)
    check_page(page)
    screenshot(page, f"{name}-channels")
    page.get_by_role("button", name="Nurse chat").click()
    check_page(page)
    screenshot(page, f"{name}-begin")
    page.get_by_label("Your question").fill("May I take ibuprofen with my tablets?")
    page.get_by_role("button", name="Send").click()
    until(page, CAUGHT_UP)
    desk.claim()
    desk.write("Which tablets do you take, and how much of them?\nPlease look at the box.")
    until(page, "document.querySelectorAll('.k-msg').length === 2")
    check_page(page)
    screenshot(page, f"{name}-talk")


def test_chat_first_load_gzip_bytes(new_page, address):
    page = new_page()
    page.goto(address)
    until(page, ONLINE)
    requests = [request for request in new_page.log(page).requests if "favicon" not in request.url]
    answers = [request.response() for request in requests if request.resource_type != "websocket"]
    sizes = {answer.url.rpartition("/")[2]: len(gzip.compress(answer.body())) for answer in answers if answer}
    assert sum(sizes.values()) <= CHAT_FIRST_LOAD_GZIP_BYTES, sizes
    assert any("socket.io" in url for url in sizes)
    print(sum(sizes.values()), sizes)


def test_the_place_in_the_queue_is_told_and_moves_with_it(clinic, opened, desk, check_page, screenshot):
    with clinic.session() as session:
        before = [clinic.conversation(session).id for _count in range(2)]
    page = opened(width=360, height=740)
    ask(page)
    place = page.locator("[data-view=talk] [data-slot=place]")
    expect(place).to_have_text("2 people are before you.", use_inner_text=True)
    screenshot(page, "place", full_page=True)
    check_page(page)
    desk.enter()
    for thread, words in zip(before, ("1 person is before you.", "You are next."), strict=True):
        with clinic.session() as session:
            session.get_one(Conversation, thread).claim(clinic.staff("nurse"), clock.now())
        expect(place).to_have_text(words, timeout=8_000, use_inner_text=True)
    desk.claim()
    expect(place).to_be_hidden()


def test_a_question_is_left_where_a_chat_is_closed(clinic, address, new_page, desk):
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["closed"]).takes_questions = True
    page = new_page(width=360, height=740)
    page.goto(address)
    page.get_by_role("button", name="Leave a question").click()
    page.locator("#question").get_by_label("Name").fill("Ingrid")
    page.get_by_label("Phone or e-mail").fill("ingrid@example.org")
    page.locator("#question").get_by_label("What is it about?").fill("May I take both?")
    page.locator("#question").get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="We have your question")).to_be_visible()
    expect(page.get_by_text("ingrid@example.org")).to_be_visible()
    assert desk.count() == 1
