"""Work that survives a crash: written with the business row, claimed under a lease, fenced by its turn."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar

from sqlalchemy import JSON, String, Text, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from telehealth.database import Base, one_of

LEASE, ATTEMPTS = timedelta(seconds=30), 8


class WorkState(StrEnum):
    """Waiting for its turn, done, given up after ATTEMPTS turns, or no longer wanted."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


class LeaseLost(Exception):
    """Another worker has taken the work over."""


class GivenUp(Exception):
    """Another attempt would fail like this one; raised by whoever performs the work."""


class NoLongerWanted(Exception):
    """What the work was for has gone; raised by whoever performs it."""


class Leased:
    """Columns and verbs of a row that one worker at a time works on. `turn` counts the attempts and fences them."""

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[WorkState] = mapped_column(one_of(WorkState), default=WorkState.WAITING)
    turn: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(Text, default="")

    @classmethod
    def claim(cls, session: Session, now: datetime, lease: timedelta = LEASE) -> Self | None:
        """The next row that is due, leased; commit before working on it. Its `turn` proves the lease."""
        work = session.scalar(
            select(cls)
            .where(cls.state == WorkState.WAITING, cls.due <= now)
            .order_by(cls.due, cls.id)
            .limit(1)
            .with_for_update(skip_locked=True),
            execution_options={"across_organizations": True},
        )
        if work is not None:
            session.execute(
                update(cls).where(cls.id == work.id).values(turn=work.turn + 1, due=now + lease),
                execution_options={"across_organizations": True, "synchronize_session": "evaluate"},
            )
        return work

    def finish(self, session: Session, now: datetime) -> None:
        """Raises LeaseLost."""
        self._end(session, state=WorkState.DONE, ended_at=now, error="")

    def drop(self, session: Session, now: datetime, why: str) -> None:
        """Raises LeaseLost."""
        self._end(session, state=WorkState.DROPPED, ended_at=now, error=why)

    def give_up(self, session: Session, now: datetime, error: str) -> None:
        """Raises LeaseLost."""
        self._end(session, state=WorkState.DEAD, ended_at=now, error=error[:2000])

    def fail(self, session: Session, now: datetime, error: str) -> None:
        """Try again later, twice as late each time, or give up. Raises LeaseLost."""
        dead = self.turn >= ATTEMPTS
        state = WorkState.DEAD if dead else WorkState.WAITING
        self._end(session, state=state, due=now + timedelta(seconds=2**self.turn), error=error[:2000])

    def retry(self, now: datetime) -> None:
        """Give work that was given up all its attempts anew."""
        self.state, self.turn, self.due, self.ended_at = WorkState.WAITING, 0, now, None

    def _end(self, session: Session, **values: Any) -> None:
        kind = type(self)
        mine = (kind.id == self.id) & (kind.turn == self.turn) & (kind.state == WorkState.WAITING)
        done = session.execute(
            update(kind).where(mine).values(**values),
            execution_options={"across_organizations": True, "synchronize_session": False},
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            raise LeaseLost


class Job(Leased, Base):
    """No organisation scope: workers serve all; a job names its organisation and the session enters it.

    `once` makes a recurring job one: however many workers plan it, the key (kind, once) exists one time.
    """

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("kind", "once"),)
    organization_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    once: Mapped[str | None] = mapped_column(String(60))


def plan(
    session: Session, kind: str, organization_id: int, *, due: datetime, payload: dict[str, Any], once: str
) -> None:
    """Write a job, unless the same was planned before."""
    if session.scalar(select(Job.id).where(Job.kind == kind, Job.once == once)) is None:
        session.add(Job(kind=kind, organization_id=organization_id, due=due, payload=payload, once=once))
        session.flush()


def forget_ended(session: Session, before: datetime, but: Collection[str] = ()) -> None:
    """Delete jobs that were done or dropped before a moment; those that were given up stay to be looked at.

    Jobs of the kinds in `but` stay too.
    """
    over = Job.state.in_((WorkState.DONE, WorkState.DROPPED)) & (Job.ended_at < before) & Job.kind.not_in(but)
    session.execute(delete(Job).where(over), execution_options={"synchronize_session": False})


Work = TypeVar("Work", bound=Leased)


def work(
    sessions: sessionmaker[Any],
    kind: type[Work],
    perform: Callable[[Work], None],
    clock: Callable[[], datetime],
    lease: timedelta = LEASE,
) -> bool:
    """Claim one row, perform it outside any transaction, end it. False when there was nothing to do."""
    with sessions() as session, session.begin():
        claimed = kind.claim(session, clock(), lease)
        if claimed is None:
            return False
        session.flush()
        session.expunge(claimed)
    end = _outcome(perform, claimed)
    with sessions() as session, session.begin():
        end(session, clock())
    return True


def _outcome(perform: Callable[[Work], None], claimed: Work) -> Callable[[Session, datetime], None]:
    try:
        perform(claimed)
    except NoLongerWanted as why:
        reason = str(why)
        return lambda session, now: claimed.drop(session, now, reason)
    except GivenUp as why:
        final = str(why)
        return lambda session, now: claimed.give_up(session, now, final)
    except Exception as failure:
        text = f"{type(failure).__name__}: {failure}"
        return lambda session, now: claimed.fail(session, now, text)
    return claimed.finish
