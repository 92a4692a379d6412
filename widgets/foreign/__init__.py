"""Patients who write by services of others: where those send their notices, and the safe page that goes on from there."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.foreign import notices, routes

    app.register_blueprint(notices.messengers)
    app.register_blueprint(routes.foreign)
