"""The shared look: readable by everybody in every theme, width, direction and brand colour; icons as asked for."""
import re
from pathlib import Path

import pytest
from flask import render_template_string

from tests.browser.kit.sites import serve
from tests.static.house import ROOT, house
from web import icons

COMPONENTS = Path(__file__).with_name("components.html").read_text(encoding="utf-8")
BRANDS = ["#0b6e6e", "#1d4ed8", "#facc15", "#e11d74", "#84cc16", "#000000", "#ffffff", "#f97316", "#7c3aed", "#64748b"]
CSS = sorted((ROOT / "static").glob("*.css"))


@pytest.fixture(scope="module")
def components():
    with serve(house(COMPONENTS)) as origin:
        yield origin


@pytest.mark.parametrize("rtl", [False, True])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_component_is_usable(new_page, components, screenshot, width, dark, rtl):
    page = new_page(width=width, dark=dark, rtl=rtl)
    page.goto(components)
    name = f"components-{width}{'-dark' if dark else ''}{'-rtl' if rtl else ''}"
    assert screenshot(page, name, full_page=True).stat().st_size


@pytest.mark.parametrize("dark", [False, True])
def test_every_brand_colour_stays_readable(new_page, components, check_page, dark):
    page = new_page(dark=dark)
    page.goto(components)
    for brand in BRANDS:
        page.evaluate("(brand) => document.documentElement.style.setProperty('--brand', brand)", brand)
        check_page(page)


def test_text_of_double_size_needs_no_sideways_scroll(new_page, components, check_page):
    page = new_page(width=360)
    page.goto(components)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    check_page(page)


def test_a_theme_fixed_by_the_page_beats_the_system(new_page, components):
    page = new_page(dark=True)
    page.goto(components)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert page.evaluate(colour) != dark


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_styles_know_no_left_and_right(path):
    rules = re.sub(r"@[^{]*\{", "{", path.read_text())
    sides = r"(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|(?:min-|max-)?(?:width|height)"
    physical = re.findall(rf"(?<![\w-])(?:{sides})\s*:", rules)
    assert physical == []


@pytest.mark.parametrize("path", CSS, ids=lambda path: path.name)
def test_styles_ask_nothing_of_others(path):
    assert not re.search(r"url\(|@import", path.read_text())


def test_a_page_gets_only_the_symbols_it_names():
    assert re.findall(r'id="([\w-]+)"', icons.symbols(["door", "clock", "door"])) == ["i-clock", "i-door"]


def test_an_unknown_icon_is_an_error():
    with pytest.raises(KeyError):
        icons.symbols(["no-such-icon"])


def test_an_icon_is_silent_and_turns_where_it_points():
    template = '{% from "_icon.html" import icon, symbols %}{{ icon("next", dir=true) }}{{ symbols(["next"]) }}'
    with house().app_context():
        html = render_template_string(template)
    assert html.startswith('<svg class="k-icon k-icon--dir" aria-hidden="true"><use href="#i-next"/></svg><svg hidden>')
