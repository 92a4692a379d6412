"""A desk's live connection without a network: what a page sends is answered at once, what it hears is written down."""

from __future__ import annotations

import itertools
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from socketio import exceptions

from admin.sign_in import SignIn, StaffSession, create_user
from desk import socket_token
from desk.namespace import Desk
from telehealth import clock
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic

_sids = itertools.count(1)


class Wire:
    """Stands where the socket server stands: knows rooms, carries what is said into them."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.joined: dict[str, set[str]] = defaultdict(set)
        self.pages: dict[str, Page] = {}

    def save_session(self, sid: str, data: dict[str, Any], namespace: str) -> None:
        self.sessions[sid] = data

    def get_session(self, sid: str, namespace: str) -> dict[str, Any]:
        return self.sessions.get(sid, {})

    def enter_room(self, sid: str, room: str, namespace: str) -> None:
        self.joined[sid].add(room)

    def leave_room(self, sid: str, room: str, namespace: str) -> None:
        self.joined[sid].discard(room)

    def rooms(self, sid: str, namespace: str) -> list[str]:
        return [sid, *self.joined[sid]]

    def close_room(self, room: str, namespace: str) -> None:
        for joined in self.joined.values():
            joined.discard(room)

    def emit(
        self, event: str, data: dict[str, Any], room: str | Sequence[str], namespace: str, skip_sid: str | None = None
    ) -> None:
        named = {room} if isinstance(room, str) else set(room)
        for sid, page in self.pages.items():
            if sid != skip_sid and named & {sid, *self.joined[sid]}:
                page.hear(event, json.loads(json.dumps(data)))

    def disconnect(self, sid: str, namespace: str) -> None:
        self.pages.pop(sid).gone = True
        self.joined.pop(sid, None)

    def start_background_task(self, task: Any) -> None:
        """Tests look after themselves."""


class Page:
    """One open page of the desk."""

    def __init__(self, desk: Desk, token: str) -> None:
        self.desk, self.wire, self.sid = desk, desk.server, f"page-{next(_sids)}"
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.gone = False
        self.wire.pages[self.sid] = self
        self.refused = self._connect(token)

    def _connect(self, token: str) -> dict[str, Any] | None:
        try:
            self.desk.trigger_event("connect", self.sid, {}, {"token": token})
        except exceptions.ConnectionRefusedError as refusal:
            self.wire.pages.pop(self.sid)
            return dict(refusal.error_args["data"])
        return None

    def hear(self, event: str, data: dict[str, Any]) -> None:
        self.heard.append((event, data))

    def send(self, event: str, **data: Any) -> dict[str, Any]:
        return json.loads(json.dumps(self.desk.trigger_event(event, self.sid, data)))

    def done(self, event: str, **data: Any) -> dict[str, Any]:
        """The same, which must not be refused."""
        answer = self.send(event, **data)
        assert "error" not in answer, answer
        return answer

    def events(self, name: str) -> list[dict[str, Any]]:
        return [data for event, data in self.heard if event == name]

    def everything(self, name: str, **data: Any) -> dict[int, dict[str, Any]]:
        """A list, as a page that is opened now is given it, with all its pages."""
        found: dict[int, dict[str, Any]] = {}
        after, more = 0, True
        while more:
            page = self.done(name, after=after, **data)
            for item in page["items"]:
                found.pop(item["id"], None) if item.get("gone") else found.update({item["id"]: item})
            after, more = page["seq"], page["more"]
        return found

    def leave(self) -> None:
        self.desk.trigger_event("disconnect", self.sid)
        self.wire.pages.pop(self.sid, None)
        self.wire.joined.pop(self.sid, None)


@pytest.fixture
def desk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    found: Desk = app.extensions["desk"]
    monkeypatch.setattr(found, "server", Wire())
    monkeypatch.setattr(found, "here", {})
    monkeypatch.setattr(found.house.settings, "events_per_10_seconds", 10_000)
    return found


@pytest.fixture
def open_page(app: Flask, desk: Desk) -> Any:
    """Opens a page of somebody's desk: `open_page(clinic, "doctor")`. Signing in itself is tested with the token."""

    def open_for(clinic: Clinic, person: str) -> Page:
        key = _sign_in(clinic, person)
        who = socket_token.SignIn(clinic.id, clinic.people[person], key, "en")
        page = Page(desk, socket_token.grant(desk.house.settings.secret_key, who))
        assert page.refused is None, page.refused
        return page

    return open_for


def _sign_in(clinic: Clinic, person: str) -> str:
    key = secrets.token_hex(32)
    with clinic.session() as session:
        row = session.get_one(Practitioner, clinic.people[person])
        link = session.query(SignIn).filter_by(practitioner_id=row.id, organization_id=clinic.id).one_or_none()
        user_id = link.user_id if link else create_user(session, row, None, lambda *_: "no password").id
        ends = clock.now() + timedelta(hours=1)
        session.add(StaffSession(key_hash=key, user_id=user_id, started_at=clock.now(), ends_at=ends))
    return key
