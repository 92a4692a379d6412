"""Which provider an organisation has."""

from __future__ import annotations

from config import Settings
from integrations.payment import NoProvider, Payments
from integrations.payment.sandbox import Sandbox
from telehealth import payment
from telehealth.database import Session
from telehealth.organization import Organization, PaymentProvider


def provider_of(session: Session, settings: Settings, which: PaymentProvider | None) -> Payments:
    """Ready to be asked after the session has ended. Raises NoProvider."""
    own = session.get_one(Organization, session.organization_id)
    if which is PaymentProvider.SANDBOX and own.is_test:
        return Sandbox(settings.base_url)
    account = payment.account(session)
    if which is not PaymentProvider.STRIPE or account is None or not account.key:
        raise NoProvider(which)
    from integrations.payment.stripe_checkout import StripeCheckout  # a large library, only for whoever uses it

    return StripeCheckout(account.key, account.secret, settings.stripe_api)
