"""A thousand people who come in over plain HTTP: whoever gets no answer sends the same again, some reload, some stay online."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.clinic import client_id
from tests.fault.pages import Pages
from tests.fault.people import PATIENT

PATIENCE = 60  # seconds
RELOADS, STAYS_ONLINE = 0.15, 0.05  # shares of those who arrive


@dataclass
class Visitor:
    """`sendings` is how often the entry was sent until it was answered, `reloads` what each reload was shown."""

    client_id: str
    token: str
    sendings: int = 0
    entered: dict[str, Any] = field(default_factory=dict)
    reloads: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Arrivals:
    """Everybody who has come, from several doors at once. What each one does is drawn from the seed."""

    port: int
    department: int
    pages: Pages
    seed: int
    visitors: list[Visitor] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def begin(self, count: int, doors: int = 8) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._safely, args=(door, count // doors)) for door in range(doors)]
        for thread in threads:
            thread.start()
        return threads

    def _safely(self, door: int, count: int) -> None:
        try:
            self._come(random.Random(self.seed + door), Caller(self.port), count)
        except BaseException as error:
            self.failures.append(error)

    def _come(self, chance: random.Random, call: Caller, count: int) -> None:
        here: list[Visitor] = []
        for _ in range(count):
            here.append(self._arrive(call))
            if chance.random() < RELOADS:
                self._reload(call, chance.choice(here))
            if chance.random() < STAYS_ONLINE:
                self.pages.open_patient(here[-1].client_id, here[-1].token)

    def _arrive(self, call: Caller) -> Visitor:
        visitor = Visitor(client_id(), call.insist("POST", "/session", {})[0]["token"])
        body = {"client_id": visitor.client_id, "department": self.department, "patient": PATIENT, "accept_terms": True}
        visitor.entered, visitor.sendings = call.insist("POST", "/encounters", body, visitor.token)
        self.visitors.append(visitor)
        return visitor

    def _reload(self, call: Caller, visitor: Visitor) -> None:
        """A tab that remembers its ticket only."""
        token = call.insist("POST", "/session", {"ticket": visitor.entered["ticket"]})[0]["token"]
        visitor.reloads.append(call.insist("GET", "/encounters/current", None, token)[0])


class Caller:
    """A connection that is kept as long as it holds."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connection = self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def insist(self, method: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> tuple[Any, int]:
        """The answer, and how often it had to be asked for. Raises when the server refuses."""
        end = time.monotonic() + PATIENCE
        for sending in range(1, 1_000):
            try:
                return self._ask(method, path, body, token), sending
            except (OSError, http.client.HTTPException):
                self.connection.close()
                self.connection = self._connect()
            if time.monotonic() > end:
                break
            time.sleep(0.1)
        raise TimeoutError(path)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, token: str) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Bearer {token}"}
        data = None if body is None else json.dumps(body)
        self.connection.request(method, f"/w/demo-walk-in{path}", data, headers)
        answer = self.connection.getresponse()
        told = json.loads(answer.read())
        assert answer.status < 300, (path, answer.status, told)
        return told
