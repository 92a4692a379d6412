"""Taking somebody off the waitlist."""

from __future__ import annotations

from desk.part import Part, Which
from telehealth import clock
from telehealth.database import Session
from telehealth.practitioner import Permission
from telehealth.visibility import may_see
from telehealth.waitlist import UnknownEntry, WaitlistEntry
from web.sockets import Connection, event


class Waitlist(Part):
    @event(Which, Permission.SEE_PATIENT)
    def on_take_off_waitlist(self, session: Session, connection: Connection, data: Which) -> None:
        """Nobody is written to at this address any more when a time becomes free."""
        found = session.get(WaitlistEntry, data.id)
        if found is None or not may_see(session, connection.who, found):
            raise UnknownEntry
        found.remove(clock.now())
