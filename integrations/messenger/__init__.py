"""Services of others by which patients write to the clinic: one interface, one file for each (X-61)."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from integrations import outside
from telehealth.job import GivenUp
from telehealth.messenger import Incoming, Status


class BadNotice(ValueError):
    """It does not come from the service, is too old, or says nothing that can be read."""


class MessengerFails(OSError):
    """The service cannot be reached, or does not do it now."""


class NotReachable(GivenUp):
    """The service will never bring this message there."""


@dataclass(frozen=True)
class Heard:
    """What one notice of a service says."""

    messages: list[Incoming] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)


@dataclass(frozen=True)
class Outgoing:
    """What is said: never anything of health. `key` is the same at every attempt.

    `template` is the name and the language of an approved message, with `blanks` to be filled in, where `text` is not taken now.
    `subject`, `reply_key` and `refers_to` are for mails: what they are called, where answers find their conversation, what they answer.
    """

    to: str
    text: str
    key: str
    subject: str = ""
    reply_key: str = ""
    refers_to: str = ""
    template: tuple[str, str] | None = None
    blanks: tuple[str, ...] = ()


class Messenger(Protocol):
    """Every call ends within seconds."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> Heard:
        """What a notice says, once its signature is known to be right. Raises BadNotice."""

    def send(self, message: Outgoing) -> str:
        """Say something; gives the service's own name of it. Raises MessengerFails, NotReachable."""

    def test(self, notices: str) -> str:
        """Try the account, and where the service can be told so, ask it to send its notices to that address; gives its name there.

        Raises MessengerFails, NotReachable.
        """


def parsed(body: bytes) -> dict[str, Any]:
    """Raises BadNotice."""
    try:
        told = json.loads(body)
    except ValueError:
        raise BadNotice("not JSON") from None
    if not isinstance(told, dict):
        raise BadNotice("not an object")
    return told


def ask(url: str, body: Any, headers: dict[str, str], *, inside: bool) -> tuple[int, dict[str, Any]]:
    """Send JSON and read JSON; without a body only read. Errors never name the address, which may hold a secret.

    Raises MessengerFails.
    """
    try:
        if body is None:
            status, answer = outside.get(url, headers, inside=inside)
        else:
            status, answer = outside.post(url, json.dumps(body).encode(), {"Content-Type": "application/json"} | headers, inside=inside)
    except outside.Inside:
        raise MessengerFails("the address is not one of the public internet") from None
    except (OSError, http.client.HTTPException) as error:
        raise MessengerFails(f"it cannot be reached: {type(error).__name__}") from None
    try:
        told = json.loads(answer)
    except ValueError:
        told = {}
    return status, told if isinstance(told, dict) else {}
