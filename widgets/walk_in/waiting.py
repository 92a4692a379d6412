"""What somebody who waits is shown: the state of the visit and what was written, in the visitor's language."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select

from telehealth import announcement, attachment, congestion, ending, feed, message, queue
from telehealth.booking import Appointment
from telehealth.database import Session
from telehealth.message_file import takes_files
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner
from telehealth.questionnaire_response import Occasion, how_many
from telehealth.queue import Place
from telehealth.room import VideoFit
from telehealth.ticket import Ticket
from telehealth.translation import Texts
from telehealth.waiting_room import IN_LINE, Encounter, EncounterStatus, UnknownEncounter
from telehealth.widget import Widget
from web.said import Line, line
from web.schema import Schema
from web.visitor import Visitor
from widgets.walk_in.ending import Ending, ending_of, filled
from widgets.walk_in.meanwhile import Meanwhile, meanwhile_of
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


class RoomOptions(Schema):
    """What the organisation has decided about the consultation room."""

    settings_first: bool
    stop_without_camera: bool
    allow_resolution_change: bool
    video_fit: VideoFit
    screen_sharing: bool


class State(Schema):
    """A later `version` tells a later state. The clinic has received up to `has_to` and
    read up to `read_to` what was said in the conversation `talk`, which takes files or does not.

    `noticed`: somebody of the clinic has seen that the patient is there. `may_go`: the clinic calls back those who wait
    elsewhere; `called_back`: it has. `busy` says that it is busier than usual, in the clinic's own words or none.
    `talking_seconds` is for how long the patient has been called in, None while waiting. `ending` is there once the visit
    is over. `meanwhile` is what the department offers to those who wait. `questionnaires` says how many are asked, `files`
    how many the patient finds by the appointment's link.
    """

    version: int
    status: EncounterStatus
    end_reason: str | None
    department: Words
    practitioner: str | None
    standing: Standing
    admitted_by: Host | None
    arrived_at: datetime
    may_write: bool
    may_go: bool
    called_back: bool
    grace_seconds: int
    announcements: list[Notice]
    busy: Words | None
    read_to: int
    has_to: int
    talk: str
    takes_files: bool
    edit_minutes: int
    noticed: bool
    end_text: Words
    ending: Ending | None
    talking_seconds: int | None
    room: RoomOptions
    meanwhile: Meanwhile | None
    questionnaires: int
    files: int = 0


class Gap(Schema):
    """The messages after a number, oldest first; `more` says that it is worth asking again."""

    items: list[Line]
    seq: int
    more: bool


def visit_of(session: Session, who: Visitor, now: datetime) -> Encounter:
    """The visitor's latest visit by this widget, or by this appointment's link, unless it ended too long ago.

    Raises UnknownEncounter.
    """
    mine = select(Encounter).join(Ticket, Ticket.id == Encounter.ticket_id)
    if who.widget:
        mine = mine.join(Widget, Widget.id == Encounter.widget_id)
        mine = mine.where(Ticket.visitor == who.name, Widget.key == who.widget)
    else:
        mine = mine.where(Ticket.uid == who.name)
    found = session.scalar(mine.order_by(Encounter.id.desc()).limit(1))
    if found is None or not ending.may_look_back(found, now):
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
        arrived_at=visit.arrived_at, may_write=may_write(session, visit, now),
        may_go=organization.send_mails or organization.texts_a_month > 0,
        called_back=visit.elsewhere_until is not None and visit.called_back_at is not None,
        grace_seconds=organization.grace_seconds, busy=_busy(session, visit, texts),
        announcements=[] if visit.status is EncounterStatus.ENDED else notices(session, visit.department_id, texts, now),
        read_to=visit.conversation.staff_read, has_to=visit.conversation.staff_has, talk=visit.conversation.uid,
        takes_files=takes_files(session, visit.conversation), edit_minutes=organization.edit_minutes,
        end_text=_end_text(session, visit, organization, texts), ending=ending_of(session, visit, texts, now),
        talking_seconds=_talking_seconds(visit, now), room=RoomOptions(**asdict(organization.room)),
        noticed=visit.acknowledged_at is not None,
        meanwhile=meanwhile_of(visit.department, texts) if visit.status in IN_LINE else None,
        questionnaires=how_many(session, Occasion.of_visit(visit)) if visit.status in IN_LINE else 0,
        files=attachment.how_many_for_patient(session, visit.appointment_id) if visit.appointment_id is not None else 0,
    )  # fmt: skip


def _talking_seconds(visit: Encounter, now: datetime) -> int | None:
    if visit.status is not EncounterStatus.ADMITTED or visit.admitted_at is None:
        return None
    return max(0, int((now - visit.admitted_at).total_seconds()))


def may_write(session: Session, visit: Encounter, now: datetime) -> bool:
    """While waiting, when the clinic takes messages (S004-1); in the consultation always; afterwards to a team."""
    if visit.status is EncounterStatus.ENDED:
        return ending.may_write(session, visit, now)
    organization = session.get_one(Organization, visit.organization_id)
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


def _busy(session: Session, visit: Encounter, texts: Texts) -> Words | None:
    widget = session.get(Widget, visit.widget_id) if visit.widget_id else None
    if widget is None or visit.status not in IN_LINE or not congestion.is_busy(session, widget):
        return None
    return words(texts.of(widget, "busy_text"))


def _end_text(session: Session, visit: Encounter, organization: Organization, texts: Texts) -> Words:
    if visit.status is not EncounterStatus.ENDED or (widget := _widget(session, visit)) is None:
        return Words(text="")
    return filled(texts.of(widget, "end_text"), visit, organization, texts)


def _widget(session: Session, visit: Encounter) -> Widget | None:
    appointment = session.get(Appointment, visit.appointment_id) if visit.appointment_id else None
    widget_id = appointment.widget_id if appointment else visit.widget_id
    return session.get(Widget, widget_id) if widget_id else None


def gap_of(session: Session, visit: Encounter, after: int, now: datetime) -> Gap:
    if not ending.may_read(visit, now):
        return Gap(items=[], seq=after, more=False)
    begins = visit.continues_from or 0  # what was said before it is not the visit's, though it changes
    found = message.messages(session, visit.conversation_id, after=max(after, begins), limit=PAGE)
    reached = found[-1].changed if found else after
    return Gap(items=[line(said) for said in found if said.seq > begins], seq=reached, more=len(found) == PAGE)
