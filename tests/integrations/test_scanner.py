"""Looking through files with a clamd of the test's own, over a real socket: clean, bad, not there, and there again."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import worker
from integrations import scanner
from integrations.scanner import ScannerUnreachable, finds
from telehealth import attachment, clock
from telehealth.booking import Appointment
from telehealth.file import Content, FileState, StoredFile
from telehealth.job import Job, WorkState
from tests.clinic import Clinic, client_id
from tests.files import EICAR
from tests.server import free_port


class Clamd:
    """Speaks INSTREAM as clamd does, and finds EICAR."""

    def __init__(self, listening: socket.socket, answer: str = "") -> None:
        self.listening, self.answer = listening, answer
        self.heard: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self.listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                if stream.read(10) != b"zINSTREAM\0":
                    continue
                data = b""
                while size := struct.unpack(">I", stream.read(4))[0]:
                    data += stream.read(size)
                self.heard.append(data)
                found = "stream: Win.Test.EICAR_HDB-1 FOUND" if EICAR.encode() in data else "stream: OK"
                stream.write((self.answer or found).encode() + b"\0")
                stream.flush()


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[tuple[str, Clamd]]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "clamd.ctl"))
        listening.listen()
        yield str(tmp_path / "clamd.ctl"), Clamd(listening)


@pytest.mark.parametrize("size", [0, 1, scanner.PIECE, scanner.PIECE * 3 + 7])
def test_what_is_clean_is_heard_whole_and_found_clean(unix: tuple[str, Clamd], size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert finds(unix[0], data) == ""
    assert unix[1].heard == [data]


def test_what_is_bad_is_named(unix: tuple[str, Clamd]) -> None:
    assert finds(unix[0], EICAR.encode()) == "Win.Test.EICAR_HDB-1"


def test_it_is_reached_over_tcp_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        clamd = Clamd(listening)
        assert finds(f"127.0.0.1:{listening.getsockname()[1]}", b"fine") == ""
        assert clamd.heard == [b"fine"]


@pytest.mark.parametrize("answer", ["INSTREAM size limit exceeded. ERROR", "stream: something else", "UNKNOWN COMMAND"])
def test_any_other_answer_is_none(answer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        Clamd(listening, answer)
        with pytest.raises(ScannerUnreachable):
            finds(f"127.0.0.1:{listening.getsockname()[1]}", b"fine")


def test_a_daemon_that_is_not_there_is_said_so() -> None:
    for address in ("/nowhere/clamd.ctl", f"127.0.0.1:{free_port()}", "nonsense"):
        with pytest.raises(ScannerUnreachable):
            finds(address, b"fine")


@pytest.fixture
def waiting(clinic: Clinic) -> tuple[int, str]:
    """The id of a job and of its file that could not be looked through when it came."""
    with clinic.session() as session:
        made = clinic.book(session)
        content = Content("letter.pdf", "application/pdf", EICAR.encode(), FileState.QUARANTINED)
        who = clinic.staff("admin")
        uid = attachment.add_by_staff(session, who, made, content, client_id(), clock.now()).uid
        job = session.query(Job).filter_by(kind=attachment.SCAN, organization_id=clinic.id).one()
        return job.id, uid


def perform(app: Any, house: Any, clinic: Clinic, number: int) -> None:
    with clinic.session() as session:
        job = session.get_one(Job, number)
        assert job.state is WorkState.WAITING
        session.expunge(job)
    worker.Worker(app, house)._perform(job)


def state_of(clinic: Clinic, uid: str) -> FileState:
    with clinic.session() as session:
        return session.query(StoredFile).filter_by(uid=uid).one().state


def test_what_waited_is_looked_through_as_soon_as_the_daemon_is_there(
    app: Any, house: Any, clinic: Clinic, waiting: tuple[int, str], unix: tuple[str, Clamd], monkeypatch: pytest.MonkeyPatch
) -> None:
    number, uid = waiting
    monkeypatch.setattr(house.settings, "clamd", "/nowhere/clamd.ctl")
    with pytest.raises(ScannerUnreachable):
        perform(app, house, clinic, number)
    assert state_of(clinic, uid) is FileState.QUARANTINED
    monkeypatch.setattr(house.settings, "clamd", unix[0])
    perform(app, house, clinic, number)
    assert state_of(clinic, uid) is FileState.REFUSED
    with clinic.session() as session:
        assert session.query(Appointment).count() == 1


def test_where_nobody_looks_through_any_more_what_waited_is_offered(app: Any, house: Any, clinic: Clinic, waiting: tuple[int, str]) -> None:
    perform(app, house, clinic, waiting[0])
    assert state_of(clinic, waiting[1]) is FileState.CLEAN
