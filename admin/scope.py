"""Which rows somebody may see and choose in the admin, inside the own organisation.

Organisation administrators see everything there; department administrators what belongs to their departments. Patients,
appointments, feedback and the waitlist follow the house's one rule, `telehealth.visibility`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, false, select, true

from telehealth.absence import Absence
from telehealth.announcement import Announcement
from telehealth.booking import Appointment
from telehealth.department import Department
from telehealth.feedback import Feedback
from telehealth.follow_up import FollowUpHint
from telehealth.job import Job
from telehealth.organization import Organization
from telehealth.participant import ExternalPerson, Group
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff
from telehealth.quick_text import QuickText
from telehealth.schedule import Availability
from telehealth.visibility import visible
from telehealth.waitlist import WaitlistEntry
from web.house import current_staff

Condition = ColumnElement[bool]


def people_of(departments: frozenset[int]) -> Any:
    """Who has a role in one of these departments."""
    return select(PractitionerRole.practitioner_id).where(PractitionerRole.department_id.in_(departments))


RULES: dict[type, Callable[[Staff], Condition]] = {
    Department: lambda staff: Department.id.in_(staff.departments),
    Practitioner: lambda staff: Practitioner.id.in_(people_of(staff.departments)),
    Availability: lambda staff: Availability.practitioner_id.in_(people_of(staff.departments)),
    Absence: lambda staff: Absence.practitioner_id.in_(people_of(staff.departments)),
    Announcement: lambda staff: Announcement.department_id.in_(staff.departments),
    QuickText: lambda staff: QuickText.department_id.in_(staff.departments),
    FollowUpHint: lambda staff: FollowUpHint.department_id.in_(staff.departments),
    Group: lambda _staff: true(),
    ExternalPerson: lambda _staff: true(),
}

# Not owned by an organisation, so that the session does not part them; all of them are the server operator's business.
UNOWNED: dict[type, Callable[[Staff], Condition]] = {
    Organization: lambda staff: Organization.id == staff.organization_id,
    Job: lambda staff: Job.organization_id == staff.organization_id,
}


def within_reach(model: type) -> Condition:
    """The condition for rows of this model that the one who asks may see here."""
    staff = current_staff()
    if model in UNOWNED:
        return true() if staff is None else UNOWNED[model](staff)
    if staff is None:
        return false()
    if model in (Patient, Appointment, Feedback, WaitlistEntry):
        return visible(staff, model)
    if staff.may(Permission.ADMINISTER) or (staff.sees_everything and model in RULES):
        return true()
    return RULES[model](staff) if model in RULES else false()


def must_name_department() -> bool:
    """Whether the one who asks may write only for departments of the own, not for the whole organisation."""
    staff = current_staff()
    return staff is None or not (staff.may(Permission.ADMINISTER) or staff.sees_everything)


