"""How values read in lists, on show pages and in exported files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from babel.dates import format_date, format_time, get_datetime_format
from flask_babel import gettext as _
from flask_babel import get_locale

from admin import history, recurrence, words
from admin.rows import zone_of_request
from telehealth import visit_type
from telehealth.api_key import Scope
from telehealth.audit import AuditEvent
from telehealth.message_template import MessageTemplate
from telehealth.organization import Organization
from telehealth.payment import Payment
from telehealth.practitioner import PractitionerRole
from telehealth.recurrence import Recurrence
from telehealth.schedule import minute_of_day
from web import locale, money
from web.framing import ANY_LOOPBACK
from web.house import current_staff, session

MINUTES_OF_DAY = {"from_minute", "to_minute", "opens_minute", "closes_minute"}
ENDS_OF_DAY = {"to_minute", "closes_minute"}
COLOURS = {"brand", "colour"}
NOTHING = history.NOTHING


def text(row: Any, field: str) -> str:
    """The field as plain text."""
    if isinstance(row, AuditEvent) and field == "changes":
        return history.changes(row, text_of)
    if isinstance(row, Payment) and field == "amount":
        return money.price(row.amount, row.currency, locale.current_tag())
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
    write = OF_LISTS.get(field, lambda value: text_of(value, field))
    return ", ".join(str(write(value)) for value in values)


def language(tag: str) -> str:
    """A language's own name."""
    babel = locale.babel_locale(tag)
    name = babel.get_language_name(babel) or tag
    return f"{name[:1].upper()}{name[1:]}" if tag in (babel.language, "en") else f"{name[:1].upper()}{name[1:]} ({tag})"


def visit_types() -> dict[int, str]:
    """What the organisation offers, by number."""
    return {kind.id: str(kind) for kind in visit_type.offered(session())}


def amount_of(value: Decimal) -> str:
    """Money of the organisation of whoever asks; nothing is free of charge."""
    staff = current_staff()
    own = session().get(Organization, staff.organization_id) if staff else None
    return money.price(value, own.currency, locale.current_tag()) if own and value else _("Free of charge")


def moment(value: datetime) -> str:
    """Date and time to the minute, in the zone of whoever asks."""
    local, tongue = value.astimezone(zone_of_request()), get_locale()
    joined = str(get_datetime_format("medium", locale=tongue))
    return joined.format(format_time(local, "short", locale=tongue), format_date(local, "medium", locale=tongue))


def role(held: PractitionerRole, _field: str) -> str:
    return f"{words.word(held.role)}, {held.department}" if held.department else str(words.word(held.role))


OF_LISTS: dict[str, Callable[[Any], Any]] = {
    "locales": language,
    "allowed_sites": lambda site: _("your own computer, for trying") if site == ANY_LOOPBACK else site,
    "reminders_before": lambda minutes: words.BEFORE.get(minutes, minutes),
    "except_on": lambda day: recurrence.day_words(date.fromisoformat(day)),
    "visit_types": lambda number: visit_types().get(number, number),
    "scopes": lambda scope: words.CHOICES[Scope].get(scope, scope),
}


WRITERS: tuple[tuple[type | tuple[type, ...], Any], ...] = (
    (Recurrence, lambda rule, _field: recurrence.sentence(rule)),
    (bool, lambda value, _field: _("Yes") if value else _("No")),
    (StrEnum, lambda value, _field: words.word(value)),
    (datetime, lambda value, _field: moment(value)),
    (date, lambda value, _field: format_date(value, "medium", locale=get_locale())),
    (int, _number),
    (Decimal, lambda amount, _field: amount_of(amount)),
    (PractitionerRole, role),
    (MessageTemplate, lambda value, _field: words.word(value.kind)),
    ((list, tuple, set), _list),
)
