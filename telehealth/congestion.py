"""When a walk-in widget says that it is busier than usual: by hand, or by how many wait (X-35)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import event, inspect, select

from telehealth.database import Session
from telehealth.event import record
from telehealth.walk_in import waiting_by
from telehealth.widget import Widget, WidgetKind


@dataclass(frozen=True)
class CongestionSwitched:
    """A widget says that it is busy, no longer does, or says it in other words; open pages look again."""

    organization_id: int


def is_busy(session: Session, widget: Widget) -> bool:
    """Whether patients are told so; a threshold of 0 leaves it to the switch."""
    return widget.busy or 0 < widget.busy_from <= waiting_by(session, widget)


def by_numbers(session: Session) -> dict[int, bool]:
    """The walk-in widgets that are busy by how many wait, each with whether it is."""
    counting = select(Widget).where(Widget.kind == WidgetKind.WALK_IN, Widget.active, Widget.busy_from > 0)
    return {widget.id: is_busy(session, widget) for widget in session.scalars(counting)}


SWITCHES = ("busy", "busy_text", "busy_from")


@event.listens_for(Session, "after_flush")
def _tell(session: Session, context: object) -> None:
    changed = (row for row in session.dirty if isinstance(row, Widget) and _switched(row))
    for organization_id in {row.organization_id for row in changed}:
        record(session, CongestionSwitched(organization_id))


def _switched(widget: Widget) -> bool:
    attributes = inspect(widget).attrs
    return any(attributes[name].history.has_changes() for name in SWITCHES)
