"""The waiting room: patients arrive, wait, are admitted, put on hold and leave; nothing of it is ever lost."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import conversation, outbox
from telehealth.channel import NotAllowed
from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.job import Job
from telehealth.outbox import MailKind
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.ticket import Ticket, TicketState


class EncounterStatus(StrEnum):
    """Where a visit stands."""

    WAITING = "waiting"
    ON_HOLD = "on_hold"
    ADMITTED = "admitted"
    ENDED = "ended"


IN_LINE = (EncounterStatus.WAITING, EncounterStatus.ON_HOLD)


class EncounterKind(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"


class EndReason(StrEnum):
    COMPLETED = "completed"
    LEFT = "left"
    REMOVED = "removed"
    LOST = "lost"


class Punctuality(StrEnum):
    """The corner of the list: colour and word (S002-92, S002-117)."""

    WALK_IN = "walk_in"
    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


class DeviceCheck(StrEnum):
    """What a patient's own check of a device came to; nothing while it was not checked (X-41)."""

    WORKS = "works"
    FAILS = "fails"


class CallBackWay(StrEnum):
    """How somebody who waits elsewhere is told that the turn is near."""

    MAIL = "mail"
    TEXT = "text"


class NotAnAddress(ValueError):
    """Nothing that a mail can be sent to."""


class NotANumber(NotAnAddress):
    """No phone number with its country code."""


class NotElsewhere(Exception):
    """The patient is on the page: nobody has to be called back."""


class AlreadyAdmitted(Exception):
    """`by` was faster."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


class EncounterEnded(Exception):
    """The visit is over."""


class UnknownEncounter(Exception):
    """Not there, or not this person's."""


@dataclass(frozen=True)
class PatientArrived:
    """Somebody stands in the waiting room: ring."""

    organization_id: int
    encounter_id: int
    department_id: int
    seq: int


@dataclass(frozen=True)
class EncounterChanged:
    """A visit's state changed; `department_before` names the department it left."""

    organization_id: int
    encounter_id: int
    department_id: int
    seq: int
    department_before: int | None = None


@dataclass(frozen=True)
class PatientAdmitted:
    organization_id: int
    encounter_id: int
    practitioner_id: int
    seq: int


class Encounter(Owned, Base):
    """One visit, from the door to the end screen. `seq` is its place in the waiting room's feed.

    `practitioner_id` is whom the patient wants to see, nobody in particular when empty; `admitted_by_id` who did.
    Until `elsewhere_until` the place is kept without a page (X-21).
    """

    __tablename__ = "encounter"
    __sealed__ = ("sealed_reason", "sealed_answers")
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_encounter_feed", "organization_id", "seq"),
        Index("ix_encounter_queue", "organization_id", "status", "department_id"),
        within_organization("widget_id", "widget"),
        within_organization("department_id", "department"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("admitted_by_id", "practitioner"),
        within_organization("patient_id", "patient"),
        within_organization("ticket_id", "ticket"),
        within_organization("conversation_id", "conversation"),
        within_organization("appointment_id", "appointment"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    kind: Mapped[EncounterKind] = mapped_column(one_of(EncounterKind), default=EncounterKind.WALK_IN)
    status: Mapped[EncounterStatus] = mapped_column(one_of(EncounterStatus), default=EncounterStatus.WAITING)
    end_reason: Mapped[EndReason | None] = mapped_column(one_of(EndReason))
    widget_id: Mapped[int | None]
    client_id: Mapped[str | None] = mapped_column(String(40))
    department_id: Mapped[int]
    practitioner_id: Mapped[int | None]
    admitted_by_id: Mapped[int | None]
    patient_id: Mapped[int]
    ticket_id: Mapped[int]
    conversation_id: Mapped[int]
    appointment_id: Mapped[int | None]
    locale: Mapped[str] = mapped_column(String(20), default="en")
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    planned_start: Mapped[datetime | None]
    arrived_at: Mapped[datetime]
    admitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    connected: Mapped[bool] = mapped_column(default=True)
    elsewhere_until: Mapped[datetime | None]
    call_back_way: Mapped[CallBackWay | None] = mapped_column(one_of(CallBackWay))
    call_back_to: Mapped[str] = mapped_column(String(254), default="")
    called_back_at: Mapped[datetime | None]
    camera_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    microphone_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    speaker_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    seq: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department] = relationship(primaryjoin="Department.id == foreign(Encounter.department_id)")
    practitioner: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.practitioner_id)"
    )
    admitted_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.admitted_by_id)"
    )
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(Encounter.patient_id)")
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(Encounter.ticket_id)")
    conversation: Mapped[Conversation] = relationship(
        primaryjoin="Conversation.id == foreign(Encounter.conversation_id)"
    )

    @property
    def reason(self) -> str:
        """What it is about, in the patient's words."""
        return self._open("reason", self.sealed_reason)

    @property
    def answers(self) -> dict[str, str]:
        """Answers to the widget's own fields, by field key."""
        return dict(json.loads(self._open("answers", self.sealed_answers) or "{}"))

    def _open(self, name: str, sealed: bytes | None) -> str:
        return session_of(self).keyring.open(sealed, self.place_of(f"sealed_{name}")) if sealed else ""

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|encounter|{self.uid}|{column.removeprefix('sealed_')}"

    def write_down(self, reason: str, answers: dict[str, str]) -> None:
        """Seal what the patient told."""
        keyring = session_of(self).keyring
        self.sealed_reason = keyring.seal(reason, self.place_of("sealed_reason")) if reason else None
        self.sealed_answers = keyring.seal(json.dumps(answers), self.place_of("sealed_answers")) if answers else None

    def check_devices(
        self, camera: DeviceCheck | None, microphone: DeviceCheck | None, speaker: DeviceCheck | None
    ) -> None:
        """What the patient found out before coming in; staff see it."""
        found = (camera, microphone, speaker)
        if found != (self.camera_check, self.microphone_check, self.speaker_check):
            self.camera_check, self.microphone_check, self.speaker_check = found
            self._changed()

    def admit(self, by: Staff, now: datetime) -> None:
        """Call the patient in (S002-118). Raises AlreadyAdmitted, EncounterEnded, NotAllowed."""
        self._lock(by)
        if self.status is EncounterStatus.ADMITTED and self.admitted_by is not None:
            if self.admitted_by_id == by.practitioner_id:
                return
            raise AlreadyAdmitted(self.admitted_by.name)
        self.status, self.admitted_by_id, self.admitted_at = EncounterStatus.ADMITTED, by.practitioner_id, now
        self._changed()
        record(self, PatientAdmitted(self.organization_id, self.id, by.practitioner_id, self.seq))

    def hold(self, by: Staff) -> None:
        """Keep the patient waiting where nobody else calls in. Raises EncounterEnded, NotAllowed."""
        self._lock(by)
        self.status = EncounterStatus.ON_HOLD
        self._changed()

    def send_back(self, by: Staff) -> None:
        """Back to the waiting room, with the original waiting time. Raises EncounterEnded, NotAllowed."""
        self._lock(by)
        self.status, self.admitted_by_id, self.admitted_at = EncounterStatus.WAITING, None, None
        self._changed()

    def end(self, by: Staff, now: datetime, reason: EndReason = EndReason.COMPLETED) -> None:
        """End the visit for both sides (S002-136). Raises EncounterEnded, NotAllowed."""
        self._lock(by)
        self._close(now, reason)

    def leave(self, now: datetime) -> None:
        """The patient goes. Leaving twice is leaving once."""
        if self.status is not EncounterStatus.ENDED:
            self._close(now, EndReason.LEFT)

    def give_up(self, now: datetime) -> None:
        """The connection did not come back within the grace period."""
        if self.status is not EncounterStatus.ENDED:
            self._close(now, EndReason.LOST)

    def connection(self, *, connected: bool, now: datetime) -> None:
        """Whether the patient's page is there right now; the place is kept either way."""
        self.seen_at = now
        if self.connected != connected and self.status is not EncounterStatus.ENDED:
            self.connected = connected
            self._changed()

    def wait_elsewhere(self, way: CallBackWay, address: str, until: datetime) -> None:
        """The patient may close the page and is called back (X-21). Raises EncounterEnded, NotAnAddress."""
        if self.status not in IN_LINE:
            raise EncounterEnded
        self.call_back_way, self.call_back_to = way, _reachable(way, address)
        self.elsewhere_until, self.called_back_at = until, None
        self._changed()

    def come_back(self) -> None:
        """The patient's page is open again."""
        if self.elsewhere_until is not None:
            self.elsewhere_until = None
            self._changed()

    def call_back(self, now: datetime) -> None:
        """Write to the patient who waits elsewhere; not again at once. Raises NotElsewhere, EncounterEnded."""
        if self.status is EncounterStatus.ENDED:
            raise EncounterEnded
        if self.elsewhere_until is None:
            raise NotElsewhere
        if self.called_back_at is None or self.called_back_at <= now - CALL_BACK_PAUSE:
            self.called_back_at, self.elsewhere_until = now, max(self.elsewhere_until, now + TIME_TO_RETURN)
            self._write_back(now)
            self._changed()

    def _write_back(self, now: datetime) -> None:
        session, about = session_of(self), {"visit": self.uid}
        if self.call_back_way is CallBackWay.TEXT:
            session.add(Job(organization_id=self.organization_id, kind=CALL_BACK_TEXT, payload=about, due=now))
        else:
            outbox.enqueue(
                session, MailKind.CALL_BACK, None, self.call_back_to, locale=self.locale, now=now, about=about
            )

    def punctuality(self) -> Punctuality:
        if self.planned_start is None:
            return Punctuality.WALK_IN
        return Punctuality.LATE if self.arrived_at > self.planned_start else Punctuality.ON_TIME

    def _close(self, now: datetime, reason: EndReason) -> None:
        self.status, self.end_reason, self.ended_at = EncounterStatus.ENDED, reason, now
        if self.kind is EncounterKind.WALK_IN:
            self.ticket.state = TicketState.CLOSED
        if self.conversation.closed_at is None:
            self.conversation.finish(now)
        self._changed()

    def _lock(self, by: Staff) -> None:
        if not by.may(Permission.ADMIT):
            raise NotAllowed
        session_of(self).refresh(self, with_for_update=True)
        if self.status is EncounterStatus.ENDED:
            raise EncounterEnded

    def _changed(self) -> None:
        session = session_of(self)
        self.seq = advance(session, FeedName.WAITING_ROOM)
        session.flush()
        record(session, EncounterChanged(self.organization_id, self.id, self.department_id, self.seq))


CALL_BACK_TEXT = "call_back_text"  # the kind of the job
CALL_BACK_PAUSE = timedelta(minutes=2)  # pressed twice is pressed once
TIME_TO_RETURN = timedelta(minutes=15)
ADDRESSES = {
    CallBackWay.MAIL: re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
    CallBackWay.TEXT: re.compile(r"\+[1-9][0-9]{6,14}"),
}


def _reachable(way: CallBackWay, address: str) -> str:
    """The address as it is written to; phone numbers without what people put between the digits."""
    address = re.sub(r"[\s()./-]", "", address) if way is CallBackWay.TEXT else address.strip()
    if not ADDRESSES[way].fullmatch(address) or len(address) > 254:
        raise NotANumber if way is CallBackWay.TEXT else NotAnAddress
    return address


def begin(
    session: Session, ticket: Ticket, patient: Patient, kind: EncounterKind, locale: str, now: datetime
) -> Encounter:
    """A visit that is about to begin, with a conversation of its own; `announce` says that somebody stands there."""
    thread = conversation.start(
        session, None, client_id=f"visit-{secrets.token_urlsafe(16)}", widget_id=None, visitor=ticket.visitor, subject=patient.name,
        locale=locale, now=now,
    )  # fmt: skip
    return Encounter(
        kind=kind, ticket_id=ticket.id, patient_id=patient.id, conversation_id=thread.id, locale=locale,
        arrived_at=now, seen_at=now,
    )  # fmt: skip


class AppointmentLike(Protocol):
    """What the waiting room needs of an appointment."""

    id: int
    start: datetime
    department_id: int
    practitioner_id: int
    locale: str
    patient: Patient


def check_in(session: Session, ticket: Ticket, appointment: AppointmentLike, now: datetime) -> Encounter:
    """Enter by an appointment's link, once; coming again finds the same visit. Raises TooEarly, TooLate."""
    session.refresh(ticket, with_for_update=True)  # two taps at once queue here
    mine = Encounter.appointment_id == appointment.id
    if (
        earlier := session.scalar(select(Encounter).where(mine, Encounter.status != EncounterStatus.ENDED))
    ) is not None:
        return earlier
    ticket.require_window(now)
    visit = begin(session, ticket, appointment.patient, EncounterKind.APPOINTMENT, appointment.locale, now)
    visit.department_id, visit.practitioner_id = appointment.department_id, appointment.practitioner_id
    visit.appointment_id, visit.planned_start = appointment.id, appointment.start
    session.add(visit)
    session.flush()
    announce(visit)
    return visit


def announce(visit: Encounter) -> None:
    """Somebody has arrived."""
    visit._changed()
    record(visit, PatientArrived(visit.organization_id, visit.id, visit.department_id, visit.seq))


def visit_of(session: Session, ticket: Ticket) -> Encounter:
    """The latest visit made with this ticket. Raises UnknownEncounter."""
    latest = select(Encounter).where(Encounter.ticket_id == ticket.id).order_by(Encounter.id.desc()).limit(1)
    found = session.scalar(latest)
    if found is None:
        raise UnknownEncounter
    return found


SILENCE = timedelta(minutes=3)  # a page that is there says so every minute


def sweep(session: Session, grace: timedelta, now: datetime) -> int:
    """Take leave of those whose connection did not come back within the grace period; gives how many.

    A server that was killed could not note who was lost: there, silence counts. Who waits elsewhere has longer.
    """
    here, stays_away = Encounter.elsewhere_until.is_(None), Encounter.elsewhere_until < now
    lost = Encounter.connected.is_(False) & (Encounter.seen_at < now - grace)
    silent = Encounter.seen_at < now - grace - SILENCE
    gone = session.scalars(select(Encounter).where(Encounter.status.in_(IN_LINE), stays_away | (here & (lost | silent)))).all()
    for visit in gone:
        visit.give_up(now)
    return len(gone)
