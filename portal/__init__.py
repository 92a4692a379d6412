"""The patient's own pages: reached by any of their links and a PIN that comes by mail."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from portal import messages, pages, routes, talk_routes  # noqa: F401 (they add their addresses)

    app.register_blueprint(routes.portal)
    messages.init_app(app, house)
