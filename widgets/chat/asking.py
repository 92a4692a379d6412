"""What a chat asks before the first message, and what came of it: a name to show, and answers for the clinic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask_babel import gettext as _

from telehealth.identity import Claims
from telehealth.introduction import Detail
from telehealth.widget import PATIENT_FIELDS, FieldKind, Widget, WidgetField
from web.errors import Refusal
from web.schema import Answers
from widgets.answers import PatientBody, require_answers
from widgets.page import Setting

NAMES = (FieldKind.INITIALS, FieldKind.LAST_NAME)


class Begun(Protocol):
    """What came with the first message."""

    text: str
    name: str
    patient: PatientBody
    answers: Answers
    accept_terms: bool


@dataclass(frozen=True)
class Told:
    name: str
    details: Sequence[Detail]


def asked(widget: Widget) -> list[WidgetField]:
    """The widget's questions; the reason is the first message itself."""
    return [field for field in widget.fields if field.kind is not FieldKind.REASON]


def asks_name(widget: Widget) -> bool:
    """Whether the widget asks for a name in its own way; without that any name is welcome and none is needed."""
    return any(field.kind in NAMES for field in widget.fields)


def told(setting: Setting, body: Begun, known: Claims | None) -> Told:
    """What was answered. Raises Refusal that names every field to look at again."""
    own = _answers(setting.widget, body)
    patient = body.patient
    name = body.name or f"{patient.initials} {patient.last_name}".strip() or (known.name if known else "")
    details = [*_of_website(known), *_of_fields(setting, body, own)]
    if setting.widget.terms:
        details.append(Detail("terms", "", str(setting.texts.of(setting.widget, "terms"))))
    return Told(name[:160], details)


def _answers(widget: Widget, body: Begun) -> dict[str, str]:
    wrong: dict[str, str] = {}
    own: dict[str, str] = {}
    try:
        own = require_answers(widget, body.patient, body.answers, body.accept_terms, body.text)
    except Refusal as refused:
        wrong = {name: words for name, words in refused.fields.items() if name != "reason"}
    if not body.text:
        wrong["text"] = _("Write something first.")
    if wrong:
        raise Refusal("invalid", 422, fields=wrong)
    return own


def _of_website(known: Claims | None) -> Iterator[Detail]:
    if known is not None:
        said = (("site_id", known.id), ("site_name", known.name), ("site_email", known.email), ("site_phone", known.phone))
        yield from (Detail(kind, "", value) for kind, value in said if value)


def _of_fields(setting: Setting, body: Begun, own: Answers) -> Iterator[Detail]:
    """With the questions as the clinic has written them, since its people read the answers."""
    for field in asked(setting.widget):
        value = getattr(body.patient, field.kind.value) if field.kind in PATIENT_FIELDS else own.get(field.key)
        if value:
            yield Detail(field.kind.value, field.label, str(value))
