"""Chat groups: who gets in and under which name, who may write, what moderators do, what two say to each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from telehealth import chat_group, clock, message
from telehealth.chat_group import (
    ChatGroup,
    GroupClosed,
    GroupFull,
    GroupMember,
    GroupNames,
    GroupPaused,
    GroupState,
    MemberState,
    NameTaken,
    NameWanted,
    NoPrivateTalks,
    NoticeKind,
    OwnNameRefused,
    PrivateState,
    ReasonWanted,
    UnknownGroup,
)
from telehealth.channel import NotAllowed
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author, UnknownMessage
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from telehealth.visibility import may_see
from tests.clinic import Clinic, client_id, make_clinic


@pytest.fixture
def clinic(sessions: Any) -> Clinic:
    return make_clinic(sessions, chat_groups=True)


@pytest.fixture
def session(clinic: Clinic) -> Iterator[Any]:
    with clinic.session() as opened:
        yield opened


def person(clinic: Clinic, session: Any, last_name: str, **changes: Any) -> Patient:
    given = {"initials": "A.", "last_name": last_name, "birth_date": date(1970, 5, 1), "email": f"{last_name.lower()}@{clinic.slug}.example"}
    made = Patient(**(given | changes))
    session.add(made)
    session.flush()
    return made


def group(clinic: Clinic, session: Any, **changes: Any) -> ChatGroup:
    doctor = session.get_one(Practitioner, clinic.people["doctor"])
    made = ChatGroup(**({"name": f"Living with COPD {clinic.mark}", "moderators": [doctor]} | changes))
    session.add(made)
    session.flush()
    return made


def invited(clinic: Clinic, session: Any, where: ChatGroup, last_name: str) -> GroupMember:
    return where.invite(person(clinic, session, last_name), clinic.staff("doctor"), clock.now())


def joined(clinic: Clinic, session: Any, where: ChatGroup, last_name: str, nickname: str) -> GroupMember:
    member = invited(clinic, session, where, last_name)
    member.agree(nickname, clock.now())
    return member


def said(session: Any, where: ChatGroup | chat_group.PrivateTalk) -> list[tuple[str, str]]:
    session.expire_all()
    return [(view.name, view.text) for view in message.messages(session, where.conversation_id)]


def test_two_members_and_a_moderator_talk_under_the_names_they_chose(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    one, other = joined(clinic, session, where, "Rossi", "Blue bird"), joined(clinic, session, where, "Novak", "Teapot")
    one.post(client_id(), "How do you sleep?", clock.now())
    other.post(client_id(), "Badly!", clock.now())
    where.said_by(clinic.staff("doctor"), "Try two pillows", client_id(), clock.now())
    names = [name for name, _text in said(session, where)]
    assert names[:2] == ["Blue bird", "Teapot"] and len(names) == 3
    assert (one.unread(), other.unread()) == (2, 2), "one's own words are not news"
    one.seen(2)
    assert one.unread() == 1


def test_the_same_words_sent_twice_are_said_once(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    one = joined(clinic, session, where, "Rossi", "Blue bird")
    same = client_id()
    assert one.post(same, "Hello", clock.now()) == one.post(same, "Hello", clock.now())
    assert len(said(session, where)) == 1


def test_nobody_gets_in_who_was_not_invited_or_has_left(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    member = invited(clinic, session, where, "Rossi")
    with pytest.raises(UnknownGroup):
        member.post(client_id(), "Hello", clock.now())
    member.decline(clock.now())
    with pytest.raises(UnknownGroup):
        member.agree("Blue bird", clock.now())
    again = invited(clinic, session, where, "Rossi2")
    again.agree("Blue bird", clock.now())
    again.leave(clock.now())
    with pytest.raises(UnknownGroup):
        again.post(client_id(), "Hello", clock.now())
    assert chat_group.of_patient(session, [again.patient_id, member.patient_id]) == []


def test_an_invitation_is_one_mail_that_names_neither_group_nor_illness(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    who = person(clinic, session, "Rossi")
    first, again = (where.invite(who, clinic.staff("doctor"), clock.now()) for _time in range(2))
    mails = session.query(OutgoingMail).filter_by(kind=MailKind.GROUP_INVITATION).all()
    assert first.id == again.id and len(mails) == 1 and first.told
    assert "COPD" not in str(mails[0].about)


def test_who_has_no_address_is_invited_all_the_same_and_staff_know_that_no_mail_went(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    member = where.invite(person(clinic, session, "Rossi", email=""), clinic.staff("doctor"), clock.now())
    assert member.state is MemberState.INVITED and not member.told


def test_the_same_person_under_another_record_is_the_same_member(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    first = invited(clinic, session, where, "Rossi")
    assert invited(clinic, session, where, "Rossi").id == first.id


@pytest.mark.parametrize("name", ["", "  ", "A", "?!", "x" * 41])
def test_a_name_has_two_to_forty_characters_and_a_letter(clinic: Clinic, session: Any, name: str) -> None:
    member = invited(clinic, session, group(clinic, session), "Rossi")
    with pytest.raises(NameWanted):
        member.agree(name, clock.now())


def test_nobody_is_called_like_another_member_or_like_somebody_who_works_here(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    joined(clinic, session, where, "Rossi", "Blue bird")
    member = invited(clinic, session, where, "Novak")
    doctor = session.get_one(Practitioner, clinic.people["doctor"]).name
    for name in ("blue  BIRD", "Bluebird", doctor.upper()):
        with pytest.raises(NameTaken):
            member.agree(name, clock.now())
    member.agree("Teapot", clock.now())
    assert member.is_here


def test_a_name_that_tells_who_one_is_is_refused_unless_the_group_leaves_the_choice(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    member = invited(clinic, session, where, "Rossi")
    with pytest.raises(OwnNameRefused):
        member.agree("Anna Rossi", clock.now())
    where.names = GroupNames.CHOICE
    member.agree("Anna Rossi", clock.now())
    assert member.nickname == "Anna Rossi"


def test_a_full_group_takes_nobody_else(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session, most=1)
    first = invited(clinic, session, where, "Rossi")
    with pytest.raises(GroupFull):
        invited(clinic, session, where, "Novak")
    first.decline(clock.now())
    assert invited(clinic, session, where, "Novak2").state is MemberState.INVITED


def test_nobody_is_invited_to_or_joins_a_closed_group(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    member = invited(clinic, session, where, "Rossi")
    where.turn(GroupState.CLOSED)
    with pytest.raises(GroupClosed):
        invited(clinic, session, where, "Novak")
    with pytest.raises(GroupClosed):
        member.agree("Blue bird", clock.now())


def test_a_note_of_the_moderators_is_not_among_what_members_read(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    one = joined(clinic, session, where, "Rossi", "Blue bird")
    by = Author(AuthorKind.STAFF, "Dr Doctor", clinic.people["doctor"])
    message.note(session, where.conversation_id, client_id(), "He drinks", by=by, now=clock.now())
    assert said(session, where) == [] and one.unread() == 0


def test_own_words_are_edited_and_deleted_and_those_of_others_are_not(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    one, other = joined(clinic, session, where, "Rossi", "Blue bird"), joined(clinic, session, where, "Novak", "Teapot")
    seq = one.post(client_id(), "Helo", clock.now())
    one.edit(where.conversation, seq, "Hello", clock.now())
    with pytest.raises(UnknownMessage):
        other.edit(where.conversation, seq, "I said this", clock.now())
    with pytest.raises(UnknownMessage):
        other.delete(where.conversation, seq, clock.now())
    assert said(session, where) == [("Blue bird", "Hello")]
    one.delete(where.conversation, seq, clock.now())
    assert said(session, where) == [("Blue bird", "")] and other.unread() == 0


def test_in_a_paused_group_nobody_writes_and_a_paused_member_reads_only(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    one, other = joined(clinic, session, where, "Rossi", "Blue bird"), joined(clinic, session, where, "Novak", "Teapot")
    one.pause(clinic.staff("doctor"), "Please cool down", clock.now())
    with pytest.raises(GroupPaused):
        one.post(client_id(), "Hello", clock.now())
    other.post(client_id(), "Hello", clock.now())
    (notice, _member), = chat_group.notices(session, [one.patient_id])
    assert (notice.kind, notice.words) == (NoticeKind.PAUSED, "Please cool down")
    assert not chat_group.notices(session, [other.patient_id]), "nobody else is told"
    one.resume(clinic.staff("doctor"), clock.now())
    one.post(client_id(), "Sorry", clock.now())
    where.state = GroupState.PAUSED
    with pytest.raises(GroupPaused):
        other.post(client_id(), "Hello", clock.now())


@pytest.mark.parametrize("stay", [True, False])
def test_the_words_of_whoever_leaves_stay_without_the_name_or_go(clinic: Clinic, session: Any, stay: bool) -> None:
    from telehealth.organization import Organization

    session.get_one(Organization, clinic.id).group_words_stay = stay
    where = group(clinic, session)
    one, other = joined(clinic, session, where, "Rossi", "Blue bird"), joined(clinic, session, where, "Novak", "Teapot")
    one.post(client_id(), "I smoke again", clock.now())
    other.post(client_id(), "So do I", clock.now())
    one.leave(clock.now())
    assert said(session, where) == [("Teapot", "So do I"), ("", "I smoke again" if stay else "")]
    assert invited(clinic, session, where, "Smith").state is MemberState.INVITED


def test_a_removed_member_reads_why_and_a_reason_is_wanted(clinic: Clinic, session: Any) -> None:
    one = joined(clinic, session, group(clinic, session), "Rossi", "Blue bird")
    with pytest.raises(ReasonWanted):
        one.remove(clinic.staff("doctor"), "  ", clock.now())
    one.remove(clinic.staff("doctor"), "No advertising", clock.now())
    told = chat_group.notices(session, [one.patient_id])
    assert [(notice.kind, notice.words) for notice, _member in told] == [(NoticeKind.REMOVED, "No advertising")]
    chat_group.read_notice(session, [one.patient_id], told[0][0].uid, clock.now())
    assert not chat_group.notices(session, [one.patient_id])


def test_a_reported_message_is_kept_or_removed_and_its_author_told(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session)
    one, other = joined(clinic, session, where, "Rossi", "Blue bird"), joined(clinic, session, where, "Novak", "Teapot")
    mild, rude = (one.post(client_id(), text, clock.now()) for text in ("Well", "You are all fools"))
    with pytest.raises(UnknownMessage):
        one.report(where.conversation, rude, "mine", clock.now())
    first = other.report(where.conversation, rude, "Insulting", clock.now())
    assert other.report(where.conversation, rude, "Insulting", clock.now()).id == first.id
    other.report(where.conversation, mild, "", clock.now()).keep(clinic.staff("doctor"), clock.now())
    assert [report.words for report in chat_group.open_reports(where)] == ["Insulting"]
    doctor = clinic.staff("doctor")
    with pytest.raises(ReasonWanted):
        chat_group.remove_message(session, where, where.conversation, rude, by=doctor, reason="", now=clock.now())
    chat_group.remove_message(session, where, where.conversation, rude, by=doctor, reason="Be kind", now=clock.now())
    assert not chat_group.open_reports(where) and first.removed
    assert ("Blue bird", "You are all fools") not in said(session, where)
    assert [notice.words for notice, _member in chat_group.notices(session, [one.patient_id])] == ["Be kind"]


def test_only_those_who_look_after_a_group_see_it_and_its_words(clinic: Clinic, session: Any) -> None:
    where = group(clinic, session, department_id=clinic.departments[0])
    seen = {name: may_see(session, clinic.staff(name), where) for name in ("admin", "manager", "doctor", "nurse", "translator")}
    assert seen == {"admin": True, "manager": True, "doctor": True, "nurse": False, "translator": False}
    assert may_see(session, clinic.staff("doctor"), where.conversation) and not may_see(session, clinic.staff("nurse"), where.conversation)
    with pytest.raises(NotAllowed):
        chat_group.remove_message(session, where, where.conversation, 1, by=clinic.staff("translator"), reason="x", now=clock.now())


def test_without_groups_in_the_clinic_nobody_sees_any(sessions: Any) -> None:
    off = make_clinic(sessions)
    with off.session() as session:
        where = group(off, session)
        member = where.invite(person(off, session, "Rossi"), off.staff("doctor"), clock.now())
        assert not may_see(session, off.staff("admin"), where) and not may_see(session, off.staff("admin"), where.conversation)
        assert chat_group.of_patient(session, [member.patient_id]) == []


def two(clinic: Clinic, session: Any, **changes: Any) -> tuple[ChatGroup, GroupMember, GroupMember]:
    where = group(clinic, session, **({"private_talks": True} | changes))
    return where, joined(clinic, session, where, "Rossi", "Blue bird"), joined(clinic, session, where, "Novak", "Teapot")


def test_two_write_to_each_other_once_the_other_has_agreed(clinic: Clinic, session: Any) -> None:
    _where, one, other = two(clinic, session)
    talk = one.ask(other, clock.now())
    assert one.ask(other, clock.now()).id == talk.id
    for who in (one, other):
        with pytest.raises(NoPrivateTalks):
            talk.post(who, client_id(), "Hello", clock.now())
    with pytest.raises(NoPrivateTalks):
        talk.accept(one)
    talk.accept(other)
    talk.post(one, client_id(), "Hello", clock.now())
    assert said(session, talk) == [("Blue bird", "Hello")] and talk.unread(other) == 1 and talk.unread(one) == 0
    talk.seen(other, 1)
    assert talk.unread(other) == 0


def test_moderators_read_what_two_write_only_once_it_was_reported(clinic: Clinic, session: Any) -> None:
    _where, one, other = two(clinic, session)
    talk = one.ask(other, clock.now())
    talk.accept(other)
    seq = talk.post(one, client_id(), "Buy my pills", clock.now())
    thread = session.get_one(Conversation, talk.conversation_id)
    assert not may_see(session, clinic.staff("doctor"), thread) and not may_see(session, clinic.staff("admin"), thread)
    other.report(thread, seq, "He sells things", clock.now())
    assert may_see(session, clinic.staff("doctor"), thread) and not may_see(session, clinic.staff("nurse"), thread)


def test_a_no_is_a_no_and_an_end_is_for_both(clinic: Clinic, session: Any) -> None:
    _where, one, other = two(clinic, session)
    talk = one.ask(other, clock.now())
    talk.decline(other)
    with pytest.raises(NoPrivateTalks):
        one.ask(other, clock.now())
    assert other.ask(one, clock.now()).state is PrivateState.ASKED, "whoever said no may still ask"
    again = one.ask(other, clock.now())
    assert again.state is PrivateState.ON, "whoever is asked and asks back has agreed"
    again.decline(one)
    with pytest.raises(NoPrivateTalks):
        again.post(other, client_id(), "Hello?", clock.now())


def test_nobody_asks_where_the_group_has_no_private_talks_or_across_groups(clinic: Clinic, session: Any) -> None:
    where, one, other = two(clinic, session, private_talks=False)
    with pytest.raises(NoPrivateTalks):
        one.ask(other, clock.now())
    where.private_talks = True
    elsewhere = joined(clinic, session, group(clinic, session, name="Another", private_talks=True), "Smith", "Kettle")
    with pytest.raises(NoPrivateTalks):
        one.ask(elsewhere, clock.now())
    with pytest.raises(NoPrivateTalks):
        one.ask(one, clock.now())


def test_who_has_not_read_is_told_once_a_day_unless_muted(clinic: Clinic, session: Any) -> None:
    where, one, other = two(clinic, session)
    other.mute(True)
    third = joined(clinic, session, where, "Smith", "Kettle")
    third.post(client_id(), "Anybody there?", clock.now())
    session.expire_all()

    def told(after: timedelta) -> int:
        chat_group.tell_of_unread(session, clock.now() + after)
        return session.query(OutgoingMail).filter_by(kind=MailKind.GROUP_MESSAGE).count()

    assert [told(timedelta(minutes=minutes)) for minutes in (1, 20, 120, 25 * 60)] == [0, 1, 1, 2]
    one.seen(99)
    assert told(timedelta(days=5)) == 2


def test_what_was_said_long_ago_goes_when_the_group_keeps_it_so_long(clinic: Clinic, session: Any) -> None:
    where, one, _other = two(clinic, session, days_kept=30)
    one.post(client_id(), "Old", clock.now())
    chat_group.forget_old(session, clock.now() + timedelta(days=29))
    assert len(said(session, where)) == 1
    chat_group.forget_old(session, clock.now() + timedelta(days=31))
    assert said(session, where) == []
    one.post(client_id(), "New", clock.now())
    assert [text for _name, text in said(session, where)] == ["New"]


def test_the_clinic_next_door_has_no_way_in(clinic: Clinic, sessions: Any) -> None:
    with clinic.session() as session:
        where, one, _other = two(clinic, session)
        group_id, patient_id, uid = where.id, one.patient_id, one.uid
    next_door = make_clinic(sessions, chat_groups=True)
    with next_door.session() as other:
        assert other.get(ChatGroup, group_id) is None
        with pytest.raises(UnknownGroup):
            chat_group.member_of(other, [patient_id], uid)
