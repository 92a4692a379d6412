"""Where browsers find a way to each other: STUN servers, and TURN relays with a password of minutes for one participant."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from config import Settings


CHECK_SECONDS = 60  # how long the password for a check lasts at most


def ways(settings: Settings, participant: str, now: datetime) -> dict[str, Any]:
    """What an RTCPeerConnection is made with."""
    return _configuration(settings, servers(settings, participant, now))


def ways_to_check(settings: Settings, participant: str, now: datetime) -> dict[str, Any]:
    """The same for somebody who only looks whether these ways are open, with a password of a minute."""
    seconds = min(CHECK_SECONDS, settings.turn_seconds)
    return _configuration(settings, servers(settings, participant, now, seconds))


def _configuration(settings: Settings, found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"iceServers": found, "iceTransportPolicy": "relay" if settings.calls_by_relay_only else "all"}


def servers(settings: Settings, participant: str, now: datetime, seconds: int | None = None) -> list[dict[str, Any]]:
    """The `iceServers` of an RTCPeerConnection; the password is what coturn's use-auth-secret expects."""
    stun, turn = _addresses(settings.stun_urls), _addresses(settings.turn_urls)
    found: list[dict[str, Any]] = [{"urls": stun}] if stun else []
    if turn and settings.turn_secret:
        ends = now + timedelta(seconds=seconds or settings.turn_seconds)
        name = f"{int(ends.timestamp())}:{participant}"
        mac = hmac.new(settings.turn_secret.encode(), name.encode(), hashlib.sha1).digest()
        found.append({"urls": turn, "username": name, "credential": base64.b64encode(mac).decode()})
    return found


def _addresses(urls: str) -> list[str]:
    return [url for url in urls.replace(",", " ").split() if url]
