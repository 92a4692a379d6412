"""Feedback: how a visit or a chat was, in the patient's eyes: one of five words and, if they like, some of their own (S001-29)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.waiting_room import LOOKING_BACK, Encounter

LONGEST_WORDS = 2000  # characters


class Rating(StrEnum):
    VERY_BAD = "1"
    BAD = "2"
    FAIR = "3"
    GOOD = "4"
    VERY_GOOD = "5"


class FeedbackClosed(Exception):
    """The visit did not take place, is too long ago, or the clinic does not ask."""


class WordsTooLong(ValueError):
    """More than LONGEST_WORDS characters."""


@dataclass(frozen=True)
class FeedbackGiven:
    """Given or changed."""

    organization_id: int
    encounter_id: int


class Feedback(Owned, Base):
    """One for each visit or chat; the last word counts. `department_id` and `practitioner_id` are those of the visit or chat."""

    __tablename__ = "feedback"
    __sealed__ = ("sealed_words",)
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("encounter_id"),
        UniqueConstraint("conversation_id"),
        Index("ix_feedback_given", "organization_id", "given_at"),
        within_organization("encounter_id", "encounter", ondelete="CASCADE"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("department_id", "department"),
        within_organization("practitioner_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    encounter_id: Mapped[int | None]
    conversation_id: Mapped[int | None]
    department_id: Mapped[int | None]
    practitioner_id: Mapped[int | None]
    rating: Mapped[Rating] = mapped_column(one_of(Rating))
    sealed_words: Mapped[bytes | None] = mapped_column(LargeBinary)
    given_at: Mapped[datetime]
    department: Mapped[Department | None] = relationship(primaryjoin="Department.id == foreign(Feedback.department_id)")
    practitioner: Mapped[Practitioner | None] = relationship(
        primaryjoin="Practitioner.id == foreign(Feedback.practitioner_id)"
    )

    @property
    def words(self) -> str:
        """What the patient wrote."""
        if not self.sealed_words:
            return ""
        return session_of(self).keyring.open(self.sealed_words, self.place_of("sealed_words"))

    def place_of(self, column: str) -> str:
        of = self.encounter_id or f"chat-{self.conversation_id}"
        return f"{self.organization_id}|feedback|{of}|{column.removeprefix('sealed_')}"

    def say(self, rating: Rating, words: str, now: datetime) -> None:
        session = session_of(self)
        self.rating, self.given_at = rating, now
        self.sealed_words = session.keyring.seal(words, self.place_of("sealed_words")) if words else None
        if self.encounter_id is not None:
            record(session, FeedbackGiven(self.organization_id, self.encounter_id))

    def __str__(self) -> str:
        return self.rating.value


def of_visit(session: Session, visit: Encounter) -> Feedback | None:
    return session.scalar(select(Feedback).where(Feedback.encounter_id == visit.id))


def is_asked(session: Session, visit: Encounter, now: datetime) -> bool:
    """Whether the patient may say now how the visit was, or say it anew."""
    organization = session.get_one(Organization, visit.organization_id)
    recent = visit.ended_at is not None and now < visit.ended_at + LOOKING_BACK
    return organization.feedback_enabled and visit.took_place and recent


def give(session: Session, visit: Encounter, rating: Rating, words: str, now: datetime) -> Feedback:
    """Say how the visit was, or say it anew. Raises FeedbackClosed, WordsTooLong."""
    words = _sayable(words)
    if not is_asked(session, visit, now):
        raise FeedbackClosed
    given = of_visit(session, visit) or _first(session, visit, rating, now)
    given.say(rating, words, now)
    session.flush()
    return given


def _sayable(words: str) -> str:
    words = words.strip()
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong
    return words


def of_chat(session: Session, thread: Conversation) -> Feedback | None:
    return session.scalar(select(Feedback).where(Feedback.conversation_id == thread.id))


def is_asked_of_chat(session: Session, thread: Conversation, now: datetime) -> bool:
    """Whether the patient may say now how a chat was: somebody had taken it, and it ended within a day."""
    organization = session.get_one(Organization, thread.organization_id)
    recent = thread.closed_at is not None and now < thread.closed_at + LOOKING_BACK
    return organization.feedback_enabled and recent and thread.claimed_by_id is not None and thread.erased_at is None


def give_of_chat(session: Session, thread: Conversation, rating: Rating, words: str, now: datetime) -> Feedback:
    """Say how a chat was, or say it anew. Raises FeedbackClosed, WordsTooLong."""
    words = _sayable(words)
    if not is_asked_of_chat(session, thread, now):
        raise FeedbackClosed
    given = of_chat(session, thread) or _first_of_chat(session, thread, rating, now)
    given.say(rating, words, now)
    session.flush()
    return given


def _first_of_chat(session: Session, thread: Conversation, rating: Rating, now: datetime) -> Feedback:
    given = Feedback(
        conversation_id=thread.id, department_id=thread.channel.department_id if thread.channel else None,
        practitioner_id=thread.claimed_by_id, rating=rating, given_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(given)
    except IntegrityError:  # said in two tabs at once
        return session.scalars(select(Feedback).where(Feedback.conversation_id == thread.id)).one()
    return given


def _first(session: Session, visit: Encounter, rating: Rating, now: datetime) -> Feedback:
    given = Feedback(
        encounter_id=visit.id, department_id=visit.department_id,
        practitioner_id=visit.admitted_by_id or visit.ended_by_id, rating=rating, given_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(given)
    except IntegrityError:  # said in two windows at once
        return session.scalars(select(Feedback).where(Feedback.encounter_id == visit.id)).one()
    return given
