"""What a request or event may contain, declared once: checked on the way in, described in OpenAPI on the way out."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from flask_babel import lazy_gettext as _l
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from web.errors import Refusal


class Schema(BaseModel):
    """Base of every declared shape: unknown keys are refused, text is trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Nothing(Schema):
    """An empty object."""


ClientId = Annotated[str, StringConstraints(min_length=8, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Name = Annotated[str, StringConstraints(max_length=120)]
Line = Annotated[str, StringConstraints(max_length=300)]
LongText = Annotated[str, StringConstraints(max_length=8000)]
Answers = dict[Annotated[str, StringConstraints(max_length=40)], Annotated[str, StringConstraints(max_length=4000)]]

Shape = TypeVar("Shape", bound=BaseModel)

WORDS: dict[str, Any] = {
    "missing": _l("This is needed."),
    "string_too_short": _l("This is needed."),
    "string_too_long": _l("This is too long."),
    "string_pattern_mismatch": _l("This does not look right."),
    "date_from_datetime_parsing": _l("Enter a date that exists, with a four-digit year."),
    "date_parsing": _l("Enter a date that exists, with a four-digit year."),
    "extra_forbidden": _l("This is not asked here."),
}
OTHER = _l("This does not look right.")


def check(shape: type[Shape], data: Any) -> Shape:
    """The data as the declared shape. Raises Refusal with words for every field that is wrong."""
    if not isinstance(data, dict):
        raise Refusal("not_json", 400)
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        raise Refusal("invalid", 422, fields=_fields(error)) from None


def _fields(error: ValidationError) -> dict[str, str]:
    return {".".join(str(part) for part in e["loc"]): str(WORDS.get(e["type"], OTHER)) for e in error.errors()}
