"""The page of the inbox; everything on it comes over the live connection."""

from __future__ import annotations

from flask import Blueprint

from desk.shell import draw
from telehealth.practitioner import Permission, Staff
from web.endpoint import Access, endpoint

inbox = Blueprint(
    "desk_inbox", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk-inbox"
)


@endpoint(inbox, "/desk/inbox", access=Access.STAFF, permission=Permission.ANSWER_CHAT)
def page(staff: Staff) -> str:
    """Conversations, by channel."""
    return draw("inbox.html", "inbox", staff)
