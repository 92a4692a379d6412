"""Loss and order at length: 5,000 deeds in 50 conversations between patients and staff, over lines that are cut and a server that is
killed three times. Stops with an error when anything acknowledged is missing, twice, or in other words in any tab."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from tests.fault.chats import check
from tests.fault.test_chats_lose_nothing import CATCH_UP_SECONDS, LIMITS, SEED, run
from tests.server import Server, prepared_data

TALKS, DEEDS, KILLS = 50, 100, 3


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="konsulto-bench-") as folder:
        data = prepared_data(Path(folder))
        with Server(data, **dict.fromkeys(LIMITS, "1000000")) as server:
            talks = run(server, TALKS, DEEDS, KILLS, SEED)
    times = check(talks, DEEDS)
    yield Figure("conversations_messages", sum(len(talk.names) for talk in talks), "messages", "")
    yield Figure("conversations_catch_up_p95_s", statistics.quantiles(times, n=20)[-1], "s", f"< {CATCH_UP_SECONDS:g}")
