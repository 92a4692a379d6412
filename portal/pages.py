"""What stands on the patient's own pages, as pieces drawn in the patient's language: appointments, questionnaires, looks."""

from __future__ import annotations

from typing import Any

from babel.dates import get_timezone_name
from flask import Response, jsonify, make_response, render_template

from integrations import calendar
from portal.routes import portal
from telehealth import clock, staff_booking
from telehealth import portal as own_pages
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.portal import Own, PortalSession
from web import asking, codes, locale, money
from web.asking import Filled, Piece, Saved, texts_in
from web.endpoint import Access, endpoint
from web.house import house, session
from web.schema import Nothing


@endpoint(portal, "/portal/appointments", access=Access.PATIENT, answer=Piece)
def appointments(own: PortalSession) -> Response:
    """The patient's appointments: those to come, and those before (S002-147)."""
    coming, before = own_pages.appointments(session(), own, clock.now())
    texts, _source = texts_in(own.locale)
    organization = session().get_one(Organization, own.organization_id)
    rows = [[_row(one, organization, texts.of, own.locale) for one in part] for part in (coming, before)]
    zone = get_timezone_name(organization.tz, width="long", zone_variant="generic", locale=locale.babel_locale(own.locale))
    page = render_template("portal/appointments.html", coming=rows[0], before=rows[1], zone=zone, zone_name=organization.zone)
    return jsonify(page=page, open=len(coming))


def _row(one: Own, organization: Organization, text: Any, tag: str) -> dict[str, Any]:
    made = one.appointment
    kind = made.visit_type
    return {
        "uid": made.uid, "standing": one.standing.value, "start": made.start.isoformat(), "mode": made.mode.value,
        "when": codes.moment(made.start, organization, tag), "practitioner": made.practitioner.name,
        "department": text(made.department, "name"), "visit": text(kind, "name") if kind else None,
        "place": text(kind, "place") if kind and kind.place else None, "price": money.price(made.price, made.currency, tag),
        "message": staff_booking.message_of(made), "link": codes.link_to(made.ticket, ""),
    }  # fmt: skip


@endpoint(portal, "/portal/appointments/<uid>/calendar", access=Access.PATIENT)
def calendar_file(uid: str, own: PortalSession) -> Response:
    """The appointment for the patient's own calendar."""
    made: Appointment = own_pages.appointment_of(session(), own, uid)
    organization = session().get_one(Organization, own.organization_id)
    answer = make_response(calendar.as_calendar(made, organization, house().settings, "PUBLISH").to_ical())
    answer.headers["Content-Type"] = "text/calendar; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    return answer


@endpoint(portal, "/portal/questionnaires", access=Access.PATIENT, answer=Piece)
def questionnaires(own: PortalSession) -> Response:
    """What the patient is asked in writing, and what was sent (S002-146)."""
    found = own_pages.questionnaires(session(), own, clock.now())
    texts, _source = texts_in(own.locale)
    texts.prefetch([response.questionnaire for response in found])
    organization = session().get_one(Organization, own.organization_id)
    when = {row.uid: codes.moment(row.appointment.start, organization, own.locale) for row in found if row.appointment}
    page = render_template("portal/questionnaires.html", responses=found, text=texts.of, when=when) if found else ""
    return jsonify(page=page, open=sum(not response.is_completed for response in found))


@endpoint(portal, "/portal/questionnaires/<uid>", method="POST", access=Access.PATIENT, body=Nothing, answer=Piece)
def open_questionnaire(uid: str, own: PortalSession, body: Nothing) -> Response:
    """One of them, to fill in or to read."""
    return asking.opened(own.locale, own_pages.response_of(session(), own, uid))


@endpoint(portal, "/portal/questionnaires/<uid>/answers", method="POST", access=Access.PATIENT, body=Filled, answer=Saved)
def save_questionnaire(uid: str, own: PortalSession, body: Filled) -> Response:
    """Keep a draft, or send the answers."""
    return asking.saved(own.locale, own_pages.response_of(session(), own, uid), body)


@endpoint(portal, "/portal/looks", access=Access.PATIENT, answer=Piece)
def looks(own: PortalSession) -> Response:
    """Who of the clinic has opened the patient's data, and when (X-47)."""
    organization = session().get_one(Organization, own.organization_id)
    found = own_pages.looks(session(), own)
    rows = [{"when": codes.moment(one.at, organization, own.locale), "look": one} for one in found]
    return jsonify(page=render_template("portal/looks.html", rows=rows), open=len(rows))
