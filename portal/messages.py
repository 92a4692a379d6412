"""Messages on the patient's own pages, live: what is new is only hinted at; whoever asks for it is judged anew each time."""

from __future__ import annotations

import time
from typing import Annotated, Any

from flask import Flask
from pydantic import Field, StringConstraints

from portal.chat_groups import ChatGroups, listeners
from telehealth import chat_group, clock, correspondence, message
from telehealth.chat_group import ChatGroup, GroupChanged
from telehealth import portal as own_pages
from telehealth.conversation import AuthorKind, ConversationChanged
from telehealth.message import ConversationErased
from telehealth.correspondence import Correspondence
from telehealth.database import Session
from telehealth.event import when
from telehealth.message import MessageChanged, MessagePosted, MessageView
from telehealth.message_file import takes_files
from telehealth.organization import Organization
from telehealth.portal import Lifetime, PortalClosed, PortalSession
from telehealth.translation import Texts
from web.endpoint import lifetime_of
from web.house import House
from web.said import sent_file
from web.schema import ClientId, LongText, Nothing, Schema, check
from web.sockets import Connection, LiveNamespace, event

PAGE = 100
LAST = 30  # messages that are shown at first, and each time somebody asks for earlier ones


class Credentials(Schema):
    token: str


class Which(Schema):
    """One of the patient's conversations, by its public name."""

    conversation: Annotated[str, StringConstraints(max_length=32)]


class After(Which):
    after: Annotated[int, Field(ge=0)] = 0


class Before(Which):
    """`before` is the place of the earliest message that the page has, none for the last ones."""

    before: Annotated[int, Field(ge=1)] | None = None


class OneOf(Which):
    seq: Annotated[int, Field(ge=1)]


class OtherWords(OneOf):
    text: LongText


class UpTo(Which):
    """`to` is the last number that the page has."""

    to: Annotated[int, Field(ge=0)]


class Say(Which):
    client_id: ClientId
    text: LongText


class Letters(ChatGroups, LiveNamespace):
    def __init__(self, path: str, app: Flask, house: House) -> None:
        super().__init__(path, app, house)
        self.here: set[str] = set()

    def admit(self, session: Session, sid: str, auth: dict[str, Any]) -> Connection:
        given = check(Credentials, {"token": auth.get("token")})
        own = own_pages.known(session, given.token, clock.now(), self._lifetime())
        for patient_id in own_pages.records(session, own):
            self.enter_room(sid, _room(own.organization_id, patient_id))
        self.here.add(sid)
        full = self.house.settings.events_per_10_seconds
        return Connection(sid, own.organization_id, own.locale, own.id, time.monotonic(), full, own)

    def left(self, session: Session, connection: Connection) -> None:
        self.here.discard(connection.sid)

    def judge(self, session: Session, connection: Connection) -> PortalSession:
        """Whoever has signed out, or from whom the way in was taken, is told nothing more. Raises PortalClosed."""
        own = session.get(PortalSession, connection.key)
        if own is None or not own.is_open(clock.now(), self._lifetime()):
            raise PortalClosed
        own.use(clock.now())
        return own

    def _lifetime(self) -> Lifetime:
        return lifetime_of(self.house.settings)

    @event(Nothing)
    def on_letters(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Whom the patient can write to, and how much is unread."""
        own: PortalSession = connection.who
        texts = Texts(session, own.locale, session.get_one(Organization, own.organization_id).locale)
        return {"letters": [_letter(one, texts) for one in own_pages.correspondences(session, own)]}

    @event(After)
    def on_catch_up(self, session: Session, connection: Connection, data: After) -> dict[str, Any]:
        """What was said after a number, in pages."""
        one = own_pages.correspondence_of(session, connection.who, data.conversation)
        found = message.messages(session, one.conversation_id, after=data.after, limit=PAGE)
        return {"items": [_line(said) for said in found], "more": len(found) == PAGE}

    @event(Before)
    def on_said(self, session: Session, connection: Connection, data: Before) -> dict[str, Any]:
        """The last that was said, or what came before it; `files` says whether some can be sent, `minutes` how long own words change."""
        one = own_pages.correspondence_of(session, connection.who, data.conversation)
        found = message.latest(session, one.conversation_id, before=data.before, limit=LAST)
        own = session.get_one(Organization, connection.organization_id)
        return {
            "items": [_line(said) for said in found], "more": len(found) == LAST, "minutes": own.edit_minutes,
            "files": one.is_on and takes_files(session, one.conversation),
        }  # fmt: skip

    @event(OtherWords)
    def on_edit(self, session: Session, connection: Connection, data: OtherWords) -> dict[str, Any]:
        """Put own words otherwise, for a while."""
        one = own_pages.correspondence_of(session, connection.who, data.conversation)
        return {"changed": one.edit(data.seq, data.text, clock.now())}

    @event(OneOf)
    def on_delete(self, session: Session, connection: Connection, data: OneOf) -> dict[str, Any]:
        """Take own words back, for both sides."""
        one = own_pages.correspondence_of(session, connection.who, data.conversation)
        return {"changed": one.delete(data.seq, clock.now())}

    @event(Say)
    def on_say(self, session: Session, connection: Connection, data: Say) -> dict[str, Any]:
        """Write to the clinic; a repeat is the same message."""
        one = own_pages.correspondence_of(session, connection.who, data.conversation)
        return {"seq": one.post(data.client_id, data.text, clock.now())}

    @event(UpTo)
    def on_read(self, session: Session, connection: Connection, data: UpTo) -> None:
        """The patient has seen what the clinic wrote, up to a number."""
        thread = own_pages.correspondence_of(session, connection.who, data.conversation).conversation
        message.seen_by_patient(session, thread, min(data.to, thread.seq))

    def hint(self, fact: MessagePosted | MessageChanged | ConversationChanged | ConversationErased) -> None:
        """That something is new in one of them, and nothing of it."""
        nobody = not self.here and not self.house.settings.redis_url
        if nobody or getattr(fact, "channel_id", None) is not None:
            return
        with self.house.sessions(organization=fact.organization_id) as session:
            one = correspondence.of_conversation(session, fact.conversation_id)
            if one is None:
                self._hint_of_group(session, fact)
                return
            about = {"conversation": one.conversation.uid, "erased": isinstance(fact, ConversationErased)}
            room = _room(fact.organization_id, one.patient_id)
        self.emit("letter", about, room=room)


    def _hint_of_group(self, session: Session, fact: MessagePosted | MessageChanged | ConversationChanged | ConversationErased) -> None:
        found = chat_group.of_conversation(session, fact.conversation_id)
        if found is None or isinstance(fact, ConversationChanged):
            return
        uid = found[1].conversation.uid if found[1] else found[0].conversation.uid
        about = {"conversation": uid, "erased": isinstance(fact, ConversationErased)}
        self.emit("group", about, room=[_room(fact.organization_id, number) for number in listeners(session, *found)])

    def hint_group(self, fact: GroupChanged) -> None:
        """That something about a group is different, to everybody who is or was invited."""
        if not self.here and not self.house.settings.redis_url:
            return
        with self.house.sessions(organization=fact.organization_id) as session:
            members = session.get_one(ChatGroup, fact.group_id).members()
            rooms = [_room(fact.organization_id, member.patient_id) for member in members]
        self.emit("group", {"conversation": "", "erased": False}, room=rooms)


def _room(organization_id: int, patient_id: int) -> str:
    return f"patient-{organization_id}-{patient_id}"


def _letter(one: Correspondence, texts: Any) -> dict[str, Any]:
    department = texts.of(one.department, "name")
    return {
        "id": one.conversation.uid, "with": one.practitioner.name if one.practitioner else str(department),
        "department": str(department) if one.practitioner else "", "unread": one.conversation.unread_by_patient,
        "last_at": one.conversation.last_at.isoformat(), "on": one.is_on, "empty": one.conversation.seq == 0,
        "read_to": 0 if one.conversation.unread_by_staff else one.conversation.seq,
    }  # fmt: skip


def _line(said: MessageView) -> dict[str, Any]:
    mine, file = said.author is AuthorKind.PATIENT, sent_file(said.file)
    return {
        "seq": said.seq, "changed": said.changed, "client_id": said.client_id, "author": said.author.value, "name": "" if mine else said.name,
        "text": said.text, "at": said.at.isoformat(), "edited_at": said.edited_at and said.edited_at.isoformat(),
        "deleted_at": said.deleted_at and said.deleted_at.isoformat(), "file": file and file.model_dump(mode="json"),
    }  # fmt: skip


def init_app(app: Flask, house: House) -> None:
    """Serve the namespace and listen to the domain; without sockets there is nobody to tell."""
    if house.sockets is None:
        return
    letters = Letters("/portal", app, house)
    house.sockets.register_namespace(letters)
    when(MessagePosted, MessageChanged, ConversationChanged, ConversationErased)(letters.hint)
    when(GroupChanged)(letters.hint_group)
