"""The booking widget's page, its free times and its appointments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo
from urllib.parse import urlencode

from babel.dates import get_timezone_location, get_timezone_name
from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _
from pydantic import Field, StringConstraints, model_validator
from sqlalchemy import select

from integrations import calendar
from telehealth import booking, clock, hold, organization, visit_type
from telehealth.booking import Appointment, Booking, Search, SlotTaken, UnknownAppointment, UnknownSlot
from telehealth.department import Department
from telehealth.payment import PaymentState
from telehealth.practitioner import Practitioner
from telehealth.schedule import Slot
from telehealth.visit_type import Mode, VisitType
from telehealth.widget import FieldKind, Widget, WidgetKind, offered_departments
from web import locale, money
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
    now, zone, kinds = clock.now(), setting.organization.tz, kinds_of(setting)
    calls = any(kind.mode is Mode.PHONE for kind, _price in kinds)
    return draw(
        "booking.html", setting, choices=choices_of(setting), kinds=kinds, asks_phone=calls and not asks_phone(setting.widget), zone=zone_words(zone),
        weekdays=weekdays(), first_day=_first_day(), today=now.astimezone(zone).date(), last=organization.times(session()).horizon(now),
        wanted=request.args.get("department", ""), plain=_plain(setting),
    )  # fmt: skip


def _plain(setting: Setting) -> str:
    """Where the same goes without JavaScript, in the same language and department."""
    kept = {name: request.args[name] for name in ("lang", "department") if name in request.args}
    return f"/w/{setting.widget.key}/plain" + (f"?{urlencode(kept)}" if kept else "")


def asks_phone(widget: Widget) -> bool:
    return any(field.kind is FieldKind.PHONE for field in widget.fields)


def kinds_of(setting: Setting) -> list[tuple[VisitType, str]]:
    """What can be booked, each with its price; nothing when the clinic makes no difference."""
    found = visit_type.offered(session())
    setting.texts.prefetch(found)
    return [(kind, _price(kind, setting)) for kind in found]


def _price(kind: VisitType, setting: Setting) -> str:
    """In words, the weekend's price too where it is another."""
    told, weekend = (money.price(amount, setting.organization.currency, setting.locale) for amount in (kind.price, kind.weekend_price))
    if weekend and weekend != told:
        return _("%(price)s, at weekends %(weekend)s", price=told or _("free"), weekend=weekend)
    return told


def choices_of(setting: Setting) -> list[Choice]:
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


def zone_words(zone: ZoneInfo) -> dict[str, str]:
    """A time zone as people call it."""
    babel = locale.babel_locale(locale.current_tag())
    return {
        "city": get_timezone_location(zone, locale=babel, return_city=True),
        "name": get_timezone_name(zone, width="long", zone_variant="generic", locale=babel),
    }


def weekdays() -> list[tuple[str, str]]:
    """Short and full name of each weekday, in the order of this language's weeks."""
    babel = locale.babel_locale(locale.current_tag())
    names = babel.days["stand-alone"]
    first = babel.first_week_day
    return [(names["abbreviated"][day % 7], names["wide"][day % 7]) for day in range(first, first + 7)]


def _first_day() -> int:
    """The first day of this language's week, 0 for Sunday as scripts count."""
    return (locale.babel_locale(locale.current_tag()).first_week_day + 1) % 7


class SlotsQuery(Schema):
    """A month (2026-12) or a date (2026-12-01), both in the clinic's time zone; `visit` is what for, as the page offers it."""

    month: Annotated[str, StringConstraints(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")] | None = None
    date: Date | None = None
    department: Id | None = None
    practitioner: Id | None = None
    visit: Id | None = None

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
    search = _search(setting_for(visitor), query, visitor.name)
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


def _search(setting: Setting, wanted: SlotsQuery | HoldBody | AppointmentBody, visitor: str) -> Search:
    """Raises Refusal when the widget does not offer that department."""
    return Search(departments_of(setting, wanted.department), wanted.practitioner, wanted.visit, visitor=visitor)


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
    """`department`, `practitioner` and `visit` as in the search that gave the slot."""

    slot: Annotated[str, StringConstraints(max_length=40)]
    department: Id | None = None
    practitioner: Id | None = None
    visit: Id | None = None


class HoldAnswer(Schema):
    """Nobody else gets the time for so many seconds."""

    seconds: int


@endpoint(booking_widget, "/w/<key>/holds", method="POST", access=Access.VISITOR, body=HoldBody, answer=HoldAnswer)
def keep_time(key: str, visitor: Visitor, body: HoldBody) -> Response:
    """Keep a time for this visitor, instead of the one that was kept before."""
    now = clock.now()
    return jsonify(seconds=round((keep(setting_for(visitor), visitor.name, body, now) - now).total_seconds()))


def keep(setting: Setting, visitor: str, body: HoldBody, now: datetime) -> datetime:
    """Until when the time is kept. Raises Refusal with the nearest free times when it is gone."""
    try:
        made = hold.keep(session(), setting.widget, visitor, body.slot, now, departments_of(setting, body.department))
        session().commit()
    except (SlotTaken, UnknownSlot) as gone:
        session().rollback()
        raise _gone(gone, setting, visitor, body) from None
    return made.expires_at


@endpoint(booking_widget, "/w/<key>/holds", method="DELETE", access=Access.VISITOR, status=204)
def let_time_go(key: str, visitor: Visitor) -> tuple[str, int]:
    """Give back what is kept for this visitor."""
    hold.let_go(session(), setting_for(visitor).widget, visitor.name)
    session().commit()
    return "", 204


class AppointmentBody(Schema):
    """`department`, `practitioner` and `visit` tell how the visitor had searched, for the nearest times when this one is gone."""

    client_id: ClientId
    slot: Annotated[str, StringConstraints(max_length=40)]
    patient: PatientBody = PatientBody()
    answers: Answers = {}
    accept_terms: bool = False
    reason: Annotated[str, StringConstraints(max_length=4000)] = ""
    department: Id | None = None
    practitioner: Id | None = None
    visit: Id | None = None


class PaymentAnswer(Schema):
    """Where it stands, what is asked, and the page to pay on. Until `until` the time is kept; None: it is booked all the same."""

    state: PaymentState
    amount: str
    link: str
    until: datetime | None


class AppointmentAnswer(Schema):
    """`ticket` opens the appointment at `link`; `welcome_from` is when the waiting room expects the patient.

    `mode` is how patient and practitioner meet, at `place` when on site; `visit` names the visit type, `price` is written out.
    `questionnaires` says how many are asked before it. `payment` is None where nothing is paid online.
    """

    id: str
    start: datetime
    end: datetime
    welcome_from: datetime
    practitioner: str
    department: str
    mode: Mode
    visit: str
    place: str
    price: str
    time_zone: str
    ticket: str
    link: str
    questionnaires: int
    payment: PaymentAnswer | None


@endpoint(
    booking_widget, "/w/<key>/appointments", method="POST", access=Access.VISITOR, body=AppointmentBody,
    answer=AppointmentAnswer, status=201,
)  # fmt: skip
def make_appointment(key: str, visitor: Visitor, body: AppointmentBody) -> tuple[Response, int]:
    """Book a time; a repeated client id gets the first appointment, a time that is gone the nearest free ones."""
    return jsonify(appointment(setting_for(visitor), visitor, body)), 201


def appointment(setting: Setting, visitor: Visitor, body: AppointmentBody) -> dict[str, str]:
    """What was booked, committed. Raises Refusal that names the fields, or the nearest free times when this one is gone."""
    kind = booking.visit_type_named(session(), body.slot)
    needs = {FieldKind.PHONE} if kind is not None and kind.mode is Mode.PHONE else set()
    answers = require_answers(setting.widget, body.patient, body.answers, body.accept_terms, body.reason, also=needs)
    try:
        made = booking.book(session(), setting.widget, _booking(setting, visitor, body, answers), clock.now())
        facts = _facts(made, setting)
        session().commit()
    except (SlotTaken, UnknownSlot) as gone:
        session().rollback()
        raise _gone(gone, setting, visitor.name, body) from None
    return facts


def _booking(setting: Setting, visitor: Visitor, body: AppointmentBody, answers: dict[str, str]) -> Booking:
    patient = body.patient
    answers = answers | ({"reason": body.reason} if body.reason else {})
    return Booking(
        client_id=body.client_id, visitor=visitor.name, locale=setting.locale, slot_id=body.slot,
        initials=patient.initials, last_name=patient.last_name, birth_date=patient.birth_date, email=patient.email,
        phone=patient.phone, answers=answers, accepted_terms=str(setting.texts.of(setting.widget, "terms")) or None,
        departments=departments_of(setting, body.department) if body.department else (), held=True,  # else the domain asks
    )  # fmt: skip


def _gone(error: SlotTaken | UnknownSlot, setting: Setting, visitor: str, body: AppointmentBody | HoldBody) -> Refusal:
    code = "slot_taken" if isinstance(error, SlotTaken) else "unknown_slot"
    search = _search(setting, body, visitor)
    return Refusal(code, 409, nearest=_nearest(search, body.slot))


def _nearest(search: Search, slot_id: str) -> list[dict[str, str]]:
    try:
        wanted = booking.time_of(slot_id)
    except UnknownSlot:
        return []
    return as_answers(booking.nearest(session(), search, wanted, clock.now()))


def _facts(made: Appointment, setting: Setting) -> dict[str, Any]:
    organization, kind = setting.organization, made.visit_type
    told = select(Practitioner.name, Department).where(Practitioner.id == made.practitioner_id, Department.id == made.department_id)
    name, department = session().execute(told).one()
    return {
        "id": made.uid,
        "start": _utc(made.start),
        "end": _utc(made.end),
        "welcome_from": _utc(made.start - timedelta(minutes=organization.welcome_minutes)),
        "practitioner": name,
        "department": str(setting.texts.of(department, "name")),
        "mode": made.mode.value,
        "visit": str(setting.texts.of(kind, "name")) if kind else "",
        "place": (str(setting.texts.of(kind, "place")) or organization.name) if kind and made.mode is Mode.ON_SITE else "",
        "price": money.price(made.price, made.currency, setting.locale),
        "time_zone": organization.zone,
        "ticket": made.ticket.token,
        "link": f"{house().settings.base_url}/visit#{made.ticket.token}",
        "questionnaires": len(made.responses),
        "payment": payment_of(made, setting) if made.payment_state else None,
    }


def payment_of(made: Appointment, setting: Setting) -> dict[str, Any] | None:
    owed = made.payment
    return owed and {
        "state": owed.state.value, "amount": money.price(owed.amount, owed.currency, setting.locale),
        "link": f"{house().settings.base_url}/pay/{owed.uid}", "until": _utc(owed.held_until) if owed.held_until else None,
    }  # fmt: skip


class PaymentStands(Schema):
    payment: PaymentAnswer | None


@endpoint(booking_widget, "/w/<key>/appointments/<uid>/payment", access=Access.VISITOR, answer=PaymentStands)
def appointment_payment(key: str, visitor: Visitor, uid: str) -> Response:
    """Whether the appointment that this visitor made is paid."""
    setting = setting_for(visitor)
    return jsonify(payment=payment_of(booking.own_appointment(session(), uid, visitor.name), setting))


@endpoint(booking_widget, "/w/<key>/appointments/<uid>/calendar", access=Access.VISITOR)
def appointment_calendar(key: str, visitor: Visitor, uid: str) -> Response:
    """The appointment as a calendar file, for the visitor who made it."""
    return calendar_file(setting_for(visitor), visitor, uid)


def calendar_file(setting: Setting, visitor: Visitor, uid: str) -> Response:
    """Raises UnknownAppointment when it is not this visitor's, or was made with another widget."""
    made = booking.own_appointment(session(), uid, visitor.name)
    if made.widget_id != setting.widget.id:
        raise UnknownAppointment
    file = calendar.as_calendar(made, setting.organization, house().settings, "PUBLISH").to_ical()
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return Response(file, content_type="text/calendar; charset=utf-8", headers=headers)
