"""A photograph on its way through a real server, with its event loop, its threads for hard work and a clamd beside it."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from PIL import Image

from demo import PASSWORD
from tests.clinic import client_id
from tests.files import EICAR, PDF
from tests.integrations.test_scanner import Clamd, unix  # noqa: F401 (a fixture)
from tests.server import Server

PUT = "/desk/attachments"


@pytest.fixture
def looked_through(demo_data: Path, tmp_path: Path, unix: tuple[str, Clamd]) -> Iterator[Server]:  # noqa: F811
    with Server.with_demo(demo_data, tmp_path / "server", CLAMD=unix[0]) as running:
        yield running


class Doctor:
    def __init__(self, server: Server) -> None:
        self.base, self.browser = server.base, requests.Session()
        self.csrf = self._token("/admin/login/")
        form = {"username": "doctor@demo.example", "password": PASSWORD, "csrf_token": self.csrf}
        assert self.browser.post(self.base + "/admin/login/", data=form).ok

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrf[_-]token"[^>]*(?:value|content)="([^"]+)"', self.browser.get(self.base + path).text)
        assert found
        return found.group(1)

    def put(self, name: str, data: bytes) -> requests.Response:
        about = quote(json.dumps({"client_id": client_id(), "name": name}))
        headers = {"X-CSRFToken": self.csrf, "X-File": about, "Content-Type": "application/octet-stream", "Accept": "application/json"}
        return self.browser.post(self.base + PUT, data=data, headers=headers, timeout=60)


def photograph() -> bytes:
    """Twelve million points that cannot be pressed together."""
    made = BytesIO()
    Image.frombytes("RGB", (1000, 750), os.urandom(1000 * 750 * 3)).resize((4000, 3000)).save(made, "JPEG", quality=85)
    return made.getvalue()


def test_a_photograph_goes_in_and_out_while_others_are_served(looked_through: Server) -> None:
    doctor, photo, slowest, done = Doctor(looked_through), photograph(), 0.0, threading.Event()
    assert len(photo) > 1_000_000
    answers: list[requests.Response] = []

    def send() -> None:
        answers.append(doctor.put("rash.jpg", photo))
        done.set()

    threading.Thread(target=send).start()
    while not done.wait(0.02):
        begun = time.monotonic()
        assert requests.get(looked_through.base + "/healthz", timeout=10).ok
        slowest = max(slowest, time.monotonic() - begun)
    assert answers[0].status_code == 201, answers[0].text
    back = doctor.browser.get(f"{looked_through.base}{PUT}/{answers[0].json()['uid']}")
    assert (back.status_code, len(back.content)) == (200, int(back.headers["Content-Length"]))
    assert Image.open(BytesIO(back.content)).size == (4000, 3000)
    assert slowest < 1


def test_a_virus_is_refused_in_words(looked_through: Server) -> None:
    refused = Doctor(looked_through).put("letter.pdf", PDF[:-6] + EICAR.encode() + b"%%EOF")
    assert (refused.status_code, refused.json()["error"]) == (422, "file_infected")


def test_what_is_larger_than_anybody_may_send_is_refused_in_words(looked_through: Server) -> None:
    refused = Doctor(looked_through).put("letter.pdf", PDF + bytes(11_000_000))
    assert (refused.status_code, refused.json()["error"]) == (413, "file_too_large")
