"""External people: groups before people, a link of the own, and in only where the patient is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from telehealth import call, clock, participant, reschedule, staff_booking, ticket, waiting_room
from telehealth.booking import Appointment, UnknownAppointment, appointment_of
from telehealth.call import NotInCall
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.participant import (
    Entrance,
    ExternalPerson,
    Group,
    NewPerson,
    Participant,
    TooManyParticipants,
    UnknownGroup,
    UnknownPerson,
)
from telehealth.staff_booking import NewPatient, NotByVideo, Plan
from telehealth.ticket import UnknownTicket
from telehealth.visit_type import Mode, VisitType
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic, client_id

PATIENT = NewPatient("A.", "Bakker", None, "anna@example.org")


def group(session: Session, name: str = "Family") -> Group:
    found = Group(name=name)
    session.add(found)
    session.flush()
    return found


def somebody(session: Session, name: str = "Visser") -> NewPerson:
    return NewPerson(group(session, f"Group of {name}").id, "B.", name, f"{name.lower()}@example.org")


def made(session: Session, clinic: Clinic, *who: int | NewPerson, **changes: Any) -> Appointment:
    start = (clock.now() + timedelta(days=2)).replace(hour=7, minute=5, second=0, microsecond=0, tzinfo=None)
    given = {
        "client_id": client_id(), "practitioner_id": clinic.people["doctor"], "department_id": clinic.departments[0], "patient": PATIENT,
        "start": start, "minutes": 20, "participants": who,
    }  # fmt: skip
    return staff_booking.make(session, clinic.staff("doctor"), Plan(**(given | changes)), clock.now()).appointments[0]


def one(session: Session, clinic: Clinic) -> tuple[Appointment, Participant]:
    appointment = made(session, clinic, somebody(session))
    (found,) = participant.of_appointment(session, appointment.id)
    return appointment, found


def come(session: Session, clinic: Clinic, appointment: Appointment) -> Encounter:
    """The patient is in the consultation."""
    visit = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start)
    visit.admit(clinic.staff("doctor"), appointment.start)
    return visit


def mails(session: Session, kind: MailKind) -> list[str]:
    return [row.recipient for row in session.query(OutgoingMail).filter_by(kind=kind).order_by(OutgoingMail.id)]


def test_whoever_is_typed_in_belongs_to_a_group_and_gets_a_link_and_a_mail(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    assert (found.person.name, [known.name for known in found.person.groups]) == ("B. Visser", ["Group of Visser"])
    assert mails(session, MailKind.PARTICIPANT) == ["visser@example.org"]
    assert participant.by_ticket(session, ticket.known(session, found.ticket.token)) is found
    assert (found.ticket.opens_at, found.ticket.closes_at) == (appointment.ticket.opens_at, appointment.ticket.closes_at)
    assert found.ticket.token != appointment.ticket.token


def test_a_group_must_exist_first(session: Session, clinic: Clinic) -> None:
    with pytest.raises(UnknownGroup):
        made(session, clinic, NewPerson(999_999, "B.", "Visser", "b@example.org"))
    assert not session.query(Appointment).count()


def test_people_of_another_organisation_are_unknown(session: Session, clinic: Clinic, other: Clinic) -> None:
    with other.session() as theirs:
        person = participant.meant(theirs, [somebody(theirs)], clock.now())[0].id
        their_group = group(theirs).id
    with pytest.raises(UnknownPerson):
        made(session, clinic, person)
    with pytest.raises(UnknownGroup):
        made(session, clinic, NewPerson(their_group, "B.", "Visser", "b@example.org"))


def test_the_same_person_typed_in_again_is_one_record_in_both_groups(session: Session, clinic: Clinic) -> None:
    family, care = group(session, "Family"), group(session, "Home care")
    again = NewPerson(care.id, "B.", "visser", "Visser@example.org")
    people = participant.meant(session, [NewPerson(family.id, "B.", "Visser", "visser@example.org"), again], clock.now())
    assert [person.name for person in people] == ["B. Visser"]
    assert {known.name for known in people[0].groups} == {"Family", "Home care"}
    assert [(known.name, len(members)) for known, members in participant.people_by_group(session)] == [("Family", 1), ("Home care", 1)]


def test_a_call_has_only_so_many_seats(session: Session, clinic: Clinic) -> None:
    session.get_one(Organization, clinic.id).call_seats = 3
    with pytest.raises(TooManyParticipants):
        made(session, clinic, somebody(session, "Visser"), somebody(session, "Smit"))
    appointment = made(session, clinic, somebody(session, "Mulder"))
    with pytest.raises(TooManyParticipants):
        staff_booking.invite(session, appointment, participant.meant(session, [somebody(session, "Bos")], clock.now()), clock.now())


def test_nobody_is_invited_to_a_telephone_call(session: Session, clinic: Clinic) -> None:
    kind = VisitType(name="By telephone", mode=Mode.PHONE)
    session.add(kind)
    session.flush()
    with pytest.raises(NotByVideo):
        made(session, clinic, somebody(session), visit_type_id=kind.id)


def test_of_a_series_each_has_a_link_and_one_mail_tells_of_all(session: Session, clinic: Clinic) -> None:
    made(session, clinic, somebody(session), times=3)
    assert session.query(Participant).count() == 3
    (mail,) = session.query(OutgoingMail).filter_by(kind=MailKind.PARTICIPANT)
    assert mail.about["together"] is True


def test_moving_and_cancelling_tell_them_and_the_link_keeps_up(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    later = appointment.start.replace(tzinfo=None) + timedelta(hours=5)
    reschedule.place(session, appointment, appointment.practitioner_id, later, clock.now())
    assert mails(session, MailKind.PARTICIPANT_CHANGE) == ["visser@example.org"]
    assert found.ticket.opens_at == appointment.ticket.opens_at and found.sequence == 1
    appointment.cancel(clock.now())
    assert mails(session, MailKind.PARTICIPANT_CANCELLATION) == ["visser@example.org"]
    assert participant.entrance(session, found, appointment.start) is Entrance.CANCELLED
    assert participant.by_ticket(session, ticket.known(session, found.ticket.token)) is found


def test_the_link_opens_and_closes_with_the_patients(session: Session, clinic: Clinic) -> None:
    _appointment, found = one(session, clinic)
    opens, closes = found.ticket.opens_at, found.ticket.closes_at
    assert opens and closes
    minute = timedelta(minutes=1)
    entrances = [participant.entrance(session, found, moment) for moment in (opens - minute, opens, closes + minute)]
    assert entrances == [Entrance.EARLY, Entrance.WAITING, Entrance.LATE]


def test_nobody_comes_in_before_the_patient_is_there(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    begins = appointment.start
    with pytest.raises(NotInCall):
        call.guests_seat(session, found, begins)
    visit = waiting_room.check_in(session, appointment.ticket, appointment, begins)
    assert participant.entrance(session, found, begins) is Entrance.WAITING
    visit.admit(clinic.staff("doctor"), begins)
    assert participant.entrance(session, found, begins) is Entrance.OPEN
    assert call.guests_seat(session, found, begins).role is call.Role.GUEST


def test_a_consultation_that_began_without_the_patient_is_not_open_to_others(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    visit = waiting_room.start_without(session, appointment, clinic.staff("doctor"), appointment.start)
    assert participant.entrance(session, found, appointment.start) is Entrance.WAITING
    visit.connection(connected=True, now=appointment.start)
    assert participant.entrance(session, found, appointment.start) is Entrance.OPEN


def test_while_the_patients_page_is_away_only_those_who_were_in_come_back(session: Session, clinic: Clinic) -> None:
    appointment = made(session, clinic, somebody(session, "Visser"), somebody(session, "Smit"))
    inside, outside = participant.of_appointment(session, appointment.id)
    visit = come(session, clinic, appointment)
    inside.enter(visit)
    visit.connection(connected=False, now=appointment.start)
    assert participant.entrance(session, inside, appointment.start) is Entrance.OPEN
    assert participant.entrance(session, outside, appointment.start) is Entrance.WAITING


def test_who_was_put_on_hold_takes_everybody_out(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    visit = come(session, clinic, appointment)
    found.enter(visit)
    visit.hold(clinic.staff("doctor"), appointment.start)
    assert participant.entrance(session, found, appointment.start) is Entrance.WAITING


def test_the_end_of_the_visit_is_theirs_too(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    visit = come(session, clinic, appointment)
    found.enter(visit)
    visit.end(clinic.staff("doctor"), appointment.start)
    assert participant.entrance(session, found, appointment.start) is Entrance.ENDED


def test_who_was_taken_out_comes_in_no_more_until_invited_anew(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    visit = come(session, clinic, appointment)
    found.enter(visit)
    found.remove(clinic.staff("doctor"), appointment.start)
    assert participant.entrance(session, found, appointment.start) is Entrance.REMOVED
    with pytest.raises(NotInCall):
        call.guests_seat(session, found, appointment.start)
    assert not mails(session, MailKind.PARTICIPANT_CANCELLATION), "they are told on their page"
    assert staff_booking.invite(session, appointment, [found.person], appointment.start) == [found]
    assert participant.entrance(session, found, appointment.start) is Entrance.OPEN


def test_who_is_taken_out_before_the_day_gets_a_mail_once(session: Session, clinic: Clinic) -> None:
    _appointment, found = one(session, clinic)
    for _ in range(2):
        found.remove(clinic.staff("doctor"), clock.now())
    assert mails(session, MailKind.PARTICIPANT_CANCELLATION) == ["visser@example.org"]


def test_a_patients_ticket_is_no_participants_and_the_other_way_round(session: Session, clinic: Clinic) -> None:
    appointment, found = one(session, clinic)
    with pytest.raises(UnknownTicket):
        participant.by_ticket(session, appointment.ticket)
    with pytest.raises(UnknownAppointment):
        appointment_of(session, found.ticket)


def test_someone_at_another_appointment_has_no_seat_in_this_one(session: Session, clinic: Clinic) -> None:
    appointment, _mine = one(session, clinic)
    start = appointment.start.replace(tzinfo=None) + timedelta(hours=5)
    elsewhere = made(session, clinic, somebody(session, "Smit"), start=start, patient=appointment.patient_id)
    (stranger,) = participant.of_appointment(session, elsewhere.id)
    come(session, clinic, appointment)
    with pytest.raises(NotInCall):
        call.guests_seat(session, stranger, appointment.start)


def test_a_person_is_called_by_name(session: Session) -> None:
    assert str(ExternalPerson(initials="B.", last_name="Visser")) == "B. Visser"
