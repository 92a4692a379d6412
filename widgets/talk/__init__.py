"""What belongs to a conversation beside its words: files that were sent in it, and a copy to keep."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.talk import routes

    app.register_blueprint(routes.talk)
