"""The waitlist without JavaScript (X-24), reached from the month; what was typed elsewhere is carried on."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from flask import Response
from flask_babel import gettext as _

from telehealth import clock, organization
from web import limits
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.visitor import Visitor
from widgets.answers import EMAIL
from widgets.booking import waitlist
from widgets.booking.plain import PlainBody, PlainQuery, Step, booking_widget_plain, page, setting_of_plain, step_of, step_of_query
from widgets.page import Setting

@endpoint(booking_widget_plain, "/w/<key>/plain/waitlist", access=Access.PUBLIC, query=PlainQuery)
def waitlist_form(key: str, query: PlainQuery) -> Response:
    """Where one asks to be told of a free time."""
    limits.hit("plain_page", limits.network())
    setting = setting_of_plain(key)
    _require_mails(setting)
    return _form(step_of_query(setting, query), {})


@endpoint(booking_widget_plain, "/w/<key>/plain/waitlist", method="POST", access=Access.VISITOR, body=PlainBody, form=True)
def waitlist_form_later(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """The same for somebody who has typed something already, which is kept."""
    step = step_of(visitor, body)
    _require_mails(step.setting)
    return _form(step, {})


@endpoint(
    booking_widget_plain, "/w/<key>/plain/waitlist/entries", method="POST", access=Access.VISITOR, body=PlainBody, form=True
)
def wait_without_scripts(key: str, visitor: Visitor, body: PlainBody) -> Response:
    """Be told once when a time becomes free; asking again with the same address changes the wish."""
    step = step_of(visitor, body)
    typed = {"email": body.email, "until": body.until}
    try:
        until = _checked(body)
        wish = waitlist.WishBody(
            email=body.email, until=until, department=step.department, practitioner=step.practitioner, visit=step.visit
        )
        waitlist.enter(step.setting, wish)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        session().rollback()
        return _form(step, typed, refusal)
    return page("plain_waitlisted.html", step, (), told=typed | {"until": until}, status=201)


def _checked(body: PlainBody) -> date:
    """The day, when both are right. Raises Refusal with words for what is not."""
    wrong = {} if EMAIL.fullmatch(body.email) else {"email": str(_("Enter an e-mail address like name@example.org."))}
    until = None
    with suppress(ValueError):
        until = date.fromisoformat(body.until)
    if until is None:
        wrong["until"] = str(_("Enter a date, such as 2027-03-27."))
    if until is None or wrong:
        raise Refusal("invalid", 422, fields=wrong)
    return until


def _require_mails(setting: Setting) -> None:
    if not setting.organization.send_mails:
        raise Refusal("unknown", 404)


def _form(step: Step, typed: dict[str, Any], refusal: Refusal | None = None) -> Response:
    now = clock.now()
    free = date.fromisoformat(refusal.extra["day"]) if refusal and "day" in refusal.extra else None
    return page(
        "plain_waitlist.html", step, (), typed=typed, refusal=refusal, free=free, wrong=refusal.fields if refusal else {},
        today=now.astimezone(step.setting.organization.tz).date(), last=organization.times(session()).horizon(now),
        status=refusal.status if refusal else 200,
    )  # fmt: skip
