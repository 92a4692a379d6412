"""A page that is connected to a live server, without a browser."""

from __future__ import annotations

import functools
import queue
import socket
from contextlib import suppress
from typing import Any

import socketio
import websocket

SECONDS = 10

# Socket.IO's client reads the server's goodbye in its own thread, while websocket-client waits three seconds for it here.
websocket.WebSocket.close = functools.partialmethod(websocket.WebSocket.close, timeout=0.05)


class Page:
    """`heard` gives what it was told; `came_from` is the site of the page where another carries its wire. Raises socketio's ConnectionError when it is refused."""

    def __init__(
        self, origin: str, namespace: str, transport: str = "websocket", headers: dict[str, str] | None = None, came_from: str = "",
        **auth: Any,
    ) -> None:  # fmt: skip
        self.namespace = namespace
        self.events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.client = socketio.Client(reconnection=False, websocket_extra_options={"origin": came_from} if came_from else None)
        self.client.on("*", lambda event, data: self.events.put((event, data)), namespace=namespace)
        self.client.connect(
            origin, namespaces=[namespace], auth=auth, transports=[transport], headers=headers or {}, wait_timeout=SECONDS
        )

    def ask(self, event: str, **data: Any) -> Any:
        return self.client.call(event, data, namespace=self.namespace, timeout=SECONDS)

    def heard(self, event: str) -> Any:
        """The next that was told under this name; what else was told before is passed by."""
        while True:
            name, data = self.events.get(timeout=SECONDS)
            if name == event:
                return data

    def close(self) -> None:
        """As when a tab is closed: at once, without a word."""
        with suppress(AttributeError, OSError):  # it is closed already
            self.client.eio.ws.sock.shutdown(socket.SHUT_RDWR)
