"""The signalling of a call: who is there, and what their browsers tell each other until they are connected.

Every participant's connection is in the call's room of its own namespace, and each word goes to the rooms of all
namespaces, addressed to one of them. Nothing of it is kept: a page that comes back says so, and is answered.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints
from socketio import Server

from telehealth import clock
from telehealth.call import Seat
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.waiting_room import Encounter, EncounterChanged, EncounterStatus
from web import ice
from web.errors import Refusal
from web.house import House
from web.schema import Schema
from web.sockets import Connection

NAMESPACES = ("/desk", "/walk-in", "/guest")
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,24}$")]


class Media(Schema):
    """What a participant sends right now: a screen stands in place of the camera; `picture` is whether they want to get one."""

    microphone: bool = False
    camera: bool = False
    screen: bool = False
    picture: bool = True


class Joining(Schema):
    """`page` names one load of a page, so that others know a reload from a lost connection."""

    page: Name
    media: Media = Media()


class Description(Schema):
    """`offer` names the offer it is, or the one it answers."""

    type: Literal["offer", "answer"]
    sdp: Annotated[str, StringConstraints(max_length=40_000, strip_whitespace=False)]  # its last line must end
    offer: Name


class Candidate(Schema):
    candidate: Annotated[str, StringConstraints(max_length=600)]
    sdpMid: Annotated[str, StringConstraints(max_length=40)] | None = None  # noqa: N815 (WebRTC's own name)
    sdpMLineIndex: int | None = None  # noqa: N815
    usernameFragment: Annotated[str, StringConstraints(max_length=300)] | None = None  # noqa: N815


class Signal(Schema):
    """A word to one participant: an answer to their coming, a description, or a handful of candidates."""

    page: Name
    to: Name
    here: Media | None = None
    description: Description | None = None
    candidates: Annotated[list[Candidate], Field(max_length=30)] = []


class MediaNow(Schema):
    page: Name
    media: Media


def room_of(encounter_id: int) -> str:
    return f"call-{encounter_id}"


class Signalling:
    """Mixed into the namespaces whose people take part in calls."""

    house: House
    server: Server
    namespace: str

    def join_call(self, session: Session, connection: Connection, seat: Seat, joining: Joining) -> dict[str, Any]:
        """Take part: the others are told, and answer themselves."""
        media = joining.media if _permitted(session, joining.media) else joining.media.model_copy(update={"screen": False})
        connection.call = (room_of(seat.encounter_id), seat.pid, joining.page)
        self.server.enter_room(connection.sid, room_of(seat.encounter_id), namespace=self.namespace)
        told = asdict(seat) | {"page": joining.page, "media": media.model_dump()}
        self._tell_call(connection, "call_joined", {name: told[name] for name in ("pid", "name", "role", "page", "media")})
        return {"pid": seat.pid, **ice.ways(self.house.settings, seat.pid, clock.now())}

    def pass_signal(self, connection: Connection, seat: Seat, signal: Signal) -> None:
        self._require_joined(connection, seat)
        told = signal.model_dump(exclude_unset=True) | {"from": seat.pid, "name": seat.name, "role": seat.role.value}
        self._tell_call(connection, "call_signal", told)

    def tell_media(self, session: Session, connection: Connection, seat: Seat, now: MediaNow) -> None:
        self._require_joined(connection, seat)
        if not _permitted(session, now.media):
            raise Refusal("not_allowed", 403)
        self._tell_call(connection, "call_media", {"from": seat.pid, "page": now.page, "media": now.media.model_dump()})

    def leave_call(self, connection: Connection, *, left: bool = False) -> None:
        """The page has gone; or takes no part any more because the person has `left`."""
        if connection.call is None:
            return
        room, pid, page = connection.call
        self._tell_call(connection, "call_away", {"from": pid, "page": page} | ({"left": True} if left else {}))
        self.server.leave_room(connection.sid, room, namespace=self.namespace)
        connection.call = None

    def _require_joined(self, connection: Connection, seat: Seat) -> None:
        if connection.call is None or connection.call[:2] != (room_of(seat.encounter_id), seat.pid):
            raise Refusal("not_in_call", 409)

    def _tell_call(self, connection: Connection, event: str, told: dict[str, Any]) -> None:
        assert connection.call is not None
        for namespace in NAMESPACES:
            self.server.emit(event, told, room=connection.call[0], skip_sid=connection.sid, namespace=namespace)

    def tell_removed(self, encounter_id: int, pid: str) -> None:
        """Everybody in the room lets go of somebody who was taken out."""
        for namespace in NAMESPACES:
            self.server.emit("call_removed", {"pid": pid}, room=room_of(encounter_id), namespace=namespace)

    def close_call(self, fact: EncounterChanged) -> None:
        """Nobody hears the others any more once the visit has left the consulting room."""
        with self._opened(fact) as session:
            status = session.get_one(Encounter, fact.encounter_id).status
        if status is not EncounterStatus.ADMITTED:
            self.server.close_room(room_of(fact.encounter_id), namespace=self.namespace)

    def _opened(self, fact: EncounterChanged) -> Session:
        return self.house.sessions(organization=fact.organization_id)


def _permitted(session: Session, media: Media) -> bool:
    """A screen is shown only where the organisation lets it be (S002-40)."""
    return not media.screen or session.get_one(Organization, session.organization_id).screen_sharing
