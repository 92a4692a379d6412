"""The address that leads a patient back to the own visit from any device. The secret stands behind the #, which no server sees."""

from __future__ import annotations

from telehealth.database import Session
from telehealth.waiting_room import Encounter
from telehealth.widget import Widget

HERE, MOVED = "ticket", "moved"


def way_back(session: Session, base_url: str, visit: Encounter, mark: str = HERE) -> str:
    """`mark` MOVED makes the page say that it goes on here instead of where the patient was before."""
    widget = session.get(Widget, visit.widget_id) if visit.widget_id else None
    page = f"/w/{widget.key}" if widget else "/visit"
    return f"{base_url}{page}?lang={visit.locale}#{mark}={visit.ticket.token}"
