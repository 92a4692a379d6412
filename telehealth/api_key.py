"""Keys for a clinic's own systems and plug-ins: `kns_<id>_<secret>`, stored as a hash, with scopes that are enforced."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session


class Scope(StrEnum):
    LIST_WIDGETS = "list_widgets"


class BadKey(Exception):
    """Unknown, revoked, or without the scope that is asked for."""


class ApiKey(Owned, Base):
    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("organization_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    public_part: Mapped[str] = mapped_column(String(16), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON, default=lambda: [Scope.LIST_WIDGETS.value])
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    def revoke(self, now: datetime) -> None:
        self.revoked_at = self.revoked_at or now

    def __str__(self) -> str:
        return self.name


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def create(session: Session, name: str, now: datetime, secret: str | None = None) -> tuple[ApiKey, str]:
    """A new key and the text to hand out, which cannot be shown again."""
    public, secret = secrets.token_hex(6), secret or secrets.token_urlsafe(32)
    key = ApiKey(name=name, public_part=public, secret_hash=_hash(secret), created_at=now)
    session.add(key)
    return key, f"kns_{public}_{secret}"


def present(session: Session, text: str, scope: Scope, now: datetime) -> ApiKey:
    """The key this text belongs to; the session enters its organisation. Raises BadKey."""
    prefix, _, rest = text.partition("_")
    public, _, secret = rest.partition("_")
    found = session.execute(
        select(ApiKey.organization_id, ApiKey.id, ApiKey.secret_hash, ApiKey.revoked_at, ApiKey.scopes).where(
            ApiKey.public_part == public
        ),
        execution_options={"across_organizations": True},
    ).one_or_none()
    known = found is not None and hmac.compare_digest(found.secret_hash, _hash(secret))
    if prefix != "kns" or found is None or not known or found.revoked_at or scope.value not in found.scopes:
        raise BadKey
    session.enter(found.organization_id)
    key = session.get_one(ApiKey, found.id)
    key.used_at = now
    return key
