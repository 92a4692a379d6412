"""What runs on the customer's page: the loader, the snippet, and the frame's side of their talk."""

from __future__ import annotations

from flask import Flask, request

from embed import routes
from embed.snippet import Placement, script_snippet
from telehealth.widget import Widget
from web.house import House


def init_app(app: Flask, house: House) -> None:
    """Join the house; the administrators' face asks for the snippet by its name, without knowing this one."""
    app.register_blueprint(routes.embed)
    app.extensions["snippet"] = lambda widget: snippet_of(widget, house.settings.base_url or request.host_url)


def snippet_of(widget: Widget, base: str) -> str:
    """What to paste for a widget as it is set up now; it speaks the language of the page it stands in."""
    title = widget.title or widget.name
    return script_snippet(Placement(base, widget.key, title, label=widget.button_label, brand=widget.brand))
