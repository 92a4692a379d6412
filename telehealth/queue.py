"""The queue of the waiting room: whose turn it is after whom, and how long that may take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sqlalchemy import func, or_, select

from telehealth.database import Session
from telehealth.waiting_room import Encounter, EncounterStatus, EndReason


@dataclass(frozen=True)
class Place:
    """How many are before, and what the last visits suggest: minutes, None when there is nothing to go by."""

    number: int
    expected_minutes: int | None
    at_most_minutes: int | None


def place_of(session: Session, visit: Encounter) -> Place:
    """The place in the queue, 1 is next (X-35). Those for somebody else in particular do not count."""
    same_person = or_(
        Encounter.practitioner_id == visit.practitioner_id, Encounter.practitioner_id.is_(None)
    ) if visit.practitioner_id else Encounter.department_id == visit.department_id  # fmt: skip
    before = select(func.count()).select_from(Encounter).where(
        Encounter.department_id == visit.department_id, Encounter.status == EncounterStatus.WAITING, same_person,
        (Encounter.arrived_at < visit.arrived_at)
        | ((Encounter.arrived_at == visit.arrived_at) & (Encounter.id < visit.id)),
    )  # fmt: skip
    return _place(1 + (session.scalar(before) or 0), _recent_lengths(session, visit.department_id))


def _place(number: int, lengths: list[float]) -> Place:
    if len(lengths) < FEWEST_LENGTHS:
        return Place(number, None, None)
    return Place(number, max(1, round(number * median(lengths))), max(1, round(number * max(lengths))))


FEWEST_LENGTHS = 3  # visits that must have ended before anything is foretold


def places(session: Session, department_id: int) -> dict[int, Place]:
    """Everybody who waits in a department, each as `place_of` gives it, in two queries."""
    here = (Encounter.department_id == department_id) & (Encounter.status == EncounterStatus.WAITING)
    queue = select(Encounter.id, Encounter.practitioner_id).where(here).order_by(Encounter.arrived_at, Encounter.id)
    lengths = _recent_lengths(session, department_id)
    crowd, found = Crowd(Counter(), frozenset(), lengths), {}
    for visit_id, wanted in session.execute(queue):
        found[visit_id] = _place(1 + crowd.before(wanted), lengths)
        crowd.wanted[wanted] += 1
    return found


@dataclass(frozen=True)
class Crowd:
    """How full a department is: whom people wait for (None: whoever is free), who is with a patient, how long it took."""

    wanted: Counter[int | None]
    busy: frozenset[int]
    lengths: list[float]

    def before(self, practitioner_id: int | None) -> int:
        """How many come before somebody who arrives now. Those for somebody else in particular do not count."""
        if practitioner_id is None:
            return self.wanted.total()
        return self.wanted[practitioner_id] + self.wanted[None]

    def minutes(self, place: int) -> int | None:
        return _place(place, self.lengths).expected_minutes


def crowds(session: Session, departments: Sequence[int]) -> dict[int, Crowd]:
    """Each department's crowd."""
    rows = session.execute(
        select(Encounter.department_id, Encounter.practitioner_id, Encounter.admitted_by_id, Encounter.status).where(
            Encounter.department_id.in_(departments),
            Encounter.status.in_((EncounterStatus.WAITING, EncounterStatus.ADMITTED)),
        )
    ).all()
    busy = frozenset(row.admitted_by_id for row in rows if row.status is EncounterStatus.ADMITTED)
    return {
        department: Crowd(
            Counter(
                r.practitioner_id for r in rows if r.department_id == department and r.status is EncounterStatus.WAITING
            ),
            busy,
            _recent_lengths(session, department),
        )
        for department in departments
    }


def _recent_lengths(session: Session, department_id: int) -> list[float]:
    """Minutes that the department's last visits took."""
    rows = session.execute(
        select(Encounter.admitted_at, Encounter.ended_at)
        .where(
            Encounter.department_id == department_id, Encounter.end_reason == EndReason.COMPLETED,
            Encounter.admitted_at.is_not(None),
        )
        .order_by(Encounter.id.desc())
        .limit(10)
    )  # fmt: skip
    return [(ended - admitted) / timedelta(minutes=1) for admitted, ended in rows if ended and admitted]
