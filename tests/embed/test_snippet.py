"""The snippet that a site owner pastes."""
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embed import snippet_of
from embed.snippet import Placement, SnippetRefused, frame_snippet, script_snippet
from telehealth.widget import Widget
from web.colour import under_white

BASE = "https://care.example"


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def placement(**options):
    return Placement(**{"base": BASE, "widget": "demo-booking", "title": "Book a time", **options})


def script_of(**options):
    return Tags(script_snippet(placement(**options))).found[0]


def test_the_snippet_is_one_script_and_a_link_without_scripts():
    assert script_snippet(placement()) == (
        '<script async src="https://care.example/embed.js" data-widget="demo-booking" data-title="Book a time"></script>\n'
        '<noscript><a href="https://care.example/w/demo-booking">Book a time</a></noscript>\n'
    )


def test_options_are_written_as_attributes():
    tag, attributes = script_of(display="floating", locale="fi", department="3", label="Ask us", brand="#1d4ed8")
    assert tag == "script" and attributes == {
        "async": None,
        "src": "https://care.example/embed.js?lang=fi",
        "data-widget": "demo-booking",
        "data-display": "floating",
        "data-locale": "fi",
        "data-department": "3",
        "data-title": "Book a time",
        "data-label": "Ask us",
        "data-brand": "#1d4ed8",
    }


def test_a_button_without_a_label_is_called_like_the_widget():
    assert script_of(display="button")[1]["data-label"] == "Book a time"


def test_a_widget_in_the_page_needs_no_button():
    assert not {"data-display", "data-label", "data-brand"} & script_of(label="Ask us", brand="#ffffff")[1].keys()


def test_a_server_below_a_path_keeps_it():
    assert script_of(base="https://care.example/konsulto/")[1]["src"] == "https://care.example/konsulto/embed.js"


def test_a_plain_frame_allows_camera_and_has_a_title():
    (tag, attributes), *others = Tags(frame_snippet(placement(locale="fi"), height=900)).found
    assert (tag, others) == ("iframe", []) and attributes == {
        "src": "https://care.example/w/demo-booking?lang=fi",
        "title": "Book a time",
        "allow": "camera; microphone; display-capture; fullscreen; autoplay",
        "loading": "lazy",
        "width": "100%",
        "height": "900",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"widget": "Demo"},
        {"widget": ""},
        {"widget": "a/../b"},
        {"widget": 'a" onload="x'},
        {"display": "popup"},
        {"base": "javascript:alert(1)"},
        {"base": "care.example"},
        {"base": "https://"},
    ],
)
def test_what_no_snippet_can_hold_is_refused(wrong):
    with pytest.raises(SnippetRefused, match=next(iter(wrong))):
        placement(**wrong)


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_text_breaks_out_of_its_attribute(title, label, locale, department, brand):
    place = placement(title=title, label=label, locale=locale, department=department, brand=brand, display="button")
    script = Tags(script_snippet(place))
    assert [tag for tag, _ in script.found] == ["script", "noscript", "a"]
    assert not any(name.startswith("on") for _, attributes in script.found for name in attributes)
    assert [tag for tag, _ in Tags(frame_snippet(place)).found] == ["iframe"]


@pytest.mark.parametrize(
    ("brand", "button"),
    [("#0b6e6e", "#0b6e6e"), ("1D4ED8", "#1d4ed8"), ("", ""), ("red", ""), ("#fff;background:url(x)", "")],
)
def test_a_dark_brand_is_the_buttons_colour_and_what_is_no_colour_is_left_out(brand, button):
    assert under_white(brand) == button


@pytest.mark.parametrize("brand", ["#ffffff", "#facc15", "#84cc16", "#00ffff", "#ff0000"])
def test_a_light_brand_is_darkened_until_white_words_can_be_read(brand):
    channels = [int(under_white(brand)[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 4.5


def test_the_administrators_get_the_snippet_of_a_widget():
    widget = Widget(key="demo-booking", name="Booking", title="", button_label="", brand="")
    assert snippet_of(widget, "https://care.example/") == (
        '<script async src="https://care.example/embed.js" data-widget="demo-booking" data-title="Booking"></script>\n'
        '<noscript><a href="https://care.example/w/demo-booking">Booking</a></noscript>\n'
    )
