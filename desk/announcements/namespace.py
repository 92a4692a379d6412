"""Announcements from the desk: what everybody who waits reads at once, written, looked at and taken back (S002-173 … 176)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from desk import rooms
from desk.part import Part, Which
from telehealth import announcement, clock
from telehealth.announcement import Announcement, AnnouncementsChanged, Severity
from telehealth.database import Session
from telehealth.practitioner import Permission
from web.schema import ClientId, Nothing, Schema
from web.sockets import Connection, event


class Words(Schema):
    """`department` None means everybody who waits; `minutes` None means until somebody takes it back."""

    client_id: ClientId
    text: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    severity: Severity = Severity.INFORMATION
    department: Annotated[int, Field(ge=1)] | None = None
    minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] | None = None


class Announcements(Part):
    @event(Nothing, Permission.SEE_WAITING_ROOM)
    def on_announcements(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """What is announced now or soon where this person works."""
        found = announcement.standing(session, connection.who, clock.now())
        return {"items": [_item(row, connection) for row in found], "now": clock.now().isoformat()}

    @event(Words, Permission.ANNOUNCE)
    def on_announce(self, session: Session, connection: Connection, data: Words) -> dict[str, Any]:
        """Tell everybody who waits, at once."""
        now = clock.now()
        until = now + timedelta(minutes=data.minutes) if data.minutes else None
        made = announcement.announce(
            session, connection.who, data.client_id, data.text, severity=data.severity, department_id=data.department,
            until=until,
        )  # fmt: skip
        return {"id": made.id}

    @event(Which, Permission.ANNOUNCE)
    def on_withdraw(self, session: Session, connection: Connection, data: Which) -> None:
        """Take an announcement back."""
        announcement.withdraw(session, connection.who, data.id)

    @event(Nothing, Permission.ANNOUNCE)
    def on_withdraw_all(self, session: Session, connection: Connection, data: Nothing) -> dict[str, int]:
        """Take back everything that this person may."""
        return {"withdrawn": announcement.withdraw_all(session, connection.who, clock.now())}

    def show_announcements(self, fact: AnnouncementsChanged) -> None:
        """Every desk looks again."""
        self.tell("announced", {}, rooms.name("desk", fact.organization_id))


def _item(row: Announcement, connection: Connection) -> dict[str, Any]:
    return {
        "id": row.id,
        "text": row.text,
        "severity": row.severity.value,
        "department": row.department.name if row.department else None,
        "starts_at": row.starts_at.isoformat() if row.starts_at else None,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "mine": announcement.may_change(connection.who, row.department_id),
    }
