"""The waitlist of the booking widget: an address and the last day that would suit (X-24)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from flask_babel import gettext as _
from pydantic import Field, StringConstraints

from telehealth import clock
from telehealth.waitlist import BadWish, FreeAlready, Wish, join
from web import limits
from web.endpoint import Access, endpoint
from web.errors import WORDS, Refusal
from web.house import session
from web.schema import Schema
from web.visitor import Visitor
from widgets.answers import EMAIL
from widgets.booking.routes import booking_widget, departments_of
from widgets.page import Setting, setting_for

Id = Annotated[int, Field(gt=0, lt=2**31)]


class WishBody(Schema):
    """`until` is the last local date that would suit; the others as in the search for free times."""

    email: Annotated[str, StringConstraints(max_length=254)] = ""
    until: date
    department: Id | None = None
    practitioner: Id | None = None
    visit: Id | None = None


@endpoint(booking_widget, "/w/<key>/waitlist", method="POST", access=Access.VISITOR, body=WishBody, status=204)
def wait_for_time(key: str, visitor: Visitor, body: WishBody) -> tuple[str, int]:
    """Be told once when a time becomes free; asking again with the same address changes the wish."""
    enter(setting_for(visitor), body)
    return "", 204


def enter(setting: Setting, body: WishBody) -> None:
    """Raises Refusal."""
    if not setting.organization.send_mails:
        raise Refusal("unknown", 404)
    if not EMAIL.fullmatch(body.email):
        raise Refusal("invalid", 422, fields={"email": _("Enter an e-mail address like name@example.org.")})
    departments_of(setting, body.department)
    limits.hit("waitlist", limits.network())
    try:
        wish = Wish(body.email, setting.locale, body.until, body.department, body.practitioner, body.visit)
        join(session(), setting.widget, wish, clock.now())
    except BadWish:
        raise Refusal("bad_wish", 422, fields={"until": str(WORDS["bad_wish"])}) from None
    except FreeAlready as already:
        raise Refusal("free_already", 409, day=already.day.isoformat()) from None
    session().commit()
