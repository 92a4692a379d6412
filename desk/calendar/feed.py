"""The own appointments in one's own calendar program: an address to subscribe to, which can be taken back."""

from __future__ import annotations

from typing import Any

from flask import Response

from desk.calendar.routes import calendar
from desk.part import Part
from integrations.calendar import feed_of
from telehealth import calendar_feed, clock
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner
from web import limits, locale
from web.endpoint import Access, endpoint
from web.house import house, session
from web.schema import Nothing
from web.sockets import Connection, event


@endpoint(calendar, "/calendar/<secret>.ics", access=Access.PUBLIC)
def feed(secret: str) -> Response:
    """A practitioner's appointments as iCalendar: when, and in which department; no patient is named."""
    limits.hit("calendar_feed", limits.network())
    person = calendar_feed.reader(session(), secret)
    own = session().get_one(Organization, person.organization_id)
    locale.set_tag(person.locale)
    file = feed_of(calendar_feed.appointments(session(), person, clock.now()), own, house().settings).to_ical()
    return Response(file, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private, max-age=60"})


class Feed(Part):
    @event(Nothing, Permission.SEE_CALENDAR)
    def on_my_feed(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """The address of the own feed, if there is one."""
        return {"address": self._address(calendar_feed.secret_of(_me(session, connection)))}

    @event(Nothing, Permission.SEE_CALENDAR)
    def on_open_feed(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Make an address; asking twice gives the same."""
        return {"address": self._address(calendar_feed.open_feed(_me(session, connection)))}

    @event(Nothing, Permission.SEE_CALENDAR)
    def on_close_feed(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Take the address back."""
        calendar_feed.close_feed(_me(session, connection))
        return {"address": None}

    def _address(self, secret: str | None) -> str | None:
        return f"{self.house.settings.base_url}/calendar/{secret}.ics" if secret else None


def _me(session: Session, connection: Connection) -> Practitioner:
    return session.get_one(Practitioner, connection.who.practitioner_id)
