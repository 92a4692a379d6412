"""The page of messages with patients, and what a patient's card says of them."""

from __future__ import annotations

from flask import Blueprint

from desk.messages import namespace, rows
from desk.part import actor
from desk.shell import draw
from telehealth import audit, bulk_authorisation, clock
from telehealth.practitioner import Permission, Staff
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session

messages = Blueprint(
    "desk_messages", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk-messages"
)


@endpoint(messages, "/desk/messages", access=Access.STAFF, permission=Permission.ANSWER_CHAT)
def page(staff: Staff) -> str:
    """Messages with known patients."""
    return draw("messages.html", "messages", staff)


@endpoint(messages, "/desk/messages/of/<int:patient_id>", access=Access.STAFF, permission=Permission.ANSWER_CHAT)
def card(patient_id: int, staff: Staff) -> str:
    """A patient's messages and ways in; that it was opened is noted."""
    if not staff.may(Permission.SEE_PATIENT):
        raise Refusal("not_allowed", 403)
    found = namespace.patient(session(), staff, patient_id)
    audit.opened(session(), found, actor(staff), clock.now())
    told = rows.card(session(), staff, found, clock.now())
    page = draw("card.html", "messages", staff, patient=found, whose=rows.whose, now=clock.now(), **told)
    session().commit()
    return page


@endpoint(messages, "/desk/messages/given/<batch>", access=Access.STAFF, permission=Permission.ANSWER_CHAT)
def given(batch: str, staff: Staff) -> str:
    """What became of ways in that many patients were sent at once (S002-77)."""
    report = bulk_authorisation.report(session(), batch)
    if not report.every:
        raise Refusal("unknown", 404)
    return draw("given.html", "messages", staff, report=report)
