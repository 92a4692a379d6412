"""Alerts at the desk: whom a page rings for, that somebody was seen, and how a person wants to be told."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from desk import rooms
from desk.part import Part, Which
from desk.waiting_room.namespace import visit
from telehealth import alert, clock, push_message
from telehealth.alert import AlertChoice
from telehealth.database import Session
from telehealth.practitioner import Permission, Practitioner
from telehealth.waiting_room import Encounter
from web.schema import Nothing, Schema
from web.sockets import Connection, event

MOST = 20  # that are named; the others are counted

Endpoint = Annotated[str, StringConstraints(max_length=1000, pattern=r"^https://[^\s/@]+/\S*$")]


class Choice(Schema):
    bell: bool
    desktop: bool
    mail: bool


class Browser(Schema):
    """A subscription as the browser gives it: p256dh and auth in base64url."""

    endpoint: Endpoint
    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{87,88}=?$")]
    secret: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22,24}={0,2}$")]


class WhichBrowser(Schema):
    """The browser that asks, or every one of the person."""

    endpoint: Endpoint | None = None


class Means(StrEnum):
    PUSH = "push"
    MAIL = "mail"


class Trial(Schema):
    by: Means = Field()


class Alerts(Part):
    @event(Nothing, Permission.SEE_WAITING_ROOM)
    def on_alerts(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Who waits and was seen by nobody, as far as this person is to be alerted, and by which means here."""
        now = clock.now()
        found = alert.alerting(session, connection.who, now)
        chosen = alert.choice_of(session, connection.who.practitioner_id)
        return {
            "items": [_item(visit) for visit in found[:MOST]], "more": max(0, len(found) - MOST),
            "bell": chosen.bell, "desktop": chosen.desktop, "now": now.isoformat(),
        }  # fmt: skip

    @event(Which, Permission.SEE_WAITING_ROOM)
    def on_acknowledge(self, session: Session, connection: Connection, data: Which) -> None:
        """Say that the clinic has seen the patient; everybody's bell is silent from then on, and the patient reads it."""
        visit(session, connection.who, data.id).acknowledge(connection.who, clock.now())

    @event(WhichBrowser, Permission.SEE_WAITING_ROOM)
    def on_my_alerts(self, session: Session, connection: Connection, data: WhichBrowser) -> dict[str, Any]:
        """What this person has chosen, and whether push tells the browser that asks, and how many others."""
        person = session.get_one(Practitioner, connection.who.practitioner_id)
        browsers = [browser.endpoint for browser in alert.browsers_of(session, person.id)]
        return {
            **_choice(alert.choice_of(session, person.id)), "email": person.email, "here": data.endpoint in browsers,
            "elsewhere": len([endpoint for endpoint in browsers if endpoint != data.endpoint]),
            "public_key": push_message.public_key(self.house.settings.vapid_private_key),
        }  # fmt: skip

    @event(Choice, Permission.SEE_WAITING_ROOM)
    def on_choose_alerts(self, session: Session, connection: Connection, data: Choice) -> None:
        """Bell, desktop notification and mail; every page of the person follows."""
        alert.choose(session, connection.who, bell=data.bell, desktop=data.desktop, mail=data.mail)
        self.tell("alerts_chosen", {}, _pages_of(connection))

    @event(Browser, Permission.SEE_WAITING_ROOM)
    def on_push_here(self, session: Session, connection: Connection, data: Browser) -> None:
        """Tell this browser by push."""
        alert.subscribe(session, connection.who, data.endpoint, data.key, data.secret, clock.now())

    @event(WhichBrowser, Permission.SEE_WAITING_ROOM)
    def on_push_no_more(self, session: Session, connection: Connection, data: WhichBrowser) -> None:
        """Tell this browser, or none of one's own, by push."""
        alert.unsubscribe(session, connection.who, data.endpoint)

    @event(Trial, Permission.SEE_WAITING_ROOM)
    def on_try_alert(self, session: Session, connection: Connection, data: Trial) -> dict[str, int]:
        """A trial to oneself; gives how many browsers or addresses it goes to."""
        if data.by is Means.PUSH:
            return {"told": alert.try_push(session, connection.who, clock.now())}
        alert.try_mail(session, connection.who, clock.now())
        return {"told": 1}


def _item(found: Encounter) -> dict[str, Any]:
    return {
        "id": found.id, "name": found.patient.name, "department": found.department.name,
        "since": found.arrived_at.isoformat(), "escalated": found.escalated_at is not None,
    }  # fmt: skip


def _choice(chosen: AlertChoice) -> dict[str, bool]:
    return {"bell": chosen.bell, "desktop": chosen.desktop, "mail": chosen.mail}


def _pages_of(connection: Connection) -> str:
    return rooms.name("person", connection.organization_id, connection.who.practitioner_id)
