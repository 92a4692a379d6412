"""The patient's own pages."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template

from web.endpoint import Access, endpoint
from web.house import House

portal = Blueprint("portal", __name__, template_folder="templates")
portal.bears_tokens = True  # type: ignore[attr-defined]


@endpoint(portal, "/portal/", access=Access.PUBLIC)
def door() -> str:
    """Where somebody lands who has no link at hand."""
    return render_template("portal/door.html")


def init_app(app: Flask, house: House) -> None:
    """Join the house."""
    app.register_blueprint(portal)
