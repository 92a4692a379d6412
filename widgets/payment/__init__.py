"""Paying for a visit: one page for all who were asked to, with or without scripts."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.payment import routes

    app.register_blueprint(routes.pay)
