"""Where the panel's scripts and templates lie."""

from __future__ import annotations

from flask import Blueprint

contacts = Blueprint(
    "desk_contacts", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk-contacts"
)
