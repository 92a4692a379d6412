"""Starts the server. Patches the standard library before anything else is imported, which eventlet needs."""

import os

if os.environ.get("ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()

import argparse
import gc
import resource
import signal
import sys
from typing import Any

SECONDS_TO_STOP = 5


def main() -> None:
    roles = argparse.ArgumentParser(description="Serve Konsulto.")
    roles.add_argument("--role", choices=("all", "admin", "live"), default="all")
    role = roles.parse_args().role

    import config
    from app import create_app, refuse_unprepared

    settings = config.read()
    app = create_app(settings, role=role)
    refuse_unprepared(app)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    gc.collect()
    gc.freeze()  # what was loaded at start stays: collections then look at live connections only
    gc.set_threshold(50_000, 20, 100)
    app.extensions["start"]()
    # eventlet would stop at 1,024 and let whoever comes next wait for ever.
    room = {"max_size": _make_room(settings.connections)} if settings.async_mode == "eventlet" else {}
    app.extensions["socketio"].run(
        app, host=settings.host, port=settings.port, allow_unsafe_werkzeug=True, log_output=False, **room
    )


def _make_room(connections: int) -> int:
    """Each connection is an open file, of which the system gives a process few unless it asks; how many can be held then."""
    others = 200  # databases, logs, pipes
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = connections + others if most == resource.RLIM_INFINITY else min(connections + others, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return files - others


def _stop(_signal: int, _frame: Any) -> None:
    """Whoever is being served has a moment to end. What lies in wait, or lost this exit in a handler of its own, is cut."""
    for name in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(name, _stop_at_once)
    signal.alarm(SECONDS_TO_STOP)
    sys.exit(0)


def _stop_at_once(_signal: int, _frame: Any) -> None:
    os._exit(0)


if __name__ == "__main__":
    main()
