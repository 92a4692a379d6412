"""Runs every measurement, or those whose names are given: `python -m bench slots chat`."""

from __future__ import annotations

import importlib
import sys

MEASUREMENTS = ("weights", "slots", "bookings", "chat", "crowd", "conversations", "desk", "cases", "calendar", "broadcast", "admin", "call")

for name in sys.argv[1:] or MEASUREMENTS:
    for figure in importlib.import_module(f"bench.{name}").measure():
        print(figure.as_line(), flush=True)
