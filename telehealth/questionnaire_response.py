"""A questionnaire that one patient is asked, and the answers (S002-158 … S002-163).

Each response keeps the words it is answered in, so that an answer never comes to mean something else.
"""

from __future__ import annotations

import json
import secrets
from calendar import monthrange
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ColumnElement, Index, LargeBinary, String, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import audit
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.questionnaire import Questionnaire, UnknownQuestionnaire
from telehealth.questionnaire_form import Answers, Form, Line, Value, line_of
from telehealth.ticket import Ticket, TicketState
from telehealth.translation import Texts

if TYPE_CHECKING:
    from telehealth.booking import Appointment
    from telehealth.patient import Patient
    from telehealth.practitioner import Practitioner
    from telehealth.waiting_room import Encounter


AT_ONCE = 200  # answers deleted in one transaction


class ResponseStatus(StrEnum):
    """How far a patient has come (S002-161)."""

    NEW = "new"
    STARTED = "started"
    COMPLETED = "completed"


class UnknownResponse(Exception):
    """Not there, or not this person's."""


class QuestionnaireClosed(Exception):
    """The visit it was for is over or cancelled."""


class NotCompleted(Exception):
    """It was not sent, so that there is nothing to correct."""


class AlreadyCompleted(Exception):
    """It was sent already, and what was sent stays."""


@dataclass(frozen=True)
class Occasion:
    """What a questionnaire is asked for: an appointment, or a visit without one."""

    patient_id: int
    ticket_id: int
    appointment_id: int | None = None
    encounter_id: int | None = None

    @classmethod
    def of_appointment(cls, made: Appointment) -> Occasion:
        return cls(made.patient_id, made.ticket_id, appointment_id=made.id)

    @classmethod
    def of_visit(cls, visit: Encounter) -> Occasion:
        """The visit of an appointment has what was asked for the appointment."""
        if visit.appointment_id is not None:
            return cls(visit.patient_id, visit.ticket_id, appointment_id=visit.appointment_id)
        return cls(visit.patient_id, visit.ticket_id, encounter_id=visit.id)


class QuestionnaireResponse(Owned, Base):
    """A questionnaire that one patient is asked, and the answers, sealed (S002-158). `sealed_sent` are those that were sent
    before, while the patient corrects them.

    `asked` are the words as the patient sees them since the first time it was opened, `original` the clinic's own at that
    moment. `asked_by_id` is who of staff chose it, nobody when it is asked by itself.
    """

    __tablename__ = "questionnaire_response"
    __sealed__ = ("sealed_answers", "sealed_sent")
    __tracked__ = ("reopened_at",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("appointment_id", "questionnaire_id"),
        UniqueConstraint("encounter_id", "questionnaire_id"),
        Index("ix_questionnaire_response_ticket", "organization_id", "ticket_id"),
        within_organization("questionnaire_id", "questionnaire"),
        within_organization("patient_id", "patient"),
        within_organization("ticket_id", "ticket"),
        within_organization("appointment_id", "appointment"),
        within_organization("encounter_id", "encounter"),
        within_organization("asked_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    status: Mapped[ResponseStatus] = mapped_column(one_of(ResponseStatus), default=ResponseStatus.NEW)
    questionnaire_id: Mapped[int]
    patient_id: Mapped[int]
    ticket_id: Mapped[int]
    appointment_id: Mapped[int | None]
    encounter_id: Mapped[int | None]
    asked_by_id: Mapped[int | None]
    client_id: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(20), default="")
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    original: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    sealed_answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_sent: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    reopened_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    questionnaire: Mapped[Questionnaire] = relationship(
        primaryjoin="Questionnaire.id == foreign(QuestionnaireResponse.questionnaire_id)"
    )
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(QuestionnaireResponse.ticket_id)")
    patient: Mapped[Patient] = relationship(primaryjoin="Patient.id == foreign(QuestionnaireResponse.patient_id)")
    appointment: Mapped[Appointment | None] = relationship(
        primaryjoin="Appointment.id == foreign(QuestionnaireResponse.appointment_id)"
    )
    encounter: Mapped[Encounter | None] = relationship(
        primaryjoin="Encounter.id == foreign(QuestionnaireResponse.encounter_id)"
    )
    asked_by: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(QuestionnaireResponse.asked_by_id)"
    )

    def __str__(self) -> str:
        return f"{self.questionnaire_id}/{self.uid}"

    def place_of(self, column: str) -> str:
        return f"{self.organization_id}|questionnaire_response|{self.uid}|{column.removeprefix('sealed_')}"

    @property
    def answers(self) -> Answers:
        """What was answered so far, by the item's key."""
        return self._opened("sealed_answers")

    def _opened(self, column: str) -> Answers:
        sealed = getattr(self, column)
        return dict(json.loads(session_of(self).keyring.open(sealed, self.place_of(column)))) if sealed else {}

    def _sealed(self, column: str, answers: Answers) -> bytes:
        return session_of(self).keyring.seal(json.dumps(answers, ensure_ascii=False), self.place_of(column))

    @property
    def form(self) -> Form | None:
        """What the patient sees or saw; None before it was opened."""
        return Form.of_data(self.asked) if self.asked else None

    @property
    def original_form(self) -> Form | None:
        """The same in the clinic's own words."""
        return Form.of_data(self.original) if self.original else None

    @property
    def is_corrected(self) -> bool:
        """Whether it was sent and is open once more."""
        return self.sealed_sent is not None

    @property
    def is_readable(self) -> bool:
        """Whether staff can read what was sent."""
        return self.erased_at is None and (self.is_completed or self.is_corrected)

    @property
    def is_completed(self) -> bool:
        return self.status is ResponseStatus.COMPLETED

    def takes_answers(self, now: datetime) -> bool:
        """Until it was sent, and as long as there is something to come to."""
        return not self.is_completed and self.is_open(now)

    def is_open(self, now: datetime) -> bool:
        """Whether the visit is still to come or going on."""
        closes = self.ticket.closes_at
        return self.ticket.state is TicketState.VALID and (closes is None or now <= closes)

    def open(self, texts: Texts, source: Texts, now: datetime) -> Form:
        """The form in the language of `texts`. Its words stay from the first answer on; until then they are today's.

        Raises QuestionnaireClosed.
        """
        if self.is_completed and (sent := self.form) is not None:
            return sent
        if not self.is_open(now):
            raise QuestionnaireClosed
        known = self.form
        untouched = self.status is ResponseStatus.NEW
        reworded = known is not None and known.version == self.questionnaire.version and self.locale != texts.locale
        if known is not None and not untouched and not reworded:
            return known
        found = self.questionnaire.form(texts)
        self.asked, self.original = found.as_data(), self.questionnaire.form(source).as_data()
        self.locale = texts.locale
        return found

    def draft(self, given: Mapping[str, Value], now: datetime) -> None:
        """Keep what was entered so far. Raises QuestionnaireClosed, AlreadyCompleted, BadAnswers."""
        form = self._require_form(now)
        self._keep(form.kept(given), now)
        self.status = ResponseStatus.STARTED

    def check(self, given: Mapping[str, Value], keys: Collection[str]) -> None:
        """Whether some of the answers could be sent. Raises BadAnswers."""
        if (form := self.form) is not None:
            form.check(given, keys)

    def complete(self, given: Mapping[str, Value], client_id: str, now: datetime) -> bool:
        """Send the answers, once: whether these are they. The same again is what was sent already.

        Raises QuestionnaireClosed, AlreadyCompleted, BadAnswers.
        """
        if self.is_completed and self.client_id == client_id:
            return False
        form = self._require_form(now)
        self._keep(form.checked(given), now)
        self.status, self.client_id, self.completed_at = ResponseStatus.COMPLETED, client_id, now
        self.sealed_sent = None
        return True

    def reopen(self, now: datetime) -> None:
        """Let the patient correct what was sent; until it is sent again, this is what is read.

        Raises QuestionnaireClosed, NotCompleted.
        """
        session = session_of(self)
        session.flush()
        session.refresh(self, with_for_update={"of": QuestionnaireResponse})
        if not self.is_completed:
            raise NotCompleted
        if not self.is_open(now):
            raise QuestionnaireClosed
        self.sealed_sent = self._sealed("sealed_sent", self.answers)
        self.status, self.client_id, self.reopened_at = ResponseStatus.STARTED, "", now

    def erase(self, now: datetime) -> None:
        """Delete what was answered, for good; that it was answered stays."""
        self.sealed_answers = self.sealed_sent = None
        self.erased_at = now
        audit.deleted(session_of(self), self, now)

    def _require_form(self, now: datetime) -> Form:
        session = session_of(self)
        session.flush()
        session.refresh(self, with_for_update={"of": QuestionnaireResponse})
        if self.is_completed:
            raise AlreadyCompleted
        if not self.is_open(now):
            raise QuestionnaireClosed
        form = self.form
        if form is None:
            raise UnknownResponse
        return form

    def _keep(self, answers: Answers, now: datetime) -> None:
        self.started_at = self.started_at or now
        self.sealed_answers = self._sealed("sealed_answers", answers)

    def lines(self) -> list[Line]:
        """What was asked and sent, in order; what was never asked is left out."""
        form, original = self.form, self.original_form
        if form is None or original is None or self.erased_at is not None:
            return []
        originals = {item.key: item for item in original.items}
        answers = self._opened("sealed_sent" if self.is_corrected else "sealed_answers")
        return [line_of(item, originals.get(item.key, item), answers.get(item.key, "")) for item in form.asked_after(answers)]


def ask(
    session: Session, wanted: Collection[int], of: Occasion, now: datetime, asked_by_id: int | None = None
) -> list[QuestionnaireResponse]:
    """Ask these questionnaires; what is asked already is not asked again. Raises UnknownQuestionnaire."""
    if not wanted:
        return []
    known = select(Questionnaire.id).where(Questionnaire.active, Questionnaire.id.in_(wanted))
    if set(session.scalars(known)) != set(wanted):
        raise UnknownQuestionnaire
    before = {response.questionnaire_id for response in asked_for(session, of)}
    made = [
        QuestionnaireResponse(
            questionnaire_id=number, patient_id=of.patient_id, ticket_id=of.ticket_id, appointment_id=of.appointment_id,
            encounter_id=of.encounter_id, asked_by_id=asked_by_id, asked_at=now,
        )
        for number in dict.fromkeys(wanted)
        if number not in before
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    return made


def asked_for(session: Session, of: Occasion) -> Sequence[QuestionnaireResponse]:
    """What is asked for one visit, in order."""
    return session.scalars(select(QuestionnaireResponse).where(_asked_for(of)).order_by(QuestionnaireResponse.id)).all()


def _asked_for(of: Occasion) -> ColumnElement[bool]:
    if of.appointment_id is not None:
        return QuestionnaireResponse.appointment_id == of.appointment_id
    return QuestionnaireResponse.encounter_id == of.encounter_id


def how_many(session: Session, of: Occasion) -> int:
    """How many are asked for one visit, filled in or not."""
    return session.scalar(select(func.count(QuestionnaireResponse.id)).where(_asked_for(of))) or 0


class Standing(StrEnum):
    """How the questionnaires of one visit stand together."""

    OPEN = "open"
    FILLED = "filled"


def standing(statuses: Iterable[ResponseStatus]) -> Standing | None:
    """None where nothing is asked."""
    found = list(statuses)
    if not found:
        return None
    return Standing.FILLED if all(status is ResponseStatus.COMPLETED for status in found) else Standing.OPEN


def standings(session: Session, appointments: Collection[int]) -> dict[int, Standing]:
    """How the questionnaires of many appointments stand; those without any are left out."""
    if not appointments:
        return {}
    columns = select(QuestionnaireResponse.appointment_id, QuestionnaireResponse.status)
    found: dict[int | None, list[ResponseStatus]] = {}
    for appointment_id, status in session.execute(columns.where(QuestionnaireResponse.appointment_id.in_(appointments))):
        found.setdefault(appointment_id, []).append(status)
    return {number: together for number, statuses in found.items() if number and (together := standing(statuses))}


def standings_of_visits(session: Session, visits: Mapping[int, int | None]) -> dict[int, Standing]:
    """How the questionnaires of many visits stand; each visit's id with its appointment's, which has them then."""
    if not visits:
        return {}
    columns = select(QuestionnaireResponse.appointment_id, QuestionnaireResponse.encounter_id, QuestionnaireResponse.status)
    planned = {appointment: number for number, appointment in visits.items() if appointment is not None}
    own = [number for number, appointment in visits.items() if appointment is None]
    theirs = QuestionnaireResponse.appointment_id.in_(planned) | QuestionnaireResponse.encounter_id.in_(own)
    found: dict[int, list[ResponseStatus]] = {}
    for appointment_id, encounter_id, status in session.execute(columns.where(theirs)):
        number = encounter_id if appointment_id is None else planned[appointment_id]
        found.setdefault(number or 0, []).append(status)
    return {number: together for number, statuses in found.items() if (together := standing(statuses))}


def _months_before(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))


def erase_old(session: Session, months: int, now: datetime) -> int:
    """Delete the answers of visits that were over so many months ago, some hundreds at a time; gives how many."""
    limit = _months_before(now, months)
    over = or_(Ticket.closes_at.is_(None), Ticket.closes_at < limit)
    answered = or_(QuestionnaireResponse.sealed_answers.is_not(None), QuestionnaireResponse.sealed_sent.is_not(None))
    last = func.coalesce(QuestionnaireResponse.completed_at, QuestionnaireResponse.started_at)
    old = session.scalars(
        select(QuestionnaireResponse)
        .join(Ticket, Ticket.id == QuestionnaireResponse.ticket_id)
        .where(answered, over, last < limit)
        .order_by(QuestionnaireResponse.id)
        .limit(AT_ONCE)
        .with_for_update(of=QuestionnaireResponse, skip_locked=True)
    ).all()
    for response in old:
        response.erase(now)
    return len(old)


def of_holder(session: Session, uid: str, *, visitor: str = "", link: str = "") -> QuestionnaireResponse:
    """The response of this id, for the visitor or the holder of the link whom it was given. Raises UnknownResponse."""
    whose = Ticket.uid == link if link else Ticket.visitor == visitor
    mine = select(QuestionnaireResponse).join(Ticket, Ticket.id == QuestionnaireResponse.ticket_id)
    found = session.scalar(mine.where(QuestionnaireResponse.uid == uid, whose))
    if found is None:
        raise UnknownResponse
    return found
