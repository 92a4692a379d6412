"""How a recurrence reads: “Every second Monday”, “Every 3 months on the last Friday”. Names, lists and dates by CLDR."""

from __future__ import annotations

from datetime import date, time

from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from telehealth.recurrence import LAST, Recurrence, Repeats

# Whole sentences, for in many languages the words before a day follow its gender.
EVERY = (
    _l("Every Monday"), _l("Every Tuesday"), _l("Every Wednesday"), _l("Every Thursday"), _l("Every Friday"),
    _l("Every Saturday"), _l("Every Sunday"),
)  # fmt: skip
EVERY_SECOND = (
    _l("Every second Monday"), _l("Every second Tuesday"), _l("Every second Wednesday"), _l("Every second Thursday"),
    _l("Every second Friday"), _l("Every second Saturday"), _l("Every second Sunday"),
)  # fmt: skip
NTH = {1: _l("First"), 2: _l("Second"), 3: _l("Third"), 4: _l("Fourth"), LAST: _l("Last")}


def weekdays() -> dict[int, str]:
    """Names of the days, 0 for Monday, in the order of this language's weeks."""
    names = get_day_names("wide", locale=get_locale())
    first = get_locale().first_week_day
    return {day: names[day].capitalize() for day in ((first + n) % 7 for n in range(7))}


def day_words(day: date) -> str:
    """With its weekday, short."""
    return str(format_skeleton("yMMMEd", day, locale=get_locale()))


def clock_words(minute: int) -> str:
    """A minute of the day as a time; the last is midnight."""
    return str(format_time(time(minute // 60 % 24, minute % 60), "short", locale=get_locale()))


def span_words(begin: int, end: int) -> str:
    return f"{clock_words(begin)}–{clock_words(end)}"


def listed(words: list[str]) -> str:
    """A, B and C."""
    return str(format_list(words, locale=get_locale()))


def sentence(rule: Recurrence) -> str:
    """When it falls, without its end."""
    if rule.repeats is Repeats.ONCE:
        return str(format_date(rule.begin, "full", locale=get_locale()))
    return _weekly(rule) if rule.repeats is Repeats.WEEKLY else _monthly(rule)


def _weekly(rule: Recurrence) -> str:
    if len(rule.weekdays) == 1 and rule.every in (1, 2):
        return str((EVERY, EVERY_SECOND)[rule.every - 1][rule.weekdays[0]])
    if len(rule.weekdays) == 7:
        return ngettext("Every day", "Every day of every %(num)s weeks", rule.every)
    return ngettext("Every week on %(days)s", "Every %(num)s weeks on %(days)s", rule.every, days=_days(rule))


def _monthly(rule: Recurrence) -> str:
    every, days = rule.every, _days(rule)
    if rule.nth == 1:
        return ngettext("Every month on the first %(days)s", "Every %(num)s months on the first %(days)s", every, days=days)
    if rule.nth == 2:
        return ngettext("Every month on the second %(days)s", "Every %(num)s months on the second %(days)s", every, days=days)
    if rule.nth == 3:
        return ngettext("Every month on the third %(days)s", "Every %(num)s months on the third %(days)s", every, days=days)
    if rule.nth == 4:
        return ngettext("Every month on the fourth %(days)s", "Every %(num)s months on the fourth %(days)s", every, days=days)
    return ngettext("Every month on the last %(days)s", "Every %(num)s months on the last %(days)s", every, days=days)


def _days(rule: Recurrence) -> str:
    return listed([name for day, name in weekdays().items() if day in rule.weekdays])


def limits(rule: Recurrence, today: date) -> list[str]:
    """From when, until when and without which dates, one sentence each."""
    if rule.repeats is Repeats.ONCE:
        return []
    said = [_("From %(date)s.", date=day_words(rule.begin))] if rule.begin > today else []
    if rule.until:
        said.append(_("Until %(date)s.", date=day_words(rule.until)))
    if rule.except_on:
        said.append(_("Not on %(dates)s.", dates=listed([day_words(day) for day in sorted(rule.except_on)])))
    return said
