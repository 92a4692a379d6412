"""The page of one day; its appointments come over the live connection."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from desk.shell import draw
from telehealth import absence, clock, staff_booking
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Staff
from telehealth.visibility import may_see
from web import locale
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
        after=day + dt.timedelta(days=1), people=_people(staff), departments=staff_booking.departments_of(session(), staff),
        blocking=absence.people(session(), staff),
    )  # fmt: skip


class ForWhom(OnDay):
    """`patient` is a record from which the way led here."""

    patient: Annotated[int, Field(gt=0, lt=2**31)] | None = None


@endpoint(calendar, "/desk/calendar/new", access=Access.STAFF, permission=Permission.SEE_CALENDAR, query=ForWhom)
def new_appointment(staff: Staff, query: ForWhom) -> str:
    """The form for a new appointment."""
    own = session().get_one(Organization, staff.organization_id)
    departments = staff_booking.departments_of(session(), staff)
    people = {department.id: staff_booking.people_of(session(), department.id) for department in departments}
    patient = session().get(Patient, query.patient) if query.patient else None
    known = patient if patient is not None and may_see(session(), staff, patient) else None
    soon = clock.now().astimezone(own.tz) + dt.timedelta(minutes=30)
    return draw(
        "new_appointment.html", "calendar", staff, departments=[one for one in departments if people[one.id]], people=people,
        patient=known, day=query.date or soon.date(), today=clock.now().astimezone(own.tz).date(),
        time=soon.replace(minute=soon.minute // 30 * 30).strftime("%H:%M"), most=staff_booking.MOST_TOGETHER,
        longest=staff_booking.LONGEST_MINUTES, locales=sorted({own.locale, *own.locales}), locale_name=locale.name_of,
    )  # fmt: skip


def _people(staff: Staff) -> list[Practitioner]:
    """Those whose appointments this person may see."""
    held = select(PractitionerRole.practitioner_id).where(PractitionerRole.department_id.is_not(None))
    if not staff.sees_everything:
        held = held.where(PractitionerRole.department_id.in_(staff.departments))
    query = select(Practitioner).where(Practitioner.active, Practitioner.id.in_(held)).order_by(Practitioner.name)
    return list(session().scalars(query))
