"""Logs: one JSON object a line, with the route instead of the address, so that no person appears in them."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from flask import g, has_request_context, request

access = logging.getLogger("konsulto.request")
QUIET = {"health.healthz", "health.readyz", "health.metrics", "static"}
KNOWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context() and (request_id := g.get("request_id")):
            line["request_id"] = request_id
        line |= {key: value for key, value in vars(record).items() if key not in KNOWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def init(level: str) -> None:
    """Log to standard error, once for the process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AsJson())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("werkzeug", "engineio", "socketio", "flask_appbuilder", "alembic", "geventwebsocket"):
        logging.getLogger(noisy).setLevel("WARNING")


def request_done(status: int, seconds: float) -> None:
    if request.endpoint not in QUIET:
        facts = {"route": str(request.url_rule), "method": request.method, "status": status}
        access.info("request", extra=facts | {"ms": round(seconds * 1000, 1)})
