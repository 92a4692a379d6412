"""Who is signed in on a website: signed with the widget's secret, for minutes, once; anything else is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock, identity
from telehealth.database import Session
from telehealth.identity import OVERLAP, BadIdentity, IdentityOver, IdentityUsed, SignedIdentity, WidgetSecret
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id


def signed(secret: str, **changes: Any) -> str:
    ends = int(clock.now().timestamp()) + 300
    said = {"id": "17", "name": "Ingrid Lund", "email": "ingrid@example.org", "exp": ends, "nonce": client_id()} | changes
    payload = json.dumps({key: value for key, value in said.items() if value is not None}, sort_keys=True).encode()
    return base64.urlsafe_b64encode(payload).decode() + "." + hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


@pytest.fixture
def widget(clinic: Clinic, session: Session) -> Widget:
    return session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()


@pytest.fixture
def secret(session: Session, widget: Widget) -> str:
    return identity.rotate(session, widget, clock.now())


def test_the_same_person_is_the_same_visitor_every_time(session: Session, widget: Widget, secret: str) -> None:
    names = {identity.come(session, widget, signed(secret), clock.now()) for _ in range(2)}
    assert len(names) == 1
    assert names != {identity.come(session, widget, signed(secret, id="18"), clock.now())}


def test_what_the_website_says_is_kept_sealed(session: Session, widget: Widget, secret: str) -> None:
    name = identity.come(session, widget, signed(secret), clock.now())
    known = identity.claims_of(session, widget, name)
    assert known is not None and (known.id, known.name, known.email) == ("17", "Ingrid Lund", "ingrid@example.org")
    assert b"Ingrid" not in session.query(SignedIdentity).one().sealed_claims
    assert secret.encode() not in session.query(WidgetSecret).one().sealed_secret


def test_it_is_taken_once(session: Session, widget: Widget, secret: str) -> None:
    once = signed(secret)
    identity.come(session, widget, once, clock.now())
    with pytest.raises(IdentityUsed):
        identity.come(session, widget, once, clock.now())


def test_it_is_taken_for_as_long_as_it_says_and_never_longer_than_ten_minutes(session: Session, widget: Widget, secret: str) -> None:
    now = clock.now()
    for seconds in (-1, 0, 700):
        with pytest.raises(IdentityOver):
            identity.come(session, widget, signed(secret, exp=int(now.timestamp()) + seconds), now)
    identity.come(session, widget, signed(secret, exp=int(now.timestamp()) + 600), now)


@pytest.mark.parametrize(
    "changes",
    [{"id": ""}, {"id": None}, {"id": 17}, {"exp": None}, {"exp": "9"}, {"exp": True}, {"nonce": "short"}, {"nonce": None}, {"role": "doctor"},
     {"name": "x" * 121}, {"nonce": "x" * 65}],
)  # fmt: skip
def test_what_is_signed_must_be_an_identity(session: Session, widget: Widget, secret: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadIdentity):
        identity.come(session, widget, signed(secret, **changes), clock.now())


@pytest.mark.parametrize("spoilt", ["{payload}.{other}", "{payload}", "A{payload}.{signature}", "", "é.é", "[].{signature}"])
def test_a_wrong_signature_is_refused(session: Session, widget: Widget, secret: str, spoilt: str) -> None:
    payload, _, signature = signed(secret).partition(".")
    with pytest.raises(BadIdentity):
        identity.come(session, widget, spoilt.format(payload=payload, signature=signature, other=signature[::-1]), clock.now())


def test_another_widgets_secret_signs_nothing_here(clinic: Clinic, session: Session, widget: Widget, secret: str) -> None:
    there = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
    with pytest.raises(BadIdentity):
        identity.come(session, widget, signed(identity.rotate(session, there, clock.now())), clock.now())


def test_a_replaced_secret_is_taken_for_a_day(session: Session, widget: Widget, secret: str) -> None:
    name = identity.come(session, widget, signed(secret), clock.now())
    newer = identity.rotate(session, widget, clock.now())
    assert identity.come(session, widget, signed(secret), clock.now()) == name
    assert identity.come(session, widget, signed(newer), clock.now()) == name
    later = clock.now() + OVERLAP
    with pytest.raises(BadIdentity):
        identity.come(session, widget, signed(secret, exp=int((later + timedelta(minutes=5)).timestamp())), later)


def test_of_three_secrets_made_within_a_day_the_first_ends_at_once(session: Session, widget: Widget, secret: str) -> None:
    now = clock.now()
    second = identity.rotate(session, widget, now + timedelta(hours=1))
    third = identity.rotate(session, widget, now + timedelta(hours=2))
    later = now + timedelta(hours=2)
    ends = int((later + timedelta(minutes=5)).timestamp())
    for taken in (second, third):
        identity.come(session, widget, signed(taken, exp=ends), later)
    with pytest.raises(BadIdentity):
        identity.come(session, widget, signed(secret, exp=ends), later)


def test_a_secret_that_was_replaced_lives_no_longer_because_another_one_is_made(session: Session, widget: Widget, secret: str) -> None:
    now = clock.now()
    second = identity.rotate(session, widget, now)
    identity.rotate(session, widget, now + OVERLAP - timedelta(minutes=1))
    later = now + OVERLAP + timedelta(minutes=1)
    first = session.query(WidgetSecret).order_by(WidgetSecret.id).first()
    assert first is not None and first.until is not None and first.until <= now + OVERLAP
    identity.come(session, widget, signed(second, exp=int((later + timedelta(minutes=5)).timestamp())), later)
