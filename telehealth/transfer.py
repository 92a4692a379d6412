"""Passing a patient on: where to, and to whom there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from telehealth.database import Session
from telehealth.department import Department
from telehealth.practitioner import GRANTS, Permission, Practitioner, PractitionerRole

ADMITTING = tuple(role for role, granted in GRANTS.items() if Permission.ADMIT in granted)


class UnknownDestination(Exception):
    """No such department, or nobody of that name calls patients in there."""


@dataclass(frozen=True)
class Destination:
    """A department and who calls patients in there."""

    department: Department
    practitioners: Sequence[Practitioner]


def destinations(session: Session) -> list[Destination]:
    """Every department of the organisation that has somebody to call patients in."""
    departments = session.scalars(
        select(Department).where(Department.active).order_by(Department.position, Department.name)
    ).all()
    people = _people(session)
    found = [Destination(d, [person for where, person in people if where in {d.id, None}]) for d in departments]
    return [destination for destination in found if destination.practitioners]


def require(session: Session, department_id: int, practitioner_id: int | None) -> None:
    """Raises UnknownDestination."""
    there = next((d for d in destinations(session) if d.department.id == department_id), None)
    if there is None:
        raise UnknownDestination
    if practitioner_id is not None and practitioner_id not in {person.id for person in there.practitioners}:
        raise UnknownDestination


def _people(session: Session) -> list[tuple[int | None, Practitioner]]:
    rows = session.execute(
        select(PractitionerRole.department_id, Practitioner)
        .join(Practitioner, Practitioner.id == PractitionerRole.practitioner_id)
        .where(PractitionerRole.role.in_(ADMITTING), Practitioner.active)
        .order_by(Practitioner.name, Practitioner.id)
        .distinct()
    )
    return [(department, person) for department, person in rows]
