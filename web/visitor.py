"""A visitor's session: a signed bearer token, no cookie and no row, so that nothing is stored before somebody acts.

The token names the widget and a random visitor; rows that the visitor makes carry only the hash of that name.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from telehealth import clock
from web.errors import Refusal


CONTACT = "~contact"  # in the place of a widget's id: whoever came by a link from a messenger or a mail


@dataclass(frozen=True)
class Visitor:
    """`name` is the hashed name that rows carry; `widget` the widget's id, empty for an appointment link, or CONTACT.

    `verified` is whoever the clinic's website has signed for.
    """

    organization_id: int
    widget: str
    name: str
    locale: str
    verified: bool = False


class SessionEnded(Refusal):
    """The token is ours, but has ended."""

    def __init__(self, who: Visitor) -> None:
        super().__init__("session_expired", 401)
        self.who = who


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="visitor", signer_kwargs={"digest_method": hashlib.sha256})


def new_name() -> str:
    return hashlib.sha256(secrets.token_bytes(32)).hexdigest()


def grant(secret: str, visitor: Visitor, lifetime: timedelta) -> tuple[str, datetime]:
    """The token and when it ends (UTC)."""
    ends = clock.now() + lifetime
    payload = [visitor.organization_id, visitor.widget, visitor.name, visitor.locale, int(ends.timestamp()), visitor.verified]
    return _signer(secret).dumps(payload), ends


def read(secret: str, token: str) -> Visitor:
    """Raises Refusal when the token is not ours, SessionEnded when it has ended."""
    try:
        organization_id, widget, name, locale, ends, *verified = _signer(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise Refusal("session_expired", 401) from None
    who = Visitor(organization_id, widget, name, locale, verified == [True])
    if ends < clock.now().timestamp():
        raise SessionEnded(who)
    return who


def bearer(header: str | None) -> str:
    """The token of an Authorization header. Raises Refusal."""
    kind, _, token = (header or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refusal("session_expired", 401)
    return token.strip()


def resume(secret: str, visitor: Visitor, lifetime: timedelta) -> str:
    """What the page around a widget keeps for a short while, so that a conversation goes on after it moved to another page."""
    payload = [visitor.organization_id, visitor.widget, visitor.name, visitor.verified, int((clock.now() + lifetime).timestamp())]
    return _resumer(secret).dumps(payload)


def resumed(secret: str, word: str, widget: str) -> tuple[str, bool]:
    """The visitor's name and whether a website has signed for it. Raises Refusal when the word is not ours or is too old."""
    try:
        _, of_widget, name, verified, ends = _resumer(secret).loads(word)
    except (BadSignature, ValueError, TypeError):
        raise Refusal("session_expired", 401) from None
    if of_widget != widget or ends < clock.now().timestamp():
        raise Refusal("session_expired", 401)
    return name, bool(verified)


def _resumer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="resume", signer_kwargs={"digest_method": hashlib.sha256})
