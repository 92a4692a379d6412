"""A stand-in for a Konsulto server: the plugin API, the loader and the widget's page, and what was asked of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

from tests.browser.kit.sites import serve

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "plugin_api.json").read_text())
# Puts the widget's page where its script stands, as the real loader does for inline display.
LOADER = """
const script = document.currentScript;
const frame = document.createElement("iframe");
frame.title = "Konsulto";
frame.src = new URL(`w/${script.dataset.widget}?${new URLSearchParams(script.dataset)}`, script.src);
script.after(frame);
"""
PAGE = "<!doctype html><html lang=en><title>Widget</title><h1>Widget {widget}</h1>"


@dataclass(frozen=True)
class Connection:
    """What a site owner types to connect to a server, whether it is this stand-in or the real one."""

    server: str
    organisation: str
    api_key: str

    def settings(self) -> dict[str, str]:
        """As the plugin stores it."""
        return {"server": self.server, "organisation": self.organisation, "api_key": self.api_key}


@dataclass
class FakeServer:
    """A running stand-in; a test may change what it answers."""

    organisation: str = "clinic"
    api_key: str = "test-key-1"
    answer: Any = field(default_factory=lambda: EXAMPLES["good"]["three widgets"])
    status: int = 200
    server: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """How to connect to it."""
        return Connection(self.server, self.organisation, self.api_key)

    def list_widgets(self, slug: str) -> Response:
        """The plugin API."""
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return Response('{"error": "unauthorised"}', 401, mimetype="application/json")
        if slug != self.organisation:
            return Response('{"error": "not_found"}', 404, mimetype="application/json")
        body = json.dumps(self.answer).replace("https://konsulto.example", self.server)
        return Response(body, self.status, mimetype="application/json")

    def application(self) -> Flask:
        """The web application."""
        app = Flask("fake_konsulto", static_folder=None)
        app.before_request(lambda: self.asked.append(request.path))
        app.add_url_rule("/api/v1/organisations/<slug>/widgets", view_func=self.list_widgets)
        app.add_url_rule("/embed.js", "loader", lambda: Response(LOADER, mimetype="text/javascript"))
        app.add_url_rule("/w/<widget>", "page", lambda widget: PAGE.format(widget=widget))
        return app


@contextmanager
def fake_server() -> Iterator[FakeServer]:
    """Runs on localhost while the site runs on 127.0.0.1: two sites to a browser."""
    fake = FakeServer()
    with serve(fake.application(), "localhost") as fake.server:
        yield fake
