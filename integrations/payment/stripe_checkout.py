"""Stripe Checkout with the clinic's own keys: patients pay on Stripe's pages, and signed notices say so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import stripe

from integrations.payment import BadNotice, Checkout, ProviderFails
from telehealth.paying import Notice

TIMEOUT = (5, 15)  # seconds: to connect, to answer
WITHOUT_CENTS = frozenset(["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"])
WITH_THOUSANDTHS = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
PAID = {"checkout.session.completed", "checkout.session.async_payment_succeeded"}
LOCALES = frozenset(["bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fil", "fr", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh"])


class StripeCheckout:
    """Knows two secrets; none of them is ever logged or part of an error."""

    def __init__(self, key: str, secret: str, api: str) -> None:
        self._secret = secret
        self._client = stripe.StripeClient(
            key, base_addresses={"api": api}, http_client=stripe.RequestsClient(timeout=TIMEOUT), max_network_retries=1
        )

    def start(self, checkout: Checkout) -> str:
        price = {
            "currency": checkout.currency.lower(), "unit_amount": minor(checkout.amount, checkout.currency),
            "product_data": {"name": checkout.description},
        }  # fmt: skip
        wanted: Any = {
            "mode": "payment", "client_reference_id": checkout.uid, "line_items": [{"quantity": 1, "price_data": price}],
            "metadata": {"konsulto": checkout.uid}, "payment_intent_data": {"metadata": {"konsulto": checkout.uid}, "description": checkout.description},
            "success_url": checkout.back, "cancel_url": checkout.back.partition("?")[0], "expires_at": int(checkout.ends.timestamp()),
            "locale": checkout.locale if checkout.locale in LOCALES else "auto",
        }  # fmt: skip
        try:
            made = self._client.v1.checkout.sessions.create(wanted, {"idempotency_key": checkout.key})
        except stripe.StripeError as error:
            raise ProviderFails(_said(error)) from None
        return str(made.url)

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        if not self._secret:
            raise BadNotice("the organisation has no signing secret")
        try:
            stripe.Webhook.construct_event(body, headers.get("Stripe-Signature", ""), self._secret)  # type: ignore[no-untyped-call]
            event = json.loads(body)
            return _notice(event["type"], event["data"]["object"])
        except (ValueError, KeyError, TypeError, AttributeError, stripe.SignatureVerificationError) as error:
            raise BadNotice(type(error).__name__) from None

    def refund(self, reference: str, key: str) -> None:
        try:
            self._client.v1.refunds.create({"payment_intent": reference}, {"idempotency_key": key})
        except stripe.InvalidRequestError as error:
            if error.code != "charge_already_refunded":
                raise ProviderFails(_said(error)) from None
        except stripe.StripeError as error:
            raise ProviderFails(_said(error)) from None


def _notice(kind: str, what: dict[str, Any]) -> Notice | None:
    if kind == "charge.refunded" and what["refunded"]:  # by hand, on Stripe's own pages
        return Notice("", what["payment_intent"], Decimal(0), "", returned=True)
    if kind not in PAID or what["payment_status"] != "paid" or "konsulto" not in (what.get("metadata") or {}):
        return None
    currency = what["currency"].upper()
    return Notice(what["metadata"]["konsulto"], what["payment_intent"], major(what["amount_total"], currency), currency)


def _said(error: stripe.StripeError) -> str:
    """What the job log may hold: never the request, which names the key."""
    return f"{type(error).__name__} {error.http_status or ''} {error.code or ''}".strip()


def minor(amount: Decimal, currency: str) -> int:
    """In the smallest unit that Stripe counts in."""
    return int(amount * 10 ** _places(currency))


def major(amount: int, currency: str) -> Decimal:
    return Decimal(amount) / 10 ** _places(currency)


def _places(currency: str) -> int:
    return 0 if currency in WITHOUT_CENTS else 3 if currency in WITH_THOUSANDTHS else 2
