"""A full house: 2,000 chats are open, 50 of them talk with somebody at the desk. How long words take to the other side, both ways,
and what an open page costs in memory."""

from __future__ import annotations

import http.client
import json
import sqlite3
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figure import Figure
from tests.clinic import client_id
from tests.page import Page
from tests.server import Server, prepared_data
from tests.signed_in import Staff

HERE = Path(__file__).parent
IDLE, TALKS, ROUNDS = 2_000, 50, 5
LIMITS = ("SESSION_REQUESTS_PER_MINUTE", "NEW_SESSIONS_PER_MINUTE", "EVENTS_PER_10_SECONDS")
OPEN = "update channel set switch = 'open', after_visits = 0, busy_from = 0, busy_minutes = 0"


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        data = prepared_data(Path(folder))
        with sqlite3.connect(data / "konsulto.db") as database:
            database.execute(OPEN)
        with Server(data, **dict.fromkeys(LIMITS, "1000000")) as server:
            took, per_socket = _full_house(server)
    yield Figure("crowd_round_trip_p95_ms", statistics.quantiles(took, n=20)[-1], "ms", "")
    yield Figure("crowd_memory_per_socket_kb", per_socket, "kB", "")


def _full_house(server: Server) -> tuple[list[float], float]:
    visitors = Visitors(server.port)
    idle = [visitors.session() for _ in range(IDLE)]
    talks = [visitors.begin(number) for number in range(TALKS)]
    staff = Staff(server.port, "nurse@demo.example").desk_token()
    assert server.process is not None
    with _page() as page:
        assert page.stdin is not None and page.stdout is not None
        before = _kilobytes(server.process.pid)
        page.stdin.write(json.dumps({"url": server.base, "idle": idle, "talks": _known(server, talks), "staff": staff, "rounds": ROUNDS}) + "\n")
        page.stdin.flush()
        assert page.stdout.readline() == "ready\n"
        per_socket = (_kilobytes(server.process.pid) - before) / (IDLE + 2 * TALKS)
        page.stdin.write("go\n")
        page.stdin.flush()
        return json.loads(page.stdout.readline()), per_socket


def _page() -> subprocess.Popen[str]:
    return subprocess.Popen(["node", str(HERE / "crowd_client.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _known(server: Server, talks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with the number by which the desk knows each; all are the nurse's."""
    with sqlite3.connect(server.data / "konsulto.db", timeout=30) as database:
        (nurse,) = database.execute("select id from practitioner where email = 'nurse@demo.example'").fetchone()
        database.execute("update conversation set state = 'claimed', claimed_by_id = ?, waiting_since = null where channel_id is not null", (nurse,))
        ids = dict(database.execute("select uid, id from conversation"))
    return [one | {"id": ids[one["conversation"]]} for one in talks]


def _kilobytes(pid: int) -> int:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


class Visitors:
    """People who open the demo's chat."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.channel = self._channel(port)

    def session(self) -> str:
        return str(self._ask("/session", {})["token"])

    def begin(self, number: int) -> dict[str, Any]:
        token = self.session()
        body = {
            "channel": self.channel, "client_id": client_id(), "message_id": client_id(), "name": f"Bench {number}", "text": "A question",
            "patient": {}, "answers": {}, "accept_terms": True,
        }  # fmt: skip
        return {"token": token, "conversation": self._ask("/conversations", body, token)["conversation"]}

    def _channel(self, port: int) -> int:
        page = Page(f"http://127.0.0.1:{port}", "/chat", token=self.session())
        try:
            return int(page.ask("channels")["channels"][0]["id"])
        finally:
            page.close()

    def _ask(self, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {token}"}
        self.connection.request("POST", f"/w/demo-chat{path}", json.dumps(body), headers)
        answer: dict[str, Any] = json.loads(self.connection.getresponse().read())
        assert "error" not in answer, answer
        return answer
