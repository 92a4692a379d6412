"""Where the safe page is served to a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.widgets.walk_in.live import serve_live


@pytest.fixture(scope="session")
def live(app: Any, house: Any) -> Iterator[str]:
    """The address at which the test's own process serves the application."""
    with serve_live(app, house) as origin:
        yield origin
