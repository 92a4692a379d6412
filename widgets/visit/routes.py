"""Addresses of an appointment's link. Opening it changes nothing; only the button checks in (X-30)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from telehealth import clock, quick_consultation, ticket, waiting_room
from telehealth.booking import Appointment, appointment_of
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.ticket import Ticket, TicketKind, UnknownTicket
from telehealth.waiting_room import Encounter
from web import limits, locale, visitor
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.origin import require_own_origin
from web.schema import Nothing, Schema
from web.visitor import Visitor
from widgets.visit.appointment import AppointmentFacts, Door, Said, door_of, facts_of, facts_of_quick
from widgets.walk_in import meanwhile, waiting
from widgets.walk_in.routes import SYMBOLS, After, Current

visit = Blueprint(
    "visit", __name__, template_folder="templates", static_folder="static", static_url_path="/static/widgets-visit"
)
visit.bears_tokens = True  # type: ignore[attr-defined]


class Born(Schema):
    birth_date: date | None = None


class LinkBody(Schema):
    """`patient` is asked where the answer says so."""

    ticket: str
    locale: str = ""
    patient: Born = Born()


class LinkAnswer(Schema):
    """`token` is empty and nothing can be done as long as the appointment's date of birth is asked for."""

    token: str
    expires_at: datetime | None
    appointment: AppointmentFacts


@endpoint(visit, "/visit", access=Access.PUBLIC)
def page() -> Response:
    """The page behind every appointment's link; which one it is, only the part behind the # tells."""
    meanwhile.let_in_any()
    icons = [*SYMBOLS, "logo", "alert", "phone", "calendar", "clock", "stop", "close", "prev", "mail", "unplug", "card", "key"]
    response = Response(render_template("visit/visit.html", symbol_names=icons), mimetype="text/html")
    response.headers["Content-Language"] = locale.current_tag()
    response.headers["Vary"] = "Accept-Language"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@endpoint(visit, "/visit/session", method="POST", access=Access.PUBLIC, body=LinkBody, answer=LinkAnswer, status=201)
def begin_session(body: LinkBody) -> tuple[Response, int]:
    """A bearer token for the holder of the link, and what the link is for.

    Where the clinic asks for the date of birth, the token is for whoever knows it, or holds one of this link already.
    """
    require_own_origin()
    limits.hit("new_session", limits.network())
    held = ticket.known(session(), body.ticket)
    facts, patient = _facts(held, tag := choose(body.locale))
    if not require_birth_date(held, patient.birth_date, body.patient.birth_date):
        untold: dict[str, Any] = {
            "inside": False, "ended": False, "may_change": False, "said": Said(), "message": "", "phone": "", "questionnaires": 0,
            "files": False, "pay": None, "paid": "", "lapsed": False,
        }  # fmt: skip
        asking = facts.model_copy(update={"asks_birth_date": True, **untold})
        return jsonify(token="", expires_at=None, appointment=asking.model_dump(mode="json")), 201
    token, ends = grant(held, tag)
    return jsonify(token=token, expires_at=ends.isoformat(), appointment=facts.model_dump(mode="json")), 201


def _facts(held: Ticket, tag: str) -> tuple[AppointmentFacts, Patient]:
    """What the link is for, and for whom."""
    if held.kind is TicketKind.QUICK:
        visit = quick_consultation.visit_by(session(), held)
        return facts_of_quick(session(), visit, tag, clock.now()), visit.patient
    appointment = appointment_of(session(), held)
    return facts_of(session(), appointment, tag, clock.now(), house().settings.base_url), appointment.patient


def require_birth_date(held: Ticket, known: date | None, birth_date: date | None) -> bool:
    """Whether it is who is meant, as far as the clinic wants to know. Raises Refusal for a wrong date, and for guessing."""
    asked = session().get_one(Organization, held.organization_id).ask_birth_date
    if not asked or known is None or _holds(held):
        return True
    if birth_date is None:
        return False
    limits.hit("birth_date", held.uid)
    if birth_date != known:
        wrong = _("That is not the date the clinic knows. Check it, or call the clinic.")
        raise Refusal("invalid", 422, fields={"birth_date": wrong})
    return True


def _holds(held: Ticket) -> bool:
    """Whether the request bears a token of this link that still lives."""
    if "Authorization" not in request.headers:
        return False
    try:
        bears = visitor.read(house().settings.secret_key, visitor.bearer(request.headers["Authorization"]))
    except Refusal:
        return False
    return (bears.widget, bears.name) == ("", held.uid)


def choose(wish: str) -> str:
    if wish:
        locale.set_tag(locale.choose([wish], locale.shipped()))
    return locale.current_tag()


def grant(held: Ticket, tag: str) -> tuple[str, datetime]:
    """The session is the link's own: somebody who books twice in one browser holds two links."""
    who = Visitor(held.organization_id, "", held.uid, tag)
    settings = house().settings
    return visitor.grant(settings.secret_key, who, timedelta(hours=settings.visitor_session_hours))


@endpoint(visit, "/visit/check-in", method="POST", access=Access.VISITOR, body=Nothing, answer=Current, status=201)
def check_in(visitor: Visitor, body: Nothing) -> tuple[Response, int]:
    """Enter the waiting room; pressing the button again finds the same visit."""
    held = _held(visitor)
    if held.kind is TicketKind.QUICK:
        return jsonify(_current(quick_consultation.enter(session(), held, clock.now()), visitor)), 201
    held, appointment = mine(visitor)
    if door_of(appointment, clock.now()) is Door.CANCELLED:
        raise Refusal("cancelled", 409, _("This appointment was cancelled."))
    entered = waiting_room.check_in(session(), held, appointment, clock.now())
    session().commit()
    return jsonify(_current(entered, visitor)), 201


def mine(who: Visitor) -> tuple[Ticket, Appointment]:
    """Ticket and appointment of the link's holder, in the holder's language. Raises UnknownTicket."""
    held = _held(who)
    return held, appointment_of(session(), held)


def _held(who: Visitor) -> Ticket:
    held = session().scalar(select(Ticket).where(Ticket.uid == who.name))
    if held is None:
        raise UnknownTicket
    locale.set_tag(who.locale)
    return held


def _current(entered: Encounter, who: Visitor, after: int = 0) -> dict[str, Any]:
    state = waiting.state_of(session(), entered, who.locale, clock.now())
    gap = waiting.gap_of(session(), entered, after, clock.now())
    return state.model_dump(mode="json") | {"messages": gap.model_dump(mode="json")}


@endpoint(visit, "/visit/current", access=Access.VISITOR, query=After, answer=Current)
def current(visitor: Visitor, query: After) -> Response:
    """How the link's latest visit stands."""
    return jsonify(_current(waiting.visit_of(session(), visitor, clock.now()), visitor, query.after))


@endpoint(visit, "/visit/leave", method="POST", access=Access.VISITOR, body=Nothing, answer=Current)
def leave(visitor: Visitor, body: Nothing) -> Response:
    """Leave; leaving twice is leaving once."""
    mine = waiting.visit_of(session(), visitor, clock.now())
    mine.leave(clock.now())
    session().commit()
    return jsonify(_current(mine, visitor))
