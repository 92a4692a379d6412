"""Who looked at or changed what: facts without content, append only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint, event, inspect
from sqlalchemy.orm import Mapped, mapped_column

from telehealth import clock
from telehealth.database import Base, Owned, Session, one_of


class AuditAction(StrEnum):
    OPENED = "opened"
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    SIGNED_IN = "signed_in"
    SENT = "sent"


class AuditEvent(Owned, Base):
    """`actor` is `practitioner:7`, `system` or the like; `changes` holds old and new values of tracked settings only."""

    __tablename__ = "audit_event"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("ix_audit_event_entity", "organization_id", "entity", "entity_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(60))
    action: Mapped[AuditAction] = mapped_column(one_of(AuditAction))
    entity: Mapped[str] = mapped_column(String(40))
    entity_id: Mapped[int]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.entity} {self.entity_id}"


def opened(session: Session, row: Any, actor: str, now: datetime) -> None:
    """Note that somebody has opened a patient's data; the fact, not the content."""
    session.add(
        AuditEvent(at=now, actor=actor, action=AuditAction.OPENED, entity=row.__tablename__, entity_id=row.id)
    )


def created(session: Session, row: Any, now: datetime, *, otherwise: str = "system") -> None:
    """Note that somebody has made a row."""
    _note(session, AuditAction.CREATED, row, now, otherwise, {})


def deleted(session: Session, row: Any, now: datetime, *, otherwise: str = "system", **which: int) -> None:
    """Note that the content of a row was deleted, or `which` part of it; the fact, not the content. `otherwise` is who acts where
    nobody is signed in."""
    _note(session, AuditAction.DELETED, row, now, otherwise, which)


def rewritten(session: Session, row: Any, now: datetime, *, otherwise: str = "system", **which: int) -> None:
    """Note that a part of a row's content was put otherwise; neither what it was nor what it is."""
    _note(session, AuditAction.CHANGED, row, now, otherwise, which)


def _note(session: Session, action: AuditAction, row: Any, now: datetime, otherwise: str, which: dict[str, int]) -> None:
    changes = {name: [str(number)] for name, number in which.items()}
    actor = session.actor or otherwise
    session.add(AuditEvent(at=now, actor=actor, action=action, entity=row.__tablename__, entity_id=row.id, changes=changes))


@event.listens_for(Session, "before_flush")
def _keep_history(session: Session, context: object, instances: object) -> None:
    for row in session.dirty:
        if isinstance(row, Base) and row.__tracked__ and (changes := _changes(row)):
            session.add(_changed(session, row, changes))


def _changes(row: Base) -> dict[str, list[str]]:
    state = inspect(row)
    changes = {}
    for name in row.__tracked__:
        history = state.attrs[name].history
        if history.has_changes():
            changes[name] = [str(old) for old in history.deleted] + [str(new) for new in history.added]
    return changes


def _changed(session: Session, row: Any, changes: dict[str, list[str]]) -> AuditEvent:
    return AuditEvent(
        organization_id=row.id if row.__tablename__ == "organization" else row.organization_id,
        at=clock.now(), actor=session.actor or "system", action=AuditAction.CHANGED,
        entity=row.__tablename__, entity_id=row.id, changes=changes,
    )  # fmt: skip
