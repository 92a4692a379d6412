"""What every page of the desk has: the navigation, who is signed in, and the word that opens the live connection."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template
from flask_babel import gettext as _

from desk import socket_token
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Staff
from web import locale
from web.endpoint import Access, endpoint
from web.errors import Refusal
from web.house import house, session
from web.schema import Nothing, Schema

RING_EVERY = 20  # seconds between two rings while nobody has seen a waiting person

desk = Blueprint("desk", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk")


@dataclass(frozen=True)
class Place:
    """Where the navigation leads. `count` names the number shown beside it."""

    key: str
    url: str
    icon: str
    words: str
    permission: Permission
    count: str = ""


def places(staff: Staff) -> list[Place]:
    every = [
        Place("waiting_room", "/desk/waiting-room", "door", _("Waiting room"), Permission.SEE_WAITING_ROOM, "waiting"),
        Place("inbox", "/desk/inbox", "inbox", _("Inbox"), Permission.ANSWER_CHAT, "inbox"),
        Place("messages", "/desk/messages", "chat", _("Messages"), Permission.ANSWER_CHAT, "messages"),
        Place("groups", "/desk/groups", "users", _("Groups"), Permission.LEAD_GROUPS, "reports"),
        Place("calendar", "/desk/calendar", "calendar", _("Calendar"), Permission.SEE_CALENDAR),
    ]
    return [place for place in every if staff.may(place.permission)]


def reach(staff: Staff) -> str:
    """Changes when what somebody may do changes: a page that was drawn for less or more is loaded anew."""
    parts = [*sorted(staff.permissions), *map(str, sorted(staff.departments)), str(staff.sees_everything)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def draw(template: str, here: str, staff: Staff, **values: Any) -> str:
    """Render a page of the desk."""
    organization = session().get_one(Organization, staff.organization_id)
    person = session().get_one(Practitioner, staff.practitioner_id)
    return render_template(
        template, staff=staff, person=person, organization=organization, places=places(staff), here=here,
        reach=reach(staff), may=staff.may, Permission=Permission, ring_every=RING_EVERY, **values,
    )  # fmt: skip


@endpoint(desk, "/desk/", access=Access.STAFF)
def home(staff: Staff) -> Any:
    """The first page that this person may see."""
    for place in places(staff):
        return redirect(place.url)
    raise Refusal("not_allowed", 403)


class TokenAnswer(Schema):
    token: str
    reach: str


@endpoint(desk, "/desk/token", method="POST", access=Access.STAFF, body=Nothing, answer=TokenAnswer)
def token(staff: Staff, body: Nothing) -> Response:
    """A word that opens one live connection within two minutes."""
    who = socket_token.SignIn(
        staff.organization_id, staff.practitioner_id, house().staff_session_key(), locale.current_tag()
    )
    return jsonify(token=socket_token.grant(house().settings.secret_key, who), reach=reach(staff))


@endpoint(desk, "/desk/brand.css", access=Access.STAFF)
def brand(staff: Staff) -> Response:
    """The organisation's colour."""
    organization = session().get_one(Organization, staff.organization_id)
    return Response(f":root{{--brand:{organization.brand}}}", content_type="text/css")
