"""Addresses at which the holder of an appointment's link reads its files, and adds some where the clinic takes them."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template

from integrations.files import NewFile, adding, receive
from telehealth import attachment, audit, clock
from telehealth.booking import Appointment
from web.endpoint import Access, endpoint
from web.file import download
from web.house import session
from web.schema import Nothing, Schema
from web.visitor import Visitor
from widgets.visit.routes import mine

attachments = Blueprint(
    "attachments", __name__, template_folder="templates", static_folder="static", static_url_path="/static/widgets-attachment"
)
attachments.bears_tokens = True  # type: ignore[attr-defined]
ADDRESS = "/visit/attachments"


class Files(Schema):
    """`page` is a piece of HTML in the visitor's language, empty where there is nothing to read or to add."""

    page: str


class Added(Schema):
    """`item` is the file's line for the list."""

    uid: str
    item: str


@endpoint(attachments, ADDRESS, access=Access.VISITOR, answer=Files)
def of_link(visitor: Visitor) -> Response:
    """The files of this appointment."""
    _held, found = mine(visitor)
    files = attachment.seen_by_patient(session(), found.id)
    may_add = _may_add(found)
    if not files and not may_add:
        return jsonify(page="")
    page = render_template("attachment/list.html", files=files, may_remove=may_add, adding=adding(ADDRESS) if may_add else None)
    return jsonify(page=page)


@endpoint(attachments, ADDRESS, method="POST", access=Access.VISITOR, body=NewFile, answer=Added, status=201, upload=True)
def add(visitor: Visitor, body: NewFile) -> tuple[Response, int]:
    """Give the clinic a file."""
    attachment.require_patient_may_add(session(), mine(visitor)[1], clock.now())
    content = receive(body, visitor.name)
    made = attachment.add_by_patient(session(), mine(visitor)[1], content, body.client_id, clock.now())
    session().commit()
    return jsonify(uid=made.uid, item=render_template("attachment/item.html", file=made, may_remove=True)), 201


@endpoint(attachments, f"{ADDRESS}/<uid>", access=Access.VISITOR)
def fetch(uid: str, visitor: Visitor) -> Response:
    """A file, to be saved; that it was fetched is noted."""
    held, found = mine(visitor)
    file = attachment.of_link(session(), held, uid)
    file.require_clean()
    audit.opened(session(), file, f"patient:{found.patient_id}", clock.now())
    session().commit()
    return download(file)


@endpoint(attachments, f"{ADDRESS}/<uid>/remove", method="POST", access=Access.VISITOR, body=Nothing, answer=Nothing)
def remove(uid: str, visitor: Visitor, body: Nothing) -> Response:
    """Take the own file back."""
    held, found = mine(visitor)
    session().actor = f"patient:{found.patient_id}"
    attachment.take_back(session(), attachment.of_link(session(), held, uid), clock.now())
    session().commit()
    return jsonify({})


def _may_add(found: Appointment) -> bool:
    return attachment.may_patient_add(session(), found, clock.now())
