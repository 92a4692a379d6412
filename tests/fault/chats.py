"""Chats as pages on both sides are meant to have them: each deed is sent until it is acknowledged, each page catches up after every
connect, and what happened to a message is applied by its number.

They speak the real protocol through the client that real pages have a twin of. By the seed, lines are cut or freeze half open, tabs
sleep, deeds are sent twice, words are put otherwise and deleted.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from socketio.exceptions import SocketIOError

from tests.browser.kit.wire import Wire, wire_to
from tests.clinic import client_id
from tests.fault.people import insist
from tests.page import Page

PATIENCE, ANSWER = 90, 4  # seconds: until a deed is given up, and until a line that says nothing is
CUT, HALF_OPEN, ASLEEP, DOUBLED = 0.06, 0.01, 0.03, 0.05  # shares of deeds after which that happens
EDITED, DELETED = 0.12, 0.05  # shares of deeds that change earlier words


@dataclass
class Tab:
    """An open page of one side; `rows` are what it would show, by their place, `reached` is the last change it knows of."""

    base: str
    wire: Wire
    is_desk: bool
    token: Callable[[], str]
    which: dict[str, Any]
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    reached: int = 0
    caught_up_in: list[float] = field(default_factory=list)
    page: Page | None = None

    def ask(self, event: str, **data: Any) -> Any:
        """Ask until there is an answer; a line that says nothing is given up and opened anew."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                answer = self._call(self._connected(), event, data)
            except (SocketIOError, OSError, AttributeError):
                self.cut()
                time.sleep(0.05)
                continue
            if answer is None or answer.get("error") not in {"too_many", "busy", "failed"}:
                return answer
            time.sleep(0.2)
        raise TimeoutError(event)

    def say(self, text: str, name: str) -> int:
        return int(self.ask("post" if self.is_desk else "say", client_id=name, text=text)["seq"])

    def cut(self) -> None:
        """As when the network goes: without a word."""
        self.wire.mend()
        if self.page is not None:
            page, self.page = self.page, None
            page.close()

    def _call(self, page: Page, event: str, data: dict[str, Any]) -> Any:
        return page.client.call(event, self.which | data, namespace=page.namespace, timeout=ANSWER)

    def _connected(self) -> Page:
        if self.page is None:
            page = Page(self.wire.origin, "/desk" if self.is_desk else "/chat", came_from=self.base, token=self.token())
            begun = time.monotonic()
            if not self.is_desk:
                self._call(page, "open", {})
            self._catch_up(page)
            self.caught_up_in.append(time.monotonic() - begun)
            self.page = page
        return self.page

    def _catch_up(self, page: Page) -> None:
        before = -1
        while before < self.reached:
            before = self.reached
            for row in self._call(page, "talk" if self.is_desk else "catch_up", {"after": self.reached})["items"]:
                self._apply(row)

    def hear(self) -> None:
        """Take what was told; a number that skips some is left for the catching up."""
        page = self.page
        while page is not None and not page.events.empty():
            event, told = page.events.get()
            row = told.get("message") if self.is_desk and event == "message" and told["id"] == self.which["id"] else told
            if event != "message" or row is None or "changed" not in row or row["changed"] <= self.reached:
                continue
            if row["changed"] > self.reached + 1:
                self.look()
                return
            self._apply(row)

    def look(self) -> None:
        try:
            self._catch_up(self._connected())
        except (SocketIOError, OSError, AttributeError):
            self.cut()

    def _apply(self, row: dict[str, Any]) -> None:
        self.rows[row["seq"]] = row
        self.reached = max(self.reached, row["changed"])


@dataclass
class Talk:
    """A patient and somebody of the staff, each with two tabs. `said` is what was acknowledged last of each message, by its place."""

    port: int
    base: str
    channel: int
    desk_token: Callable[[], str]
    number_of: Callable[[str], int]
    count: int
    seed: int
    said: dict[int, str] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    own: dict[bool, list[int]] = field(default_factory=lambda: {False: [], True: []})
    tabs: list[Tab] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def begin(self) -> threading.Thread:
        thread = threading.Thread(target=self._safely)
        thread.start()
        return thread

    def _safely(self) -> None:
        try:
            with ExitStack() as wires:
                self._talk(wires, random.Random(self.seed))
        except BaseException as error:
            self.failures.append(error)

    def _talk(self, wires: ExitStack, chance: random.Random) -> None:
        token = insist(f"{self.base}/w/demo-chat/session", {})[1]["token"]
        first = client_id()
        body = {"client_id": client_id(), "message_id": first, "channel": self.channel, "text": "0", "name": "Racer"}
        status, begun = insist(f"{self.base}/w/demo-chat/conversations", body, token)
        assert status == 201, begun
        self._note(False, begun["seq"], "0", first)
        patient, desk = {"conversation": begun["conversation"]}, {"id": self.number_of(begun["conversation"])}
        for is_desk, which, key in ((False, patient, lambda: token), (True, desk, self.desk_token)):
            self.tabs += [Tab(self.base, wires.enter_context(wire_to(self.port)), is_desk, key, which) for _ in range(2)]
        self.tabs[-1].ask("claim")
        for number in range(1, self.count):
            self._do(chance, chance.choice(self.tabs), str(number))
        for tab in self.tabs:
            tab.cut()
            tab.look()
            tab.ask("read")

    def _do(self, chance: random.Random, tab: Tab, text: str) -> None:
        luck, mine = chance.random(), self.own[tab.is_desk]
        if mine and luck < EDITED + DELETED:
            self._change(tab, chance.choice(mine), "" if luck < DELETED else text)
        else:
            self._say(tab, text, twice=chance.random() < DOUBLED)
        self._mishap(chance, tab)
        for one in self.tabs:
            one.hear()

    def _say(self, tab: Tab, text: str, *, twice: bool) -> None:
        name = client_id()
        seq = tab.say(text, name)
        if twice:
            assert tab.say(text, name) == seq
        self._note(tab.is_desk, seq, text, name)

    def _note(self, is_desk: bool, seq: int, text: str, name: str) -> None:
        assert seq not in self.said, "two messages have one place"
        assert not self.own[is_desk] or seq > max(self.said), "later words stand before earlier ones"
        self.said[seq], self.names[name] = text, seq
        self.own[is_desk].append(seq)

    def _change(self, tab: Tab, seq: int, text: str) -> None:
        answer = tab.ask("edit", seq=seq, text=text) if text else tab.ask("delete", seq=seq)
        assert "changed" in answer, answer
        self.said[seq] = text
        if not text:
            self.own[tab.is_desk].remove(seq)

    def _mishap(self, chance: random.Random, tab: Tab) -> None:
        luck = chance.random()
        if luck < CUT:
            tab.cut()
        elif luck < CUT + HALF_OPEN:
            tab.wire.freeze(answers_only=chance.random() < 0.5)
        elif luck < CUT + HALF_OPEN + ASLEEP:
            time.sleep(0.3)


def check(talks: list[Talk], deeds: int) -> list[float]:
    """Every acknowledged message is there once, in its place and in its last words, in every tab; gives the seconds of catching up."""
    for talk in talks:
        assert not talk.failures, talk.failures
        assert len(talk.names) <= deeds
        for tab in talk.tabs:
            assert {seq: row["text"] for seq, row in tab.rows.items()} == talk.said
            assert {row["client_id"]: seq for seq, row in tab.rows.items()} == talk.names
    return sorted(second for talk in talks for tab in talk.tabs for second in tab.caught_up_in)
