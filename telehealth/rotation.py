"""Rotating keys: what older keys have sealed is sealed anew under the newest, a page at a time, while the house is open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect, select, tuple_

from telehealth.database import Base, Session

PAGE = 200  # rows locked at a time


def sealed_models() -> list[type[Base]]:
    """Every model with sealed content."""
    return [mapper.class_ for mapper in Base.registry.mappers if mapper.class_.__sealed__]


def reseal(session: Session) -> Iterator[int]:
    """Seal the session's organisation anew; commits after every page and gives how many values it sealed in it.

    Raises CannotOpen when a key is missing: what came before it stays done.
    """
    for model in sealed_models():
        last: tuple[Any, ...] | None = None
        while rows := _page(session, model, last):
            last = inspect(model).primary_key_from_instance(rows[-1])
            yield sum(_reseal(session, row) for row in rows)
            session.commit()


def _page(session: Session, model: type[Base], last: tuple[Any, ...] | None) -> list[Any]:
    key = inspect(model).primary_key
    query = select(model).order_by(*key).limit(PAGE).with_for_update(of=model)
    if last is not None:
        query = query.where(tuple_(*key) > tuple_(*last))
    return list(session.scalars(query))


def _reseal(session: Session, row: Any) -> int:
    older = [name for name in row.__sealed__ if (sealed := getattr(row, name)) and not session.keyring.is_newest(sealed)]
    for name in older:
        place = row.place_of(name)
        setattr(row, name, session.keyring.seal_bytes(session.keyring.open_bytes(getattr(row, name), place), place))
    return len(older)
