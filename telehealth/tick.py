"""Five minutes: what times, lengths and gaps are counted in."""

from __future__ import annotations

MINUTES = 5


class NotOnTick(ValueError):
    """Times and lengths are multiples of five minutes."""


def require(minutes: int) -> int:
    """Raises NotOnTick."""
    if minutes % MINUTES:
        raise NotOnTick(minutes)
    return minutes
