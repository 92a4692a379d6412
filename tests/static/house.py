"""A small house for the shared modules: a page under a strict content policy, static files, a Socket.IO server."""
import threading
from pathlib import Path
from typing import Any

import socketio
from flask import Flask, Response, render_template_string, send_from_directory

from web import icons

ROOT = Path(__file__).parents[2]
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Shared modules</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/static/tokens.css">
  <link rel="stylesheet" href="/static/widget.css">
  <link rel="stylesheet" href="/static/staff.css">
</head>
<body>
  <main class="k-page k-stack">
{{ body }}
  </main>
{{ symbols }}
</body>
</html>
"""


def house(body: str = "<h1>Shared modules</h1>") -> Flask:
    """Serves `body` as a page, and everything below static/."""
    app = Flask("house", static_folder=None, template_folder=str(ROOT / "web" / "templates"))
    icons.register(app)

    @app.get("/")
    def page() -> Response:
        html = render_template_string(PAGE.replace("{{ body }}", body), symbols=icons.symbols(icons.drawings()))
        return Response(html, headers={"Content-Security-Policy": POLICY})

    @app.get("/static/vendor/<path:name>")
    def vendor(name: str) -> Response:
        return send_from_directory(ROOT / "node_modules" / "socket.io-client" / "dist", name)

    @app.get("/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(ROOT / "static", name)

    return app


class ChatServer:
    """A conversation that keeps each message once, numbers it and tells everybody."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.known: dict[str, dict[str, Any]] = {}
        self.tokens = {"good"}
        self.page_size = 2
        self.lock = threading.Lock()
        self.sockets = socketio.Server(async_mode="threading", cors_allowed_origins=[], logger=False)
        self.sockets.on("connect", self._connect)
        self.sockets.on("post", self._post)
        self.sockets.on("page", self._page)
        self.sockets.on("refuse", lambda *_: {"error": "channel_closed", "message": "Closed"})

    def app(self, page: Flask) -> Any:
        return socketio.WSGIApp(self.sockets, page)

    def say(self, text: str, *, tell: bool = True) -> None:
        self._keep({"client_id": text, "text": text}, tell)

    def _connect(self, sid: str, environ: dict[str, Any], auth: dict[str, str] | None) -> None:
        if (auth or {}).get("token") not in self.tokens:
            raise socketio.exceptions.ConnectionRefusedError("session_expired")

    def _post(self, sid: str, body: dict[str, str]) -> dict[str, Any]:
        return {"seq": self._keep(body, tell=True)["seq"]}

    def _keep(self, body: dict[str, str], tell: bool) -> dict[str, Any]:
        with self.lock:
            new = body["client_id"] not in self.known
            if new:
                self.said.append({**body, "seq": len(self.said) + 1})
                self.known[body["client_id"]] = self.said[-1]
        message = self.known[body["client_id"]]
        if new and tell:
            self.sockets.emit("said", message)
        return message

    def _page(self, sid: str, body: dict[str, int]) -> dict[str, Any]:
        later = [message for message in self.said if message["seq"] > body["after"]]
        return {"items": later[: self.page_size], "more": len(later) > self.page_size}
