"""Free slots of a month, any of 50 practitioners, 10,000 appointments, SQL included."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from sqlalchemy import event

from bench.figure import Figure
from bench.place import big_clinic, empty_place, next_month
from telehealth import booking, clock


def measure(practitioners: int = 50, appointments: int = 10_000) -> Iterator[Figure]:
    with empty_place() as sessions:
        clinic = big_clinic(sessions, practitioners, appointments)
        month, queries, times = next_month(), [], []
        event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *values: queries.append(values[2]))
        for _ in range(15):
            queries.clear()
            with clinic.session() as session:
                begun = time.process_time()
                days = booking.month_of(session, booking.Search(), month.year, month.month, clock.now())
                times.append((time.process_time() - begun) * 1000)
        assert sum(days.values()) > 0
        yield Figure(
            "month_slots_cpu_ms", statistics.median(times), "ms", "<= 25", "Easy!Appointments 1.6 (measured before)", 1086
        )
        yield Figure(
            "month_slots_queries", len(queries), "queries", "<= 4", "Easy!Appointments 1.6 (measured before)", 5892
        )
