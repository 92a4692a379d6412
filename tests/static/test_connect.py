"""The live connection in a real browser, on a wire that is cut, frozen and mended."""
import pytest

from tests.browser.kit.sites import serve
from tests.browser.kit.until import until
from tests.browser.kit.wire import wire_to
from tests.static.house import ChatServer, house

LOST = [r"ERR_CONNECTION|WebSocket connection|ERR_EMPTY_RESPONSE|Failed to load resource"]
START = """async ([token, patience]) => {
  const [{ connect }, { Stream }, { Outbox }, { store }] = await Promise.all(
    ["connect", "stream", "outbox", "store"].map((name) => import(`/static/js/${name}.js`)));
  const shown = [], states = [], fates = [];
  const connection = connect({
    auth: () => ({ token: window.token }),
    patience,
    onState: (state) => states.push(state),
    onRefused: () => { window.refusals = (window.refusals ?? 0) + 1; },
  });
  window.token = token;
  const stream = new Stream({
    page: (after) => connection.request("page", { after }),
    apply: (item) => shown.push(item.text),
  });
  const outbox = new Outbox({
    send: ({ event, client_id, body }) => connection.request(event, { client_id, ...body }),
    onFate: (item, fate) => fates.push([item.body.text, fate]),
    store: store(),
  });
  connection.on("said", (item) => stream.receive(item));
  connection.follow(stream);
  connection.carry(outbox);
  Object.assign(window, { connection, stream, outbox, shown, states, fates });
}"""


@pytest.fixture
def chat():
    return ChatServer()


@pytest.fixture
def wire(chat):
    with serve(chat.app(house())) as origin, wire_to(int(origin.rsplit(":", 1)[1])) as wire:
        yield wire


@pytest.fixture
def start(new_page, wire):
    def open_chat(token="good", patience=8000, expect=LOST):
        page = new_page(expect=expect)
        page.goto(wire.origin)
        page.evaluate(START, [token, patience])
        return page

    return open_chat


def test_the_socket_client_is_fetched_only_when_a_page_connects(new_page, wire):
    page = new_page()
    page.goto(wire.origin)
    page.evaluate("import('/static/js/connect.js')")
    assert not [url for url in new_page.log(page).urls() if "/vendor/" in url]


def test_a_page_is_online_only_when_it_has_caught_up(chat, start):
    for number in range(5):
        chat.say(f"m{number}")
    page = start()
    until(page, "connection.state === 'online'")
    assert page.evaluate("shown") == ["m0", "m1", "m2", "m3", "m4"]
    assert page.evaluate("states") == ["online"]


def test_what_was_said_during_a_cut_is_there_after_it_once(chat, wire, start):
    page = start()
    until(page, "connection.state === 'online'")
    chat.say("before")
    until(page, "shown.length === 1")
    wire.cut()
    until(page, "states.includes('offline')")
    for number in range(5):
        chat.say(f"m{number}")
    wire.mend()
    until(page, "connection.state === 'online'")
    assert page.evaluate("shown") == ["before", "m0", "m1", "m2", "m3", "m4"]


def test_what_is_sent_without_a_connection_arrives_once_and_in_order(chat, wire, start):
    page = start()
    until(page, "connection.state === 'online'")
    wire.cut()
    until(page, "states.includes('offline')")
    page.evaluate("['one', 'two', 'three'].forEach((text) => outbox.add('post', { text }))")
    assert page.evaluate("outbox.items.length") == 3
    wire.mend()
    until(page, "outbox.items.length === 0")
    assert [message["text"] for message in chat.said] == ["one", "two", "three"]
    until(page, "shown.length === 3")
    assert page.evaluate("fates.filter(([, fate]) => fate === 'sent').length") == 3


def test_an_answer_lost_on_the_way_does_not_post_twice(chat, wire, start):
    page = start(patience=1000)
    until(page, "connection.state === 'online'")
    wire.freeze(answers_only=True)
    page.evaluate("outbox.add('post', { text: 'once' })")
    until(page, "states.includes('offline')")
    assert len(chat.said) == 1 and page.evaluate("outbox.items.length") == 1
    wire.mend()
    until(page, "outbox.items.length === 0 && shown.length === 1")
    assert [message["text"] for message in chat.said] == ["once"]


def test_a_line_that_went_dead_unnoticed_is_given_up(chat, wire, start):
    page = start(patience=1000)
    until(page, "connection.state === 'online'")
    wire.freeze()
    page.evaluate("outbox.add('post', { text: 'later' })")
    until(page, "states.includes('offline')")
    assert chat.said == []
    wire.mend()
    until(page, "shown.length === 1")


def test_a_skipped_number_is_asked_for(chat, start):
    page = start()
    until(page, "connection.state === 'online'")
    chat.say("unheard", tell=False)
    chat.say("heard")
    until(page, "shown.length === 2")
    assert page.evaluate("shown") == ["unheard", "heard"]


def test_waking_up_asks_for_what_was_missed(chat, start):
    page = start()
    until(page, "connection.state === 'online'")
    chat.say("unheard", tell=False)
    page.evaluate("dispatchEvent(new Event('pageshow'))")
    until(page, "shown.length === 1")


def test_waking_up_does_not_wait_for_the_next_attempt(chat, wire, start):
    page = start()
    until(page, "connection.state === 'online'")
    page.evaluate("Math.random = () => 1e6")  # the next attempt would be far away
    wire.cut()
    until(page, "states.includes('offline')")
    wire.mend()
    page.evaluate("dispatchEvent(new Event('online'))")
    until(page, "connection.state === 'online'")


def test_a_refused_session_says_so_and_comes_back_when_renewed(chat, start):
    page = start(token="old")
    until(page, "connection.state === 'refused' && window.refusals >= 1")
    page.evaluate("window.token = 'good'")
    until(page, "connection.state === 'online'")


def test_a_refused_event_fails_for_good_and_does_not_hold_back_the_next(chat, start):
    page = start()
    until(page, "connection.state === 'online'")
    page.evaluate("outbox.add('refuse', { text: 'no' }); outbox.add('post', { text: 'yes' })")
    until(page, "outbox.items.length === 0")
    assert page.evaluate("fates.filter(([, fate]) => fate !== 'waiting')") == [["no", "failed"], ["yes", "sent"]]


def test_what_waits_survives_a_reload(chat, wire, start):
    page = start()
    until(page, "connection.state === 'online'")
    wire.cut()
    until(page, "states.includes('offline')")
    page.evaluate("outbox.add('post', { text: 'kept' })")
    wire.mend()
    page.reload()
    page.evaluate(START, ["good", 8000])
    until(page, "outbox.items.length === 0")
    assert [message["text"] for message in chat.said] == ["kept"]


def test_a_closed_connection_stays_closed(chat, wire, start):
    page = start()
    until(page, "connection.state === 'online'")
    page.evaluate("connection.close()")
    page.evaluate("dispatchEvent(new Event('online'))")
    refused = page.evaluate("connection.request('page', { after: 0 }).catch((error) => error.constructor.name)")
    assert refused == "Unreachable" and page.evaluate("connection.state") == "offline"


def test_waits_grow_are_spread_and_end_at_a_quarter_of_a_minute(new_page, wire):
    page = new_page()
    page.goto(wire.origin)
    waits = page.evaluate(
        "import('/static/js/connect.js').then((m) => [0, 1, 2, 9, 40].map((n) => "
        "[...Array(50)].map(() => m.waitBefore(n))))"
    )
    for longest, tries in zip([500, 1000, 2000, 15000, 15000], waits, strict=True):
        assert all(longest / 2 <= wait <= longest for wait in tries) and len(set(tries)) > 10
