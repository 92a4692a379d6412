"""Chat groups, live: made, turned, filled with patients; what was reported, and what becomes of it (S001-11, S001-27)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import select

from desk import rooms
from desk.calendar.new_appointment import shown
from desk.part import Part, Which, actor
from telehealth import audit, chat_group, clock, staff_booking
from telehealth.chat_group import (
    ChatGroup,
    GroupChanged,
    GroupMember,
    GroupNames,
    GroupReport,
    GroupState,
    MemberState,
    PrivateState,
    PrivateTalk,
)
from telehealth.conversation import Conversation
from telehealth.database import Session
from telehealth.message import Message, MessagePosted
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Permission, Practitioner, Staff
from telehealth.translation import Texts
from telehealth.visibility import may_see, visible, visible_rows
from web.errors import Refusal
from web.schema import Nothing, Schema
from web.sockets import Connection, event

Id = Annotated[int, Field(gt=0, lt=2**31)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Reason = Annotated[str, StringConstraints(max_length=chat_group.LONGEST_REASON)]


class NewGroup(Schema):
    """`most` members at most."""

    name: Line
    description: Annotated[str, StringConstraints(max_length=1000)] = ""
    rules: Annotated[str, StringConstraints(max_length=2000)] = ""
    names: GroupNames = GroupNames.NICKNAME
    most: Annotated[int, Field(ge=2, le=500)] = 20
    private_talks: bool = False


class Turned(Which):
    state: GroupState


class FindFor(Which):
    text: Annotated[str, StringConstraints(max_length=120)]


class Invited(Which):
    patient: Id


class OfMember(Which):
    member: Id


class WithReason(OfMember):
    reason: Reason


class Words(Which):
    """A message of the group, or of two of its members."""

    conversation: Id
    seq: Annotated[int, Field(ge=1)]
    reason: Reason


class OfReport(Which):
    report: Id


def group(session: Session, staff: Staff, group_id: int) -> ChatGroup:
    """Raises UnknownGroup."""
    found = session.get(ChatGroup, group_id)
    if found is None or not may_see(session, staff, found):
        raise chat_group.UnknownGroup
    return found


def member(found: ChatGroup, member_id: int) -> GroupMember:
    """Raises UnknownMember."""
    one = next((one for one in found.members() if one.id == member_id), None)
    if one is None:
        raise chat_group.UnknownMember
    return one


class ChatGroups(Part):
    @event(Nothing, Permission.LEAD_GROUPS)
    def on_chat_groups(self, session: Session, connection: Connection, data: Nothing) -> dict[str, Any]:
        """Those this person looks after; nothing of who is in them."""
        found = session.scalars(visible_rows(connection.who, ChatGroup).order_by(ChatGroup.name)).all()
        texts = Texts(session, connection.tag, session.get_one(Organization, connection.organization_id).locale)
        texts.prefetch(found)
        return {"groups": [_row(one, texts) for one in found]}

    @event(NewGroup, Permission.LEAD_GROUPS)
    def on_make_group(self, session: Session, connection: Connection, data: NewGroup) -> dict[str, Any]:
        """Make one that oneself looks after."""
        if not data.name:
            raise Refusal("invalid", 422, fields={"name": ""})
        if session.scalar(select(ChatGroup.id).where(ChatGroup.name == data.name)) is not None:
            raise Refusal("group_there", 409)
        who: Staff = connection.who
        me = session.get_one(Practitioner, who.practitioner_id)
        department = min(who.departments) if who.departments and not who.sees_everything else None
        made = ChatGroup(**data.model_dump(), department_id=department, moderators=[me])
        session.add(made)
        session.flush()
        audit.created(session, made, clock.now())
        return {"id": made.id}

    @event(Turned, Permission.LEAD_GROUPS)
    def on_turn_group(self, session: Session, connection: Connection, data: Turned) -> None:
        """Open it, pause it, or close it for everybody."""
        group(session, connection.who, data.id).turn(data.state)

    @event(Which, Permission.LEAD_GROUPS)
    def on_chat_group(self, session: Session, connection: Connection, data: Which) -> dict[str, Any]:
        """Who is in it, what was reported, which two write to each other; that it was opened is noted."""
        found = group(session, connection.who, data.id)
        audit.opened(session, found, actor(connection.who), clock.now())
        people = found.members()
        names = {one.id: one.nickname for one in people}
        talks = session.scalars(select(PrivateTalk).where(PrivateTalk.group_id == found.id).order_by(PrivateTalk.id)).all()
        return {
            "members": [_member(one) for one in people if one.state is not MemberState.DECLINED],
            "reports": [_report(session, report, names) for report in chat_group.open_reports(found)],
            "talks": [_talk(talk, names) for talk in talks if talk.state is PrivateState.ON or talk.reported_at is not None],
        }

    @event(FindFor, Permission.LEAD_GROUPS)
    def on_find_for_group(self, session: Session, connection: Connection, data: FindFor) -> dict[str, Any]:
        """Patients whose name begins so and who are not in it; what was shown is noted."""
        found = group(session, connection.who, data.id)
        there = {one.patient_id for one in found.members(MemberState.INVITED, *chat_group.HERE)}
        others = [one for one in staff_booking.find_patients(session, connection.who, data.text) if one.id not in there]
        return {"patients": shown(session, connection, others)}

    @event(Invited, Permission.LEAD_GROUPS)
    def on_invite_to_group(self, session: Session, connection: Connection, data: Invited) -> dict[str, Any]:
        """Ask a patient to join; `mailed` says whether a mail could be written."""
        found = group(session, connection.who, data.id)
        patient = session.get(Patient, data.patient)
        if patient is None or not may_see(session, connection.who, patient):
            raise Refusal("unknown", 404)
        return {"mailed": found.invite(patient, connection.who, clock.now()).told}

    @event(WithReason, Permission.LEAD_GROUPS)
    def on_pause_member(self, session: Session, connection: Connection, data: WithReason) -> None:
        """Let somebody read only."""
        member(group(session, connection.who, data.id), data.member).pause(connection.who, data.reason, clock.now())

    @event(OfMember, Permission.LEAD_GROUPS)
    def on_resume_member(self, session: Session, connection: Connection, data: OfMember) -> None:
        member(group(session, connection.who, data.id), data.member).resume(connection.who, clock.now())

    @event(WithReason, Permission.LEAD_GROUPS)
    def on_remove_member(self, session: Session, connection: Connection, data: WithReason) -> None:
        """Put somebody out, or take an invitation back."""
        member(group(session, connection.who, data.id), data.member).remove(connection.who, data.reason, clock.now())

    @event(Words, Permission.LEAD_GROUPS)
    def on_remove_words(self, session: Session, connection: Connection, data: Words) -> None:
        """Take a message away; whoever wrote it reads why."""
        found = group(session, connection.who, data.id)
        thread = session.get(Conversation, data.conversation)
        of = chat_group.of_conversation(session, data.conversation)
        if thread is None or of is None or of[0].id != found.id or not may_see(session, connection.who, thread):
            raise Refusal("unknown", 404)
        chat_group.remove_message(session, found, thread, data.seq, by=connection.who, reason=data.reason, now=clock.now())

    @event(OfReport, Permission.LEAD_GROUPS)
    def on_keep_words(self, session: Session, connection: Connection, data: OfReport) -> None:
        """A reported message stays."""
        found = group(session, connection.who, data.id)
        report = next((one for one in chat_group.open_reports(found) if one.id == data.report), None)
        if report is not None:
            report.keep(connection.who, clock.now())

    def show_groups(self, facts: Sequence[MessagePosted]) -> None:
        """What members have said, told to those who look after them as a hint."""
        ids = sorted({fact.conversation_id for fact in facts if fact.message.member_id is not None})
        if ids:
            with self.open_session(facts[0].organization_id) as session:
                for found in session.scalars(select(ChatGroup).where(ChatGroup.conversation_id.in_(ids))):
                    self._hint(found)

    def show_group(self, fact: GroupChanged) -> None:
        with self.open_session(fact.organization_id) as session:
            self._hint(session.get_one(ChatGroup, fact.group_id))

    def settle_groups(self, fact: GroupChanged) -> None:
        """Whoever looks after it no longer hears nothing more of it, also where it stands open."""
        self.settle(fact.organization_id, None)

    def _hint(self, found: ChatGroup) -> None:
        people = [rooms.name("person", found.organization_id, person.id) for person in found.moderators]
        wide = [rooms.name("groups", found.organization_id, identity) for identity in ("all", found.department_id) if identity]
        self.tell("chat_group", {"id": found.id}, [*people, *wide])


def wanting(session: Session, staff: Staff) -> int:
    """How many reports wait for this person."""
    if not staff.may(Permission.LEAD_GROUPS):
        return 0
    open_ones = select(GroupReport.id).where(GroupReport.settled_at.is_(None), visible(staff, GroupReport))
    return len(session.scalars(open_ones).all())


def _row(one: ChatGroup, texts: Texts) -> dict[str, Any]:
    people = one.members(MemberState.INVITED, *chat_group.HERE)
    return {
        "id": one.id, "name": str(texts.of(one, "name")), "state": one.state.value, "conversation": one.conversation_id,
        "members": sum(person.is_here for person in people), "invited": sum(not person.is_here for person in people), "most": one.most,
        "unread": one.conversation.unread_by_staff, "reports": len(chat_group.open_reports(one)),
        "last_at": one.conversation.last_at.isoformat(), "moderators": [person.name for person in one.moderators],
        "description": str(texts.of(one, "description")),
    }  # fmt: skip


def _member(one: GroupMember) -> dict[str, Any]:
    return {
        "id": one.id, "nickname": one.nickname, "name": one.patient.name, "patient": one.patient_id, "state": one.state.value,
        "mailed": bool(one.patient.email),
    }  # fmt: skip


def _report(session: Session, report: GroupReport, names: dict[int, str]) -> dict[str, Any]:
    said = session.get_one(Message, (report.conversation_id, report.seq))
    return {
        "id": report.id, "conversation": report.conversation_id, "seq": report.seq, "by": names.get(report.member_id, ""),
        "words": report.words, "at": report.at.isoformat(), "text": said.text, "author": said.name,
        "private": report.conversation_id != report.group.conversation_id, "gone": said.deleted_at is not None,
    }  # fmt: skip


def _talk(talk: PrivateTalk, names: dict[int, str]) -> dict[str, Any]:
    """That two write to each other; its number only where it may be opened."""
    return {
        "one": names.get(talk.asker_id, ""), "other": names.get(talk.asked_id, ""), "on": talk.state is PrivateState.ON,
        "conversation": talk.conversation_id if talk.reported_at else None,
    }  # fmt: skip
