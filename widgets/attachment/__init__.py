"""Files of an appointment as its patient reads and adds them, by its link."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.attachment import routes

    app.register_blueprint(routes.attachments)
