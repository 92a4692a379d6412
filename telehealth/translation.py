"""Texts of an organisation in other languages: one table for every translatable field of every model.

The source text stays in the field itself; here stand its translations, each with the hash of the source it was made
from, so that a changed source shows its translations as outdated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, one_of


class TranslationState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"


class NotTranslatable(ValueError):
    """The model does not list this field among its texts."""


class Translation(Owned, Base):
    __tablename__ = "translation"
    __table_args__ = (
        UniqueConstraint("organization_id", "entity", "entity_id", "field", "locale"),
        UniqueConstraint("organization_id", "id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[int]
    field: Mapped[str] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[TranslationState] = mapped_column(one_of(TranslationState), default=TranslationState.APPROVED)
    source_hash: Mapped[str] = mapped_column(String(16))
    updated_at: Mapped[datetime]

    def __str__(self) -> str:
        return f"{self.entity}.{self.field} {self.locale}"


@dataclass(frozen=True)
class Localized:
    """A text and the language it is really in; `lang` is empty when that is the language asked for."""

    text: str
    lang: str

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)


def hash_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def chain(locale: str, default: str) -> list[str]:
    """Where to look, best first: the locale, its parents, then the organisation's own."""
    parts = locale.replace("_", "-").split("-")
    parents = ["-".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return [*parents, *(part for part in [default] if part not in parents)]


class Texts:
    """Reads texts of rows in a language: one query for all rows that were announced by `prefetch`."""

    def __init__(self, session: Session, locale: str, source_locale: str) -> None:
        self.session, self.locale, self.source_locale = session, locale, source_locale
        self._chain = chain(locale, source_locale)
        self._known: dict[tuple[str, int, str], dict[str, str]] = {}
        self._fetched: set[tuple[str, int]] = set()

    def prefetch(self, rows: Iterable[Any]) -> None:
        wanted = {(row.__tablename__, row.id) for row in rows} - self._fetched
        self._fetched |= wanted
        if not wanted or self._chain[0] == self.source_locale:
            return
        found = select(Translation).where(
            Translation.entity.in_({entity for entity, _ in wanted}),
            Translation.entity_id.in_({entity_id for _, entity_id in wanted}),
            Translation.locale.in_(self._chain),
            Translation.state == TranslationState.APPROVED,
        )
        for row in self.session.scalars(found):
            self._known.setdefault((row.entity, row.entity_id, row.field), {})[row.locale] = row.text

    def of(self, row: Any, field: str) -> Localized:
        """The field's text in the best language there is."""
        _require_translatable(row, field)
        self.prefetch([row])
        known = self._known.get((row.__tablename__, row.id, field), {})
        for locale in self._chain:
            if locale == self.source_locale:
                break
            if text := known.get(locale):
                return Localized(text, "" if locale == self.locale else locale)
        return Localized(getattr(row, field), "" if self.source_locale == self.locale else self.source_locale)

    def together(self, row: Any, fields: Sequence[str]) -> tuple[str, dict[str, str]]:
        """All fields in one and the same language, so that a mail never mixes two: the locale and the texts."""
        self.prefetch([row])
        for locale in self._chain:
            if locale == self.source_locale:
                break
            texts = {field: self._known.get((row.__tablename__, row.id, field), {}).get(locale, "") for field in fields}
            if all(texts.values()):
                return locale, texts
        return self.source_locale, {field: getattr(row, field) for field in fields}


def _require_translatable(row: Any, field: str) -> None:
    if field not in row.__translatable__:
        raise NotTranslatable(f"{type(row).__name__}.{field}")


def translate(session: Session, row: Any, field: str, locale: str, text: str, now: datetime) -> Translation:
    """Store or replace one translation, made from the source as it is now."""
    _require_translatable(row, field)
    key = {"entity": row.__tablename__, "entity_id": row.id, "field": field, "locale": locale}
    known = session.scalar(select(Translation).filter_by(**key)) or Translation(**key)
    known.text, known.source_hash, known.updated_at = text, hash_of(getattr(row, field)), now
    session.add(known)
    return known
