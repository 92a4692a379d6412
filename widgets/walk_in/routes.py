"""Addresses of the walk-in widget: its page, who is there now, coming in, how it stands, going away."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Blueprint, Response, jsonify
from pydantic import StringConstraints

from telehealth import clock
from telehealth.department import Department
from telehealth.waiting_room import Encounter
from telehealth.walk_in import Arrival, arrive
from telehealth.widget import WidgetKind
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.schema import Answers, ClientId, Nothing, Schema
from web.visitor import Visitor
from widgets.answers import PatientBody, require_answers
from widgets.page import Setting, draw, page_of, setting_for, setting_of
from widgets.walk_in import meanwhile, offers, waiting
from widgets.walk_in.offers import Offers
from widgets.walk_in.waiting import Gap, State

walk_in = Blueprint(
    "walk_in", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/widgets-walk_in",
)  # fmt: skip
walk_in.bears_tokens = True  # type: ignore[attr-defined]


class EntryBody(Schema):
    """`practitioner` None means whoever is free first."""

    client_id: ClientId
    department: int
    practitioner: int | None = None
    patient: PatientBody = PatientBody()
    reason: Annotated[str, StringConstraints(max_length=4000)] = ""
    answers: Answers = {}
    accept_terms: bool = False


class Current(State):
    """`messages` are those after the number asked for."""

    messages: Gap


class Entered(Current):
    """`ticket` is the holder's secret: it leads back to the place from any window."""

    ticket: str


class After(Schema):
    after: int = 0


# What is seen before the waiting room is entered; the page fetches the others then.
AT_FIRST = ("arrow", "unplug", "refresh", "external", "check", "door", "info", "chat", "alert")
# The icons of the waiting room.
SYMBOLS = (
    "arrow", "unplug", "refresh", "send", "external", "check", "door", "megaphone", "info", "chat", "alert", "mic", "mic-off",
    "video", "video-off", "signal", "speaker", "settings", "expand", "pip", "screen", "fit", "copy", "download", "file", "phone",
    "swap", "mail",
)  # fmt: skip


@page_of(WidgetKind.WALK_IN)
def page(setting: Setting) -> str:
    icons = [*AT_FIRST, "clock", "users", "next", "prev", "calendar"]
    shown, other = offers.offers_of(setting), offers.other_ways(setting)
    meanwhile.let_in(session().query(Department).where(Department.active))
    return draw("walk_in/walk_in.html", setting, offers=shown, other_ways=other, symbol_names=icons)


@endpoint(walk_in, "/w/<key>/offers", access=Access.PUBLIC, answer=Offers)
def available(key: str) -> Response:
    """Departments and who takes walk-ins there now."""
    setting = _setting(setting_of(key))
    return jsonify(offers.offers_of(setting).model_dump(mode="json"))


def _setting(setting: Setting) -> Setting:
    if setting.widget.kind is not WidgetKind.WALK_IN:
        raise Refusal("unknown", 404)
    return setting


@endpoint(
    walk_in, "/w/<key>/encounters", method="POST", access=Access.VISITOR, body=EntryBody, answer=Entered, status=201
)
def enter(key: str, visitor: Visitor, body: EntryBody) -> tuple[Response, int]:
    """Walk in; a repeated client id gets the first visit."""
    setting = _setting(setting_for(visitor))
    own = require_answers(setting.widget, body.patient, body.answers, body.accept_terms, body.reason)
    visit = arrive(session(), setting.widget, _arrival(setting, visitor, body, own), clock.now())
    session().commit()
    return jsonify(_current(visit, setting.locale) | {"ticket": visit.ticket.token}), 201


def _arrival(setting: Setting, who: Visitor, body: EntryBody, answers: dict[str, str]) -> Arrival:
    patient = body.patient
    return Arrival(
        client_id=body.client_id, visitor=who.name, locale=setting.locale, department_id=body.department,
        practitioner_id=body.practitioner, initials=patient.initials, last_name=patient.last_name,
        birth_date=patient.birth_date, email=patient.email, phone=patient.phone, reason=body.reason, answers=answers,
        accepted_terms=str(setting.texts.of(setting.widget, "terms")) if body.accept_terms else None,
    )  # fmt: skip


def _current(visit: Encounter, tag: str, after: int = 0) -> dict[str, Any]:
    state = waiting.state_of(session(), visit, tag, clock.now())
    gap = waiting.gap_of(session(), visit, after, clock.now())
    return state.model_dump(mode="json") | {"messages": gap.model_dump(mode="json")}


@endpoint(walk_in, "/w/<key>/encounters/current", access=Access.VISITOR, query=After, answer=Current)
def current(key: str, visitor: Visitor, query: After) -> Response:
    """How the visitor's latest visit stands."""
    setting = _setting(setting_for(visitor))
    return jsonify(_current(waiting.visit_of(session(), visitor, clock.now()), setting.locale, query.after))


@endpoint(
    walk_in, "/w/<key>/encounters/current/leave", method="POST", access=Access.VISITOR, body=Nothing, answer=Current
)
def leave(key: str, visitor: Visitor, body: Nothing) -> Response:
    """Leave; leaving twice is leaving once."""
    setting = _setting(setting_for(visitor))
    visit = waiting.visit_of(session(), visitor, clock.now())
    visit.leave(clock.now())
    session().commit()
    return jsonify(_current(visit, setting.locale))
