"""ClamAV: looks through files where an operator runs its daemon, over a UNIX socket or TCP."""

from __future__ import annotations

import socket
import struct

PIECE = 64 * 1024  # bytes
TIMEOUT = 30  # seconds
LONGEST_ANSWER = 4096  # bytes


class ScannerUnreachable(Exception):
    """The daemon does not answer, or cannot look through this file now."""


def finds(address: str, data: bytes) -> str:
    """What the daemon finds in it, nothing when it is clean. Raises ScannerUnreachable.

    `address` is the path of a UNIX socket, or `host:port`.
    """
    try:
        with _connected(address) as connection:
            _send(connection, data)
            answer = _answer(connection)
    except (OSError, ValueError) as error:
        raise ScannerUnreachable(f"{type(error).__name__}: {error}") from error
    if answer.endswith(" FOUND"):
        return answer.removesuffix(" FOUND").removeprefix("stream: ")
    if answer == "stream: OK":
        return ""
    raise ScannerUnreachable(answer or "no answer")


def _connected(address: str) -> socket.socket:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    host, _colon, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT)


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(b"zINSTREAM\0")
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        connection.sendall(struct.pack(">I", len(piece)) + piece)
    connection.sendall(struct.pack(">I", 0))


def _answer(connection: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < LONGEST_ANSWER and (more := connection.recv(1024)):
        answer += more
    return answer.partition(b"\0")[0].decode(errors="replace").strip()
