"""What an availability would give: a sentence, the next dates, a picture of that person's week, and what it lies over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import get_day_names
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from admin import recurrence, words
from telehealth.schedule import Availability, Purpose
from telehealth.week import Overlap, Stretch, double

NEXT = 5  # dates
LEAST_HOURS = 6  # that a picture spans
DAY_WIDTH, MARGIN = 100, 6  # in units of the drawing; a minute is one high


@dataclass(frozen=True)
class Block:
    """A rectangle of the drawing, in its units, and what it stands for."""

    x: int
    y: int
    width: int
    height: int
    kind: str


@dataclass(frozen=True)
class Picture:
    """A drawing of seven days, and the same in words."""

    caption: str
    days: list[tuple[str, str]]
    hours: list[str]
    blocks: list[Block]
    words: list[tuple[str, list[str]]]

    @property
    def size(self) -> tuple[int, int]:
        return 7 * DAY_WIDTH, len(self.hours) * 60


@dataclass(frozen=True)
class Given:
    """What there is to say about a form: what it still needs, what is wrong, or what it would give."""

    needs: str = ""
    problems: Sequence[str] = ()
    sentence: str = ""
    limits: Sequence[str] = ()
    dates: Sequence[tuple[str, str]] = ()
    overlaps: Sequence[str] = ()
    picture: Picture | None = None


def sentence(planned: Availability) -> str:
    """When, and what comes of it."""
    when = f"{recurrence.sentence(planned.recurrence)}, {recurrence.span_words(planned.from_minute, planned.to_minute)}"
    if planned.purpose is Purpose.WALK_IN:
        return _("%(when)s: walk-in hour.", when=when)
    slots = _slots(planned)
    if planned.purpose is Purpose.BOTH:
        return _("%(when)s: walk-in hour, and %(slots)s.", when=when, slots=slots)
    return f"{when}: {slots}."


def _slots(planned: Availability) -> str:
    length = ngettext("%(num)s minute", "%(num)s minutes", planned.length_minutes)
    count = ngettext("%(num)s appointment a day", "%(num)s appointments a day", planned.slots_a_day)
    if (planned.capacity or 1) > 1:
        together = ngettext("%(num)s patient", "%(num)s patients", planned.capacity)
        count = _("%(count)s, each for %(patients)s at the same time", count=count, patients=together)
    if not planned.gap_minutes:
        return _("%(length)s each, without a pause: %(count)s", length=length, count=count)
    gap = ngettext("%(num)s minute", "%(num)s minutes", planned.gap_minutes)
    return _("%(length)s each, %(gap)s between: %(count)s", length=length, gap=gap, count=count)


def dates(days: Sequence[date], closed: dict[date, str]) -> list[tuple[str, str]]:
    """The dates, and why nothing is offered on one of them."""
    return [(recurrence.day_words(day), _("closed: %(name)s", name=closed[day]) if day in closed else "") for day in days]


def overlap_words(found: Iterable[Overlap]) -> list[str]:
    return [
        _("%(when)s, %(span)s, first on %(date)s", when=recurrence.sentence(one.other.recurrence),
          span=recurrence.span_words(one.other.from_minute, one.other.to_minute), date=recurrence.day_words(one.day))
        for one in found
    ]  # fmt: skip


def first_of_week(day: date) -> date:
    """The day on which this language's week with that day begins."""
    return day - timedelta(days=(day.weekday() - get_locale().first_week_day) % 7)


def picture(found: Sequence[Stretch], first: date) -> Picture:
    """Draw what seven dates hold; their columns turn with the direction of writing."""
    top, bottom = _hours(found)
    both = double(found)
    kinds = [(one, "planned" if one.planned else "other") for one in found] + [(one, "double") for one in both]
    days = [first + timedelta(days=n) for n in range(7)]
    return Picture(
        caption=_("Week from %(date)s", date=recurrence.day_words(first)),
        days=[(_day(day, "narrow"), _day(day, "abbreviated")) for day in days],
        hours=[recurrence.clock_words(hour * 60) for hour in range(top, bottom)],
        blocks=[_block(one, kind, first, top) for one, kind in sorted(kinds, key=lambda pair: ORDER.index(pair[1]))],
        words=[(_day(day, "wide"), [_words(one, both) for one in found if one.day == day]) for day in days],
    )


ORDER = ("other", "planned", "double")  # the later stand above


def _hours(found: Sequence[Stretch]) -> tuple[int, int]:
    """The first hour and the one after the last."""
    top = min((one.begin // 60 for one in found), default=9)
    bottom = max((-(-one.end // 60) for one in found), default=17)
    bottom = min(24, max(bottom, top + LEAST_HOURS))
    return max(0, min(top, bottom - LEAST_HOURS)), bottom


def _block(one: Stretch, kind: str, first: date, top: int) -> Block:
    left = (one.day - first).days * DAY_WIDTH + MARGIN
    return Block(left, one.begin - top * 60, DAY_WIDTH - 2 * MARGIN, one.end - one.begin, kind)


def _day(day: date, width: str) -> str:
    return str(get_day_names(width, "stand-alone", locale=get_locale())[day.weekday()])


def _words(one: Stretch, both: Sequence[Stretch]) -> str:
    said = _("%(span)s %(purpose)s", span=recurrence.span_words(one.begin, one.end), purpose=words.word(one.purpose))
    if not one.planned:
        return said
    overlapping = any(part.day == one.day and part.begin < one.end and part.end > one.begin for part in both)
    return _("%(time)s (this one, overlaps)", time=said) if overlapping else _("%(time)s (this one)", time=said)
