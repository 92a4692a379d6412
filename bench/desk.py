"""From the patient's POST to the row on the desk: 200 people wait, 20 desks are open."""

from __future__ import annotations

import http.client
import json
import queue
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from tests.clinic import client_id
from tests.server import Server, prepared_data
from tests.signed_in import Staff

HERE = Path(__file__).parent
WAITING, DESKS, ARRIVALS = 200, 20, 40
PATIENT = {"initials": "B", "last_name": "Bench", "birth_date": "1980-02-29", "email": ""}


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        data = prepared_data(Path(folder))
        with sqlite3.connect(data / "konsulto.db") as database:
            database.execute("update widget set queue_limit = 100000")
        with Server(data, SESSION_REQUESTS_PER_MINUTE="1000000", NEW_SESSIONS_PER_MINUTE="1000000") as server:
            yield Figure("arrival_to_desk_p95_ms", p95(server), "ms", "< 300")


def p95(server: Server) -> float:
    walk_in = Walker(server.port)
    for _ in range(WAITING):
        walk_in()
    words = ["node", str(HERE / "desk_client.mjs"), server.base, Staff(server.port, "doctor@demo.example").desk_token(), str(DESKS)]
    client = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        heard = _listen(client)
        return sorted(_delay(walk_in, heard) for _ in range(ARRIVALS))[int(ARRIVALS * 0.95) - 1]
    finally:
        client.kill()


def _listen(client: subprocess.Popen[str]) -> queue.Queue[float]:
    assert client.stdout is not None
    assert client.stdout.readline() == "ready\n"
    heard: queue.Queue[float] = queue.Queue()
    out = client.stdout

    def read() -> None:
        for line in out:
            heard.put(float(line.split()[1]) / 1000)

    threading.Thread(target=read, daemon=True).start()
    return heard


def _delay(walk_in: Walker, heard: queue.Queue[float]) -> float:
    """Milliseconds until the last of the desks has heard."""
    begun = time.time()
    walk_in()
    return (max(heard.get(timeout=10) for _ in range(DESKS)) - begun) * 1000


class Walker:
    """One patient after the other, each with an own session; gives its token."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        token = self._ask("POST", "/session", {})["token"]
        offers = self._ask("GET", "/offers", token=token)["departments"]
        self.department = next(d["id"] for d in offers if d["practitioners"])  # type: ignore[attr-defined]

    def __call__(self) -> str:
        token = str(self._ask("POST", "/session", {})["token"])
        body = {"client_id": client_id(), "department": self.department, "patient": PATIENT, "answers": {},
                "accept_terms": True}  # fmt: skip
        answer = self._ask("POST", "/encounters", body, token)
        assert "error" not in answer, answer
        return token

    def _ask(self, method: str, path: str, body: object = None, token: object = "") -> dict[str, object]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {token}"}
        data = None if body is None else json.dumps(body)
        self.connection.request(method, f"/w/demo-walk-in{path}", data, headers)
        return dict(json.loads(self.connection.getresponse().read()))
