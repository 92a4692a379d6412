"""What somebody who waits is shown: the state of the visit and what was written, in the visitor's language."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from telehealth import announcement, conversation, feed, queue
from telehealth.booking import Appointment
from telehealth.conversation import MessageView
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.queue import Place
from telehealth.ticket import Ticket
from telehealth.translation import Texts
from telehealth.waiting_room import Encounter, EncounterStatus, UnknownEncounter
from telehealth.widget import Widget
from web.schema import Schema
from web.visitor import Visitor
from widgets.walk_in.words import Words, words

PAGE = 100  # messages


class Standing(Schema):
    """The place in the queue, 1 is next; None where it is unknown, or the clinic does not show it."""

    place: int | None = None
    expected_minutes: int | None = None
    at_most_minutes: int | None = None


class Host(Schema):
    """Who calls the patient in."""

    name: str
    title: Words
    initials: str


class Notice(Schema):
    id: int
    severity: str
    text: Words


class State(Schema):
    """A later `version` tells a later state. `read_to` is the last message that the clinic has read, None when unknown."""

    version: int
    status: EncounterStatus
    end_reason: str | None
    department: Words
    practitioner: str | None
    standing: Standing
    admitted_by: Host | None
    arrived_at: datetime
    may_write: bool
    grace_seconds: int
    announcements: list[Notice]
    read_to: int | None
    end_text: Words


class Line(Schema):
    """`author` is patient, staff or system; `at` is UTC."""

    seq: int
    client_id: str
    author: str
    name: str
    text: str
    at: datetime


class Gap(Schema):
    """The messages after a number, oldest first; `more` says that it is worth asking again."""

    items: list[Line]
    seq: int
    more: bool


def visit_of(session: Session, who: Visitor) -> Encounter:
    """The visitor's latest visit by this widget, or by this appointment's link. Raises UnknownEncounter."""
    mine = select(Encounter).join(Ticket, Ticket.id == Encounter.ticket_id)
    if who.widget:
        mine = mine.join(Widget, Widget.id == Encounter.widget_id)
        mine = mine.where(Ticket.visitor == who.name, Widget.key == who.widget)
    else:
        mine = mine.where(Ticket.uid == who.name)
    found = session.scalar(mine.order_by(Encounter.id.desc()).limit(1))
    if found is None:
        raise UnknownEncounter
    return found


def state_of(session: Session, visit: Encounter, tag: str, now: datetime) -> State:
    """The visit as its patient sees it now."""
    version = feed.latest(session, feed.FeedName.WAITING_ROOM)  # before the rest: what follows is at least as new
    organization = session.get_one(Organization, session.organization_id)
    texts = Texts(session, tag, organization.locale)
    return State(
        version=version, status=visit.status, end_reason=visit.end_reason,
        department=words(texts.of(visit.department, "name")),
        practitioner=visit.practitioner.name if visit.practitioner else None,
        standing=_standing(session, visit, organization), admitted_by=_host(texts, visit.admitted_by),
        arrived_at=visit.arrived_at, may_write=may_write(visit, organization),
        grace_seconds=organization.grace_seconds,
        announcements=[] if visit.status is EncounterStatus.ENDED else notices(session, visit.department_id, texts, now),
        read_to=None if visit.conversation.unread_by_staff else visit.conversation.seq,
        end_text=_end_text(session, visit, texts),
    )  # fmt: skip


def may_write(visit: Encounter, organization: Organization) -> bool:
    """While waiting, when the clinic takes messages (S004-1); in the consultation always."""
    if visit.status is EncounterStatus.ENDED:
        return False
    return organization.patients_may_write or visit.status is EncounterStatus.ADMITTED


def _standing(session: Session, visit: Encounter, organization: Organization) -> Standing:
    if visit.status is not EncounterStatus.WAITING or not organization.show_place:
        return Standing()
    return standing(queue.place_of(session, visit))


def standing(place: Place) -> Standing:
    return Standing(place=place.number, expected_minutes=place.expected_minutes, at_most_minutes=place.at_most_minutes)


def _host(texts: Texts, person: Practitioner | None) -> Host | None:
    if person is None:
        return None
    return Host(name=person.name, title=words(texts.of(person, "title")), initials=person.initials)


def notices(session: Session, department_id: int, texts: Texts, now: datetime) -> list[Notice]:
    """What is announced now to people of a department."""
    rows = announcement.current(session, department_id, now)
    texts.prefetch(rows)
    return [Notice(id=row.id, severity=row.severity, text=words(texts.of(row, "text"))) for row in rows]


def _end_text(session: Session, visit: Encounter, texts: Texts) -> Words:
    if visit.status is not EncounterStatus.ENDED or (widget := _widget(session, visit)) is None:
        return Words(text="")
    return words(texts.of(widget, "end_text"))


def _widget(session: Session, visit: Encounter) -> Widget | None:
    appointment = session.get(Appointment, visit.appointment_id) if visit.appointment_id else None
    widget_id = appointment.widget_id if appointment else visit.widget_id
    return session.get(Widget, widget_id) if widget_id else None


def gap_of(session: Session, visit: Encounter, after: int) -> Gap:
    found = conversation.messages(session, visit.conversation_id, after=after, limit=PAGE)
    reached = found[-1].seq if found else after
    return Gap(items=[line(message) for message in found], seq=reached, more=len(found) == PAGE)


def line(message: MessageView) -> Line:
    return Line(
        seq=message.seq, client_id=message.client_id, author=message.author, name=message.name, text=message.text,
        at=message.at,
    )  # fmt: skip
