"""Headers of every answer: what a page may load, who may frame it, which request it belongs to."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable

from flask import Flask, Response, g, request

from web import logs

# Pages load only what this server serves; the rare exception is set by the page itself on `g.csp`.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def allow(**directives: str) -> None:
    """Widen this answer's policy: `allow(frame_ancestors="https://clinic.example")`."""
    g.csp = g.get("csp", {}) | {name.replace("_", "-"): value for name, value in directives.items()}


def let_in(directive: str, sources: Iterable[str]) -> None:
    """Widen one directive of this answer by these sources, beside what it lets in already."""
    added = sorted(set(sources))
    if added:
        before = g.get("csp", {}).get(directive, POLICY.get(directive, ""))
        allow(**{directive.replace("-", "_"): " ".join([before, *added]).strip()})


def policy() -> str:
    return "; ".join(f"{name} {value}" for name, value in (POLICY | g.get("csp", {})).items())


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.begun = time.perf_counter()


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin" if "frame-ancestors" not in g.get("csp", {}) else "cross-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    headers["X-Request-ID"] = g.get("request_id", "")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    logs.request_done(response.status_code, time.perf_counter() - g.get("begun", time.perf_counter()))
    return response


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_protect)
