"""The walk-in widget of a clinic of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.kit.wire import Wire, wire_to
from tests.clinic import Clinic
from tests.widgets.walk_in.live import Desk, serve_live


@pytest.fixture(scope="session")
def live(app: Any, house: Any) -> Iterator[str]:
    """The address at which the test's own process serves the application."""
    with serve_live(app, house) as origin:
        yield origin


@pytest.fixture
def desk(clinic: Clinic) -> Desk:
    return Desk(clinic)


@pytest.fixture
def address(live: str, clinic: Clinic) -> str:
    """The widget's page."""
    return f"{live}/w/{clinic.widgets['walk_in']}"


@pytest.fixture
def wire(live: str, house: Any) -> Iterator[Wire]:
    """A wire to the live application that can be cut."""
    with wire_to(int(live.rpartition(":")[2])) as wire:
        house.sockets.eio.cors_allowed_origins.append(wire.origin)
        yield wire
        house.sockets.eio.cors_allowed_origins.remove(wire.origin)
