"""Rows of one model for generated views and APIs: filters that refuse nonsense, and queries that load a page in one go."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from flask import g
from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Text, and_, func, inspect, or_, select, true
from sqlalchemy.orm import Query, selectinload
from werkzeug.exceptions import BadRequest

from admin import scope
from telehealth.organization import Organization
from web.house import current_staff, session


def zone_of_request() -> Any:
    """The zone in which times are shown and entered."""
    if "zone" not in g:
        staff = current_staff()
        own = session().get(Organization, staff.organization_id) if staff else None
        g.zone = own.tz if own else UTC
    return g.zone


class Filter(BaseFilter):  # type: ignore[misc]
    """A filter on one of the model's own fields."""

    @property
    def field(self) -> Any:
        return getattr(self.model, self.column_name)


class Contains(Filter):
    name, arg_name = _l("contains"), "ct"

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        return query.filter(self.field.icontains(str(value), autoescape=True))


class StartsWith(Filter):
    name, arg_name = _l("starts with"), "sw"

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        return query.filter(self.field.istartswith(str(value), autoescape=True))


class Is(Filter):
    name, arg_name = _l("is"), "eq"

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        return query.filter(self.field == self.parse(value))

    def parse(self, value: Any) -> Any:
        return str(value)


class IsNumber(Is):
    def parse(self, value: Any) -> int:
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise BadRequest(f"{self.column_name}: not a number") from error


class FallsOn(IsNumber):
    """Rules that fall on this weekday, maybe among others."""

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        return query.filter(self.model.falls_on(self.parse(value)))


class IsYesOrNo(Is):
    def parse(self, value: Any) -> bool:
        known = {"y": True, "true": True, "n": False, "false": False}
        try:
            return known[str(value).lower()]
        except KeyError as error:
            raise BadRequest(f"{self.column_name}: neither y nor n") from error


class IsChoice(Is):
    def parse(self, value: Any) -> StrEnum:
        kind: type[StrEnum] = inspect(self.model).columns[self.column_name].type.enum_class
        try:
            return kind(str(value))
        except ValueError as error:
            raise BadRequest(f"{self.column_name}: unknown choice") from error


class AtLeast(Filter):
    """From a number or a day on; a day begins at midnight of the organisation's zone."""

    name, arg_name = _l("from"), "gt"

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        return query.filter(self.field >= bound(self.datamodel, self.column_name, value))


class AtMost(Filter):
    """Up to a number or the end of a day."""

    name, arg_name = _l("until"), "lt"

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        limit = bound(self.datamodel, self.column_name, value)
        if isinstance(limit, datetime):
            return query.filter(self.field < limit + timedelta(days=1))
        return query.filter(self.field <= limit)


def bound(rows: Any, column: str, value: Any) -> Any:
    try:
        if rows.is_integer(column):
            return int(value)
        day = date.fromisoformat(str(value))
    except ValueError as error:
        raise BadRequest(f"{column}: neither a number nor a day like 2026-12-31") from error
    return day if rows.is_date(column) else datetime.combine(day, time(), zone_of_request())


class BelongsTo(Filter):
    """The row this one belongs to, by id; of lists, that it is among them."""

    name, arg_name = _l("is"), "rel_o_m"

    def apply(self, query: Query[Any], value: Any) -> Query[Any]:
        related = self.datamodel.get_related_model(self.column_name)
        try:
            wanted = related.id == int(value)
        except (TypeError, ValueError) as error:
            raise BadRequest(f"{self.column_name}: not an id") from error
        matches = self.field.any if self.field.property.uselist else self.field.has
        return query.filter(matches(wanted & scope.within_reach(related)))


TEXT, MOMENT = [Contains, Is, StartsWith], [AtLeast, AtMost]


class Converter(BaseFilterConverter):  # type: ignore[misc]
    conversion_table = (
        ("is_relation", [BelongsTo]),
        ("has_weekdays", [FallsOn]),
        ("is_enum", [IsChoice]),
        ("is_text", TEXT),
        ("is_string", TEXT),
        ("is_json", []),
        ("is_numeric", []),
        ("is_boolean", [IsYesOrNo]),
        ("is_integer", [IsNumber, AtLeast, AtMost]),
        ("is_date", MOMENT),
        ("is_datetime", MOMENT),
        ("is_binary", []),
    )


class Rows(SQLAInterface):  # type: ignore[misc]
    """One model's rows within the asker's reach. Ids that are no numbers are simply not found."""

    filter_converter_class = Converter

    def has_weekdays(self, column: str) -> bool:
        return column == "weekday" and hasattr(self.obj, "falls_on")

    def get(self, pk: Any, only: Any = None, *args: Any, **kwargs: Any) -> Any:
        """The row, or None when there is none within reach; `only` narrows the query, whatever else is passed."""
        if not re.fullmatch(r"[0-9]{1,9}", str(pk)):
            return None
        query = self.reachable().filter(self.obj.id == int(pk))
        return (only(query) if callable(only) else query).one_or_none()

    def get_related_obj(self, column: str, value: Any) -> Any:
        return Rows(self.get_related_model(column)).get(value)

    def reachable(self) -> Query[Any]:
        return self.session.query(self.obj).filter(scope.within_reach(self.obj))  # type: ignore[no-any-return]

    def found(self, filters: Any, words: str) -> Query[Any]:
        """The rows that pass the filters and contain the searched words in one of their texts."""
        query = filters.apply_all(self.reachable())
        return query.filter(self._mentions(words)) if words else query

    def _mentions(self, words: str) -> Any:
        """Each word stands in some text of the row or of the rows it belongs to."""
        return and_(true(), *(self._mentions_one(word) for word in words.split()[:6]))

    def _mentions_one(self, word: str) -> Any:
        own = [column.icontains(word, autoescape=True) for column in self.searched]
        return or_(*own, *(self._related_mentions(name, word) for name in self.searched_relations))

    def _related_mentions(self, name: str, word: str) -> Any:
        related = self.get_related_model(name)
        texts = [getattr(related, text) for text in ("name", "last_name") if text in inspect(related).columns]
        matching = select(related.id).where(or_(*(text.icontains(word, autoescape=True) for text in texts)))
        (local,) = self.list_properties[name].local_columns
        return local.in_(matching)

    searched: tuple[Any, ...] = ()
    searched_relations: tuple[str, ...] = ()

    def search_in(self, columns: list[str]) -> None:
        """Take these fields as the texts that a search looks into."""
        texts = [c for c in columns if c in self.list_columns and isinstance(self.list_columns[c].type, String | Text)]
        self.searched = tuple(getattr(self.obj, c) for c in texts if not self.is_enum(c))
        self.searched_relations = tuple(c for c in columns if self.is_relation_many_to_one(c))

    def page_of(self, query: Query[Any], order: Any, columns: list[str], page: int, size: int) -> list[Any]:
        """One page, its relations loaded with one query each."""
        relations = [getattr(self.obj, name) for name in columns if self.is_relation(name)]
        query = query.options(*(selectinload(relation) for relation in relations)).order_by(*order)
        return query.limit(size).offset(page * size).all()

    def stream_of(self, query: Query[Any], order: Any, columns: list[str]) -> Query[Any]:
        relations = [getattr(self.obj, name) for name in columns if self.is_relation(name)]
        return query.options(*(selectinload(relation) for relation in relations)).order_by(*order).yield_per(500)

    def count(self, query: Query[Any]) -> int:
        return query.with_entities(func.count(self.obj.id)).scalar() or 0

    def order_by(self, column: str, direction: str) -> list[Any]:
        """By a field, or by the name of the row it belongs to; ties in the order of making."""
        key = self._order_key(column)
        backwards = direction == "desc"
        return [key.desc() if backwards else key.asc(), self.obj.id.desc() if backwards else self.obj.id.asc()]

    def _order_key(self, column: str) -> Any:
        if not self.is_relation(column):
            return getattr(self.obj, column)
        related = self.get_related_model(column)
        (local,) = self.list_properties[column].local_columns
        name = related.last_name if hasattr(related, "last_name") else related.name
        return select(name).where(related.id == local).correlate(self.obj).scalar_subquery()
