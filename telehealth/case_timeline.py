"""The chain of actions of a case as one line of time (S003-18): its own history, who wrote how much and when, the mails about its
appointment, and the visits that came of it. What was said does not stand in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import or_, select

from telehealth.case import Case, CaseEvent, history
from telehealth.conversation import AuthorKind
from telehealth.database import Session
from telehealth.message import Message
from telehealth.outbox import TO_STAFF, Delivery, MailKind, OutgoingMail
from telehealth.waiting_room import Encounter


@dataclass(frozen=True)
class Said:
    """Messages that followed each other without anybody else's between; `by` is a colleague's name, empty for the patient."""

    at: datetime
    author: AuthorKind
    by: str
    count: int
    internal: bool


@dataclass(frozen=True)
class Mailed:
    """A mail about the appointment to its patient, and what became of it."""

    at: datetime
    kind: MailKind
    delivery: Delivery


@dataclass(frozen=True)
class Visited:
    """A step of a visit: `arrived`, `admitted` or `ended`."""

    at: datetime
    step: str
    by: str


Entry = CaseEvent | Said | Mailed | Visited


def timeline(session: Session, found: Case) -> Sequence[Entry]:
    """Everything, oldest first; what happened at one moment in the order of this file."""
    deeds = history(session, found.id)
    threads = {found.conversation_id, *(deed.conversation_id for deed in deeds)}
    appointments = {deed.appointment_id for deed in deeds if deed.appointment_id} | ({found.appointment_id} - {None})
    entries: list[Entry] = [
        *deeds, *_said(session, threads), *_mailed(session, appointments), *_visited(session, threads, appointments),
    ]  # fmt: skip
    return sorted(entries, key=lambda entry: entry.at)


def _said(session: Session, threads: Iterable[int]) -> Iterator[Said]:
    columns = (Message.author, Message.name, Message.internal, Message.at, Message.conversation_id)
    query = select(*columns).where(Message.conversation_id.in_(threads)).order_by(Message.conversation_id, Message.seq)
    for (author, name, internal, _), run in groupby(session.execute(query).all(), lambda row: (row[0], row[1], row[2], row[4])):
        lines = list(run)
        yield Said(lines[0].at, author, name if author is AuthorKind.STAFF else "", len(lines), internal)


def _mailed(session: Session, appointments: Iterable[int | None]) -> Iterator[Mailed]:
    about = OutgoingMail.appointment_id.in_(appointments) & OutgoingMail.kind.not_in(TO_STAFF)
    for mail in session.scalars(select(OutgoingMail).where(about).order_by(OutgoingMail.id)):
        yield Mailed(mail.written_at, mail.kind, mail.delivery)


def _visited(session: Session, threads: Iterable[int], appointments: Iterable[int | None]) -> Iterator[Visited]:
    came_of_it = or_(Encounter.conversation_id.in_(threads), Encounter.appointment_id.in_(appointments))
    for visit in session.scalars(select(Encounter).where(came_of_it).order_by(Encounter.id)):
        by = visit.admitted_by.name if visit.admitted_by else ""
        yield Visited(visit.arrived_at, "arrived", "")
        if visit.admitted_at is not None:
            yield Visited(visit.admitted_at, "admitted", by)
        if visit.ended_at is not None:
            yield Visited(visit.ended_at, "ended", by)
