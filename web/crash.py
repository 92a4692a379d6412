"""Kills the process at a named point, so that tests can show what survives. Armed by CRASH_AT, never in production.

`CRASH_AT=before_commit:5` means: when the fifth transaction that wrote something is about to be committed. Points:
before_commit, after_commit (saved, not yet answered), before_mail (composed, not yet sent), after_mail (sent, not noted),
before_push (sealed, not yet sent), before_reminders (written, not yet committed), after_reminders (committed, not yet sent).
"""

from __future__ import annotations

import os
import signal
from collections import Counter

from sqlalchemy import event

from telehealth.database import Session

_armed: tuple[str, int] | None = None
_passed: Counter[str] = Counter()


def arm(setting: str) -> None:
    """Set the point, as `name` or `name:count`."""
    global _armed
    name, _, count = setting.partition(":")
    _armed = (name, int(count or 1))
    event.listen(Session, "before_flush", lambda session, *_: session.info.update(wrote=True))
    event.listen(Session, "before_commit", lambda session: _of_writer(session, "before_commit"))
    event.listen(Session, "after_commit", lambda session: _of_writer(session, "after_commit"))


def _of_writer(session: Session, name: str) -> None:
    if session.info.get("wrote") and session.get_nested_transaction() is None:
        passing(name)


def passing(name: str) -> None:
    """This point is passed; it is the last thing that happens when it is the armed one."""
    _passed[name] += 1
    if _armed == (name, _passed[name]):
        os.kill(os.getpid(), signal.SIGKILL)
