"""Requests to addresses that somebody else has named: https, to the public internet only, nowhere else from there.

The address is judged when it is connected to, so that a name which leads somewhere else a moment later leads nowhere.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

PATIENCE = 10  # seconds
LONGEST_ANSWER = 65_536  # bytes
TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 addresses, private ones among them, behind a translating router


class Inside(Exception):
    """The address is not https, or leads to a machine that is not on the public internet."""


def post(url: str, body: bytes, headers: dict[str, str], *, inside: bool = False) -> tuple[int, bytes]:
    """Status and the beginning of the answer; redirects are not followed. `inside` allows every address, for tests.

    Raises Inside, OSError, http.client.HTTPException.
    """
    status, _headers, answer = _ask("POST", url, body, headers, inside)
    return status, answer


def head_of(url: str, *, inside: bool = False) -> tuple[int, dict[str, str]]:
    """Status and headers (names in small letters) of what a browser would get there; raises as `post` does."""
    status, headers, _answer = _ask("GET", url, None, {"Accept": "text/html"}, inside)
    return status, headers


def _ask(
    method: str, url: str, body: bytes | None, headers: dict[str, str], inside: bool
) -> tuple[int, dict[str, str], bytes]:
    there = urlsplit(url)
    connection = _connection(there, inside)
    try:
        connection.request(method, (there.path or "/") + (f"?{there.query}" if there.query else ""), body, headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read(LONGEST_ANSWER)
    finally:
        connection.close()


def _connection(there: SplitResult, inside: bool) -> http.client.HTTPConnection:
    if inside and there.scheme == "http":
        return http.client.HTTPConnection(there.hostname or "", there.port, timeout=PATIENCE)
    if there.scheme != "https" or not there.hostname:
        raise Inside(there.scheme)
    made = http.client.HTTPSConnection(
        there.hostname, there.port, timeout=PATIENCE, context=ssl.create_default_context()
    )  # fmt: skip
    if not inside:
        made._create_connection = _connect_outside  # type: ignore[attr-defined]  # the library's own seam
    return made


def connect(host: str, port: int, *, inside: bool = False) -> socket.socket:
    """A connection to a server that is no web server. `inside` allows every address, for tests. Raises Inside, OSError."""
    if inside:
        return socket.create_connection((host, port), PATIENCE)
    return _connect_outside((host, port), PATIENCE)


def get(url: str, headers: dict[str, str], *, inside: bool = False) -> tuple[int, bytes]:
    """Status and the beginning of the answer; raises as `post` does."""
    status, _headers, answer = _ask("GET", url, None, headers, inside)
    return status, answer


def _connect_outside(address: tuple[str, int], timeout: float, source: tuple[str, int] | None = None) -> socket.socket:
    """Connect to what was judged, not to what the name means by then."""
    host, port = address
    found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not all(is_outside(str(there)) for there in found):
        raise Inside(host)
    return socket.create_connection((str(found[0]), port), timeout, source)


def is_outside(address: str) -> bool:
    """Whether an IP address is one of the public internet, in whatever form it is written."""
    there = ip_address(address.partition("%")[0])
    if isinstance(there, IPv6Address):
        if there in TRANSLATED:
            return False
        there = there.ipv4_mapped or there.sixtofour or there
    return there.is_global and not there.is_multicast
