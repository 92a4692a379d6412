"""What a patient said before writing, beside the conversation, for those who may see it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from desk.part import Part, Which
from desk.talk import thread
from telehealth.database import Session
from telehealth.introduction import details_of
from telehealth.practitioner import Permission
from web.sockets import Connection, event


class Introductions(Part):
    @event(Which, Permission.ANSWER_CHAT)
    def on_introduction(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """The answers to the widget's questions, and whether the clinic's website vouches for the person."""
        found = thread(session, connection.who, data.id)
        return {"details": [asdict(detail) for detail in details_of(session, found)], "verified": found.verified}
