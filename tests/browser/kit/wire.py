"""A wire between the browser and a server that a test can cut, freeze and mend."""
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Wire:
    """Forwards every connection to a port. Cut: closed at once, new ones too. Frozen: open, and nothing arrives."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.flows = {"questions": threading.Event(), "answers": threading.Event()}
        self._flow()
        self.is_cut = self.is_over = False
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def cut(self) -> None:
        self.is_cut = True
        self._close_all()

    def freeze(self, *, answers_only: bool = False) -> None:
        for way in ["answers"] if answers_only else self.flows:
            self.flows[way].clear()

    def mend(self) -> None:
        """Carry new connections again; those that were frozen stay dead."""
        if not all(flow.is_set() for flow in self.flows.values()):
            self._close_all()
        self.is_cut = False
        self._flow()

    def end(self) -> None:
        self.is_over = True
        self.listener.close()
        self._close_all()
        self._flow()

    def _flow(self) -> None:
        for flow in self.flows.values():
            flow.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self.is_over:
                self._connect(self.listener.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        if self.is_cut:
            near.close()
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:  # nobody listens there now
            near.close()
            return
        self.open |= {near, far}
        for way, *ends in (("questions", near, far), ("answers", far, near)):
            threading.Thread(target=self._carry, args=(self.flows[way], *ends), daemon=True).start()

    def _carry(self, flow: threading.Event, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                flow.wait()
                sink.sendall(data)
        self._close(source, sink)

    def _close_all(self) -> None:
        self._close(*self.open)

    def _close(self, *ends: socket.socket) -> None:
        for end in ends:
            self.open.discard(end)
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    wire = Wire(port)
    try:
        yield wire
    finally:
        wire.end()
