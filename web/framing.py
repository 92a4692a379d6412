"""Which web sites may show a widget: patterns checked, the framing policy made of them, an origin compared with them.

A pattern is scheme, host and port as a browser writes an origin. `https://*.clinic.example` stands for every subdomain,
not for clinic.example itself. ANY_LOOPBACK stands for web servers on the visitor's own machine: for trying things out.
"""
import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

import idna

ANY_LOOPBACK = "any loopback"
# A content policy knows no pattern for all of 127.0.0.0/8, and browsers refuse its IPv6 form.
LOOPBACK_HOSTS = ("localhost", "*.localhost", "127.0.0.1", "127.0.0.2", "127.0.0.3")
DEFAULT_PORTS = {"http": 80, "https": 443}
UNSAFE = re.compile(r"[\s;,'\"<>\\`|^{}\[\]\x00-\x1f\x7f]")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


class SiteRefused(ValueError):
    """A pattern that names no web site; `reason` is one of the codes below, for the face to word."""

    def __init__(self, pattern: str, reason: str) -> None:
        super().__init__(f"{reason}: {pattern!r}")
        self.pattern, self.reason = pattern, reason


@dataclass(frozen=True)
class Site:
    """Scheme, host in ASCII and port; `port` is always given."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, pattern: str) -> Self:
        """Read a pattern, or the address of a page on that site.

        Raises:
            SiteRefused: "characters", "scheme", "host", "port", "person" (user name in the address) or "wildcard".
        """
        written = pattern.strip().lower()
        if not written or UNSAFE.search(written):
            raise SiteRefused(pattern, "characters")
        parts = urlsplit(written if SCHEME.match(written) else f"https://{written}")
        if parts.scheme not in DEFAULT_PORTS:
            raise SiteRefused(pattern, "scheme")
        if "@" in parts.netloc:
            raise SiteRefused(pattern, "person")
        host, colon, port = parts.netloc.partition(":")
        number = _port(port, pattern) if colon else DEFAULT_PORTS[parts.scheme]
        return cls(parts.scheme, _host(host, pattern), number)

    def __str__(self) -> str:
        usual = self.port == DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{self.host}" if usual else f"{self.scheme}://{self.host}:{self.port}"

    def allows(self, origin: "Site") -> bool:
        """Whether a page of this origin may show the widget; as in a content policy, http stands for https too."""
        return self._allows_host(origin.host) and self._allows_way(origin)

    def _allows_host(self, host: str) -> bool:
        return host.endswith(self.host[1:]) if self.host.startswith("*.") else host == self.host

    def _allows_way(self, origin: "Site") -> bool:
        if origin.scheme == self.scheme:
            return origin.port == self.port
        return self.scheme == "http" and origin.port in (self.port, 443 if self.port == 80 else self.port)


def normalised(pattern: str) -> str:
    """The one way a pattern is kept; raises SiteRefused."""
    return ANY_LOOPBACK if pattern.strip() == ANY_LOOPBACK else str(Site.parse(pattern))


def sources(allowed_sites: Iterable[str]) -> list[str]:
    """The sites as a content policy writes them; what is no site, however it got there, is left out."""
    found: list[str] = []
    for pattern in allowed_sites:
        found += _loopback_sources() if pattern == ANY_LOOPBACK else _source(pattern)
    return list(dict.fromkeys(found))


def sites_of(addresses: Iterable[str]) -> list[str]:
    """The sites on which these addresses lie, as a content policy writes them; empty ones are left out."""
    places = [urlsplit(address) for address in addresses if address]
    return sources(f"{place.scheme}://{place.netloc}" for place in places)


def frame_ancestors(allowed_sites: Iterable[str], *, preview: bool = False) -> str:
    """The directive that lets these sites, and nobody else, show the page; `preview` adds the product's own pages."""
    allowed = (["'self'"] if preview else []) + sources(allowed_sites)
    return "frame-ancestors " + (" ".join(allowed) or "'none'")


def origin_allowed(origin: str | None, allowed_sites: Iterable[str]) -> bool:
    """Whether an Origin header, or a message's origin, belongs to one of these sites."""
    try:
        asking = _origin(origin or "")
    except SiteRefused:
        return False
    return any(_pattern_allows(pattern, asking) for pattern in allowed_sites)


def _origin(text: str) -> Site:
    """An origin exactly as a browser writes it: no wildcard, nothing after the port."""
    site = Site.parse(text)
    if str(site) != text or site.host.startswith("*."):
        raise SiteRefused(text, "host")
    return site


def _pattern_allows(pattern: str, origin: Site) -> bool:
    if pattern == ANY_LOOPBACK:
        return origin.scheme == "http" and _is_loopback(origin.host)
    return any(Site.parse(source).allows(origin) for source in _source(pattern))


def _source(pattern: str) -> list[str]:
    try:
        return [str(Site.parse(pattern))]
    except SiteRefused:
        return []


def _loopback_sources() -> list[str]:
    return [f"http://{host}:*" for host in LOOPBACK_HOSTS]


def _is_loopback(host: str) -> bool:
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


def _port(text: str, pattern: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SiteRefused(pattern, "port")
    return int(text)


def _host(text: str, pattern: str) -> str:
    wildcard, name = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    if wildcard and ("." not in name or _is_number(name)):
        raise SiteRefused(pattern, "wildcard")
    if "*" in name:
        raise SiteRefused(pattern, "wildcard")
    return wildcard + _ascii(name, pattern)


def _ascii(name: str, pattern: str) -> str:
    try:
        written = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError as error:
        raise SiteRefused(pattern, "host") from error
    if len(written) > 253 or not all(LABEL.match(label) for label in written.split(".")):
        raise SiteRefused(pattern, "host")
    return written


def _is_number(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False
