"""A conversation to keep: as text, or as a page to print. Built from what patients are given, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Literal

from babel.dates import format_datetime
from flask import Response, render_template

from telehealth import clock, message
from telehealth.conversation import Conversation
from telehealth.organization import Organization
from web import locale
from web.house import session
from web.said import Line, line
from web.schema import Schema


class Form(Schema):
    form: Literal["txt", "html"] = "txt"


def of(thread: Conversation, form: Literal["txt", "html"], after: int = 0) -> Response:
    """The transcript of what was said after a number, in the conversation's language, to be saved; nobody keeps it on the way."""
    asked = locale.current_tag()
    locale.set_tag(thread.locale)
    organization = session().get_one(Organization, thread.organization_id)
    given = {
        "organization": organization, "thread": thread, "lines": list(_said(thread, after)), "at": _clock(organization),
        "now": clock.now(),
    }  # fmt: skip
    body = render_template(f"transcript/transcript.{form}", **given)
    locale.set_tag(asked)
    response = Response(body, mimetype="text/html" if form == "html" else "text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="conversation-{thread.started_at:%Y-%m-%d}.{form}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _said(thread: Conversation, begins: int) -> Iterator[Line]:
    """In their places; what was deleted is left out."""
    found, after = [], begins
    while page := message.messages(session(), thread.id, after=after):
        found += page
        after = page[-1].changed
    for view in sorted(found, key=lambda view: view.seq):
        if view.deleted_at is None and view.seq > begins:
            yield line(view)


def _clock(organization: Organization) -> Callable[[datetime], str]:
    """Moments by the clinic's clock, as the language writes them."""
    tag = locale.babel_locale(locale.current_tag())
    return lambda moment: str(format_datetime(moment, "medium", tzinfo=organization.tz, locale=tag))
