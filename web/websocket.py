"""Makes eventlet's websocket fit for live traffic: frames unmasked in one step, written together, none compressed, none after the close.

eventlet unmasks byte by byte, which stops the loop for 20 ms at a 64 kB frame, and deflates every 100-byte message,
which costs more than sending it; Socket.IO's own server does not compress either. A message that is being written while
the browser says goodbye would follow eventlet's closing frame, which RFC 6455 (5.5.1) forbids and browsers complain of.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from typing import Any

CLOSE = 0x88  # the first byte of a closing frame


def unmasked(data: bytes, mask: bytes, length: int | None = None, offset: int = 0) -> bytes:
    """The payload of a frame: each byte exclusive-or with the four bytes of its mask, in turn (RFC 6455, 5.3)."""
    length = len(data) if length is None else length
    turned = mask[offset % 4 :] + mask[: offset % 4]
    key = (turned * (length // 4 + 1))[:length]
    return (int.from_bytes(data[:length], "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")


def without_compression(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that is never asked to compress frames."""

    def ask(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return app(environ, start_response)

    return ask


def send_until_closed(websocket: Any, frame: bytes) -> None:
    """Write a frame unless the closing one has gone; frames of one turn of the loop leave together, for each write is a call
    to the system that costs more than everything else about a message. Raises BrokenPipeError, as for a connection that is gone.
    """
    if getattr(websocket, "said_goodbye", False):
        raise BrokenPipeError(errno.EPIPE, "the websocket is closed")
    waiting = getattr(websocket, "waiting", b"")
    websocket.waiting = waiting + frame
    if frame[0] == CLOSE:
        websocket.said_goodbye = True
        _write(websocket)
    elif not waiting:
        from eventlet import spawn_n

        spawn_n(_write_or_part, websocket)


def _write(websocket: Any) -> None:
    with websocket._sendlock:
        together, websocket.waiting = websocket.waiting, b""
        if together:
            websocket.socket.sendall(together)


def _write_or_part(websocket: Any) -> None:
    """What cannot be written any more makes the next frame fail; whoever reads from the connection notices its end."""
    try:
        _write(websocket)
    except OSError:
        websocket.said_goodbye = True


def tune(app: Any) -> None:
    """Apply all to a Flask application that eventlet will serve."""
    from eventlet.websocket import RFC6455WebSocket

    RFC6455WebSocket._apply_mask = staticmethod(unmasked)
    RFC6455WebSocket._send = send_until_closed
    app.wsgi_app = without_compression(app.wsgi_app)
