"""For whoever has lost a link: the links of the appointments to come, mailed to the address that the clinic knows.

Which clinic it is, an earlier link of the person tells or the widget that the person comes from. The answer is the same
whether anything is known under the address, and so is the way to it.
"""

from __future__ import annotations

from typing import Annotated

from flask import Response, jsonify, make_response
from flask_babel import gettext as _
from pydantic import StringConstraints

from telehealth import clock, new_link, ticket
from telehealth.resend import ADDRESS
from telehealth.widget import find_widget
from web import framing, headers, limits
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.origin import require_own_origin
from web.schema import Nothing, Schema
from widgets.page import draw, setting_of
from widgets.visit.routes import visit


class NewLinkBody(Schema):
    """`ticket` or `widget` tells which clinic is meant."""

    email: Annotated[str, StringConstraints(max_length=254)]
    ticket: Annotated[str, StringConstraints(max_length=100)] = ""
    widget: Annotated[str, StringConstraints(max_length=64)] = ""


@endpoint(visit, "/visit/new-link/<key>", access=Access.PUBLIC)
def new_link_page(key: str) -> Response:
    """Where the clinic is known by its widget: one field and one button."""
    setting = setting_of(key)
    headers.let_in("img-src", framing.sites_of([setting.widget.logo_url, setting.widget.background_url]))
    response = make_response(draw("visit/new_link.html", setting))
    response.headers["Content-Language"] = setting.locale
    response.headers["Vary"] = "Accept-Language"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@endpoint(visit, "/visit/new-link", method="POST", access=Access.PUBLIC, body=NewLinkBody, answer=Nothing, status=202)
def send_new_link(body: NewLinkBody) -> tuple[Response, int]:
    """Ask for the links; what is known is mailed."""
    require_own_origin()
    limits.hit("new_link_request", limits.network())
    organization_id = _organization_of(body)
    if not ADDRESS.fullmatch(body.email):
        raise Refusal("invalid", 422, fields={"email": _("Enter an e-mail address like name@example.org.")})
    limits.hit("new_link", f"{organization_id}:{body.email.lower()}")
    new_link.ask(session(), body.email, clock.now())
    session().commit()
    return jsonify({}), 202


def _organization_of(body: NewLinkBody) -> int:
    """The session enters it. Raises UnknownTicket, UnknownWidget."""
    if body.ticket:
        return ticket.known(session(), body.ticket).organization_id
    return find_widget(session(), body.widget).organization_id
