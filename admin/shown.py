"""How values read in lists, on show pages and in exported files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from babel.dates import format_date, format_time, get_datetime_format
from flask_babel import gettext as _
from flask_babel import get_locale

from admin import recurrence, words
from admin.rows import zone_of_request
from telehealth.api_key import Scope
from telehealth.message_template import MessageTemplate
from telehealth.practitioner import PractitionerRole
from telehealth.recurrence import Recurrence
from telehealth.schedule import minute_of_day
from web import locale
from web.framing import ANY_LOOPBACK

MINUTES_OF_DAY = {"from_minute", "to_minute", "opens_minute", "closes_minute"}
ENDS_OF_DAY = {"to_minute", "closes_minute"}
COLOURS = {"brand", "colour"}
NOTHING = "–"


def text(row: Any, field: str) -> str:
    """The field as plain text."""
    return text_of(getattr(row, field), field)


def text_of(value: Any, field: str) -> str:
    if value is None or value in ("", []):
        return ""
    if field == "entity":
        return str(words.ENTITIES.get(value, value))
    if field == "locale":
        return language(value)
    for kind, write in WRITERS:
        if isinstance(value, kind):
            return str(write(value, field))
    return str(value)


def _number(value: int, field: str) -> str:
    if field in MINUTES_OF_DAY:
        return minute_of_day(value % 1440)
    if field == "weekday":
        return recurrence.weekdays()[value]
    return str(value)


def _list(values: Iterable[Any], field: str) -> str:
    if field == "locales":
        return ", ".join(language(tag) for tag in values)
    if field == "allowed_sites":
        return ", ".join(_("your own computer, for trying") if value == ANY_LOOPBACK else value for value in values)
    if field == "reminders_before":
        return ", ".join(str(words.BEFORE.get(value, value)) for value in values)
    if field == "except_on":
        return ", ".join(recurrence.day_words(date.fromisoformat(day)) for day in values)
    if field == "scopes":
        return ", ".join(str(words.CHOICES[Scope].get(value, value)) for value in values)
    return ", ".join(text_of(value, field) for value in values)


def _changes(changes: dict[str, Any], _field: str) -> str:
    """Each change in words: what, from what, to what."""
    return "; ".join(f"{words.known_label(name)}: {_steps(values)}" for name, values in changes.items())


def _steps(values: Any) -> str:
    return " → ".join(str(value) for value in (values if isinstance(values, list) else [values]))


def language(tag: str) -> str:
    """A language's own name."""
    babel = locale.babel_locale(tag)
    name = babel.get_language_name(babel) or tag
    return f"{name[:1].upper()}{name[1:]}" if tag in (babel.language, "en") else f"{name[:1].upper()}{name[1:]} ({tag})"


def moment(value: datetime) -> str:
    """Date and time to the minute, in the zone of whoever asks."""
    local, tongue = value.astimezone(zone_of_request()), get_locale()
    joined = str(get_datetime_format("medium", locale=tongue))
    return joined.format(format_time(local, "short", locale=tongue), format_date(local, "medium", locale=tongue))


def role(held: PractitionerRole, _field: str) -> str:
    return f"{words.word(held.role)}, {held.department}" if held.department else str(words.word(held.role))


WRITERS: tuple[tuple[type | tuple[type, ...], Any], ...] = (
    (Recurrence, lambda rule, _field: recurrence.sentence(rule)),
    (bool, lambda value, _field: _("Yes") if value else _("No")),
    (StrEnum, lambda value, _field: words.word(value)),
    (datetime, lambda value, _field: moment(value)),
    (date, lambda value, _field: format_date(value, "medium", locale=get_locale())),
    (int, _number),
    (dict, _changes),
    (PractitionerRole, role),
    (MessageTemplate, lambda value, _field: words.word(value.kind)),
    ((list, tuple, set), _list),
)
