"""The page on which people choose how they are told, and the script that stays when every page is closed."""

from __future__ import annotations

from flask import Blueprint, Response, send_from_directory

from desk.shell import draw
from telehealth.practitioner import Permission, Staff
from web.endpoint import Access, endpoint

alerts = Blueprint(
    "desk_alerts", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk-alerts"
)


@endpoint(alerts, "/desk/alerts", access=Access.STAFF, permission=Permission.SEE_WAITING_ROOM)
def page(staff: Staff) -> str:
    """How this person is told that somebody waits."""
    return draw("alerts.html", "alerts", staff)


@endpoint(alerts, "/desk/push.js", access=Access.STAFF, permission=Permission.SEE_WAITING_ROOM)
def push(staff: Staff) -> Response:
    """The service worker of the desk: shows what was pushed. A browser that may not fetch it again keeps what it has."""
    script = send_from_directory(str(alerts.static_folder), "push.js", mimetype="text/javascript", max_age=0)
    script.headers["Service-Worker-Allowed"] = "/desk/"
    return script
