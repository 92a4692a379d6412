"""Work under a lease: claimed by one, ended by who holds it, repeated after a crash, given up in the end."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from telehealth import clock
from telehealth.database import Session
from telehealth.job import ATTEMPTS, Job, LeaseLost, NoLongerWanted, WorkState, work

LEASE = timedelta(seconds=30)


@pytest.fixture
def job_id(sessions: sessionmaker[Session]) -> int:
    with sessions() as session, session.begin():
        for left in session.scalars(select(Job).where(Job.state == WorkState.WAITING)):
            left.state = WorkState.DROPPED
        job = Job(kind="test", due=clock.now())
        session.add(job)
        session.flush()
        return job.id


def state_of(sessions: sessionmaker[Session], job_id: int) -> Job:
    with sessions() as session:
        job = session.get_one(Job, job_id)
        session.expunge(job)
        return job


def claim(sessions: sessionmaker[Session], now: datetime) -> Job | None:
    with sessions() as session, session.begin():
        job = Job.claim(session, now, LEASE)
        if job is not None:
            session.flush()
            session.expunge(job)
        return job


def test_work_is_performed_once_and_done(sessions: sessionmaker[Session], job_id: int) -> None:
    done: list[int] = []
    assert work(sessions, Job, lambda job: done.append(job.id), clock.now)
    assert not work(sessions, Job, lambda job: done.append(job.id), clock.now)
    assert (done, state_of(sessions, job_id).state) == ([job_id], WorkState.DONE)


def test_a_leased_job_is_nobody_elses_until_the_lease_ends(sessions: sessionmaker[Session], job_id: int) -> None:
    now = clock.now()
    first = claim(sessions, now)
    assert first is not None and claim(sessions, now) is None
    second = claim(sessions, now + LEASE + timedelta(seconds=1))
    assert second is not None and second.turn == first.turn + 1


def test_who_has_lost_the_lease_cannot_end_the_work(sessions: sessionmaker[Session], job_id: int) -> None:
    now = clock.now()
    slow = claim(sessions, now)
    fast = claim(sessions, now + LEASE + timedelta(seconds=1))
    assert slow is not None and fast is not None
    with sessions() as session, pytest.raises(LeaseLost):
        slow.finish(session, now)
    with sessions() as session, session.begin():
        fast.finish(session, now)
    assert state_of(sessions, job_id).state is WorkState.DONE


def test_failed_work_is_tried_again_later_and_given_up_in_the_end(sessions: sessionmaker[Session], job_id: int) -> None:
    now, waits = clock.now(), []

    def fail(job: Job) -> None:
        raise OSError("down")

    for _ in range(ATTEMPTS):
        assert work(sessions, Job, fail, lambda moment=now: moment)
        job = state_of(sessions, job_id)
        waits.append(job.due - now)
        now = job.due + timedelta(seconds=1)
    assert waits[:-1] == sorted(waits[:-1])
    assert (job.state, job.error) == (WorkState.DEAD, "OSError: down")


def test_work_that_nobody_wants_any_more_is_dropped_with_its_reason(sessions: sessionmaker[Session], job_id: int) -> None:
    def refuse(job: Job) -> None:
        raise NoLongerWanted("cancelled")

    work(sessions, Job, refuse, clock.now)
    job = state_of(sessions, job_id)
    assert (job.state, job.error) == (WorkState.DROPPED, "cancelled")
