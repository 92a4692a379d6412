"""Contact points: where somebody is reached, whom that may be, and who it was once a person of staff has said so.

What is typed proves nothing: an address never shows anybody's history, and patients are never merged by themselves (S003-5 … S003-8,
X-62). Several patients may have one number. Candidates are found by what the patients' records say; only `confirm` links.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files

import phonenumbers
from sqlalchemy import Index, String, UniqueConstraint, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from telehealth import audit
from telehealth.channel import NotAllowed
from telehealth.conversation import Conversation
from telehealth.database import Base, Owned, Session, one_of, session_of, within_organization
from telehealth.event import record
from telehealth.organization import Organization
from telehealth.patient import Patient, ending
from telehealth.practitioner import Permission, Staff

LONGEST_ADDRESS = 254  # characters
MOST_FOUND = 50  # patients of one number that are listed
EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]+\.[^@\s.<>\"]{2,}")


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    WEBHOOK = "webhook"


NUMBERS = frozenset({ContactKind.PHONE, ContactKind.WHATSAPP})  # whose addresses are telephone numbers


class BadAddress(ValueError):
    """Nobody can be reached there."""


class UnknownContact(Exception):
    """There is no such contact point, or it is not one of this conversation's."""


class NotMergeable(Exception):
    """A contact point cannot be merged with itself."""


@dataclass(frozen=True)
class ContactsChanged:
    """Something is known anew of who may be writing in these conversations; what, is for those who may read them to look up."""

    organization_id: int
    conversations: tuple[int, ...]


class ContactPoint(Owned, Base):
    """One address of somebody. `merged_into_id` names another one of the same person; splitting takes that back.

    `consented_at` is when its owner has agreed to notices about appointments there.
    """

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("organization_id", "id"),
        UniqueConstraint("organization_id", "kind", "address"),
        within_organization("merged_into_id", "contact_point"),
    )
    __tracked__ = ("verified_at", "blocked_at", "merged_into_id", "consented_at")

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    kind: Mapped[ContactKind] = mapped_column(one_of(ContactKind))
    address: Mapped[str] = mapped_column(String(LONGEST_ADDRESS))
    name: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    consented_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None]
    merged: Mapped[ContactPoint | None] = relationship(
        primaryjoin="remote(ContactPoint.id) == foreign(ContactPoint.merged_into_id)", viewonly=True
    )

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None

    def block(self, now: datetime) -> None:
        """From here on nothing that comes from there is taken; what was said stays."""
        self.blocked_at = self.blocked_at or now
        self.tell()

    def unblock(self) -> None:
        self.blocked_at = None
        self.tell()

    def verify(self, now: datetime) -> None:
        """Its owner has shown that it is theirs."""
        self.verified_at = now
        self.tell()

    def consent(self, now: datetime | None) -> None:
        """Its owner agrees to notices there, or with None no longer."""
        self.consented_at = now
        self.tell()

    def merge(self, into: ContactPoint) -> None:
        """Both belong to one person; each keeps its address, what is verified of it and what was said there.

        Raises NotMergeable.
        """
        root = into.root
        if root.id == self.root.id:
            raise NotMergeable
        session = session_of(self)
        for other in group(session, self):
            other.merged_into_id = root.id
        session.flush()
        self.tell()

    def split(self) -> None:
        """It belongs to nobody else's any more; where others were merged into it, they go on together."""
        self.tell()  # first: those it is parted from change too
        session = session_of(self)
        others = list(session.scalars(select(ContactPoint).where(ContactPoint.merged_into_id == self.id).order_by(ContactPoint.id)))
        if others:
            others[0].merged_into_id = None
            session.flush()
        for other in others[1:]:
            other.merged_into_id = others[0].id
        self.merged_into_id = None
        session.flush()

    def tell(self) -> None:
        """Say after the commit, to those who read a conversation of one of its group, that something is known anew."""
        session = session_of(self)
        _tell(session, group(session, self))

    @property
    def root(self) -> ContactPoint:
        return session_of(self).get_one(ContactPoint, self.merged_into_id) if self.merged_into_id else self

    def __str__(self) -> str:
        return self.name or self.address


class ContactClaim(Owned, Base):
    """A conversation in which somebody was reached at, or has typed, this address."""

    __tablename__ = "contact_claim"
    __table_args__ = (
        Index("ix_contact_claim_point", "organization_id", "contact_point_id"),
        within_organization("conversation_id", "conversation", ondelete="CASCADE"),
        within_organization("contact_point_id", "contact_point"),
    )
    conversation_id: Mapped[int] = mapped_column(primary_key=True)
    contact_point_id: Mapped[int] = mapped_column(primary_key=True)


class ContactLink(Owned, Base):
    """Staff have said that a patient is, or is not, reached at an address."""

    __tablename__ = "contact_link"
    __table_args__ = (
        Index("ix_contact_link_patient", "organization_id", "patient_id"),
        within_organization("contact_point_id", "contact_point"),
        within_organization("patient_id", "patient", ondelete="CASCADE"),
        within_organization("by_id", "practitioner"),
    )
    contact_point_id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(primary_key=True)
    is_right: Mapped[bool]
    by_id: Mapped[int]
    at: Mapped[datetime]


@dataclass(frozen=True)
class Guess:
    """Who may be writing: `patients` the likeliest first; `confirmed` is whom staff have named."""

    points: Sequence[ContactPoint]
    patients: Sequence[Patient]
    confirmed: Patient | None


# Addresses


@cache
def _countries() -> dict[str, str]:
    """Which country a time zone belongs to, by the zone database."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows}


def country_of(organization: Organization) -> str | None:
    """Such as NL: in which country numbers without a country code are read."""
    return _countries().get(organization.zone)


def normalised(kind: ContactKind, address: str, country: str | None) -> str:
    """The one way of writing an address: numbers as E.164, mail addresses in small letters. Raises BadAddress."""
    address = address.strip()
    if kind in NUMBERS:
        return _number(address, country)
    if kind is ContactKind.EMAIL:
        address = address.lower()
        if not EMAIL.fullmatch(address):
            raise BadAddress(kind)
    if not address or len(address) > LONGEST_ADDRESS:
        raise BadAddress(kind)
    return address


def _number(address: str, country: str | None) -> str:
    try:
        found = phonenumbers.parse(address, country)
    except phonenumbers.NumberParseException:
        raise BadAddress(address) from None
    if not phonenumbers.is_possible_number(found):
        raise BadAddress(address)
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def point(session: Session, kind: ContactKind, address: str, now: datetime, name: str = "") -> ContactPoint:
    """The contact point of an address, made when it is new. Raises BadAddress."""
    own = session.get_one(Organization, session.organization_id)
    address = normalised(kind, address, country_of(own))
    mine = select(ContactPoint).where(ContactPoint.kind == kind, ContactPoint.address == address)
    if (found := session.scalar(mine)) is not None:
        return found
    made = ContactPoint(kind=kind, address=address, name=name[:120], created_at=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:  # somebody else has just made it
        return session.scalars(mine).one()
    return made


def claim(session: Session, kind: ContactKind, address: str, conversation: Conversation, now: datetime) -> ContactPoint:
    """Remember that somebody says to be reached there; it proves nothing, and shows nothing. Raises BadAddress."""
    found = point(session, kind, address, now, conversation.subject)
    _claim(session, conversation.id, found.id)
    return found


def _claim(session: Session, conversation_id: int, point_id: int) -> None:
    if session.get(ContactClaim, (conversation_id, point_id)) is None:
        session.add(ContactClaim(conversation_id=conversation_id, contact_point_id=point_id))
        session.flush()


def find(session: Session, conversation: Conversation, point_id: int) -> ContactPoint:
    """One of a conversation's own. Raises UnknownContact."""
    found = next((mine for mine in points_of(session, conversation) if mine.id == point_id), None)
    if found is None:
        raise UnknownContact
    return found


def points_of(session: Session, conversation: Conversation) -> Sequence[ContactPoint]:
    """What is known of how the person in a conversation is reached, the oldest first."""
    claimed = select(ContactClaim.contact_point_id).where(ContactClaim.conversation_id == conversation.id)
    return session.scalars(select(ContactPoint).where(ContactPoint.id.in_(claimed)).order_by(ContactPoint.id)).all()


def group(session: Session, of: ContactPoint) -> Sequence[ContactPoint]:
    """This one and all that staff have merged with it."""
    root = of.merged_into_id or of.id
    together = or_(ContactPoint.id == root, ContactPoint.merged_into_id == root)
    return session.scalars(select(ContactPoint).where(together).order_by(ContactPoint.id)).all()


def _tell(session: Session, points: Sequence[ContactPoint]) -> None:
    claimed = ContactClaim.contact_point_id.in_({point.id for point in points})
    found = session.scalars(select(ContactClaim.conversation_id).where(claimed).distinct().order_by(ContactClaim.conversation_id)).all()
    if found:
        record(session, ContactsChanged(session.organization_id, tuple(found)))


# Whom it may be


def guess(session: Session, conversation: Conversation) -> Guess:
    """Who may be writing here, without opening anybody's record."""
    points = points_of(session, conversation)
    confirmed = session.get(Patient, conversation.patient_id) if conversation.patient_id else None
    return Guess(points, candidates(session, points), confirmed)


def candidates(session: Session, points: Sequence[ContactPoint]) -> list[Patient]:
    """Patients with one of these addresses: whom staff have confirmed first, then whoever fits most of them."""
    every = {one.id: one for mine in points for one in group(session, mine)}
    if not every:
        return []
    links = session.scalars(select(ContactLink).where(ContactLink.contact_point_id.in_(every))).all()
    right = {link.patient_id for link in links if link.is_right}
    wrong = {(link.contact_point_id, link.patient_id) for link in links if not link.is_right}
    fits: dict[int, int] = dict.fromkeys(right, 100)
    for one in every.values():
        for patient in _with_address(session, one):
            if (one.id, patient.id) not in wrong:
                fits[patient.id] = fits.get(patient.id, 0) + 1
    found = session.scalars(select(Patient).where(Patient.id.in_(fits))).all()
    return sorted(found, key=lambda patient: (-fits[patient.id], patient.last_name, patient.id))[:MOST_FOUND]


def _with_address(session: Session, one: ContactPoint) -> Sequence[Patient]:
    if one.kind is ContactKind.EMAIL:
        return session.scalars(select(Patient).where(func.lower(Patient.email) == one.address).limit(MOST_FOUND)).all()
    if one.kind not in NUMBERS:
        return []
    country = country_of(session.get_one(Organization, session.organization_id))
    alike = session.scalars(select(Patient).where(Patient.phone_ending == ending(one.address)).limit(MOST_FOUND * 4))
    return [patient for patient in alike if _is_number(patient.phone, one.address, country)]


def _is_number(written: str, number: str, country: str | None) -> bool:
    try:
        return _number(written, country) == number
    except BadAddress:
        return False


def search(session: Session, staff: Staff, conversation: Conversation, text: str) -> list[Patient]:
    """Of the candidates those whose name, mail address or client number holds a text; all of them without one. Raises NotAllowed."""
    _require(staff)
    wanted = text.strip().casefold()
    found = candidates(session, points_of(session, conversation))
    return [who for who in found if wanted in f"{who.name} {who.email} {who.client_number}".casefold()]


def confirm(session: Session, conversation: Conversation, patient: Patient, *, by: Staff, now: datetime) -> None:
    """Staff say who it is: from here on the conversation is this patient's. Raises NotAllowed."""
    _require(by)
    for one in points_of(session, conversation):
        _link(session, one, patient, by, now, is_right=True)
    conversation.belongs_to(patient.id)
    _tell(session, [other for one in points_of(session, conversation) for other in group(session, one)])
    audit.opened(session, patient, f"practitioner:{by.practitioner_id}", now)


def part(session: Session, conversation: Conversation, *, by: Staff, now: datetime) -> None:
    """It was somebody else after all: the conversation is nobody's, and its addresses no longer point to that patient.

    Raises NotAllowed.
    """
    _require(by)
    if conversation.patient_id is None:
        return
    patient = session.get_one(Patient, conversation.patient_id)
    for one in points_of(session, conversation):
        _link(session, one, patient, by, now, is_right=False)
    conversation.belongs_to(None)
    _tell(session, [other for one in points_of(session, conversation) for other in group(session, one)])


def _link(session: Session, one: ContactPoint, patient: Patient, by: Staff, now: datetime, *, is_right: bool) -> None:
    found = session.get(ContactLink, (one.id, patient.id))
    if found is None:
        session.add(found := ContactLink(contact_point_id=one.id, patient_id=patient.id))
    found.is_right, found.by_id, found.at = is_right, by.practitioner_id, now
    session.flush()


def _require(by: Staff) -> None:
    if not by.may(Permission.SEE_PATIENT):
        raise NotAllowed


def earlier(session: Session, conversation: Conversation, most: int = 10) -> Sequence[Conversation]:
    """Other conversations of the patient whom staff have confirmed here, the latest first; none before that."""
    if conversation.patient_id is None:
        return []
    mine = (Conversation.patient_id == conversation.patient_id) & (Conversation.id != conversation.id)
    return session.scalars(select(Conversation).where(mine).order_by(Conversation.id.desc()).limit(most)).all()


def reached(session: Session, patient_id: int, kinds: Collection[ContactKind]) -> ContactPoint | None:
    """Where a patient has agreed to be told of appointments: confirmed by staff, verified, not blocked."""
    mine = select(ContactLink.contact_point_id).where(ContactLink.patient_id == patient_id, ContactLink.is_right)
    good = ContactPoint.verified_at.is_not(None) & ContactPoint.consented_at.is_not(None) & ContactPoint.blocked_at.is_(None)
    query = select(ContactPoint).where(ContactPoint.id.in_(mine), good, ContactPoint.kind.in_(kinds))
    return session.scalar(query.order_by(ContactPoint.verified_at.desc(), ContactPoint.id).limit(1))


def reached_among(session: Session, patients: Collection[int], kinds: Collection[ContactKind]) -> set[int]:
    """Which of these patients can be told of appointments so, in one query."""
    good = ContactPoint.verified_at.is_not(None) & ContactPoint.consented_at.is_not(None) & ContactPoint.blocked_at.is_(None)
    points = select(ContactPoint.id).where(good, ContactPoint.kind.in_(kinds))
    links = select(ContactLink.patient_id).where(
        ContactLink.patient_id.in_(patients), ContactLink.is_right, ContactLink.contact_point_id.in_(points)
    )
    return set(session.scalars(links)) if patients and kinds else set()
