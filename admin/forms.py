"""Forms made from a model: one field for each named column, with its label, help and rules; extra rules by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import Boolean, Date, Enum, Integer, Numeric, Text, UniqueConstraint, inspect
from wtforms import BooleanField, Field
from wtforms.fields.core import UnboundField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from admin import fields, words
from admin.recurrence import weekdays
from admin.shown import COLOURS, ENDS_OF_DAY, MINUTES_OF_DAY, visit_types
from telehealth.contact_point import ContactKind
from telehealth.database import Instant
from telehealth.outbox import WITHOUT_TEXT, MailKind
from telehealth.practitioner import Role
from web.house import session

ROWS = {"body": 16, "terms": 6, "intro": 3, "absent_text": 3, "end_text": 2, "options": 4, "early_text": 2, "on_time_text": 2, "late_text": 2, "over_text": 2, "film_words": 3, "own_css": 4, "allowed_sites": 4}
LARGEST = 2_000_000_000
EMAIL = fields.Matches(r"[^@\s]+@[^@\s]+\.[^@\s]+", _l("Enter an address such as name@clinic.example."))
COLOUR = fields.Matches(r"#[0-9a-fA-F]{6}", _l("Enter a colour such as #0b6e6e."))
WEB = fields.Matches(r"https?://[^\s]+", _l("Enter an address that begins with https://."))


SECURE_WEB = fields.Matches(r"https://[^\s]+", _l("Enter an address that begins with https://."))


def between(least: int, most: int) -> NumberRange:
    return NumberRange(least, most, _l("Enter a number from %(min)s to %(max)s."))


def on_fives(form: Any, field: Field) -> None:
    if isinstance(field.data, int) and field.data % 5:
        raise ValidationError(_("Use steps of five minutes."))


# What a column's name says about how it is entered; the type decides about everything else.
BY_NAME: dict[str, Callable[..., Field]] = {
    "zone": lambda **o: fields.ListedField(listed=fields.zones, **o),
    "locale": lambda **o: fields.ListedField(listed=fields.languages, **o),
    "locales": lambda **o: fields.ManyField(listed=fields.languages, **o),
    "reminders_before": lambda **o: fields.ManyField(listed=lambda: words.BEFORE, kind=int, **o),
    "visit_types": lambda **o: fields.ManyField(listed=visit_types, kind=int, **o),
    "currency": lambda **o: fields.ListedField(listed=fields.currencies, **o),
    "text_price": lambda **o: fields.PriceField(places=3, **o),
    "theme": lambda **o: fields.ListedField(listed=lambda: words.THEMES, **o),
    "allowed_sites": fields.SitesField,
}
RULES: dict[str, Sequence[Any]] = {
    "email": [EMAIL],
    "brand": [COLOUR],
    "colour": [COLOUR],
    "privacy_url": [WEB],
    "survey_url": [SECURE_WEB],
    "page_url": [SECURE_WEB],
    "logo_url": [SECURE_WEB],
    "background_url": [SECURE_WEB],
    "film_url": [SECURE_WEB],
    "film_still_url": [SECURE_WEB],
    "film_captions_url": [SECURE_WEB],
    "chat_after_hours": [between(0, 720)],
    "reopen_cases_days": [between(0, 365)],
    "warn_patient_minutes": [between(0, 10080)],
    "end_minutes": [between(0, 10080)],
    "return_minutes": [between(0, 10080)],
    "abandoned_minutes": [between(0, 10080)],
    "escalate_after": [between(0, 100)],
    "keep_answers_months": [between(0, 600)],
    "chat_mail_minutes": [between(0, 1440)],
    "reminder_hour": [between(0, 23)],
    "book_lead_minutes": [between(0, 43_200)],
    "book_ahead_days": [between(1, 730)],
    "change_until_hours": [between(0, 720)],
    "pay_minutes": [between(2, 240)],
    "refund_until_hours": [between(0, 720)],
    "from_minute": [on_fives],
    "to_minute": [on_fives],
    "length_minutes": [Optional(), between(5, 720), on_fives],
    "capacity": [between(1, 100)],
    "gap_minutes": [between(0, 720), on_fives],
    "every": [between(1, 52)],
    "max_users": [between(1, 100_000)],
    "grace_seconds": [between(0, 3600)],
    "escalate_minutes": [between(0, 240)],
    "largest_file_mb": [between(1, 25)],
    "files_an_appointment": [between(1, 50)],
    "queue_limit": [between(1, 10_000)],
    "call_seats": [between(2, 8)],
}
# Values that the house gives by itself.
NOT_CHOSEN: dict[type, Collection[StrEnum]] = {MailKind: WITHOUT_TEXT, Role: (Role.TEAM,), ContactKind: (ContactKind.PHONE,)}


class RowForm(FlaskForm):  # type: ignore[misc]
    """A form over one row. `extra` fields belong to no column; the view deals with them."""

    model: type
    extra: frozenset[str] = frozenset()

    def populate_obj(self, row: Any) -> None:
        for name, field in self._fields.items():
            if name != "csrf_token" and name not in self.extra:
                field.populate_obj(row, name)

    def unchanged(self, name: str, row: Any) -> bool:
        return bool(getattr(row, name, None) == self[name].data)


def form_of(model: type, names: Sequence[str], extra: dict[str, Any] | None = None) -> type[RowForm]:
    """A form class with a field for each name."""
    made = {name: _placed(extra[name]) if extra and name in extra else field_of(model, name) for name in names}
    return type("Form", (RowForm,), made | {"model": model, "extra": frozenset(extra or {})})


def _placed(field: UnboundField) -> UnboundField:
    """The same field anew, for forms show fields in the order of their making."""
    return UnboundField(field.field_class, *field.args, **field.kwargs)


def field_of(model: type, name: str) -> Field:
    options = {"label": words.label(model, name), "description": words.description(model, name)}
    mapper = inspect(model)
    if name in mapper.relationships:
        return _relation(mapper.relationships[name], options)
    column = mapper.columns[name]
    options["default"] = _default(column)
    if name in ROWS:
        options["render_kw"] = {"rows": ROWS[name]}
    options["validators"] = [*_presence(column), *_length(column), *RULES.get(name, ())]
    return _column(column, name, options)


def _relation(relation: Any, options: dict[str, Any]) -> Field:
    model = relation.mapper.class_
    if relation.uselist:
        return fields.RelatedManyField(model=model, **options)
    (local,) = relation.local_columns
    rules = [] if local.nullable else [fields.Required()]
    return fields.RelatedField(model=model, blank=local.nullable, validators=rules, **options)


def _column(column: Any, name: str, options: dict[str, Any]) -> Field:
    if name in BY_NAME:
        return BY_NAME[name](**options)
    if name in MINUTES_OF_DAY:
        return fields.MinuteField(ends=name in ENDS_OF_DAY, **options)
    if name == "weekday":
        return fields.ListedField(listed=weekdays, **options)
    if name in COLOURS and options["default"]:
        return fields.ColourField(**options)
    return _by_type(column, options)


def _by_type(column: Any, options: dict[str, Any]) -> Field:
    kind = column.type
    if isinstance(kind, Enum):
        without = NOT_CHOSEN.get(kind.enum_class, ())
        return fields.ChoiceField(kind=kind.enum_class, blank=column.nullable, without=without, **options)
    if isinstance(kind, Boolean):
        return BooleanField(**options | {"validators": []})
    if isinstance(kind, Numeric):
        return fields.PriceField(places=2, **options)
    if isinstance(kind, Instant):
        return fields.MomentField(**options)
    for sort, field in ((Date, fields.DayField), (Integer, fields.NumberField), (Text, fields.Lines)):
        if isinstance(kind, sort):
            return field(**options)
    return fields.Trimmed(**options)


def _default(column: Any) -> Any:
    default = column.default
    if default is None:
        return None
    return (lambda: default.arg(None)) if default.is_callable else default.arg


def _presence(column: Any) -> list[Any]:
    """A text whose default is empty may be left empty; a key made by the house too."""
    if column.nullable or (column.default is not None and column.default.is_scalar and column.default.arg == ""):
        return [Optional()] if isinstance(column.type, Date) else []
    return [] if isinstance(column.type, Boolean) or column.name in MAY_BE_EMPTY else [fields.Required()]


MAY_BE_EMPTY = {"key", "allowed_sites", "body", "reminders_before", "visit_types"}


def _length(column: Any) -> list[Any]:
    if isinstance(column.type, Integer) and column.name not in MINUTES_OF_DAY and column.name != "weekday":
        return [between(0, LARGEST)] if column.name not in RULES else []
    length = getattr(column.type, "length", None)
    if length and not isinstance(column.type, Enum):
        return [Length(max=length, message=_l("At most %(max)d characters."))]
    return [Length(max=20_000, message=_l("At most %(max)d characters."))] if isinstance(column.type, Text) else []


def taken(form: RowForm, row: Any) -> dict[str, str]:
    """Words for fields whose values another row of the organisation already has where they must be unique."""
    found: dict[str, str] = {}
    mapper = inspect(form.model)
    for names in _unique_sets(form.model):
        conditions, shown_at = [], ""
        for name in names:
            value, field = _value_of(form, row, mapper, name)
            conditions.append(getattr(form.model, name) == value)
            shown_at = field or shown_at
        if shown_at and _exists(form.model, conditions, row):
            found[shown_at] = _("There is already one like this.")
    return found


def _unique_sets(model: Any) -> list[list[str]]:
    table = inspect(model).local_table
    sets = [[c.name for c in u.columns if c.name != "organization_id"] for u in table.constraints if isinstance(u, UniqueConstraint)]
    return [*(names for names in sets if names != ["id"]), *([c.name] for c in table.columns if c.unique)]


def _value_of(form: RowForm, row: Any, mapper: Any, name: str) -> tuple[Any, str]:
    """The value that column will have, and the form's field that decides about it."""
    if name in form._fields:
        return form[name].data, name
    for relation in mapper.relationships:
        if relation.key in form._fields and {c.name for c in relation.local_columns} == {name}:
            chosen = form[relation.key].data
            return (chosen.id if chosen is not None else None), relation.key
    return getattr(row, name, None), ""


def _exists(model: Any, conditions: list[Any], row: Any) -> bool:
    with session().no_autoflush:
        query = session().query(model.id).filter(*conditions)
        if getattr(row, "id", None) is not None:
            query = query.filter(model.id != row.id)
        return query.first() is not None


