"""A patient's tab as it is meant to work: sends until acknowledged, catches up after every connect, applies each number once.

It speaks the real protocol through the client that real pages have a twin of; lines are cut, frozen and doubled by the seed.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from socketio.exceptions import SocketIOError

from tests.clinic import client_id
from tests.fault.people import insist
from tests.page import Page

PATIENCE = 90  # seconds
CUT, DOUBLED, FROZEN = 0.06, 0.05, 0.03  # shares of messages at which the line is cut, the message doubled, the tab asleep


@dataclass
class Tab:
    """`log` is what the page would show: (number, client id), rows with a known number replaced."""

    base: str
    token: str
    conversation: str
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    caught_up_in: list[float] = field(default_factory=list)
    page: Page | None = None

    def ask(self, event: str, **data: Any) -> Any:
        """Ask until there is an answer; a line that says nothing is given up and opened anew."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                answer = self._connected().ask(event, conversation=self.conversation, **data)
            except (SocketIOError, OSError, AttributeError):
                self.cut()
                time.sleep(0.05)
                continue
            if answer.get("error") not in {"too_many", "busy", "failed"}:
                return answer
            time.sleep(0.2)
        raise TimeoutError(event)

    def cut(self) -> None:
        """As when the network goes: without a word."""
        if self.page is not None:
            page, self.page = self.page, None
            page.close()

    def _connected(self) -> Page:
        if self.page is None:
            page = Page(self.base, "/chat", token=self.token)
            begun = time.monotonic()
            page.ask("open", conversation=self.conversation)
            self._catch_up(page)
            self.caught_up_in.append(time.monotonic() - begun)
            self.page = page
        return self.page

    def _catch_up(self, page: Page) -> None:
        more = True
        while more:
            answer = page.ask("catch_up", conversation=self.conversation, after=self.order[-1] if self.order else 0)
            for row in answer["items"]:
                self._apply(row)
            more = answer["more"]

    def hear(self) -> None:
        """Take what was told; a number that skips some is left for the catching up."""
        page = self.page
        while page is not None and not page.events.empty():
            event, row = page.events.get()
            if event == "message" and row["seq"] <= (self.order[-1] if self.order else 0) + 1:
                self._apply(row)
            elif event == "message":
                self.look()

    def look(self) -> None:
        try:
            self._catch_up(self._connected())
        except (SocketIOError, OSError, AttributeError):
            self.cut()

    def _apply(self, row: dict[str, Any]) -> None:
        if row["seq"] not in self.rows:
            self.order.append(row["seq"])
        self.rows[row["seq"]] = row


@dataclass
class Talk:
    """One patient with two tabs; `acknowledged` are the client ids that the server has taken, with their numbers."""

    base: str
    channel: int
    count: int
    seed: int
    acknowledged: dict[str, int] = field(default_factory=dict)
    tabs: list[Tab] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def begin(self) -> threading.Thread:
        thread = threading.Thread(target=self._safely)
        thread.start()
        return thread

    def _safely(self) -> None:
        try:
            self._talk(random.Random(self.seed))
        except BaseException as error:
            self.failures.append(error)

    def _talk(self, chance: random.Random) -> None:
        token = insist(f"{self.base}/w/demo-chat/session", {})[1]["token"]
        first = client_id()
        body = {"client_id": client_id(), "message_id": first, "channel": self.channel, "text": "0", "name": "Racer"}
        status, begun = insist(f"{self.base}/w/demo-chat/conversations", body, token)
        assert status == 201, begun
        self.acknowledged[first] = begun["seq"]
        self.tabs = [Tab(self.base, token, begun["conversation"]) for _ in range(2)]
        for number in range(1, self.count):
            self._say(chance, chance.choice(self.tabs), str(number))
        for tab in self.tabs:
            tab.cut()
            tab.ask("beat")
            tab.hear()

    def _say(self, chance: random.Random, tab: Tab, text: str) -> None:
        name, luck = client_id(), chance.random()
        answer = tab.ask("say", client_id=name, text=text)
        self.acknowledged[name] = answer["seq"]
        if luck < DOUBLED:
            assert tab.ask("say", client_id=name, text=text) == answer
        elif luck < DOUBLED + CUT:
            tab.cut()
        elif luck < DOUBLED + CUT + FROZEN:
            time.sleep(0.3)
        tab.hear()
