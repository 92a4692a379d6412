"""A call where networks let nobody through directly: by a real relay, with passwords of minutes, and without one that works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.kit.until import until as until_in
from tests.journeys.lossy import LossyNetwork
from tests.journeys.test_call import straight, waits
from tests.patience import until
from tests.processes.cluster import running
from tests.server import Server, free_port

LISTEN_TO_LIMITS = """() => {
  window.limits = [];
  const set = RTCRtpSender.prototype.setParameters;
  RTCRtpSender.prototype.setParameters = function (parameters) {
    const scale = parameters.encodings[0].scaleResolutionDownBy;
    if (window.limits.at(-1) !== scale) window.limits.push(scale);
    return set.call(this, parameters);
  };
}"""
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def relayed(demo_data: Path, tmp_path: Path) -> Iterator[Callable[..., tuple[Server, Path]]]:
    """A server whose calls go by a relay of their own; gives it and the relay's log."""
    with ExitStack() as stack:

        def start(secret: str = "north", transport: str = "udp", only: str = "true", between: Any = None) -> tuple[Server, Path]:
            port = free_port()
            reached = stack.enter_context(between(port)).port if between else port
            relay = [
                "turnserver", "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
                "--realm=test", "--use-auth-secret", "--static-auth-secret=north", "--fingerprint", "--no-tls", "--no-dtls",
                "--no-cli", "--no-multicast-peers", "--allow-loopback-peers", "--log-file=stdout", "--verbose",
                f"--pidfile={tmp_path}/turn.pid", f"--userdb={tmp_path}/turn.db",
            ]  # fmt: skip
            stack.enter_context(running(relay, tmp_path))
            settings = {"TURN_URLS": f"turn:127.0.0.1:{reached}?transport={transport}", "TURN_SECRET": secret, "CALLS_BY_RELAY_ONLY": only}
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


@pytest.mark.parametrize(
    ("secret", "only", "words"),
    [("north", "true", "The network lets a call through."), ("south", "false", "does not reach our relay"),
     ("south", "true", "The network lets no call through.")],
    ids=["the relay answers", "direct only", "no way"],
)  # fmt: skip
def test_whoever_waits_finds_out_whether_the_relay_lets_them_through(relayed: Any, new_page: Any, secret: str, only: str, words: str) -> None:
    server, log = relayed(secret=secret, only=only)
    page = waits(server, new_page, "Reach")
    page.get_by_text("Check camera, sound and network").click()
    expect(page.get_by_text(words)).to_be_visible(timeout=30_000)
    admitted = re.search(r"user <\d+:c\d+>.*ALLOCATE processed, success", log.read_text())
    assert bool(admitted) == (secret == "north")


def test_on_a_bad_network_less_picture_is_sent_then_sound_only_is_offered_and_it_comes_back(relayed: Any, new_page: Any) -> None:
    networks: list[LossyNetwork] = []

    def bad(port: int) -> LossyNetwork:
        networks.append(LossyNetwork(port))
        return networks[-1]

    server, _ = relayed(between=bad)
    talk = straight(server, new_page, "Losses")
    talk.flows()
    talk.patient.evaluate(LISTEN_TO_LIMITS)
    networks[0].share = 0.2
    talk.patient.get_by_role("button", name="Switch to sound only").click(timeout=60_000)
    expect(talk.doctor.get_by_text("Takes part with sound only")).to_be_visible()
    expect(talk.patient.get_by_text("You take part with sound only.", exact=True)).to_be_visible()
    assert talk.patient.evaluate("() => window.limits.filter((scale) => scale > 1).slice(0, 2)") == [2, 4]
    networks[0].share = 0
    expect(talk.patient.get_by_text("The connection is good again.")).to_be_visible(timeout=90_000)
    talk.patient.get_by_role("button", name="With picture again").click()
    talk.flows()
    until_in(talk.patient, "window.limits.at(-1) === 1")
