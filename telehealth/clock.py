"""The clock that faces ask; tests move it, the domain gets `now` as an argument."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_ahead = timedelta()


def now() -> datetime:
    """This moment in UTC, moved by whatever a test has set."""
    return datetime.now(UTC) + _ahead


def set_ahead(by: timedelta) -> None:
    """Move the clock of this process; only tests and the `CLOCK_AHEAD_SECONDS` setting do."""
    global _ahead
    _ahead = by


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be `moment` for a while."""
    before = _ahead
    set_ahead(moment - datetime.now(UTC))
    try:
        yield
    finally:
        set_ahead(before)
