"""How a visit ended, as the desk tells it: why, by whom, what the patient takes home and thought of it, who is next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from desk.waiting_room.rows import listing
from telehealth import clock, ending, feedback, follow_up
from telehealth.database import Session
from telehealth.follow_up import FollowUp
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.translation import Texts
from telehealth.visibility import may_see
from telehealth.waiting_room import LOOKING_BACK, Encounter, EncounterStatus
from web.errors import Refusal


def told(session: Session, visit: Encounter, hint_id: int | None, own_words: str) -> FollowUp | None:
    """What the patient is told: own words, or the chosen hint in the patient's language. Raises Refusal."""
    if own_words:
        return FollowUp(own_words)
    if hint_id is None:
        return None
    hint = next((found for found in follow_up.hints(session, visit.department_id) if found.id == hint_id), None)
    if hint is None:
        raise Refusal("unknown", 404)
    organization = session.get_one(Organization, visit.organization_id)
    text = Texts(session, visit.locale, organization.locale).of(hint, "text")
    return FollowUp(text.text, text.lang or visit.locale)


def facts(session: Session, staff: Staff, visit: Encounter) -> dict[str, Any]:
    """Moments are ISO in UTC; `feedback` is None where there is none, or it is not this person's to see."""
    until = ending.readable_until(visit) or ending.erased_at(visit)
    return {
        "id": visit.id,
        "reason": visit.end_reason.value if visit.end_reason else None,
        "met": visit.admitted_at is not None,
        "by": visit.ended_by.name if visit.ended_by else None,
        "at": visit.ended_at.isoformat() if visit.ended_at else None,
        "minutes": max(1, round(visit.length / timedelta(minutes=1))) if visit.length is not None else None,
        "summary": visit.summary,
        "follow_up": visit.follow_up.text if visit.follow_up else "",
        "may_sum_up": _may_sum_up(staff, visit),
        "chat": visit.chat_after_visit.value if visit.chat_after_visit else None,
        "until": until.isoformat() if until else None,
        "erased": visit.conversation.erased_at is not None,
        "feedback": _feedback(session, staff, visit),
        "next": _next(session, staff),
    }


def _may_sum_up(staff: Staff, visit: Encounter) -> bool:
    mine = staff.practitioner_id in {visit.admitted_by_id, visit.ended_by_id} and staff.may(Permission.ADMIT)
    recent = visit.ended_at is not None and clock.now() < visit.ended_at + LOOKING_BACK
    return mine and recent and (visit.took_place or visit.admitted_at is not None)


def _feedback(session: Session, staff: Staff, visit: Encounter) -> dict[str, str] | None:
    found = feedback.of_visit(session, visit)
    if found is None or not may_see(session, staff, found):
        return None
    return {"rating": found.rating.value, "words": found.words}


def _next(session: Session, staff: Staff) -> dict[str, str] | None:
    """Who has waited longest for this person, or for whoever is free first."""
    for_me = or_(Encounter.practitioner_id == staff.practitioner_id, Encounter.practitioner_id.is_(None))
    waiting = listing(staff).shown & (Encounter.status == EncounterStatus.WAITING) & for_me
    found = session.scalar(
        select(Encounter)
        .where(waiting)
        .options(selectinload(Encounter.patient))
        .order_by(Encounter.arrived_at, Encounter.id)
        .limit(1)
    )
    if found is None or not staff.may(Permission.ADMIT):
        return None
    return {"uid": found.uid, "name": found.patient.name, "arrived_at": found.arrived_at.isoformat()}
