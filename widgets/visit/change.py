"""Moving or cancelling one's appointment by its link, until the clinic's hours before (S002-110)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from flask import Response, jsonify
from pydantic import StringConstraints

from telehealth import booking, clock, reschedule
from telehealth.booking import Appointment, AppointmentStatus, Search
from telehealth.organization import Organization
from web.endpoint import Access, endpoint
from web.house import house, session
from web.schema import Nothing, Schema
from web.visitor import Visitor
from widgets.booking.routes import SlotAnswer, as_answers
from widgets.visit.appointment import AppointmentFacts, facts_of
from widgets.visit.routes import mine, visit

Date = date  # a field called date hides the type
LOOK_AHEAD = timedelta(days=60)


class TimesQuery(Schema):
    """`date` is one in the clinic's time zone; `anyone` looks beyond the person of the appointment."""

    date: Date | None = None
    anyone: bool = False


class TimesAnswer(Schema):
    """`days` that have something free, or with a date its free times."""

    days: list[Date] | None = None
    slots: list[SlotAnswer] | None = None


class NewTime(Schema):
    slot: Annotated[str, StringConstraints(max_length=40)]


@endpoint(visit, "/visit/times", access=Access.VISITOR, query=TimesQuery, answer=TimesAnswer)
def times(visitor: Visitor, query: TimesQuery) -> Response:
    """Where the appointment can be moved to."""
    _held, appointment = mine(visitor)
    person = None if query.anyone else appointment.practitioner_id
    search = Search((appointment.department_id,), person, booking.visit_type_to_keep(appointment))
    now = clock.now()
    if query.date is not None:
        return jsonify(slots=as_answers(booking.day_of(session(), search, query.date, now)))
    first = now.astimezone(session().get_one(Organization, appointment.organization_id).tz).date()
    days = booking.free_days(session(), search, first, first + LOOK_AHEAD, now)
    return jsonify(days=[day.isoformat() for day in days])


@endpoint(visit, "/visit/move", method="POST", access=Access.VISITOR, body=NewTime, answer=AppointmentFacts)
def move(visitor: Visitor, body: NewTime) -> Response:
    """Take another time; the link stays the same."""
    _held, appointment = mine(visitor)
    reschedule.require_patient_may_change(appointment, clock.now())
    reschedule.move(session(), appointment, body.slot, clock.now(), (appointment.department_id,))
    return _done(appointment, visitor)


@endpoint(visit, "/visit/cancel", method="POST", access=Access.VISITOR, body=Nothing, answer=AppointmentFacts)
def cancel(visitor: Visitor, body: Nothing) -> Response:
    """Give the time back; whoever lost the answer and asks again has done so already."""
    _held, appointment = mine(visitor)
    if appointment.status is AppointmentStatus.CANCELLED:
        return _done(appointment, visitor)
    reschedule.require_patient_may_change(appointment, clock.now())
    appointment.cancel(clock.now(), by_patient=True)
    return _done(appointment, visitor)


def _done(appointment: Appointment, visitor: Visitor) -> Response:
    session().commit()
    return jsonify(facts_of(session(), appointment, visitor.locale, clock.now(), house().settings.base_url).model_dump(mode="json"))
