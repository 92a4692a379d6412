"""Web servers for a test: a Flask application, or a customer's web site on another origin."""
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Flask, Response
from simple_websocket.ws import Base as WebSocket
from werkzeug.serving import WSGIRequestHandler, make_server

customer_origins: set[str] = set()


def _in_turn(step: Callable[..., Any]) -> Callable[..., Any]:
    def wait(websocket: Any, *args: Any, **options: Any) -> Any:
        with websocket.__dict__.setdefault("turn", threading.RLock()):
            return step(websocket, *args, **options)

    return wait


# The threads of this server's websockets would write a message that is ready after the closing frame of another thread;
# Chromium says so in its console. The product's own server is mended in web/websocket.py.
for _name in ("send", "close", "_handle_events"):
    setattr(WebSocket, _name, _in_turn(getattr(WebSocket, _name)))


class Quiet(WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        """A test reads its own records, not the server's log."""


@contextmanager
def serve(app: Any, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve a WSGI application from a thread; gives its origin."""
    server = make_server(host, port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def site(pages: Mapping[str, str], headers: Mapping[str, str]) -> Flask:
    """An application that answers each path with its HTML."""
    app = Flask("customer", static_folder=None)

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def page(path: str) -> Response:
        html = pages.get("/" + path)
        return Response(html or "", 404 if html is None else 200, dict(headers), mimetype="text/html")

    return app


@contextmanager
def customer_site(
    pages: Mapping[str, str], host: str = "127.0.0.1", headers: Mapping[str, str] | None = None, name: str = ""
) -> Iterator[str]:
    """A customer's web site, {path: HTML}; gives its origin. The page check passes by what is not ours.

    `name` is how the browser calls it where that is not the host: below .test it is no secure place.
    """
    with serve(site(pages, headers or {}), host) as served:
        origin = served.replace(host, name or host)
        customer_origins.add(origin)
        try:
            yield origin
        finally:
            customer_origins.discard(origin)
