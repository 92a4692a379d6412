"""Prices as people of a language write them."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency

from web import locale


def price(amount: Decimal | None, currency: str, tag: str) -> str:
    """Empty where nothing is to be paid."""
    return str(format_currency(amount, currency, locale=locale.babel_locale(tag))) if amount else ""
