"""A bad network: passes datagrams on to a relay and loses a share of them, in both directions."""

from __future__ import annotations

import random
import selectors
import socket
import threading
from typing import Self


class LossyNetwork:
    """Listens at `port` of this machine for what is meant for `target`; `share` of it, from 0 to 1, never arrives."""

    def __init__(self, target: int) -> None:
        self.target, self.share = target, 0.0
        self.chance = random.Random(7)
        self.front = _datagrams()
        self.port = int(self.front.getsockname()[1])
        self.ways: dict[tuple[str, int], socket.socket] = {}
        self.open = selectors.DefaultSelector()
        self.ended = threading.Event()
        self.work = threading.Thread(target=self._pass_on, daemon=True)

    def __enter__(self) -> Self:
        self.open.register(self.front, selectors.EVENT_READ, None)
        self.work.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.work.join(5)
        for way in (self.front, *self.ways.values()):
            way.close()

    def _pass_on(self) -> None:
        while not self.ended.is_set():
            for key, _ in self.open.select(0.2):
                if key.data is None:
                    self._outward()
                else:
                    self._inward(self.ways[key.data], key.data)

    def _outward(self) -> None:
        data, who = self.front.recvfrom(65_536)
        if who not in self.ways:
            self.ways[who] = _datagrams()
            self.ways[who].connect(("127.0.0.1", self.target))
            self.open.register(self.ways[who], selectors.EVENT_READ, who)
        if self._arrives():
            self.ways[who].send(data)

    def _inward(self, way: socket.socket, who: tuple[str, int]) -> None:
        data = way.recv(65_536)
        if self._arrives():
            self.front.sendto(data, who)

    def _arrives(self) -> bool:
        return self.chance.random() >= self.share


def _datagrams() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    return opened
