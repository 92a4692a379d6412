"""Who of the staff is told by mail that a patient has booked, that an appointment has changed, that somebody asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import booking, clock, contact_request, new_bookings, news, reschedule
from telehealth.booking import Appointment, Search
from telehealth.presence import Presence
from telehealth.contact_request import Asking, Person
from telehealth.department import Department
from telehealth.job import Job, NoLongerWanted
from telehealth.outbox import NEWS, MailKind, OutgoingMail
from telehealth.practitioner import Practitioner
from telehealth.staff_booking import NewPatient, Plan, make
from telehealth.team import name_team
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id


def told(clinic: Clinic) -> list[tuple[MailKind, str]]:
    with clinic.session() as session:
        rows = session.query(OutgoingMail).filter(OutgoingMail.kind.in_(NEWS)).order_by(OutgoingMail.id)
        return [(row.kind, row.recipient) for row in rows]


def look(clinic: Clinic) -> None:
    """What the worker does: look for bookings, perform the jobs about changes."""
    with clinic.session() as session:
        new_bookings.follow(session, clock.now())
        for job in session.query(Job).filter_by(organization_id=clinic.id, kind=booking.CHANGED).order_by(Job.id):
            news.tell_of_change(session, job.payload, clock.now())


def book(clinic: Clinic) -> tuple[int, str, str]:
    """Somebody books; gives the appointment, who expects the patient and the other one who could."""
    with clinic.session() as session:
        made = clinic.book(session)
        mine = "doctor" if made.practitioner_id == clinic.people["doctor"] else "nurse"
        return made.id, mine, "nurse" if mine == "doctor" else "doctor"


def wish(clinic: Clinic, who: str, **wishes: bool) -> None:
    with clinic.session() as session:
        for name, on in wishes.items():
            setattr(session.get_one(Practitioner, clinic.people[who]), f"mail_{name}", on)


def test_whose_time_a_patient_has_booked_is_told_once(clinic: Clinic) -> None:
    number, mine, _ = book(clinic)
    look(clinic)
    look(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).questionnaires_changed()
    look(clinic)
    assert told(clinic) == [(MailKind.STAFF_BOOKED, clinic.email(mine))]


def test_whoever_does_not_wish_it_is_not_told_and_not_later_either(clinic: Clinic) -> None:
    number, mine, _ = book(clinic)
    wish(clinic, mine, booked=False, changed=False)
    look(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())
    look(clinic)
    assert told(clinic) == []


def test_what_staff_make_and_what_was_booked_long_ago_is_no_news(clinic: Clinic) -> None:
    doctor, start = clinic.staff("doctor"), (clock.now() + timedelta(days=9)).date()
    with clinic.session() as session:
        patient = NewPatient("A.", "Staffmade", None, f"a@{clinic.slug}.example", "", "en", known_to_be_another=True)
        begins = booking.datetime.combine(start, booking.datetime.min.time()).replace(hour=11)
        make(session, doctor, Plan(client_id(), doctor.practitioner_id, clinic.departments[0], patient, begins, 20, ""), clock.now())
    book(clinic)
    with clock.at(clock.now() + new_bookings.STILL_NEW):
        look(clinic)
    assert told(clinic) == []


def test_a_cancellation_by_the_patient_is_told_and_ones_own_is_not(clinic: Clinic) -> None:
    number, mine, other = book(clinic)
    again, whose, _ = book(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())
    with clinic.session() as session:
        session.actor = f"practitioner:{clinic.people[whose]}"
        session.get_one(Appointment, again).cancel(clock.now())
    look(clinic)
    assert told(clinic) == [(MailKind.STAFF_CANCELLED, clinic.email(mine))]
    assert other != mine


def test_an_appointment_that_goes_to_a_colleague_is_told_to_both(clinic: Clinic) -> None:
    number, mine, other = book(clinic)
    look(clinic)
    with clinic.session() as session:
        made = session.get_one(Appointment, number)
        day = made.start.date() + timedelta(days=1)
        free = booking.day_of(session, Search(practitioner_id=clinic.people[other]), day, clock.now())
        reschedule.move(session, made, free[0].id, clock.now())
    look(clinic)
    assert told(clinic)[1:] == [(MailKind.STAFF_MOVED, clinic.email(other)), (MailKind.STAFF_MOVED, clinic.email(mine))]


def test_what_is_over_needs_no_telling(clinic: Clinic) -> None:
    number, _, _ = book(clinic)
    with clinic.session() as session:
        session.get_one(Appointment, number).cancel(clock.now())
        job = session.query(Job).filter_by(organization_id=clinic.id, kind=booking.CHANGED).one()
        with clock.at(clock.now() + timedelta(days=9)), pytest.raises(NoLongerWanted):
            news.tell_of_change(session, job.payload, clock.now())


def test_of_a_team_those_are_told_who_see_patients_in_its_department(clinic: Clinic) -> None:
    number, _, _ = book(clinic)
    with clinic.session() as session:
        team = name_team(session, session.get_one(Department, clinic.departments[1]), "Nurses")
        assert team is not None
        made = session.get_one(Appointment, number)
        made.practitioner_id, made.department_id = team.id, clinic.departments[1]
    look(clinic)
    assert told(clinic) == [(MailKind.STAFF_BOOKED, clinic.email("nurse"))]


def ask(clinic: Clinic, client: str) -> None:
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        widget.contact_requests, widget.contact_channel_id = True, clinic.channels["open"]
        session.flush()
        asking = Asking(client_id=client, visitor="v", locale="en", person=Person("Anna de Vries", phone="0201234567"), text="Rash", note="Call back")
        contact_request.leave(session, widget, asking, clock.now())


def test_a_request_is_told_to_the_people_of_its_channel_without_a_name(clinic: Clinic) -> None:
    with clinic.session() as session:
        for who in ("nurse", "doctor"):  # the doctor works in another department by now
            session.add(Presence(channel_id=clinic.channels["open"], practitioner_id=clinic.people[who], active=False, since=clock.now()))
    client = client_id()
    ask(clinic, client)
    ask(clinic, client)
    assert told(clinic) == [(MailKind.STAFF_ASKED, clinic.email("nurse"))]
    with clinic.session() as session:
        about = str(session.query(OutgoingMail).filter_by(kind=MailKind.STAFF_ASKED).one().about)
    assert "Anna" not in about and "Rash" not in about and "0201234567" not in about


def test_a_request_in_a_channel_where_nobody_has_ever_been_is_told_to_who_administers(clinic: Clinic) -> None:
    ask(clinic, client_id())
    assert told(clinic) == [(MailKind.STAFF_ASKED, clinic.email("admin"))]
    wish(clinic, "admin", asked=False)
    ask(clinic, client_id())
    assert len(told(clinic)) == 1


def test_another_clinics_bookings_are_its_own(clinic: Clinic, other: Clinic) -> None:
    book(other)
    look(clinic)
    look(other)
    assert told(clinic) == [] and len(told(other)) == 1
