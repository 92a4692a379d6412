"""What a site owner pastes: the script, or a plain frame where the site takes no scripts. Pure: values in, HTML out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from markupsafe import Markup

from web import colour

DISPLAYS = ("inline", "button", "floating")
ALLOW = "camera; microphone; display-capture; fullscreen; autoplay"
KEY = re.compile(r"[a-z0-9-]{1,64}")


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


def _label(placement: Placement) -> str:
    return "" if placement.display == "inline" else placement.label or placement.title


def _button_colour(placement: Placement) -> str:
    return "" if placement.display == "inline" else colour.under_white(placement.brand)


def _written(attributes: dict[str, str]) -> Markup:
    """Attributes as HTML, each value escaped; empty ones are left out."""
    return Markup().join(Markup(' {}="{}"').format(name, value) for name, value in attributes.items() if value)
