"""The page of somebody invited beside the patient: what the link is for, and whether they can come in now (S002-110).

It tells when and with whom, never what the patient answered, wrote or was written.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response, jsonify, render_template

from telehealth import clock, participant, staff_booking, ticket
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.participant import Entrance, Participant
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter
from web import limits, locale
from web.endpoint import Access, endpoint
from web.house import session
from web.schema import Schema
from widgets.page import require_own_origin
from widgets.visit.appointment import Clinic, clinic_of
from widgets.visit.routes import LinkBody, choose, grant, require_birth_date, visit
from widgets.walk_in.waiting import RoomOptions
from widgets.walk_in.words import Words, words


class GuestFacts(Schema):
    """Times are UTC, to be shown in `zone`; without `opens_at` the link is for a consultation that has begun already.

    `entrance` says what the link leads to at this moment; `visit` names the visit that can be entered. `asks_birth_date`:
    the own one is needed first. `message` is what staff wrote to all who are invited.
    """

    entrance: Entrance
    visit: str
    start: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    now: datetime
    zone: str
    locale: str
    department: Words
    practitioner: str
    patient: str
    message: str
    clinic: Clinic
    room: RoomOptions
    asks_birth_date: bool = False


class GuestAnswer(Schema):
    """`token` is empty as long as the date of birth is asked for."""

    token: str
    expires_at: datetime | None
    guest: GuestFacts


def facts_of(session: Session, who: Participant, tag: str, now: datetime) -> GuestFacts:
    organization = session.get_one(Organization, session.organization_id)
    texts, visit = Texts(session, tag, organization.locale), participant.visit_of(session, who)
    return GuestFacts(
        entrance=participant.entrance(session, who, now), visit=visit.uid if visit else "", opens_at=who.ticket.opens_at,
        closes_at=who.ticket.closes_at, now=now, zone=organization.zone, locale=who.locale,
        clinic=clinic_of(organization, texts), room=RoomOptions(**asdict(organization.room)), **_of(session, who, visit, texts, now),
    )  # fmt: skip


def _of(session: Session, who: Participant, visit: Encounter | None, texts: Texts, now: datetime) -> dict[str, Any]:
    """When, with whom and for whom, by the appointment or by the visit that has begun at once."""
    if who.appointment_id is None and visit is not None:
        host = visit.admitted_by.name if visit.admitted_by else ""
        return {
            "start": visit.arrived_at, "department": words(texts.of(visit.department, "name")), "practitioner": host,
            "patient": visit.patient.name, "message": "",
        }  # fmt: skip
    appointment = session.get_one(Appointment, who.appointment_id)
    return {
        "start": appointment.start, "department": words(texts.of(appointment.department, "name")),
        "practitioner": appointment.practitioner.name, "patient": appointment.patient.name,
        "message": staff_booking.message_of(appointment),
    }  # fmt: skip


@endpoint(visit, "/visit/guest", access=Access.PUBLIC)
def guest_page() -> Response:
    """The page behind a participant's link; whose it is, only the part behind the # tells."""
    response = Response(render_template("visit/guest.html"), mimetype="text/html")
    response.headers["Content-Language"] = locale.current_tag()
    response.headers["Vary"] = "Accept-Language"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@endpoint(visit, "/visit/guest/session", method="POST", access=Access.PUBLIC, body=LinkBody, answer=GuestAnswer, status=201)
def begin_guest_session(body: LinkBody) -> tuple[Response, int]:
    """A bearer token for the holder of the link, and what the link is for."""
    require_own_origin()
    limits.hit("new_session", limits.network())
    held = ticket.known(session(), body.ticket)
    who = participant.by_ticket(session(), held)
    told = facts_of(session(), who, tag := choose(body.locale), clock.now())
    facts = told.model_copy(update={"locale": locale.choose([who.locale], locale.shipped())})
    if not require_birth_date(held, who.person.birth_date, body.patient.birth_date):
        asking = facts.model_copy(update={"asks_birth_date": True, "patient": "", "message": "", "visit": ""})
        return jsonify(token="", expires_at=None, guest=asking.model_dump(mode="json")), 201
    token, ends = grant(held, tag)
    return jsonify(token=token, expires_at=ends.isoformat(), guest=facts.model_dump(mode="json")), 201
