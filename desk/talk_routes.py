"""Addresses of a conversation at the desk: files that were sent in it, and a copy to take away."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, jsonify, render_template

from desk.part import actor
from desk.talk import author_of, thread
from integrations.files import NewFile, adding, receive
from telehealth import audit, clock, message_file
from telehealth.practitioner import Permission, Staff
from web import transcript
from web.endpoint import Access, endpoint
from web.file import download
from web.house import session
from web.schema import Schema
from web.transcript import Form

desk_talk = Blueprint("desk_talk", __name__)


class Sending(Schema):
    """`page` is what sends files, in the reader's language."""

    page: str


class Sent(Schema):
    """`seq` is the place of the file's message."""

    uid: str
    seq: int
    item: str = ""


@endpoint(desk_talk, "/desk/talk/<int:number>/files", access=Access.STAFF, permission=Permission.TALK, answer=Sending)
def sending(number: int, staff: Staff) -> Response:
    """What sends files in this conversation."""
    message_file.require_taken(session(), thread(session(), staff, number))
    return jsonify(page=render_template("_sending.html", adding=replace(adding(f"/desk/talk/{number}/files"), most=message_file.MOST)))


@endpoint(
    desk_talk, "/desk/talk/<int:number>/files", method="POST", access=Access.STAFF, permission=Permission.TALK, body=NewFile,
    answer=Sent, status=201, upload=True,
)  # fmt: skip
def send_file(number: int, staff: Staff, body: NewFile) -> tuple[Response, int]:
    """Give the patient a file; whoever answers first in a channel takes the conversation."""
    message_file.require_taken(session(), thread(session(), staff, number))
    content = receive(body, actor(staff))
    found = thread(session(), staff, number)
    if found.channel_id is not None and found.claimed_by_id != staff.practitioner_id:
        found.claim(staff)
    seq = message_file.send(session(), found, content, body.client_id, by=author_of(staff), now=clock.now())
    session().commit()
    return jsonify(uid=body.client_id, seq=seq, item=""), 201


@endpoint(desk_talk, "/desk/talk/<int:number>/files/<uid>", access=Access.STAFF, permission=Permission.TALK)
def fetch_file(number: int, uid: str, staff: Staff) -> Response:
    """A file of this conversation, to be saved; that it was fetched is noted."""
    found = message_file.of_conversation(session(), thread(session(), staff, number), uid)
    found.require_clean()
    audit.opened(session(), found, actor(staff), clock.now())
    session().commit()
    return download(found)


@endpoint(desk_talk, "/desk/talk/<int:number>/transcript", access=Access.STAFF, permission=Permission.EXPORT_TALK, query=Form)
def take_away(number: int, staff: Staff, query: Form) -> Response:
    """What both sides have said; that it was taken away is noted."""
    found = thread(session(), staff, number)
    audit.opened(session(), found, actor(staff), clock.now())
    answer = transcript.of(found, query.form)
    session().commit()
    return answer
