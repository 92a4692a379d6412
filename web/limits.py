"""Rate limits: per visitor, so that two hundred people behind one clinic's address never block each other."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from config import Settings
from web.errors import Refusal


class Limits:
    def __init__(self, settings: Settings) -> None:
        self._limiter = FixedWindowRateLimiter(storage_from_string(settings.redis_url or "memory://"))
        self._items: dict[str, RateLimitItem] = {
            "visitor": RateLimitItemPerMinute(settings.session_requests_per_minute),
            "new_session": RateLimitItemPerMinute(settings.new_sessions_per_minute),
            "plain_page": RateLimitItemPerMinute(settings.plain_pages_per_minute),
            "network_check": RateLimitItemPerMinute(settings.network_checks_per_minute),
            "contact_request": RateLimitItemPerHour(settings.contact_requests_per_hour),
            "birth_date": RateLimitItemPerHour(settings.birth_dates_per_hour),
            "waitlist": RateLimitItemPerHour(settings.waitlist_entries_per_hour),
            "calendar_feed": RateLimitItemPerMinute(settings.calendar_feeds_per_minute),
            "new_link": RateLimitItemPerHour(settings.new_links_per_hour),
            "new_link_request": RateLimitItemPerHour(settings.new_link_requests_per_hour),
            "pin": RateLimitItemPerHour(settings.pins_per_hour),
            "pin_request": RateLimitItemPerHour(settings.pin_requests_per_hour),
            "test_mail": RateLimitItemPerHour(settings.test_mails_per_hour),
            "file": RateLimitItemPerHour(settings.files_per_hour),
            "sign_in": RateLimitItemPerMinute(settings.sign_ins_per_minute),
        }

    def hit(self, name: str, who: str) -> bool:
        """Count one; False when it is one too many."""
        return bool(self._limiter.hit(self._items[name], name, who))


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["limits"] = Limits(settings)


def hit(name: str, who: str) -> None:
    """Count one. Raises Refusal when it is one too many."""
    if not current_app.extensions["limits"].hit(name, who):
        raise Refusal("too_many", 429)


def network() -> str:
    """The caller's address; of IPv6 the /64, since that is what one household has."""
    address = ip_address(request.remote_addr or "127.0.0.1")
    return str(ip_network(f"{address}/64", strict=False)) if address.version == 6 else str(address)
