"""Waiting elsewhere: which ways of calling back are open, and whose turn has come near (X-21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from telehealth import queue, text_message
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.waiting_room import (
    IN_LINE,
    CallBackWay,
    Encounter,
    EncounterStatus,
    UnknownEncounter,
)


class WayClosed(Exception):
    """The clinic writes to nobody by this way at the moment."""


def ways(session: Session, *, texting: bool, now: datetime) -> list[CallBackWay]:
    """How somebody can be called back now; `texting` says that this server can send text messages."""
    organization = session.get_one(Organization, session.organization_id)
    texts = texting and texts_promised(session, organization, now) < organization.texts_a_month
    opened = {CallBackWay.MAIL: organization.send_mails, CallBackWay.TEXT: texts}
    return [way for way, is_open in opened.items() if is_open]


def texts_promised(session: Session, organization: Organization, now: datetime) -> int:
    """Text messages sent this month, about to be sent, or owed to people who wait elsewhere."""
    sent = text_message.this_month(session, organization, now)
    owed = select(func.count()).select_from(Encounter).where(_away(), Encounter.call_back_way == CallBackWay.TEXT)
    return sent + (session.scalar(owed) or 0)


def go(session: Session, visit: Encounter, way: CallBackWay, address: str, *, texting: bool, now: datetime) -> None:
    """Let the patient close the page. Raises WayClosed, EncounterEnded, NotAnAddress."""
    if way not in ways(session, texting=texting, now=now):
        raise WayClosed
    organization = session.get_one(Organization, session.organization_id)
    visit.wait_elsewhere(way, address, now + timedelta(minutes=organization.elsewhere_minutes))


def call_near(session: Session, now: datetime) -> int:
    """Call back everybody whose turn is near or has come, each once; gives how many."""
    organization = session.get_one(Organization, session.organization_id)
    near = list(_near(session, organization.call_back_place))
    for visit in near:
        visit.call_back(now)
    return len(near)


def _near(session: Session, place: int) -> Iterator[Encounter]:
    for visit in session.scalars(select(Encounter).where(_away())).all():
        called_in = visit.status is EncounterStatus.ADMITTED
        if called_in or (visit.status is EncounterStatus.WAITING and queue.place_of(session, visit).number <= place):
            yield visit


def _away() -> ColumnElement[bool]:
    """Those who wait elsewhere and have not been called back."""
    there = Encounter.status.in_((*IN_LINE, EncounterStatus.ADMITTED))
    return there & Encounter.elsewhere_until.is_not(None) & Encounter.called_back_at.is_(None)


def visit_away(session: Session, uid: str) -> Encounter:
    """The visit to be called back. Raises UnknownEncounter when its patient is back or it is over."""
    still = (Encounter.status != EncounterStatus.ENDED) & Encounter.elsewhere_until.is_not(None)
    found = session.scalar(select(Encounter).where(Encounter.uid == uid, still))
    if found is None:
        raise UnknownEncounter
    return found
