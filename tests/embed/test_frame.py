"""Both sides of the talk judge an origin alike: the server for the header, the frame for a message."""
import pytest

from web.framing import ANY_LOOPBACK, origin_allowed, sources

SITES = [
    "https://clinic.example", "https://*.ward.example", "http://old.example", "http://odd.example:8000",
    "https://tls.example:8443", ANY_LOOPBACK,
]  # fmt: skip
ORIGINS = [
    "https://clinic.example", "http://clinic.example", "https://clinic.example:8443", "https://www.clinic.example",
    "https://clinic.example.evil.example", "https://evilclinic.example", "https://a.ward.example",
    "https://a.b.ward.example", "https://ward.example", "https://evilward.example", "http://a.ward.example",
    "http://old.example", "https://old.example", "https://old.example:8443", "http://odd.example:8000",
    "https://odd.example:8000", "https://odd.example", "https://tls.example:8443", "https://tls.example",
    "http://localhost:8080", "http://127.0.0.1:5000", "http://127.0.0.2:5000", "http://a.localhost:1", "http://128.0.0.1",
    "http://localhost.evil.example", "null", "", "file://", "https://", "about:blank",
]  # fmt: skip


@pytest.fixture
def is_allowed(new_page, care):
    page = new_page()
    page.goto(care.origin + "/w/demo-a")
    script = "([origin, sites]) => import('/embed/frame.js').then((m) => m.isAllowed(origin, sites))"
    return lambda origin, sites: page.evaluate(script, [origin, " ".join(sources(sites))])


def test_frame_and_server_agree_on_every_origin(is_allowed):
    judged = {origin: (is_allowed(origin, SITES), origin_allowed(origin, SITES)) for origin in ORIGINS}
    assert {origin: both for origin, both in judged.items() if both[0] != both[1]} == {}
    assert sum(frame for frame, _ in judged.values()) == 12


def test_nobody_is_allowed_where_no_site_is_named(is_allowed):
    assert not any(is_allowed(origin, []) for origin in ORIGINS)


@pytest.mark.parametrize("name", ["Submitted", "a b", "", "patient:4711", "x" * 50, "é"])
def test_an_event_is_a_name_and_never_a_detail(new_page, care, name):
    page = new_page()
    page.goto(care.origin + "/w/demo-a")
    script = "(name) => import('/embed/frame.js').then((m) => { try { m.tell(name) } catch (error) { return error.message } })"
    assert page.evaluate(script, name) == f"no event name: {name}"


def test_a_widget_in_a_window_of_its_own_talks_to_nobody(new_page, care):
    page = new_page()
    page.goto(care.origin + "/w/demo-a")
    page.evaluate("talk.tell('submitted'); talk.unread(1); talk.open(); talk.close()")
    page.evaluate("postMessage({ konsulto: 'hello', value: 'panel' }, '*')")
    assert page.evaluate("new Promise((done) => setTimeout(() => done(document.documentElement.dataset.framed ?? null)))") is None
