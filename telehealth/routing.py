"""Automatic routing: who of those present gets the conversation that has waited longest (S003-15, X-62)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel import Locale, UnknownLocaleError
from sqlalchemy import Select, func, or_, select

from telehealth import case, case_text
from telehealth.case_text import Occasion
from telehealth.channel import Channel, Routing
from telehealth.conversation import Conversation, ConversationState
from telehealth.database import Session
from telehealth.expected_wait import queued
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization
from telehealth.practitioner import GRANTS, Permission, Practitioner, PractitionerRole
from telehealth.presence import Presence
from telehealth.skill import skill_practitioner

AT_A_TIME = 50


@dataclass
class Candidate:
    """Somebody who is present; `load` is how many conversations the person has open."""

    practitioner_id: int
    languages: frozenset[str]
    load: int

    def speaks(self, locale: str, clinics: str) -> bool:
        return bool(_names(locale, clinics) & self.languages)


def _names(tag: str, clinics: str) -> frozenset[str]:
    """What people call a language: its code, its name in English, in itself, and in the clinic's own language."""
    language = tag.partition("-")[0].lower()
    try:
        known = Locale(language)
        named = {known.get_language_name(own) for own in ("en", language, clinics.partition("-")[0])}
    except UnknownLocaleError:
        named = set()
    return frozenset({language, *(name.casefold() for name in named if name)})


def give(session: Session, channel: Channel, now: datetime) -> None:
    """Hand out what waits to those who have room for it, the longest wait first; exactly one gets each."""
    if channel.routing is not Routing.AUTOMATIC:
        return
    if session.scalar(select(Conversation.id).where(queued(channel.id)).limit(1)) is None:
        return
    advance(session, FeedName.INBOX)  # locks the feed: from here on nobody else gives, claims or closes
    people, clinics = _candidates(session, channel), session.get_one(Organization, channel.organization_id).locale
    for thread in _queue(session, channel) if people else []:
        chosen = _choose([one for one in people if one.practitioner_id != case.lost_by(session, thread.id)], channel, thread, clinics, now)
        if chosen is not None:
            thread.hand_out(chosen.practitioner_id, now)
            case_text.tell(session, thread, Occasion.TAKEN, now)
            chosen.load += 1


def _queue(session: Session, channel: Channel) -> Sequence[Conversation]:
    """Whoever has locked one of them is about to take or close it, and stirs the channel itself."""
    found = (
        select(Conversation)
        .where(queued(channel.id))
        .order_by(Conversation.waiting_since, Conversation.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True, of=Conversation)
        .execution_options(populate_existing=True)
    )
    return session.scalars(found).all()


def _choose(people: Sequence[Candidate], channel: Channel, thread: Conversation, clinics: str, now: datetime) -> Candidate | None:
    """Those who speak the language; after the channel's minutes anybody, they first."""
    free = [person for person in people if person.load < channel.most_at_once]
    waited = now - (thread.waiting_since or now)
    if waited < timedelta(minutes=channel.language_minutes):
        free = [person for person in free if person.speaks(thread.locale, clinics)]
    return min(free, key=lambda person: (not person.speaks(thread.locale, clinics), person.load, person.practitioner_id), default=None)


def _candidates(session: Session, channel: Channel) -> list[Candidate]:
    present = select(Presence.practitioner_id).where(Presence.channel_id == channel.id, Presence.active)
    query = select(Practitioner.id, Practitioner.languages, Practitioner.locale).where(
        Practitioner.active, Practitioner.id.in_(present), Practitioner.id.in_(_answering(channel))
    )
    if channel.skill_id is not None:
        able = select(skill_practitioner.c.practitioner_id).where(skill_practitioner.c.skill_id == channel.skill_id)
        query = query.where(Practitioner.id.in_(able))
    rows = session.execute(query.order_by(Practitioner.id)).all()
    loads = _loads(session, [row.id for row in rows])
    return [Candidate(row.id, _tags(row.languages, row.locale), loads.get(row.id, 0)) for row in rows]


def _answering(channel: Channel) -> Select[Any]:
    roles = [role for role, granted in GRANTS.items() if Permission.ANSWER_CHAT in granted]
    held = select(PractitionerRole.practitioner_id).where(PractitionerRole.role.in_(roles))
    if channel.department_id is None:
        return held
    return held.where(or_(PractitionerRole.department_id.is_(None), PractitionerRole.department_id == channel.department_id))


def _tags(languages: str, locale: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in [*re.split(r"[,;/\s]+", languages), locale.partition("-")[0]] if word)


def _loads(session: Session, people: Sequence[int]) -> dict[int, int]:
    counted = (
        select(Conversation.claimed_by_id, func.count(Conversation.id))
        .where(
            Conversation.claimed_by_id.in_(people), Conversation.state == ConversationState.CLAIMED,
            Conversation.channel_id.is_not(None),
        )
        .group_by(Conversation.claimed_by_id)
    )  # fmt: skip
    return {person: count for person, count in session.execute(counted).all() if person is not None}
