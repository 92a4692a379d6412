"""Frames are unmasked as RFC 6455 says, never compressed, and none follows the closing one."""

import os
import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.websocket import CLOSE, send_until_closed, unmasked, without_compression


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4), st.integers(0, 7))
def test_each_byte_is_turned_by_its_byte_of_the_mask(data: bytes, mask: bytes, offset: int) -> None:
    expected = bytes(byte ^ mask[(offset + n) % 4] for n, byte in enumerate(data))
    assert unmasked(data, mask, len(data), offset) == expected


def test_unmasking_twice_gives_back_what_was_sent() -> None:
    data, mask = os.urandom(70_000), os.urandom(4)
    assert unmasked(unmasked(data, mask), mask) == data


def test_a_browser_that_offers_compression_is_not_taken_up_on_it() -> None:
    seen: dict[str, object] = {}
    app = without_compression(lambda environ, _: seen.update(environ) or [])
    app({"HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate", "PATH_INFO": "/"}, None)
    assert seen == {"PATH_INFO": "/"}


class Websocket:
    def __init__(self, end: socket.socket) -> None:
        self.socket, self._sendlock = end, threading.Lock()


def test_what_comes_after_the_closing_frame_is_not_sent() -> None:
    here, there = socket.socketpair()
    with here, there:
        websocket = Websocket(here)
        send_until_closed(websocket, b"\x81\x01a")
        send_until_closed(websocket, bytes((CLOSE, 0)))
        for late in (b"\x81\x01b", bytes((CLOSE, 0))):
            with pytest.raises(BrokenPipeError):
                send_until_closed(websocket, late)
        here.close()
        assert there.recv(100) == b"\x81\x01a\x88\x00"


def test_frames_of_one_turn_leave_together_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    later: list[tuple[Any, ...]] = []
    monkeypatch.setattr("eventlet.spawn_n", lambda *call: later.append(call))
    here, there = socket.socketpair()
    with here, there:
        websocket = Websocket(here)
        for frame in (b"\x81\x01a", b"\x81\x01b"):
            send_until_closed(websocket, frame)
        [(write, *about)] = later
        write(*about)
        assert there.recv(100) == b"\x81\x01a\x81\x01b"
        send_until_closed(websocket, b"\x81\x01c")
        assert len(later) == 2


def test_after_a_write_that_failed_the_next_frame_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventlet.spawn_n", lambda write, *about: write(*about))
    here, there = socket.socketpair()
    there.close()
    with here:
        websocket = Websocket(here)
        send_until_closed(websocket, b"\x81\x01a")
        with pytest.raises(BrokenPipeError):
            send_until_closed(websocket, b"\x81\x01b")
