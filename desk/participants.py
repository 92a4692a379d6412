"""External people at the desk: who is invited to an appointment or a visit, where they are, and taking them out (S002-110)."""

from __future__ import annotations

from typing import Any, Self

from pydantic import model_validator

from desk import rooms
from desk.calendar.namespace import appointment
from desk.guests import Guests, Id
from desk.part import Part, Which
from desk.waiting_room.namespace import visit
from telehealth import clock, participant, staff_booking
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.participant import Participant, ParticipantChanged, UnknownPerson
from telehealth.practitioner import Permission, Staff
from telehealth.waiting_room import Encounter
from web import codes
from web.schema import Schema
from web.sockets import Connection, event


class Where(Schema):
    """An appointment or a visit, by its id."""

    appointment: Id | None = None
    visit: Id | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.appointment is None) == (self.visit is None):
            raise ValueError("either an appointment or a visit")
        return self


class Invitation(Which, Guests):
    """`id` is the appointment's."""


class Participants(Part):
    @event(Where, Permission.SEE_PATIENT)
    def on_participants(self, session: Session, connection: Connection, data: Where) -> dict[str, Any]:
        """Who is invited and where they are; to an appointment also who could be."""
        if data.visit is not None:
            here = visit(session, connection.who, data.visit)
            return {"participants": [_row(one) | self._link(here, one, connection.who) for one in participant.of_visit(session, here)]}
        planned = appointment(session, connection.who, data.appointment or 0)
        found = participant.of_appointment(session, planned.id, removed=True)
        return {"participants": [_row(one) for one in found]} | _choice(session, planned, found)

    def _link(self, here: Encounter, one: Participant, staff: Staff) -> dict[str, str]:
        """The way into a consultation that began at once, for whoever began it and passes it on."""
        passes_on = one.encounter_id is not None and here.admitted_by_id == staff.practitioner_id and one.entered_id is None
        told = passes_on and one.removed_at is None and one.ticket.is_open(clock.now())
        return {"link": codes.participants_link(one.ticket, self.house.settings.base_url)} if told else {}

    @event(Invitation, Permission.SEE_CALENDAR)
    def on_invite(self, session: Session, connection: Connection, data: Invitation) -> None:
        """Invite people to an appointment that was made before; each gets a mail."""
        to = appointment(session, connection.who, data.id)
        people = participant.meant(session, data.wanted, clock.now())
        staff_booking.invite(session, to, people, clock.now())

    @event(Which, Permission.SEE_PATIENT)
    def on_remove_participant(self, session: Session, connection: Connection, data: Which) -> None:
        """Take somebody out of an appointment or a visit; they are told."""
        found = session.get(Participant, data.id)
        if found is None:
            raise UnknownPerson
        _require_theirs(session, connection.who, found)
        found.remove(connection.who, clock.now())

    def show_participants(self, fact: ParticipantChanged) -> None:
        """Whoever looks at the appointment or the visit looks again; what they may see is judged then."""
        with self.open_session(fact.organization_id) as session:
            found = session.get_one(Participant, fact.participant_id)
            current = participant.visit_of(session, found)
            heard = rooms.of_visit(current) if current else []
            if found.appointment_id is not None:
                heard = [*heard, *rooms.of_appointment(session.get_one(Appointment, found.appointment_id))]
            told = {"appointment": found.appointment_id, "visit": current.id if current else None}
        self.tell("participants", told, list(dict.fromkeys(heard)))


def _require_theirs(session: Session, staff: Staff, found: Participant) -> None:
    """Raises UnknownAppointment, UnknownEncounter."""
    current: Encounter | None = participant.visit_of(session, found)
    if current is not None:
        visit(session, staff, current.id)
    else:
        appointment(session, staff, found.appointment_id or 0)


def _row(one: Participant) -> dict[str, Any]:
    where = "removed" if one.removed_at is not None else one.presence.value
    return {"id": one.id, "pid": f"g{one.id}", "name": one.person.name, "email": one.person.email, "where": where}


def _choice(session: Session, planned: Appointment, found: Any) -> dict[str, Any]:
    """Who is not invited yet, under their groups, as long as it is to come and takes place in our rooms."""
    there = {one.person_id for one in found if one.removed_at is None}
    may = staff_booking.may_invite(planned, clock.now()) and len(there) < participant.most(session)
    groups = participant.people_by_group(session) if may else []
    free = [(group.name, [{"id": person.id, "name": person.name} for person in people if person.id not in there]) for group, people in groups]
    return {"groups": [{"name": name, "people": people} for name, people in free if people]}
