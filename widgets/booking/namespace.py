"""The live side of the booking widget: an open page hears that times were taken or became free, and looks again."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask

from telehealth.absence import AbsenceChanged
from telehealth.booking import AppointmentBooked, AppointmentChanged, TimesChanged
from telehealth.database import Session
from telehealth.event import when
from telehealth.planned_time import PlanChanged
from telehealth.widget import WidgetKind, find_widget
from web import visitor
from web.errors import Refusal
from web.house import House
from web.schema import Schema, check
from web.sockets import Connection, LiveNamespace

NAMESPACE = "/booking"
GATHER = 2.0  # seconds in which several changes become one word


class Credentials(Schema):
    token: str


class Times(LiveNamespace):
    """Says only that something has changed: what is free, each page asks for itself."""

    def __init__(self, path: str, app: Flask, house: House) -> None:
        super().__init__(path, app, house)
        self._changed: set[int] = set()

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        who = visitor.read(self.house.settings.secret_key, check(Credentials, auth).token)
        if find_widget(session, who.widget).kind is not WidgetKind.BOOKING:
            raise Refusal("unknown_widget", 404)
        self.enter_room(sid, _room(who.organization_id))
        full = self.house.settings.events_per_10_seconds
        return Connection(sid, who.organization_id, who.locale, None, time.monotonic(), full, who)

    def judge(self, session: Session, connection: Connection) -> visitor.Visitor:
        who: visitor.Visitor = connection.who
        return who

    def changed(self, fact: AppointmentBooked | AppointmentChanged | TimesChanged | AbsenceChanged | PlanChanged) -> None:
        """Tell every open page of the organisation, soon and once."""
        begun = bool(self._changed)
        self._changed.add(fact.organization_id)
        if not begun:
            self.server.start_background_task(self._tell)

    def _tell(self) -> None:
        self.server.sleep(GATHER)
        changed, self._changed = self._changed, set()
        for organization_id in changed:
            self.emit("times", {}, room=_room(organization_id))


def _room(organization_id: int) -> str:
    return f"times-{organization_id}"


def init_app(app: Flask, house: House) -> None:
    """Serve the namespace and listen to the domain; without sockets there is nobody to tell."""
    if house.sockets is None:
        return
    namespace = Times(NAMESPACE, app, house)
    house.sockets.register_namespace(namespace)
    for kind in (AppointmentBooked, AppointmentChanged, TimesChanged, AbsenceChanged, PlanChanged):
        when(kind)(namespace.changed)
