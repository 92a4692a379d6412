"""Scripts and styles travel light, and mean the same."""

import gzip
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from tests.server import ROOT
from web.weight import light

SCRIPTS = sorted(
    path for room in ("static", "embed/static", "widgets", "desk", "admin/static", "portal") for path in (ROOT / room).rglob("*.js")
)


def test_a_browser_that_understands_it_gets_less(app: Flask) -> None:
    client = app.test_client()
    plain = client.get("/static/widget.css")
    small = client.get("/static/widget.css", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data) / 3
    assert "Accept-Encoding" in small.headers["Vary"]


def test_comments_stay_at_home(app: Flask) -> None:
    assert b"@param" not in app.test_client().get("/static/js/connect.js").data


def test_a_page_of_staff_is_not_compressed(app: Flask) -> None:
    answer = app.test_client().get("/admin/login/", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_an_unchanged_file_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        first = client.get("/static/widget.css", headers=headers)
        again = client.get("/static/widget.css", headers={**headers, "If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_light_script_is_still_one(script: Path, tmp_path: Path) -> None:
    """Node reads what browsers will read."""
    there = tmp_path / "light.mjs"
    there.write_bytes(light(script.read_bytes(), "text/javascript"))
    assert subprocess.run(["node", "--check", str(there)], capture_output=True, check=False).returncode == 0
