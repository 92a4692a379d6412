"""The waiting room: patients arrive, wait, are admitted, put on hold and leave; nothing of it is ever lost."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import ColumnElement, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import conversation, correspondence, outbox, payment, text_message, transfer
from telehealth.channel import NotAllowed
from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization, write_row
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.follow_up import FollowUp
from telehealth.job import Job
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.outbox import MailKind
from telehealth.patient import Patient
from telehealth.payment import PaymentState
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.ticket import Ticket, TicketState


class EncounterStatus(StrEnum):
    """Where a visit stands."""

    WAITING = "waiting"
    ON_HOLD = "on_hold"
    ADMITTED = "admitted"
    ENDED = "ended"


IN_LINE = (EncounterStatus.WAITING, EncounterStatus.ON_HOLD)
LONGEST_SUMMARY = 4000  # characters
LOOKING_BACK = timedelta(hours=24)  # how long the patient sees a visit that has ended, and may say how it was
ERASE = "erase_conversation"  # the job that keeps the promise of ChatAfterVisit.DELETED


class EncounterKind(StrEnum):
    WALK_IN = "walk_in"
    APPOINTMENT = "appointment"
    QUICK = "quick"


class EndReason(StrEnum):
    """Staff ended the visit, the patient left, staff took the patient out or declined, the connection did not come
    back, or the patient did not come to what had begun without them."""

    COMPLETED = "completed"
    LEFT = "left"
    REMOVED = "removed"
    DECLINED = "declined"
    LOST = "lost"
    MISSED = "missed"


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


class NetworkCheck(StrEnum):
    """How a live connection comes about from where a patient is: in every way that is needed, without the relay (which
    stays out of reach), by the relay alone, or not at all."""

    WORKS = "works"
    DIRECT = "direct"
    RELAY = "relay"
    FAILS = "fails"


class Bandwidth(StrEnum):
    """What a patient's connection carries, by a rough measure."""

    PICTURE = "picture"
    SOUND = "sound"
    WRITING = "writing"


@dataclass(frozen=True)
class Checks:
    """What a patient found out before coming in; nothing about what was not checked (X-41)."""

    camera: DeviceCheck | None = None
    microphone: DeviceCheck | None = None
    speaker: DeviceCheck | None = None
    network: NetworkCheck | None = None
    bandwidth: Bandwidth | None = None


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


class Locked(Exception):
    """`by` is with the patient and wants nobody else to interfere."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(by)


class EncounterEnded(Exception):
    """The visit is over."""


class SummaryTooLong(ValueError):
    """More than LONGEST_SUMMARY characters."""


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
    `awaited` says that the consultation has begun without the patient, who has not come yet. `chat_after_visit` and
    `chat_after_hours` are what was promised about the conversation when the visit ended.
    `acknowledged_by_id` is who was first to see that the patient is there; `escalated_at` when all were alerted.
    `continues_from` says that its talk is a part of messages that go on after it: those after this number (S002-65).
    Until `elsewhere_until` the place is kept without a page (X-21).
    """

    __tablename__ = "encounter"
    __sealed__ = ("sealed_reason", "sealed_answers", "sealed_note", "sealed_summary", "sealed_follow_up")
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("widget_id", "client_id"),
        Index("ix_encounter_feed", "organization_id", "seq"),
        Index("ix_encounter_queue", "organization_id", "status", "department_id"),
        Index("ix_encounter_conversation", "organization_id", "conversation_id"),  # each message of a visit asks
        within_organization("widget_id", "widget"),
        within_organization("department_id", "department"),
        within_organization("practitioner_id", "practitioner"),
        within_organization("admitted_by_id", "practitioner"),
        within_organization("transferred_by_id", "practitioner"),
        within_organization("ended_by_id", "practitioner"),
        within_organization("acknowledged_by_id", "practitioner"),
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
    transferred_by_id: Mapped[int | None]
    ended_by_id: Mapped[int | None]
    acknowledged_by_id: Mapped[int | None]
    patient_id: Mapped[int]
    ticket_id: Mapped[int]
    conversation_id: Mapped[int]
    appointment_id: Mapped[int | None]
    locale: Mapped[str] = mapped_column(String(20), default="en")
    sealed_reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_note: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_summary: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_follow_up: Mapped[bytes | None] = mapped_column(LargeBinary)
    continues_from: Mapped[int | None]
    chat_after_visit: Mapped[ChatAfterVisit | None] = mapped_column(one_of(ChatAfterVisit))
    chat_after_hours: Mapped[int] = mapped_column(default=0)
    planned_start: Mapped[datetime | None]
    arrived_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    admitted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]
    connected: Mapped[bool] = mapped_column(default=True)
    awaited: Mapped[bool] = mapped_column(default=False)
    locked: Mapped[bool] = mapped_column(default=False)
    elsewhere_until: Mapped[datetime | None]
    call_back_way: Mapped[CallBackWay | None] = mapped_column(one_of(CallBackWay))
    call_back_to: Mapped[str] = mapped_column(String(254), default="")
    called_back_at: Mapped[datetime | None]
    camera_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    microphone_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    speaker_check: Mapped[DeviceCheck | None] = mapped_column(one_of(DeviceCheck))
    network_check: Mapped[NetworkCheck | None] = mapped_column(one_of(NetworkCheck))
    bandwidth: Mapped[Bandwidth | None] = mapped_column(one_of(Bandwidth))
    browser: Mapped[str] = mapped_column(String(40), default="")  # name and major version, nothing more
    seq: Mapped[int] = mapped_column(default=0)
    department: Mapped[Department] = relationship(primaryjoin="Department.id == foreign(Encounter.department_id)")
    practitioner: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.practitioner_id)"
    )
    admitted_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.admitted_by_id)"
    )
    transferred_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.transferred_by_id)"
    )
    ended_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.ended_by_id)"
    )
    acknowledged_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Encounter.acknowledged_by_id)"
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

    @property
    def note(self) -> str:
        """What the colleague who passed the patient on wants known; never shown to the patient."""
        return self._open("note", self.sealed_note)

    @property
    def summary(self) -> str:
        """What the practitioner wrote down for the patient (S001-28)."""
        return self._open("summary", self.sealed_summary)

    @property
    def follow_up(self) -> FollowUp | None:
        """What the patient is told to do if it does not get better (S002-137)."""
        return FollowUp(**json.loads(found)) if (found := self._open("follow_up", self.sealed_follow_up)) else None

    @property
    def is_unseen(self) -> bool:
        """Whether the patient waits and nobody of the clinic has seen that; `unseen` says the same of many."""
        return self.status is EncounterStatus.WAITING and self.acknowledged_at is None

    @property
    def took_place(self) -> bool:
        """Whether patient and clinic have met in it, now that it is over."""
        return met(self.end_reason, self.admitted_at)

    @property
    def length(self) -> timedelta | None:
        """How long patient and practitioner were together; None when they were not, or still are."""
        return self.ended_at - self.admitted_at if self.ended_at and self.admitted_at else None

    def _open(self, name: str, sealed: bytes | None) -> str:
        return session_of(self).keyring.open(sealed, self.place_of(f"sealed_{name}")) if sealed else ""

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|encounter|{self.uid}|{column.removeprefix('sealed_')}"

    def write_down(self, reason: str, answers: dict[str, str]) -> None:
        """Seal what the patient told."""
        self.sealed_reason = self._seal("reason", reason)
        self.sealed_answers = self._seal("answers", json.dumps(answers) if answers else "")

    @property
    def checks(self) -> Checks:
        return Checks(self.camera_check, self.microphone_check, self.speaker_check, self.network_check, self.bandwidth)

    def checked(self, found: Checks) -> None:
        """What the patient found out before coming in; staff see it."""
        if found == self.checks:
            return
        self.camera_check, self.microphone_check, self.speaker_check = found.camera, found.microphone, found.speaker
        self.network_check, self.bandwidth = found.network, found.bandwidth
        self._changed()

    def questionnaires_changed(self) -> None:
        """One was asked or filled in; patient and staff see it."""
        session_of(self).refresh(self, with_for_update={"of": Encounter})  # before the feed, as when it ends
        self._changed()

    def files_changed(self) -> None:
        """One was put at its appointment or taken away; patient and staff see it."""
        self.questionnaires_changed()

    def comes_with(self, browser: str) -> None:
        """Which browser the patient's page is open in, as far as it tells; staff can help better (X-37)."""
        if browser and browser != self.browser:
            self.browser = browser
            self._changed()

    def acknowledge(self, by: Staff, now: datetime) -> None:
        """Say that the clinic has seen the patient (X-34); whoever was first stays named.

        Raises EncounterEnded, NotAllowed.
        """
        self._lock(by, Permission.SEE_WAITING_ROOM)
        if self.acknowledged_at is None:
            self._seen(by, now)
            self._changed()

    def escalate(self, now: datetime) -> None:
        """Alert everybody who may see the visit, since nobody has seen it yet."""
        if self.escalated_at is None:
            self.escalated_at = now
            self._changed()

    def admit(self, by: Staff, now: datetime) -> None:
        """Call the patient in (S002-118). Raises AlreadyAdmitted, EncounterEnded, NotAllowed."""
        self._lock(by)
        if self.status is EncounterStatus.ADMITTED and self.admitted_by is not None:
            if self.admitted_by_id == by.practitioner_id:
                return
            raise AlreadyAdmitted(self.admitted_by.name)
        self.status, self.admitted_by_id, self.admitted_at = EncounterStatus.ADMITTED, by.practitioner_id, now
        self._seen(by, now)
        self._changed()
        record(self, PatientAdmitted(self.organization_id, self.id, by.practitioner_id, self.seq))

    def hold(self, by: Staff, now: datetime) -> None:
        """Keep the patient waiting where nobody else calls in. Raises EncounterEnded, Locked, NotAllowed."""
        self._lock(by)
        self.status, self.locked = EncounterStatus.ON_HOLD, False
        self._seen(by, now)
        self._changed()

    def send_back(self, by: Staff) -> None:
        """Back to the waiting room, with the original waiting time. Raises EncounterEnded, Locked, NotAllowed."""
        self._lock(by)
        self._wait_again()
        self._changed()

    def transfer(
        self, by: Staff, department_id: int, practitioner_id: int | None, now: datetime, note: str = ""
    ) -> bool:
        """Pass the patient on to a department, or to somebody there; the waiting time goes on (X-36, X-43).

        Gives whether that is news: the same said twice is one. Raises UnknownDestination, EncounterEnded, Locked, NotAllowed.
        """
        self._lock(by)
        transfer.require(session_of(self), department_id, practitioner_id)
        meant = (by.practitioner_id, department_id, practitioner_id, note)
        there = (self.transferred_by_id, self.department_id, self.practitioner_id, self.note)
        if self.status is EncounterStatus.WAITING and meant == there:
            return False
        before, self.department_id, self.practitioner_id = self.department_id, department_id, practitioner_id
        self.transferred_by_id = by.practitioner_id
        self.sealed_note = self._seal("note", note)
        self._wait_again()
        self.acknowledged_by_id = self.acknowledged_at = self.escalated_at = None
        self._changed(department_before=before if before != department_id else None)
        _alert(self, now, turn=self.seq)
        return True

    def lock(self, by: Staff, *, locked: bool) -> None:
        """Let nobody else hold, pass on or end this consultation, or let them again.

        Raises EncounterEnded, Locked, NotAllowed; the latter too for whoever has not called the patient in.
        """
        self._lock(by)
        if self.status is not EncounterStatus.ADMITTED or (locked and self.admitted_by_id != by.practitioner_id):
            raise NotAllowed
        self.locked = locked
        self._changed()

    def _wait_again(self) -> None:
        self.status, self.admitted_by_id, self.admitted_at = EncounterStatus.WAITING, None, None
        self.locked = self.awaited = False

    def end(self, by: Staff, now: datetime, reason: EndReason = EndReason.COMPLETED) -> None:
        """End the visit for both sides (S002-136); the same end said twice is one.

        Raises EncounterEnded, Locked, NotAllowed.
        """
        try:
            self._lock(by)
        except EncounterEnded:
            if (self.ended_by_id, self.end_reason) != (by.practitioner_id, self._truly(reason)):
                raise
            return
        self.ended_by_id = by.practitioner_id
        self._close(now, self._truly(reason))

    def _truly(self, reason: EndReason) -> EndReason:
        """What nobody came to was not completed."""
        return EndReason.MISSED if self.awaited and reason is EndReason.COMPLETED else reason

    def sum_up(self, by: Staff, summary: str, follow_up: FollowUp | None, now: datetime) -> None:
        """Write down what the patient takes home: before the end by whoever called in, afterwards for a day.

        Raises NotAllowed, SummaryTooLong, and EncounterEnded when it ended too long ago.
        """
        if not by.may(Permission.ADMIT) or by.practitioner_id not in {self.admitted_by_id, self.ended_by_id}:
            raise NotAllowed
        if self.ended_at is not None and now >= self.ended_at + LOOKING_BACK:
            raise EncounterEnded
        if len(summary) > LONGEST_SUMMARY:
            raise SummaryTooLong
        self.sealed_summary = self._seal("summary", summary)
        self.sealed_follow_up = self._seal("follow_up", json.dumps(asdict(follow_up)) if follow_up else "")
        self._changed()

    def _seal(self, name: str, text: str) -> bytes | None:
        return session_of(self).keyring.seal(text, self.place_of(f"sealed_{name}")) if text else None

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
        if connected and self.awaited:
            self.awaited, self.arrived_at = False, now
            announce(self)
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
            session.add(Job(organization_id=self.organization_id, kind=text_message.CALL_BACK, payload=about, due=now))
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
        if self.kind is not EncounterKind.APPOINTMENT:
            self.ticket.state = TicketState.CLOSED
        if self.conversation.closed_at is None and self.continues_from is None:
            self.conversation.finish(now)
        self._promise(now)
        self._changed()

    def _promise(self, now: datetime) -> None:
        """What becomes of the conversation is decided here: what the clinic changes later holds for later visits."""
        session = session_of(self)
        organization = session.get_one(Organization, self.organization_id)
        if self.continues_from is not None:  # nothing ends; here it is read until the link closes, afterwards on the own pages
            self.chat_after_visit, self.chat_after_hours = ChatAfterVisit.SHOWN, max(1, organization.link_closes_minutes // 60)
            return
        self.chat_after_visit, self.chat_after_hours = organization.chat_after_visit, organization.chat_after_hours
        if self.chat_after_visit is ChatAfterVisit.DELETED:
            due = now + timedelta(hours=self.chat_after_hours)
            work = {"conversation": self.conversation_id}
            once = str(self.conversation_id)
            session.add(Job(organization_id=self.organization_id, kind=ERASE, payload=work, due=due, once=once))

    def _seen(self, by: Staff, now: datetime) -> None:
        if self.acknowledged_at is None:
            self.acknowledged_by_id, self.acknowledged_at = by.practitioner_id, now

    def _lock(self, by: Staff, permission: Permission = Permission.ADMIT) -> None:
        if not by.may(permission):
            raise NotAllowed
        session_of(self).refresh(self, with_for_update=True)
        if self.status is EncounterStatus.ENDED:
            raise EncounterEnded
        others = self.admitted_by_id != by.practitioner_id and not by.may(Permission.ADMINISTER_DEPARTMENT)
        if self.locked and others and self.admitted_by is not None:
            raise Locked(self.admitted_by.name)

    def _changed(self, department_before: int | None = None) -> None:
        session = session_of(self)
        self.seq = advance(session, FeedName.WAITING_ROOM)
        session.flush()
        fact = EncounterChanged(self.organization_id, self.id, self.department_id, self.seq, department_before)
        record(session, fact)


def met(end_reason: EndReason | None, admitted_at: datetime | None) -> bool:
    """Whether patient and clinic have met in a visit that ended so."""
    left_afterwards = end_reason is EndReason.LEFT and admitted_at is not None
    return end_reason is EndReason.COMPLETED or left_afterwards


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
    session: Session, ticket: Ticket, patient: Patient, kind: EncounterKind, locale: str, now: datetime,
    thread: Conversation | None = None,
) -> Encounter:  # fmt: skip
    """A visit that is about to begin, with a conversation of its own where none goes on; `announce` says that somebody stands there."""
    thread = thread or conversation.start(
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
    practitioner: Practitioner
    locale: str
    patient: Patient
    ticket: Ticket
    payment_state: PaymentState | None


def check_in(session: Session, ticket: Ticket, appointment: AppointmentLike, now: datetime) -> Encounter:
    """Enter by an appointment's link, once; coming again finds the same visit. Raises TooEarly, TooLate, PaymentDue."""
    session.refresh(ticket, with_for_update=True)  # two taps at once queue here
    if (earlier := of_appointment(session, appointment)) is not None:
        return earlier
    ticket.require_window(now)
    if appointment.payment_state in payment.OPEN:
        payment.require_paid(session)
    visit = _expect(session, appointment, now)
    announce(visit)
    return visit


def start_without(session: Session, appointment: AppointmentLike, by: Staff, now: datetime) -> Encounter:
    """Begin an appointment whose patient has not come; who opens the link then goes straight in (S002-45).

    A patient who stands in the waiting room is called in. Raises TooEarly, TooLate, AlreadyAdmitted, NotAllowed.
    """
    if not by.may(Permission.ADMIT):
        raise NotAllowed
    appointment.ticket.require_window(now)
    session.refresh(appointment.ticket, with_for_update=True)  # a patient who checks in at this moment queues here
    visit = of_appointment(session, appointment)
    if visit is None:
        visit = _expect(session, appointment, now)
        visit.connected, visit.awaited = False, True
        session.flush()
    visit.admit(by, now)
    return visit


def of_appointment(session: Session, appointment: AppointmentLike) -> Encounter | None:
    """The visit that goes on by this appointment's link."""
    mine = Encounter.appointment_id == appointment.id
    return session.scalar(select(Encounter).where(mine, Encounter.status != EncounterStatus.ENDED))


def _expect(session: Session, appointment: AppointmentLike, now: datetime) -> Encounter:
    person = appointment.practitioner
    letters = correspondence.for_visit(session, appointment.patient, person, appointment.department_id, now)
    thread = letters.conversation if letters else None
    visit = begin(session, appointment.ticket, appointment.patient, EncounterKind.APPOINTMENT, appointment.locale, now, thread)
    if letters is not None:
        visit.continues_from = letters.shown_from(appointment.patient)
    visit.department_id, visit.practitioner_id = appointment.department_id, None if person.is_team else person.id
    visit.appointment_id, visit.planned_start = appointment.id, appointment.start
    session.add(visit)
    session.flush()
    return visit


ARRIVAL = "arrival"  # the job that alerts people who are not at the desk


def announce(visit: Encounter) -> None:
    """Somebody has arrived."""
    visit._changed()
    _alert(visit, visit.arrived_at)


def _alert(visit: Encounter, since: datetime, turn: int = 0) -> None:
    """The desk is told after the commit, those who are away by a job."""
    record(visit, PatientArrived(visit.organization_id, visit.id, visit.department_id, visit.seq))
    payload, once = {"visit": visit.id, "turn": turn}, f"{visit.id}:{turn}"
    write_row(session_of(visit), Job, kind=ARRIVAL, payload=payload, due=since, once=once)


def unseen() -> ColumnElement[bool]:
    """Who waits and was not seen by anybody of the clinic yet."""
    return (Encounter.status == EncounterStatus.WAITING) & Encounter.acknowledged_at.is_(None)


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
