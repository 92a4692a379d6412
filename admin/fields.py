"""Form fields for what the domain keeps: moments in local time, minutes of a day, choices, relations, sites, colours."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import available_timezones

from babel.numbers import get_currency_name, get_territory_currencies
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import DateField, DecimalField, Field, IntegerField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ColorInput, DateTimeLocalInput, ListWidget, Select, TimeInput

from admin import shown, words
from admin.rows import Rows, zone_of_request
from telehealth.schedule import minute_of_day
from web import framing, locale

EMPTY = ""


class Required:
    """Something must be entered. Looks at the value, so that forms and APIs are judged alike."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        if field.data in (None, "", []):
            raise StopValidation() if field.errors else StopValidation(_("Enter something here."))


class Matches:
    """The text has this form; empty is allowed."""

    def __init__(self, pattern: str, words: Any) -> None:
        self.pattern, self.words = re.compile(pattern), words

    def __call__(self, form: Any, field: Field) -> None:
        if field.data and not self.pattern.fullmatch(field.data):
            raise ValidationError(str(self.words))


class Trimmed(StringField):
    """One line, without blanks around it."""

    def process_formdata(self, values: list[str]) -> None:
        if values:
            self.data = " ".join(values[0].split())


class Lines(TextAreaField):
    """Some lines of text."""

    def process_formdata(self, values: list[str]) -> None:
        if values:
            self.data = values[0].replace("\r\n", "\n").strip()


class NumberField(IntegerField):
    """A whole number."""

    def process_formdata(self, values: list[str]) -> None:
        try:
            super().process_formdata(values)
        except ValueError as error:
            raise ValueError(_("Enter a number.")) from error


class PriceField(DecimalField):
    """An amount of money; a comma or a point before the cents. Empty: none."""

    def process_formdata(self, values: list[str]) -> None:
        written = values[0].strip().replace(",", ".") if values else EMPTY
        if not written:
            self.data = None
            return
        if not re.fullmatch(rf"\d{{1,7}}(\.\d{{1,{self.places}}})?", written):
            self.data = None
            raise ValueError(_("Enter an amount such as 45 or 12.50."))
        self.data = Decimal(written)


class DayField(DateField):
    """A date."""

    def process_formdata(self, values: list[str]) -> None:
        try:
            super().process_formdata([value for value in values if value])
        except ValueError as error:
            raise ValueError(_("Enter a date.")) from error
        if values == [EMPTY]:
            self.data = None


class Days:
    """Dates below each other, and room for more."""

    ROOM = 3

    def __call__(self, field: Field, **_attributes: Any) -> Markup:
        written = [*field.written(), *[EMPTY] * self.ROOM]
        items = (
            Markup('<li><input class="form-control" type="date" name="{}[]" value="{}" aria-label="{}"></li>').format(
                field.name, value, _("Date %(number)s", number=number)
            )
            for number, value in enumerate(written, 1)
        )
        return Markup('<ul class="adm-days" id="{}" data-dates>{}</ul>').format(field.id, Markup("").join(items))


class DaysField(Field):  # type: ignore[misc]
    """Some dates, kept in their ISO form. In pages their name has brackets, as HTML wants where several share it."""

    widget = Days()

    def process(self, formdata: Any, *args: Any, **options: Any) -> None:
        if formdata is not None and (written := formdata.getlist(f"{self.name}[]")):
            formdata = MultiDict([(self.name, value) for value in written])
        super().process(formdata, *args, **options)

    def written(self) -> list[str]:
        return [value for value in self.raw_data or [] if value] if self.raw_data else [str(day) for day in self.data or ()]

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])

    def process_formdata(self, values: list[str]) -> None:
        """Raises ValueError, naming what is no date."""
        self.data = sorted({_iso_day(value.strip()) for value in values if value.strip()})


def _iso_day(written: str) -> str:
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError as error:
        raise ValueError(_("This is not a date: %(value)s", value=written)) from error


class MomentField(Field):  # type: ignore[misc]
    """A moment: entered in the organisation's local time, kept in UTC. APIs may name a zone."""

    widget = DateTimeLocalInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.astimezone(zone_of_request()).strftime("%Y-%m-%dT%H:%M") if self.data else EMPTY

    def process_formdata(self, values: list[str]) -> None:
        if not values:
            return
        self.data = _moment(values[0].strip(), self) if values[0].strip() else None


def _moment(written: str, field: Field) -> datetime:
    try:
        read = datetime.fromisoformat(written)
    except ValueError as error:
        raise ValueError(_("Enter a date and a time.")) from error
    local = read if read.tzinfo else read.replace(tzinfo=zone_of_request())
    return local.astimezone(UTC)


class MinuteField(Field):  # type: ignore[misc]
    """A time of day, kept as the minute since midnight. `ends` lets 00:00 mean midnight at the end of the day."""

    widget = TimeInput()

    def __init__(self, *args: Any, ends: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ends = ends

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return EMPTY if self.data is None else minute_of_day(self.data % 1440)

    def process_formdata(self, values: list[str]) -> None:
        if not values:
            return
        found = re.fullmatch(r"([01]?\d|2[0-4]):([0-5]\d)(:00)?", values[0].strip())
        if found is None:
            self.data = None
            raise ValueError(_("Enter a time such as 09:30."))
        minute = int(found[1]) * 60 + int(found[2])
        self.data = 1440 if self.ends and minute == 0 else minute


class ChoiceField(SelectField):
    """One of the values of a StrEnum, in words."""

    def __init__(
        self, *args: Any, kind: type[StrEnum], blank: bool = False, without: Collection[StrEnum] = (), **options: Any
    ) -> None:
        super().__init__(*args, coerce=str, validate_choice=False, **options)
        self.kind, self.blank, self.without = kind, blank, without

    def iter_choices(self) -> Iterator[Any]:
        if self.blank or self.data is None:
            yield (EMPTY, "–" if self.blank else _("Choose"), self.data is None, {})
        for choice in self.kind:
            if choice not in self.without:
                yield (choice.value, str(words.word(choice)), choice == self.data, {})

    def has_groups(self) -> bool:
        return False

    def process_data(self, value: Any) -> None:
        self.data = self.kind(value) if value else None

    def process_formdata(self, values: list[str]) -> None:
        if not values:
            return
        try:
            self.data = self.kind(values[0]) if values[0] else None
            known = self.data not in self.without
        except ValueError:
            known = False
        if not known:
            self.data = None
            raise ValueError(_("Choose one of the list."))

    def pre_validate(self, form: Any) -> None:
        """The value was read as one of the choices."""


class ListedField(SelectField):
    """One of listed values; `listed` gives them as {value: words} when the form is drawn or judged."""

    def __init__(self, *args: Any, listed: Callable[[], dict[Any, Any]], blank: Any = None, **options: Any) -> None:
        super().__init__(*args, coerce=str, validate_choice=False, **options)
        self.listed, self.blank = listed, blank

    def iter_choices(self) -> Iterator[Any]:
        if self.blank is not None:
            yield (EMPTY, str(self.blank), self.data is None, {})
        known = self.listed()
        if self.data is not None and self.data not in known:
            yield (self.data, str(self.data), True, {})
        for value, label in known.items():
            yield (value, str(label), value == self.data, {})

    def has_groups(self) -> bool:
        return False

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, values: list[str]) -> None:
        if not values:
            return
        by_text = {str(value): value for value in self.listed()}
        if values[0] == EMPTY and self.blank is not None:
            self.data = None
        elif values[0] in by_text:
            self.data = by_text[values[0]]
        else:
            raise ValueError(_("Choose one of the list."))

    def pre_validate(self, form: Any) -> None:
        """The value was read as one of the list."""


class Boxes(ListWidget):
    """Checkboxes below each other."""

    def __init__(self) -> None:
        super().__init__(prefix_label=False)


class ManyField(SelectMultipleField):
    """Some of listed values, as checkboxes."""

    widget, option_widget = Boxes(), CheckboxInput()

    def __init__(self, *args: Any, listed: Callable[[], dict[Any, Any]], kind: type = str, **options: Any) -> None:
        super().__init__(*args, coerce=str, validate_choice=False, **options)
        self.listed, self.kind = listed, kind

    def iter_choices(self) -> Iterator[Any]:
        for value, label in self.listed().items():
            yield (value, str(label), value in (self.data or []), {})

    def has_groups(self) -> bool:
        return False

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])

    def process_formdata(self, values: list[str]) -> None:
        known = {str(value) for value in self.listed()}
        if unknown := [value for value in values if value not in known]:
            raise ValueError(_("This is not in the list: %(value)s", value=unknown[0]))
        self.data = [self.kind(value) for value in dict.fromkeys(values)]

    def pre_validate(self, form: Any) -> None:
        """The values were read as some of the list."""


FEW = 200  # as many choices as a list still shows; beyond, they are looked for


class RelatedField(SelectField):
    """The row this one belongs to. With more than FEW rows, what was typed is looked up: a name, or #number."""

    def __init__(self, *args: Any, model: type, blank: bool = False, **options: Any) -> None:
        super().__init__(*args, coerce=str, validate_choice=False, **options)
        self.rows, self.blank, self._offered = Rows(model), blank, None
        self.rows.search_in(["name", "last_name", "email"])

    def offered(self) -> list[Any]:
        """The first rows that may be chosen; one more than FEW when there are too many for a list."""
        if self._offered is None:
            self._offered = in_order(self.rows, self.rows.reachable()).limit(FEW + 1).all()
        return self._offered

    @property
    def searched(self) -> bool:
        return len(self.offered()) > FEW

    def iter_choices(self) -> Iterator[Any]:
        if self.blank or self.data is None:
            yield (EMPTY, "–" if self.blank else _("Choose"), self.data is None, {})
        for row in self.offered()[:FEW]:
            yield (str(row.id), str(row), row is self.data, {})

    def has_groups(self) -> bool:
        return False

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return named(self.data) if self.data is not None else EMPTY

    def process_data(self, value: Any) -> None:
        self.data = value

    def process_formdata(self, values: list[str]) -> None:
        if not values:
            return
        self.data = self._find(values[0].strip()) if values[0].strip() else None

    def _find(self, written: str) -> Any:
        numbered = re.fullmatch(r"(?:.*#)?(\d+)", written)
        found = self.rows.get(numbered[1]) if numbered else self._named(written)
        if found is None:
            raise ValueError(_("Choose one of the list."))
        return found

    def _named(self, written: str) -> Any:
        matching = self.rows.found(self.rows.get_filters(), written).limit(2).all()
        return matching[0] if len(matching) == 1 else None

    def pre_validate(self, form: Any) -> None:
        """The value was read as one of the rows within reach."""


class RelatedManyField(SelectMultipleField):
    """Some rows, as checkboxes."""

    widget, option_widget = Boxes(), CheckboxInput()

    def __init__(self, *args: Any, model: type, **options: Any) -> None:
        super().__init__(*args, coerce=str, validate_choice=False, **options)
        self.rows = Rows(model)

    def iter_choices(self) -> Iterator[Any]:
        chosen = set(self.data or [])
        for row in in_order(self.rows, self.rows.reachable()).limit(FEW).all():
            yield (str(row.id), str(row), row in chosen, {})

    def has_groups(self) -> bool:
        return False

    def process_data(self, value: Any) -> None:
        self.data = list(value or [])

    def process_formdata(self, values: list[str]) -> None:
        found = [self.rows.get(value) for value in dict.fromkeys(values)]
        if None in found:
            raise ValueError(_("Choose one of the list."))
        self.data = found

    def pre_validate(self, form: Any) -> None:
        """The values were read as rows within reach."""


def in_order(rows: Rows, query: Any) -> Any:
    """In the order in which people look for them."""
    columns = rows.list_columns
    return query.order_by(*(getattr(rows.obj, name) for name in ("position", "name", "id") if name in columns))


def named(row: Any) -> str:
    """A row as it is looked up: its name and number."""
    return f"{row} #{row.id}"


class SitesField(TextAreaField):
    """Websites, one in each line, kept as patterns that the framing policy understands."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else "\n".join(self.data or [])

    def process_formdata(self, values: list[str]) -> None:
        if values:
            lines = [line.strip() for value in values for line in value.splitlines()]
            self.data = list(dict.fromkeys(_site(line) for line in lines if line))


def _site(line: str) -> str:
    try:
        return framing.normalised(line)
    except framing.SiteRefused as refused:
        raise ValueError(_site_words(refused)) from refused


def _site_words(refused: framing.SiteRefused) -> str:
    reasons = {
        "characters": _("it has characters that no address has"),
        "scheme": _("it must begin with https:// or http://"),
        "host": _("there is no such host name"),
        "port": _("the port must be a number up to 65535"),
        "person": _("it must not contain a user name"),
        "wildcard": _("a star may only stand for the first part, as in https://*.clinic.example"),
    }
    return _("“%(site)s” is not a website: %(reason)s.", site=refused.pattern, reason=reasons[refused.reason])


class ColourField(StringField):
    widget = ColorInput()


def zones() -> dict[str, str]:
    return {name: name.replace("_", " ") for name in sorted(available_timezones()) if "/" in name or name == "UTC"}


def currencies() -> dict[str, str]:
    """Money that is in use somewhere today, by its ISO 4217 code."""
    babel = locale.babel_locale(locale.current_tag())
    used = {code for territory in babel.territories if len(territory) == 2 for code in get_territory_currencies(territory)}
    return {code: f"{code} · {get_currency_name(code, locale=babel)}" for code in sorted(used)}


def languages() -> dict[str, str]:
    """The languages whose texts are shipped, by tag; any other can be written by hand in the translation pages."""
    return {tag: shown.language(tag) for tag in locale.shipped()}


def widget_of(field: Field) -> str:
    """How the form template draws a field."""
    if isinstance(field, RelatedField) and field.searched:
        return "search"
    if isinstance(field.widget, Boxes):
        return "boxes"
    if isinstance(field.widget, Days):
        return "days"
    if isinstance(field.widget, CheckboxInput):
        return "check"
    return "select" if isinstance(field.widget, Select) else "input"
