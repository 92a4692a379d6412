"""Public holidays of a country, from a library that follows the law there. No network."""

from __future__ import annotations

from datetime import date

import holidays
from holidays.registry import COUNTRIES

LONGEST_NAME = 120  # characters


def countries() -> list[str]:
    """Their codes, such as NL."""
    return sorted({codes[1] for codes in COUNTRIES.values()})


def of(country: str, year: int, language: str) -> dict[date, str]:
    """The names of the country's public holidays, in `language` if the library has it, else its own. Raises LookupError."""
    if country not in countries():
        raise LookupError(country)
    known = holidays.country_holidays(country, years=year, language=_language(country, language))
    return {day: name[:LONGEST_NAME] for day, name in known.items()}


def _language(country: str, wanted: str) -> str | None:
    offered = holidays.list_localized_countries().get(country, [])
    short = wanted.partition("-")[0]
    fitting = [tag for tag in offered if tag.partition("_")[0] == short]
    own: str | None = getattr(holidays, country).default_language
    return next(iter(fitting), own)
