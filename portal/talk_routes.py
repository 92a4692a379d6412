"""Addresses of messages on the own pages: files that are sent in them, and a copy to keep."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, jsonify, render_template

from integrations.files import NewFile, adding, receive
from portal.routes import portal
from telehealth import audit, clock, message_file
from telehealth import portal as own_pages
from telehealth.correspondence import Correspondence
from telehealth.portal import PortalSession
from web import locale, transcript
from web.endpoint import Access, endpoint
from web.file import download
from web.house import session
from web.schema import Schema
from web.transcript import Form


class Sending(Schema):
    """`page` is what sends files, in the patient's language."""

    page: str


class Sent(Schema):
    """`seq` is the place of the file's message."""

    uid: str
    seq: int
    item: str = ""


def _mine(own: PortalSession, uid: str) -> Correspondence:
    return own_pages.correspondence_of(session(), own, uid)


@endpoint(portal, "/portal/messages/<uid>/files", access=Access.PATIENT, answer=Sending)
def sending(uid: str, own: PortalSession) -> Response:
    """What sends files in these messages, where they take some."""
    locale.set_tag(own.locale)
    message_file.require_taken(session(), _mine(own, uid).conversation)
    return jsonify(page=render_template("_sending.html", adding=replace(adding(f"/portal/messages/{uid}/files"), most=message_file.MOST)))


@endpoint(
    portal, "/portal/messages/<uid>/files", method="POST", access=Access.PATIENT, body=NewFile, answer=Sent, status=201, upload=True
)  # fmt: skip
def send_file(uid: str, own: PortalSession, body: NewFile) -> tuple[Response, int]:
    """Give the clinic a file; sent again, it is there once."""
    message_file.require_taken(session(), _mine(own, uid).conversation)
    content = receive(body, f"patient:{own.patient_id}")
    one = _mine(own, uid)
    seq = message_file.send(session(), one.conversation, content, body.client_id, by=one.author(), now=clock.now())
    session().commit()
    return jsonify(uid=body.client_id, seq=seq, item=""), 201


@endpoint(portal, "/portal/messages/<uid>/files/<file>", access=Access.PATIENT)
def fetch_file(uid: str, file: str, own: PortalSession) -> Response:
    """A file of these messages, to be saved; that it was fetched is noted."""
    found = message_file.of_conversation(session(), _mine(own, uid).conversation, file)
    found.require_clean()
    audit.opened(session(), found, f"patient:{own.patient_id}", clock.now())
    session().commit()
    return download(found)


@endpoint(portal, "/portal/messages/<uid>/transcript", access=Access.PATIENT, query=Form)
def take_along(uid: str, own: PortalSession, query: Form) -> Response:
    """What was said, without what was deleted and what staff keep to themselves (X-16)."""
    thread = _mine(own, uid).conversation
    audit.opened(session(), thread, f"patient:{own.patient_id}", clock.now())
    answer = transcript.of(thread, query.form)
    session().commit()
    return answer
