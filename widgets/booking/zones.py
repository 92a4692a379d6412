"""The time zones one can choose among where the browser does not tell: countries, and their cities where there are several."""

from __future__ import annotations

import unicodedata
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from babel.dates import get_timezone_location

from web import locale


@cache
def places() -> dict[str, str]:
    """The zones that CLDR knows a country for, by their names; the country's code."""
    found = get_global("zone_territories")
    known = available_timezones()
    return {name: code for name, code in found.items() if name in known and len(code) == 2 and code.isalpha()}


@cache
def zones(tag: str) -> list[tuple[str, str]]:
    """Names and what they are called in this language, in alphabetical order."""
    babel = locale.babel_locale(tag)
    of_country = list(places().values())
    said = {}
    for name, code in places().items():
        country = babel.territories.get(code, code)
        city = get_timezone_location(ZoneInfo(name), locale=babel, return_city=True)
        said[name] = f"{country} – {city}" if of_country.count(code) > 1 else country
    return sorted(said.items(), key=lambda one: unicodedata.normalize("NFKD", one[1].casefold()))
