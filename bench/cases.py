"""The inbox of a clinic with 10,000 open cases: its first page, and what has changed since."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker

from bench.figure import Figure
from desk import catch_up
from desk.inbox import rows
from telehealth import clock, feed
from telehealth.case import Case
from telehealth.channel import Channel
from telehealth.conversation import Conversation
from telehealth.database import Base, Session
from telehealth.feed import FeedName
from tests.clinic import KEYRING, Clinic, make_clinic

CASES, TURNS = 10_000, 15


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'cases.db'}")
        Base.metadata.create_all(engine)
        sessions = sessionmaker(engine, class_=Session, keyring=KEYRING)
        clinic = make_clinic(sessions)
        _fill(clinic)
        who = clinic.staff("nurse")
        with clinic.session() as session:
            session.query(feed.Feed).filter_by(name=FeedName.INBOX.value).one().seq = CASES
        yield Figure("inbox_of_10000_cases_first_page_ms", _median(clinic, lambda s: catch_up.page(s, rows.listing(who), 0)), "ms", "< 200")
        yield Figure("inbox_of_10000_cases_changes_ms", _median(clinic, lambda s: catch_up.page(s, rows.listing(who), CASES - 20)), "ms", "< 200")


def _fill(clinic: Clinic) -> None:
    with clinic.session() as session:
        channel = session.scalars(select(Channel).where(Channel.id == clinic.channels["open"])).one()
        channel.enter(clinic.staff("nurse"), active=True, now=clock.now())
        now = clock.now()
        for number in range(1, CASES + 1):
            session.add(Conversation(
                id=number, organization_id=clinic.id, channel_id=channel.id, visitor=f"visitor-{number}", subject="I. Rossi",
                changed=number, started_at=now, waiting_since=now, last_at=now,
            ))  # fmt: skip
        session.flush()
        session.add_all([
            Case(organization_id=clinic.id, conversation_id=number, opened_at=now, waiting_since=now) for number in range(1, CASES + 1)
        ])  # fmt: skip


def _median(clinic: Clinic, read: Callable[[Session], object]) -> float:
    taken = []
    for _ in range(TURNS):
        with clinic.session() as session:
            started = time.perf_counter()
            read(session)
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)
