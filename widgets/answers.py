"""What a patient fills in: the declared shape, then the widget's own rules about what is asked and needed."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Annotated

from flask_babel import gettext as _
from pydantic import StringConstraints, field_validator

from telehealth import clock
from telehealth.widget import PATIENT_FIELDS, FieldKind, Widget, WidgetField
from web.errors import Refusal
from web.schema import Answers, Name, Schema

IMPOSSIBLE = date.min  # stands for a date that does not exist, so that it is named together with all other faults
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class PatientBody(Schema):
    """Who comes. Empty is allowed here: which of them are needed, the widget says."""

    initials: Annotated[str, StringConstraints(max_length=20)] = ""
    last_name: Name = ""
    birth_date: date | None = None
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    phone: Annotated[str, StringConstraints(max_length=40)] = ""

    @field_validator("birth_date", mode="before")
    @classmethod
    def _existing(cls, given: object) -> object:
        try:
            return date.fromisoformat(given) if isinstance(given, str) else given
        except ValueError:
            return IMPOSSIBLE


def require_answers(
    widget: Widget, patient: PatientBody, answers: Answers, accept_terms: bool, reason: str = "",
    also: Collection[FieldKind] = (),
) -> dict[str, str]:  # fmt: skip
    """The answers to the widget's own questions. Raises Refusal that names every field to look at again.

    `also` are facts of the patient that are needed this time, whether the widget asks for them or not.
    """
    wrong = {f"patient.{kind.value}": _("This is needed.") for kind in also if not getattr(patient, kind.value)}
    for field in widget.fields:
        place, value = _asked(field, patient, answers, reason)
        if words := _wrong(field, value):
            wrong[place] = words
    if patient.birth_date == IMPOSSIBLE:
        wrong["patient.birth_date"] = _("Enter a date that exists, with a four-digit year.")
    if widget.terms and not accept_terms:
        wrong["accept_terms"] = _("Accept the terms to go on.")
    if wrong:
        raise Refusal("invalid", 422, fields=wrong)
    own = {field.key for field in widget.fields if field.kind not in {*PATIENT_FIELDS, FieldKind.REASON}}
    return {key: value for key, value in answers.items() if key in own and value}


def _asked(field: WidgetField, patient: PatientBody, answers: Answers, reason: str) -> tuple[str, str]:
    if field.kind in PATIENT_FIELDS:
        value = getattr(patient, field.kind.value)
        return f"patient.{field.kind.value}", value.isoformat() if isinstance(value, date) else value or ""
    if field.kind is FieldKind.REASON:
        return "reason", reason
    return f"answers.{field.key}", answers.get(field.key, "")


def _wrong(field: WidgetField, value: str) -> str:
    if not value:
        return _("This is needed.") if field.required else ""
    if field.kind is FieldKind.EMAIL and not EMAIL.fullmatch(value):
        return _("Enter an e-mail address like name@example.org.")
    if field.kind is FieldKind.BIRTH_DATE and not "1900" <= value[:4] <= clock.now().date().isoformat()[:4]:
        return _("Enter a year of birth with four digits.")
    if field.kind is FieldKind.BIRTH_DATE and value > clock.now().date().isoformat():
        return _("Enter a date that is not in the future.")
    if field.kind is FieldKind.CHOICE and value not in field.choices:
        return _("Choose one of the answers.")
    return ""
