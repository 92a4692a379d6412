"""Chats over lines that are cut or freeze, tabs that sleep, deeds sent twice, words changed and servers killed: nothing acknowledged is
lost, on either side."""

from __future__ import annotations

import random
import sqlite3
import statistics
import threading
import time
from pathlib import Path

import pytest

from tests.fault.chats import Talk, check
from tests.server import Server
from tests.signed_in import Staff

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]
TALKS, DEEDS, KILLS, SEED = 6, 20, 1, 20261123
CATCH_UP_SECONDS = 2.0
LIMITS = ("SESSION_REQUESTS_PER_MINUTE", "NEW_SESSIONS_PER_MINUTE", "EVENTS_PER_10_SECONDS")


class Desk:
    """One nurse, signed in once, whose pages open with a token of their own; a server that is away is asked again."""

    def __init__(self, server: Server) -> None:
        self.server, self.lock = server, threading.Lock()
        self.staff = Staff(server.port, "nurse@demo.example")

    def token(self) -> str:
        with self.lock:
            end = time.monotonic() + 60
            while True:
                try:
                    return self.staff.desk_token()
                except (OSError, ValueError, AssertionError):
                    self.staff.connection.close()
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.1)

    def number_of(self, uid: str) -> int:
        with sqlite3.connect(self.server.data / "konsulto.db", timeout=30) as database:
            return int(database.execute("select id from conversation where uid = ?", (uid,)).fetchone()[0])


def open_channel(server: Server) -> int:
    """The nurse's channel of the demo, open whatever the hour, with her present."""
    with sqlite3.connect(server.data / "konsulto.db", timeout=30) as database:
        (channel,) = database.execute("select id from channel where name = 'Nurse chat'").fetchone()
        database.execute("update channel set switch = 'open', busy_from = 0, busy_minutes = 0")
        database.execute("update organization set presence_minutes = 600, edit_minutes = 600")
        database.execute("delete from presence where channel_id = ?", (channel,))
        database.execute(
            "insert into presence (organization_id, channel_id, practitioner_id, active, since, by_mail, by_sound, by_push, repeat_seconds)"
            " select organization_id, ?, id, 1, '2026-01-01', 0, 0, 0, 0 from practitioner where email = 'nurse@demo.example'", (channel,),
        )  # fmt: skip
    return int(channel)


def run(server: Server, talks: int, deeds: int, kills: int, seed: int) -> list[Talk]:
    chance, desk = random.Random(seed), Desk(server)
    channel = open_channel(server)
    people = [Talk(server.port, server.base, channel, desk.token, desk.number_of, deeds, seed + number) for number in range(talks)]
    threads = [person.begin() for person in people]
    for _ in range(kills):
        time.sleep(1 + chance.random() * 2)
        server.kill()
        server.start()
    for thread in threads:
        thread.join(600)
    return people


def test_every_acknowledged_message_is_there_once_and_in_its_last_words_in_every_tab(demo_data: Path, tmp_path: Path) -> None:
    with Server.with_demo(demo_data, tmp_path, **dict.fromkeys(LIMITS, "1000000")) as server:
        times = check(run(server, TALKS, DEEDS, KILLS, SEED), DEEDS)
    assert statistics.quantiles(times, n=20)[-1] < CATCH_UP_SECONDS
