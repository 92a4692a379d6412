"""Programs that run beside a test and end with it."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path


class Processes:
    """Starts programs, each in a group of its own, and ends all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str | Path, **environment: str) -> subprocess.Popen[bytes]:
        """Start a program; what it says goes to a file of its name."""
        name = Path(command[0]).name
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdout=log, stderr=log, start_new_session=True, env=os.environ | environment,
            )  # fmt: skip
        self.running.append(process)
        return process

    def stop(self) -> None:
        """End all, the last one first."""
        for process in reversed(self.running):
            end_group(process, signal.SIGTERM)
        for process in self.running:
            wait_or_kill(process)


def end_group(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    """Signal a program and its children."""
    try:
        os.killpg(process.pid, by)
    except ProcessLookupError:
        return


def wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    """Give a program ten seconds to end."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        end_group(process, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wait_for_port(port: int, seconds: float = 30) -> None:
    """Return as soon as somebody listens."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
