"""What became of those who wrote to a channel, how long they waited for an answer and how long it took (S003-2). Nobody is named.

Counted when somebody looks, up to yesterday, by the day on which a case opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from telehealth.case import Case, CaseEvent, CaseField, CaseFieldKind, Deed, Reason
from telehealth.contact_point import ContactPoint
from telehealth.contact_request import ContactRequest
from telehealth.conversation import AuthorKind, Conversation
from telehealth.database import Session
from telehealth.message import Message
from telehealth.report import Report


AT_ONCE = 500  # cases whose answers are opened together


class Fate(StrEnum):
    """`ANSWERED` by somebody of the staff, `LEFT` by the patient before that, `CLOSED` without an answer, `OPEN` and waiting for one."""

    ANSWERED = "answered"
    LEFT = "left"
    CLOSED = "closed"
    OPEN = "open"


class Way(StrEnum):
    """By what somebody came."""

    WEBSITE = "website"
    REQUEST = "request"
    EMAIL = "email"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    WEBHOOK = "webhook"
    PHONE = "phone"


class Contact(NamedTuple):
    """One case: when and where it opened, by what way, what became of it; `wait` is until the first answer, `length` until it was done."""

    id: int
    day: date
    hour: int
    channel_id: int | None
    way: Way
    reason_id: int | None
    person_id: int | None
    outcome: Fate
    length: timedelta | None
    wait: timedelta | None


def report(session: Session, within: ColumnElement[bool], first: date, last: date, zone: ZoneInfo) -> Report[Contact]:
    """Of the cases that opened on these local dates, as far as `within` lets somebody see them."""
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    answer = (
        select(func.min(Message.at))
        .where(Message.conversation_id == Case.conversation_id, Message.author == AuthorKind.STAFF, ~Message.internal)
        .correlate(Case)
        .scalar_subquery()
    )
    left = select(CaseEvent.case_id).where(CaseEvent.why == Reason.ABANDONED, CaseEvent.deed.in_((Deed.SET_ASIDE, Deed.ENDED)))
    query = (
        select(
            Case.id, Case.opened_at, Case.waiting_since, Case.done_at, Case.outcome_id, Case.done_by_id, Conversation.claimed_by_id,
            Conversation.channel_id, Conversation.widget_id, Conversation.state, ContactPoint.kind, ContactRequest.id.label("request"),
            answer.label("answered_at"), Case.id.in_(left).label("left"),
        )
        .join(Conversation, Conversation.id == Case.conversation_id)
        .outerjoin(ContactPoint, ContactPoint.id == Conversation.contact_point_id)
        .outerjoin(ContactRequest, ContactRequest.conversation_id == Conversation.id)
        .where(Case.opened_at >= begin, Case.opened_at < end, within)
        .order_by(Case.id)
    )  # fmt: skip
    return Report(first, last, list(_told(session.execute(query), zone)))


def fields(session: Session) -> Sequence[CaseField]:
    """What is asked beside the talk and has a choice of answers."""
    chosen = CaseField.kind.in_((CaseFieldKind.CHOICE, CaseFieldKind.YES_NO))
    return session.scalars(select(CaseField).where(chosen).order_by(CaseField.position, CaseField.id)).all()


def answers(session: Session, field: CaseField, cases: Sequence[int]) -> dict[int, str]:
    """What was chosen in each case: the place of the choice, `yes`, `no`, or nothing. Opened for counting only."""
    found: dict[int, str] = {}
    for begin in range(0, len(cases), AT_ONCE):
        some = select(Case).where(Case.id.in_(cases[begin : begin + AT_ONCE]), Case.sealed_entered.is_not(None))
        found |= {one.id: one.entered().fields.get(str(field.id), "") for one in session.scalars(some)}
    return found


def _told(rows: Iterable[Any], zone: ZoneInfo) -> Iterable[Contact]:
    for row in rows:
        opened = row.opened_at.astimezone(zone)
        answered = row.answered_at
        begun = max(row.opened_at, row.waiting_since)
        yield Contact(
            row.id, opened.date(), opened.hour, row.channel_id, _way(row), row.outcome_id, row.done_by_id or row.claimed_by_id,
            _fate(row), row.done_at - answered if row.done_at and answered else None,
            max(answered - begun, timedelta(0)) if answered else None,
        )  # fmt: skip


def _way(row: Any) -> Way:
    if row.request is not None:
        return Way.REQUEST
    if row.kind is not None:
        return Way(row.kind)
    return Way.WEBSITE


def _fate(row: Any) -> Fate:
    if row.answered_at is not None:
        return Fate.ANSWERED
    if row.left:
        return Fate.LEFT
    return Fate.OPEN if row.done_at is None and row.state != "closed" else Fate.CLOSED
