"""What every part of the desk's namespace stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from pydantic import Field
from socketio import Server

from telehealth.database import Session
from telehealth.practitioner import Staff
from web import locale
from web.house import House
from web.schema import Schema
from web.sockets import Connection


class Which(Schema):
    """A row by its id."""

    id: int = Field(ge=1)


class Part:
    """Mixed into the one namespace of the desk; each part brings the events of one page."""

    app: Flask
    house: House
    server: Server
    namespace: str
    here: dict[str, Connection]

    def tell(self, event: str, data: dict[str, Any], rooms: str | Sequence[str]) -> None:
        """Say something to everybody in the rooms, once each."""
        self.server.emit(event, data, room=rooms, namespace=self.namespace)

    def open_session(self, organization_id: int) -> Session:
        return self.house.sessions(organization=organization_id)

    @contextmanager
    def in_language(self, tag: str) -> Iterator[None]:
        """Word what is for others than whoever acts."""
        with locale.in_language(self.app, tag):
            yield

    def settle(self, organization_id: int, practitioner_id: int | None) -> None:
        """Move everybody's pages, or one person's, to the rooms that fit now."""
        raise NotImplementedError

    def tidy(self, session: Session, connection: Connection) -> None:
        """Close the conversations that a page may no longer see."""
        raise NotImplementedError


def actor(staff: Staff) -> str:
    return f"practitioner:{staff.practitioner_id}"
