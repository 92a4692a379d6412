"""The page on which a visit is paid, the sandbox's own, and the place where providers say what was paid.

Whoever knows a payment's address may pay it, and sees the clinic's name, a number and an amount: nothing of the patient.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_babel import gettext as _
from pydantic import ConfigDict
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from integrations.payment import BadNotice, Checkout, NoProvider, ProviderFails, sandbox
from integrations.payment.providers import provider_of
from telehealth import clock, paying, payment
from telehealth.booking import Appointment
from telehealth.organization import Organization, PaymentProvider
from telehealth.payment import NotPayable, Payment, UnknownPayment
from telehealth.translation import Texts
from telehealth.widget import booking_widget_key
from web import codes, limits, locale, money
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.schema import Nothing, Schema
from widgets.page import require_own_origin

log = logging.getLogger(__name__)
pay = Blueprint("payment", __name__, template_folder="templates")
pay.bears_tokens = True  # type: ignore[attr-defined]

PAGE_LIVES = timedelta(minutes=60)  # of the provider; half an hour is the least that Stripe takes
LOOK_AGAIN = "3"  # seconds


class PageQuery(Schema):
    """`back` says that the patient comes from the provider; what providers add is let pass."""

    model_config = ConfigDict(extra="ignore")

    back: str = ""


class Pressed(Schema):
    """Which button of the sandbox."""

    what: str


class ProviderNotice(Schema):
    """Read by the provider's own library, once its signature is known to be right."""

    model_config = ConfigDict(extra="ignore")


@endpoint(pay, "/pay/<uid>", access=Access.PUBLIC, query=PageQuery)
def page(uid: str, query: PageQuery) -> Response:
    """What is to be paid, or that it is paid; opening it changes nothing."""
    limits.hit("plain_page", limits.network())
    return _page(payment.find(session(), uid), back=bool(query.back))


@endpoint(pay, "/pay/<uid>", method="POST", access=Access.PUBLIC, body=Nothing, form=True)
def start(uid: str, body: Nothing) -> Response:
    """Lead to the provider's page."""
    require_own_origin()
    limits.hit("plain_page", limits.network())
    found = payment.find(session(), uid)
    try:
        found = paying.begin(session(), found, clock.now())
        provider = provider_of(session(), house().settings, found.provider)
        checkout = _checkout(found)
        session().commit()
        address = provider.start(checkout)  # between transactions: nobody waits for a stranger's answer
    except NotPayable:
        session().rollback()
        return _page(payment.find(session(), uid), status=409)
    except (NoProvider, ProviderFails) as error:
        log.warning("no page to pay on: %s", error)
        session().rollback()
        return _page(payment.find(session(), uid), failed=True, status=502)
    answer = _page(found, address=address)
    answer.headers["Refresh"] = f"0; url={address}"  # a form may lead to our own pages only, a page anywhere
    return answer


def _checkout(found: Payment) -> Checkout:
    own = session().get_one(Organization, found.organization_id)
    assert found.started_at is not None
    return Checkout(
        uid=found.uid, key=f"{found.uid}-{found.turn}", amount=found.amount, currency=found.currency,
        description=_("%(clinic)s, appointment %(number)s", clinic=own.name, number=found.appointment_id),
        locale=_speak(found).partition("-")[0], back=f"{house().settings.base_url}/pay/{found.uid}?back=1", ends=found.started_at + PAGE_LIVES,
    )  # fmt: skip


def _speak(found: Payment) -> str:
    """The language in which the visit was booked."""
    own = session().get_one(Organization, found.organization_id)
    locale.set_tag(tag := locale.choose([found.appointment.locale], [own.locale, *own.locales]))
    return tag


def _page(found: Payment, *, status: int = 200, **values: Any) -> Response:
    tag, own = _speak(found), session().get_one(Organization, found.organization_id)
    made: Appointment = found.appointment
    lapsed = found.is_held and found.held_until is not None and found.held_until <= clock.now()
    waits = bool(values.get("back")) and found.is_open and not lapsed
    answer = make_response(render_template(
        "payment/page.html", found=found, organization=own, texts=Texts(session(), tag, own.locale), lapsed=lapsed, waits=waits,
        amount=money.price(found.amount, found.currency, tag), widget=booking_widget_key(session(), made.widget_id),
        until=codes.moment(found.held_until, own, tag) if found.held_until else "",
        is_sandbox=(found.provider or own.payment_provider) is PaymentProvider.SANDBOX, **values,
    ), status)  # fmt: skip
    answer.headers["Content-Language"] = tag
    if waits:
        answer.headers["Refresh"] = LOOK_AGAIN
    return answer


@endpoint(pay, "/pay/<uid>/sandbox", access=Access.PUBLIC)
def sandbox_page(uid: str) -> Response:
    """The page of the provider that takes no money."""
    limits.hit("plain_page", limits.network())
    found = _in_sandbox(uid)
    tag, own = _speak(found), session().get_one(Organization, found.organization_id)
    amount = money.price(found.amount, found.currency, tag)
    answer = make_response(render_template(
        "payment/sandbox.html", found=found, organization=own, texts=Texts(session(), tag, own.locale), amount=amount,
        widget=booking_widget_key(session(), found.appointment.widget_id),
    ))  # fmt: skip
    answer.headers["Content-Language"] = tag
    return answer


@endpoint(pay, "/pay/<uid>/sandbox", method="POST", access=Access.PUBLIC, body=Pressed, form=True)
def press(uid: str, body: Pressed) -> Answer:
    """What the sandbox's buttons do: as if it was paid, or not."""
    require_own_origin()
    limits.hit("plain_page", limits.network())
    found = _in_sandbox(uid)
    if body.what == "pay":
        paying.receive(session(), sandbox.notice(found), clock.now())
        session().commit()
    return redirect(f"/pay/{uid}?back=1" if body.what == "pay" else f"/pay/{uid}", 303)


def _in_sandbox(uid: str) -> Payment:
    """Raises UnknownPayment unless it was begun there, of an organisation that only tries things out."""
    found = payment.find(session(), uid)
    own = session().get_one(Organization, found.organization_id)
    if found.provider is not PaymentProvider.SANDBOX or not own.is_test:
        raise UnknownPayment
    return found


@endpoint(pay, "/pay/notices/<slug>", method="POST", access=Access.PUBLIC, body=ProviderNotice)
def take_notice(slug: str, body: ProviderNotice) -> tuple[str, int]:
    """Where an organisation's provider says that something was paid; only its signature counts."""
    own = session().scalar(select(Organization).where(Organization.slug == slug))
    if own is None:
        raise UnknownPayment
    session().enter(own.id)
    try:
        provider = provider_of(session(), house().settings, PaymentProvider.STRIPE)
        said = provider.read(request.get_data(), request.headers)
    except (NoProvider, BadNotice) as error:
        log.warning("a notice was refused: %s", error)
        raise Refusal("not_allowed", 403) from None
    if said is not None:
        paying.receive(session(), said, clock.now())
        session().commit()
    return "", 200
