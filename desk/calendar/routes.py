"""The page of one day; its appointments come over the live connection."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint
from sqlalchemy import select

from desk.shell import draw
from telehealth import absence, clock
from telehealth.department import Department
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff
from web.endpoint import Access, endpoint
from web.house import session
from web.schema import Schema

calendar = Blueprint(
    "desk_calendar", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/desk-calendar",
)  # fmt: skip


class OnDay(Schema):
    date: dt.date | None = None


@endpoint(calendar, "/desk/calendar", access=Access.STAFF, permission=Permission.SEE_CALENDAR, query=OnDay)
def page(staff: Staff, query: OnDay) -> str:
    """The appointments of a day, today by default."""
    today = clock.now().astimezone(session().get_one(Organization, staff.organization_id).tz).date()
    day = query.date or today
    return draw(
        "calendar.html", "calendar", staff, day=day, today=today, before=day - dt.timedelta(days=1),
        after=day + dt.timedelta(days=1), people=_people(staff), departments=_departments(staff),
        blocking=absence.people(session(), staff),
    )  # fmt: skip


def _departments(staff: Staff) -> list[Department]:
    query = select(Department).where(Department.active).order_by(Department.position, Department.name)
    return list(session().scalars(query if staff.sees_everything else query.where(Department.id.in_(staff.departments))))


def _people(staff: Staff) -> list[Practitioner]:
    """Those whose appointments this person may see."""
    held = select(PractitionerRole.practitioner_id).where(PractitionerRole.department_id.is_not(None))
    if not staff.sees_everything:
        held = held.where(PractitionerRole.department_id.in_(staff.departments))
    query = select(Practitioner).where(Practitioner.active, Practitioner.id.in_(held)).order_by(Practitioner.name)
    return list(session().scalars(query))
