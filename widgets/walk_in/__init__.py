"""The walk-in widget: who is there now, the way into the waiting room, through it and out."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.walk_in import contact, namespace, routes  # noqa: F401 (declares an address)

    app.register_blueprint(routes.walk_in)
    namespace.init_app(app, house)
