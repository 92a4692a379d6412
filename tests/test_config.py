"""A production start with a missing, default or short secret refuses with one clear line."""

from pathlib import Path

import pytest

import config
from telehealth.encryption import new_key

SAFE = {
    "KONSULTO_ENV": "production",
    "SECRET_KEY": "q8Zr2mVt0LxB7nKc4WdY6hPj1sGf9TaE3uRb",
    "ENCRYPTION_KEYS": f"k1:{new_key()}",
    "BASE_URL": "https://care.example",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("KONSULTO_DATA", str(tmp_path))


def start(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> config.Settings:
    for name, value in (SAFE | changes).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return config.read()


def test_a_safe_production_start_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert start(monkeypatch).konsulto_env == "production"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "a" * 40}, "SECRET_KEY"),
        ({"SECRET_KEY": "please-change-me-please-change-me-1234"}, "SECRET_KEY"),
        ({"ENCRYPTION_KEYS": None}, "ENCRYPTION_KEYS"),
        ({"ENCRYPTION_KEYS": "k1:c2hvcnQ="}, "ENCRYPTION_KEYS"),
        ({"BASE_URL": "http://care.example"}, "BASE_URL"),
        ({"CLOCK_AHEAD_SECONDS": "60"}, "CLOCK_AHEAD_SECONDS"),
        ({"CRASH_AT": "before_commit"}, "CRASH_AT"),
        ({"PORT": "eighty"}, "PORT"),
        ({"DATABASE_URL": "postgresql+psycopg://x@localhost/x"}, "psycopg2"),
    ],
)
def test_an_unsafe_start_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str | None], word: str
) -> None:
    with pytest.raises(config.BadSettings) as refused:
        start(monkeypatch, **changes)
    line = str(refused.value)
    assert word in line and "\n" not in line and line.startswith("konsulto: ")


def test_a_strangers_first_start_makes_up_secrets_and_keeps_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = config.read(), config.read()
    assert first.secret_key == second.secret_key and len(first.secret_key) >= 32
    assert first.database_url.startswith("sqlite:///")
    assert oct((tmp_path / "secret_key").stat().st_mode)[-3:] == "600"


def test_postgresql_addresses_use_the_driver_that_does_not_stop_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@db/konsulto")
    assert config.read().database_url == "postgresql+psycopg2://u:p@db/konsulto"


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in config.Settings.model_fields.items() if not field.description] == []
