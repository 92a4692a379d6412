"""Patients who do not give up: each request is sent again under the same client id until the server has answered it."""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from tests.clinic import client_id

PATIENCE = 90  # seconds
PATIENT = {"initials": "R", "last_name": "Racer", "birth_date": "1980-02-29", "email": "racer@example.org"}


def request(url: str, body: dict[str, Any] | None = None, token: str = "") -> tuple[int, Any]:
    """Status and JSON; status 0 when there was no answer."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=15) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")
    except (urllib.error.URLError, OSError, ValueError):
        return 0, None


def insist(url: str, body: dict[str, Any] | None = None, token: str = "") -> tuple[int, Any]:
    """Ask again until there is an answer that is no excuse."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        status, answer = request(url, body, token)
        if status not in {0, 429, 503, 500}:
            return status, answer
        time.sleep(0.05 + random.random() / 10)
    raise TimeoutError(url)


@dataclass
class Crowd:
    """`answers` are (kind, client id, status, what was wanted) of everything the server has answered."""

    base: str
    home: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[str, str, int, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def start(self, slots: list[str]) -> list[threading.Thread]:
        people = [threading.Thread(target=self._safely, args=(self._book, slots)) for _ in range(4)]
        people += [threading.Thread(target=self._safely, args=(self._walk_in,)) for _ in range(2)]
        for person in people:
            person.start()
        return people

    def _safely(self, live: Any, *values: Any) -> None:
        try:
            live(*values)
        except BaseException as error:
            self.failures.append(error)

    def _token(self, widget: str) -> str:
        _, answer = insist(f"{self.base}/w/{widget}/session", {})
        return str(answer["token"])

    def _book(self, slots: list[str]) -> None:
        url, token = f"{self.base}/w/demo-booking/appointments", self._token("demo-booking")
        while not self.home.is_set():
            self._send("booking", url, token, {"slot": random.choice(slots), "patient": PATIENT, "answers": {}})

    def _walk_in(self) -> None:
        url, widget = f"{self.base}/w/demo-walk-in", "demo-walk-in"
        while not self.home.is_set():
            token = self._token(widget)
            _, offers = insist(f"{url}/offers", None, token)
            department = next(d["id"] for d in offers["departments"] if d["practitioners"])
            self._send("visit", f"{url}/encounters", token, {"department": department, "patient": PATIENT, "answers": {}})

    def _send(self, kind: str, url: str, token: str, body: dict[str, Any]) -> None:
        name = client_id()
        self.asked.append(name)
        body = body | {"client_id": name, "accept_terms": True}
        status, _ = insist(url, body, token)
        self.answers.append((kind, name, status, str(body.get("slot", ""))))
