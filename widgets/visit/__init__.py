"""The page behind an appointment's link: too early, too late, or the way into the waiting room."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.visit import change, guest, guest_namespace, new_link, routes  # noqa: F401 (adds its addresses)

    app.register_blueprint(routes.visit)
    guest_namespace.init_app(app, house)
