"""A small Stripe of our own over real HTTP: pages to pay on, refunds, idempotency keys and signed notices."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

KEY, SECRET = "sk_test_of_the_clinic", "whsec_of_the_clinic"


class Stripe(ThreadingHTTPServer):
    """`asked` has every request that did something: path and values. `broken` answers 500 to the next so many."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.kept: dict[str, dict[str, Any]] = {}
        self.keys: list[str] = []
        self.broken = 0
        self.address = f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, key: str, values: dict[str, str]) -> dict[str, Any]:
        """The same key gets the same answer, and nothing is done twice."""
        self.keys.append(key)
        if key not in self.kept:
            self.asked.append((path, values))
            number = len(self.asked)
            made = {"id": f"re_{number}", "object": "refund"}
            if path.endswith("/sessions"):
                made = {"id": f"cs_{number}", "object": "checkout.session", "url": f"{self.address}/page/{number}"}
            self.kept[key] = made
        return self.kept[key]


class _Handler(BaseHTTPRequestHandler):
    server: Stripe

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers["Authorization"] != f"Bearer {KEY}":
            return self._say(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}})
        if self.server.broken:
            self.server.broken -= 1
            return self._say(500, {"error": {"type": "api_error", "message": "Something is wrong"}})
        values = {name: value[0] for name, value in parse_qs(body).items()}
        return self._say(200, self.server.answer(self.path, self.headers["Idempotency-Key"], values))

    def _say(self, status: int, what: dict[str, Any]) -> None:
        text = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def stripe() -> Iterator[Stripe]:
    server = Stripe()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def paid(uid: str, *, kind: str = "checkout.session.completed", amount: int = 4500, currency: str = "eur", intent: str = "pi_1", status: str = "paid") -> bytes:
    """A notice as Stripe writes it."""
    what = {
        "id": "cs_1", "object": "checkout.session", "amount_total": amount, "currency": currency, "payment_intent": intent,
        "payment_status": status, "client_reference_id": uid, "metadata": {"konsulto": uid},
    }  # fmt: skip
    return notice(kind, what)


def notice(kind: str, what: dict[str, Any]) -> bytes:
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": what}}).encode()


def signed(body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    word = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={word}", "Content-Type": "application/json"}
