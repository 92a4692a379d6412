"""Whether a page of another site lets itself be shown in a frame: asked when a clinic names it (S002-52)."""

from __future__ import annotations

import http.client
from enum import Enum, auto
from urllib.parse import urljoin

from integrations import outside
from web import framing

LONGEST_WAY = 5  # redirects
MOVED = {301, 302, 303, 307, 308}


class Verdict(Enum):
    """It may be shown, forbids it, answers with an error, or did not answer."""

    ALLOWS = auto()
    FORBIDS = auto()
    FAILS = auto()
    UNREACHED = auto()


def try_page(url: str, origin: str, *, inside: bool = False) -> Verdict:
    """Ask for the page as a browser would whose address line says `origin`; every step must be on the public internet."""
    try:
        for _step in range(LONGEST_WAY):
            status, headers = outside.head_of(url, inside=inside)
            if status not in MOVED:
                break
            url = urljoin(url, headers.get("location", ""))
    except outside.Inside:
        return Verdict.FAILS
    except (OSError, http.client.HTTPException):
        return Verdict.UNREACHED
    if status >= 400 or status in MOVED:
        return Verdict.FAILS
    return Verdict.ALLOWS if allows(headers, origin) else Verdict.FORBIDS


def allows(headers: dict[str, str], origin: str) -> bool:
    """As browsers judge it: a content policy that speaks of ancestors outweighs X-Frame-Options."""
    policies = [_ancestors(policy) for policy in headers.get("content-security-policy", "").split(",")]
    named = [sources for sources in policies if sources is not None]
    if named:
        return all(_among(origin, sources) for sources in named)
    return "x-frame-options" not in headers


def _ancestors(policy: str) -> list[str] | None:
    for directive in policy.split(";"):
        name, *sources = directive.split() or [""]
        if name.lower() == "frame-ancestors":
            return sources
    return None


def _among(origin: str, sources: list[str]) -> bool:
    scheme = origin.partition("://")[0]
    return any(source in {"*", f"{scheme}:"} or framing.origin_allowed(origin, [source]) for source in sources)
