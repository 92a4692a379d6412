"""Who takes money for us: one interface, an organisation's own Stripe account behind it, or a sandbox (X-57)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from telehealth.paying import Notice


class NoProvider(LookupError):
    """The organisation has none that could take the money, or its keys are missing."""


class ProviderFails(OSError):
    """The provider cannot be reached, or does not do it now."""


class BadNotice(ValueError):
    """It does not come from the provider, or says nothing that can be read."""


@dataclass(frozen=True)
class Checkout:
    """What a provider is told: nothing of health, nothing of the patient. `back` is where the patient comes back to.

    `key` is the same whenever the same is asked again. `ends` is when nobody can pay there any more.
    """

    uid: str
    key: str
    amount: Decimal
    currency: str
    description: str
    locale: str
    back: str
    ends: datetime


class Payments(Protocol):
    """Every call ends within seconds, and may be repeated with the same key."""

    def start(self, checkout: Checkout) -> str:
        """The address of the page to pay on. Raises ProviderFails."""

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        """What a notice says; None when it is about something else. Raises BadNotice."""

    def refund(self, reference: str, key: str) -> None:
        """Give all of it back. Raises ProviderFails."""
