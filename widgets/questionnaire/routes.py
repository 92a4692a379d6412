"""Addresses at which a patient is asked: for the visitor of a widget, and the same for the holder of an appointment's link.

The pieces of page come from here, so that all words are the server's; `questionnaires.js` puts them into the page.
"""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, jsonify, render_template
from pydantic import StringConstraints
from sqlalchemy import select

from telehealth import booking, clock
from telehealth.booking import appointment_of
from telehealth.questionnaire_response import Occasion, asked_for, of_holder
from telehealth.ticket import Ticket, UnknownTicket
from web.asking import Filled, Piece, Saved, opened, saved, texts_in
from web.endpoint import Access, endpoint
from web.house import session
from web.schema import Nothing, Schema
from web.visitor import Visitor
from widgets.walk_in import waiting

questionnaire = Blueprint(
    "questionnaire", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/widgets-questionnaire",
)  # fmt: skip
questionnaire.bears_tokens = True  # type: ignore[attr-defined]


class ForWhat(Schema):
    """`appointment` is the id of one that this visitor has booked; without it the visitor's latest visit is meant."""

    appointment: Annotated[str, StringConstraints(max_length=40)] = ""


@endpoint(questionnaire, "/visit/questionnaires", access=Access.VISITOR, answer=Piece)
def of_link(visitor: Visitor) -> Response:
    """What is asked before this appointment."""
    held = session().scalar(select(Ticket).where(Ticket.uid == visitor.name))
    if held is None:
        raise UnknownTicket
    return _listing(visitor, Occasion.of_appointment(appointment_of(session(), held)))


@endpoint(questionnaire, "/visit/questionnaires/<uid>", method="POST", access=Access.VISITOR, body=Nothing, answer=Piece)
def open_by_link(uid: str, visitor: Visitor, body: Nothing) -> Response:
    """One of them, to fill in or to read."""
    return opened(visitor.locale, of_holder(session(), uid, link=visitor.name))


@endpoint(
    questionnaire, "/visit/questionnaires/<uid>/answers", method="POST", access=Access.VISITOR, body=Filled, answer=Saved
)
def save_by_link(uid: str, visitor: Visitor, body: Filled) -> Response:
    """Keep a draft, or send the answers."""
    return saved(visitor.locale, of_holder(session(), uid, link=visitor.name), body)


@endpoint(questionnaire, "/w/<key>/questionnaires", access=Access.VISITOR, query=ForWhat, answer=Piece)
def of_visitor(key: str, visitor: Visitor, query: ForWhat) -> Response:
    """What is asked before the appointment that was booked, or during the visit."""
    if query.appointment:
        return _listing(visitor, Occasion.of_appointment(booking.own_appointment(session(), query.appointment, visitor.name)))
    return _listing(visitor, Occasion.of_visit(waiting.visit_of(session(), visitor, clock.now())))


@endpoint(
    questionnaire, "/w/<key>/questionnaires/<uid>", method="POST", access=Access.VISITOR, body=Nothing, answer=Piece
)
def open_by_visitor(key: str, uid: str, visitor: Visitor, body: Nothing) -> Response:
    """One of them, to fill in or to read."""
    return opened(visitor.locale, of_holder(session(), uid, visitor=visitor.name))


@endpoint(
    questionnaire, "/w/<key>/questionnaires/<uid>/answers", method="POST", access=Access.VISITOR, body=Filled, answer=Saved
)
def save_by_visitor(key: str, uid: str, visitor: Visitor, body: Filled) -> Response:
    """Keep a draft, or send the answers."""
    return saved(visitor.locale, of_holder(session(), uid, visitor=visitor.name), body)


def _listing(who: Visitor, of: Occasion) -> Response:
    texts, _source = texts_in(who.locale)
    now = clock.now()
    found = [response for response in asked_for(session(), of) if response.is_completed or response.is_open(now)]
    texts.prefetch([response.questionnaire for response in found])
    page = render_template("questionnaire/list.html", responses=found, text=texts.of) if found else ""
    return jsonify(page=page, open=sum(not response.is_completed for response in found))
