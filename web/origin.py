"""Which page a request comes from."""

from __future__ import annotations

from flask import request

from web.errors import Refusal


def require_own_origin() -> None:
    """A browser says which page a request comes from; only our own pages may ask. Raises Refusal."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.rstrip("/") != request.host_url.rstrip("/"):
        raise Refusal("not_allowed", 403)
