"""One page: every text of the organisation, and in which languages it stands, is missing or outdated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import select

from telehealth.announcement import Announcement
from telehealth.channel import Channel
from telehealth.database import Session
from telehealth.department import Department
from telehealth.follow_up import FollowUpHint
from telehealth.visit_type import VisitType
from telehealth.message_template import MessageTemplate
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.translation import Translation, TranslationState, hash_of
from telehealth.widget import Widget, WidgetField
from web.endpoint import Access, endpoint
from web.house import session

translate = Blueprint("translate", __name__, template_folder="templates")
SHOWN = (Department, Channel, Widget, WidgetField, VisitType, FollowUpHint, Announcement, MessageTemplate)


@dataclass(frozen=True)
class Unit:
    """A source text and, by language, one of: done, outdated, draft, missing."""

    where: str
    source: str
    states: dict[str, str]


@endpoint(translate, "/translate/", access=Access.STAFF, permission=Permission.TRANSLATE)
def overview(staff: Staff) -> str:
    """The texts of the organisation and how far they are translated."""
    organization = session().get_one(Organization, staff.organization_id)
    languages = [locale for locale in organization.locales if locale != organization.locale]
    found = list(units(session(), languages))
    done = {tag: sum(unit.states[tag] == "done" for unit in found) for tag in languages}
    return render_template(
        "translate/overview.html", organization=organization, languages=languages, units=found, done=done
    )


def units(opened: Session, languages: list[str]) -> Iterator[Unit]:
    """Every text that is there, in the order of the models."""
    known = _known(opened)
    for kind in SHOWN:
        for row in opened.scalars(select(kind).order_by(kind.id)):
            for field in kind.__translatable__:
                if source := getattr(row, field):
                    yield Unit(_where(row), source, {tag: _state(known, row, field, tag, source) for tag in languages})


def _known(opened: Session) -> dict[tuple[str, int, str], dict[str, Translation]]:
    known: dict[tuple[str, int, str], dict[str, Translation]] = defaultdict(dict)
    for row in opened.scalars(select(Translation)):
        known[row.entity, row.entity_id, row.field][row.locale] = row
    return known


def _where(row: Any) -> str:
    return getattr(row, "name", "") or str(row)


def _state(known: dict[tuple[str, int, str], dict[str, Translation]], row: Any, field: str, tag: str, source: str) -> str:
    found = known[row.__tablename__, row.id, field].get(tag)
    if found is None:
        return "missing"
    if found.source_hash != hash_of(source):
        return "outdated"
    return "done" if found.state is TranslationState.APPROVED else "draft"
