"""A house of several processes: PostgreSQL, Redis, nginx, one process for staff, two for patients, a worker."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.patience import until
from tests.postgres import postgres
from tests.server import ROOT, Server, environment, flask, free_port


@dataclass
class Cluster:
    """`base` is nginx's address; `live` are the two processes behind it."""

    base: str
    admin: Server
    live: tuple[Server, Server]
    worker: subprocess.Popen[bytes]


@contextmanager
def cluster(folder: Path, **settings: str) -> Iterator[Cluster]:
    """Started for real; everything ends with the block."""
    with ExitStack() as stack:
        front = free_port()
        shared = settings | {
            "DATABASE_URL": stack.enter_context(postgres()), "REDIS_URL": stack.enter_context(_redis(folder)),
            "BASE_URL": f"http://127.0.0.1:{front}", "INLINE_WORKER": "false", "TRUSTED_PROXIES": "1",
        }  # fmt: skip
        for words in (["db", "upgrade"], ["prepare"], ["demo", "--quiet"]):
            flask(folder, *words, **shared)
        admin, *live = (Server(folder, **shared) for _ in range(3))
        for server, role in ((admin, "admin"), (live[0], "live"), (live[1], "live")):
            server.log = folder / f"{role}-{server.port}.log"
            server.start("--role", role)
            stack.callback(server.stop)
        worker = stack.enter_context(_worker(folder, shared))
        stack.enter_context(_nginx(folder, front, [admin.port, live[0].port, live[1].port]))
        yield Cluster(f"http://127.0.0.1:{front}", admin, (live[0], live[1]), worker)


@contextmanager
def running(command: list[str], folder: Path, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder), "--bind", "127.0.0.1"]
    with running(command, folder):
        until(lambda: _answers(port), seconds=20)
        yield f"redis://127.0.0.1:{port}/0"


def _answers(port: int) -> bool:
    try:
        return bool(redis.Redis(port=port).ping())
    except redis.RedisError:
        return False


@contextmanager
def _worker(folder: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "app", "worker"]
    with running(command, folder, cwd=ROOT, env=environment(folder, **settings)) as process:
        yield process


@contextmanager
def _nginx(folder: Path, front: int, ports: list[int]) -> Iterator[None]:
    """The documented configuration, on free ports and without TLS."""
    text = (ROOT / "docs" / "nginx.conf").read_text()
    for documented, real in zip(("8081", "8082", "8083"), ports, strict=True):
        text = text.replace(f"127.0.0.1:{documented}", f"127.0.0.1:{real}")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{front};")
    text = re.sub(r"\n *ssl_certificate.*", "", text).replace("worker_processes auto", "worker_processes 1")
    temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    file = folder / "nginx.conf"
    file.write_text(f"pid {folder}/nginx.pid;\ndaemon off;\n" + text.replace("http {\n", "http {\n" + temporary, 1))
    with running(["nginx", "-c", str(file), "-p", str(folder), "-e", str(folder / "nginx-errors.log")], folder):
        until(lambda: _listens(front), seconds=20)
        yield


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
