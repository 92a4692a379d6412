"""One ticket for every kind of entrance: walk-in, appointment link, quick consultation, department room, external participant.

The token is known only to its holder; the database keeps its hash. It survives reload, a locked phone and a new window.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from telehealth.database import Base, Owned, Session, insert_row, one_of, session_of


class TicketKind(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"
    QUICK = "quick"  # a consultation that staff began at once
    PARTICIPANT = "participant"  # an external person beside the patient
    PORTAL = "portal"  # leads to a patient's own pages and nowhere else


class TicketState(StrEnum):
    VALID = "valid"
    CLOSED = "closed"


class IdentityLevel(StrEnum):
    """How sure we are who it is (X-4)."""

    CLAIMED = "claimed"
    EMAIL_VERIFIED = "email_verified"
    EID = "eid"


class UnknownTicket(Exception):
    """No such ticket, or it was closed."""


class TooEarly(Exception):
    """The ticket's window opens at `opens_at`."""

    def __init__(self, opens_at: datetime) -> None:
        self.opens_at = opens_at
        super().__init__(opens_at.isoformat())


class TooLate(Exception):
    """The ticket's window closed at `closed_at`."""

    def __init__(self, closed_at: datetime) -> None:
        self.closed_at = closed_at
        super().__init__(closed_at.isoformat())


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Ticket(Owned, Base):
    """`visitor` is the hashed name of the browser session that holds it; `opens_at`/`closes_at` bound its use."""

    __tablename__ = "ticket"
    __table_args__ = (UniqueConstraint("organization_id", "id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[TicketKind] = mapped_column(one_of(TicketKind))
    state: Mapped[TicketState] = mapped_column(one_of(TicketState), default=TicketState.VALID)
    identity: Mapped[IdentityLevel] = mapped_column(one_of(IdentityLevel), default=IdentityLevel.CLAIMED)
    visitor: Mapped[str] = mapped_column(String(64), index=True)
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def token(self) -> str:
        """The holder's secret, told again only to whom it was given."""
        return session_of(self).keyring.token("ticket", self.uid)

    def is_open(self, now: datetime) -> bool:
        """Whether it can be used now."""
        begun = self.opens_at is None or self.opens_at <= now
        return begun and (self.closes_at is None or now <= self.closes_at)

    def require_window(self, now: datetime) -> None:
        """Raises TooEarly, TooLate."""
        if self.opens_at and now < self.opens_at:
            raise TooEarly(self.opens_at)
        if self.closes_at and now > self.closes_at:
            raise TooLate(self.closes_at)


def issue(
    session: Session,
    kind: TicketKind,
    visitor: str,
    *,
    now: datetime,
    opens_at: datetime | None = None,
    closes_at: datetime | None = None,
) -> Ticket:
    """A new ticket for this visitor, usable between the two moments."""
    uid = secrets.token_urlsafe(16)
    return insert_row(
        session, Ticket, uid=uid, token_hash=hash_of(session.keyring.token("ticket", uid)), kind=kind,
        state=TicketState.VALID, identity=IdentityLevel.CLAIMED, visitor=visitor, opens_at=opens_at, closes_at=closes_at,
        created_at=now,
    )  # fmt: skip


def known(session: Session, token: str) -> Ticket:
    """The ticket of this token, closed or not; the session enters the ticket's organisation. Raises UnknownTicket."""
    found = session.execute(
        select(Ticket.organization_id, Ticket.id).where(Ticket.token_hash == hash_of(token)),
        execution_options={"across_organizations": True},
    ).one_or_none()
    if found is None:
        raise UnknownTicket
    session.enter(found.organization_id)
    return session.get_one(Ticket, found.id)
