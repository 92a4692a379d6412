"""The small modules that faces share: templates, times, memory, announcements, questions to the server."""

import pytest
from flask import Response, request

from tests.browser.kit.sites import serve
from tests.browser.kit.until import until
from tests.static.house import ROOT, house


@pytest.fixture(scope="module")
def origin():
    app = house((ROOT / "tests" / "static" / "form.html").read_text(encoding="utf-8"))

    @app.post("/echo")
    def echo():
        return {"token": request.headers.get("Authorization"), "body": request.get_json()}

    @app.post("/refuse")
    def refuse():
        return {"error": "slot_taken", "message": "Taken", "fields": {"slot": "Taken"}, "nearest": [1]}, 409

    @app.post("/down")
    def down():
        return Response("<h1>Bad gateway</h1>", 502)

    with serve(app) as origin:
        yield origin


@pytest.fixture
def page(new_page, origin):
    page = new_page()
    page.goto(origin)
    return page


def run(page, module, script, argument=None):
    """Runs `script`, a function of the module and an argument, in the page."""
    url = f"/static/js/{module}.js"
    return page.evaluate(f"(argument) => import('{url}').then((m) => ({script})(m, argument))", argument)


PERSON = """(m, slots) => {
  const person = m.clone("person", slots);
  document.querySelector("main").append(person);
  return person.outerHTML;
}"""


def test_a_template_is_filled_with_text_never_markup(page):
    slots = {"name": "<img src=x onerror=alert(1)>", "link": {"href": "/case/1", "title": "<b>"}}
    html = run(page, "template", PERSON, slots)
    assert "&lt;img" in html and 'href="/case/1"' in html and page.locator("main img").count() == 0


@pytest.mark.parametrize(
    "slot",
    [{"onclick": "x"}, {"style": "color:red"}, {"srcdoc": "x"}, {"href": "javascript:alert(1)"}, {"href": "data:,x"}],
)
def test_a_slot_refuses_what_could_run(page, slot):
    script = "(m, slot) => { try { m.clone('person', { link: slot }) } catch (error) { return error.message } }"
    assert "refused" in (run(page, "template", script, slot) or "")


def test_a_slot_shows_the_servers_word_for_a_state(page):
    run(page, "template", PERSON, {"state": {"when": "early"}, "unread": None})
    assert page.locator("main > .k-row [data-slot=state]").inner_text() == "Early"
    assert not page.locator("main > .k-row [data-slot=unread]").is_visible()


@pytest.mark.parametrize(("count", "said"), [(1, "1 new message"), (3, "3 new messages")])
def test_a_number_takes_the_right_form_of_the_word(page, count, said):
    plural = run(page, "time", "(m, n) => m.clock({ locale: 'en' }).plural(n)", count)
    run(page, "template", PERSON, {"unread": {"when": plural, "values": {"n": count}}})
    unread = page.locator("main > .k-row [data-slot=unread] :not([hidden])")
    assert unread.first.inner_text() == said and unread.locator("bdi").count() == 1


def test_an_attribute_can_be_set_and_taken_away(page):
    change = """(m) => [true, null].map((current) => {
      const row = m.clone("person", { row: { "aria-current": true } });
      return m.fill(row, { row: { "aria-current": current } }).hasAttribute("aria-current");
    })"""
    assert run(page, "template", change) == [True, False]


@pytest.mark.parametrize(
    ("locale", "zone", "time", "date"),
    [
        ("en-GB", "Europe/Helsinki", "01:30", "1 January 2027"),
        ("en-GB", "America/New_York", "18:30", "31 December 2026"),
        ("fi", "Europe/Helsinki", "1.30", "1. tammikuuta 2027"),
        ("ar-EG", "UTC", "١١:٣٠ م", "٣١ ديسمبر ٢٠٢٦"),
    ],
)
def test_an_instant_is_shown_as_the_place_and_language_do(page, locale, zone, time, date):
    script = "(m, place) => ['time', 'date'].map((how) => m.clock(place)[how]('2026-12-31T23:30:00Z'))"
    shown = run(page, "time", script, {"locale": locale, "zone": zone})
    assert [text.replace("\u202f", " ").replace("\xa0", " ") for text in shown] == [time, date]


def test_the_calendar_day_is_that_of_the_zone(page):
    day = run(page, "time", "(m) => m.clock({ zone: 'Asia/Tokyo' }).isoDate('2026-12-31T23:30:00Z')")
    assert day == "2027-01-01"


@pytest.mark.parametrize("place", [{"locale": "not a language"}, {"zone": "Nowhere/Land"}, {"locale": "en-XA"}])
def test_an_unknown_language_or_zone_still_shows_a_time(page, place):
    assert run(page, "time", "(m, place) => m.clock(place).time(0)", place)


@pytest.mark.parametrize(("now", "minutes"), [("10:04:59", 4), ("10:05:00", 5), ("09:00:00", 0)])
def test_minutes_waited_are_whole_and_never_negative(page, now, minutes):
    waited = run(page, "time", "(m, now) => m.minutesBetween('2026-12-01T10:00:00Z', `2026-12-01T${now}Z`)", now)
    assert waited == minutes


@pytest.mark.parametrize("storage", [None, "none"])
def test_what_the_tab_remembers_is_there_even_where_storage_is_refused(new_page, origin, storage):
    page = new_page(storage=storage)
    page.goto(origin)
    script = """(m) => {
      const tab = m.store();
      tab.set("a", { b: [1] });
      const kept = tab.get("a");
      tab.remove("a");
      return [kept, tab.get("a") ?? null];
    }"""
    assert run(page, "store", script) == [{"b": [1]}, None]


def test_a_full_storage_is_no_obstacle(page):
    script = """(m) => {
      const tab = m.store();
      tab.set("a", "x".repeat(2e7));
      return [tab.get("a").length, sessionStorage.length];
    }"""
    assert run(page, "store", script) == [20_000_000, 0]


def test_polite_news_are_held_back_and_the_newest_wins(page):
    script = """(m) => {
      window.spoken = [];
      const live = m.announcer({ every: 600 });
      const status = document.querySelector("[role=status]");
      new MutationObserver(() => {
        spoken.push([status.textContent, performance.now()]);
        if (spoken.length === 1) ["second", "third"].forEach(live.say);
      }).observe(status, { childList: true });
      live.say("first");
    }"""
    run(page, "live", script)
    until(page, "spoken.length === 2")
    (first, begun), (second, ended) = page.evaluate("spoken")
    assert (first, second) == ("first", "third") and ended - begun > 500


def test_urgent_news_are_said_at_once(page):
    run(page, "live", "(m) => { window.live = m.announcer(); live.say('place 3'); live.sayNow('your turn') }")
    until(page, "document.querySelector('.k-sr[role=alert]').textContent === 'your turn'", seconds=2)


def test_a_question_carries_its_token_in_a_header(page):
    answer = run(page, "ask", "(m) => m.ask('/echo', { body: { a: 1 }, token: 'secret' })")
    assert answer == {"token": "Bearer secret", "body": {"a": 1}}


def test_a_refusal_keeps_what_the_server_said(new_page, origin):
    page = new_page(expect=["409"])
    page.goto(origin)
    script = """(m) => m.ask("/refuse", { body: {} }).catch((error) =>
      [error instanceof m.Refused, error.code, error.message, error.fields, error.answer.nearest])"""
    assert run(page, "ask", script) == [True, "slot_taken", "Taken", {"slot": "Taken"}, [1]]


@pytest.mark.parametrize("path", ["/down", "http://127.0.0.1:9/"])
def test_a_server_that_is_down_is_no_refusal(new_page, origin, path):
    page = new_page(expect=["502", "Content Security Policy", "Refused to connect", "ERR_"])
    page.goto(origin)
    script = "(m, path) => m.ask(path, { body: {} }).catch((error) => error instanceof m.Unreachable)"
    assert run(page, "ask", script, path) is True


def test_client_ids_are_made_without_a_secure_page(page):
    ids = run(page, "client_id", "(m) => [...Array(100)].map(m.clientId)")
    assert len(set(ids)) == 100 and all(len(bytes.fromhex(one)) == 16 for one in ids)




@pytest.mark.parametrize(
    ("tried", "said"),
    [({"direct": True}, "works"), ({"direct": True, "relay": True}, "works"), ({"direct": True, "relay": False}, "direct"),
     ({"direct": False, "relay": True}, "relay"), ({"relay": True}, "works"), ({"relay": False}, "fails"),
     ({"direct": False}, "fails"), ({"direct": False, "relay": False}, "fails")],
)  # fmt: skip
def test_what_the_ways_of_a_network_come_to(page, tried, said):
    assert run(page, "network_check", "(m, tried) => m.verdict(tried)", tried) == said


@pytest.mark.parametrize(
    ("rate", "round_trip", "good_for"),
    [(2_000, 30, "picture"), (600, 400, "picture"), (599, 30, "sound"), (2_000, 401, "sound"), (49, 30, "writing"), (900, 1_201, "writing")],
)
def test_what_a_network_is_good_for(page, rate, round_trip, good_for):
    assert run(page, "network_check", "(m, found) => m.bandwidthOf(found)", {"rate": rate, "roundTrip": round_trip}) == good_for


THRIFT = """(m, looks) => {
  const thrift = new m.Thrift();
  return looks.map((quality) => { thrift.look(quality); return thrift.hopeless ? "hopeless" : thrift.level; });
}"""


def test_one_bad_look_changes_nothing_and_more_of_them_take_step_after_step(page):
    seen = run(page, "thrift", THRIFT, ["bad", "good", "bad", "bad", "bad", "bad", "bad", "bad", "bad"])
    assert seen == ["full", "full", "full", "reduced", "reduced", "low", "low", "hopeless", "hopeless"]


def test_the_picture_comes_back_when_it_stays_good_and_a_slow_connection_changes_nothing(page):
    seen = run(page, "thrift", THRIFT, ["bad", "bad", *["weak"] * 9, *["good"] * 5])
    assert seen == ["full", *["reduced"] * 14, "full"]


def test_after_a_step_too_bold_the_next_is_tried_later(page):
    seen = run(page, "thrift", THRIFT, ["bad", "bad", *["good"] * 5, "bad", "bad", *["good"] * 10])
    assert seen[6:] == ["full", "full", *["reduced"] * 10, "full"]
