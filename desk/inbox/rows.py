"""How conversations are listed: as a header (that one is there) or as a card (whose it is). Neither holds what was said.

Two functions, so that the header cannot carry what it must not: it is never made from a card.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from desk.catch_up import PAGE, Listing
from telehealth.case import Case
from telehealth.channel import Channel, Routing
from telehealth.channel_change import ChannelChange, last_changes
from telehealth.contact_request import ContactRequest
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.feed import FeedName
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Staff
from telehealth.presence import Presence
from telehealth.visibility import channels_within_reach, may_see_header, visible

OPEN = Conversation.id.in_(select(Case.conversation_id).where(Case.done_at.is_(None)))


def facts(found: Case | None) -> dict[str, Any]:
    """How its case stands; nothing of what it is about."""
    if found is None:
        return {}
    return {
        "case": found.state.value, "returns": found.returns, "non_urgent": found.non_urgent,
        "escalated": found.escalated_at is not None, "assigned_at": iso(found.assigned_at),
        "warned": found.operator_warned_at is not None,
    }  # fmt: skip


def header(thread: Conversation, found: Case | None) -> dict[str, Any]:
    """What everybody sees who could be present in the channel (S000-12)."""
    return {
        **facts(found),
        "id": thread.id,
        "seq": thread.changed,
        "channel_id": thread.channel_id,
        "state": thread.state.value,
        "waiting_since": iso(thread.waiting_since),
        "started_at": thread.started_at.isoformat(),
        "last_at": thread.last_at.isoformat(),
        "claimed_by": thread.claimed_by.name if thread.claimed_by else None,
        "claimed_by_id": thread.claimed_by_id,
        "unread": thread.unread_by_staff,
    }


def card(thread: Conversation, found: Case | None) -> dict[str, Any]:
    """What those see who are present in the channel, or have taken the conversation (S000-11)."""
    last = thread.last_author.value if thread.last_author else None
    return header(thread, found) | {"name": thread.subject, "last": last, "locale": thread.locale, "is_card": True}


def request(found: ContactRequest) -> dict[str, Any]:
    """What became of a request to be called back; `answered` by whom, and with which appointment."""
    name: dict[str, Any] = {"name": found.conversation.subject}
    name["mails"] = bool(found.person.email)
    if found.answered_at is None:
        return name | {"answered": None}
    by = found.answered_by.name if found.answered_by else ""
    if found.appointment is None:
        return name | {"answered": {"by": by, "start": None, "name": ""}}
    return name | {"answered": {"by": by, "start": found.appointment.start.isoformat(), "name": found.appointment.practitioner.name}}


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def listed(staff: Staff) -> Any:
    """Which conversations of channels somebody sees in the list, as header or card."""
    within = or_(may_see_header(staff), Conversation.claimed_by_id == staff.practitioner_id)
    return OPEN & Conversation.channel_id.is_not(None) & within


def listing(staff: Staff) -> Listing:
    return Listing(
        FeedName.INBOX, Conversation, Conversation.changed, listed(staff),
        lambda session, ids: rows(session, staff, ids), Conversation.channel_id.is_not(None),
    )  # fmt: skip


def rows(session: Session, staff: Staff, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    seen = set(session.scalars(select(Conversation.id).where(Conversation.id.in_(ids), visible(staff, Conversation))))
    found = session.scalars(
        select(Conversation).where(Conversation.id.in_(ids)).options(selectinload(Conversation.claimed_by))
    ).all()
    cases = {one.conversation_id: one for one in session.scalars(select(Case).where(Case.conversation_id.in_(ids)))}
    return {one.id: (card if one.id in seen else header)(one, cases.get(one.id)) for one in found}


def of_channel(session: Session, staff: Staff, channel_id: int, after: int) -> dict[str, Any]:
    """The open conversations of one channel as they are seen now, by id, in pages."""
    ids = session.scalars(
        select(Conversation.id)
        .where(listed(staff), Conversation.channel_id == channel_id, Conversation.id > after)
        .order_by(Conversation.id)
        .limit(PAGE)
    ).all()
    return {"items": list(rows(session, staff, ids).values()), "more": len(ids) == PAGE}


def channels(session: Session, staff: Staff, now: datetime) -> list[dict[str, Any]]:
    """The channels somebody can be present in, each with how it stands and the own place in it (S000-13)."""
    organization = session.get_one(Organization, staff.organization_id)
    reached = session.scalars(
        select(Channel).where(channels_within_reach(staff)).order_by(Channel.position, Channel.name)
    ).all()
    own = {
        presence.channel_id: presence
        for presence in session.scalars(select(Presence).where(Presence.practitioner_id == staff.practitioner_id))
    }
    there, changed = _present(session), last_changes(session)
    manages = staff.may(Permission.MANAGE_CHANNEL)
    return [
        _channel(found, organization, now)
        | _own_place(own.get(found.id))
        | {"present": there.get(found.id, 0), "manages": manages, "changed": _change(changed.get(found.id))}
        for found in reached
    ]


def _present(session: Session) -> dict[int, int]:
    counted = select(Presence.channel_id, func.count()).where(Presence.active).group_by(Presence.channel_id)
    return {row[0]: row[1] for row in session.execute(counted)}


def _channel(found: Channel, organization: Organization, now: datetime) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "internal": found.internal,
        "state": found.state(now, organization).value,
        "switch": found.switch.value,
        "congested": found.congested,
        "opens_at": iso(found.opens_at(now, organization)),
        "until": iso(found.switch_until if found.by_hand(now) is found.switch else None),
        "automatic": found.routing is Routing.AUTOMATIC,
    }


def _change(change: ChannelChange | None) -> dict[str, Any] | None:
    """Who or what turned the channel last, when and why."""
    if change is None:
        return None
    by = change.by.name if change.by else ""
    return {"at": change.at.isoformat(), "state": change.state.value, "rule": change.rule.value, "by": by, "reason": change.reason}


def _own_place(presence: Presence | None) -> dict[str, Any]:
    return {
        "i_am_present": presence is not None and presence.active,
        "expired": presence is not None and presence.expired_at is not None,
        "rings": presence is None or presence.by_sound,
        "repeats": presence.repeat_seconds if presence else 0,
        "mails": presence is not None and presence.by_mail,
        "pushes": presence is not None and presence.by_push,
    }


def targets(session: Session) -> list[dict[str, Any]]:
    """Every channel of the organisation: a colleague's is exactly where one transfers to (S000-15)."""
    found = session.scalars(select(Channel).order_by(Channel.position, Channel.name))
    return [{"id": channel.id, "name": channel.name} for channel in found]
