"""What runs on the customer's page: the loader, the snippet, and the frame's side of their talk."""

from __future__ import annotations

from flask import Flask

from embed import routes
from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    app.register_blueprint(routes.embed)
