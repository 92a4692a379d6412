"""How the waiting room is told: a row for each visit, and beside it how the talk with that patient stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import selectinload

from desk import rooms
from desk.catch_up import PAGE, Listing
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.feed import FeedName, latest
from telehealth.practitioner import Staff
from telehealth.questionnaire_response import standings_of_visits
from telehealth.visibility import visible
from telehealth.waiting_room import Encounter, EncounterStatus

LONGEST_REASON = 160  # characters; the whole stands on the visit's page
LIVES = Encounter.status != EncounterStatus.ENDED


def listing(staff: Staff) -> Listing:
    return Listing(FeedName.WAITING_ROOM, Encounter, Encounter.seq, LIVES & visible(staff, Encounter), rows)


def rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found = session.scalars(
        select(Encounter)
        .where(Encounter.id.in_(ids))
        .options(
            selectinload(Encounter.patient), selectinload(Encounter.department), selectinload(Encounter.practitioner),
            selectinload(Encounter.admitted_by), selectinload(Encounter.acknowledged_by), selectinload(Encounter.conversation),
            selectinload(Encounter.transferred_by),
        )
    ).all()  # fmt: skip
    asked = standings_of_visits(session, {visit.id: visit.appointment_id for visit in found})
    return {visit.id: row(visit) | {"questionnaires": asked.get(visit.id)} for visit in found}


def row(visit: Encounter) -> dict[str, Any]:
    return {
        "id": visit.id,
        "uid": visit.uid,
        "seq": visit.seq,
        "name": visit.patient.name,
        "birth_date": visit.patient.birth_date.isoformat() if visit.patient.birth_date else None,
        "kind": visit.kind.value,
        "status": visit.status.value,
        "end_reason": visit.end_reason.value if visit.end_reason else None,
        "punctuality": visit.punctuality().value,
        "connected": visit.connected,
        "awaited": visit.awaited,
        "locked": visit.locked,
        "elsewhere": elsewhere(visit),
        "reason": visit.reason[:LONGEST_REASON],
        "appointment_id": visit.appointment_id,
        "conversation_id": visit.conversation_id,
        "devices": asdict(visit.checks),
        "browser": visit.browser,
        **_people(visit),
        **_moments(visit),
        "talk": talk(visit),  # whoever sees the visit only now has missed what was told of its talk
    }


def elsewhere(visit: Encounter) -> dict[str, Any] | None:
    """Where somebody without a page is: how long the place is kept, and when the patient was last called back."""
    if visit.elsewhere_until is None:
        return None
    called = visit.called_back_at.isoformat() if visit.called_back_at else None
    return {"until": visit.elsewhere_until.isoformat(), "called_at": called}


def _people(visit: Encounter) -> dict[str, Any]:
    return {
        "department_id": visit.department_id,
        "department": visit.department.name,
        "practitioner": visit.practitioner.name if visit.practitioner else None,
        "transferred_by": visit.transferred_by.name if visit.transferred_by else None,
        "note": visit.note,
        "admitted_by": visit.admitted_by.name if visit.admitted_by else None,
        "admitted_by_id": visit.admitted_by_id,
        "acknowledged_by": visit.acknowledged_by.name if visit.acknowledged_by else None,
    }


def _moments(visit: Encounter) -> dict[str, str | None]:
    moments = {name: getattr(visit, name) for name in ("arrived_at", "planned_start", "admitted_at", "seen_at")}
    return {name: moment.isoformat() if moment else None for name, moment in moments.items()}


def ended(session: Session, staff: Staff, since: datetime) -> list[dict[str, Any]]:
    """The visits that have ended since a moment, the last one first."""
    found = session.scalars(
        select(Encounter.id)
        .where(Encounter.ended_at >= since, visible(staff, Encounter))
        .order_by(Encounter.ended_at.desc(), Encounter.id.desc())
        .limit(PAGE)
    ).all()
    described = rows(session, found)
    return [described[visit_id] for visit_id in found]


# Every message of a waiting room asks: without the unit of work, a fifth of the ORM's cost.
_visit, _thread = Encounter.__table__.c, Conversation.__table__.c
_TALK = (
    select(
        _visit.id.label("visit_id"), _visit.conversation_id, _visit.organization_id, _visit.department_id, _visit.admitted_by_id, _thread.changed,
        _thread.seq, _thread.last_author, _thread.unread_by_staff,
    )
    .join_from(Encounter.__table__, Conversation.__table__, _visit.conversation_id == _thread.id)
    .where(
        _visit.organization_id == bindparam("organization"),
        _visit.conversation_id.in_(bindparam("conversations", expanding=True)), _visit.status != EncounterStatus.ENDED,
    )
)  # fmt: skip


def talks_of(session: Session, conversations: list[int]) -> dict[int, tuple[dict[str, Any], list[str]]]:
    """How the talks of visits that go on stand, each with the rooms that hear of it; other conversations are left out."""
    known = {"organization": session.organization_id, "conversations": conversations}
    found = session.connection().execute(_TALK, known)
    return {row.conversation_id: (_talk(row.visit_id, row), rooms.of_visit(row)) for row in found}


def talk(visit: Encounter) -> dict[str, Any]:
    """How many messages, who wrote last, how many nobody here has read (S004-3, S004-8)."""
    return _talk(visit.id, visit.conversation)


def _talk(visit_id: int, thread: Any) -> dict[str, Any]:
    return {
        "id": visit_id,
        "seq": thread.changed,
        "messages": thread.seq,
        "last": thread.last_author.value if thread.last_author else None,
        "unread": thread.unread_by_staff,
    }


def talks(session: Session, staff: Staff, after: int) -> dict[str, Any]:
    """A page of the talks that have changed; those of visits that ended go with their rows."""
    reached = latest(session, FeedName.INBOX)
    found = session.scalars(
        select(Encounter)
        .join(Conversation, Conversation.id == Encounter.conversation_id)
        .where(LIVES, visible(staff, Encounter), Conversation.changed > after)
        .options(selectinload(Encounter.conversation))
        .order_by(Conversation.changed)
        .limit(PAGE)
    ).all()
    items = [talk(visit) for visit in found]
    more = len(items) == PAGE
    return {"items": items, "seq": items[-1]["seq"] if more else max(reached, after), "more": more}
