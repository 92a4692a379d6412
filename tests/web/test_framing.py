"""Which web sites may show a widget."""
import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.framing import ANY_LOOPBACK, SiteRefused, frame_ancestors, normalised, origin_allowed, sources

CLINIC = "https://clinic.example"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://clinic.example", CLINIC),
        ("  https://Clinic.Example/contact?from=mail#top ", CLINIC),
        ("clinic.example", CLINIC),
        ("https://clinic.example:443", CLINIC),
        ("https://clinic.example:8443", "https://clinic.example:8443"),
        ("http://intranet", "http://intranet"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("https://*.clinic.example", "https://*.clinic.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://عيادة.example", "https://xn--mgber2b7e.example"),
        ("https://under_score.clinic.example", "https://under_score.clinic.example"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        (ANY_LOOPBACK, ANY_LOOPBACK),
    ],
)
def test_a_site_is_kept_in_one_way(written, kept):
    assert normalised(written) == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "characters"),
        ("*", "wildcard"),
        ("https://*", "wildcard"),
        ("https://*.example", "wildcard"),
        ("https://*.192.0.2.7", "wildcard"),
        ("https://www.*.example", "wildcard"),
        ("https://a.*", "wildcard"),
        ("https:", "port"),
        ("https://clinic.example:", "port"),
        ("https://", "host"),
        ("https://-clinic.example", "host"),
        ("https://clinic..example", "host"),
        ("https://[::1]", "characters"),
        ("'none'", "characters"),
        ("'self'", "characters"),
        ("https://clinic.example; script-src *", "characters"),
        ("https://clinic.example;script-src", "characters"),
        ("https://clinic.example\r\nSet-Cookie: a=b", "characters"),
        ("https://clinic.example https://evil.example", "characters"),
        ("https://clinic.example,evil.example", "characters"),
        ("https://clinic\u2028.example", "characters"),
        ("https://clinic.example\\@evil.example", "characters"),
        ("https://clinic.example@evil.example", "person"),
        ("https://clinic.example:*", "port"),
        ("https://clinic.example:0", "port"),
        ("https://clinic.example:65536", "port"),
        ("https://clinic.example:８０", "port"),
        ("javascript://clinic.example", "scheme"),
        ("data://clinic.example", "scheme"),
        ("file:///etc", "scheme"),
        ("https://" + "a" * 64 + ".example", "host"),
    ],
)
def test_what_is_no_site_is_refused_with_its_reason(written, reason):
    with pytest.raises(SiteRefused) as refused:
        normalised(written)
    assert refused.value.reason == reason


def test_nobody_may_frame_a_widget_without_sites():
    assert frame_ancestors([]) == "frame-ancestors 'none'"


def test_the_sites_of_a_widget_may_frame_it():
    allowed = frame_ancestors([CLINIC, "http://intranet", CLINIC])
    assert allowed == "frame-ancestors https://clinic.example http://intranet"


def test_a_preview_lets_the_products_own_pages_frame_it():
    assert frame_ancestors([], preview=True) == "frame-ancestors 'self'"


def test_a_stored_injection_never_reaches_the_header():
    assert frame_ancestors(["https://a.example; script-src *", "*", "'unsafe-inline'"]) == "frame-ancestors 'none'"


@given(st.lists(st.text(max_size=40)))
def test_whatever_is_stored_the_header_has_one_directive_of_plain_origins(stored):
    directive, *allowed = frame_ancestors(stored).split(" ")
    assert directive == "frame-ancestors" and allowed
    assert all(source == "'none'" or source.endswith(":*") or normalised(source) == source for source in allowed)


def test_the_demo_may_be_framed_from_this_machine_only():
    found = sources([ANY_LOOPBACK])
    assert "http://localhost:*" in found and "http://127.0.0.1:*" in found
    assert all(source.startswith("http://") and source.endswith(":*") for source in found) and "*" not in found


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://clinic.example", True),
        ("https://www.clinic.example", False),
        ("http://clinic.example", False),
        ("https://clinic.example:8443", False),
        ("https://clinic.example.evil.example", False),
        ("https://evilclinic.example", False),
        ("https://a.ward.example", True),
        ("https://a.b.ward.example", True),
        ("https://ward.example", False),
        ("https://evilward.example", False),
        ("http://old.example", True),
        ("https://old.example", True),
        ("https://old.example:8443", False),
        ("http://odd.example:8000", True),
        ("https://odd.example:8000", True),
        ("https://odd.example", False),
        ("null", False),
        ("", False),
        (None, False),
        ("https://*.ward.example", False),
        ("https://clinic.example/", False),
        ("HTTPS://CLINIC.EXAMPLE", False),
        ("clinic.example", False),
        ("http://127.0.0.1:5000", False),
    ],
)
def test_an_origin_is_compared_as_a_whole(origin, allowed):
    stored = [CLINIC, "https://*.ward.example", "http://old.example", "http://odd.example:8000", "not a site; *"]
    assert origin_allowed(origin, stored) is allowed


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://127.0.0.1", "http://127.0.0.2:3", "http://a.localhost"])
def test_any_loopback_origin_is_this_machine(origin):
    assert origin_allowed(origin, [ANY_LOOPBACK])


@pytest.mark.parametrize("origin", ["http://localhost.evil.example", "http://128.0.0.1", "https://a.example", "null"])
def test_other_machines_are_not_loopback(origin):
    assert not origin_allowed(origin, [ANY_LOOPBACK])
