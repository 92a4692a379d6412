"""Teams: patients book a department, and whoever of it is free then sees them (S002-26, S002-109)."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from telehealth.database import Session, session_of
from telehealth.department import Department
from telehealth.practitioner import Practitioner, PractitionerRole, Role


def team_of(department: Department) -> Practitioner | None:
    """The department's team, also one that is no longer booked."""
    mine = (PractitionerRole.department_id == department.id) & (PractitionerRole.role == Role.TEAM)
    query = select(Practitioner).join(PractitionerRole, PractitionerRole.practitioner_id == Practitioner.id)
    return session_of(department).scalar(query.where(mine, Practitioner.is_team))


def name_team(session: Session, department: Department, name: str) -> Practitioner | None:
    """Let patients book the department under this name; without a name no longer, and what is booked stays."""
    session.flush()
    team = team_of(department)
    if team is None:
        if not name:
            return None
        address = f"team-{secrets.token_hex(8)}@team.invalid"  # nobody writes to it; every practitioner has one
        team = Practitioner(email=address, is_team=True, roles=[PractitionerRole(role=Role.TEAM, department=department)])
        session.add(team)
    team.name, team.active = name or team.name, bool(name)
    session.flush()
    return team
