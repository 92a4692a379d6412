"""The page of a day, a week or a month; its appointments come over the live connection."""

from __future__ import annotations

import calendar as months
import datetime as dt
from enum import StrEnum
from typing import Annotated

from flask import Blueprint
from flask import session as cookie
from pydantic import Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from desk.calendar import rows
from desk.part import actor
from desk.shell import draw
from integrations.files import adding
from telehealth import absence, audit, clock, contact_request, participant, planned_time, questionnaire, staff_booking, visit_type
from telehealth.contact_request import ContactRequest
from telehealth.department import Department
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import may_see, visible, visible_rows
from telehealth.waitlist import WaitlistEntry
from web import locale, money
from web.endpoint import Access, endpoint
from web.house import session
from web.schema import Schema

calendar = Blueprint(
    "desk_calendar", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/desk-calendar",
)  # fmt: skip


class Look(StrEnum):
    """The list of a day, or a picture."""

    LIST = "list"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OnDay(Schema):
    date: dt.date | None = None


class Looking(OnDay):
    """`whose` narrows it to a department or a person; without a `view` it is the one that was chosen last."""

    view: Look | None = None
    whose: Annotated[str, StringConstraints(pattern=r"^((department|practitioner)-\d{1,9})?$")] = ""


@endpoint(calendar, "/desk/calendar", access=Access.STAFF, permission=Permission.SEE_CALENDAR, query=Looking)
def page(staff: Staff, query: Looking) -> str:
    """The appointments of a day, today by default, or a picture of the time around it."""
    today = clock.now().astimezone(session().get_one(Organization, staff.organization_id).tz).date()
    day, view = query.date or today, _kept(query.view)
    before, after = _beside(view, day)
    return draw(
        "calendar.html", "calendar", staff, day=day, today=today, before=before, after=after, view=view,
        whose=query.whose, days=_days(view, day), first_day=(_first_weekday() + 1) % 7,
        people=rows.people(session(), staff), works_in=rows.places(session(), staff),
        departments=staff_booking.departments_of(session(), staff), blocking=absence.people(session(), staff),
        planning=planned_time.people(session(), staff), waiting=_waiting(staff),
    )  # fmt: skip


def _kept(chosen: Look | None) -> Look:
    """The view that somebody has chosen, or chose last in this sign-in."""
    if chosen is not None:
        cookie["calendar_view"] = chosen.value
        return chosen
    return Look(cookie.get("calendar_view", Look.LIST))


def _days(view: Look, day: dt.date) -> rows.Days:
    """What is shown: whole weeks where a week or a month is."""
    if view in (Look.LIST, Look.DAY):
        return rows.Days(day, day)
    first, last = day, day
    if view is Look.MONTH:
        first = day.replace(day=1)
        last = day.replace(day=months.monthrange(day.year, day.month)[1])
    return rows.Days(_week_of(first), _week_of(last) + dt.timedelta(days=6))


def _beside(view: Look, day: dt.date) -> tuple[dt.date, dt.date]:
    """Where the arrows lead."""
    if view is Look.MONTH:
        first = day.replace(day=1)
        return (first - dt.timedelta(days=1)).replace(day=1), (first + dt.timedelta(days=31)).replace(day=1)
    step = dt.timedelta(days=7 if view is Look.WEEK else 1)
    return day - step, day + step


def _week_of(day: dt.date) -> dt.date:
    """The day on which this language's week with that day begins."""
    return day - dt.timedelta(days=(day.weekday() - _first_weekday()) % 7)


def _first_weekday() -> int:
    """0 is Monday."""
    return int(locale.babel_locale(locale.current_tag()).first_week_day)


Id = Annotated[int, Field(gt=0, lt=2**31)]


class ForWhom(OnDay):
    """`patient` is a record from which the way led here, `request` the conversation of a request to be called back, `case` that
    of a case; the others are what was chosen in the calendar."""

    patient: Id | None = None
    request: Id | None = None
    case: Id | None = None
    time: dt.time | None = None
    minutes: Annotated[int, Field(ge=5, le=staff_booking.LONGEST_MINUTES)] = 20
    practitioner: Id | None = None
    department: Id | None = None


@endpoint(calendar, "/desk/calendar/new", access=Access.STAFF, permission=Permission.SEE_CALENDAR, query=ForWhom)
def new_appointment(staff: Staff, query: ForWhom) -> str:
    """The form for a new appointment."""
    own = session().get_one(Organization, staff.organization_id)
    departments = staff_booking.departments_of(session(), staff)
    people = {department.id: staff_booking.people_of(session(), department.id) for department in departments}
    patient = session().get(Patient, query.patient) if query.patient else None
    known = patient if patient is not None and may_see(session(), staff, patient) else None
    soon = clock.now().astimezone(own.tz) + dt.timedelta(minutes=30)
    time = query.time or soon.replace(minute=soon.minute // 30 * 30).time()
    return draw(
        "new_appointment.html", "calendar", staff, departments=[one for one in departments if people[one.id]], people=people,
        patient=known, asked=_asked(staff, query.request), case=query.case, day=query.date or soon.date(), today=clock.now().astimezone(own.tz).date(),
        time=time.strftime("%H:%M"), minutes=query.minutes, practitioner=query.practitioner or staff.practitioner_id,
        chosen_department=query.department, most=staff_booking.MOST_TOGETHER, longest=staff_booking.LONGEST_MINUTES,
        locales=sorted({own.locale, *own.locales}), locale_name=locale.name_of,
        kinds=visit_type.offered(session()), price_of=lambda kind: money.price(kind.price, own.currency, locale.current_tag()),
        adding=adding("/desk/attachments") if own.attach_files and staff.may(Permission.SEE_PATIENT) else None,
        questionnaires=questionnaire.offered(session()), groups=participant.people_by_group(session()), most_invited=participant.most(session()),
    )  # fmt: skip


@endpoint(calendar, "/desk/calendar/waitlist", access=Access.STAFF, permission=Permission.SEE_PATIENT)
def waitlist_page(staff: Staff) -> str:
    """Who waits for a time to become free, by department and in the order in which they are told; looking is noted."""
    query = visible_rows(staff, WaitlistEntry).order_by(WaitlistEntry.id)
    entries = list(session().scalars(query.options(selectinload(WaitlistEntry.practitioner))))
    for entry in entries:
        audit.opened(session(), entry, actor(staff), clock.now())
    session().commit()
    groups = [(one, [entry for entry in entries if entry.department_id == one.id]) for one in _departments(entries)]
    anywhere = [entry for entry in entries if entry.department_id is None]
    return draw("waitlist.html", "calendar", staff, groups=groups, anywhere=anywhere, now=clock.now())


def _departments(entries: list[WaitlistEntry]) -> list[Department]:
    """Those for which somebody waits, in the clinic's order."""
    wanted = {entry.department_id for entry in entries}
    query = select(Department).where(Department.id.in_(wanted)).order_by(Department.position, Department.name)
    return list(session().scalars(query))


def _waiting(staff: Staff) -> int:
    """How many wait for a time, as far as this person sees them."""
    return session().scalar(select(func.count(WaitlistEntry.id)).where(visible(staff, WaitlistEntry))) or 0


def _asked(staff: Staff, thread_id: int | None) -> ContactRequest | None:
    """The request that is to be answered, as far as it is this person's to see; that it was opened is noted."""
    found = contact_request.of_conversation(session(), thread_id) if thread_id else None
    if found is None or not may_see(session(), staff, found.conversation):
        return None
    audit.opened(session(), found.conversation, actor(staff), clock.now())
    session().commit()
    return found

