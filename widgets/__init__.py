"""The patient's face: what stands in the clinic's own page."""

from __future__ import annotations

from flask import Flask

from web.house import House
from widgets import page


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    from widgets import attachment, booking, chat, foreign, payment, questionnaire, talk, visit, walk_in

    app.register_blueprint(page.widgets)
    for widget in (walk_in, booking, chat, visit, questionnaire, attachment, payment, talk, foreign):
        widget.init_app(app, house)
