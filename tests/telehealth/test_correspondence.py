"""Messages with known patients: one for each pair, seen by the right people, going on over visits, told when unread."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from telehealth import authorisation, clock, correspondence, message, new_bookings, portal, waiting_room
from telehealth.audit import AuditAction, AuditEvent
from telehealth.authorisation import AuthorisationKind, CodeUsed
from telehealth.channel import NotAllowed
from telehealth.conversation import AuthorKind, ConversationClosed
from telehealth.message import Author
from telehealth.correspondence import Correspondence, CorrespondenceThere, MessagesOff, NotAgreed
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from telehealth.ticket import TicketKind, UnknownTicket, issue
from telehealth.visibility import may_see
from tests.clinic import Clinic, client_id


def patient(clinic: Clinic, session: Any, **changes: Any) -> Patient:
    given = {
        "initials": "M.", "last_name": f"de Vries {clinic.mark}", "birth_date": date(1984, 3, 27), "email": f"m@{clinic.slug}.example",
    }
    made = Patient(**(given | changes))
    session.add(made)
    session.flush()
    return made


def begun(clinic: Clinic, session: Any, person: str = "doctor", who: Patient | None = None) -> Correspondence:
    doctor = session.get_one(Practitioner, clinic.people[person])
    return correspondence.between(session, who or patient(clinic, session), doctor, clinic.departments[0], clock.now())


def answer(clinic: Clinic, session: Any, one: Correspondence, text: str = "Come by on Friday") -> None:
    by = Author(AuthorKind.STAFF, "Dr Doctor", clinic.people["doctor"])
    message.post(session, one.conversation_id, client_id(), text, by=by, now=clock.now())
    session.expire_all()


def settings(clinic: Clinic, **values: Any) -> None:
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        for name, value in values.items():
            setattr(own, name, value)


def test_a_pair_has_its_messages_once_also_under_a_new_record_of_the_same_person(clinic: Clinic) -> None:
    with clinic.session() as session:
        first = begun(clinic, session)
        again = patient(clinic, session, initials="M", email=f"M@{clinic.slug}.EXAMPLE")
        assert begun(clinic, session, who=again).id == first.id
        with_nurse = begun(clinic, session, "nurse", again)
        assert with_nurse.id != first.id and with_nurse.patient_id == first.patient_id, "one person, several conversations"


def test_a_namesake_with_another_address_has_own_messages(clinic: Clinic) -> None:
    with clinic.session() as session:
        namesake = patient(clinic, session, email="somebody.else@example.org")
        assert begun(clinic, session).id != begun(clinic, session, who=namesake).id


def test_a_team_stands_for_its_department(clinic: Clinic) -> None:
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people["nurse"]).is_team = True
        found = begun(clinic, session, "nurse")
        assert (found.practitioner_id, found.whom) == (None, f"department:{clinic.departments[0]}")


@pytest.mark.parametrize("wanted", [True, False])
def test_an_appointment_opens_messages_where_the_clinic_wants_it(clinic: Clinic, wanted: bool) -> None:
    settings(clinic, chat_by_appointment=wanted)
    with clinic.session() as session:
        made = [clinic.book(session, slot) for slot in (0, 2, 3)]
        session.flush()
        new_bookings.follow(session, clock.now())
        new_bookings.follow(session, clock.now())
        found = [one.practitioner_id for one in correspondence.of_patient(session, made[0].patient)]
        assert sorted(found) == (sorted({one.practitioner_id for one in made}) if wanted else [])


def test_begun_by_hand_for_oneself_once(clinic: Clinic) -> None:
    doctor = clinic.staff("doctor")
    with clinic.session() as session:
        who = patient(clinic, session)
        found = correspondence.begin_with_me(session, who, doctor, clock.now())
        assert (found.practitioner_id, found.created_by_id) == (doctor.practitioner_id, doctor.practitioner_id)
        with pytest.raises(CorrespondenceThere):
            correspondence.begin_with_me(session, who, doctor, clock.now())
        with pytest.raises(NotAllowed):
            correspondence.begin_with_me(session, who, clinic.staff("translator"), clock.now())


def test_a_department_shares_its_messages_and_nobody_else_sees_them(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        sees = {name: may_see(session, clinic.staff(name), found) for name in ("doctor", "manager", "admin", "nurse", "translator")}
        assert sees == {"doctor": True, "manager": True, "admin": True, "nurse": False, "translator": False}
        thread = {name: may_see(session, clinic.staff(name), found.conversation) for name in sees}
        assert thread == sees, "what is said is seen by the same people"


def test_a_department_that_does_not_share_keeps_messages_to_those_who_write(clinic: Clinic) -> None:
    settings(clinic, share_messages=False)
    with clinic.session() as session:
        of_nurse = begun(clinic, session, "nurse")
        assert not may_see(session, clinic.staff("doctor"), of_nurse)
        assert may_see(session, clinic.staff("manager"), of_nurse), "who administers the department sees"
        assert may_see(session, clinic.staff("nurse"), of_nurse), "also from another department: they are the own ones"


def test_joining_twice_is_joining_once_and_stays_when_nothing_is_shared(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session, "nurse")
        number = found.id
        for _ in range(2):
            found.join(clinic.staff("doctor"), clock.now())
        assert [member.practitioner_id for member in found.members] == [clinic.people["doctor"]]
    settings(clinic, share_messages=False)
    with clinic.session() as session:
        assert may_see(session, clinic.staff("doctor"), session.get_one(Correspondence, number))


def test_switched_off_nobody_writes_and_on_again_it_goes_on(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        answer(clinic, session, found)
        with pytest.raises(NotAllowed):
            correspondence.switch(session, found.patient, clinic.staff("doctor"), clock.now(), on=False)
        correspondence.switch(session, found.patient, clinic.staff("manager"), clock.now(), on=False)
        with pytest.raises(ConversationClosed):
            found.post(client_id(), "Hello?", clock.now())
        correspondence.switch(session, found.patient, clinic.staff("manager"), clock.now(), on=True)
        found.post(client_id(), "Hello?", clock.now())
        assert [said.text for said in message.messages(session, found.conversation_id)] == ["Come by on Friday", "Hello?"]


def test_another_departments_administrator_switches_nothing_off(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        found.department_id = clinic.departments[1]
        correspondence.switch(session, found.patient, clinic.staff("manager"), clock.now(), on=False)
        assert found.is_on


def test_history_is_deleted_for_both_sides_noted_and_the_messages_go_on(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        answer(clinic, session, found)
        with pytest.raises(NotAllowed):
            found.delete_history(clinic.staff("translator"), clock.now())
        session.actor = "practitioner:1"
        found.delete_history(clinic.staff("doctor"), clock.now())
        assert message.messages(session, found.conversation_id) == []
        assert found.conversation.unread_by_patient == 0
        assert found.post(client_id(), "And now?", clock.now()) == 2, "a number is not given again"
        noted = session.query(AuditEvent).filter_by(entity="conversation", entity_id=found.conversation_id)
        assert [entry.action for entry in noted] == [AuditAction.DELETED]


def visit(clinic: Clinic, session: Any, made: Any) -> Any:
    with clock.at(made.start):
        found = waiting_room.check_in(session, made.ticket, made, made.start)
        session.flush()
        return found


def test_a_visit_continues_the_messages_and_its_end_does_not_end_them(clinic: Clinic) -> None:
    settings(clinic, continuous_chat=True)
    with clinic.session() as session:
        made = clinic.book(session)
        letters = correspondence.between(session, made.patient, made.practitioner, made.department_id, clock.now())
        answer(clinic, session, letters)
        found = visit(clinic, session, made)
        assert (found.conversation_id, found.continues_from) == (letters.conversation_id, 0)
        found.leave(made.start + timedelta(minutes=5))
        assert letters.is_on and len(message.messages(session, letters.conversation_id)) == 1


def test_whoever_only_typed_the_same_name_into_a_form_is_not_shown_what_was_written_before(clinic: Clinic) -> None:
    settings(clinic, continuous_chat=True)
    with clinic.session() as session:
        first, second = clinic.book(session), clinic.book(session, 2)
        letters = correspondence.between(session, first.patient, first.practitioner, first.department_id, clock.now())
        answer(clinic, session, letters)
        second.practitioner_id = first.practitioner_id
        session.flush()
        session.expire(second)
        found = visit(clinic, session, second)
        assert (found.conversation_id, found.continues_from) == (letters.conversation_id, 1)


@pytest.mark.parametrize("off", ["setting", "switched"])
def test_without_messages_that_go_on_a_visit_has_its_own(clinic: Clinic, off: str) -> None:
    settings(clinic, continuous_chat=off == "switched")
    with clinic.session() as session:
        made = clinic.book(session)
        letters = correspondence.between(session, made.patient, made.practitioner, made.department_id, clock.now())
        if off == "switched":
            correspondence.switch(session, made.patient, clinic.staff("admin"), clock.now(), on=False)
        found = visit(clinic, session, made)
        assert found.conversation_id != letters.conversation_id and found.continues_from is None


def mails(clinic: Clinic, kind: MailKind) -> list[str]:
    with clinic.session() as session:
        return [row.recipient for row in session.query(OutgoingMail).filter_by(kind=kind).order_by(OutgoingMail.id)]


def sweep(clinic: Clinic, minutes: int = 0) -> None:
    with clinic.session() as session:
        correspondence.tell_of_unread(session, clock.now() + timedelta(minutes=minutes))


def test_the_patient_is_told_once_of_what_is_not_read_and_again_only_after_reading(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        number = found.id
        answer(clinic, session, found)
    sweep(clinic)
    assert mails(clinic, MailKind.MESSAGE_WAITING) == [], "there is time to read"
    with clinic.session() as session:
        answer(clinic, session, session.get_one(Correspondence, number), "Or on Monday")
    sweep(clinic, 16)
    sweep(clinic, 40)
    told = [f"m@{clinic.slug}.example"]
    assert mails(clinic, MailKind.MESSAGE_WAITING) == told
    with clinic.session() as session:
        session.get_one(Correspondence, number).conversation.read_by_patient()
    sweep(clinic, 41)
    with clinic.session() as session:
        answer(clinic, session, session.get_one(Correspondence, number), "Bring your card")
    sweep(clinic, 42)
    sweep(clinic, 60)
    assert mails(clinic, MailKind.MESSAGE_WAITING) == told * 2


@pytest.mark.parametrize("wanted", [True, False])
def test_staff_are_told_by_their_own_choice(clinic: Clinic, wanted: bool) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        found.practitioner.mail_messages = wanted
        found.post(client_id(), "It hurts again", clock.now())
    sweep(clinic)
    sweep(clinic, 16)
    assert mails(clinic, MailKind.STAFF_MESSAGE) == ([clinic.email("doctor")] if wanted else [])


def test_a_code_lets_one_device_in_for_thirty_days(clinic: Clinic) -> None:
    now = clock.now()
    with clinic.session() as session:
        found = begun(clinic, session)
        code = correspondence.authorise(session, found.patient, AuthorisationKind.CODE, clinic.staff("doctor"), now, mailed=False)
        own = portal.activate(session, code.ticket, "page-1-of-a-phone", "en", now)
        assert portal.activate(session, code.ticket, "page-1-of-a-phone", "en", now).id == own.id, "its answer was lost"
        with pytest.raises(CodeUsed):
            portal.activate(session, code.ticket, "page-2-of-another", "en", now)
        lifetime = portal.Lifetime(timedelta(minutes=30), timedelta(hours=8))
        assert own.is_open(now + timedelta(days=29), lifetime) and not own.is_open(now + timedelta(days=30), lifetime)
        code.revoke(now)
        assert not own.is_open(now, lifetime)


def test_a_code_that_waited_too_long_lets_nobody_in(clinic: Clinic) -> None:
    now = clock.now()
    with clinic.session() as session:
        found = begun(clinic, session)
        code = correspondence.authorise(session, found.patient, AuthorisationKind.CODE, clinic.staff("doctor"), now, mailed=False)
        with pytest.raises(CodeUsed):
            portal.activate(session, code.ticket, "page-1-of-a-phone", "en", now + timedelta(days=30))
        newer = correspondence.authorise(session, found.patient, AuthorisationKind.CODE, clinic.staff("doctor"), now, mailed=False)
        assert code.revoked_at is not None, "a new code takes the place of the old"
        assert newer.ticket.token != code.ticket.token


def test_a_link_is_no_code_for_a_device(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        link = correspondence.authorise(session, found.patient, AuthorisationKind.LINK, clinic.staff("doctor"), clock.now(), mailed=True)
        with pytest.raises(UnknownTicket):
            portal.activate(session, link.ticket, "page-1-of-a-phone", "en", clock.now())
        with pytest.raises(UnknownTicket):
            portal.activate(session, issue(session, TicketKind.WALK_IN, "visitor", now=clock.now()), "page-1-of-a-phone", "en", clock.now())
    assert mails(clinic, MailKind.PORTAL_LINK) == [f"m@{clinic.slug}.example"]


def test_without_messages_there_is_nothing_to_authorise(clinic: Clinic) -> None:
    with clinic.session() as session:
        who = patient(clinic, session)
        with pytest.raises(MessagesOff):
            correspondence.authorise(session, who, AuthorisationKind.CODE, clinic.staff("doctor"), clock.now(), mailed=False)
        assert not correspondence.is_authorised(session, who, clock.now())


def test_authorised_is_whoever_has_a_way_in_and_somebody_to_write_to(clinic: Clinic) -> None:
    now = clock.now()
    with clinic.session() as session:
        who = begun(clinic, session).patient
        assert not correspondence.is_authorised(session, who, now)
        code = correspondence.authorise(session, who, AuthorisationKind.CODE, clinic.staff("doctor"), now, mailed=False)
        assert correspondence.is_authorised(session, who, now)
        correspondence.switch(session, who, clinic.staff("admin"), now, on=False)
        assert not correspondence.is_authorised(session, who, now)
        correspondence.switch(session, who, clinic.staff("admin"), now, on=True)
        code.revoke(now)
        assert not correspondence.is_authorised(session, who, now)


def test_a_token_that_changes_leaves_the_old_one_until_the_new_one_is_used(clinic: Clinic) -> None:
    now, lifetime = clock.now(), portal.Lifetime(timedelta(minutes=30), timedelta(hours=8))
    with clinic.session() as session:
        found = begun(clinic, session)
        code = correspondence.authorise(session, found.patient, AuthorisationKind.CODE, clinic.staff("doctor"), now, mailed=False)
        own = portal.activate(session, code.ticket, "page-1-of-a-phone", "en", now)
        before = own.token
        own.renew()
        after = own.token
        own.renew()
        assert own.token == after != before, "its answer was lost, and it asked again"
        session.flush()
        assert portal.known(session, before, now, lifetime).id == own.id
        assert portal.known(session, after, now, lifetime).id == own.id
        session.flush()
        with pytest.raises(portal.PortalClosed):
            portal.known(session, before, now, lifetime)


def test_a_result_is_told_only_to_whoever_agreed_and_says_nothing(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        with pytest.raises(NotAgreed):
            correspondence.tell_of_result(session, found.patient, clinic.staff("doctor"), clock.now())
        found.patient.agreed_to_notices = True
        correspondence.tell_of_result(session, found.patient, clinic.staff("doctor"), clock.now())
    assert mails(clinic, MailKind.RESULT_READY) == [f"m@{clinic.slug}.example"]


def test_a_link_that_was_taken_away_is_not_given_again_by_itself(clinic: Clinic) -> None:
    with clinic.session() as session:
        found = begun(clinic, session)
        correspondence.authorise(session, found.patient, AuthorisationKind.LINK, clinic.staff("doctor"), clock.now(), mailed=False).revoke(clock.now())
        answer(clinic, session, found)
        assert authorisation.of_patient(session, found.patient) == []
    sweep(clinic)
    sweep(clinic, 16)
    assert mails(clinic, MailKind.MESSAGE_WAITING) == []
