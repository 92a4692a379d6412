"""A request to be called back, left when nobody is there: new work for the people of a channel (X-21, X-42)."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import authorisation, conversation, correspondence, message, news
from telehealth.authorisation import NoAddress
from telehealth.booking import Appointment
from telehealth.channel import Channel
from telehealth.consent import ConsentKind, give
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.database import Base, Owned, Session, session_of, within_organization
from telehealth.message import Author, Message
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, Staff
from telehealth.staff_booking import MOST_FOUND, PerhapsKnown
from telehealth.ticket import TicketKind, TicketState, issue
from telehealth.visibility import visible
from telehealth.walk_in import TermsNotAccepted
from telehealth.widget import Widget, booking_widget_key


class NoContactRequests(Exception):
    """The widget takes none."""


class NothingToBook(Exception):
    """Patients cannot book anything here, so nobody can be invited to."""


class AlreadyAnswered(Exception):
    """`by` was faster."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


@dataclass(frozen=True)
class Person:
    """Who asks, as that person wrote it: one of phone and email is given, `when` is a wish in words."""

    name: str
    phone: str = ""
    email: str = ""
    when: str = ""

    @property
    def initials(self) -> str:
        """What stands before the last name, as a record keeps it: "Anna de Vries" is A."""
        first, _, rest = self.name.strip().partition(" ")
        if not rest:
            return ""
        return first if "." in first else f"{first[:1]}."

    @property
    def last_name(self) -> str:
        first, _, rest = self.name.strip().partition(" ")
        return rest.strip() or first


@dataclass(frozen=True)
class Asking:
    """What somebody brings who wants to be called back.

    `text` holds all that the patient told; `note` tells whoever reads it how the patient can be answered.
    """

    client_id: str
    visitor: str
    locale: str
    person: Person
    text: str
    note: str
    accepted_terms: str | None = None


class ContactRequest(Owned, Base):
    """A conversation that a request has begun, with what is known of the person. `appointment_id` is what it led to."""

    __tablename__ = "contact_request"
    __sealed__ = ("sealed_person",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "conversation_id"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("appointment_id", "appointment"),
        within_organization("answered_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_urlsafe(16))
    conversation_id: Mapped[int]
    sealed_person: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None]
    appointment_id: Mapped[int | None]
    conversation: Mapped[Conversation] = relationship(
        primaryjoin="Conversation.id == foreign(ContactRequest.conversation_id)"
    )
    answered_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(ContactRequest.answered_by_id)"
    )
    appointment: Mapped[Appointment | None] = relationship(
        primaryjoin="Appointment.id == foreign(ContactRequest.appointment_id)"
    )

    @property
    def person(self) -> Person:
        return Person(**json.loads(session_of(self).keyring.open(self.sealed_person, self.place_of("sealed_person"))))

    def place_of(self, column: str) -> str:
        return _place(self.organization_id, self.uid, column)

    def answer(self, by: Staff, appointment: Appointment, note: str, now: datetime) -> None:
        """An appointment was made for it: `note` says so among the messages, and the conversation is over.

        Said again with the same appointment it is the same answer. Raises AlreadyAnswered.
        """
        session = session_of(self)
        session.refresh(self, with_for_update={"of": ContactRequest})
        if self.appointment_id == appointment.id:
            return
        self._require_unanswered()
        self.appointment_id = appointment.id
        self._conclude(by, note, now)

    def reply(self, by: Staff, client_id: str, text: str, note: str, now: datetime, who: Patient | None = None, *, another: bool = False) -> int:
        """Answer with a message that the person reads on the own pages, by a link and a PIN (S001-21); gives its conversation.

        A mail says that there is an answer, `note` stands among the messages of the request. Sent again it is the same answer.
        `who` is the patient that staff say it is, else whom they have confirmed for the conversation; `another` that it is none of
        those who resemble the person. What was typed proves nothing: the answer goes to the address that the record has.
        Raises AlreadyAnswered, PerhapsKnown, NoAddress, EmptyMessage, MessageTooLong.
        """
        session = session_of(self)
        session.refresh(self, with_for_update={"of": ContactRequest})
        said = select(Message.conversation_id).where(Message.client_id == client_id, Message.practitioner_id == by.practitioner_id)
        if self.answered_by_id == by.practitioner_id and (earlier := session.scalar(said)) is not None:
            return earlier
        self._require_unanswered()
        patient = who or self._confirmed() or self._new_patient(by, now, another=another)
        if not patient.email:
            raise NoAddress
        letters = correspondence.with_me(session, patient, by, now)
        author = Author(AuthorKind.STAFF, by.name, by.practitioner_id)
        message.post(session, letters.conversation_id, client_id, text, by=author, now=now)
        link = authorisation.link_for(session, patient, letters.department_id, now, by.practitioner_id)
        if link is not None:
            about = {"department_id": letters.department_id, "authorisation": link.id}
            enqueue(session, MailKind.REQUEST_ANSWERED, None, patient.email, locale=link.locale, now=now, about=about)
        self._conclude(by, note, now)
        return letters.conversation_id

    def invite(self, by: Staff, note: str, now: datetime) -> None:
        """Invite the person by mail to choose a time (S001-23). Raises AlreadyAnswered, NoAddress, NothingToBook."""
        session = session_of(self)
        session.refresh(self, with_for_update={"of": ContactRequest})
        if self.answered_by_id == by.practitioner_id and self.appointment_id is None:
            return
        self._require_unanswered()
        thread, person = self.conversation, self.person
        widget = booking_widget_key(session, thread.widget_id)
        if not person.email:
            raise NoAddress
        if not widget:
            raise NothingToBook
        about = {"widget": widget, "patient_name": person.name, "department_id": thread.channel.department_id if thread.channel else None}
        key = key_of("request_invited", session.organization_id, self.uid)
        enqueue(session, MailKind.REQUEST_INVITED, None, person.email, locale=thread.locale, now=now, about=about, key=key)
        self._conclude(by, note, now)

    def _require_unanswered(self) -> None:
        if self.answered_by is not None:
            raise AlreadyAnswered(self.answered_by.name)

    def _confirmed(self) -> Patient | None:
        """Whom staff have said the conversation to be with."""
        number = self.conversation.patient_id
        return session_of(self).get(Patient, number) if number is not None else None

    def _new_patient(self, by: Staff, now: datetime, *, another: bool) -> Patient:
        """A record of who asks, as far as that is told. Raises NoAddress, PerhapsKnown."""
        person = self.person
        if not person.email:
            raise NoAddress
        alike = (func.lower(Patient.email) == person.email.lower()) & visible(by, Patient)
        known = session_of(self).scalars(select(Patient).where(alike).order_by(Patient.id.desc()).limit(MOST_FOUND)).all()
        if known and not another:
            raise PerhapsKnown(known)
        made = Patient(
            initials=person.initials[:20], last_name=person.last_name[:120], email=person.email, phone=person.phone[:40],
            locale=self.conversation.locale, created_at=now,
        )  # fmt: skip
        session_of(self).add(made)
        session_of(self).flush()
        return made

    def _conclude(self, by: Staff, note: str, now: datetime) -> None:
        session = session_of(self)
        self.answered_at, self.answered_by_id = now, by.practitioner_id
        thread = self.conversation
        if thread.state is not ConversationState.CLOSED:
            if thread.claimed_by_id is None:
                thread.claim(by)
            message.post(session, thread.id, "contact-answer", note, by=Author(AuthorKind.SYSTEM), now=now)
            session.refresh(thread)
            thread.finish(now, by=by)
            if (found := thread.case()) is not None:
                found.finish(by, now, appointment_id=self.appointment_id)


def of_conversation(session: Session, conversation_id: int) -> ContactRequest | None:
    """The request with which a conversation began."""
    return session.scalar(select(ContactRequest).where(ContactRequest.conversation_id == conversation_id))


def leave_question(session: Session, widget: Widget, channel: Channel, asking: Asking, now: datetime) -> Conversation:
    """The same for a channel that takes questions while it is closed; one that has opened meanwhile takes it too (X-15).

    Raises NoContactRequests, TermsNotAccepted; UnknownConversation when the client id is somebody else's.
    """
    if not channel.takes_questions or channel.internal:
        raise NoContactRequests
    return _leave(session, widget, channel, asking, now)


def leave(session: Session, widget: Widget, asking: Asking, now: datetime) -> Conversation:
    """Put it into the widget's channel, whether that is open or not; a repeated client id is the same request.

    Raises NoContactRequests, TermsNotAccepted; UnknownConversation when the client id is somebody else's.
    """
    channel = widget.contact_channel
    if channel is None or not widget.takes_contact_requests:
        raise NoContactRequests
    return _leave(session, widget, channel, asking, now)


def _leave(session: Session, widget: Widget, channel: Channel, asking: Asking, now: datetime) -> Conversation:
    if widget.terms and not asking.accepted_terms:
        raise TermsNotAccepted
    thread = conversation.start(
        session, channel, client_id=asking.client_id, widget_id=widget.id, visitor=asking.visitor,
        subject=asking.person.name, locale=asking.locale, now=now, even_closed=True,
    )  # fmt: skip
    if not thread.seq:
        _keep(session, thread, asking.person, now)
        _say(session, thread, asking, now)
        news.tell_of_request(session, thread, channel, now)
    return thread


def _keep(session: Session, thread: Conversation, person: Person, now: datetime) -> None:
    uid = secrets.token_urlsafe(16)
    sealed = session.keyring.seal(json.dumps(asdict(person)), _place(session.organization_id, uid, "sealed_person"))
    session.add(ContactRequest(uid=uid, conversation_id=thread.id, sealed_person=sealed, created_at=now))


def _place(organization_id: int, uid: str, column: str) -> str:
    return f"{organization_id}|contact_request|{uid}|{column.removeprefix('sealed_')}"


def _say(session: Session, thread: Conversation, asking: Asking, now: datetime) -> None:
    note, patient = Author(AuthorKind.SYSTEM), Author(AuthorKind.PATIENT, asking.person.name, visitor=asking.visitor)
    message.post(session, thread.id, "contact-note", asking.note, by=note, now=now)
    message.post(session, thread.id, asking.client_id, asking.text, by=patient, now=now)
    if asking.accepted_terms:
        agreed = issue(session, TicketKind.WALK_IN, asking.visitor, now=now)
        agreed.state = TicketState.CLOSED  # it proves what was agreed to, and opens nothing
        give(session, ConsentKind.TERMS, agreed.id, asking.accepted_terms, locale=asking.locale, now=now)
