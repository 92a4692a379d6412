"""A real server in a process of its own: started, killed and started again by tests."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parent.parent
BEGIN = 60  # seconds until it must answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def flask(data: Path, *words: str, **settings: str) -> str:
    """Run a command of the operator; gives what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "flask", "--app", "app", *words], cwd=ROOT, text=True,
        capture_output=True, check=False, timeout=120, env=environment(data, **settings),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(data: Path, **settings: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    quiet = {"PYTHONWARNINGS": "ignore", "LOG_LEVEL": "WARNING", "KONSULTO_DATA": str(data), "KONSULTO_ENV": "test"}
    return inherited | quiet | settings


def prepared_data(data: Path) -> Path:
    flask(data, "db", "upgrade")
    flask(data, "prepare")
    flask(data, "demo", "--quiet")
    return data


class Server:
    """`base` is its address at 127.0.0.1, `other_site` the same server under another site's name."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data, self.settings, self.port = data, settings, free_port()
        self.base, self.other_site = f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}"
        self.log = data / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    def with_demo(cls, demo: Path, data: Path, **settings: str) -> Self:
        shutil.copytree(demo, data, dirs_exist_ok=True)
        return cls(data, **settings)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *words: str) -> None:
        settings = {"PORT": str(self.port), "HOST": "127.0.0.1"} | self.settings
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "serve.py", *words], cwd=ROOT, stdout=log, stderr=log,
                env=environment(self.data, **settings),
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + BEGIN
        while not self.answers():
            if self.settings.get("CRASH_AT") and self.process is not None and self.process.poll() == -signal.SIGKILL:
                return  # it was asked to die, and did so at once
            assert self.process is not None and self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < end, "the server does not get ready: " + self.log.read_text()[-3000:]
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.base + "/readyz", timeout=3) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait(30)
