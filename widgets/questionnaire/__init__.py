"""Questionnaires as their patient fills them in: after booking, by the appointment's link, in the waiting room."""

from __future__ import annotations

from flask import Flask

from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets.questionnaire import routes

    app.register_blueprint(routes.questionnaire)
