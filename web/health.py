"""Health: does the process live, can it serve, and how much does it do."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from web.endpoint import Access, endpoint
from web.house import house

log = logging.getLogger(__name__)
health = Blueprint("health", __name__)


@endpoint(health, "/healthz", access=Access.PUBLIC)
def healthz() -> Response:
    """The process lives."""
    return jsonify(status="ok")


@endpoint(health, "/readyz", access=Access.PUBLIC)
def readyz() -> Response:
    """Database, migrations and worker are in order."""
    results = {name: _passes(check) for name, check in house().ready_checks.items()}
    response = jsonify(status="ok" if all(results.values()) else "not ready", checks=results)
    response.status_code = 200 if all(results.values()) else 503
    return response


def _passes(check: object) -> bool:
    try:
        return bool(check())  # type: ignore[operator]
    except Exception:
        log.warning("a check of readiness failed", exc_info=True)
        return False


@endpoint(health, "/metrics", access=Access.PUBLIC)
def metrics() -> Response:
    """Figures for Prometheus, without personal data."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
