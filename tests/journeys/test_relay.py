"""A call where networks let nobody through directly: by a real relay, with passwords of minutes, and without one that works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.test_call import straight
from tests.patience import until
from tests.processes.cluster import running
from tests.server import Server, free_port

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def relayed(demo_data: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[Server, Path]]]:
    """A server whose calls go by a relay of their own; gives it and the relay's log."""
    with ExitStack() as stack:

        def start(secret: str = "north", transport: str = "udp") -> tuple[Server, Path]:
            port = free_port()
            relay = [
                "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
                "--realm=test", "--use-auth-secret", "--static-auth-secret=north", "--fingerprint", "--no-tls", "--no-dtls",
                "--no-cli", "--no-multicast-peers", "--allow-loopback-peers", "--log-file=stdout", "--verbose",
                f"--pidfile={tmp_path}/turn.pid", f"--userdb={tmp_path}/turn.db",
            ]  # fmt: skip
            stack.enter_context(running(relay, tmp_path))
            settings = {"TURN_URLS": f"turn:127.0.0.1:{port}?transport={transport}", "TURN_SECRET": secret, "CALLS_BY_RELAY_ONLY": "true"}
            server = Server.with_demo(demo_data, tmp_path / "data", **settings)
            return stack.enter_context(server), tmp_path / "turnserver.log"

        yield start


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_picture_and_sound_go_by_the_relay_for_both(relayed: Any, new_page: Any, transport: str) -> None:
    server, log = relayed(transport=transport)
    talk = straight(server, new_page, f"Relay-{transport}")
    talk.flows()
    until(lambda: {"p", "v"} <= set(re.findall(r"user <\d+:([pv])\d+>.*ALLOCATE processed, success", log.read_text())))


def test_a_relay_that_refuses_is_said_and_writing_goes_on(relayed: Any, new_page: Any) -> None:
    server, _ = relayed(secret="south")
    talk = straight(server, new_page, "Refused")
    expect(talk.patient.get_by_text("No picture and sound with Dr Amira Haddad")).to_be_visible(timeout=40_000)
    talk.doctor.get_by_label("Your message").fill("I call you by phone")
    talk.doctor.get_by_role("button", name="Send", exact=True).click()
    expect(talk.patient.get_by_text("I call you by phone")).to_be_visible()
