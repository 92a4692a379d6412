"""Pages of desks and of patients who wait, in one Node process: the product's own scripts over a network that is cut."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("pages.mjs")


class Pages:
    """`desks` and `patients` are what each page knew when it was last asked."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.desks: dict[str, dict[str, Any]] = {}
        self.patients: dict[str, dict[str, Any]] = {}
        assert self._line() == "ready\n"

    def open_desk(self, name: str, cookie: str, csrf: str) -> None:
        self._tell("desk", name=name, cookie=cookie, csrf=csrf)

    def open_patient(self, name: str, token: str) -> None:
        self._tell("patient", name=name, token=token)

    def calm(self) -> None:
        """From now on the network holds."""
        self._tell("calm")

    def look(self) -> None:
        """Ask every page what it knows."""
        self._tell("report")
        told = json.loads(self._line())
        self.desks, self.patients = told["desks"], told["patients"]

    def online(self) -> bool:
        """Whether every page is connected and caught up."""
        self.look()
        return all(page["state"] == "online" for page in [*self.desks.values(), *self.patients.values()])

    def _tell(self, does: str, **values: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"does": does} | values) + "\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@contextmanager
def pages_of(server: str, seed: int) -> Iterator[Pages]:
    """No page is open yet. The seed says when whose network is cut."""
    command = ["node", str(SCRIPT), server, str(seed)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield Pages(process)
    finally:
        process.kill()
        process.wait()
