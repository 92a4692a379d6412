"""Links by which people choose their password: for a limited time, once, never chosen by somebody else.

Nothing is stored. The link names the sign-in and carries a fingerprint of its present password, so that it dies when a
password is set; the part behind # is never sent with a request for a page.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from admin.sign_in import SignIn
from telehealth import clock
from telehealth.database import Session
from telehealth.outbox import MailKind, enqueue
from telehealth.practitioner import Practitioner
from web.house import house

LASTS = timedelta(hours=24)
SHORTEST_PASSWORD = 13
LONGEST_PASSWORD = 200


class LinkDead(Exception):
    """Forged, too old, used already, or for somebody who has gone."""


def send(session: Session, person: Practitioner) -> None:
    """Put the mail with a fresh link into the outbox."""
    user = user_of(session, person)
    if user is None:
        return
    link = f"{house().settings.base_url}/admin/password/#{token_for(user)}"
    about = {"person_name": person.name, "password_link": link}
    enqueue(session, MailKind.STAFF_INVITATION, None, person.email, locale=person.locale, now=clock.now(), about=about)


def user_of(session: Session, person: Practitioner) -> User | None:
    query = select(User).join(SignIn, SignIn.user_id == User.id).where(SignIn.practitioner_id == person.id)
    return session.scalar(query)


def token_for(user: User) -> str:
    ends = int((clock.now() + LASTS).timestamp())
    return _serializer().dumps([user.id, ends, _fingerprint(user)])


def holder(session: Session, token: str) -> User:
    """Whose link it is. Raises LinkDead."""
    try:
        user_id, ends, fingerprint = _serializer().loads(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise LinkDead from error
    user = session.get(User, user_id)
    if user is None or not user.active or fingerprint != _fingerprint(user) or clock.now().timestamp() > ends:
        raise LinkDead
    return user


def _fingerprint(user: Any) -> str:
    return hashlib.sha256(f"{user.id}|{user.password}".encode()).hexdigest()[:20]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(house().settings.secret_key, salt="password link")
