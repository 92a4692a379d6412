"""Practitioners: everybody who works for an organisation, what they are there, and what that lets them do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.department import Department
from telehealth.event import record
from telehealth.feed import FeedName, advance
from telehealth.organization import Organization


class Role(StrEnum):
    """What a person is in an organisation (S002-1 … S002-4, S004-9). A team is nobody who signs in: see Practitioner."""

    ORGANIZATION_ADMINISTRATOR = "organization_administrator"
    DEPARTMENT_ADMINISTRATOR = "department_administrator"
    PRACTITIONER = "practitioner"
    TRANSLATOR = "translator"
    WAITING_ROOM_MONITOR = "waiting_room_monitor"
    TEAM = "team"


class Permission(StrEnum):
    """What somebody may do; roles grant them, every page and event asks for one.

    `TALK` is to read and write in conversations that one sees, those of waiting people above all; `ANSWER_CHAT` opens
    the channels. `DELETE_MESSAGES` deletes for both sides what others have written; `EXPORT_TALK` takes a transcript away.
    `LEAD_GROUPS` makes groups of patients and looks after them.
    """

    SEE_WAITING_ROOM = "see_waiting_room"
    ADMIT = "admit"
    TALK = "talk"
    ANSWER_CHAT = "answer_chat"
    ANNOUNCE = "announce"
    MANAGE_CHANNEL = "manage_channel"
    SEE_CALENDAR = "see_calendar"
    SEE_PATIENT = "see_patient"
    ADMINISTER = "administer"
    ADMINISTER_DEPARTMENT = "administer_department"
    TRANSLATE = "translate"
    DELETE_MESSAGES = "delete_messages"
    EXPORT_TALK = "export_talk"
    LEAD_GROUPS = "lead_groups"


_CARE = frozenset({
    Permission.SEE_WAITING_ROOM, Permission.ADMIT, Permission.TALK, Permission.ANSWER_CHAT, Permission.SEE_CALENDAR,
    Permission.SEE_PATIENT, Permission.ANNOUNCE, Permission.DELETE_MESSAGES, Permission.EXPORT_TALK,
    Permission.LEAD_GROUPS,
})  # fmt: skip
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ORGANIZATION_ADMINISTRATOR: frozenset(Permission),
    Role.DEPARTMENT_ADMINISTRATOR: _CARE | {Permission.MANAGE_CHANNEL, Permission.ADMINISTER_DEPARTMENT},
    Role.PRACTITIONER: _CARE,
    Role.TRANSLATOR: frozenset({Permission.TRANSLATE}),
    Role.WAITING_ROOM_MONITOR: frozenset({Permission.SEE_WAITING_ROOM, Permission.TALK}),
    Role.TEAM: frozenset(),
}


@dataclass(frozen=True)
class AvailabilitySwitched:
    """Somebody has opened or closed the own walk-in hour (S002-86)."""

    organization_id: int
    practitioner_id: int
    seq: int


@dataclass(frozen=True)
class AccessChanged:
    """A person's roles or activity have changed; live connections must be judged anew."""

    organization_id: int
    practitioner_id: int


class Practitioner(Owned, Base):
    """Somebody who sees patients, or a team: whoever of a department is free then, booked under one name (S002-26)."""

    __tablename__ = "practitioner"
    __table_args__ = (UniqueConstraint("organization_id", "id"), UniqueConstraint("organization_id", "email"))
    __translatable__ = {"title": "line"}
    __tracked__ = ("name", "title", "email", "phone", "active", "languages")

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str] = mapped_column(String(40), default="")
    languages: Mapped[str] = mapped_column(String(120), default="")
    locale: Mapped[str] = mapped_column(String(20), default="en")
    active: Mapped[bool] = mapped_column(default=True)
    is_team: Mapped[bool] = mapped_column(default=False)
    takes_walk_ins: Mapped[bool] = mapped_column(default=False)
    at_desk_at: Mapped[datetime | None]  # when a page of the desk was last known to be open
    last_at_desk_at: Mapped[datetime | None]  # stays when the pages are gone
    late_minutes: Mapped[int] = mapped_column(default=0)
    late_since: Mapped[datetime | None]  # counts for the rest of that day only
    # Told by mail: what patients book, changes by anybody else, requests to be called back.
    mail_booked: Mapped[bool] = mapped_column(default=True)
    mail_changed: Mapped[bool] = mapped_column(default=True)
    mail_asked: Mapped[bool] = mapped_column(default=True)
    mail_messages: Mapped[bool] = mapped_column(default=True)  # what patients wrote and nobody has read
    feed_uid: Mapped[str | None] = mapped_column(String(32))
    feed_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # of the address of the own calendar feed
    roles: Mapped[list[PractitionerRole]] = relationship(
        primaryjoin="Practitioner.id == foreign(PractitionerRole.practitioner_id)",
        back_populates="practitioner",
        cascade="all, delete-orphan",
    )

    def switch_walk_ins(self, on: bool) -> None:
        """Appear in the walk-in widget, or no longer (S002-86)."""
        if self.takes_walk_ins == on:
            return
        self.takes_walk_ins = on
        session = session_of(self)
        record(session, AvailabilitySwitched(self.organization_id, self.id, advance(session, FeedName.WAITING_ROOM)))

    @property
    def initials(self) -> str:
        words = [word for word in self.name.split() if word[:1].isalpha() and not word.endswith(".")]
        return "".join(word[0] for word in [w for w in words if w not in {"Dr", "Prof"}][:2]).upper()

    def __str__(self) -> str:
        return self.name


class PractitionerRole(Owned, Base):
    """A role in one department, or in the whole organisation when it names none."""

    __tablename__ = "practitioner_role"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("practitioner_id", "department_id", "role"),
        within_organization("practitioner_id", "practitioner", ondelete="CASCADE"),
        within_organization("department_id", "department"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    practitioner_id: Mapped[int]
    department_id: Mapped[int | None]
    role: Mapped[Role] = mapped_column(one_of(Role), default=Role.PRACTITIONER)
    practitioner: Mapped[Practitioner] = relationship(
        primaryjoin="Practitioner.id == foreign(PractitionerRole.practitioner_id)", back_populates="roles"
    )
    department: Mapped[Department | None] = relationship(
        primaryjoin="Department.id == foreign(PractitionerRole.department_id)", back_populates="roles"
    )

    def __str__(self) -> str:
        return f"{self.role}: {self.department or '–'}"


@dataclass(frozen=True)
class Staff:
    """Who acts: a practitioner with the roles held at this moment. Plain data, made anew for each request or event."""

    organization_id: int
    practitioner_id: int
    name: str
    locale: str
    permissions: frozenset[Permission]
    departments: frozenset[int]
    sees_everything: bool

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


def staff(session: Session, practitioner_id: int) -> Staff | None:
    """The person as she may act now; None when unknown, inactive, a team or without any role."""
    person = session.get(Practitioner, practitioner_id)
    if person is None or not person.active or person.is_team:
        return None
    held = session.execute(
        select(PractitionerRole.role, PractitionerRole.department_id).where(
            PractitionerRole.practitioner_id == practitioner_id
        )
    ).all()
    if not held:
        return None
    return Staff(
        organization_id=person.organization_id,
        practitioner_id=person.id,
        name=person.name,
        locale=person.locale,
        permissions=frozenset().union(*(GRANTS[role] for role, _ in held)) - _switched_off(session, person),
        departments=frozenset(department for _, department in held if department is not None),
        sees_everything=any(department is None and role != Role.TRANSLATOR for role, department in held),
    )


_OF_CHAT = frozenset({Permission.ANSWER_CHAT, Permission.MANAGE_CHANNEL})
_OF_GROUPS = frozenset({Permission.LEAD_GROUPS})


def _switched_off(session: Session, person: Practitioner) -> frozenset[Permission]:
    """Chat and groups are extras that an organisation can switch off as a whole (S000-2, S001-27)."""
    chat, groups = session.execute(
        select(Organization.chat, Organization.chat_groups).where(Organization.id == person.organization_id)
    ).one()
    return (frozenset() if chat else _OF_CHAT) | (frozenset() if groups else _OF_GROUPS)



def administrators_of(session: Session, department_id: int | None) -> Sequence[Practitioner]:
    """Who administers the department; where nobody does, who administers the organisation."""
    own = (PractitionerRole.role == Role.DEPARTMENT_ADMINISTRATOR) & (PractitionerRole.department_id == department_id)
    everybodys = PractitionerRole.role == Role.ORGANIZATION_ADMINISTRATOR
    return _holding(session, own) or _holding(session, everybodys)


def _holding(session: Session, role: ColumnElement[bool]) -> Sequence[Practitioner]:
    held = select(PractitionerRole.practitioner_id).where(role)
    return session.scalars(
        select(Practitioner).where(Practitioner.active, Practitioner.id.in_(held)).order_by(Practitioner.id)
    ).all()
