"""A stop ends within seconds, whatever pages wait for at that moment."""

from __future__ import annotations

import http.client
import json
import signal
from pathlib import Path

import pytest

from tests.server import Server

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
POLLING = "/socket.io/?EIO=4&transport=polling"


def test_a_page_that_polls_for_news_does_not_hold_the_stop_up(demo_data: Path, tmp_path: Path) -> None:
    with Server.with_demo(demo_data, tmp_path) as server:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        line.request("GET", POLLING)
        opened = json.loads(line.getresponse().read()[1:])
        line.request("GET", f"{POLLING}&sid={opened['sid']}")  # held open until there is news, for up to 20 s
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
