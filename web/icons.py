"""The icon set: a page inlines only the symbols it uses, taken once from static/icons.svg."""
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flask import Flask
from markupsafe import Markup

DRAWINGS = Path(__file__).parent.parent / "static" / "icons.svg"


@cache
def drawings() -> dict[str, str]:
    """Every symbol's markup by its name."""
    return {found[1]: found[0] for found in re.finditer(r'<symbol id="i-([\w-]+)".*?</symbol>', DRAWINGS.read_text())}


def symbols(names: Iterable[str]) -> Markup:
    """The named symbols in one hidden drawing, ready for `<use href="#i-name">`; KeyError for an unknown name."""
    drawn = "".join(drawings()[name] for name in sorted(set(names)))
    return Markup(f"<svg hidden>{drawn}</svg>")  # noqa: S704 (our own drawings)


def register(app: Flask) -> None:
    """Let `_icon.html` ask for symbols."""
    app.jinja_env.globals["icon_symbols"] = symbols
