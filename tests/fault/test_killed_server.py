"""The server is killed again and again while people book and walk in: nothing accepted is lost, nothing is done twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, create_engine, text

from tests.fault.people import Crowd, insist, request
from tests.server import Server, free_port

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]
POINTS = ["before_commit:9", "after_commit:9", "before_mail:2", "after_mail:2", "", "after_commit:17"]
ANSWERS_A_LIFE = 12
MADE_HERE = "client_id not like 'demo-%'"  # the demo has appointments of its own, of which nobody is told


class Letters:
    """A mail server that keeps what it gets, and sometimes hangs up after it has accepted a letter."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (named by the library)
        lines = envelope.content.split(b"\r\n")
        message_id = next(line for line in lines if line.lower().startswith(b"message-id:"))
        self.got.append((message_id.decode(), envelope.content))
        return "250 OK" if random.random() > 0.1 else "451 try again"


@pytest.fixture
def letters() -> Iterator[tuple[Letters, int]]:
    handler, port = Letters(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def free_slots(base: str) -> list[str]:
    _, session = request(f"{base}/w/demo-booking/session", {})
    year, month = time.localtime().tm_year, time.localtime().tm_mon
    following = f"{year + month // 12}-{month % 12 + 1:02}"
    _, days = insist(f"{base}/w/demo-booking/slots?month={following}", None, session["token"])
    free = [day["date"] for day in days["days"] if day["free"] > 11][:3]
    found = [insist(f"{base}/w/demo-booking/slots?date={day}", None, session["token"])[1]["slots"] for day in free]
    return [slot["id"] for slots in found for slot in slots]


def live_through_it(server: Server) -> Crowd:
    """People come while the server dies, at named points and at random moments."""
    crowd = Crowd(server.base)
    slots = free_slots(server.base)
    people = crowd.start(slots)
    for point in POINTS:
        server.kill()
        server.settings["CRASH_AT"] = point
        server.start()
        live(server, crowd)
    server.kill()
    server.settings["CRASH_AT"] = ""
    server.start()
    live(server, crowd)
    crowd.home.set()
    for person in people:
        person.join(120)
    assert not crowd.failures, crowd.failures
    return crowd


def live(server: Server, crowd: Crowd) -> None:
    """Until the server has died at its point or has answered a number of times and a little more."""
    enough, end = len(crowd.answers) + ANSWERS_A_LIFE + random.randrange(8), time.monotonic() + 40
    while len(crowd.answers) < enough and time.monotonic() < end:
        if server.process is None or server.process.poll() is not None:
            return
        time.sleep(0.02)


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)))


def wait_for_mails(engine: Engine) -> None:
    end = time.monotonic() + 90
    while rows(engine, "select 1 from outgoing_mail where state = 'waiting'"):
        assert time.monotonic() < end, rows(engine, "select state, turn, error from outgoing_mail")
        time.sleep(0.2)


def test_what_was_accepted_is_there_exactly_once(
    demo_data: Path, tmp_path: Path, letters: tuple[Letters, int]
) -> None:
    inbox, port = letters
    settings = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SESSION_REQUESTS_PER_MINUTE": "100000"}
    with Server.with_demo(demo_data, tmp_path, **settings) as server:
        crowd = live_through_it(server)
        engine = create_engine(f"sqlite:///{tmp_path}/konsulto.db")
        wait_for_mails(engine)

    stored = Counter(name for (name,) in rows(engine, f"select client_id from appointment where {MADE_HERE}"))
    visits = Counter(name for (name,) in rows(engine, "select client_id from encounter where widget_id is not null"))
    booked = {name for kind, name, status, _ in crowd.answers if kind == "booking" and status == 201}
    walked = {name for kind, name, status, _ in crowd.answers if kind == "visit" and status == 201}
    unexpected = {status for _, _, status, _ in crowd.answers} - {201, 409}

    assert not unexpected
    assert len(booked) >= 5 and len(walked) >= 5, "hardly anything happened: the test would prove nothing"
    assert booked <= set(stored), "an accepted booking is lost"
    assert walked <= set(visits), "an accepted visit is lost"
    assert max(stored.values()) == max(visits.values()) == 1, "something was done twice"
    assert set(stored) | set(visits) <= set(crowd.asked)
    double = rows(engine, "select practitioner_id, start, lane, count(*) from appointment where status = 'booked' group by 1, 2, 3 having count(*) > 1")
    beside = rows(engine, "select a.id from appointment a join practitioner p on p.id = a.practitioner_id where a.lane > 0 and not p.is_team")
    assert not double and not beside, "a time was given twice"
    assert_mails(engine, inbox)
    assert rows(engine, "pragma integrity_check")[0][0] == "ok"


def assert_mails(engine: Engine, inbox: Letters) -> None:
    """Each accepted appointment has one mail; it was delivered; what came twice came under one Message-ID, the same.

    Staff are told of new appointments a little later, perhaps after the server was stopped; of none of them twice.
    """
    mails = rows(engine, "select message_key, appointment_id, state from outgoing_mail where kind = 'confirmation'")
    appointments = {key for (key,) in rows(engine, f"select id from appointment where {MADE_HERE}")}
    assert Counter(appointment for _, appointment, _ in mails) == dict.fromkeys(appointments, 1)
    assert {state for _, _, state in mails} == {"done"}
    delivered: dict[str, set[bytes]] = {}
    for message_id, content in inbox.got:
        key = message_id.partition("<")[2].partition("@")[0]
        delivered.setdefault(key, set()).add(without_boundary(content))
    news = rows(engine, "select message_key, appointment_id, recipient, state from outgoing_mail where kind = 'staff_booked'")
    assert max(Counter((appointment, recipient) for _, appointment, recipient, _ in news).values(), default=1) == 1
    confirmed, told = {key for key, _, _ in mails}, {key for key, _, _, state in news if state == "done"}
    assert confirmed | told <= set(delivered) <= confirmed | {key for key, _, _, _ in news}
    assert all(len(versions) == 1 for versions in delivered.values())


def without_boundary(content: bytes) -> bytes:
    """The parts' boundary is drawn anew for each delivery; everything else must be the same."""
    marks = [line for line in content.split(b"\r\n") if b"boundary=" in line]
    for mark in marks:
        content = content.replace(mark.split(b'"')[1], b"BOUNDARY")
    return content
