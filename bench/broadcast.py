"""One word to everybody: 500 people wait on live pages; an announcement, and a message to all of them from one desk.

Measured from the click to each page that has it, so that commit and whatever came before it count too. The pages live in
processes of their own, whose share of the work is printed beside.
"""

from __future__ import annotations

import queue
import sqlite3
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.desk import Walker
from bench.figure import Figure
from bench.place import cpu_seconds
from tests.clinic import client_id
from tests.page import Page
from tests.server import Server, prepared_data
from tests.signed_in import Staff

HERE = Path(__file__).parent
WAITING, PROCESSES, ROUNDS, AT_ONCE = 500, 2, 3, 100
LONGEST = 60  # seconds


def measure() -> Iterator[Figure]:
    with ExitStack() as stack:
        server = stack.enter_context(_full_house())
        crowd = stack.enter_context(_crowd(server))
        announced = [_announce(server, crowd, f"Round {number}") for number in range(ROUNDS)]
        told = [_message_to_all(server, crowd, f"Message {number}") for number in range(ROUNDS)]
    yield Figure("announcement_to_500_p95_ms", statistics.median(announced), "ms", "< 1000")
    yield Figure("message_to_all_500_p95_ms", statistics.median(told), "ms", "< 1000")
    yield Figure("broadcast_clients_share_of_cpu", crowd.share(), "ratio", "")


@contextmanager
def _full_house() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        data = prepared_data(Path(folder))
        with sqlite3.connect(data / "konsulto.db") as database:
            database.execute("update widget set queue_limit = 100000")
            database.execute("delete from announcement")
        with Server(data, SESSION_REQUESTS_PER_MINUTE="1000000", NEW_SESSIONS_PER_MINUTE="1000000") as server:
            yield server


@dataclass
class _Crowd:
    """Everybody's pages; `heard` are the texts with the moment at which they came."""

    server: Server
    pages: list[subprocess.Popen[str]]
    heard: queue.Queue[tuple[str, float]]
    spent: list[float]

    def p95(self, text: str, say: Callable[[], None]) -> float:
        """Milliseconds from the click until 95 of 100 pages have the text."""
        before, begun = self._cpu(), time.time()
        say()
        moments = sorted(self._next(text) for _ in range(WAITING))
        self.spent = [spent + now - then for spent, now, then in zip(self.spent, self._cpu(), before, strict=True)]
        return (moments[int(WAITING * 0.95) - 1] - begun) * 1000

    def share(self) -> float:
        """How much of all processor time the pages took."""
        server, pages = self.spent
        return pages / (server + pages)

    def _next(self, text: str) -> float:
        while True:
            heard, moment = self.heard.get(timeout=LONGEST)
            if heard == text:
                return moment

    def _cpu(self) -> list[float]:
        assert self.server.process is not None
        return [cpu_seconds(self.server.process.pid), sum(cpu_seconds(page.pid) for page in self.pages)]


@contextmanager
def _crowd(server: Server) -> Iterator[_Crowd]:
    walk_in = Walker(server.port)
    tokens = [walk_in() for _ in range(WAITING)]
    words = ["node", str(HERE / "broadcast_client.mjs"), server.base]
    pages = [subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    try:
        heard: queue.Queue[tuple[str, float]] = queue.Queue()
        for number, page in enumerate(pages):
            _open(page, tokens[number::PROCESSES])
            threading.Thread(target=_listen, args=(page, heard), daemon=True).start()
        yield _Crowd(server, pages, heard, [0.0, 0.0])
    finally:
        for page in pages:
            page.kill()
            page.wait()


def _open(page: subprocess.Popen[str], tokens: list[str]) -> None:
    assert page.stdin is not None and page.stdout is not None
    page.stdin.write(" ".join(tokens) + "\n")
    page.stdin.flush()
    assert page.stdout.readline() == "ready\n"


def _listen(page: subprocess.Popen[str], heard: queue.Queue[tuple[str, float]]) -> None:
    assert page.stdout is not None
    for line in page.stdout:
        text, moment = line.rstrip("\n").split("\t")
        heard.put((text, int(moment) / 1000))


def _announce(server: Server, crowd: _Crowd, text: str) -> float:
    admin = Staff(server.port, "admin@demo.example")
    return crowd.p95(text, lambda: admin.post("/admin/announcements/add", text=text, severity="information", department=""))


def _message_to_all(server: Server, crowd: _Crowd, text: str) -> float:
    """As the desk's page sends it: so many people at once, one portion after the other."""
    desk = Page(server.base, "/desk", token=Staff(server.port, "doctor@demo.example").desk_token())
    ids = _everybody(desk)

    def say() -> None:
        name = client_id()
        for begin in range(0, len(ids), AT_ONCE):
            answer = desk.ask("notify", client_id=name, ids=ids[begin : begin + AT_ONCE], text=text)
            assert answer == {"reached": len(ids[begin : begin + AT_ONCE])}, answer

    try:
        return crowd.p95(text, say)
    finally:
        desk.close()


def _everybody(desk: Page) -> list[int]:
    ids: list[int] = []
    after, more = 0, True
    while more:
        page = desk.ask("waiting_room", after=after)
        ids += [visit["id"] for visit in page["items"]]
        after, more = page["seq"], page["more"]
    assert len(ids) == WAITING
    return ids
