"""The running house: what every request and event needs, made once by create_app()."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, g
from socketio import Server
from sqlalchemy import Engine
from sqlalchemy.orm import scoped_session, sessionmaker

from config import Settings
from telehealth.database import Session
from telehealth.encryption import Keyring
from telehealth.practitioner import Staff
from web.neighbours import Neighbours


@dataclass
class House:
    """`identify_staff` turns the request's sign-in into who may act; `admin` sets it, every face asks it."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    request_session: scoped_session[Session]
    keyring: Keyring
    run_blocking: Callable[..., Any]
    neighbours: Neighbours
    in_language: Callable[[str], AbstractContextManager[None]]
    sockets: Server | None = None
    identify_staff: Callable[[], Staff | None] = lambda: None
    staff_session_lives: Callable[[Session, str], bool] = lambda _session, _key: False
    staff_session_key: Callable[[], str] = lambda: ""
    ready_checks: dict[str, Callable[[], bool]] = field(default_factory=dict)


def house(app: Flask | None = None) -> House:
    found: House = (app or current_app).extensions["house"]
    return found


def session() -> Session:
    """The session of this request; it belongs to nobody until `enter` was called."""
    return house().request_session()


def current_staff() -> Staff | None:
    """Who is signed in and may act, or None. Asked once a request."""
    if "staff" not in g:
        g.staff = house().identify_staff()
    staff: Staff | None = g.staff
    return staff
