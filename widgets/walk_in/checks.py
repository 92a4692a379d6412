"""What a waiting patient finds out about devices and network before coming in."""

from __future__ import annotations

from typing import Annotated, Any

from flask import Flask
from pydantic import StringConstraints

from telehealth import clock
from telehealth.database import Session
from telehealth.waiting_room import Bandwidth, Checks, DeviceCheck, Encounter, EncounterStatus, NetworkCheck
from web import ice
from web.errors import Refusal
from web.house import House
from web.schema import Nothing, Schema
from web.sockets import Connection, event


class Devices(Schema):
    """What each was found to do; nothing about those that were not checked."""

    camera: DeviceCheck | None = None
    microphone: DeviceCheck | None = None
    speaker: DeviceCheck | None = None
    network: NetworkCheck | None = None
    bandwidth: Bandwidth | None = None


class Piece(Schema):
    """Sent only to see how long it takes."""

    filler: Annotated[str, StringConstraints(max_length=50_000)]


class Checking:
    """Mixed into the namespace of those who wait."""

    app: Flask
    house: House

    @event(Devices)
    def on_devices(self, session: Session, connection: Connection, data: Devices) -> None:
        """The patient has looked whether camera, microphone, loudspeaker and network work."""
        _visit(session, connection).checked(Checks(**data.model_dump()))

    @event(Nothing)
    def on_network(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """The ways that a call would take, to look whether they are open."""
        visit = _visit(session, connection)
        if visit.status is EncounterStatus.ENDED:
            raise Refusal("not_allowed", 403)
        if not self.app.extensions["limits"].hit("network_check", str(visit.id)):
            raise Refusal("too_many", 429)
        return ice.ways_to_check(self.house.settings, f"c{visit.id}", clock.now())

    @event(Piece)
    def on_probe(self, session: Session, connection: Connection, data: Piece) -> None:
        """Nothing but the answer, which the page waits for with a watch in its hand."""


def _visit(session: Session, connection: Connection) -> Encounter:
    return session.get_one(Encounter, connection.key)
