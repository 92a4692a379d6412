"""What the WordPress tests fetch is whole or named as missing; what was fetched once is not fetched again."""

from pathlib import Path

import pytest

from tests.wordpress import releases

pytestmark = pytest.mark.wordpress


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setattr(releases, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def replace_program(name: str, script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a program of the test in front of the machine's own."""
    folder.mkdir()
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_release_that_cannot_be_fetched_is_named_with_the_reason(cache, tmp_path, monkeypatch):
    replace_program("apt-get", "echo 'Temporary failure resolving' >&2; exit 100", tmp_path / "bin", monkeypatch)
    with pytest.raises(releases.DownloadFailed, match="WordPress of Debian bookworm could not be fetched") as failure:
        releases.wordpress(releases.FLOOR)
    assert "Temporary failure resolving" in str(failure.value)
    assert not (cache / "wordpress-bookworm").exists()


def test_a_machine_without_a_debian_archive_is_told_so(tmp_path, monkeypatch):
    replace_program("apt-get", "echo 'http://packages.example/|Other|Other'", tmp_path / "bin", monkeypatch)
    with pytest.raises(releases.DownloadFailed, match="apt knows no Debian archive"):
        releases.wordpress(releases.FLOOR)


def test_sqlite_support_that_cannot_be_fetched_is_named(tmp_path, monkeypatch):
    replace_program("npm", "echo 'ENOTFOUND' >&2; exit 1", tmp_path / "bin", monkeypatch)
    with pytest.raises(releases.DownloadFailed, match="SQLite for WordPress could not be fetched"):
        releases.sqlite_support()


def test_what_was_fetched_once_is_not_fetched_again():
    fetched = []

    def fetch(folder: Path) -> None:
        fetched.append(folder)
        (folder / "result").mkdir()

    assert releases.cached("thing", fetch) == releases.cached("thing", fetch)
    assert len(fetched) == 1


def test_a_fetch_that_breaks_off_leaves_nothing_that_looks_whole(cache):
    def break_off(folder: Path) -> None:
        (folder / "result").mkdir()
        raise releases.DownloadFailed("the line went dead")

    with pytest.raises(releases.DownloadFailed):
        releases.cached("thing", break_off)
    assert [path.name for path in cache.iterdir()] == ["thing.lock"]
