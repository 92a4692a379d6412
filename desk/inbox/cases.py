"""The work on a case beside its talk: what is entered, where it goes, how it ends, and everything that happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from flask_babel import gettext as _
from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement, select

from desk import rooms
from desk.inbox import rows, timeline
from desk.part import Part, Which, actor
from desk.talk import thread
from telehealth import audit, case, case_text, clock
from telehealth.case import Case, CaseField, CaseOutcome, CaseState, Entered, UnknownCase, WrongAnswer
from telehealth.case_text import Occasion
from telehealth.channel import Presence
from telehealth.conversation import AlreadyClaimed, Conversation, ConversationChanged, ConversationState
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.practitioner import Permission, Practitioner, Staff, staff
from telehealth.translation import Texts
from telehealth.visibility import visible
from web import locale
from web.case_words import answered_later
from web.errors import Refusal
from web.schema import Nothing, Schema
from web.sockets import Connection, event

PAGE = 50
Note = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]
Answer = Annotated[str, StringConstraints(max_length=4000)]


class Work(Which):
    """Everything entered so far; `fields` are answers by the field's id."""

    draft: str = Field(max_length=8000, default="")
    scroll: int = Field(ge=0, le=10_000_000, default=0)
    fields: dict[str, Answer] = Field(max_length=100, default_factory=dict)


class HandOver(Which):
    to: int = Field(ge=1)
    note: Note = ""


class TakeOver(Which):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class SetAside(Which):
    note: Note = ""


class Finish(Which):
    outcome: int | None = Field(ge=1, default=None)


class Search(Schema):
    """`text` is looked for in the name; `channel` is one of them; `before` is the id of the last one of the page before."""

    text: Annotated[str, StringConstraints(max_length=100, strip_whitespace=True)] = ""
    outcome: int | None = Field(ge=1, default=None)
    channel: int | None = Field(ge=1, default=None)
    before: int | None = Field(ge=1, default=None)


def case_of(session: Session, found: Conversation) -> Case:
    """Raises UnknownCase for a talk that is none."""
    known = case.of_thread(session, found.id)
    if known is None:
        raise UnknownCase
    return known


class Cases(Part):
    @event(Which, Permission.ANSWER_CHAT)
    def on_case(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """A case with what is entered, what is asked and what happened; opening it is noted like opening its talk."""
        who: Staff = connection.who
        talk = thread(session, who, data.id)
        found = case_of(session, talk)
        if rooms.talk_of(talk) not in self.server.rooms(connection.sid, namespace=self.namespace):
            audit.opened(session, talk, actor(who), clock.now())
        return _case(session, who, found)

    @event(Work, Permission.ANSWER_CHAT)
    def on_save_case(self, session: Session, connection: Connection, data: Work) -> None:
        """Keep what was entered; only whoever has the case does, or anybody who sees one that nobody has."""
        talk = thread(session, connection.who, data.id)
        session.refresh(talk, with_for_update=True)
        found = case_of(session, talk)
        if talk.claimed_by is not None and talk.claimed_by_id != connection.who.practitioner_id:
            raise AlreadyClaimed(talk.claimed_by.name)
        if found.state is CaseState.DONE:
            raise case.NotNow(found.state)
        asked = {str(one.id): one for one in case.fields_of(session, talk.channel_id)}
        for name, answer in data.fields.items():
            _check(asked.get(name), answer)
        found.enter(Entered(data.draft, found.entered().fields | data.fields, data.scroll))

    @event(HandOver, Permission.ANSWER_CHAT)
    def on_hand_over(self, session: Session, connection: Connection, data: HandOver) -> None:
        """Give a case to a colleague who is present."""
        to = staff(session, data.to)
        if to is None or to.organization_id != connection.organization_id:
            raise Refusal("unknown", 404)
        talk, now = thread(session, connection.who, data.id), clock.now()
        talk.hand_over(to, by=connection.who, now=now, note=data.note)
        case_text.tell(session, talk, Occasion.HANDED_OVER, now)

    @event(SetAside, Permission.ANSWER_CHAT)
    def on_set_aside(self, session: Session, connection: Connection, data: SetAside) -> None:
        """Put a case among the non-urgent ones; the patient is told that the answer comes later (S000-8)."""
        talk, now = thread(session, connection.who, data.id), clock.now()
        talk.set_aside(by=connection.who, now=now, note=data.note)
        case_text.tell(session, talk, Occasion.SET_ASIDE, now, otherwise=answered_later(self.in_language, talk.locale))

    @event(Which, Permission.ANSWER_CHAT)
    def on_put_back(self, session: Session, connection: Connection, data: Which) -> None:
        """Give a case back to its queue, at its old place."""
        talk, now = thread(session, connection.who, data.id), clock.now()
        if talk.claimed_by is not None and talk.claimed_by_id != connection.who.practitioner_id:
            raise AlreadyClaimed(talk.claimed_by.name)
        talk.put_back(now, why=case.Reason.BY_STAFF, by=connection.who)
        case_text.tell(session, talk, Occasion.RETURNED, now)

    @event(Which, Permission.ANSWER_CHAT)
    def on_end_thread(self, session: Session, connection: Connection, data: Which) -> None:
        """End the talk; the case stays to be finished, unless an appointment was made for it (S003-14)."""
        talk, now = thread(session, connection.who, data.id), clock.now()
        end(session, connection.who, talk, now)
        _finish_by_entry(session, connection.who, talk, now)

    @event(TakeOver, Permission.ANSWER_CHAT)
    def on_take_over(self, session: Session, connection: Connection, data: TakeOver) -> None:
        """Take a case from a colleague who is away; whoever manages channels takes it from anybody.

        The colleague's open pages say so; whoever has none reads it in the history.
        """
        talk, now = thread(session, connection.who, data.id), clock.now()
        talk.take_over(connection.who, data.reason, now)
        case_text.tell(session, talk, Occasion.HANDED_OVER, now)

    @event(Finish, Permission.ANSWER_CHAT)
    def on_close(self, session: Session, connection: Connection, data: Finish) -> None:
        """Finish a case; a talk that still goes on ends for both sides."""
        who, now = connection.who, clock.now()
        talk = thread(session, who, data.id)
        session.refresh(talk, with_for_update=True)
        found = case_of(session, talk)
        if talk.state is not ConversationState.CLOSED:
            end(session, who, talk, now)
        elif talk.claimed_by is not None and talk.claimed_by_id != who.practitioner_id:
            raise AlreadyClaimed(talk.claimed_by.name)
        elif found.state is CaseState.DONE:
            raise case.NotNow(found.state)
        else:
            talk.touch()
        found.finish(who, now, outcome_id=data.outcome)

    @event(Which, Permission.ANSWER_CHAT)
    def on_reopen_case(self, session: Session, connection: Connection, data: Which) -> None:
        """Take up a finished case again, some days long."""
        who, now = connection.who, clock.now()
        talk = thread(session, who, data.id)
        found = case_of(session, talk)
        found.require_recent(now)
        if talk.channel is None:
            raise UnknownCase
        talk.reopen(talk.channel, now, who)
        talk.claim(who, now)

    @event(Nothing, Permission.ANSWER_CHAT)
    def on_colleagues(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Who is present in some channel, to whom a case can be given."""
        present = select(Presence.practitioner_id).where(Presence.active)
        others = Practitioner.id.in_(present) & Practitioner.active & (Practitioner.id != connection.who.practitioner_id)
        found = session.scalars(select(Practitioner).where(others).order_by(Practitioner.name)).all()
        can = [one for one in found if (as_staff := staff(session, one.id)) and as_staff.may(Permission.ANSWER_CHAT)]
        return {"items": [{"id": one.id, "name": one.name} for one in can]}

    @event(Search, Permission.ANSWER_CHAT)
    def on_done_cases(self, session: Session, connection: Connection, data: Search) -> dict[str, Any]:
        """Finished cases that one may see, the newest first, in pages."""
        return done(session, connection.who, data)

    def tell_who_lost_it(self, fact: ConversationChanged) -> None:
        """Whoever had a case hears that it is gone (S003-13)."""
        if fact.owner_before is not None:
            gone = {"id": fact.conversation_id, "channel": fact.channel_id}
            self.tell("case_lost", gone, rooms.name("person", fact.organization_id, fact.owner_before))


def end(session: Session, who: Staff, talk: Conversation, now: datetime) -> None:
    if talk.state is not ConversationState.CLOSED:
        case_text.tell(session, talk, Occasion.ENDED, now)
    talk.close(who, now)


def _finish_by_entry(session: Session, who: Staff, talk: Conversation, now: datetime) -> None:
    """A case for which an appointment stands in the schedule is finished with its talk (S003-14)."""
    found = case_of(session, talk)
    if found.state is CaseState.ENDED and (entry := found.entry()) is not None:
        found.finish(who, now, appointment_id=entry)
        talk.touch()


def _check(asked: CaseField | None, answer: str) -> None:
    if asked is None:
        raise Refusal("unknown", 404)
    try:
        asked.check(answer)
    except WrongAnswer as error:
        raise Refusal("invalid", 422, fields={str(error.field_id): _("This does not fit here.")}) from error


def done(session: Session, who: Staff, search: Search) -> dict[str, Any]:
    query = (
        select(Case)
        .join(Conversation, Conversation.id == Case.conversation_id)
        .where(Case.done_at.is_not(None), *_wanted(who, search))
        .order_by(Case.id.desc())
        .limit(PAGE + 1)
    )
    found = session.scalars(query).all()
    texts = Texts(session, locale.current_tag(), session.get_one(Organization, who.organization_id).locale)
    items = [rows.card(one.thread, one) | _how_done(texts, one) for one in found[:PAGE]]
    return {"items": items, "more": len(found) > PAGE}


def _how_done(texts: Texts, one: Case) -> dict[str, Any]:
    outcome = str(texts.of(one.outcome, "name")) if one.outcome else None
    channel = str(texts.of(one.thread.channel, "name")) if one.thread.channel else ""
    return {"case_id": one.id, "done_at": rows.iso(one.done_at), "outcome": outcome, "channel": channel}


def _wanted(who: Staff, search: Search) -> list[ColumnElement[bool]]:
    wanted = [visible(who, Case)]
    if search.text:
        wanted.append(Conversation.subject.icontains(search.text, autoescape=True))
    if search.outcome is not None:
        wanted.append(Case.outcome_id == search.outcome)
    if search.channel is not None:
        wanted.append(Conversation.channel_id == search.channel)
    if search.before is not None:
        wanted.append(Case.id < search.before)
    return wanted


def _case(session: Session, who: Staff, found: Case) -> dict[str, Any]:
    own = session.get_one(Organization, who.organization_id)
    texts = Texts(session, locale.current_tag(), own.locale)
    entered = found.entered()
    talk = found.thread
    return {
        **rows.facts(found),
        "mine": talk.claimed_by_id in {None, who.practitioner_id},
        "draft": entered.draft,
        "scroll": entered.scroll,
        "fields": [_field(texts, one, entered) for one in case.fields_of(session, talk.channel_id)],
        "outcomes": [
            {"id": one.id, "name": str(texts.of(one, "name"))}
            for one in session.scalars(select(CaseOutcome).order_by(CaseOutcome.position, CaseOutcome.id))
        ],
        "outcome": str(texts.of(found.outcome, "name")) if found.outcome else None,
        "books": who.may(Permission.SEE_CALENDAR),
        "history": timeline.drawn(session, who, found),
    }


def _field(texts: Texts, asked: CaseField, entered: Entered) -> dict[str, Any]:
    choices = str(texts.of(asked, "choices")).splitlines() if asked.choices else []
    return {
        "id": asked.id, "label": str(texts.of(asked, "label")), "kind": asked.kind.value, "choices": choices,
        "required": asked.required, "answer": entered.fields.get(str(asked.id), ""),
    }  # fmt: skip
