"""A page of numbers: a chart of days, comparisons, and the same as a file. Each report says what it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from flask import Response, abort, request, url_for
from flask_appbuilder import BaseView, expose, permission_name
from flask_appbuilder.security.decorators import has_access

from admin import export, plots
from admin.plots import Compared
from telehealth import report as reports
from telehealth.report import Line, Report


class ReportPage(BaseView):  # type: ignore[misc]
    """`kinds` are what can become of what is counted, `ways` how it is compared, `in_order` those whose keys have one of their own."""

    default_view, icon = "list", "chart"
    kinds: ClassVar[type[StrEnum]]
    ways: ClassVar[Mapping[str, Any]]
    in_order: ClassVar[frozenset[str]] = frozenset({"weekday"})
    template: ClassVar[str]
    title: ClassVar[Any]
    counted: ClassVar[Any]
    file_name: ClassVar[str]

    def asked(self) -> Report[Any]:
        """What is counted in the period that is asked for, as far as somebody may see it."""
        raise NotImplementedError

    def grouped(self, found: Report[Any], way: str) -> tuple[dict[Any, Line], Callable[[Any], str]]:
        """Its lines by a way of comparing, and what a key is called."""
        raise NotImplementedError

    def all_ways(self) -> Mapping[str, Any]:
        """How it is compared, what an organisation adds among it."""
        return self.ways

    def lost(self, line: Line) -> float | None:
        """The share of those that came to nothing."""
        raise NotImplementedError

    @property
    def outcomes(self) -> tuple[StrEnum, ...]:
        return tuple(self.kinds)

    def home(self) -> str:
        return url_for(f"{type(self).__name__}.list")

    @expose("/")
    @has_access
    def list(self) -> Any:
        found, ways = self.asked(), self.all_ways()
        way = request.args.get("by", next(iter(ways)))
        if way not in ways:
            abort(400)
        length, wait = (plots.minutes(reports.share(values, 0.5)) for values in (found.whole.lengths, found.whole.waits))
        return self.render_template(
            self.template, title=str(self.title), view=self, period=plots.period(), periods=plots.periods(), way=way, ways=ways,
            whole=self._compared("", found.whole), line=found.whole, chart=plots.chart(found, self.kinds),
            compared=self._comparison(found, way), days=[self._compared(plots.day_named(day), line) for day, line in found.days],
            length=length, wait=wait, waits=plots.slowest(found.whole), span=plots.span(found),
        )  # fmt: skip

    @expose("/days.csv")
    @has_access
    @permission_name("list")
    def days(self) -> Response:
        """The chart's numbers, a line a day."""
        found = self.asked()
        return export.file(f"{self.file_name}-{found.first}-{found.last}.csv", plots.sheet(found, self.kinds, str(self.counted)))

    def _compared(self, label: str, line: Line) -> Compared:
        return plots.compared(label, line, self.kinds, self.lost(line))

    def _comparison(self, found: Report[Any], way: str) -> Any:
        lines, names = self.grouped(found, way)
        order = sorted(lines) if way in self.in_order else sorted(lines, key=lambda key: names(key).casefold())
        return [self._compared(names(key), lines[key]) for key in order]
