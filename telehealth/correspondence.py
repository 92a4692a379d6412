"""Messages with known patients: one conversation for a patient and a practitioner, or a department, that goes on (S002-65 … S002-81)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, UniqueConstraint, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import authorisation, conversation, message
from telehealth.audit import AuditAction, AuditEvent
from telehealth.authorisation import Authorisation, AuthorisationKind, NoAddress
from telehealth.channel import NotAllowed
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.database import Base, Owned, Session, session_of, within_organization
from telehealth.department import Department
from telehealth.message import Author
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue, key_of
from telehealth.patient import Patient, same_person
from telehealth.practitioner import Permission, Practitioner, PractitionerRole, Role, Staff


class UnknownCorrespondence(Exception):
    """Not there, or not this patient's."""


class CorrespondenceThere(Exception):
    """The two have one already."""


class MessagesOff(Exception):
    """The patient has nobody to write to: nothing was begun, or all is switched off."""


class NotAgreed(Exception):
    """The patient has not agreed to be told of results by mail."""


class CorrespondenceMember(Owned, Base):
    """A colleague who has joined another practitioner's messages with a patient (S002-72)."""

    __tablename__ = "correspondence_member"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("correspondence_id", "practitioner_id"),
        within_organization("correspondence_id", "correspondence", ondelete="CASCADE"),
        within_organization("practitioner_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    correspondence_id: Mapped[int]
    practitioner_id: Mapped[int]
    joined_at: Mapped[datetime]
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(CorrespondenceMember.practitioner_id)"
    )


class Correspondence(Owned, Base):
    """What a patient and a practitioner write to each other, or a department where no practitioner is named.

    `whom` says the other side in one word, so that a pair exists once. It is switched off while its conversation is closed.
    `…_waits_since` is since when something is unread, `…_told_at` when a mail said so; both are forgotten by reading.
    """

    __tablename__ = "correspondence"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "patient_id", "whom"),
        UniqueConstraint("organization_id", "conversation_id"),
        within_organization("patient_id", "patient"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("department_id", "department"),
        within_organization("conversation_id", "conversation"),
        within_organization("created_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int]
    practitioner_id: Mapped[int | None]
    department_id: Mapped[int]
    whom: Mapped[str] = mapped_column(String(40))
    conversation_id: Mapped[int]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None]
    patient_waits_since: Mapped[datetime | None]
    patient_told_at: Mapped[datetime | None]
    staff_waits_since: Mapped[datetime | None]
    staff_told_at: Mapped[datetime | None]
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Correspondence.patient_id)")
    practitioner: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Correspondence.practitioner_id)"
    )
    department: Mapped[Department] = relationship(primaryjoin="Department.id == foreign(Correspondence.department_id)")
    conversation: Mapped[Conversation] = relationship(
        primaryjoin="Conversation.id == foreign(Correspondence.conversation_id)"
    )
    members: Mapped[list[CorrespondenceMember]] = relationship(
        primaryjoin="Correspondence.id == foreign(CorrespondenceMember.correspondence_id)",
        order_by="CorrespondenceMember.id", viewonly=True,
    )  # fmt: skip

    @property
    def is_on(self) -> bool:
        return self.conversation.state is not ConversationState.CLOSED

    def is_of(self, practitioner_id: int) -> bool:
        """Whether somebody writes here in the own name: as the other side, or having joined."""
        return practitioner_id in {self.practitioner_id, *(member.practitioner_id for member in self.members)}

    def join(self, by: Staff, now: datetime) -> None:
        """Come in beside a colleague; twice is once (S002-72). Whether one may see it is asked before."""
        if not by.may(Permission.ANSWER_CHAT):
            raise NotAllowed
        session = session_of(self)
        session.refresh(self.conversation, with_for_update=True)  # two of them queue here
        session.refresh(self, ["members"])
        if not self.is_of(by.practitioner_id):
            session.add(CorrespondenceMember(correspondence_id=self.id, practitioner_id=by.practitioner_id, joined_at=now))
            session.flush()
            session.refresh(self, ["members"])
            self.conversation._changed()

    def delete_history(self, by: Staff, now: datetime) -> None:
        """Delete all that was written, for both sides (S002-79). Raises NotAllowed."""
        if not by.may(Permission.DELETE_MESSAGES):
            raise NotAllowed
        message.forget(session_of(self), self.conversation, now)

    def shown_from(self, patient: Patient) -> int:
        """After which message a visit of this record may show it: what somebody typed into a form proves nothing yet."""
        return 0 if patient.id == self.patient_id else self.conversation.seq

    def post(self, client_id: str, text: str, now: datetime) -> int:
        """The patient writes, and it was proved that it is the patient.

        Raises ConversationClosed, EmptyMessage, MessageTooLong.
        """
        return message.post(session_of(self), self.conversation_id, client_id, text, by=self.author(), now=now)


    def edit(self, seq: int, text: str, now: datetime) -> int:
        """The patient puts own words otherwise. Raises what `message.edit` raises."""
        return message.edit(session_of(self), self.conversation, seq, text, by=self.author(), now=now)

    def delete(self, seq: int, now: datetime) -> int:
        """The patient takes own words back, for both sides. Raises what `message.remove` raises."""
        return message.remove(session_of(self), self.conversation, seq, by=self.author(), now=now)

    def author(self) -> Author:
        """The patient, who was proved to be it."""
        return Author(AuthorKind.PATIENT, self.patient.name, visitor=self.conversation.visitor)


def of_patient(session: Session, patient: Patient) -> Sequence[Correspondence]:
    """All of one person's, by whichever record."""
    mine = Correspondence.patient_id.in_(same_person(session, patient, patient.email))
    return session.scalars(select(Correspondence).where(mine).order_by(Correspondence.id)).all()


def of_conversation(session: Session, conversation_id: int) -> Correspondence | None:
    return session.scalar(select(Correspondence).where(Correspondence.conversation_id == conversation_id))


def of_conversations(session: Session, conversations: Sequence[int]) -> Sequence[Correspondence]:
    """Those among the conversations that are messages with a known patient; a word to everybody who waits is hundreds that are not."""
    mine = Correspondence.conversation_id.in_(sorted(set(conversations)))
    return session.scalars(select(Correspondence).where(mine).order_by(Correspondence.id)).all()


def by_uid(session: Session, uid: str) -> Correspondence | None:
    """By the public name of its conversation."""
    thread = select(Conversation.id).where(Conversation.uid == uid)
    return session.scalar(select(Correspondence).where(Correspondence.conversation_id.in_(thread)))


def _whom(practitioner: Practitioner, department_id: int) -> str:
    return f"department:{department_id}" if practitioner.is_team else f"practitioner:{practitioner.id}"


def find(session: Session, patient: Patient, practitioner: Practitioner, department_id: int) -> Correspondence | None:
    """The one of this pair; a team stands for its department."""
    whom = _whom(practitioner, department_id)
    return next((one for one in of_patient(session, patient) if one.whom == whom), None)


def between(
    session: Session, patient: Patient, practitioner: Practitioner, department_id: int, now: datetime, by: Staff | None = None
) -> Correspondence:
    """The messages of this pair, begun if there are none yet (S002-70)."""
    session.refresh(patient, with_for_update=True)  # two at once queue here
    theirs = of_patient(session, patient)
    whom = _whom(practitioner, department_id)
    if (found := next((one for one in theirs if one.whom == whom), None)) is not None:
        return found
    return _begin(session, theirs[0].patient if theirs else patient, practitioner, department_id, now, by)


def _begin(
    session: Session, patient: Patient, practitioner: Practitioner, department_id: int, now: datetime, by: Staff | None
) -> Correspondence:
    whom = _whom(practitioner, department_id)
    try:
        with session.begin_nested():
            thread = conversation.start(
                session, None, client_id=f"messages-{secrets.token_urlsafe(16)}", widget_id=None,
                visitor=f"patient-{secrets.token_hex(24)}", subject=patient.name,
                locale=patient.locale or session.get_one(Organization, session.organization_id).locale, now=now,
            )  # fmt: skip
            made = Correspondence(
                patient_id=patient.id, practitioner_id=None if practitioner.is_team else practitioner.id,
                department_id=department_id, whom=whom, conversation_id=thread.id, created_at=now,
                created_by_id=by.practitioner_id if by else None,
            )  # fmt: skip
            session.add(made)
    except IntegrityError:  # another record of the same person was faster
        return session.scalars(select(Correspondence).where(Correspondence.patient_id == patient.id, Correspondence.whom == whom)).one()
    return made


def begin_with_me(session: Session, patient: Patient, by: Staff, now: datetime) -> Correspondence:
    """By hand, for oneself only (S002-71). Raises CorrespondenceThere, NotAllowed."""
    return with_me(session, patient, by, now, anew=True)


def with_me(session: Session, patient: Patient, by: Staff, now: datetime, *, anew: bool = False) -> Correspondence:
    """The one that is there, or a new one. Raises NotAllowed, and CorrespondenceThere where it must be `anew`."""
    if not (by.may(Permission.ANSWER_CHAT) and by.may(Permission.SEE_PATIENT)):
        raise NotAllowed
    me = session.get_one(Practitioner, by.practitioner_id)
    department_id = _department_of(session, by)
    if anew and find(session, patient, me, department_id) is not None:
        raise CorrespondenceThere
    return between(session, patient, me, department_id, now, by)


def _department_of(session: Session, by: Staff) -> int:
    """The own one, of several the first; of people without one the organisation's first. Raises NotAllowed."""
    open_ones = select(Department.id).where(Department.active).order_by(Department.position, Department.id)
    mine = open_ones.where(Department.id.in_(by.departments)) if by.departments else open_ones
    found = session.scalar(mine.limit(1))
    if found is None:
        raise NotAllowed
    return found


def switch(session: Session, patient: Patient, by: Staff, now: datetime, *, on: bool) -> None:
    """Switch a patient's messages off, or on again: those of the departments one administers (S002-78). Raises NotAllowed."""
    if not by.may(Permission.ADMINISTER_DEPARTMENT):
        raise NotAllowed
    for one in of_patient(session, patient):
        if (by.sees_everything or one.department_id in by.departments) and one.is_on != on:
            one.conversation.resume() if on else one.conversation.finish(now)
            change = {"messages": [str(not on), str(on)]}
            session.add(AuditEvent(
                at=now, actor=f"practitioner:{by.practitioner_id}", action=AuditAction.CHANGED, entity="correspondence",
                entity_id=one.id, changes=change,
            ))  # fmt: skip


def for_visit(session: Session, patient: Patient, practitioner: Practitioner, department_id: int, now: datetime) -> Correspondence | None:
    """What a visit shows and continues, where the organisation wants that; nothing while it is switched off (S002-66)."""
    own = session.get_one(Organization, session.organization_id)
    if not own.continuous_chat:
        return None
    found = find(session, patient, practitioner, department_id)
    if found is None and own.chat_by_appointment:
        found = between(session, patient, practitioner, department_id, now)
    return found if found is not None and found.is_on else None


def authorise(
    session: Session, patient: Patient, kind: AuthorisationKind, by: Staff, now: datetime, *, mailed: bool
) -> Authorisation:
    """Give a patient a way to the messages, to be told, printed or mailed (S002-74). Raises MessagesOff, NoAddress."""
    open_ones = [one for one in of_patient(session, patient) if one.is_on]
    if not open_ones:
        raise MessagesOff
    owner, department_id = open_ones[0].patient, open_ones[0].department_id
    if kind is AuthorisationKind.LINK:
        given = authorisation.link_for(session, owner, department_id, now, by.practitioner_id)
        if given is None:
            raise NoAddress
    else:
        given = authorisation.make(session, kind, owner, department_id, now, by.practitioner_id)
    if mailed:
        authorisation.mail(session, given, now)
    about = {"way": ["", f"{kind.value}, {'mailed' if mailed else 'shown'}"]}
    session.add(AuditEvent(
        at=now, actor=f"practitioner:{by.practitioner_id}", action=AuditAction.CREATED, entity="authorisation",
        entity_id=given.id, changes=about,
    ))  # fmt: skip
    return given


def tell_of_result(session: Session, patient: Patient, by: Staff, now: datetime) -> None:
    """A mail that a result is there, without a word of it, to whoever agreed to that (S003-21).

    Raises NotAgreed, MessagesOff, NoAddress.
    """
    if not patient.agreed_to_notices:
        raise NotAgreed
    given = authorise(session, patient, AuthorisationKind.LINK, by, now, mailed=False)
    about = {"department_id": given.department_id, "authorisation": given.id}
    enqueue(session, MailKind.RESULT_READY, None, given.patient.email, locale=given.locale, now=now, about=about)


def is_authorised(session: Session, patient: Patient, now: datetime) -> bool:
    """Whether the patient was given a way to the messages, and has somebody to write to (S002-62)."""
    ids = same_person(session, patient, patient.email)
    return any(one.is_on for one in of_patient(session, patient)) and authorisation.is_given(session, ids, now)


def tell_of_unread(session: Session, now: datetime) -> None:
    """Write to whoever has not read for a while, once until it is read; never what it says (S002-65)."""
    own = session.get_one(Organization, session.organization_id)
    _note_waiting(session)
    if not own.chat_mail_minutes:
        return
    since = now - timedelta(minutes=own.chat_mail_minutes)
    _tell_patients(session, since, now)
    _tell_staff(session, since, now)


def _note_waiting(session: Session) -> None:
    for unread, since, told in (
        (Conversation.unread_by_patient, Correspondence.patient_waits_since, Correspondence.patient_told_at),
        (Conversation.unread_by_staff, Correspondence.staff_waits_since, Correspondence.staff_told_at),
    ):
        there = exists().where(Conversation.id == Correspondence.conversation_id, unread > 0, Conversation.state != ConversationState.CLOSED)
        last = select(Conversation.last_at).where(Conversation.id == Correspondence.conversation_id).scalar_subquery()
        session.execute(update(Correspondence).where(since.is_(None), there).values({since: last}), execution_options=_QUIET)
        session.execute(
            update(Correspondence).where(since.is_not(None), ~there).values({since: None, told: None}), execution_options=_QUIET
        )
    session.expire_all()


_QUIET = {"synchronize_session": False}


def _tell_patients(session: Session, since: datetime, now: datetime) -> None:
    unread = (Correspondence.patient_waits_since <= since) & Correspondence.patient_told_at.is_(None)
    for one in session.scalars(select(Correspondence).where(unread).order_by(Correspondence.id)).all():
        one.patient_told_at = now
        link = authorisation.link_for(session, one.patient, one.department_id, now)
        if link is None:
            continue
        about = {"department_id": one.department_id, "correspondence": one.id, "authorisation": link.id}
        key = key_of("message_waiting", session.organization_id, one.id, one.patient_waits_since)
        enqueue(session, MailKind.MESSAGE_WAITING, None, one.patient.email, locale=link.locale, now=now, about=about, key=key)


def _tell_staff(session: Session, since: datetime, now: datetime) -> None:
    unread = (Correspondence.staff_waits_since <= since) & Correspondence.staff_told_at.is_(None)
    for one in session.scalars(select(Correspondence).where(unread).order_by(Correspondence.id)).all():
        one.staff_told_at = now
        for person in people_of(session, one):
            about = {"person_name": person.name, "department_id": one.department_id, "correspondence": one.id}
            key = key_of("staff_message", session.organization_id, one.id, one.staff_waits_since, person.id)
            if person.mail_messages:
                enqueue(session, MailKind.STAFF_MESSAGE, None, person.email, locale=person.locale, now=now, about=about, key=key)


def people_of(session: Session, one: Correspondence) -> Sequence[Practitioner]:
    """Whom the patient writes to and whoever has joined; of a department those who see patients there."""
    ids = {member.practitioner_id for member in one.members}
    if one.practitioner_id is not None:
        ids.add(one.practitioner_id)
    else:
        held = (PractitionerRole.department_id == one.department_id) & (PractitionerRole.role == Role.PRACTITIONER)
        ids.update(session.scalars(select(PractitionerRole.practitioner_id).where(held)))
    there = Practitioner.id.in_(ids) & Practitioner.active & ~Practitioner.is_team
    return session.scalars(select(Practitioner).where(there).order_by(Practitioner.id)).all()
