"""The patient's own pages: who is in, and what they show (S002-145 … S002-147, X-47)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, UniqueConstraint, and_, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import authorisation, correspondence, pin, standing
from telehealth.audit import AuditAction, AuditEvent
from telehealth.authorisation import Authorisation
from telehealth.booking import Appointment, AppointmentStatus, UnknownAppointment
from telehealth.conversation import Conversation
from telehealth.correspondence import Correspondence, UnknownCorrespondence
from telehealth.database import Base, Owned, Session, session_of, within_organization
from telehealth.patient import Patient, same_person
from telehealth.pin import Pin, PinOver
from telehealth.practitioner import Practitioner
from telehealth.questionnaire_response import QuestionnaireResponse, UnknownResponse
from telehealth.standing import Standing
from telehealth.ticket import Ticket, hash_of
from telehealth.waiting_room import Encounter

MOST = 200  # rows of a list
NOTED_EVERY = timedelta(minutes=1)  # how exactly we know when somebody was last here
KEPT = timedelta(days=2)  # sessions and PINs that are over


class PortalClosed(Exception):
    """The session has ended, or never was."""


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts: without being used, and at most."""

    idle: timedelta
    longest: timedelta


class PortalSession(Owned, Base):
    """One stay of a patient. `address` is where the PIN was sent: whoever reads there is who this session is for.

    A device that a code has let in stays for as long as the `authorisation` says; its token is changed now and then, `turn`
    counts them, and the one before works until the new one was used.
    """

    __tablename__ = "portal_session"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("patient_id", "patient"),
        within_organization("authorisation_id", "authorisation"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    previous_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    turn: Mapped[int] = mapped_column(default=0)
    authorisation_id: Mapped[int | None]
    patient_id: Mapped[int]
    address: Mapped[str] = mapped_column(String(254))
    pin_uid: Mapped[str] = mapped_column(String(32), unique=True)
    client_id: Mapped[str] = mapped_column(String(40))
    locale: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(PortalSession.patient_id)")
    authorisation: Mapped[Authorisation | None] = relationship(
        primaryjoin="Authorisation.id == foreign(PortalSession.authorisation_id)"
    )

    @property
    def token(self) -> str:
        """The holder's secret, told again only to whom it was given."""
        return _token(session_of(self), self.uid, self.turn)

    @property
    def is_device(self) -> bool:
        return self.authorisation_id is not None

    def renew(self) -> None:
        """Change the token; asked again before the new one was used, it is the same new one."""
        if self.previous_hash is None:
            self.previous_hash, self.turn = self.token_hash, self.turn + 1
            self.token_hash = hash_of(self.token)

    def ends_at(self, lifetime: Lifetime) -> datetime:
        """When it ends if it is not used meanwhile."""
        if self.authorisation is not None:
            return self.authorisation.expires_at
        return min(self.created_at + lifetime.longest, self.seen_at + lifetime.idle)

    def is_open(self, now: datetime, lifetime: Lifetime) -> bool:
        """A patient whose address has changed since comes in anew."""
        if self.authorisation is not None and self.authorisation.is_over(now):
            return False
        same = self.is_device or self.address.casefold() == self.patient.email.casefold()
        return self.ended_at is None and same and now < self.ends_at(lifetime)

    def use(self, now: datetime) -> None:
        """It is in use at this moment."""
        if now - self.seen_at >= NOTED_EVERY:
            self.seen_at = now

    def end(self, now: datetime) -> None:
        """Sign out; twice is once."""
        self.ended_at = self.ended_at or now


def _token(session: Session, uid: str, turn: int) -> str:
    return session.keyring.token("portal", f"{uid}:{turn}" if turn else uid)


def begin(session: Session, held: Ticket, given: str, client_id: str, locale: str, now: datetime) -> PortalSession:
    """Come in with a link and its PIN; the same, sent twice, is one session.

    Whoever calls keeps what comes of it, also when it is refused, for tries are counted. Raises WrongPin, PinOver,
    UnknownTicket, UnknownAppointment, UnknownEncounter.
    """
    patient = pin.holder_of(session, held).patient
    asked = pin.latest(session, patient.id)
    if asked is None:
        raise PinOver
    if asked.used_at is not None and now < asked.expires_at and (again := _begun_before(session, asked, given, client_id)):
        return again
    asked.use(given, now)
    uid = secrets.token_urlsafe(16)
    made = PortalSession(
        uid=uid, token_hash=hash_of(session.keyring.token("portal", uid)), patient_id=patient.id, address=asked.address,
        pin_uid=asked.uid, client_id=client_id, locale=locale, created_at=now, seen_at=now,
    )  # fmt: skip
    session.add(made)
    actor = f"patient:{patient.id}"
    session.add(AuditEvent(at=now, actor=actor, action=AuditAction.SIGNED_IN, entity="patient", entity_id=patient.id))
    session.flush()
    return made


def activate(session: Session, held: Ticket, client_id: str, locale: str, now: datetime) -> PortalSession:
    """Let a device in by its code, one device for a code; the same page, sent twice, is one session (S002-75).

    Raises UnknownTicket, CodeUsed.
    """
    code = authorisation.code_of(session, held)
    session.refresh(code, with_for_update={"of": Authorisation})
    mine = (PortalSession.authorisation_id == code.id) & (PortalSession.client_id == client_id)
    if (again := session.scalar(select(PortalSession).where(mine, PortalSession.ended_at.is_(None)))) is not None:
        return again
    code.use(now)
    uid = secrets.token_urlsafe(16)
    made = PortalSession(
        uid=uid, token_hash=hash_of(_token(session, uid, 0)), patient_id=code.patient_id, address=code.patient.email,
        pin_uid=f"code-{code.id}", authorisation_id=code.id, client_id=client_id, locale=locale, created_at=now, seen_at=now,
    )  # fmt: skip
    session.add(made)
    actor = f"patient:{code.patient_id}"
    session.add(AuditEvent(at=now, actor=actor, action=AuditAction.SIGNED_IN, entity="patient", entity_id=code.patient_id))
    session.flush()
    return made


def _begun_before(session: Session, asked: Pin, given: str, client_id: str) -> PortalSession | None:
    """What the same page was given for the same PIN; its answer was lost."""
    if not secrets.compare_digest(asked.digits.encode(), given.encode()):
        return None
    mine = (PortalSession.pin_uid == asked.uid) & (PortalSession.client_id == client_id) & PortalSession.ended_at.is_(None)
    return session.scalar(select(PortalSession).where(mine))


def known(session: Session, token: str, now: datetime, lifetime: Lifetime) -> PortalSession:
    """The session of this token, used now; ours enters its organisation. Raises PortalClosed."""
    given = hash_of(token)
    found = session.execute(
        select(PortalSession.organization_id, PortalSession.id).where(
            (PortalSession.token_hash == given) | (PortalSession.previous_hash == given)
        ),
        execution_options={"across_organizations": True},
    ).one_or_none()
    if found is None:
        raise PortalClosed
    session.enter(found.organization_id)
    own = session.get_one(PortalSession, found.id)
    if own.previous_hash is not None and own.token_hash == given:
        own.previous_hash = None
    if not own.is_open(now, lifetime):
        raise PortalClosed
    own.use(now)
    return own


def records(session: Session, own: PortalSession) -> list[int]:
    """The records of this one person, as far as the address proves it."""
    return same_person(session, own.patient, own.address)


@dataclass(frozen=True)
class Own:
    """An appointment of the patient and where it truly stands."""

    appointment: Appointment
    standing: Standing


def appointments(session: Session, own: PortalSession, now: datetime) -> tuple[list[Own], list[Own]]:
    """Those to come, the next first, and those that are over or cancelled, the latest first."""
    mine = select(Appointment).where(Appointment.patient_id.in_(records(session, own)))
    rows = session.scalars(mine.order_by(Appointment.start.desc(), Appointment.id.desc()).limit(MOST)).all()
    visits = select(Encounter).where(Encounter.appointment_id.in_([row.id for row in rows])).order_by(Encounter.id)
    latest = {visit.appointment_id: visit for visit in session.scalars(visits)}
    found = [Own(row, _standing(row, latest.get(row.id))) for row in rows]
    coming = [one for one in reversed(found) if _is_to_come(one, now)]
    return coming, [one for one in found if not _is_to_come(one, now)]


def _standing(made: Appointment, visit: Encounter | None) -> Standing:
    return standing.joined(standing.written(made.status, made.checked_in_at), standing.told(visit) if visit else None)


def _is_to_come(one: Own, now: datetime) -> bool:
    is_over = one.standing in {Standing.CANCELLED, Standing.DONE, Standing.NO_SHOW}
    return not is_over and (one.appointment.end > now or one.standing is Standing.IN_CONSULTATION)


def appointment_of(session: Session, own: PortalSession, uid: str) -> Appointment:
    """One that still stands. Raises UnknownAppointment."""
    mine = (Appointment.uid == uid) & Appointment.patient_id.in_(records(session, own))
    found = session.scalar(select(Appointment).where(mine, Appointment.status != AppointmentStatus.CANCELLED))
    if found is None:
        raise UnknownAppointment
    return found


def questionnaires(session: Session, own: PortalSession, now: datetime) -> list[QuestionnaireResponse]:
    """What is asked of the patient and can be filled in, and what was sent, the latest first (S002-146)."""
    mine = QuestionnaireResponse.patient_id.in_(records(session, own))
    rows = session.scalars(select(QuestionnaireResponse).where(mine).order_by(QuestionnaireResponse.id.desc()).limit(MOST))
    found = [row for row in rows if row.is_completed or row.is_open(now)]
    return sorted(found, key=lambda row: row.is_completed)


def response_of(session: Session, own: PortalSession, uid: str) -> QuestionnaireResponse:
    """Raises UnknownResponse."""
    mine = QuestionnaireResponse.patient_id.in_(records(session, own))
    found = session.scalar(select(QuestionnaireResponse).where(QuestionnaireResponse.uid == uid, mine))
    if found is None:
        raise UnknownResponse
    return found


def correspondences(session: Session, own: PortalSession) -> Sequence[Correspondence]:
    """Whom the patient can write to, and what was written, the latest first (S002-150)."""
    mine = select(Correspondence).join(Conversation, Conversation.id == Correspondence.conversation_id)
    mine = mine.where(Correspondence.patient_id.in_(records(session, own)))
    return session.scalars(mine.order_by(Conversation.last_at.desc(), Correspondence.id).limit(MOST)).all()


def correspondence_of(session: Session, own: PortalSession, uid: str) -> Correspondence:
    """Raises UnknownCorrespondence."""
    found = correspondence.by_uid(session, uid)
    if found is None or found.patient_id not in records(session, own):
        raise UnknownCorrespondence
    return found


@dataclass(frozen=True)
class Look:
    """Somebody opened something of the patient's: `what` names the kind of thing, `title` says what they are."""

    at: datetime
    who: str
    title: str
    what: str


def looks(session: Session, own: PortalSession) -> Sequence[Look]:
    """Who has looked at the patient's data, the latest first (X-47): facts, no content."""
    opened = (AuditEvent.action == AuditAction.OPENED) & _about(records(session, own))
    found = session.scalars(select(AuditEvent).where(opened).order_by(AuditEvent.id.desc()).limit(MOST)).all()
    numbers = {_practitioner_id(entry) for entry in found}
    people = {person.id: person for person in session.scalars(select(Practitioner).where(Practitioner.id.in_(numbers)))}
    return [_look(entry, people.get(_practitioner_id(entry))) for entry in found]


def _about(patients: list[int]) -> ColumnElement[bool]:
    """Entries about the patient's records and whatever belongs to them."""
    of_visits = Encounter.patient_id.in_(patients)
    belonging = {
        "appointment": select(Appointment.id).where(Appointment.patient_id.in_(patients)),
        "encounter": select(Encounter.id).where(of_visits),
        "conversation": select(Encounter.conversation_id).where(of_visits),
        "questionnaire_response": select(QuestionnaireResponse.id).where(QuestionnaireResponse.patient_id.in_(patients)),
    }
    letters = select(Correspondence.conversation_id).where(Correspondence.patient_id.in_(patients))
    belonging["conversation"] = select(Conversation.id).where(
        or_(Conversation.id.in_(belonging["conversation"]), Conversation.id.in_(letters))
    )
    theirs = [and_(AuditEvent.entity == name, AuditEvent.entity_id.in_(ids)) for name, ids in belonging.items()]
    return or_(and_(AuditEvent.entity == "patient", AuditEvent.entity_id.in_(patients)), *theirs)


def _practitioner_id(entry: AuditEvent) -> int:
    kind, _colon, number = entry.actor.partition(":")
    return int(number) if kind == "practitioner" and number.isdecimal() else 0


def _look(entry: AuditEvent, person: Practitioner | None) -> Look:
    return Look(entry.at, person.name if person else "", person.title if person else "", entry.entity)


def tidy(session: Session, now: datetime) -> None:
    """Forget PINs and sessions that were over long ago."""
    devices = PortalSession.authorisation_id.is_not(None) & (PortalSession.created_at > now - authorisation.LASTS - KEPT)
    session.execute(delete(PortalSession).where(PortalSession.created_at < now - KEPT, ~devices))
    session.execute(delete(Pin).where(Pin.expires_at < now - KEPT))
