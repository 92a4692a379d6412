"""Cases: what a patient wants, from the first message until somebody has finished it; it outlives its threads (S003-4).

The thread (`Conversation`) says who holds it and whether anything can be written; the case says what became of it. Its
state follows from both, so that neither can contradict the other. Which act is possible in which state stands in `MAY`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner, Staff


class CaseState(StrEnum):
    """Where a case stands; RETURNED waits again because whoever had it did not answer, ENDED waits to be finished."""

    NEW = "new"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    WAITING_FOR_PATIENT = "waiting_for_patient"
    RETURNED = "returned"
    ENDED = "ended"
    DONE = "done"


class Deed(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    CAME_BACK = "came_back"
    TAKEN = "taken"
    ASSIGNED = "assigned"
    TRANSFERRED = "transferred"
    HANDED_OVER = "handed_over"
    TAKEN_OVER = "taken_over"
    SET_ASIDE = "set_aside"
    RETURNED = "returned"
    PATIENT_WARNED = "patient_warned"
    OPERATOR_WARNED = "operator_warned"
    ESCALATED = "escalated"
    ENDED = "ended"
    APPOINTMENT = "appointment"
    FINISHED = "finished"
    REOPENED = "reopened"


class Reason(StrEnum):
    """Why the house itself did something."""

    PATIENT_SILENT = "patient_silent"
    OPERATOR_SILENT = "operator_silent"
    ABANDONED = "abandoned"
    BY_STAFF = "by_staff"
    WRITES_AGAIN = "writes_again"


IN_QUEUE = frozenset({CaseState.NEW, CaseState.QUEUED, CaseState.RETURNED})
HELD = frozenset({CaseState.ASSIGNED, CaseState.WAITING_FOR_PATIENT})
RUNNING = IN_QUEUE | HELD
MAY: dict[Deed, frozenset[CaseState]] = {
    Deed.CAME_BACK: frozenset({CaseState.ENDED, CaseState.DONE}),
    Deed.TAKEN: RUNNING,
    Deed.ASSIGNED: RUNNING,
    Deed.TRANSFERRED: RUNNING,
    Deed.HANDED_OVER: RUNNING,
    Deed.TAKEN_OVER: HELD,
    Deed.SET_ASIDE: RUNNING,
    Deed.RETURNED: HELD,
    Deed.PATIENT_WARNED: HELD,
    Deed.OPERATOR_WARNED: HELD,
    Deed.ESCALATED: IN_QUEUE,
    Deed.ENDED: RUNNING,
    Deed.APPOINTMENT: RUNNING | {CaseState.ENDED},
    Deed.FINISHED: frozenset({CaseState.ENDED}),
    Deed.REOPENED: frozenset({CaseState.ENDED, CaseState.DONE}),
}


class UnknownCase(Exception):
    """Not there, or not this person's."""


class NotNow(Exception):
    """The case is not in a state in which this can be done; `state` is the one it is in."""

    def __init__(self, state: CaseState) -> None:
        self.state = state
        super().__init__(state.value)


class Unfinished(Exception):
    """Something is missing before a case can be finished: `fields` by id, `outcome` when one must be chosen."""

    def __init__(self, fields: Sequence[int], *, outcome: bool = False) -> None:
        self.fields, self.outcome = list(fields), outcome
        super().__init__(str(self.fields))


class TooOld(Exception):
    """It was finished longer ago than the clinic reopens cases."""


class UnknownOutcome(Exception):
    """Not one of the clinic's reasons."""


class WrongAnswer(ValueError):
    """What was entered does not fit its field; `field_id` names it."""

    def __init__(self, field_id: int) -> None:
        self.field_id = field_id
        super().__init__(str(field_id))


@dataclass
class Entered:
    """What staff have entered so far: the answer begun, the page's scroll and the fields by id."""

    draft: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    scroll: int = 0


class CaseOutcome(Owned, Base):
    """A reason with which cases are finished; read by staff."""

    __tablename__ = "case_outcome"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))
    __translatable__ = {"name": "line"}
    __tracked__ = ("name", "position")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)

    def __str__(self) -> str:
        return self.name


class Case(Owned, Base):
    """`conversation_id` is its newest thread. `waiting_since` is the first wait, kept however often it is passed on.

    What is entered beside the talk is sealed. `non_urgent` cases are answered later, by anybody within reach (S000-8).
    """

    __tablename__ = "case"
    __sealed__ = ("sealed_entered",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("conversation_id"),
        Index("ix_case_open", "organization_id", "done_at", "conversation_id"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("patient_id", "patient"),
        within_organization("outcome_id", "case_outcome"),
        within_organization("done_by_id", "practitioner"),
        within_organization("appointment_id", "appointment"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    conversation_id: Mapped[int]
    patient_id: Mapped[int | None]
    opened_at: Mapped[datetime]
    waiting_since: Mapped[datetime]
    assigned_at: Mapped[datetime | None]
    passed_on: Mapped[bool] = mapped_column(default=False)
    returned: Mapped[bool] = mapped_column(default=False)
    returns: Mapped[int] = mapped_column(default=0)
    non_urgent: Mapped[bool] = mapped_column(default=False)
    patient_warned_at: Mapped[datetime | None]
    operator_warned_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    sealed_entered: Mapped[bytes | None] = mapped_column(LargeBinary)
    appointment_id: Mapped[int | None]
    outcome_id: Mapped[int | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None]
    thread: Mapped[Any] = relationship("Conversation", primaryjoin="foreign(Case.conversation_id) == Conversation.id")
    outcome: Mapped[CaseOutcome | None] = relationship(primaryjoin="foreign(Case.outcome_id) == CaseOutcome.id")
    appointment: Mapped[Any] = relationship("Appointment", primaryjoin="foreign(Case.appointment_id) == Appointment.id", viewonly=True)

    @property
    def state(self) -> CaseState:
        if self.done_at is not None:
            return CaseState.DONE
        if self.thread.state == "closed":
            return CaseState.ENDED
        if self.thread.state == "claimed":
            return CaseState.WAITING_FOR_PATIENT if self.thread.last_author == "staff" else CaseState.ASSIGNED
        if self.returned:
            return CaseState.RETURNED
        return CaseState.QUEUED if self.passed_on else CaseState.NEW

    def require(self, deed: Deed) -> CaseState:
        """The state it is in. Raises NotNow when the deed is not possible in it."""
        state = self.state
        if state not in MAY[deed]:
            raise NotNow(state)
        return state

    def note(self, deed: Deed, before: CaseState | None, now: datetime, by: Staff | None = None, **about: Any) -> None:
        """Keep in the history what has happened; `why`, `words` (sealed), `channel_id`, `person_id`, `appointment_id`."""
        session = session_of(self)
        words = about.pop("words", "")
        event = CaseEvent(
            case_id=self.id, conversation_id=self.conversation_id, at=now, deed=deed, before=before, after=self.state,
            by_id=by.practitioner_id if by else None, uid=secrets.token_urlsafe(16), **about,
        )  # fmt: skip
        if words:
            place = _place(session.organization_id, "case_event", event.uid, "sealed_words")
            event.sealed_words = session.keyring.seal(words, place)
        session.add(event)
        session.flush()

    def entered(self) -> Entered:
        if self.sealed_entered is None:
            return Entered()
        return Entered(**json.loads(session_of(self).keyring.open(self.sealed_entered, self.place_of("sealed_entered"))))

    def enter(self, entered: Entered) -> None:
        """Keep what was entered so far."""
        said = json.dumps({"draft": entered.draft, "fields": entered.fields, "scroll": entered.scroll})
        self.sealed_entered = session_of(self).keyring.seal(said, self.place_of("sealed_entered"))

    def place_of(self, column: str) -> str:
        return _place(self.organization_id, "case", self.uid, column)

    def hold(self, now: datetime) -> None:
        """Somebody answers from now on."""
        self.assigned_at, self.returned, self.operator_warned_at = now, False, None

    def release(self, *, returned: bool) -> None:
        """It waits for somebody again."""
        self.passed_on, self.returned, self.assigned_at, self.operator_warned_at = True, returned, None, None
        self.returns += int(returned)

    def finish(self, by: Staff, now: datetime, *, outcome_id: int | None = None, appointment_id: int | None = None) -> None:
        """Finish it, once the thread is over (S003-14). Raises NotNow, Unfinished, UnknownOutcome."""
        session = session_of(self)
        before = self.require(Deed.FINISHED)
        choices = session.scalars(select(CaseOutcome.id)).all()
        if outcome_id is not None and outcome_id not in choices:
            raise UnknownOutcome
        if appointment_id is None:
            self._require_complete(outcome_id, bool(choices))
        self.outcome_id, self.done_at, self.done_by_id = outcome_id, now, by.practitioner_id
        self.appointment_id = appointment_id or self.appointment_id
        self.enter(Entered(fields=self.entered().fields))
        self.note(Deed.FINISHED, before, now, by, appointment_id=appointment_id)

    def lapse(self, now: datetime, why: Reason) -> None:
        """Done by itself, with nothing that staff would have to enter. Raises NotNow."""
        before = self.require(Deed.FINISHED)
        self.done_at = now
        self.note(Deed.FINISHED, before, now, why=why)

    def _require_complete(self, outcome_id: int | None, outcome_needed: bool) -> None:
        filled = self.entered().fields
        asked = fields_of(session_of(self), self.thread.channel_id)
        missing = [asked_for.id for asked_for in asked if asked_for.required and not filled.get(str(asked_for.id))]
        outcome_missing = outcome_needed and outcome_id is None and self.entry() is None
        if missing or outcome_missing:
            raise Unfinished(missing, outcome=outcome_missing)

    def entry(self) -> int | None:
        """The appointment that was made for it since it was last opened, while it stands in the schedule."""
        session = session_of(self)
        telling = CaseEvent.deed.in_((Deed.APPOINTMENT, Deed.REOPENED, Deed.CAME_BACK))
        last = session.scalar(select(CaseEvent.deed).where(CaseEvent.case_id == self.id, telling).order_by(CaseEvent.id.desc()).limit(1))
        stands = self.appointment is not None and self.appointment.status != "cancelled"
        return self.appointment_id if stands and last is Deed.APPOINTMENT else None

    def tie(self, appointment_id: int, by: Staff | None, now: datetime) -> None:
        """An appointment was made for it; said again it is the same one. Raises NotNow."""
        if self.appointment_id != appointment_id:
            before = self.require(Deed.APPOINTMENT)
            self.appointment_id = appointment_id
            self.note(Deed.APPOINTMENT, before, now, by, appointment_id=appointment_id)

    def require_recent(self, now: datetime) -> None:
        """Raises TooOld."""
        days = session_of(self).get_one(Organization, self.organization_id).reopen_cases_days
        if self.done_at is not None and now - self.done_at > timedelta(days=days):
            raise TooOld

    def erase(self) -> None:
        """Delete what was entered and noted; the facts stay."""
        self.sealed_entered = None
        for event in history(session_of(self), self.id):
            event.sealed_words = None


class CaseEvent(Owned, Base):
    """One deed, kept for good: who, when, from and to which state, and why. `sealed_words` is a note to colleagues."""

    __tablename__ = "case_event"
    __sealed__ = ("sealed_words",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        Index("ix_case_event_case", "case_id", "id"),
        within_organization("case_id", "case", ondelete="CASCADE"),
        within_organization("by_id", "practitioner"),
        within_organization("person_id", "practitioner"),
        within_organization("channel_id", "channel", ondelete="CASCADE"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[int]
    conversation_id: Mapped[int]
    at: Mapped[datetime]
    deed: Mapped[Deed] = mapped_column(one_of(Deed))
    before: Mapped[CaseState | None] = mapped_column(one_of(CaseState))
    after: Mapped[CaseState] = mapped_column(one_of(CaseState))
    why: Mapped[Reason | None] = mapped_column(one_of(Reason))
    by_id: Mapped[int | None]
    person_id: Mapped[int | None]
    channel_id: Mapped[int | None]
    appointment_id: Mapped[int | None]
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    by: Mapped[Practitioner | None] = relationship(primaryjoin="foreign(CaseEvent.by_id) == Practitioner.id")
    person: Mapped[Practitioner | None] = relationship(primaryjoin="foreign(CaseEvent.person_id) == Practitioner.id")
    channel: Mapped[Any] = relationship("Channel", primaryjoin="foreign(CaseEvent.channel_id) == Channel.id")

    def place_of(self, column: str) -> str:
        return _place(self.organization_id, "case_event", self.uid, column)

    def words(self) -> str:
        if self.sealed_words is None:
            return ""
        return session_of(self).keyring.open(self.sealed_words, self.place_of("sealed_words"))


def lost_by(session: Session, conversation_id: int) -> int | None:
    """Who fell silent on a case that came back to the queue: it is given to somebody else."""
    mine = select(CaseEvent.person_id).join(Case, Case.id == CaseEvent.case_id)
    had = mine.where(Case.conversation_id == conversation_id, Case.returned, CaseEvent.person_id.is_not(None))
    return session.scalar(had.order_by(CaseEvent.id.desc()).limit(1))


class CaseFieldKind(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    DATE = "date"
    YES_NO = "yes_no"
    PHONE = "phone"


class CaseField(Owned, Base):
    """What staff fill in beside the talk, in every channel or in one; `choices` are lines."""

    __tablename__ = "case_field"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        within_organization("channel_id", "channel", ondelete="CASCADE"),
    )
    __translatable__ = {"label": "line", "choices": "text"}
    __tracked__ = ("label", "kind", "choices", "required", "channel_id", "position")

    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(String(120))
    kind: Mapped[CaseFieldKind] = mapped_column(one_of(CaseFieldKind), default=CaseFieldKind.TEXT)
    choices: Mapped[str] = mapped_column(String(2000), default="")
    required: Mapped[bool] = mapped_column(default=False)
    channel_id: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    channel: Mapped[Any] = relationship("Channel", primaryjoin="foreign(CaseField.channel_id) == Channel.id")

    def __str__(self) -> str:
        return self.label

    def check(self, answer: str) -> None:
        """Raises WrongAnswer; an empty answer always fits."""
        if answer and not self._fits(answer):
            raise WrongAnswer(self.id)

    def _fits(self, answer: str) -> bool:
        if self.kind is CaseFieldKind.CHOICE:
            return answer.isdecimal() and int(answer) < len(self.choices.splitlines())  # by place, in any language
        if self.kind is CaseFieldKind.DATE:
            return _is_date(answer)
        if self.kind is CaseFieldKind.YES_NO:
            return answer in {"yes", "no"}
        return len(answer) <= (4000 if self.kind is CaseFieldKind.LONG_TEXT else 300)


def _is_date(answer: str) -> bool:
    try:
        datetime.strptime(answer, "%Y-%m-%d")  # noqa: DTZ007 (a day, no moment)
    except ValueError:
        return False
    return True


def _place(organization_id: int, table: str, uid: str, column: str) -> str:
    return f"{organization_id}|{table}|{uid}|{column}"


def fields_of(session: Session, channel_id: int | None) -> Sequence[CaseField]:
    """What is asked in a channel, in the clinic's order."""
    here = CaseField.channel_id.is_(None) | (CaseField.channel_id == channel_id)
    return session.scalars(select(CaseField).where(here).order_by(CaseField.position, CaseField.id)).all()


def of_thread(session: Session, conversation_id: int) -> Case | None:
    """The case whose newest thread this is; a visit's talk has none, nor has a thread that another one followed."""
    return session.scalar(select(Case).where(Case.conversation_id == conversation_id))


def history(session: Session, case_id: int) -> Sequence[CaseEvent]:
    """Everything that happened to a case, oldest first."""
    return session.scalars(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)).all()


def open_for(session: Session, thread: Any, now: datetime) -> Case:
    """The case of a new thread: the one the same visitor comes back to, if it ended recently, or else a new one."""
    found = _earlier(session, thread, now)
    if found is None:
        made = Case(conversation_id=thread.id, opened_at=now, waiting_since=now, thread=thread)
        session.add(made)
        session.flush()
        made.note(Deed.OPENED, None, now, channel_id=thread.channel_id)
        return made
    before, earlier = found.require(Deed.CAME_BACK), found.thread
    found.conversation_id, found.thread, found.waiting_since = thread.id, thread, now
    found.done_at, found.done_by_id, found.outcome_id, found.non_urgent = None, None, None, False
    found.passed_on, found.returned, found.assigned_at = True, False, None
    session.flush()
    found.note(Deed.CAME_BACK, before, now, why=Reason.WRITES_AGAIN, channel_id=thread.channel_id)
    earlier.touch()
    return found


def _earlier(session: Session, thread: Any, now: datetime) -> Case | None:
    """Browser sessions are told apart by widget: nobody else's case is ever found."""
    if not thread.visitor or thread.widget_id is None:
        return None
    kind = type(thread)
    days = session.get_one(Organization, thread.organization_id).reopen_cases_days
    query = (
        select(Case)
        .join(kind, kind.id == Case.conversation_id)
        .where(kind.visitor == thread.visitor, kind.widget_id == thread.widget_id, kind.state == "closed")
        .where(kind.id != thread.id, kind.erased_at.is_(None), kind.closed_at >= now - timedelta(days=days))
        .order_by(Case.id.desc())
        .limit(1)
        .with_for_update(of=Case)
    )
    return session.scalar(query) if days else None
