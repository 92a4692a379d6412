"""Facts that concern live connections of other processes: told on through Redis, heard there like facts of their own.

Only for what a process has to do with its own connections, such as hanging up; what pages are told goes through the
sockets' own queue. A hint that is lost costs no more than the time until the next look.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import redis

from telehealth.event import when

log = logging.getLogger(__name__)
TOPIC = "konsulto:facts"
PAUSE = 1.0  # seconds until the next attempt at a Redis that does not answer


class Neighbours:
    """The other processes of this house; without a Redis there are none."""

    def __init__(self, redis_url: str) -> None:
        self.name = secrets.token_hex(8)
        self.redis = redis.Redis.from_url(redis_url) if redis_url else None
        self._kinds: dict[str, type] = {}
        self._listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)

    def hear(self, kind: type, listener: Callable[[Any], None]) -> None:
        """Call `listener` with every fact of this kind, whichever process it became true in."""
        when(kind)(listener)
        if kind not in self._listeners:
            self._kinds[kind.__name__] = kind
            when(kind)(self._pass_on)
        self._listeners[kind].append(listener)

    def _pass_on(self, fact: Any) -> None:
        if self.redis is not None:
            told = {"from": self.name, "kind": type(fact).__name__, "fact": asdict(fact)}
            self.redis.publish(TOPIC, json.dumps(told))

    def start(self) -> None:
        """Listen until the process ends, in a thread, which eventlet makes a green one."""
        if self.redis is not None:
            threading.Thread(target=self._listen, name="neighbours", daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                self._receive()
            except redis.RedisError:
                log.exception("neighbours cannot be heard")
                time.sleep(PAUSE)

    def _receive(self) -> None:
        assert self.redis is not None
        with self.redis.pubsub(ignore_subscribe_messages=True) as topic:
            topic.subscribe(TOPIC)
            for message in topic.listen():
                self._tell(json.loads(message["data"]))

    def _tell(self, told: dict[str, Any]) -> None:
        kind = self._kinds.get(told["kind"])
        if kind is None or told["from"] == self.name:
            return
        for listener in self._listeners[kind]:
            try:
                listener(kind(**told["fact"]))
            except Exception:  # one deaf listener must not silence the others
                log.exception("listener of %s failed", told["kind"])
