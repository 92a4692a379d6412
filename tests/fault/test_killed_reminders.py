"""The worker is killed around writing and sending reminders: each that is due comes under one Message-ID, none for what is cancelled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, create_engine, text

from telehealth import clock, schedule
from tests.clinic import client_id
from tests.fault.people import PATIENT, insist
from tests.fault.test_killed_server import free_slots, rows, wait_for_mails, without_boundary
from tests.patience import until
from tests.server import Server, free_port

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]
CANCELLED_BEFORE, CANCELLED_AFTER, *COMING = (f"patient-{number}@example.org" for number in range(5))


class Letters:
    """A mail server that keeps what comes, by recipient: Message-ID and what was written."""

    def __init__(self) -> None:
        self.got: dict[str, list[tuple[bytes, bytes]]] = defaultdict(list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (named by the library)
        [message_id] = [line for line in envelope.content.split(b"\r\n") if line.lower().startswith(b"message-id:")]
        self.got[envelope.rcpt_tos[0]].append((message_id, without_boundary(envelope.content)))
        return "250 OK"


@pytest.fixture
def letters() -> Iterator[tuple[Letters, int]]:
    handler, port = Letters(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def book(server: Server) -> None:
    """One appointment for each address."""
    url, slots = f"{server.base}/w/demo-booking", free_slots(server.base)
    for number, address in enumerate((CANCELLED_BEFORE, CANCELLED_AFTER, *COMING)):
        _, visitor = insist(f"{url}/session", {})
        body = {"client_id": client_id(), "slot": slots[number], "patient": PATIENT | {"email": address}, "answers": {}, "accept_terms": True}
        status, answer = insist(f"{url}/appointments", body, visitor["token"])
        assert status == 201, answer


def write(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def make_due(engine: Engine) -> None:
    """As if all had been booked three days ago for the day after tomorrow, and reminders came 48 hours before."""
    start = (clock.now() + timedelta(hours=40)).replace(minute=0, second=0, microsecond=0)
    write(engine, "update organization set reminders_before = '[2880]', send_mails = 1, send_reminders = 1")
    write(
        engine, "update appointment set start = :start, end = :end, first_tick = :tick, last_tick = :tick + 6, created_at = :made"
        " where widget_id is not null", start=_stored(start), end=_stored(start + timedelta(minutes=20)),
        tick=schedule.tick_of(start), made=_stored(clock.now() - timedelta(days=3)),
    )  # fmt: skip


def _stored(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def cancel(engine: Engine, address: str) -> None:
    whose = "select id from patient where email = :address"
    write(engine, f"update appointment set status = 'cancelled' where patient_id in ({whose})", address=address)


def die_at(server: Server, point: str) -> None:
    """Live until the point is passed; what the dead worker had claimed is free again."""
    server.settings["CRASH_AT"] = point
    server.start()
    until(lambda: server.process is not None and server.process.poll() is not None, seconds=40)
    engine = create_engine(f"sqlite:///{server.data}/konsulto.db")
    write(engine, "update outgoing_mail set due = :now where state = 'waiting'", now=_stored(clock.now()))


def reminders(engine: Engine) -> list[Any]:
    return rows(engine, "select recipient, message_key, state from outgoing_mail where kind = 'reminder'")


def test_each_reminder_that_is_due_comes_under_one_message_id_whenever_the_worker_dies(
    demo_data: Path, tmp_path: Path, letters: tuple[Letters, int]
) -> None:
    inbox, port = letters
    engine = create_engine(f"sqlite:///{tmp_path}/konsulto.db")
    with Server.with_demo(demo_data, tmp_path, SMTP_HOST="127.0.0.1", SMTP_PORT=str(port)) as server:
        book(server)
        wait_for_mails(engine)
        server.stop()
        inbox.got.clear()
        make_due(engine)
        cancel(engine, CANCELLED_BEFORE)

        die_at(server, "before_reminders")
        assert not reminders(engine), "written in the transaction that was lost"
        die_at(server, "after_reminders")
        assert not inbox.got
        assert {CANCELLED_AFTER, *COMING} <= {recipient for recipient, _, _ in reminders(engine)}
        cancel(engine, CANCELLED_AFTER)
        for point in ("before_mail", "after_mail", "after_mail:2"):
            die_at(server, point)
        server.settings["CRASH_AT"] = ""
        server.start()
        wait_for_mails(engine)

    mine = {recipient: (key, state) for recipient, key, state in reminders(engine) if recipient.startswith("patient-")}
    assert set(mine) == {CANCELLED_AFTER, *COMING}
    assert mine[CANCELLED_AFTER][1] == "dropped"
    assert not {CANCELLED_BEFORE, CANCELLED_AFTER} & set(inbox.got)
    for address in COMING:
        assert mine[address][1] == "done"
        [(message_id, _)] = set(inbox.got[address])
        assert mine[address][0].encode() in message_id
    assert sum(len(inbox.got[address]) for address in COMING) > len(COMING), "none was sent twice: the test would prove nothing"
