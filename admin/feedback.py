"""What patients said about their visits: the list, and how the ratings are spread by department, person and month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_skeleton
from babel.numbers import format_decimal
from flask import request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import func

from admin import shown, words
from admin.generated import READ, GeneratedView
from admin.listing import Listing
from admin.rows import Rows, zone_of_request
from telehealth import clock
from telehealth.department import Department
from telehealth.feedback import Feedback, Rating
from telehealth.practitioner import Practitioner

MONTHS = 12  # that are compared
WAYS = {"department": _l("By department"), "practitioner": _l("By person"), "month": _l("By month")}
RELATED: dict[str, tuple[Any, Any]] = {
    "department": (Department, Feedback.department_id),
    "practitioner": (Practitioner, Feedback.practitioner_id),
}


@dataclass(frozen=True)
class Bar:
    """One rating's part of a line, in percent of its length."""

    rating: Rating
    start: float
    length: float


@dataclass(frozen=True)
class Spread:
    """How often each rating was given, 1 to 5."""

    label: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def average(self) -> str:
        weighed = sum(number * count for number, count in enumerate(self.counts, 1))
        return str(format_decimal(weighed / self.total, format="0.0", locale=get_locale()))

    @property
    def bars(self) -> list[Bar]:
        found, start = [], 0.0
        for rating, count in zip(Rating, self.counts, strict=True):
            found.append(Bar(rating, start, 100 * count / self.total))
            start += found[-1].length
        return [bar for bar in found if bar.length]


class FeedbackView(GeneratedView):
    datamodel = Rows(Feedback)
    route_base, icon = "/feedback", "smile"
    include_route_methods = READ
    list_template = "admin/feedback.html"
    list_columns = ["given_at", "rating", "department", "practitioner"]
    form_columns = ["given_at", "rating", "department", "practitioner"]
    show_columns = ["given_at", "rating", "words", "department", "practitioner"]
    export_columns = ["given_at", "rating", "words", "department", "practitioner"]
    base_order = ("given_at", "desc")

    ratings = tuple(Rating)

    def called(self, row: Any) -> str:
        return f"{words.word(row.rating)}, {shown.text(row, 'given_at')}"

    def ways(self) -> list[tuple[str, Any, bool]]:
        """How the ratings can be grouped: name, words, whether it is so now."""
        return [(name, said, name == self._way()) for name, said in WAYS.items()]

    def _way(self) -> str:
        asked = request.args.get("by", "")
        return asked if asked in WAYS else "department"

    def spreads(self, listing: Listing) -> list[Spread]:
        """The ratings that the list is narrowed to, grouped as asked; groups without any are left out."""
        way = self._way()
        found = self._by_month(listing) if way == "month" else self._by_relation(listing, *RELATED[way])
        return [spread for spread in found if spread.total]

    def _by_relation(self, listing: Listing, model: Any, key: Any) -> list[Spread]:
        counted: dict[int | None, dict[Rating, int]] = {}
        for group, rating, count in listing.query.with_entities(key, Feedback.rating, func.count()).group_by(key, Feedback.rating):
            counted.setdefault(group, {})[rating] = count
        names = {row.id: str(row) for row in self.session.query(model).filter(model.id.in_(counted))}
        spreads = [_spread(names.get(group or 0, shown.NOTHING), counts) for group, counts in counted.items()]
        return sorted(spreads, key=lambda spread: spread.label.casefold())

    def _by_month(self, listing: Listing) -> list[Spread]:
        return [self._month(listing, begin, end) for begin, end in _months(clock.now().astimezone(zone_of_request()))]

    def _month(self, listing: Listing, begin: datetime, end: datetime) -> Spread:
        within = listing.query.filter(Feedback.given_at >= begin, Feedback.given_at < end)
        counted = dict(within.with_entities(Feedback.rating, func.count()).group_by(Feedback.rating).tuples())
        return _spread(format_skeleton("yMMMM", begin, locale=get_locale()), counted)


def _spread(label: str, counts: dict[Rating, int]) -> Spread:
    return Spread(label, tuple(counts.get(rating, 0) for rating in Rating))


def _months(now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The last months in local time, newest first."""
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _number in range(MONTHS):
        end = begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)
        yield begin, end
        begin = begin.replace(year=begin.year - (begin.month == 1), month=(begin.month - 2) % 12 + 1)
