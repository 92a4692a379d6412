"""A private PostgreSQL on a free port, gone when the tests are."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server import free_port


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    there = shutil.which("initdb")
    assert there, "PostgreSQL's initdb is missing: install the package postgresql"
    return Path(there).parent


def _as_owner(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.getuid() == 0 else words


def _quietly(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/tmp")


@contextmanager
def postgres() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database."""
    folder, port = Path(tempfile.mkdtemp(prefix="konsulto-pg-", dir="/tmp")), free_port()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data, programs = folder / "data", _programs()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
    _quietly(_as_owner(programs / "initdb", "-D", data, "-A", "trust", "-U", "konsulto", "-E", "UTF8"))
    log = folder / "log"
    _quietly(_as_owner(programs / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start"))
    try:
        yield f"postgresql+psycopg2://konsulto@127.0.0.1:{port}/postgres"
    finally:
        _quietly(_as_owner(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"))
        shutil.rmtree(folder, ignore_errors=True)
