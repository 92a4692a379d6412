"""Live events of a visit's page: the practitioner's side of the call."""

from __future__ import annotations

from typing import Any

from desk.part import Part
from desk.waiting_room.namespace import visit
from telehealth import call
from telehealth.call import Seat
from telehealth.database import Session
from telehealth.practitioner import Permission
from web.call import Joining, MediaNow, Signal, Signalling
from web.sockets import Connection, event


class JoinVisit(Joining):
    id: int


class SignalVisit(Signal):
    id: int


class MediaOfVisit(MediaNow):
    id: int


class Consultation(Signalling, Part):
    @event(JoinVisit, Permission.ADMIT)
    def on_call_join(self, session: Session, connection: Connection, data: JoinVisit) -> dict[str, Any]:
        """Take part in the call of a patient whom this person has called in."""
        return self.join_call(session, connection, _seat(session, connection, data.id), data)

    @event(SignalVisit, Permission.ADMIT)
    def on_call_signal(self, session: Session, connection: Connection, data: SignalVisit) -> None:
        """A word from browser to browser."""
        self.pass_signal(connection, _seat(session, connection, data.id), Signal(**data.model_dump(exclude={"id"}, exclude_unset=True)))

    @event(MediaOfVisit, Permission.ADMIT)
    def on_call_media(self, session: Session, connection: Connection, data: MediaOfVisit) -> None:
        """Microphone or camera were switched."""
        self.tell_media(session, connection, _seat(session, connection, data.id), data)


def _seat(session: Session, connection: Connection, visit_id: int) -> Seat:
    return call.practitioners_seat(visit(session, connection.who, visit_id), connection.who)
