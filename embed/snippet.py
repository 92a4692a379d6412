"""What a site owner pastes: the script, or a plain frame where the site takes no scripts. Pure: values in, HTML out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from markupsafe import Markup

DISPLAYS = ("inline", "button", "floating")
ALLOW = "camera; microphone; display-capture; fullscreen; autoplay"
KEY = re.compile(r"[a-z0-9-]{1,64}")
COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")
READABLE = 4.5  # least contrast of the button's white words, WCAG 1.4.3


class SnippetRefused(ValueError):
    """An option that no snippet can hold; the message names it."""


@dataclass(frozen=True)
class Placement:
    """Where a widget stands. `base` is the address of this server, `title` what the widget is called in `locale`.

    `label` and `brand` are the button's words and colour; no locale means the language of the page around.
    """

    base: str
    widget: str
    title: str
    display: str = "inline"
    locale: str = ""
    department: str = ""
    label: str = ""
    brand: str = ""

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.widget):
            raise SnippetRefused("widget")
        if self.display not in DISPLAYS:
            raise SnippetRefused("display")
        if urlsplit(self.base).scheme not in ("http", "https") or not urlsplit(self.base).netloc:
            raise SnippetRefused("base")

    @property
    def address(self) -> str:
        """The widget as a page of its own."""
        asked = {"lang": self.locale, "department": self.department}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{self.base.rstrip('/')}/w/{quote(self.widget)}" + (f"?{query}" if query else "")

    @property
    def loader(self) -> str:
        """The loader, in the language of the snippet."""
        return f"{self.base.rstrip('/')}/embed.js" + (f"?{urlencode({'lang': self.locale})}" if self.locale else "")


def script_snippet(placement: Placement) -> str:
    """The script tag, and a link for browsers without scripts."""
    attributes = {
        "src": placement.loader,
        "data-widget": placement.widget,
        "data-display": "" if placement.display == "inline" else placement.display,
        "data-locale": placement.locale,
        "data-department": placement.department,
        "data-title": placement.title,
        "data-label": _label(placement),
        "data-brand": _button_colour(placement),
    }
    link = Markup('<a href="{}">{}</a>').format(placement.address, placement.title)
    return f"<script async{_written(attributes)}></script>\n<noscript>{link}</noscript>\n"


def frame_snippet(placement: Placement, *, height: int = 720) -> str:
    """A frame of fixed height, in pixels: it scrolls inside, and has no button, no floating panel and no events."""
    attributes = {
        "src": placement.address,
        "title": placement.title,
        "allow": ALLOW,
        "loading": "lazy",
        "width": "100%",
        "height": str(height),
    }
    return f"<iframe{_written(attributes)}></iframe>\n"


def button_colour(brand: str) -> str:
    """The brand's colour, darkened until white words on it can be read; empty for what is no colour."""
    found = COLOUR.fullmatch(brand)
    if not found:
        return ""
    channels = [int(found[1][at : at + 2], 16) for at in (0, 2, 4)]
    while 1.05 / (_luminance(channels) + 0.05) < READABLE:
        channels = [channel * 95 // 100 for channel in channels]
    return "#" + bytes(channels).hex()


def _label(placement: Placement) -> str:
    return "" if placement.display == "inline" else placement.label or placement.title


def _button_colour(placement: Placement) -> str:
    return "" if placement.display == "inline" else button_colour(placement.brand)


def _written(attributes: dict[str, str]) -> Markup:
    """Attributes as HTML, each value escaped; empty ones are left out."""
    return Markup().join(Markup(' {}="{}"').format(name, value) for name, value in attributes.items() if value)


def _luminance(channels: list[int]) -> float:
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
