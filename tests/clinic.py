"""Factories: a clinic with people, departments, channels, widgets and times, made in one call; each test gets its own."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import sessionmaker

from telehealth import booking, clock, conversation, message, walk_in
from telehealth.booking import Appointment, Booking
from telehealth.channel import Channel, ChannelSwitch
from telehealth.conversation import AuthorKind, Conversation
from telehealth.database import Session
from telehealth.department import Department
from telehealth.encryption import Keyring
from telehealth.feed import Feed, FeedName
from telehealth.message import Author
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner, PractitionerRole, Role, Staff, staff
from telehealth.schedule import Availability, Purpose
from telehealth.waiting_room import Encounter
from telehealth.walk_in import Arrival
from telehealth.widget import FieldKind, Widget, WidgetField, WidgetKind

KEYRING = Keyring({"test": b"k" * 32})
PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


def client_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Clinic:
    """A clinic in the database, by ids, so that any session can be used with it.

    People: admin (organisation administrator), manager (department administrator), doctor and nurse (practitioners of
    the first and the second department), translator. Every name carries the clinic's own `mark`, so that a test can
    tell whose text it sees.
    """

    sessions: sessionmaker[Session]
    mark: str = ""
    id: int = 0
    slug: str = ""
    departments: list[int] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    widgets: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session of this clinic in a transaction that is committed at the end."""
        with self.sessions(organization=self.id) as session, session.begin():
            yield session

    def email(self, person: str) -> str:
        return f"{person}@{self.slug}.example"

    def staff(self, person: str) -> Staff:
        with self.session() as session:
            found = staff(session, self.people[person])
        assert found is not None
        return found

    def arrival(self, **changes: Any) -> Arrival:
        given = {
            "client_id": client_id(), "visitor": f"visitor-{client_id()}", "locale": "en",
            "department_id": self.departments[0], "practitioner_id": None, "initials": "S.",
            "last_name": f"Lindqvist {self.mark}", "birth_date": date(1958, 9, 14), "reason": f"Dizzy {self.mark}",
            "accepted_terms": "The terms",
        }  # fmt: skip
        return Arrival(**(given | changes))

    def arrive(self, session: Session, **changes: Any) -> Encounter:
        """Somebody walks in."""
        widget = session.query(Widget).filter_by(key=self.widgets["walk_in"]).one()
        now = changes.pop("now", None) or clock.now()
        return walk_in.arrive(session, widget, self.arrival(**changes), now)

    def conversation(self, session: Session, channel: str = "open", visitor: str = "", text: str = "") -> Conversation:
        """Somebody asks a question in a channel."""
        visitor = visitor or f"visitor-{client_id()}"
        thread = conversation.start(
            session, session.get_one(Channel, self.channels[channel]), client_id=client_id(), widget_id=None,
            visitor=visitor, subject=f"I. Rossi {self.mark}", locale="en", now=clock.now(),
        )  # fmt: skip
        author = Author(AuthorKind.PATIENT, f"I. Rossi {self.mark}", visitor=visitor)
        text = text or f"Can I still get the flu jab? {self.mark}"
        message.post(session, thread.id, client_id(), text, by=author, now=clock.now())
        return thread

    def say(self, session: Session, visit: Encounter, text: str) -> int:
        """The patient writes during a visit."""
        author = Author(AuthorKind.PATIENT, visit.patient.name, visitor=visit.ticket.visitor)
        return message.post(session, visit.conversation_id, client_id(), text, by=author, now=clock.now())

    def booking(self, slot_id: str, **changes: Any) -> Booking:
        given = {
            "client_id": client_id(), "visitor": f"visitor-{client_id()}", "locale": "en", "slot_id": slot_id,
            "initials": "M.", "last_name": f"de Vries {self.mark}", "birth_date": date(1984, 3, 27),
            "email": f"m.devries@{self.slug}.example", "accepted_terms": "The terms",
        }  # fmt: skip
        return Booking(**(given | changes))

    def book(self, session: Session, slot: int = 0, **changes: Any) -> Appointment:
        """Somebody books the nth free time of the day after tomorrow."""
        now = clock.now()
        day = (now + timedelta(days=2)).date()
        free = booking.day_of(session, booking.Search(), day, now)
        widget = session.query(Widget).filter_by(key=self.widgets["booking"]).one()
        return booking.book(session, widget, self.booking(free[slot].id, **changes), now)


def make_clinic(sessions: sessionmaker[Session], **settings: Any) -> Clinic:
    """A new clinic, committed. `settings` are set on the organisation."""
    number = next(_numbers)
    made = Clinic(sessions, mark=f"MARK{number}x{uuid.uuid4().hex[:6]}")
    made.slug = f"clinic-{number}-{uuid.uuid4().hex[:8]}"
    with sessions() as session, session.begin():
        _organization(session, made, settings)
        _departments(session, made)
        _people(session, made)
        _channels(session, made)
        _widgets(session, made)
        _times(session, made)
    return made


def _organization(session: Session, made: Clinic, settings: dict[str, Any]) -> None:
    given = {"name": f"Harbour Street {made.mark}", "phone": "01632 960 120", "locales": ["en", "en-XA", "ar-XB"], "chat": True}
    organization = Organization(slug=made.slug, created_at=clock.now(), **(given | settings))
    session.add(organization)
    session.flush()
    made.id = organization.id
    session.enter(organization.id)
    session.add_all([Feed(name=name.value) for name in FeedName])


def _departments(session: Session, made: Clinic) -> None:
    rows = [Department(name=f"{name} {made.mark}", position=n) for n, name in enumerate(("General practice", "Nurses"))]
    session.add_all(rows)
    session.flush()
    made.departments = [row.id for row in rows]


def _people(session: Session, made: Clinic) -> None:
    first, second = made.departments
    described = {
        "admin": (Role.ORGANIZATION_ADMINISTRATOR, None), "manager": (Role.DEPARTMENT_ADMINISTRATOR, first),
        "doctor": (Role.PRACTITIONER, first), "nurse": (Role.PRACTITIONER, second), "translator": (Role.TRANSLATOR, None),
    }  # fmt: skip
    for key, (role, department) in described.items():
        person = Practitioner(
            name=f"Dr {key.capitalize()} {made.mark}", title=key.capitalize(), email=made.email(key),
            takes_walk_ins=key in {"doctor", "nurse"},
        )  # fmt: skip
        person.roles.append(PractitionerRole(role=role, department_id=department))
        session.add(person)
        session.flush()
        made.people[key] = person.id


def _channels(session: Session, made: Clinic) -> None:
    first, second = made.departments
    rows = {
        "open": Channel(name=f"Nurse chat {made.mark}", switch=ChannelSwitch.OPEN, department_id=second),
        "shared": Channel(name=f"Customer service {made.mark}", switch=ChannelSwitch.OPEN),
        "closed": Channel(name=f"Psychologist {made.mark}", switch=ChannelSwitch.CLOSED),
        "internal": Channel(
            name=f"Doctor chat {made.mark}", switch=ChannelSwitch.OPEN, internal=True, department_id=first
        ),
    }
    session.add_all(rows.values())
    session.flush()
    made.channels = {key: row.id for key, row in rows.items()}


def _fields() -> list[WidgetField]:
    kinds = (FieldKind.INITIALS, FieldKind.LAST_NAME, FieldKind.BIRTH_DATE, FieldKind.EMAIL)
    return [
        WidgetField(key=kind.value, kind=kind, label=kind.value.replace("_", " ").capitalize(), position=n,
                    required=kind is not FieldKind.EMAIL)
        for n, kind in enumerate(kinds)
    ]  # fmt: skip


def _widgets(session: Session, made: Clinic) -> None:
    for kind in WidgetKind:
        key = f"{made.slug}-{kind.value.replace('_', '-')}"
        widget = Widget(
            key=key, name=f"{kind.value} {made.mark}", kind=kind, title=f"Talk to us {made.mark}", terms="The terms",
            allowed_sites=["https://clinic.example"], fields=[] if kind is WidgetKind.CHAT else _fields(),
        )  # fmt: skip
        if kind is WidgetKind.CHAT:
            widget.terms = ""
        session.add(widget)
        made.widgets[kind.value] = key


def _times(session: Session, made: Clinic) -> None:
    """Both practitioners can be booked every day, 9 to 17, 20 minutes with 10 between."""
    session.add_all(
        Availability(
            practitioner_id=made.people[person], purpose=Purpose.BOOKING, weekday=weekday,
            valid_from=clock.now().date() - timedelta(days=1), from_minute=540, to_minute=1020,
        )
        for person in ("doctor", "nurse")
        for weekday in range(7)
    )  # fmt: skip


def at(text: str) -> datetime:
    """A moment from its ISO form."""
    return datetime.fromisoformat(text)
