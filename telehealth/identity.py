"""Who is signed in on a clinic's website: its server signs who it is, and a chat begins as that person (secret per widget)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, session_of, within_organization
from telehealth.widget import IdentityMode, Widget

LONGEST_LIFE = timedelta(minutes=10)
CLOCKS_DIFFER = timedelta(seconds=30)
OVERLAP = timedelta(hours=24)
MOST_SECRETS = 2  # taken at the same time: the newest, and the one before as long as OVERLAP
REMEMBERED = timedelta(days=2)
LONGEST = 4000  # characters of a whole identity
SHORTEST_NONCE, LONGEST_NONCE = 16, 64
LIMITS = {"id": 200, "name": 120, "email": 254, "phone": 40, "locale": 20}


class BadIdentity(Exception):
    """It is not signed with this widget's secret, or does not hold what an identity holds."""


class IdentityOver(Exception):
    """It is older than it says it may be, or says that it may be older than LONGEST_LIFE."""


class IdentityUsed(Exception):
    """Somebody has come with it before."""


class IdentityNeeded(Exception):
    """The widget is for people who are signed in on the clinic's website."""


@dataclass(frozen=True)
class Claims:
    """Whom the website vouches for; `id` is its own name for the person, the others may be empty."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    locale: str = ""


class WidgetSecret(Owned, Base):
    """What a website signs with; `until` is when a replaced one stops being taken."""

    __tablename__ = "widget_secret"
    __sealed__ = ("sealed_secret",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("uid"),
        within_organization("widget_id", "widget", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_urlsafe(16))
    widget_id: Mapped[int]
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    until: Mapped[datetime | None]

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|widget_secret|{self.uid}|{column.removeprefix('sealed_')}"

    @property
    def secret(self) -> str:
        return session_of(self).keyring.open(self.sealed_secret, self.place_of("sealed_secret"))


class SignedIdentity(Owned, Base):
    """An identity with which somebody has come: its `nonce` is never taken again while it could be."""

    __tablename__ = "signed_identity"
    __sealed__ = ("sealed_claims",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "nonce"),
        Index("ix_signed_identity_visitor", "organization_id", "visitor"),
        within_organization("widget_id", "widget", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    widget_id: Mapped[int]
    nonce: Mapped[str] = mapped_column(String(LONGEST_NONCE))
    visitor: Mapped[str] = mapped_column(String(64))
    sealed_claims: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime]

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|signed_identity|{self.widget_id}:{self.nonce}|{column.removeprefix('sealed_')}"

    @property
    def claims(self) -> Claims:
        return Claims(**json.loads(session_of(self).keyring.open(self.sealed_claims, self.place_of("sealed_claims"))))


def rotate(session: Session, widget: Widget, now: datetime) -> str:
    """A new secret, told this once; the one before is taken for OVERLAP, so that the website can change over.

    No more than two are ever taken: one that was made before both ends at once.
    """
    for place, earlier in enumerate(_secrets(session, widget, now)):
        overlap = OVERLAP if place < MOST_SECRETS - 1 else timedelta(0)
        earlier.until = min(earlier.until or now + overlap, now + overlap)
    secret = secrets.token_urlsafe(32)
    made = WidgetSecret(uid=secrets.token_urlsafe(16), organization_id=widget.organization_id, widget_id=widget.id, made_at=now)
    made.sealed_secret = session.keyring.seal(secret, made.place_of("sealed_secret"))
    session.add(made)
    widget.identity_salt = widget.identity_salt or secrets.token_hex(16)
    session.flush()
    return secret


def _secrets(session: Session, widget: Widget, now: datetime) -> Sequence[WidgetSecret]:
    good = or_(WidgetSecret.until.is_(None), WidgetSecret.until > now)
    newest_first = WidgetSecret.id.desc()
    return session.scalars(select(WidgetSecret).where(WidgetSecret.widget_id == widget.id, good).order_by(newest_first)).all()


def come(session: Session, widget: Widget, identity: str, now: datetime) -> str:
    """Take an identity, this once; gives the visitor's name, which is the same wherever this person comes from.

    `identity` is base64url of the signed JSON, a dot, and the JSON's HMAC-SHA256 in hexadecimal digits.
    Raises BadIdentity, IdentityOver, IdentityUsed.
    """
    claims, nonce = _verified(session, widget, identity, now)
    name = hashlib.sha256(f"{widget.identity_salt}|{widget.id}|{claims.id}".encode()).hexdigest()
    used = SignedIdentity(
        organization_id=widget.organization_id, widget_id=widget.id, nonce=nonce, visitor=name, used_at=now
    )
    used.sealed_claims = session.keyring.seal(json.dumps(asdict(claims)), used.place_of("sealed_claims"))
    try:
        with session.begin_nested():
            session.add(used)
    except IntegrityError:
        raise IdentityUsed from None
    _forget(session, widget, now)
    return name


def claims_of(session: Session, widget: Widget, visitor: str) -> Claims | None:
    """What the website said last of a visitor; None when it has not, or too long ago."""
    query = select(SignedIdentity).where(SignedIdentity.widget_id == widget.id, SignedIdentity.visitor == visitor)
    latest = session.scalar(query.order_by(SignedIdentity.id.desc()).limit(1))
    return latest.claims if latest is not None else None


def require(widget: Widget, *, verified: bool) -> None:
    """Raises IdentityNeeded."""
    if widget.identity is IdentityMode.REQUIRED and not verified:
        raise IdentityNeeded


def _forget(session: Session, widget: Widget, now: datetime) -> None:
    session.execute(delete(SignedIdentity).where(SignedIdentity.widget_id == widget.id, SignedIdentity.used_at < now - REMEMBERED))


def _verified(session: Session, widget: Widget, identity: str, now: datetime) -> tuple[Claims, str]:
    payload, signature = _parts(identity)
    if not any(_signs(known.secret, payload, signature) for known in _secrets(session, widget, now)):
        raise BadIdentity
    return _read(payload, now)


def _parts(identity: str) -> tuple[bytes, bytes]:
    encoded, _, signature = identity.partition(".")
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True), signature.encode("ascii")
    except (binascii.Error, UnicodeEncodeError):
        raise BadIdentity from None


def _signs(secret: str, payload: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest().encode(), signature.lower())


def _read(payload: bytes, now: datetime) -> tuple[Claims, str]:
    try:
        said = json.loads(payload)
    except ValueError:
        raise BadIdentity from None
    if not isinstance(said, dict) or not said.keys() <= {*LIMITS, "exp", "nonce"}:
        raise BadIdentity
    nonce, ends = said.pop("nonce", None), said.pop("exp", None)
    if not isinstance(nonce, str) or not SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE:
        raise BadIdentity
    if not all(isinstance(value, str) and len(value) <= LIMITS[key] for key, value in said.items()) or not said.get("id"):
        raise BadIdentity
    _require_fresh(ends, now)
    return Claims(**said), nonce


def _require_fresh(ends: object, now: datetime) -> None:
    """`ends` are seconds since 1970."""
    if isinstance(ends, bool) or not isinstance(ends, int) or not 0 < ends < 2**33:
        raise BadIdentity
    until = datetime.fromtimestamp(ends, UTC)
    if not now < until <= now + LONGEST_LIFE + CLOCKS_DIFFER:
        raise IdentityOver
