"""Without JavaScript: for whoever has lost the link to an appointment. The answer is the same whatever is known."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext as _

from telehealth import clock, new_link
from telehealth.resend import ADDRESS
from web import limits
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.visitor import Visitor
from widgets.booking.plain import PlainBody, PlainQuery, Step, booking_widget_plain, page, setting_of_plain, step_of, step_of_query


@endpoint(booking_widget_plain, "/w/<key>/plain/new-link", access=Access.PUBLIC, query=PlainQuery)
def lost_link(key: str, query: PlainQuery) -> Response:
    """One field and one button."""
    limits.hit("plain_page", limits.network())
    return _form(step_of_query(setting_of_plain(key), query))


@endpoint(booking_widget_plain, "/w/<key>/plain/new-link", method="POST", access=Access.VISITOR, body=PlainBody, form=True)
def send_lost_link(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """Ask for the links; what is known is mailed."""
    step = step_of(visitor, body)
    if not step.setting.organization.send_mails:
        raise Refusal("unknown", 404)
    try:
        _ask(body.email)
    except Refusal as refusal:
        return _form(step, body.email, refusal)
    return _form(step, body.email, sent=True)


def _ask(email: str) -> None:
    """Raises Refusal."""
    limits.hit("new_link_request", limits.network())
    if not ADDRESS.fullmatch(email):
        raise Refusal("invalid", 422, fields={"email": _("Enter an e-mail address like name@example.org.")})
    limits.hit("new_link", f"{session().organization_id}:{email.lower()}")
    new_link.ask(session(), email, clock.now())
    session().commit()


def _form(step: Step, email: str = "", refusal: Refusal | None = None, *, sent: bool = False) -> Response:
    wrong = refusal.fields if refusal else {}
    status = 202 if sent else refusal.status if refusal else 200
    return page(
        "plain_new_link.html", step, (), only=(), email=email, refusal=refusal, wrong=wrong, sent=sent, status=status
    )
