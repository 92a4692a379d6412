"""A webhook of the clinic's own, signed in both directions: HMAC-SHA256 of `timestamp.body`, as for text messages (X-61)."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from typing import Any

import json

from integrations import outside
from integrations.messenger import BadNotice, Heard, MessengerFails, NotReachable, Outgoing, parsed
from integrations.sms import signature
from telehealth import clock
from telehealth.messenger import Arrival, Incoming, Status

WINDOW = 300  # seconds around now in which a notice counts
STATES = {"delivered": Arrival.DELIVERED, "read": Arrival.READ, "failed": Arrival.FAILED}


class Webhook:
    """Without an address, which test organisations alone may leave out, nothing leaves."""

    def __init__(self, url: str, secret: str, *, inside: bool) -> None:
        self.url, self._secret, self.inside = url, secret, inside

    def read(self, body: bytes, headers: Mapping[str, str]) -> Heard:
        self._require_signed(body, headers)
        told = parsed(body)
        try:
            return Heard([_message(one) for one in told.get("messages", [])], [_status(one) for one in told.get("statuses", [])])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadNotice(type(error).__name__) from None

    def _require_signed(self, body: bytes, headers: Mapping[str, str]) -> None:
        stamp, signed = headers.get("X-Konsulto-Timestamp", ""), headers.get("X-Konsulto-Signature", "")
        if not self._secret or not hmac.compare_digest(signature(self._secret, stamp, body).encode(), signed.encode()):
            raise BadNotice("the signature is not right")
        if not stamp.isascii() or not stamp.isdecimal() or abs(int(stamp) - clock.now().timestamp()) > WINDOW:
            raise BadNotice("too old, or from the future")

    def send(self, message: Outgoing) -> str:
        if not self.url:
            return f"sandbox-{message.key}"
        self._post({"id": message.key, "to": message.to, "text": message.text})
        return message.key

    def test(self, notices: str) -> str:
        if not self.url:
            return "sandbox"
        self._post({"test": True})
        return self.url

    def _post(self, what: dict[str, Any]) -> None:
        body, stamp = json.dumps(what).encode(), str(int(time.time()))
        headers = {
            "Content-Type": "application/json", "X-Konsulto-Timestamp": stamp,
            "X-Konsulto-Signature": signature(self._secret, stamp, body),
        }  # fmt: skip
        try:
            status, _answer = outside.post(self.url, body, headers, inside=self.inside)
        except outside.Inside:
            raise NotReachable("the address is not https on the public internet") from None
        except (OSError, ValueError, EOFError) as error:
            raise MessengerFails(f"it cannot be reached: {type(error).__name__}") from None
        if status in {404, 410, 422}:
            raise NotReachable(f"it refuses with {status}")
        if not 200 <= status < 300:
            raise MessengerFails(f"it answers {status}")


def _message(one: dict[str, Any]) -> Incoming:
    external, sender, text = str(one["id"]), str(one["from"]), str(one.get("text", ""))
    if not external or not sender:
        raise ValueError
    return Incoming(external, sender, str(one.get("name", "")), text, int(one.get("attachments", 0)))


def _status(one: dict[str, Any]) -> Status:
    return Status(str(one["id"]), STATES[str(one["state"])], str(one.get("error", "")))
