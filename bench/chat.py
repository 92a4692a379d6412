"""Chat: what the transport costs against Node doing the same in the same run, and what a whole saved message costs."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from bench.place import cpu_seconds, empty_place
from telehealth import clock, message
from telehealth.conversation import AuthorKind
from telehealth.message import Author
from tests.clinic import client_id, make_clinic
from tests.server import free_port

HERE = Path(__file__).parent
CONNECTIONS, MESSAGES, ROUNDS = 20, 8_000, 3


def measure() -> Iterator[Figure]:
    ours, node = [], []
    for _ in range(ROUNDS):  # in turn, so that a busy neighbour meets both
        ours.append(echo_cost([sys.executable, "-W", "ignore", "-m", "bench.echo_server"]))
        node.append(echo_cost(["node", str(HERE / "echo_server.mjs")]))
    ratio = statistics.median(a / b for a, b in zip(ours, node, strict=True))
    yield Figure("chat_echo_cpu_ms", statistics.median(ours), "ms", "", "Node socket.io", statistics.median(node))
    yield Figure("chat_echo_cpu_ratio_to_node", ratio, "ratio", "<= 5", "Node socket.io", 1)
    yield Figure("chat_saved_message_cpu_ms", saved_cost(1_000), "ms", "<= 1.0")


def echo_cost(command: list[str]) -> float:
    """The server's CPU milliseconds a message: received, echoed, acknowledged."""
    port = free_port()
    server = subprocess.Popen(command, env=os.environ | {"PORT": str(port), "PYTHONPATH": str(HERE.parent)}, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        words = ["node", str(HERE / "echo_client.mjs"), f"http://127.0.0.1:{port}", str(CONNECTIONS), str(MESSAGES)]
        client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert client.stdout is not None and client.stdin is not None
        assert client.stdout.readline() == "ready\n"
        before = cpu_seconds(server.pid)
        client.stdin.write("go\n")
        client.stdin.flush()
        assert client.stdout.readline() == "done\n"
        cost = (cpu_seconds(server.pid) - before) * 1000 / MESSAGES
        client.wait(10)
        return cost
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


def saved_cost(count: int) -> float:
    """A whole post: checked, sealed, saved, numbered, committed."""
    with empty_place() as sessions:
        clinic = make_clinic(sessions)
        with clinic.session() as session:
            thread = clinic.conversation(session, visitor="bench")
            conversation_id = thread.id
        author = Author(AuthorKind.PATIENT, "Bench", visitor="bench")
        costs = []
        for _ in range(count):
            begun = time.process_time()
            with clinic.session() as session:
                message.post(session, conversation_id, client_id(), "x" * 100, by=author, now=clock.now())
            costs.append((time.process_time() - begun) * 1000)
        return statistics.median(costs)
