"""The booking widget's page, its free times and its appointments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from babel.dates import get_timezone_location, get_timezone_name
from flask import Blueprint, Response, jsonify, request
from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import select

from integrations import calendar
from telehealth import booking, clock, hold, organization
from telehealth.booking import Appointment, Booking, Search, SlotTaken, UnknownAppointment, UnknownSlot
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.schedule import Slot
from telehealth.widget import WidgetKind, offered_departments
from web import locale
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.schema import Answers, ClientId, Schema
from web.visitor import Visitor
from widgets.answers import PatientBody, require_answers
from widgets.page import Setting, draw, page_of, setting_for

booking_widget = Blueprint(
    "booking_widget", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/widgets-booking",
)  # fmt: skip
booking_widget.bears_tokens = True  # type: ignore[attr-defined]

Id = Annotated[int, Field(gt=0, lt=2**31)]
Date = date  # a field called date hides the type


@dataclass(frozen=True)
class Choice:
    """A department and the people who can be booked in it."""

    department: Any
    people: list[Practitioner]


@page_of(WidgetKind.BOOKING)
def page(setting: Setting) -> str:
    """The widget itself: everything it may have to say, in the visitor's language."""
    now, zone = clock.now(), setting.organization.tz
    return draw(
        "booking.html", setting, choices=_choices(setting), zone=_zone_words(setting.organization),
        weekdays=_weekdays(), first_day=_first_day(), today=now.astimezone(zone).date(), last=organization.times(session()).horizon(now),
        wanted=request.args.get("department", ""),
    )  # fmt: skip


def _choices(setting: Setting) -> list[Choice]:
    """What the visitor may choose among; nothing when there is only one person."""
    offered = [department.id for department in setting.widget.departments]
    found = booking.bookable(session(), offered, clock.now().date())
    if len({person.id for _, person in found}) < 2:
        return []
    departments = {role.department_id: role.department for _, person in found for role in person.roles if role.department}
    setting.texts.prefetch([*departments.values(), *(person for _, person in found)])
    return [
        Choice(departments[number], [person for department, person in found if department == number])
        for number in sorted({number for number, _ in found}, key=lambda number: departments[number].position)
    ]


def _zone_words(organization: Organization) -> dict[str, str]:
    """The clinic's time zone as people call it."""
    babel = locale.babel_locale(locale.current_tag())
    return {
        "city": get_timezone_location(organization.tz, locale=babel, return_city=True),
        "name": get_timezone_name(organization.tz, width="long", zone_variant="generic", locale=babel),
    }


def _weekdays() -> list[tuple[str, str]]:
    """Short and full name of each weekday, in the order of this language's weeks."""
    babel = locale.babel_locale(locale.current_tag())
    names = babel.days["stand-alone"]
    first = babel.first_week_day
    return [(names["abbreviated"][day % 7], names["wide"][day % 7]) for day in range(first, first + 7)]


def _first_day() -> int:
    """The first day of this language's week, 0 for Sunday as scripts count."""
    return (locale.babel_locale(locale.current_tag()).first_week_day + 1) % 7


class SlotsQuery(Schema):
    """A month (2026-12) or a date (2026-12-01), both in the clinic's time zone."""

    month: Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] | None = None
    date: Date | None = None
    department: Id | None = None
    practitioner: Id | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> SlotsQuery:
        if (self.month is None) == (self.date is None):
            raise ValueError
        return self


class DayAnswer(Schema):
    date: Date
    free: int


class SlotAnswer(Schema):
    """`start` and `end` are UTC."""

    id: str
    start: datetime
    end: datetime
    practitioner: str


class SlotsAnswer(Schema):
    """`days` for a month, `slots` for a date; `next` is the first free day after a month without any."""

    days: list[DayAnswer] | None = None
    slots: list[SlotAnswer] | None = None
    next: Date | None = None


@endpoint(booking_widget, "/w/<key>/slots", access=Access.VISITOR, query=SlotsQuery, answer=SlotsAnswer)
def slots(key: str, visitor: Visitor, query: SlotsQuery) -> Response:
    """How many times are free on each day of a month, or the free times of a date."""
    search = _search(setting_for(visitor), query.department, query.practitioner, visitor.name)
    if query.date is not None:
        return jsonify(slots=as_answers(booking.day_of(session(), search, query.date, clock.now())))
    return jsonify(_month(search, *(int(part) for part in str(query.month).split("-"))))


def _month(search: Search, year: int, month: int) -> dict[str, Any]:
    now = clock.now()
    counts = booking.month_of(session(), search, year, month, now)
    days = [{"date": day.isoformat(), "free": free} for day, free in counts.items()]
    if any(counts.values()):
        return {"days": days}
    following = booking.next_free_day(session(), search, max(counts), now)
    return {"days": days, "next": following.isoformat() if following else None}


def _search(setting: Setting, department: int | None, practitioner: int | None, visitor: str) -> Search:
    """Raises Refusal when the widget does not offer that department."""
    return Search(departments_of(setting, department), practitioner, visitor=visitor)


def departments_of(setting: Setting, chosen: int | None) -> tuple[int, ...]:
    """Those of the widget, or the chosen one. Raises Refusal when the widget does not offer it."""
    offered = offered_departments(session(), setting.widget.id)
    if chosen is None:
        return offered
    if offered and chosen not in offered:
        raise Refusal("unknown", 404)
    return (chosen,)


def as_answers(found: list[Slot]) -> list[dict[str, str]]:
    """Slots as they are told, with the names of their people."""
    names = {number: session().get_one(Practitioner, number).name for number in {slot.practitioner_id for slot in found}}
    return [
        {
            "id": slot.id, "start": _utc(slot.start), "end": _utc(slot.end),
            "practitioner": names[slot.practitioner_id],
        }
        for slot in found
    ]  # fmt: skip


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class HoldBody(Schema):
    """`department` and `practitioner` as in the search that gave the slot."""

    slot: Annotated[str, StringConstraints(max_length=40)]
    department: Id | None = None
    practitioner: Id | None = None


class HoldAnswer(Schema):
    """Nobody else gets the time for so many seconds."""

    seconds: int


@endpoint(booking_widget, "/w/<key>/holds", method="POST", access=Access.VISITOR, body=HoldBody, answer=HoldAnswer)
def keep_time(key: str, visitor: Visitor, body: HoldBody) -> Response:
    """Keep a time for this visitor, instead of the one that was kept before."""
    setting, now = setting_for(visitor), clock.now()
    try:
        made = hold.keep(session(), setting.widget, visitor.name, body.slot, now, departments_of(setting, body.department))
        session().commit()
    except (SlotTaken, UnknownSlot) as gone:
        session().rollback()
        raise _gone(gone, setting, visitor, body) from None
    return jsonify(seconds=round((made.expires_at - now).total_seconds()))


@endpoint(booking_widget, "/w/<key>/holds", method="DELETE", access=Access.VISITOR, status=204)
def let_time_go(key: str, visitor: Visitor) -> tuple[str, int]:
    """Give back what is kept for this visitor."""
    hold.let_go(session(), setting_for(visitor).widget, visitor.name)
    session().commit()
    return "", 204


class AppointmentBody(Schema):
    """`department` and `practitioner` tell how the visitor had searched, for the nearest times when this one is gone."""

    client_id: ClientId
    slot: Annotated[str, StringConstraints(max_length=40)]
    patient: PatientBody = PatientBody()
    answers: Answers = {}
    accept_terms: bool = False
    reason: Annotated[str, StringConstraints(max_length=4000)] = ""
    department: Id | None = None
    practitioner: Id | None = None


class AppointmentAnswer(Schema):
    """`ticket` opens the appointment at `link`; `welcome_from` is when the waiting room expects the patient."""

    id: str
    start: datetime
    end: datetime
    welcome_from: datetime
    practitioner: str
    department: str
    time_zone: str
    ticket: str
    link: str


@endpoint(
    booking_widget, "/w/<key>/appointments", method="POST", access=Access.VISITOR, body=AppointmentBody,
    answer=AppointmentAnswer, status=201,
)  # fmt: skip
def make_appointment(key: str, visitor: Visitor, body: AppointmentBody) -> tuple[Response, int]:
    """Book a time; a repeated client id gets the first appointment, a time that is gone the nearest free ones."""
    setting = setting_for(visitor)
    answers = require_answers(setting.widget, body.patient, body.answers, body.accept_terms, body.reason)
    try:
        made = booking.book(session(), setting.widget, _booking(setting, visitor, body, answers), clock.now())
        facts = _facts(made, setting)
        session().commit()
    except (SlotTaken, UnknownSlot) as gone:
        session().rollback()
        raise _gone(gone, setting, visitor, body) from None
    return jsonify(facts), 201


def _booking(setting: Setting, visitor: Visitor, body: AppointmentBody, answers: dict[str, str]) -> Booking:
    patient = body.patient
    answers = answers | ({"reason": body.reason} if body.reason else {})
    return Booking(
        client_id=body.client_id, visitor=visitor.name, locale=setting.locale, slot_id=body.slot,
        initials=patient.initials, last_name=patient.last_name, birth_date=patient.birth_date, email=patient.email,
        phone=patient.phone, answers=answers, accepted_terms=str(setting.texts.of(setting.widget, "terms")) or None,
        departments=departments_of(setting, body.department), held=True,
    )  # fmt: skip


def _gone(error: SlotTaken | UnknownSlot, setting: Setting, visitor: Visitor, body: AppointmentBody | HoldBody) -> Refusal:
    code = "slot_taken" if isinstance(error, SlotTaken) else "unknown_slot"
    search = _search(setting, body.department, body.practitioner, visitor.name)
    return Refusal(code, 409, nearest=_nearest(search, body.slot))


def _nearest(search: Search, slot_id: str) -> list[dict[str, str]]:
    try:
        wanted = booking.time_of(slot_id)
    except UnknownSlot:
        return []
    return as_answers(booking.nearest(session(), search, wanted, clock.now()))


def _facts(made: Appointment, setting: Setting) -> dict[str, str]:
    organization = setting.organization
    return {
        "id": made.uid,
        "start": _utc(made.start),
        "end": _utc(made.end),
        "welcome_from": _utc(made.start - timedelta(minutes=organization.welcome_minutes)),
        "practitioner": session().execute(select(Practitioner.name).where(Practitioner.id == made.practitioner_id)).scalar_one(),
        "department": str(setting.texts.of(made.department, "name")),
        "time_zone": organization.zone,
        "ticket": made.ticket.token,
        "link": f"{house().settings.base_url}/visit#{made.ticket.token}",
    }


@endpoint(booking_widget, "/w/<key>/appointments/<uid>/calendar", access=Access.VISITOR)
def appointment_calendar(key: str, visitor: Visitor, uid: str) -> Response:
    """The appointment as a calendar file, for the visitor who made it."""
    setting = setting_for(visitor)
    made = booking.own_appointment(session(), uid, visitor.name)
    if made.widget_id != setting.widget.id:
        raise UnknownAppointment
    file = calendar.as_calendar(made, setting.organization, house().settings, "PUBLISH").to_ical()
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return Response(file, content_type="text/calendar; charset=utf-8", headers=headers)
