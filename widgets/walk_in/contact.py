"""The form for when nobody is there: a name, a way to be reached, and what it is about, for the people of a channel."""

from __future__ import annotations

from typing import Annotated

from flask import Response, jsonify, make_response, request
from flask_babel import gettext as _
from pydantic import StringConstraints

from telehealth import clock
from telehealth.contact_request import Asking, Person, leave
from web import framing, headers, limits, locale
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import session
from web.schema import ClientId, Name, Schema
from web.visitor import Visitor
from widgets.answers import EMAIL
from widgets.page import Setting, draw, setting_for, setting_of
from widgets.walk_in.routes import walk_in


class ContactBody(Schema):
    client_id: ClientId
    name: Name = ""
    phone: Annotated[str, StringConstraints(max_length=40)] = ""
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    when: Annotated[str, StringConstraints(max_length=200)] = ""
    text: Annotated[str, StringConstraints(max_length=4000)] = ""
    accept_terms: bool = False


class ContactAnswer(Schema):
    """`reached_at` is where the clinic will try, so that a slip is seen at once."""

    reached_at: str


@endpoint(walk_in, "/w/<key>/contact-requests", access=Access.PUBLIC)
def contact_page(key: str) -> Response:
    """The form as a page of its own, for widgets that have it not on theirs; framed where the widget may be."""
    setting = setting_of(key)
    if not setting.widget.takes_contact_requests:
        raise Refusal("unknown", 404)
    framers = framing.frame_ancestors(setting.widget.allowed_sites, preview="preview" in request.args)
    headers.allow(frame_ancestors=framers.removeprefix("frame-ancestors "))
    headers.let_in("img-src", framing.sites_of([setting.widget.logo_url, setting.widget.background_url]))
    response = make_response(draw("walk_in/contact_page.html", setting))
    response.headers["Content-Language"] = setting.locale
    response.headers["Vary"] = "Accept-Language"
    return response


@endpoint(
    walk_in, "/w/<key>/contact-requests", method="POST", access=Access.VISITOR, body=ContactBody, answer=ContactAnswer,
    status=201,
)  # fmt: skip
def request_contact(key: str, visitor: Visitor, body: ContactBody) -> tuple[Response, int]:
    """Ask to be called back; sent again, it is the same request."""
    setting = setting_for(visitor)
    if not setting.widget.takes_contact_requests:
        raise Refusal("unknown", 404)
    _require_answers(setting, body)
    limits.hit("contact_request", limits.network())
    leave(session(), setting.widget, _asking(setting, visitor, body), clock.now())
    session().commit()
    return jsonify(ContactAnswer(reached_at=body.phone or body.email).model_dump()), 201


def _require_answers(setting: Setting, body: ContactBody) -> None:
    wrong = {}
    if not body.name:
        wrong["name"] = _("This is needed.")
    if not body.phone and not body.email:
        wrong["phone"] = _("Enter a phone number or an e-mail address.")
    if body.phone and sum(character.isdigit() for character in body.phone) < 6:
        wrong["phone"] = _("Enter a phone number with all its digits.")
    if body.email and not EMAIL.fullmatch(body.email):
        wrong["email"] = _("Enter an e-mail address like name@example.org.")
    if setting.widget.terms and not body.accept_terms:
        wrong["accept_terms"] = _("Accept the terms to go on.")
    if wrong:
        raise Refusal("invalid", 422, fields=wrong)


def _asking(setting: Setting, visitor: Visitor, body: ContactBody) -> Asking:
    text, note = _told(setting, body)
    person = Person(body.name, body.phone, body.email, body.when)
    return Asking(
        client_id=body.client_id, visitor=visitor.name, locale=setting.locale, person=person, text=text, note=note,
        accepted_terms=str(setting.texts.of(setting.widget, "terms")) if body.accept_terms else None,
    )  # fmt: skip


def _told(setting: Setting, body: ContactBody) -> tuple[str, str]:
    """The request and a note on it, in the language of the clinic."""
    locale.set_tag(setting.organization.locale)
    lines = [
        _("Please contact me."),
        _("Phone: %(phone)s", phone=body.phone) if body.phone else "",
        _("E-mail: %(email)s", email=body.email) if body.email else "",
        _("When: %(when)s", when=body.when) if body.when else "",
        body.text,
    ]
    note = _("Left on the website. Answers written here do not reach the patient: call or write to the address below.")
    locale.set_tag(setting.locale)
    return "\n".join(line for line in lines if line), note
