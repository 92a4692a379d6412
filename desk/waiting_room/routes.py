"""The page of the waiting room; everything on it comes over the live connection."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select

from desk import texts
from desk.shell import draw
from telehealth.department import Department
from telehealth.practitioner import Permission, Staff
from web.endpoint import Access, endpoint
from web.house import session

waiting_room = Blueprint(
    "desk_waiting_room", __name__, template_folder="templates", static_folder="static",
    static_url_path="/static/desk-waiting-room",
)  # fmt: skip


@endpoint(waiting_room, "/desk/waiting-room", access=Access.STAFF, permission=Permission.SEE_WAITING_ROOM)
def page(staff: Staff) -> str:
    """Everybody who waits."""
    return draw("waiting_room.html", "waiting_room", staff, departments=departments(staff), quick_texts=texts.previewed(session(), staff))


def departments(staff: Staff) -> list[Department]:
    """Those whose people this person sees."""
    query = select(Department).where(Department.active).order_by(Department.position, Department.name)
    if not staff.sees_everything:
        query = query.where(Department.id.in_(staff.departments))
    return list(session().scalars(query))
