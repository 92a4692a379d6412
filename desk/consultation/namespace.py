"""Live events of a visit's page: the practitioner's side of the call, and how the visit ends."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from desk import rooms
from desk.consultation import ending
from desk.part import Part, Which
from desk.waiting_room.namespace import end, visit
from telehealth import call, clock
from telehealth.call import Seat
from telehealth.database import Session
from telehealth.feedback import FeedbackGiven
from telehealth.follow_up import LONGEST
from telehealth.message import ConversationErased
from telehealth.practitioner import Permission
from telehealth.waiting_room import LONGEST_SUMMARY, Encounter
from web.call import Joining, MediaNow, Signal, Signalling
from web.sockets import Connection, event


class JoinVisit(Joining):
    id: int


class SignalVisit(Signal):
    id: int


class MediaOfVisit(MediaNow):
    id: int


class TakeHome(Which):
    """What the patient takes home: a summary, and a hint from the clinic's list or in own words."""

    summary: Annotated[str, StringConstraints(max_length=LONGEST_SUMMARY)] = ""
    hint: Annotated[int, Field(ge=1)] | None = None
    follow_up: Annotated[str, StringConstraints(max_length=LONGEST)] = ""


class Consultation(Signalling, Part):
    @event(TakeHome, Permission.ADMIT)
    def on_end_visit(self, session: Session, connection: Connection, data: TakeHome) -> None:
        """End a visit with words for the patient; sent again after a lost answer it is the same end."""
        found = visit(session, connection.who, data.id)
        end(session, connection.who, found)
        _sum_up(session, connection, found, data)

    @event(TakeHome, Permission.ADMIT)
    def on_sum_up(self, session: Session, connection: Connection, data: TakeHome) -> None:
        """Write the words for the patient anew, also when the patient was the one who ended the visit."""
        _sum_up(session, connection, visit(session, connection.who, data.id), data)

    @event(Which, Permission.SEE_WAITING_ROOM)
    def on_ending(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """How a visit ended, what came of it, and who waits next."""
        return ending.facts(session, connection.who, visit(session, connection.who, data.id))

    def show_feedback(self, fact: FeedbackGiven) -> None:
        """Whoever looks at the visit looks again; what they may see is judged then."""
        with self.open_session(fact.organization_id) as session:
            found = session.get_one(Encounter, fact.encounter_id)
            self.tell("feedback", {"id": found.id}, rooms.of_visit(found))

    def show_erased(self, fact: ConversationErased) -> None:
        """Nobody goes on looking at what was deleted."""
        self.tell("talk_erased", {"id": fact.conversation_id}, rooms.name(rooms.TALK, fact.organization_id, fact.conversation_id))

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


def _sum_up(session: Session, connection: Connection, found: Encounter, data: TakeHome) -> None:
    told = ending.told(session, found, data.hint, data.follow_up)
    found.sum_up(connection.who, data.summary, told, clock.now())


def _seat(session: Session, connection: Connection, visit_id: int) -> Seat:
    return call.practitioners_seat(visit(session, connection.who, visit_id), connection.who)
