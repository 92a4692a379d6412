"""The chain of actions of a case as its page draws it; appointments, mails and visits for those alone who may see the appointment."""

from __future__ import annotations

from typing import Any

from telehealth.booking import Appointment
from telehealth.case import Case, CaseEvent
from telehealth.case_timeline import Entry, Mailed, Said, timeline
from telehealth.conversation import AuthorKind
from telehealth.database import Session
from telehealth.outbox import Delivery, MailKind
from telehealth.practitioner import Staff
from telehealth.visibility import may_see

FAILED = frozenset({Delivery.BOUNCED, Delivery.GIVEN_UP})
NAMED = frozenset({MailKind.CONFIRMATION, MailKind.REMINDER, MailKind.CHANGE, MailKind.CANCELLATION})


def drawn(session: Session, who: Staff, found: Case) -> list[dict[str, Any]]:
    """Oldest first; `deed` names the sentence, the rest fills it."""
    tied = session.get(Appointment, found.appointment_id) if found.appointment_id else None
    sees = tied is not None and may_see(session, who, tied)
    entries = timeline(session, found)
    return [_drawn(session, who, entry) for entry in entries if sees or isinstance(entry, CaseEvent | Said)]


def _drawn(session: Session, who: Staff, entry: Entry) -> dict[str, Any]:
    if isinstance(entry, CaseEvent):
        return _deed(session, who, entry)
    if isinstance(entry, Said):
        return _line(entry, _wrote(entry), by=entry.by or None, count=entry.count)
    if isinstance(entry, Mailed):
        name = entry.kind.value if entry.kind in NAMED else "other"
        return _line(entry, "mail_failed" if entry.delivery in FAILED else f"mail_{name}")
    return _line(entry, f"visit_{entry.step}", by=entry.by or None)


def _wrote(said: Said) -> str:
    if said.internal:
        return "noted"
    return {AuthorKind.PATIENT: "patient_wrote", AuthorKind.STAFF: "staff_wrote", AuthorKind.SYSTEM: "house_wrote"}[said.author]


def _line(entry: Entry, deed: str, **about: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("why", "by", "person", "channel", "appointment"))
    return nothing | {"at": entry.at.isoformat(), "deed": deed, "words": ""} | about


def _deed(session: Session, who: Staff, one: CaseEvent) -> dict[str, Any]:
    return {
        "at": one.at.isoformat(), "deed": one.deed.value, "why": one.why.value if one.why else None,
        "by": one.by.name if one.by else None, "person": one.person.name if one.person else None,
        "channel": one.channel.name if one.channel else None, "words": one.words(),
        "appointment": _appointment(session, who, one.appointment_id),
    }  # fmt: skip


def _appointment(session: Session, who: Staff, appointment_id: int | None) -> dict[str, Any] | None:
    """When it is now and whether it still is, for whoever may see it."""
    found = session.get(Appointment, appointment_id) if appointment_id else None
    if found is None or not may_see(session, who, found):
        return None
    return {"start": found.start.isoformat(), "status": found.status.value, "name": found.practitioner.name}
