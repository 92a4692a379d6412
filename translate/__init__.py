"""The translators' room: how far the texts of an organisation are translated."""

from __future__ import annotations

from flask import Flask

from translate import overview
from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    app.register_blueprint(overview.translate)
