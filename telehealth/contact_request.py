"""A request to be called back, left when nobody is there: new work for the people of a channel (X-21, X-42)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from telehealth import conversation
from telehealth.consent import ConsentKind, give
from telehealth.conversation import Author, AuthorKind, Conversation
from telehealth.database import Session
from telehealth.ticket import TicketKind, TicketState, issue
from telehealth.walk_in import TermsNotAccepted
from telehealth.widget import Widget


class NoContactRequests(Exception):
    """The widget takes none."""


@dataclass(frozen=True)
class ContactRequest:
    """`text` holds all that the patient told; `note` tells whoever reads it how the patient can be answered."""

    client_id: str
    visitor: str
    locale: str
    name: str
    text: str
    note: str
    accepted_terms: str | None = None


def leave(session: Session, widget: Widget, request: ContactRequest, now: datetime) -> Conversation:
    """Put it into the widget's channel, whether that is open or not; a repeated client id is the same request.

    Raises NoContactRequests, TermsNotAccepted; UnknownConversation when the client id is somebody else's.
    """
    if not widget.takes_contact_requests:
        raise NoContactRequests
    if widget.terms and not request.accepted_terms:
        raise TermsNotAccepted
    thread = conversation.start(
        session, widget.contact_channel, client_id=request.client_id, widget_id=widget.id, visitor=request.visitor,
        subject=request.name, locale=request.locale, now=now, even_closed=True,
    )  # fmt: skip
    if not thread.seq:
        _say(session, thread, request, now)
    return thread


def _say(session: Session, thread: Conversation, request: ContactRequest, now: datetime) -> None:
    note, patient = Author(AuthorKind.SYSTEM), Author(AuthorKind.PATIENT, request.name, visitor=request.visitor)
    conversation.post(session, thread.id, "contact-note", request.note, by=note, now=now)
    conversation.post(session, thread.id, request.client_id, request.text, by=patient, now=now)
    if request.accepted_terms:
        agreed = issue(session, TicketKind.WALK_IN, request.visitor, now=now)
        agreed.state = TicketState.CLOSED  # it proves what was agreed to, and opens nothing
        give(session, ConsentKind.TERMS, agreed.id, request.accepted_terms, locale=request.locale, now=now)
