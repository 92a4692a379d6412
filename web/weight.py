"""Sends less: scripts and styles without comments and white space, text compressed for browsers that understand it.

No build step: a file is made light when it is first asked for and kept as long as it does not change. Answers that carry
a secret of staff are left as they are, since compressing a secret beside what others chose tells something about it.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import lru_cache

import rcssmin
import rjsmin
from flask import Flask, Response, request

LEAST = 400  # bytes: below, compressing costs more than it saves
LIGHTER: dict[str, Callable[[str], str]] = {"text/css": rcssmin.cssmin, "text/javascript": rjsmin.jsmin}
COMPRESSED = {"text/css", "text/javascript", "text/html", "image/svg+xml", "application/json"}
AS_WRITTEN = "/brand.css"  # by the clinic itself
OF_VISITORS = ("/w/", "/visit", "/static/", "/embed")


@lru_cache(maxsize=500)
def light(body: bytes, kind: str) -> bytes:
    """The same script or style in fewer bytes."""
    return LIGHTER[kind](body.decode()).encode()


@lru_cache(maxsize=500)
def squeezed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def lighten(response: Response) -> Response:
    if response.status_code != 200 or request.method != "GET" or response.mimetype not in COMPRESSED:
        return response
    response.direct_passthrough = False
    kind = response.mimetype
    if kind in LIGHTER and not request.path.endswith(AS_WRITTEN) and "/vendor/" not in request.path:
        response.set_data(light(response.get_data(), kind))
    if request.path.startswith(OF_VISITORS) or kind in LIGHTER:
        _compress(response)
    return response


def _compress(response: Response) -> None:
    response.vary.add("Accept-Encoding")
    body = response.get_data()
    if len(body) < LEAST or "gzip" not in request.accept_encodings or response.headers.get("Content-Encoding"):
        return
    fixed = response.mimetype in LIGHTER
    response.set_data(squeezed(body) if fixed else gzip.compress(body, 6))
    response.headers["Content-Encoding"] = "gzip"
    if (etag := response.get_etag()[0]) is not None:
        response.set_etag(etag, weak=True)  # the same file, other bytes


def init_app(app: Flask) -> None:
    app.after_request(lighten)
