"""What a page weighs: the loader, and everything a widget fetches until it is usable, gzip as a proxy would send it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

from bench.figure import Figure

LINKS = re.compile(r'<(?:link|script)[^>]*?(?:href|src)="([^"]+\.(?:css|js)[^"]*)"')
IMPORTS = re.compile(r'(?:^|\n)\s*(?:import|export)[^;"\']*?["\']([./][^"\']+)["\']')
SOCKET_CLIENT = "/static/vendor/socket.io.esm.min.js"
Get = Callable[[str], bytes]


def weigh(get: Get, page: str, *also: str) -> int:
    """Bytes of a page and of what it links and imports, transitively, each compressed on its own."""
    html = get(page)
    fetched = {page: html}
    waiting = [urljoin(page, link) for link in LINKS.findall(html.decode())] + list(also)
    while waiting:
        url = waiting.pop()
        if url not in fetched:
            fetched[url] = get(url)
            if url.partition("?")[0].endswith(".js") and "vendor" not in url:
                waiting += [urljoin(url, name) for name in IMPORTS.findall(fetched[url].decode())]
    return sum(len(gzip.compress(body, 9)) for body in fetched.values())


def widget_weights(get: Get, widgets: dict[str, str]) -> dict[str, int]:
    """Bytes by name of the budget; the chat needs its socket from the start."""
    also = {"walk_in": (), "booking": (), "chat": (SOCKET_CLIENT,)}
    return {f"{kind}_first_load_gzip_bytes": weigh(get, f"/w/{key}", *also[kind]) for kind, key in widgets.items()}


BUDGETS = {
    "embed_js_gzip_bytes": ("<= 3000", "Rocket.Chat livechat (measured before)", 3_146),
    "walk_in_first_load_gzip_bytes": ("<= 25000", None, None),
    "booking_first_load_gzip_bytes": ("<= 25000", "Easy!Appointments, page alone, not compressed (measured before)", 93_600),
    "chat_first_load_gzip_bytes": ("<= 40000", "LiveHelperChat (measured before)", 185_781),
}


def measure() -> Iterator[Figure]:
    from bench.application import application

    with application() as (app, clinic):
        client = app.test_client()
        weights = widget_weights(lambda url: client.get(url).data, clinic.widgets)
        weights["embed_js_gzip_bytes"] = len(gzip.compress(client.get("/embed.js").data, 9))
        for name, (budget, peer, value) in BUDGETS.items():
            yield Figure(name, weights[name], "bytes", budget, peer, value)
