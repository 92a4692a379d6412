"""What an entry of the history says in words: names of people and departments, states, times as the reader's clock shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask import g
from sqlalchemy import Column, inspect, select

from admin import words
from telehealth.audit import AuditEvent
from telehealth.database import Base, Instant
from telehealth.department import Department
from telehealth.practitioner import Practitioner
from web.house import session

NAMED: dict[str, type] = {"practitioner": Practitioner, "department": Department}
MODELS: dict[str, type] = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
NOTHING = "–"

Write = Callable[[Any, str], str]


def changes(entry: AuditEvent, write: Write) -> str:
    """Each change: what, from what, to what; `write` says how a value reads in a field."""
    model = MODELS.get(entry.entity)
    return "; ".join(f"{_label(model, field)}: {_steps(model, field, values, write)}" for field, values in entry.changes.items())


def _label(model: type | None, field: str) -> Any:
    named = words.FIELDS.get(model, {}) if model else {}
    for name in (field, field.removesuffix("_id")):
        if name in named:
            return named[name][0]
    return words.known_label(field.removesuffix("_id"))


def _steps(model: type | None, field: str, values: Any, write: Write) -> str:
    column = _column(model, field)
    steps = values if isinstance(values, list) else [values]
    return " → ".join(_value(column, field, str(value), write) for value in steps)


def _column(model: type | None, field: str) -> Column[Any] | None:
    columns: Any = inspect(model).columns if model else {}
    return columns.get(field)


def _value(column: Column[Any] | None, field: str, text: str, write: Write) -> str:
    """What was written down when it changed, as the field itself would show it; what has no such form, as it stands."""
    if column is None or text in ("", "None"):
        return NOTHING if text == "None" else text
    table = next((key.column.table.name for key in column.foreign_keys if key.column.name == "id"), "")
    if table in NAMED:
        return _names(NAMED[table]).get(text, text)
    with suppress(ValueError):
        return write(_read(datetime if isinstance(column.type, Instant) else column.type.python_type, text), field)
    return text


def _read(kind: type, text: str) -> Any:
    if kind is bool:
        return text == "True"
    if issubclass(kind, datetime | date):
        return kind.fromisoformat(text)
    return kind(text) if issubclass(kind, StrEnum | int) else text


def _names(model: Any) -> dict[str, str]:
    """Of all rows, read once for a page."""
    known: dict[Any, dict[str, str]] = g.setdefault("names", {})
    if model not in known:
        known[model] = {str(number): name for number, name in session().execute(select(model.id, model.name))}
    return known[model]
