"""What opens a staff socket: a signed word that lives two minutes and names the sign-in it came from.

A socket is asked from a page with a cookie; the cookie itself never opens one, so that no other site can ride on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from telehealth import clock
from web.errors import Refusal

LIFETIME = timedelta(minutes=2)


@dataclass(frozen=True)
class SignIn:
    """`session_key` names the browser's sign-in; the socket ends with it."""

    organization_id: int
    practitioner_id: int
    session_key: str
    locale: str


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="desk-socket", signer_kwargs={"digest_method": hashlib.sha256})


def grant(secret: str, who: SignIn) -> str:
    ends = clock.now() + LIFETIME
    return str(_signer(secret).dumps([*astuple(who), int(ends.timestamp())]))


def read(secret: str, token: object) -> SignIn:
    """Raises Refusal when the token is not ours or has ended."""
    try:
        *parts, ends = _signer(secret).loads(str(token))
        who = SignIn(*parts)
    except (BadSignature, ValueError, TypeError):
        raise Refusal("not_signed_in", 401) from None
    if ends < clock.now().timestamp():
        raise Refusal("not_signed_in", 401)
    return who
