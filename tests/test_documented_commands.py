"""Every command of the documents is run: the operator's in the order in which they stand, on a fresh folder."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.patience import until
from tests.server import ROOT, Server, environment, flask, free_port
from tests.test_docs import DOCUMENTS, blocks

pytestmark = [pytest.mark.server, pytest.mark.timeout(240)]
INLINE = r"`((?:flask|python|make|sqlite3|openssl|uv) [^`\n]+)`"
# Run by CI as they stand, or changing the checkout: only looked at.
LOOKED_AT = ("make test", "make bench", "make fast", "make lint", "make install", "make extract", "uv pip compile")
PASSWORD = "a long enough password"


def commands(document: Path) -> list[str]:
    lines = [line.partition(" #")[0].strip() for block in blocks(document) for line in block.splitlines()]
    return [line for line in [*lines, *re.findall(INLINE, document.read_text())] if line]


def run(line: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """As typed, in the checkout, with its own interpreter first on the path."""
    there = environment(folder, **settings)
    there["PATH"] = f"{Path(sys.executable).parent}:{there['PATH']}"
    done = subprocess.run(
        line, shell=True, cwd=ROOT, env=there, text=True, capture_output=True, input=f"{PASSWORD}\n{PASSWORD}\n", check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done


def test_every_command_is_one_that_is_run_below_or_looked_at() -> None:
    run_below = ("make run", "make translations", "make help", "flask --app app", "python serve.py", "sqlite3 ", "openssl ")
    named = {line for document in DOCUMENTS for line in commands(document)}
    assert {line for line in named if not line.startswith(run_below + LOOKED_AT)} == set()


def test_make_knows_every_target() -> None:
    for line in {line for document in DOCUMENTS for line in commands(document) if line.startswith("make ")}:
        subprocess.run(["make", "-n", *shlex.split(line)[1:]], cwd=ROOT, check=True, capture_output=True)


def test_an_operator_can_follow_the_guide(tmp_path: Path) -> None:
    lines = [line for line in commands(ROOT / "docs" / "operate.md") if line.startswith(("flask", "openssl", "sqlite3"))]
    flask(tmp_path, "db", "upgrade")
    for line in dict.fromkeys(lines):
        if line.endswith(" worker"):
            assert_runs_until_stopped(line, tmp_path)
        else:
            run(line.replace("var/konsulto.db", f"{tmp_path}/konsulto.db").replace("backup.db", f"{tmp_path}/backup.db"), tmp_path)
    assert (tmp_path / "backup.db").stat().st_size > 100_000
    assert "administers" in run(
        'flask --app app create-admin --organisation second --name "Second" --email second@example.org', tmp_path
    ).stdout


def assert_runs_until_stopped(line: str, folder: Path) -> None:
    words = [sys.executable, "-m", *shlex.split(line)]
    with (folder / "worker.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=ROOT, env=environment(folder), stdout=log, stderr=log)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(6)
    process.terminate()
    assert process.wait(15) in {0, -signal.SIGTERM}


@pytest.mark.parametrize("line", [line for line in commands(ROOT / "docs" / "operate.md") if line.startswith("python")])
def test_every_documented_start_gets_ready(line: str, demo_data: Path, tmp_path: Path) -> None:
    server = Server.with_demo(demo_data, tmp_path)
    try:
        server.start(*shlex.split(line)[2:])
    finally:
        server.stop()


def test_make_run_serves_stops_at_ctrl_c_and_keeps_what_was_there(tmp_path: Path) -> None:
    settings = {"PORT": str(free_port()), "KONSULTO_DATA": str(tmp_path), "KONSULTO_ENV": "development"}
    printed = serve_and_interrupt(settings, tmp_path)
    assert "doctor@demo.example" in printed and "demo-Konsulto-1" in printed
    assert "Traceback" not in printed
    with sqlite3.connect(tmp_path / "konsulto.db") as database:
        database.execute("update organization set name = 'Renamed' where slug = 'demo'")
    assert "Traceback" not in serve_and_interrupt(settings, tmp_path)
    with sqlite3.connect(tmp_path / "konsulto.db") as database:
        assert database.execute("select name from organization where slug = 'demo'").fetchall() == [("Renamed",)]


def serve_and_interrupt(settings: dict[str, str], folder: Path) -> str:
    """`make run` in a terminal of its own, stopped with Ctrl-C once it serves; gives what it printed."""
    log = folder / "run.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, stdout=out, stderr=out, start_new_session=True, env=environment(folder) | settings
        )
    try:
        until(lambda: serves(settings["PORT"]) or process.poll() is not None, seconds=120)
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(20)
    until(lambda: not serves(settings["PORT"]), seconds=10)
    return log.read_text()


def serves(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
