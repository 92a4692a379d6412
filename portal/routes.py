"""The door of the patient's own pages: a link that is known, a PIN by mail, and out again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from flask import Blueprint, Response, jsonify, render_template
from flask_babel import gettext as _
from flask_babel import ngettext
from pydantic import StringConstraints

from telehealth import clock, pin, ticket
from telehealth import portal as own_pages
from telehealth.organization import Organization
from telehealth.pin import DIGITS, PinOver, WrongPin
from telehealth.portal import PortalSession
from telehealth.translation import Texts
from web import codes, limits, locale
from web.endpoint import Access, endpoint, portal_lifetime
from web.errors import Refusal
from web.house import session
from web.origin import require_own_origin
from web.schema import ClientId, Nothing, Schema

portal = Blueprint(
    "portal", __name__, template_folder="templates", static_folder="static", static_url_path="/static/portal"
)
portal.bears_tokens = True  # type: ignore[attr-defined]

SYMBOLS = [
    "logo", "mail", "key", "lock", "unplug", "alert", "phone", "stop", "info", "check", "clock", "calendar", "close", "video", "chat",
    "building", "download", "users", "eye", "prev", "arrow", "edit", "note", "send", "refresh",
]  # fmt: skip

Secret = Annotated[str, StringConstraints(max_length=100)]


class LinkBody(Schema):
    """`ticket` is what stands behind the # of the link."""

    ticket: Secret
    locale: Annotated[str, StringConstraints(max_length=20)] = ""


class EnterBody(LinkBody):
    pin: Annotated[str, StringConstraints(max_length=40)]
    client_id: ClientId


class Clinic(Schema):
    """Whose door it is. `mails` says that it sends mails, and so PINs, which work for `works`."""

    name: str
    name_lang: str | None
    phone: str
    emergency_number: str
    privacy_url: str
    brand: str
    mails: bool
    works: str
    locale: str


class Entered(Schema):
    """`expires_at` moves on with use."""

    token: str
    expires_at: datetime


@endpoint(portal, "/portal/", access=Access.PUBLIC)
def door() -> Response:
    """The page; whose it is, only the part behind the # and a PIN tell."""
    page = render_template("portal/portal.html", digits=DIGITS, symbol_names=SYMBOLS)
    response = Response(page, mimetype="text/html")
    response.headers["Content-Language"] = locale.current_tag()
    response.headers["Vary"] = "Accept-Language"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@endpoint(portal, "/portal/door", method="POST", access=Access.PUBLIC, body=LinkBody, answer=Clinic)
def look(body: LinkBody) -> Response:
    """Which clinic's door it is, and the language its patient was spoken to; nothing about anybody."""
    require_own_origin()
    limits.hit("new_session", limits.network())
    held = ticket.known(session(), body.ticket)
    holder = pin.holder_of(session(), held)
    own = session().get_one(Organization, held.organization_id)
    tag = _choose(body.locale or holder.locale)
    name = Texts(session(), tag, own.locale).of(own, "name")
    found = Clinic(
        name=str(name), name_lang=getattr(name, "lang", None), phone=own.phone, emergency_number=own.emergency_number,
        privacy_url=own.privacy_url, brand=own.brand, mails=own.send_mails, works=codes.length(own.pin_minutes, tag),
        locale=locale.choose([holder.locale], locale.shipped()),
    )  # fmt: skip
    return jsonify(found.model_dump(mode="json"))


@endpoint(portal, "/portal/pin", method="POST", access=Access.PUBLIC, body=LinkBody, answer=Nothing, status=202)
def ask_for_pin(body: LinkBody) -> tuple[Response, int]:
    """Have a PIN mailed to the address that the clinic knows, if it knows one; which, nobody is told here."""
    require_own_origin()
    limits.hit("pin_request", limits.network())
    held = ticket.known(session(), body.ticket)
    limits.hit("pin", held.uid)
    pin.ask(session(), held, clock.now())
    session().commit()
    return jsonify({}), 202


@endpoint(portal, "/portal/session", method="POST", access=Access.PUBLIC, body=EnterBody, answer=Entered, status=201)
def enter(body: EnterBody) -> tuple[Response, int]:
    """A bearer token for whoever holds a link and its PIN."""
    require_own_origin()
    limits.hit("new_session", limits.network())
    tag = _choose(body.locale)
    held = ticket.known(session(), body.ticket)
    try:
        own = own_pages.begin(session(), held, _digits(body.pin), body.client_id, tag, clock.now())
    except WrongPin as wrong:
        session().commit()  # the try counts
        left = ngettext("One try is left.", "%(num)s tries are left.", wrong.left)
        raise Refusal("invalid", 422, fields={"pin": _("That is not the PIN of the latest mail.") + f" {left}"}, left=wrong.left) from wrong
    except PinOver:
        session().commit()
        raise
    session().commit()
    return jsonify(token=own.token, expires_at=own.ends_at(portal_lifetime()).isoformat()), 201


class DeviceBody(LinkBody):
    client_id: ClientId


@endpoint(portal, "/portal/device", method="POST", access=Access.PUBLIC, body=DeviceBody, answer=Entered, status=201)
def let_device_in(body: DeviceBody) -> tuple[Response, int]:
    """A bearer token for the one device that opens a code (S002-75)."""
    require_own_origin()
    limits.hit("new_session", limits.network())
    tag = _choose(body.locale)
    held = ticket.known(session(), body.ticket)
    own = own_pages.activate(session(), held, body.client_id, tag, clock.now())
    session().commit()
    return jsonify(token=own.token, expires_at=own.ends_at(portal_lifetime()).isoformat()), 201


@endpoint(portal, "/portal/renew", method="POST", access=Access.PATIENT, body=Nothing, answer=Entered)
def renew(own: PortalSession, body: Nothing) -> Response:
    """Another token for a device that stays for long; the one before works until this one was used."""
    if own.is_device:
        own.renew()
    session().commit()
    return jsonify(token=own.token, expires_at=own.ends_at(portal_lifetime()).isoformat())


@endpoint(portal, "/portal/sign-out", method="POST", access=Access.PATIENT, body=Nothing, answer=Nothing)
def sign_out(own: PortalSession, body: Nothing) -> Response:
    """Nobody reads here any more without a new PIN."""
    own.end(clock.now())
    session().commit()
    return jsonify({})


def _digits(given: str) -> str:
    """As it may be copied from a mail, with spaces. Raises Refusal for what is no PIN, which is no try."""
    digits = "".join(given.split()).replace("-", "")
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
        raise Refusal("invalid", 422, fields={"pin": _("A PIN has %(count)s digits.", count=DIGITS)})
    return digits


def _choose(wish: str) -> str:
    if wish:
        locale.set_tag(locale.choose([wish], locale.shipped()))
    return locale.current_tag()
