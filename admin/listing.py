"""A list as the address asks for it: search, filters, order and page, with the addresses of its neighbours.

Addresses follow Flask-AppBuilder: `_flt_<which filter>_<field>`, `_oc_<View>`/`_od_<View>`, `page_<View>`,
`psize_<View>`; `q` is what was searched for. Several lists may stand on one page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import abort, request
from flask_babel import gettext as _
from sqlalchemy import Boolean, Date, Enum
from werkzeug.datastructures import MultiDict

from admin import fields, recurrence, words
from admin.rows import Rows
from telehealth.database import Instant

SIZES = (25, 50, 100)
FILTER = re.compile(r"_flt_(\d)_(\w+)")


@dataclass
class Column:
    """A heading: `order` is the direction it is sorted in now, empty when it is not."""

    name: str
    label: str
    url: str = ""
    order: str = ""


@dataclass
class Chip:
    """A filter that is on, in words, and the address without it."""

    label: str
    value: str
    url: str


@dataclass
class Asked:
    """What the address says about one list."""

    words: str
    order: tuple[str, str]
    page: int
    size: int
    filters: list[tuple[str, int, str]] = field(default_factory=list)


class Listing:
    """One page of a view's rows. `belonging` narrows it to the rows of a parent: (relation, parent row)."""

    def __init__(self, view: Any, belonging: tuple[str, Any] | None = None) -> None:
        self.view, self.belonging, self.args = view, belonging, request.args
        self.rows: Rows = view.datamodel
        self.name = type(view).__name__
        self.asked = self._read()
        self.query = self._query()

    def load(self) -> Listing:
        self.count = self.rows.count(self.query)
        columns, order = self.view.list_columns, self.rows.order_by(*self.asked.order)
        self.items = self.rows.page_of(self.query, order, columns, self.asked.page, self.asked.size)
        return self

    def everything(self) -> Any:
        """All rows in this order, loaded bit by bit."""
        return self.rows.stream_of(self.query, self.rows.order_by(*self.asked.order), self.view.export_columns)

    def _read(self) -> Asked:
        column, direction = self.args.get(f"_oc_{self.name}", ""), self.args.get(f"_od_{self.name}", "asc")
        if (column and column not in self.view.order_columns) or direction not in ("asc", "desc"):
            abort(400)
        size = self._number("psize", self.view.page_size)
        main = self.belonging is None
        return Asked(
            words=self.args.get("q", "").strip()[:100] if main else "",
            order=(column, direction) if column else self.view.base_order,
            page=self._number("page", 0),
            size=size if size in SIZES else self.view.page_size,
            filters=self._filters() if main else [],
        )

    def _number(self, name: str, default: int) -> int:
        written = self.args.get(f"{name}_{self.name}", "")
        return int(written) if re.fullmatch(r"\d{1,7}", written) else default

    def _filters(self) -> list[tuple[str, int, str]]:
        found = []
        for key, value in self.args.items(multi=True):
            if (match := FILTER.fullmatch(key)) and value != "":
                found.append((match[2], int(match[1]), value))
        return found

    def _query(self) -> Any:
        filters = self.rows.get_filters(self.view.search_columns)
        known = filters.get_search_filters()
        for name, index, value in self.asked.filters:
            if name not in known or index >= len(known[name]):
                abort(400)
            filters.add_filter_index(name, index, value)
        query = self.view.only(self.rows.found(filters, self.asked.words))
        if self.belonging is None:
            return query
        relation, parent = self.belonging
        return query.filter(getattr(self.rows.obj, relation) == parent)

    # What the templates ask for

    @property
    def model(self) -> Any:
        return self.rows.obj

    @property
    def narrowed(self) -> bool:
        return bool(self.asked.words or self.asked.filters)

    @cached_property
    def columns(self) -> list[Column]:
        return [self._column(name) for name in self.view.list_columns]

    def _column(self, name: str) -> Column:
        label = str(words.label(self.model, name))
        if name not in self.view.order_columns:
            return Column(name, label)
        now = self.asked.order[1] if self.asked.order[0] == name else ""
        url = self.url({f"_oc_{self.name}": name, f"_od_{self.name}": "desc" if now == "asc" else "asc"}, {"page"})
        return Column(name, label, url, now)

    @cached_property
    def chips(self) -> list[Chip]:
        return [self._chip(*asked) for asked in self.asked.filters]

    def _chip(self, name: str, index: int, value: str) -> Chip:
        said = self.rows.get_filters([name]).get_search_filters()[name][index]
        key = f"_flt_{index}_{name}"
        left = [(k, v) for k, v in self.args.items(multi=True) if (k, v) != (key, value)]
        label = f"{words.label(self.model, name)} {said.name}"
        return Chip(label, self._value_words(name, value), f"{request.path}?{urlencode(left)}")

    def _value_words(self, name: str, value: str) -> str:
        control = next((c for c in self.controls if c.name == name), None)
        return next((label for key, label in control.choices if key == value), value) if control else value

    @cached_property
    def controls(self) -> list[Control]:
        """What can be filtered by, one control each."""
        made = (control_of(self.rows, name, self.args) for name in self.view.search_columns)
        return [control for control in made if control is not None]

    @property
    def first(self) -> int:
        return self.asked.page * self.asked.size + 1

    @property
    def last(self) -> int:
        return min(self.count, (self.asked.page + 1) * self.asked.size)

    @property
    def pages(self) -> list[int | None]:
        """Page numbers around this one; None stands for a gap."""
        end, here = (self.count - 1) // self.asked.size, self.asked.page
        near = sorted({0, end, *range(max(0, here - 1), min(end, here + 1) + 1)})
        gaps: list[int | None] = []
        for number in near:
            if gaps and isinstance(gaps[-1], int) and number > gaps[-1] + 1:
                gaps.append(None)
            gaps.append(number)
        return gaps if end > 0 else []

    def page_url(self, number: int) -> str:
        return self.url({f"page_{self.name}": number})

    def size_url(self, size: int) -> str:
        return self.url({f"psize_{self.name}": size}, {"page"})

    def url(self, changed: dict[str, Any], dropped: set[str] = frozenset()) -> str:  # type: ignore[assignment]
        """This address with some parts changed and the named ones of this list dropped."""
        args = MultiDict(self.args)
        for name in dropped:
            args.poplist(f"{name}_{self.name}")
        for name, value in changed.items():
            args[name] = str(value)
        return f"{request.path}?{urlencode(list(args.items(multi=True)))}"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a new search or filter keeps of the address."""
        return [(k, v) for k, v in self.args.items(multi=True) if k.startswith(("_oc_", "_od_", "psize_"))]


@dataclass
class Control:
    """One filter in the panel: a choice, or a span of days when there are no choices."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    value: str = ""
    since: str = ""
    until: str = ""


def control_of(rows: Rows, name: str, args: MultiDict[str, str]) -> Control | None:
    label, first = str(words.label(rows.obj, name)), args.get(f"_flt_0_{name}", "")
    if (choices := _choices(rows, name)) is not None:
        return Control(name, label, choices, value=first)
    if name in rows.list_columns and isinstance(rows.list_columns[name].type, Date | Instant):
        return Control(name, label, [], since=first, until=args.get(f"_flt_1_{name}", ""))
    return None


def _choices(rows: Rows, name: str) -> list[tuple[str, str]] | None:
    if rows.is_relation(name):
        related = Rows(rows.get_related_model(name))
        found = fields.in_order(related, related.reachable()).limit(fields.FEW + 1).all()
        return [(str(row.id), str(row)) for row in found] if len(found) <= fields.FEW else None
    kind = rows.list_columns[name].type
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return [(choice.value, str(words.word(choice))) for choice in kind.enum_class]
    if isinstance(kind, Boolean):
        return [("y", _("Yes")), ("n", _("No"))]
    return [(str(n), day) for n, day in recurrence.weekdays().items()] if name == "weekday" else None
