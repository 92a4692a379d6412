"""The page of chat groups; everything on it comes over the live connection."""

from __future__ import annotations

from flask import Blueprint

from desk.shell import draw
from telehealth.practitioner import Permission, Staff
from web.endpoint import Access, endpoint

chat_groups = Blueprint(
    "desk_chat_groups", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk-chat-groups"
)


@endpoint(chat_groups, "/desk/groups", access=Access.STAFF, permission=Permission.LEAD_GROUPS)
def page(staff: Staff) -> str:
    """Groups of patients that this person looks after."""
    return draw("chat_groups.html", "groups", staff)
