"""Chats over lines that are cut, tabs that sleep, messages sent twice and servers killed: everything acknowledged once, in order."""

from __future__ import annotations

import random
import statistics
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.fault.chats import Talk
from tests.server import Server

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]
TALKS, MESSAGES, KILLS, SEED = 8, 25, 2, 20261123
CATCH_UP_SECONDS = 2.0


OFFERED = (
    "select c.id from channel c join widget w on w.organization_id = c.organization_id"
    " where w.key = 'demo-chat' and not c.internal order by c.id limit 1"
)


def open_channel(server: Server) -> int:
    """A channel of the demo's chat, open whatever the hour."""
    with create_engine(f"sqlite:///{server.data}/konsulto.db").begin() as connection:
        connection.execute(text("update channel set switch = 'open'"))
        return int(connection.execute(text(OFFERED)).scalar_one())


def run(server: Server, talks: int, messages: int, kills: int, seed: int) -> list[Talk]:
    chance = random.Random(seed)
    channel = open_channel(server)
    people = [Talk(server.base, channel, messages, seed + number) for number in range(talks)]
    threads = [person.begin() for person in people]
    for _ in range(kills):
        time.sleep(1 + chance.random() * 2)
        server.kill()
        server.start()
    for thread in threads:
        thread.join(150)
    assert not any(person.failures for person in people), [person.failures for person in people]
    return people


def test_every_acknowledged_message_is_there_once_and_in_order_in_every_tab(demo_data: Path, tmp_path: Path) -> None:
    settings = {"SESSION_REQUESTS_PER_MINUTE": "100000", "NEW_SESSIONS_PER_MINUTE": "100000", "EVENTS_PER_10_SECONDS": "5000"}
    with Server.with_demo(demo_data, tmp_path, **settings) as server:
        people = run(server, TALKS, MESSAGES, KILLS, SEED)
    for person in people:
        assert len(person.acknowledged) == MESSAGES
        for tab in person.tabs:
            assert tab.order == list(range(1, MESSAGES + 1))
            shown = {row["client_id"]: row["seq"] for row in tab.rows.values()}
            assert shown == person.acknowledged
    times = sorted(second for person in people for tab in person.tabs for second in tab.caught_up_in)
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"{TALKS * MESSAGES} messages, {len(times)} connects, caught up in p95 {p95:.3f} s")
    assert p95 < CATCH_UP_SECONDS
