"""The built-in provider of test organisations: its page is our own, and no money moves."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.payment import BadNotice, Checkout
from telehealth.paying import Notice
from telehealth.payment import Payment


class Sandbox:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def start(self, checkout: Checkout) -> str:
        return f"{self.base_url}/pay/{checkout.uid}/sandbox"

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice | None:
        raise BadNotice("the sandbox sends no notices")

    def refund(self, reference: str, key: str) -> None:
        """There is nothing to give back."""


def notice(found: Payment) -> Notice:
    """What the sandbox says once somebody has pressed its button; pressed twice it is said once."""
    return Notice(found.uid, f"sandbox-{found.uid}", found.amount, found.currency)
