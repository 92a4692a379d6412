"""Bookings a second on one core, committed: the domain alone, and over HTTP through a real server."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bench.figure import Figure
from bench.place import big_clinic, cpu_seconds, empty_place
from telehealth import booking, clock
from telehealth.widget import find_widget
from tests.clinic import client_id
from tests.server import Server, prepared_data

PEER = "Easy!Appointments 1.6 (measured before)"


def measure() -> Iterator[Figure]:
    yield Figure("bookings_per_second_domain", in_the_domain(300), "1/s", ">= 400")
    yield Figure("bookings_per_second_http", over_http(300), "1/s", ">= 150", PEER, 59.4)


def in_the_domain(count: int) -> float:
    """Per second of CPU, so that a busy neighbour does not count."""
    with empty_place() as sessions:
        clinic = big_clinic(sessions, 20, 0)
        now = clock.now()
        slots = []
        with clinic.session() as session:
            for day in range(1, 15):
                slots += [s.id for s in booking.day_of(session, booking.Search(), (now + timedelta(days=day)).date(), now)]
            widget = find_widget(session, clinic.widgets["booking"])
            session.expunge(widget)
        begun = time.process_time()
        for slot in slots[:count]:
            with clinic.session() as session:
                booking.book(session, widget, clinic.booking(slot), now)
        return count / (time.process_time() - begun)


def over_http(count: int) -> float:
    """Per second of the server's CPU."""
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        data = prepared_data(Path(folder))
        limits = {"SESSION_REQUESTS_PER_MINUTE": "1000000", "INLINE_WORKER": "false"}
        with Server(data, **limits) as server:
            assert server.process is not None
            ask = _Asker(server.port)
            token = ask("POST", "/session", {})["token"]
            slots = _slots(ask, token)[:count]
            before = cpu_seconds(server.process.pid)
            for slot in slots:
                answer = ask("POST", "/appointments", _body(slot), token)
                assert "error" not in answer, answer
            return len(slots) / (cpu_seconds(server.process.pid) - before)


class _Asker:
    """One connection that is kept, as a browser keeps it."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __call__(self, method: str, path: str, body: object = None, token: str = "") -> dict[str, object]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body)
        self.connection.request(method, f"/w/demo-booking{path}", data, headers)
        return dict(json.loads(self.connection.getresponse().read()))


def _slots(ask: _Asker, token: str) -> list[str]:
    found: list[str] = []
    for day in range(1, 25):
        date = (clock.now() + timedelta(days=day)).date().isoformat()
        slots = ask("GET", f"/slots?date={date}", token=token)["slots"]
        found += [slot["id"] for slot in slots]  # type: ignore[attr-defined]
    return found


def _body(slot: str) -> dict[str, object]:
    patient = {"initials": "B", "last_name": "Bench", "birth_date": "1980-02-29", "email": "bench@example.org"}
    return {"client_id": client_id(), "slot": slot, "patient": patient, "answers": {}, "accept_terms": True}
