"""WhatsApp's Cloud API: notices are signed with the app's secret (X-Hub-Signature-256); what was sent is told delivered and read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.messenger import BadNotice, Heard, MessengerFails, NotReachable, Outgoing, ask, parsed
from telehealth.messenger import Arrival, Incoming, Status

STATES = {"sent": Arrival.SENT, "delivered": Arrival.DELIVERED, "read": Arrival.READ, "failed": Arrival.FAILED}
LATER = {4, 80007, 130429, 131048, 131056}  # error codes that say: not now, too many
IN_WORDS = frozenset({"text", "button", "interactive"})
WORDLESS = frozenset({"reaction", "unsupported", "system"})


class WhatsApp:
    """`number` is the id of the clinic's phone number, not the number. Its secrets are never logged nor part of an error."""

    def __init__(self, token: str, secret: str, number: str, api: str, *, inside: bool) -> None:
        self._token, self._secret, self.number, self._api, self.inside = token, secret, number, api.rstrip("/"), inside

    def read(self, body: bytes, headers: Mapping[str, str]) -> Heard:
        right = "sha256=" + hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get("X-Hub-Signature-256", "")
        if not self._secret or not hmac.compare_digest(right.encode(), given.encode()):
            raise BadNotice("the signature is not right")
        told = parsed(body)
        heard = Heard()
        try:
            for value in self._values(told):
                names = {who["wa_id"]: who.get("profile", {}).get("name", "") for who in value.get("contacts", [])}
                heard.messages.extend(_message(one, names) for one in value.get("messages", []) if one["type"] not in WORDLESS)
                heard.statuses.extend(_status(one) for one in value.get("statuses", []) if one["status"] in STATES)
        except (KeyError, TypeError, AttributeError) as error:
            raise BadNotice(type(error).__name__) from None
        return heard

    def _values(self, told: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What is about the account's own number; an app may have several."""
        for entry in told.get("entry", []):
            for change in entry.get("changes", []):
                value = change["value"]
                if change.get("field") == "messages" and value["metadata"]["phone_number_id"] == self.number:
                    yield value

    def send(self, message: Outgoing) -> str:
        to = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": message.to.lstrip("+")}
        told = self._ask(f"{self._api}/{self.number}/messages", to | _said(message))
        return str(told["messages"][0]["id"]) if told.get("messages") else ""

    def test(self, notices: str) -> str:
        told = self._ask(f"{self._api}/{self.number}?fields=display_phone_number", None)
        return str(told.get("display_phone_number", self.number))

    def _ask(self, url: str, what: dict[str, Any] | None) -> dict[str, Any]:
        status, told = ask(url, what, {"Authorization": f"Bearer {self._token}"}, inside=self.inside)
        if 200 <= status < 300:
            return told
        error = told.get("error") if isinstance(told.get("error"), dict) else {}
        code = error.get("code", 0) if error else 0
        why = f"WhatsApp answers {status}, code {code}"
        raise MessengerFails(why) if status >= 500 or status in {401, 429} or code in LATER else NotReachable(why)


def _said(message: Outgoing) -> dict[str, Any]:
    if message.template is None:
        return {"type": "text", "text": {"body": message.text, "preview_url": False}}
    name, language = message.template
    blanks = [{"type": "text", "text": blank} for blank in message.blanks]
    return {
        "type": "template",
        "template": {"name": name, "language": {"code": language}, "components": [{"type": "body", "parameters": blanks}]},
    }


def _message(one: dict[str, Any], names: dict[str, str]) -> Incoming:
    kind, sender = one["type"], one["from"]
    text = _text(kind, one[kind])
    return Incoming(one["id"], f"+{sender}", names.get(sender, ""), text, int(kind not in IN_WORDS))


def _text(kind: str, what: Any) -> str:
    """What was written, or the button that was pressed; of a file the words below it."""
    if kind == "text":
        return str(what["body"])
    if kind == "button":
        return str(what["text"])
    if kind == "interactive":
        return str(what[what["type"]]["title"])
    return str(what.get("caption", "")) if isinstance(what, dict) else ""


def _status(one: dict[str, Any]) -> Status:
    errors = one.get("errors") or [{}]
    return Status(one["id"], STATES[one["status"]], str(errors[0].get("title", "")))
