"""What the operator types: set-up, the demo, an administrator, refusals."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from telehealth.encryption import new_key
from tests.server import ROOT, environment, flask, free_port

pytestmark = pytest.mark.server
PRODUCTION = {
    "KONSULTO_ENV": "production", "SECRET_KEY": "q8Zr2mVt0LxB7nKc4WdY6hPj1sGf9TaE3uRb", "BASE_URL": "https://care.example",
}  # fmt: skip


def serve(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "serve.py"], cwd=ROOT, text=True, capture_output=True, check=False, timeout=60,
        env=environment(data, PORT=str(free_port()), **settings),
    )  # fmt: skip


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    return done.stderr.strip().splitlines()[-1]


def test_migrations_from_empty_give_what_the_models_say(tmp_path: Path) -> None:
    flask(tmp_path, "db", "upgrade")
    flask(tmp_path, "db", "check")


def test_the_demo_is_loaded_once_and_printed(demo_data: Path, tmp_path: Path) -> None:
    flask(tmp_path, "db", "upgrade")
    flask(tmp_path, "prepare")
    assert "doctor@demo.example" in flask(tmp_path, "demo")
    assert "demo-Konsulto-1" in flask(tmp_path, "demo")


def test_the_demo_is_refused_in_production(tmp_path: Path) -> None:
    settings = PRODUCTION | {"ENCRYPTION_KEYS": f"k:{new_key()}"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "demo"], cwd=ROOT, text=True, capture_output=True, check=False,
        env=environment(tmp_path, **settings),
    )  # fmt: skip
    assert done.returncode and "refused" in done.stderr


def test_a_database_that_is_behind_is_refused_in_one_line(tmp_path: Path) -> None:
    assert "db upgrade" in last_line(serve(tmp_path))


def test_a_database_that_cannot_be_reached_is_refused_in_one_line(tmp_path: Path) -> None:
    line = last_line(serve(tmp_path, DATABASE_URL=f"postgresql://nobody@127.0.0.1:{free_port()}/none"))
    assert line.startswith("konsulto: the database cannot be reached")


def test_a_weak_production_start_is_refused_in_one_line(tmp_path: Path) -> None:
    assert last_line(serve(tmp_path, KONSULTO_ENV="production")).startswith("konsulto: SECRET_KEY")


def test_an_organisation_and_its_administrator_are_made_by_command(tmp_path: Path) -> None:
    flask(tmp_path, "db", "upgrade")
    flask(tmp_path, "prepare")
    words = ["--organisation", "new", "--name", "New Clinic", "--email", "boss@new.example"]
    assert "administers New Clinic" in flask(tmp_path, "create-admin", *words, "--password", "a long enough password")
    with create_engine(f"sqlite:///{tmp_path}/konsulto.db").connect() as connection:
        assert connection.execute(text("select chat from organization")).scalar_one() == 0, "chat is an extra"
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", "create-admin", *words, "--password", "short"], cwd=ROOT,
        text=True, capture_output=True, check=False, env=environment(tmp_path),
    )  # fmt: skip
    assert done.returncode and "13 characters" in done.stderr


def test_a_fresh_key_is_printed_for_the_environment(tmp_path: Path) -> None:
    assert len(flask(tmp_path, "keys", "new").strip().partition(":")[2]) == 44


