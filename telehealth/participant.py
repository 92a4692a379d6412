"""People from outside who take part in a visit beside its patient: family, home care, an interpreter (S002-58, S002-110).

They stand in groups, are invited to an appointment or a quick consultation, and each comes by a link of the own. They
come in only where the patient is.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, String, Table, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from telehealth import ticket
from telehealth.channel import NotAllowed
from telehealth.database import Base, Owned, Session, insert_row, one_of, session_of, within_organization
from telehealth.event import record
from telehealth.organization import Organization
from telehealth.outbox import MailKind, enqueue
from telehealth.patient import full_name
from telehealth.practitioner import Permission, Staff
from telehealth.ticket import Ticket, TicketKind, TicketState, TooEarly, TooLate, UnknownTicket
from telehealth.waiting_room import Encounter, EncounterStatus

BESIDE = 2  # seats of a call that are the patient's and the practitioner's


class UnknownGroup(Exception):
    """There is no such group, or nobody was named to be in one."""


class UnknownPerson(Exception):
    """Nobody of that number can be invited, or takes part here."""


class TooManyParticipants(Exception):
    """More than the seats of a call, of which patient and practitioner have two."""


class Presence(StrEnum):
    """Where a participant is: not on the page, before the door, in the room."""

    AWAY = "away"
    WAITING = "waiting"
    INSIDE = "inside"


class Entrance(StrEnum):
    """What a participant's link leads to at this moment."""

    EARLY = "early"
    WAITING = "waiting"
    OPEN = "open"
    ENDED = "ended"
    LATE = "late"
    CANCELLED = "cancelled"
    REMOVED = "removed"


@dataclass(frozen=True)
class ParticipantChanged:
    """Somebody was invited or taken out, or has come to the door, come in or gone."""

    organization_id: int
    participant_id: int
    appointment_id: int | None
    encounter_id: int | None


def _organization_of_group(context: Any) -> int:
    table = Group.__table__
    query = select(table.c.organization_id).where(table.c.id == context.get_current_parameters()["participant_group_id"])
    return int(context.connection.execute(query).scalar_one())


group_member = Table(
    "participant_group_member",
    Base.metadata,
    Column("organization_id", Integer, default=_organization_of_group, nullable=False),
    Column("participant_group_id", Integer, primary_key=True),
    Column("external_person_id", Integer, primary_key=True),
    ForeignKeyConstraint(
        ["organization_id", "participant_group_id"], ["participant_group.organization_id", "participant_group.id"]
    ),
    ForeignKeyConstraint(
        ["organization_id", "external_person_id"], ["external_person.organization_id", "external_person.id"], ondelete="CASCADE"
    ),
)


class Group(Owned, Base):
    """What external people belong to, such as “Family” or “Home care”; it must exist before they do."""

    __tablename__ = "participant_group"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "name"))
    __tracked__ = ("name",)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(default=0)

    def __str__(self) -> str:
        return self.name


class ExternalPerson(Owned, Base):
    """Somebody who can be invited beside a patient, entered with the same fields as one (S002-59)."""

    __tablename__ = "external_person"
    __table_args__ = (UniqueConstraint("organization_id", "id"),)
    __tracked__ = ("initials", "last_name", "birth_date", "email", "phone", "locale")

    id: Mapped[int] = mapped_column(primary_key=True)
    initials: Mapped[str] = mapped_column(String(20), default="")
    last_name: Mapped[str] = mapped_column(String(120), index=True)
    birth_date: Mapped[date | None]
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40), default="")
    locale: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime | None]
    groups: Mapped[list[Group]] = relationship(secondary=group_member, order_by="Group.position, Group.name")

    @property
    def name(self) -> str:
        return full_name(self.initials, self.last_name)

    def __str__(self) -> str:
        return self.name


class Participant(Owned, Base):
    """An external person at one appointment, or at one quick consultation (`encounter_id`).

    `entered_id` is the visit that they have come into: whoever was in may come back. `sequence` counts the versions that
    their calendar has been told.
    """

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("appointment_id", "person_id"),
        UniqueConstraint("encounter_id", "person_id"),
        CheckConstraint("(appointment_id IS NULL) <> (encounter_id IS NULL)", "where"),
        Index("ix_participant_ticket", "organization_id", "ticket_id"),
        within_organization("appointment_id", "appointment"),
        within_organization("encounter_id", "encounter"),
        within_organization("entered_id", "encounter"),
        within_organization("person_id", "external_person"),
        within_organization("ticket_id", "ticket"),
        within_organization("removed_by_id", "practitioner"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True)
    appointment_id: Mapped[int | None]
    encounter_id: Mapped[int | None]
    person_id: Mapped[int]
    ticket_id: Mapped[int]
    locale: Mapped[str] = mapped_column(String(20))
    presence: Mapped[Presence] = mapped_column(one_of(Presence), default=Presence.AWAY)
    entered_id: Mapped[int | None]
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None]
    person: Mapped[ExternalPerson] = relationship(primaryjoin="ExternalPerson.id == foreign(Participant.person_id)")
    ticket: Mapped[Ticket] = relationship(primaryjoin="Ticket.id == foreign(Participant.ticket_id)")

    def remove(self, by: Staff, now: datetime) -> None:
        """Take somebody out: they come in no more, and are told by mail where nothing has begun. Twice is once.

        Raises NotAllowed.
        """
        if not (by.may(Permission.ADMIT) or by.may(Permission.SEE_CALENDAR)):
            raise NotAllowed
        session = session_of(self)
        session.refresh(self, with_for_update={"of": Participant})
        if self.removed_at is not None:
            return
        self.removed_at, self.removed_by_id, self.presence = now, by.practitioner_id, Presence.AWAY
        if self.ticket.state is TicketState.VALID and visit_of(session, self) is None:
            self._write(MailKind.PARTICIPANT_CANCELLATION, now)
        self.ticket.state = TicketState.CLOSED
        self._changed()

    def is_at(self, presence: Presence) -> None:
        """Say where this person is."""
        if self.presence is not presence and self.removed_at is None:
            self.presence = presence
            self._changed()

    def enter(self, visit: Encounter) -> None:
        """The person has come into the room of this visit."""
        self.entered_id = visit.id
        self.is_at(Presence.INSIDE)

    def _keep_up_with(self, appointment: Planned) -> None:
        """The link opens and closes with the patient's."""
        self.ticket.opens_at, self.ticket.closes_at = appointment.ticket.opens_at, appointment.ticket.closes_at

    def _write(self, kind: MailKind, now: datetime, *, together: bool = False) -> None:
        self.sequence += kind is not MailKind.PARTICIPANT
        about = {"participant": self.id, "sequence": self.sequence} | ({"together": True} if together else {})
        enqueue(session_of(self), kind, self.appointment_id, self.person.email, locale=self.locale, now=now, about=about)

    def _changed(self) -> None:
        session = session_of(self)
        session.flush()
        record(session, ParticipantChanged(self.organization_id, self.id, self.appointment_id, self.encounter_id))


@dataclass(frozen=True)
class NewPerson:
    """Somebody who is typed in, with the group they belong to."""

    group_id: int
    initials: str
    last_name: str
    email: str
    birth_date: date | None = None
    phone: str = ""
    locale: str = ""


class Planned(Protocol):
    """What participants need to know of an appointment."""

    id: int
    organization_id: int
    start: datetime
    end: datetime
    ticket: Ticket


def groups(session: Session) -> Sequence[Group]:
    return session.scalars(select(Group).order_by(Group.position, Group.name)).all()


def people_by_group(session: Session) -> list[tuple[Group, list[ExternalPerson]]]:
    """Who can be invited, under each group they are in, by name."""
    query = select(ExternalPerson).options(selectinload(ExternalPerson.groups)).order_by(ExternalPerson.last_name, ExternalPerson.id)
    everybody = session.scalars(query).all()
    return [(group, [person for person in everybody if group in person.groups]) for group in groups(session)]


def meant(session: Session, wanted: Sequence[int | NewPerson], now: datetime) -> list[ExternalPerson]:
    """The people who are meant, each once; those typed in become records. Raises UnknownPerson, UnknownGroup."""
    found = [_known(session, one) if isinstance(one, int) else _entered(session, one, now) for one in wanted]
    return list(dict.fromkeys(found))


def _known(session: Session, person_id: int) -> ExternalPerson:
    found = session.get(ExternalPerson, person_id)
    if found is None:
        raise UnknownPerson
    return found


def _entered(session: Session, given: NewPerson, now: datetime) -> ExternalPerson:
    """Whoever has the same name and address is the same person, perhaps of one group more."""
    group = session.get(Group, given.group_id)
    if group is None:
        raise UnknownGroup
    same = (func.lower(ExternalPerson.email) == given.email.lower()) & (func.lower(ExternalPerson.last_name) == given.last_name.lower())
    person = session.scalar(select(ExternalPerson).where(same).order_by(ExternalPerson.id).limit(1))
    if person is None:
        person = ExternalPerson(
            initials=given.initials, last_name=given.last_name, birth_date=given.birth_date, email=given.email, phone=given.phone,
            locale=given.locale, created_at=now,
        )  # fmt: skip
        session.add(person)
        session.flush()
    if group not in person.groups:
        person.groups.append(group)
        session.flush()
    return person


def invite(session: Session, to: Planned, people: Sequence[ExternalPerson], now: datetime, *, quiet: bool = False) -> list[Participant]:
    """Give each a link of the own and write to them, unless `quiet`; whoever is invited already stays as they are.

    Their links open and close with the patient's. Raises TooManyParticipants.
    """
    there = {one.person_id: one for one in of_appointment(session, to.id, removed=True)}
    _require_seats(session, {person_id for person_id, one in there.items() if one.removed_at is None} | {person.id for person in people})
    found = []
    for person in people:
        known = there.get(person.id)
        if known is not None and known.removed_at is None:
            continue
        one = _again(known) if known else _new(session, person, now, appointment_id=to.id)
        one._keep_up_with(to)
        found.append(one)
        if not quiet:
            write(one, now)
        one._changed()
    return found


def invite_to_visit(session: Session, visit: Encounter, people: Sequence[ExternalPerson], now: datetime, *, quiet: bool = False) -> None:
    """The same for a consultation that has begun at once. Raises TooManyParticipants."""
    _require_seats(session, {person.id for person in people})
    for person in people:
        one = _new(session, person, now, encounter_id=visit.id, closes_at=visit.ticket.closes_at)
        if not quiet:
            write(one, now)
        one._changed()


def write(to: Participant, now: datetime, *, together: bool = False) -> None:
    """Send the link, or the links to all of a series of which this is the first."""
    to._write(MailKind.PARTICIPANT, now, together=together)


def _again(known: Participant) -> Participant:
    """Somebody who was taken out is invited anew, by the same link."""
    known.removed_at = known.removed_by_id = None
    known.ticket.state = TicketState.VALID
    known.sequence += 1
    return known


def _new(
    session: Session, person: ExternalPerson, now: datetime, *, closes_at: datetime | None = None, appointment_id: int | None = None,
    encounter_id: int | None = None,
) -> Participant:  # fmt: skip
    link = ticket.issue(session, TicketKind.PARTICIPANT, f"participant-{_new_uid()}", now=now, closes_at=closes_at)
    locale = person.locale or session.get_one(Organization, session.organization_id).locale
    return insert_row(
        session, Participant, uid=_new_uid(), appointment_id=appointment_id, encounter_id=encounter_id, person_id=person.id,
        ticket_id=link.id, locale=locale, presence=Presence.AWAY, entered_id=None, sequence=0, created_at=now, removed_at=None,
        removed_by_id=None,
    )  # fmt: skip


def _new_uid() -> str:
    return secrets.token_urlsafe(16)


def _require_seats(session: Session, people: set[int]) -> None:
    if len(people) > most(session):
        raise TooManyParticipants


def most(session: Session) -> int:
    """How many can be invited beside patient and practitioner."""
    return session.get_one(Organization, session.organization_id).call_seats - BESIDE


def of_appointment(session: Session, appointment_id: int, *, removed: bool = False) -> Sequence[Participant]:
    """Who is invited, in the order of invitation."""
    query = select(Participant).where(Participant.appointment_id == appointment_id).order_by(Participant.id)
    return session.scalars(query if removed else query.where(Participant.removed_at.is_(None))).all()


def of_visit(session: Session, visit: Encounter) -> Sequence[Participant]:
    """Who is, or was, invited to this visit."""
    mine = Participant.encounter_id == visit.id
    if visit.appointment_id is not None:
        mine = Participant.appointment_id == visit.appointment_id
    return session.scalars(select(Participant).where(mine).order_by(Participant.id)).all()


def moved(session: Session, appointment: Planned, now: datetime) -> None:
    """The appointment has another time or practitioner: the links keep up with it, and everybody is told."""
    for one in of_appointment(session, appointment.id):
        one._keep_up_with(appointment)
        one._write(MailKind.PARTICIPANT_CHANGE, now)
        one._changed()


def cancelled(session: Session, appointment: Planned, now: datetime) -> None:
    """The appointment does not take place: everybody is told."""
    for one in of_appointment(session, appointment.id):
        one.ticket.state = TicketState.CLOSED
        one._write(MailKind.PARTICIPANT_CANCELLATION, now)
        one._changed()


def by_ticket(session: Session, held: Ticket) -> Participant:
    """Whose link this is. Raises UnknownTicket."""
    found = session.scalar(select(Participant).where(Participant.ticket_id == held.id))
    if found is None or held.kind is not TicketKind.PARTICIPANT:
        raise UnknownTicket
    return found


def visit_of(session: Session, who: Participant) -> Encounter | None:
    """The latest visit that this person is invited to, whether it goes on or has ended."""
    if who.encounter_id is not None:
        return session.get_one(Encounter, who.encounter_id)
    mine = select(Encounter).where(Encounter.appointment_id == who.appointment_id)
    return session.scalar(mine.order_by(Encounter.id.desc()).limit(1))


def entrance(session: Session, who: Participant, now: datetime) -> Entrance:
    """What the link leads to now. The patient comes in first (S002-110); whoever was in may come back."""
    visit = visit_of(session, who)
    if who.removed_at is not None:
        return Entrance.REMOVED
    if visit is not None and may_come_back(who, visit):
        return Entrance.OPEN
    if visit is not None and visit.took_place:
        return Entrance.ENDED
    return _door(who, visit, now)


def _door(who: Participant, visit: Encounter | None, now: datetime) -> Entrance:
    if who.ticket.state is TicketState.CLOSED:
        return Entrance.CANCELLED
    try:
        who.ticket.require_window(now)
    except TooEarly:
        return Entrance.EARLY
    except TooLate:
        return Entrance.LATE
    return Entrance.OPEN if visit is not None and _patient_is_in(visit) and visit.connected else Entrance.WAITING


def may_come_back(who: Participant, visit: Encounter) -> bool:
    """Whether somebody takes part who has come in once, also while the patient's own connection is away for a moment."""
    return who.removed_at is None and who.entered_id == visit.id and _patient_is_in(visit)


def _patient_is_in(visit: Encounter) -> bool:
    return visit.status is EncounterStatus.ADMITTED and not visit.awaited
