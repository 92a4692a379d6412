"""The two scripts of embedding: the loader on the customer's page, and its counterpart inside the frame."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from web import locale
from web.endpoint import Access, endpoint

SCRIPTS = Path(__file__).parent / "static"
SECONDS_KEPT = 3600

embed = Blueprint("embed", __name__)


@cache
def source(name: str) -> str:
    return (SCRIPTS / name).read_text(encoding="utf-8")


def words() -> dict[str, str]:
    """What the loader may have to say, in the language of the request."""
    return {
        "lang": locale.current_tag(),
        "dir": locale.direction(),
        "open": _("Reach us online"),
        "close": _("Close"),
        "absent": _("This does not open here."),
        "window": _("Open it in a new window"),
    }


def lean(script: str) -> str:
    """Without comments on lines of their own and without indents: every visitor fetches it."""
    without = re.sub(r"^\s*(/\*\*.*?\*/|//[^\n]*)\n", "", script, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"/\*\* @type .*? \*/ ", "", re.sub(r"^\s+", "", without, flags=re.MULTILINE))


def joined(script: str) -> str:
    """Without the line breaks that mean nothing: a script of ours has a semicolon wherever one belongs."""
    return re.sub(r"(?<=[{};,])\n", "", script)


def loader() -> str:
    """The loader's function, called with its words."""
    said = json.dumps(words(), ensure_ascii=False, separators=(",", ":"))
    return f"({joined(lean(source('embed.js')).strip())})({said});\n"


@endpoint(embed, "/embed.js", access=Access.PUBLIC)
def embed_js() -> Response:
    """The loader, for any site to include."""
    response = _script(loader())
    response.headers["Content-Language"] = locale.current_tag()
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    if "lang" not in request.args:
        response.vary.add("Accept-Language")
    return response


@endpoint(embed, "/embed/frame.js", access=Access.PUBLIC)
def frame_js() -> Response:
    """What a widget's page loads to talk to the page around it."""
    return _script(lean(source("frame.js")))


@endpoint(embed, "/embed/memory.js", access=Access.PUBLIC)
def memory_js() -> Response:
    """What a chat keeps with the page around."""
    return _script(lean(source("memory.js")))


def _script(text: str) -> Response:
    response = Response(text, content_type="text/javascript; charset=utf-8")
    response.cache_control.public = True
    response.cache_control.max_age = SECONDS_KEPT
    response.add_etag()
    response.make_conditional(request)
    return response
