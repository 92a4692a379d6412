"""Timers of cases: nobody is kept waiting because somebody else has gone silent. They run on the server, per channel.

What is due follows from what is stored, so that a worker that was killed misses nothing and does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import case_alert, case_text
from telehealth.case import HELD, Case, Deed, Reason
from telehealth.case_text import Occasion
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation, ConversationState
from telehealth.message import Message
from telehealth.database import Base, Owned, Session, within_organization

WARNED_AT = 0.7  # of the time after which a silent operator loses the case
AT_ONCE = 200


class CaseTimer(Owned, Base):
    """How long one may be silent in a channel, in minutes; 0 is for ever. `escalate_after` counts returns.

    Whoever left before an answer waits among the non-urgent ones, or with `abandoned_ends` their case is done.
    """

    __tablename__ = "case_timer"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("channel_id"),
        within_organization("channel_id", "channel", ondelete="CASCADE"),
    )
    __tracked__ = ("channel_id", "warn_patient_minutes", "end_minutes", "return_minutes", "abandoned_minutes", "abandoned_ends", "escalate_after")

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int]
    warn_patient_minutes: Mapped[int] = mapped_column(default=0)
    end_minutes: Mapped[int] = mapped_column(default=0)
    return_minutes: Mapped[int] = mapped_column(default=0)
    abandoned_minutes: Mapped[int] = mapped_column(default=0)
    abandoned_ends: Mapped[bool] = mapped_column(default=False)
    escalate_after: Mapped[int] = mapped_column(default=0)
    channel: Mapped[Channel] = relationship(primaryjoin="foreign(CaseTimer.channel_id) == Channel.id")

    def __str__(self) -> str:
        return str(self.channel)


@dataclass(frozen=True)
class Silence:
    """When either side has spoken last."""

    patient: datetime
    staff: datetime | None


def watched(session: Session, *, after: int = 0) -> Sequence[int]:
    """The open threads for which a timer runs, at most AT_ONCE, by id: ask again with the last one."""
    query = (
        select(Conversation.id)
        .join(Case, Case.conversation_id == Conversation.id)
        .join(CaseTimer, CaseTimer.channel_id == Conversation.channel_id)
        .where(Case.done_at.is_(None), Case.non_urgent.is_(False), Conversation.state != ConversationState.CLOSED)
        .where(Conversation.id > after)
        .order_by(Conversation.id)
        .limit(AT_ONCE)
    )
    return session.scalars(query).all()


def look(session: Session, conversation_id: int, now: datetime, *, later: Callable[[str], str] = lambda _: "") -> Deed | None:
    """Do for one thread what is due; gives what was done. A transaction of its own, for it holds the thread and the feed.

    `later` says in a language that the answer comes later, for clinics without words of their own.
    """
    thread = session.get_one(Conversation, conversation_id, with_for_update=True, populate_existing=True)
    found = thread.case()
    timer = session.scalar(select(CaseTimer).where(CaseTimer.channel_id == thread.channel_id))
    if timer is None or found is None or found.non_urgent or thread.state is ConversationState.CLOSED:
        return None
    silence = _silence(session, thread)
    if found.state not in HELD:
        return _in_queue(session, thread, timer, silence, now, later)
    if silence.staff is None or silence.patient > silence.staff:
        return _operator(session, thread, found, timer, silence, now)
    return _patient(session, thread, found, timer, silence.staff, now)


def _silence(session: Session, thread: Conversation) -> Silence:
    last = dict(
        session.execute(
            select(Message.author, func.max(Message.at)).where(Message.conversation_id == thread.id, ~Message.internal).group_by(Message.author)
        ).all()
    )
    return Silence(last.get(AuthorKind.PATIENT) or thread.started_at, last.get(AuthorKind.STAFF))


def _over(since: datetime, minutes: float, now: datetime) -> bool:
    return minutes > 0 and now - since >= timedelta(minutes=minutes)


def _in_queue(
    session: Session, thread: Conversation, timer: CaseTimer, silence: Silence, now: datetime, later: Callable[[str], str]
) -> Deed | None:
    """A patient of whom nothing was heard so long, and whom nobody has answered, is not there any more; who comes back reads why."""
    if silence.staff is not None or not _over(silence.patient, timer.abandoned_minutes, now):
        return None
    if timer.abandoned_ends:
        case_text.tell(session, thread, Occasion.ENDED_SILENT, now)
        thread.give_up(now)
        return Deed.FINISHED
    thread.leave_to_be_answered(now)
    case_text.tell(session, thread, Occasion.SET_ASIDE, now, otherwise=later(thread.locale))
    return Deed.SET_ASIDE


def _operator(session: Session, thread: Conversation, found: Case, timer: CaseTimer, silence: Silence, now: datetime) -> Deed | None:
    since = max(silence.patient, found.assigned_at or silence.patient)
    if _over(since, timer.return_minutes, now):
        thread.put_back(now, why=Reason.OPERATOR_SILENT)
        _escalate(session, thread, found, timer, now)
        case_text.tell(session, thread, Occasion.RETURNED, now)
        return Deed.RETURNED
    warned = found.operator_warned_at is not None and found.operator_warned_at >= since
    if not warned and _over(since, timer.return_minutes * WARNED_AT, now):
        found.operator_warned_at = now
        found.note(Deed.OPERATOR_WARNED, found.state, now, why=Reason.OPERATOR_SILENT, person_id=thread.claimed_by_id)
        thread.touch()
        return Deed.OPERATOR_WARNED
    return None


def _escalate(session: Session, thread: Conversation, found: Case, timer: CaseTimer, now: datetime) -> None:
    if timer.escalate_after and found.returns >= timer.escalate_after and found.escalated_at is None:
        found.escalated_at = now
        found.note(Deed.ESCALATED, found.state, now, why=Reason.OPERATOR_SILENT)
        case_alert.escalate(session, thread, now)
        thread.touch()


def _patient(session: Session, thread: Conversation, found: Case, timer: CaseTimer, since: datetime, now: datetime) -> Deed | None:
    if _over(since, timer.end_minutes, now):
        case_text.tell(session, thread, Occasion.ENDED_SILENT, now)
        thread.finish(now, why=Reason.PATIENT_SILENT)
        return Deed.ENDED
    warned = found.patient_warned_at is not None and found.patient_warned_at >= since
    if not warned and _over(since, timer.warn_patient_minutes, now):
        found.patient_warned_at = now
        if case_text.tell(session, thread, Occasion.PATIENT_SILENT, now):
            found.note(Deed.PATIENT_WARNED, found.state, now, why=Reason.PATIENT_SILENT)
            thread.touch()
            return Deed.PATIENT_WARNED
    return None
