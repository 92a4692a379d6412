"""A thousand people come in while networks fail at random and the server is killed twice: nobody is lost, nobody is there twice.

Everybody enters over plain HTTP. About fifty of them keep a live page open, and so does one desk: these run the product's
own connection and stream in Node, each cut off again and again.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from demo import PASSWORD
from tests.fault.arrivals import Arrivals, Caller
from tests.fault.pages import Pages, pages_of
from tests.patience import until
from tests.server import Server

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]
SEED, PEOPLE = 20_261_122, 1_000
LONG = 400  # seconds; on two idle cores all of it takes less than one minute
SETTINGS = {"SESSION_REQUESTS_PER_MINUTE": "100000", "NEW_SESSIONS_PER_MINUTE": "100000"}


def test_a_thousand_arrivals_survive_two_kills_and_a_network_that_fails(demo_data: Path, tmp_path: Path) -> None:
    with Server.with_demo(demo_data, tmp_path, **SETTINGS) as server, pages_of(server.base, SEED) as pages:
        make_room(server)
        pages.open_desk("follower", *sign_in(server.base))
        crowd = Arrivals(server.port, department(server), pages, SEED)
        come_while_the_server_dies(server, crowd)
        pages.calm()
        until(pages.online, seconds=40)
        pages.open_desk("fresh", *sign_in(server.base))
        until(lambda: pages.online() and same_lists(pages), seconds=20)
        waiting = rows(server)

    assert_everybody_is_there_once(crowd, waiting)
    assert_places_were_kept(crowd, pages, waiting)
    assert_the_desk_was_told(pages, waiting)


def make_room(server: Server) -> None:
    with sqlite3.connect(server.data / "konsulto.db") as database:
        database.execute("update widget set queue_limit = 100000")


def sign_in(base: str) -> tuple[str, str]:
    """Cookie and CSRF token of the doctor."""
    browser = requests.Session()
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(f"{base}/admin/login/").text)[1]  # type: ignore[index]
    form = {"username": "doctor@demo.example", "password": PASSWORD, "csrf_token": csrf}
    assert "/login" not in browser.post(f"{base}/admin/login/", data=form).url
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items()), csrf


def department(server: Server) -> int:
    offers = Caller(server.port).insist("GET", "/offers")[0]["departments"]
    return next(int(found["id"]) for found in offers if found["practitioners"])


def come_while_the_server_dies(server: Server, crowd: Arrivals) -> None:
    """Killed once from outside, and once by itself, right after a commit that it could not answer."""
    chance = random.Random(SEED)
    people = crowd.begin(PEOPLE)
    first, second = chance.randint(PEOPLE // 4, PEOPLE // 3), chance.randint(PEOPLE // 4, PEOPLE // 3)
    until(lambda: len(crowd.visitors) >= first or crowd.failures, seconds=LONG)
    server.kill()
    server.settings["CRASH_AT"] = f"after_commit:{second}"
    server.start()
    until(lambda: has_died(server) or crowd.failures, seconds=LONG)
    assert len(crowd.visitors) < PEOPLE * 0.9, "the second death came too late to prove anything"
    server.settings["CRASH_AT"] = ""
    server.start()
    for person in people:
        person.join(LONG)
    assert not crowd.failures, crowd.failures
    assert len(crowd.visitors) == PEOPLE


def has_died(server: Server) -> bool:
    return server.process is not None and server.process.poll() is not None


def same_lists(pages: Pages) -> bool:
    return pages.desks["follower"]["seq"] == pages.desks["fresh"]["seq"]


def rows(server: Server) -> list[Any]:
    """Everybody's visit, in the order of their turn."""
    with sqlite3.connect(server.data / "konsulto.db") as database:
        database.row_factory = sqlite3.Row
        assert database.execute("pragma integrity_check").fetchone()[0] == "ok"
        return database.execute(
            "select id, client_id, status, arrived_at, ticket_id from encounter where client_id is not null "
            "order by arrived_at, id"
        ).fetchall()


def assert_everybody_is_there_once(crowd: Arrivals, waiting: list[Any]) -> None:
    came = Counter(row["client_id"] for row in waiting)
    cut_off = [visitor for visitor in crowd.visitors if visitor.sendings > 1]
    assert len(cut_off) >= 2, "nobody was cut off: the test would prove nothing"
    assert came == dict.fromkeys((visitor.client_id for visitor in crowd.visitors), 1)
    assert len({row["ticket_id"] for row in waiting}) == len(waiting) == len(crowd.visitors)
    assert {row["status"] for row in waiting} == {"waiting"}


def assert_places_were_kept(crowd: Arrivals, pages: Pages, waiting: list[Any]) -> None:
    """A reload shows the same arrival; every live page shows in the end where its patient stands."""
    reloaded = [(visitor.entered, shown) for visitor in crowd.visitors for shown in visitor.reloads]
    assert len(reloaded) > PEOPLE // 10
    for entered, shown in reloaded:
        assert (shown["status"], shown["arrived_at"]) == ("waiting", entered["arrived_at"])
    turn = {row["client_id"]: number for number, row in enumerate(waiting, 1)}
    assert {name: page["standing"]["place"] for name, page in pages.patients.items()} == {name: turn[name] for name in pages.patients}
    assert sum(page["losses"] for page in pages.patients.values()) >= len(pages.patients) > 20, "hardly any page was cut off"


def assert_the_desk_was_told(pages: Pages, waiting: list[Any]) -> None:
    """The desk that was there all the time has the list of a new one; each arrival rang, or came with the next count.

    Row and bell are two events, so a connection that ends between them has the row and rings no more: it is told by the
    count that follows. Only a connection that ended excuses a bell, and only for the rows right before its end.
    """
    follower, fresh = pages.desks["follower"], pages.desks["fresh"]
    present = {row["id"] for row in waiting}
    assert settled(follower) == settled(fresh)
    assert {int(key) for key in fresh["visits"]} == present
    assert present <= {*follower["rung"], *follower["caughtUp"], *follower["cutShort"]}
    assert len(follower["cutShort"]) <= 10 * follower["losses"], "bells were lost though the connection held"
    assert len(follower["rung"]) == len(set(follower["rung"])), "an arrival rang twice"
    assert follower["losses"] >= 2, "the desk was never away"
    assert follower["counts"] == sorted(follower["counts"])
    assert follower["counts"][-1] <= len(present)


def settled(desk: dict[str, Any]) -> dict[str, Any]:
    """The list, without when somebody was last heard of: that alone goes on without being told."""
    return {key: {name: value for name, value in visit.items() if name != "seen_at"} for key, visit in desk["visits"].items()}
