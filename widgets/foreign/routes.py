"""The safe page: a link from a messenger or a mail opens exactly one conversation, at once or after a code (S003-21, X-61)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, Response, jsonify, render_template
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import StringConstraints

from integrations import sms
from telehealth import clock, messenger
from telehealth.contact_point import ContactKind, ContactPoint
from telehealth.messenger import DEVICE_KNOWN, DIGITS, CodeNeeded, CodeOver, Notice, UnknownAccount, WrongCode
from telehealth.organization import Organization
from telehealth.translation import Texts
from web import limits, locale, visitor
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.origin import require_own_origin
from web.schema import Schema

foreign = Blueprint("foreign", __name__, template_folder="templates", static_folder="static", static_url_path="/static/widgets-foreign")
foreign.bears_tokens = True  # type: ignore[attr-defined]

SYMBOLS = ["logo", "chat", "lock", "send", "clock", "check", "stop", "unplug", "alert", "phone", "info", "key"]
Secret = Annotated[str, StringConstraints(max_length=120)]


class LinkBody(Schema):
    """`link` is what stands behind the # of the address."""

    link: Secret


class EnterBody(LinkBody):
    """`device` proves that this browser was let in before; `code` is what was sent to the contact point."""

    device: Annotated[str, StringConstraints(max_length=300)] = ""
    code: Annotated[str, StringConstraints(max_length=40)] = ""


class Entered(Schema):
    """`device` is kept by the browser, `token` opens the live connection; the rest says whose page it is."""

    token: str
    conversation: str
    device: str
    name: str
    brand: str
    phone: str
    emergency_number: str
    privacy_url: str
    zone: str


class Sent(Schema):
    """Where a code was sent, as far as its owner recognises it."""

    to: str


@endpoint(foreign, "/continue", access=Access.PUBLIC)
def page() -> Response:
    """The page; which conversation it is, only the part behind the # tells."""
    response = Response(render_template("foreign/continue.html", digits=DIGITS, symbol_names=SYMBOLS), mimetype="text/html")
    response.headers["Content-Language"] = locale.current_tag()
    response.headers["Vary"] = "Accept-Language"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@endpoint(foreign, "/continue/enter", method="POST", access=Access.PUBLIC, body=EnterBody, answer=Entered)
def enter(body: EnterBody) -> Response:
    """Exchange a link for a visitor's session of its one conversation; an old link takes a code first."""
    notice = _notice(body.link)
    now = clock.now()
    known = bool(body.code and _try(notice, body.code)) or _is_known(notice, body.device)
    try:
        thread = messenger.open_link(session(), notice, now, known_device=known)
    except CodeNeeded:
        raise Refusal("code_needed", 409, to=_masked(notice.contact)) from None
    session().commit()
    return jsonify(_entered(notice, thread.uid, thread.visitor).model_dump())


def _entered(notice: Notice, uid: str, name: str) -> Entered:
    own = session().get_one(Organization, notice.organization_id)
    settings = house().settings
    who = visitor.Visitor(own.id, visitor.CONTACT, name, locale.current_tag())
    token, _ends = visitor.grant(settings.secret_key, who, timedelta(hours=settings.visitor_session_hours))
    return Entered(
        token=token, conversation=uid, device=_devices().dumps(_device_of(notice)),
        name=str(Texts(session(), locale.current_tag(), own.locale).of(own, "name")), brand=own.brand, phone=own.phone,
        emergency_number=own.emergency_number, privacy_url=own.privacy_url, zone=own.zone,
    )  # fmt: skip


@endpoint(foreign, "/continue/code", method="POST", access=Access.PUBLIC, body=LinkBody, answer=Sent)
def send_code(body: LinkBody) -> Response:
    """Send a code to the contact point that the link was sent to."""
    notice = _notice(body.link)
    texting = sms.sender_of(house().settings).configured
    messenger.ask_code(session(), notice.contact, messenger.thread_of(session(), notice), clock.now(), texting=texting)
    session().commit()
    return jsonify(Sent(to=_masked(notice.contact)).model_dump())


def _notice(link: str) -> Notice:
    require_own_origin()
    limits.hit("new_session", limits.network())
    try:
        return messenger.by_link(session(), link)
    except UnknownAccount:
        raise Refusal("unknown_ticket", 404) from None


def _try(notice: Notice, code: str) -> bool:
    """A try counts, whatever comes of it. Raises Refusal."""
    at = session().get_one(ContactPoint, notice.contact_point_id)
    try:
        messenger.try_code(session(), at, code, clock.now())
    except WrongCode as wrong:
        session().commit()
        raise Refusal("wrong_code", 422, left=wrong.left) from None
    except CodeOver:
        session().commit()
        raise Refusal("code_over", 409) from None
    return True


def _devices() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(house().settings.secret_key, salt="contact device", signer_kwargs={"digest_method": hashlib.sha256})


def _device_of(notice: Notice) -> list[Any]:
    """A browser is known for one contact point."""
    return [notice.organization_id, notice.contact.uid]


def _is_known(notice: Notice, device: str) -> bool:
    try:
        return bool(_devices().loads(device, max_age=int(DEVICE_KNOWN.total_seconds())) == _device_of(notice))
    except BadSignature:
        return False


def _masked(at: ContactPoint) -> str:
    """Enough for its owner to know it, too little for anybody else."""
    if at.kind is ContactKind.EMAIL:
        local, _at, domain = at.address.partition("@")
        return f"{local[:1]}…@{domain}"
    return f"…{at.address[-3:]}" if at.kind in {ContactKind.PHONE, ContactKind.WHATSAPP} else ""
