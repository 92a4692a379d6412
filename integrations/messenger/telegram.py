"""Telegram's Bot API: notices bear the secret that we gave with setWebhook; answers go by sendMessage."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from integrations.messenger import BadNotice, Heard, MessengerFails, NotReachable, Outgoing, ask, parsed
from telehealth.messenger import Incoming

WITH_FILE = ("photo", "document", "voice", "audio", "video", "video_note", "sticker", "animation", "location", "contact")
NEVER = {400, 403, 404}  # a chat that has gone, or a person who has stopped the bot


class Telegram:
    """Knows two secrets; none of them is ever logged or part of an error, though the token stands in every address."""

    def __init__(self, token: str, secret: str, api: str, *, inside: bool) -> None:
        self._token, self._secret, self._api, self.inside = token, secret, api.rstrip("/"), inside

    def read(self, body: bytes, headers: Mapping[str, str]) -> Heard:
        given = headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not self._secret or not hmac.compare_digest(self._secret.encode(), given.encode()):
            raise BadNotice("the secret is not right")
        told = parsed(body)
        try:
            message = _message(told.get("message"))
        except (KeyError, TypeError, AttributeError) as error:
            raise BadNotice(type(error).__name__) from None
        return Heard([message] if message else [])

    def send(self, message: Outgoing) -> str:
        said = {"chat_id": message.to, "text": message.text, "link_preview_options": {"is_disabled": True}}
        made = self._call("sendMessage", said)
        return f"{message.to}:{made.get('message_id', '')}"

    def test(self, notices: str) -> str:
        who = self._call("getMe", {})
        self._call("setWebhook", {"url": notices, "secret_token": self._secret, "allowed_updates": ["message"]})
        return f"@{who.get('username', '')}"

    def _call(self, method: str, what: dict[str, Any]) -> dict[str, Any]:
        status, told = ask(f"{self._api}/bot{self._token}/{method}", what, {}, inside=self.inside)
        if status == 200 and told.get("ok") is True:
            made = told.get("result")
            return made if isinstance(made, dict) else {}
        why = f"Telegram answers {status}: {str(told.get('description', ''))[:120]}"
        raise NotReachable(why) if status in NEVER else MessengerFails(why)


def _message(told: dict[str, Any] | None) -> Incoming | None:
    """Only what a person writes to the bot alone: neither groups nor other bots, and no later change of a message."""
    if told is None or told["chat"]["type"] != "private" or told["from"].get("is_bot"):
        return None
    who = told["from"]
    name = " ".join(part for part in (who.get("first_name", ""), who.get("last_name", "")) if part)
    chat = str(told["chat"]["id"])
    files = sum(1 for kind in WITH_FILE if kind in told)
    return Incoming(f"{chat}:{told['message_id']}", chat, name, told.get("text") or told.get("caption") or "", files)
