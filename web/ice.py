"""Where browsers find a way to each other: STUN servers, and TURN relays with a password of minutes for one participant."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from config import Settings


def ways(settings: Settings, participant: str, now: datetime) -> dict[str, Any]:
    """What an RTCPeerConnection is made with."""
    policy = "relay" if settings.calls_by_relay_only else "all"
    return {"iceServers": servers(settings, participant, now), "iceTransportPolicy": policy}


def servers(settings: Settings, participant: str, now: datetime) -> list[dict[str, Any]]:
    """The `iceServers` of an RTCPeerConnection; the password is what coturn's use-auth-secret expects."""
    stun, turn = _addresses(settings.stun_urls), _addresses(settings.turn_urls)
    found: list[dict[str, Any]] = [{"urls": stun}] if stun else []
    if turn and settings.turn_secret:
        ends = now + timedelta(seconds=settings.turn_seconds)
        name = f"{int(ends.timestamp())}:{participant}"
        mac = hmac.new(settings.turn_secret.encode(), name.encode(), hashlib.sha1).digest()
        found.append({"urls": turn, "username": name, "credential": base64.b64encode(mac).decode()})
    return found


def _addresses(urls: str) -> list[str]:
    return [url for url in urls.replace(",", " ").split() if url]
