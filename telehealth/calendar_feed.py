"""A practitioner's appointments for the own calendar program: by a secret address that can be taken back (X-27)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from telehealth.booking import OCCUPYING, Appointment
from telehealth.database import Session, session_of
from telehealth.practitioner import Practitioner
from telehealth.ticket import hash_of

BACK = timedelta(days=30)


class UnknownFeed(Exception):
    """No such address, or it was taken back."""


def open_feed(person: Practitioner) -> str:
    """The secret of the feed's address; where there is one already, the same."""
    if not person.feed_uid:
        person.feed_uid = secrets.token_urlsafe(16)
        person.feed_hash = hash_of(secret_of(person) or "")
    return secret_of(person) or ""


def secret_of(person: Practitioner) -> str | None:
    """None where nothing was opened."""
    return session_of(person).keyring.token("calendar_feed", person.feed_uid) if person.feed_uid else None


def close_feed(person: Practitioner) -> None:
    """Nobody reads by that address any more."""
    person.feed_uid = person.feed_hash = None


def reader(session: Session, secret: str) -> Practitioner:
    """Whose feed this is; the session enters the organisation. Raises UnknownFeed, also for people who no longer work here."""
    found = session.execute(
        select(Practitioner.organization_id, Practitioner.id).where(Practitioner.feed_hash == hash_of(secret), Practitioner.active),
        execution_options={"across_organizations": True},
    ).one_or_none()
    if found is None:
        raise UnknownFeed
    session.enter(found.organization_id)
    return session.get_one(Practitioner, found.id)


def appointments(session: Session, person: Practitioner, now: datetime) -> Sequence[Appointment]:
    """The person's own, from a month ago on."""
    own = (Appointment.practitioner_id == person.id) & Appointment.status.in_(OCCUPYING) & (Appointment.start >= now - BACK)
    query = select(Appointment).where(own).order_by(Appointment.start).options(joinedload(Appointment.department))
    return session.scalars(query).all()
