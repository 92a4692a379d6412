"""A clinic's own texts as a conversation would get them: in its language, with what is known put in."""

from __future__ import annotations

from typing import Any

from babel.dates import format_date, format_time
from flask_babel import gettext as _
from sqlalchemy import select

from telehealth import clock, message_template
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Staff
from telehealth.quick_text import QuickText, next_appointment, quick_texts, texts_for
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter
from web import locale


def filled(session: Session, staff: Staff, thread: Conversation) -> list[dict[str, Any]]:
    """Those that fit, in the clinic's order."""
    found = texts_for(session, staff, thread)
    values = values_of(session, staff, thread)
    own = session.get_one(Organization, thread.organization_id)
    words = Texts(session, thread.locale or own.locale, own.locale)
    words.prefetch(found)
    return [
        {"id": row.id, "code": row.code, "title": row.title, "text": in_words(row, words, values)} for row in found
    ]


def previewed(session: Session, staff: Staff) -> list[dict[str, Any]]:
    """Those that a person may send to whoever waits, as they read for anybody: what differs from patient to patient is named."""
    organization = session.get_one(Organization, staff.organization_id)
    found = quick_texts(session, staff)
    words = Texts(session, locale.current_tag(), organization.locale)
    words.prefetch(found)
    known = {"practitioner_name": staff.name, "organization_name": words.of(organization, "name").text, "organization_phone": organization.phone}
    values = {code: f"[{said}]" for code, said in _differing().items()} | known
    return [{"id": row.id, "title": row.title, "text": in_words(row, words, values)} for row in found]


def _differing() -> dict[str, str]:
    return {
        "patient_name": _("name of the patient"), "department_name": _("name of the department"), "channel_name": _("name of the channel"),
        "appointment_date": _("date of the next appointment"), "appointment_time": _("time of the next appointment"),
    }  # fmt: skip


def in_words(row: QuickText, words: Texts, values: dict[str, str]) -> str:
    return message_template.fill(words.of(row, "text").text, values)


def values_of(session: Session, staff: Staff, thread: Conversation) -> dict[str, str]:
    """What the codes of a text stand for in this conversation, in its language; what is unknown is left out."""
    organization = session.get_one(Organization, thread.organization_id)
    words = Texts(session, thread.locale or organization.locale, organization.locale)
    visit = session.scalar(select(Encounter).where(Encounter.conversation_id == thread.id))
    values = {
        "patient_name": visit.patient.name if visit else thread.subject, "practitioner_name": staff.name,
        "organization_name": words.of(organization, "name").text, "organization_phone": organization.phone,
    }  # fmt: skip
    if not values["patient_name"]:
        del values["patient_name"]  # a group is nobody in particular
    if thread.channel is not None:
        values["channel_name"] = words.of(thread.channel, "name").text
    if visit is not None:
        values |= {"department_name": words.of(visit.department, "name").text} | _next(session, visit, organization, thread.locale)
    return values


def _next(session: Session, visit: Encounter, organization: Organization, tag: str) -> dict[str, str]:
    found = next_appointment(session, visit.patient_id, clock.now())
    if found is None:
        return {}
    start, language = found.start.astimezone(organization.tz), locale.babel_locale(tag)
    return {
        "appointment_date": str(format_date(start, "full", locale=language)),
        "appointment_time": str(format_time(start, "short", locale=language)),
    }
