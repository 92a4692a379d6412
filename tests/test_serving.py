"""A server holds as many open pages as a clinic's busiest hour has."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.server import Server

pytestmark = [pytest.mark.server, pytest.mark.timeout(120)]
BEFORE = 1_100  # more than eventlet serves unless it is told


def test_whoever_comes_after_a_thousand_others_is_served(demo_data: Path, tmp_path: Path) -> None:
    with Server.with_demo(demo_data, tmp_path) as server, ExitStack() as open_:
        for _ in range(BEFORE):
            line = open_.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 200"
