"""Files at the desk: those of an appointment and of its visit, adding and deleting them, and for one that is being made."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template
from sqlalchemy import select

from desk.calendar.namespace import appointment as appointment_of
from desk.part import actor
from integrations.files import NewFile, adding, receive
from telehealth import attachment, audit, clock
from telehealth.booking import Appointment
from telehealth.file import StoredFile
from telehealth.practitioner import Permission, Staff
from telehealth.visibility import may_see, visible
from telehealth.waiting_room import Encounter, UnknownEncounter
from web.endpoint import Access, endpoint
from web.file import download
from web.house import session
from web.schema import Nothing, Schema

desk_attachment = Blueprint(
    "desk_attachment", __name__, template_folder="templates", static_folder="static", static_url_path="/static/desk-attachment"
)
FOR_LATER = "/desk/attachments"


class Added(Schema):
    """`item` is the file's line for the list."""

    uid: str
    item: str


@endpoint(
    desk_attachment, "/desk/attachments/appointment/<int:number>", access=Access.STAFF, permission=Permission.SEE_PATIENT
)
def of_appointment(number: int, staff: Staff) -> str:
    """The files of an appointment: a piece of page."""
    return _piece(staff, appointment_of(session(), staff, number))


@endpoint(desk_attachment, "/desk/attachments/visit/<int:number>", access=Access.STAFF, permission=Permission.SEE_PATIENT)
def of_visit(number: int, staff: Staff) -> str:
    """The files of a visit's appointment: a piece of page, empty where there is none."""
    visit = session().scalar(select(Encounter).where(Encounter.id == number, visible(staff, Encounter)))
    if visit is None:
        raise UnknownEncounter
    found = attachment.of_visit(session(), visit)
    return _piece(staff, found) if found is not None else ""


@endpoint(
    desk_attachment, "/desk/attachments/appointment/<int:number>", method="POST", access=Access.STAFF,
    permission=Permission.SEE_PATIENT, body=NewFile, answer=Added, status=201, upload=True,
)  # fmt: skip
def add(number: int, staff: Staff, body: NewFile) -> tuple[Response, int]:
    """Put a file at an appointment."""
    attachment.require_staff_may_add(session(), staff, appointment_of(session(), staff, number))
    content = receive(body, actor(staff))
    found = appointment_of(session(), staff, number)
    return _added(attachment.add_by_staff(session(), staff, found, content, body.client_id, clock.now()))


@endpoint(
    desk_attachment, FOR_LATER, method="POST", access=Access.STAFF, permission=Permission.SEE_PATIENT, body=NewFile,
    answer=Added, status=201, upload=True,
)  # fmt: skip
def add_for_later(staff: Staff, body: NewFile) -> tuple[Response, int]:
    """Keep a file for an appointment that is being made."""
    attachment.require_staff_may_add(session(), staff, None)
    content = receive(body, actor(staff))
    return _added(attachment.keep_for_later(session(), staff, content, body.client_id, clock.now()))


@endpoint(desk_attachment, "/desk/attachments/<uid>", access=Access.STAFF, permission=Permission.SEE_PATIENT)
def fetch(uid: str, staff: Staff) -> Response:
    """A file, to be saved; that it was fetched is noted."""
    found = attachment.of_staff(session(), staff, uid)
    found.require_clean()
    audit.opened(session(), found, actor(staff), clock.now())
    session().commit()
    return download(found)


@endpoint(
    desk_attachment, "/desk/attachments/<uid>/remove", method="POST", access=Access.STAFF, permission=Permission.SEE_PATIENT,
    body=Nothing, answer=Nothing,
)  # fmt: skip
def remove(uid: str, staff: Staff, body: Nothing) -> Response:
    """Delete a file for good."""
    attachment.remove(session(), staff, attachment.of_staff(session(), staff, uid), clock.now())
    session().commit()
    return jsonify({})


def _piece(staff: Staff, found: Appointment) -> str:
    may_add = attachment.may_staff_add(session(), found) and may_see(session(), staff, found)
    files = attachment.listed(session(), found.id)
    if not files and not may_add:
        return ""
    address = f"{FOR_LATER}/appointment/{found.id}"
    return render_template("desk_attachment/list.html", files=files, adding=adding(address) if may_add else None)


def _added(file: StoredFile) -> tuple[Response, int]:
    session().commit()
    return jsonify(uid=file.uid, item=render_template("desk_attachment/item.html", file=file)), 201
