"""Booking: one winner for every slot, repeats that change nothing, what a booking leaves behind."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from telehealth import booking, clock, reschedule, schedule
from telehealth.booking import (
    Appointment,
    AppointmentBooked,
    AppointmentChanged,
    AppointmentStatus,
    Search,
    SlotTaken,
    UnknownAppointment,
    UnknownSlot,
)
from telehealth.consent import Consent, Wording
from telehealth.database import Session
from telehealth.department import Department
from telehealth.event import listeners, when
from telehealth.occupancy import BookedTick
from telehealth.organization import Organization, times
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner, PractitionerRole
from telehealth.schedule import Availability, Purpose
from telehealth.ticket import Ticket, TicketState
from telehealth.widget import Widget
from tests.clinic import Clinic

LATER = timedelta(days=2)


def day_after(now: datetime) -> date:
    return (now + LATER).date()


def free(session: Session, search: Search | None = None) -> list[schedule.Slot]:
    now = clock.now()
    return booking.day_of(session, search or Search(), day_after(now), now)


def widget_of(clinic: Clinic, session: Session) -> Widget:
    return session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()


def count(session: Session, kind: type) -> int:
    return session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_booking_leaves_patient_ticket_consent_and_one_mail(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session)
    assert made.status is AppointmentStatus.BOOKED
    assert session.get_one(Patient, made.patient_id).name == f"M. de Vries {clinic.mark}"
    assert made.ticket.opens_at == made.start - timedelta(minutes=60)
    assert made.ticket.closes_at == made.end + timedelta(minutes=60)
    consent = session.query(Consent).filter_by(ticket_id=made.ticket_id).one()
    assert session.get_one(Wording, consent.wording_id).text == "The terms"
    mail = session.query(OutgoingMail).filter_by(appointment_id=made.id).one()
    assert (mail.kind, mail.recipient) == (MailKind.CONFIRMATION, f"m.devries@{clinic.slug}.example")


def test_without_an_address_no_mail_is_written(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session, email="")
    assert not session.query(OutgoingMail).filter_by(appointment_id=made.id).count()


def test_answers_are_sealed(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session, answers={"reason": "Back pain"})
    assert made.sealed_answers is not None
    assert b"Back pain" not in made.sealed_answers
    assert booking.answers_of(made) == {"reason": "Back pain"}


def test_a_booked_time_is_no_longer_offered(clinic: Clinic, session: Session) -> None:
    before = free(session)
    made = clinic.book(session)
    assert {slot.id for slot in before} - {slot.id for slot in free(session)} == {before[0].id}
    assert schedule.tick_of(made.start) == before[0].tick


def test_a_cancelled_time_is_offered_again_and_its_link_closed(clinic: Clinic, session: Session) -> None:
    before = free(session)
    made = clinic.book(session)
    made.cancel(clock.now())
    assert free(session) == before
    assert made.ticket.state is TicketState.CLOSED
    assert made.sequence == 1
    assert not session.query(BookedTick).filter_by(appointment_id=made.id).count()
    kinds = [mail.kind for mail in session.query(OutgoingMail).filter_by(appointment_id=made.id)]
    assert sorted(kinds) == [MailKind.CANCELLATION, MailKind.CONFIRMATION]


def test_cancelling_twice_is_cancelling_once(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session)
    made.cancel(clock.now())
    made.cancel(clock.now())
    assert made.sequence == 1
    assert session.query(OutgoingMail).filter_by(appointment_id=made.id, kind=MailKind.CANCELLATION).count() == 1


def test_a_repeat_gets_the_first_appointment(clinic: Clinic, session: Session) -> None:
    wanted = clinic.booking(free(session)[0].id)
    first = booking.book(session, widget_of(clinic, session), wanted, clock.now())
    rows = {kind: count(session, kind) for kind in (Appointment, Patient, Ticket, OutgoingMail, BookedTick)}
    assert booking.book(session, widget_of(clinic, session), wanted, clock.now()) is first
    assert rows == {kind: count(session, kind) for kind in rows}


def test_a_repeat_with_another_slot_still_gets_the_first(clinic: Clinic, session: Session) -> None:
    first = clinic.book(session)
    changed = clinic.booking(free(session)[5].id, client_id=first.client_id, visitor=first.ticket.visitor)
    assert booking.book(session, widget_of(clinic, session), changed, clock.now()) is first


def test_a_repeat_after_the_time_has_passed_gets_the_first_too(clinic: Clinic, session: Session) -> None:
    wanted = clinic.booking(free(session)[0].id)
    first = booking.book(session, widget_of(clinic, session), wanted, clock.now())
    assert booking.book(session, widget_of(clinic, session), wanted, clock.now() + timedelta(days=9)) is first


def test_somebody_elses_client_id_finds_no_appointment(clinic: Clinic, session: Session) -> None:
    first = clinic.book(session)
    with pytest.raises(UnknownAppointment):
        clinic.book(session, client_id=first.client_id)


def test_a_taken_slot_is_refused_and_nothing_stays_of_the_attempt(clinic: Clinic, session: Session) -> None:
    slot = free(session)[0]
    clinic.book(session)
    session.commit()
    rows = {kind: count(session, kind) for kind in (Appointment, Patient, Ticket, OutgoingMail, Consent)}
    session.get_one(Organization, clinic.id).foot_note = "written before"
    with pytest.raises(SlotTaken):
        booking.book(session, widget_of(clinic, session), clinic.booking(slot.id), clock.now())
    assert rows == {kind: count(session, kind) for kind in rows}
    session.commit()
    assert session.get_one(Organization, clinic.id).foot_note == "written before"


def test_after_a_refusal_the_same_session_books_another_slot(clinic: Clinic, session: Session) -> None:
    taken, other_slot = free(session)[:2]
    booking.book(session, widget_of(clinic, session), clinic.booking(taken.id), clock.now())
    kept = {id(row) for row in session if isinstance(row, Ticket | Appointment)}
    with pytest.raises(SlotTaken):
        booking.book(session, widget_of(clinic, session), clinic.booking(taken.id), clock.now())
    assert {id(row) for row in session if isinstance(row, Ticket | Appointment)} <= kept
    made = booking.book(session, widget_of(clinic, session), clinic.booking(other_slot.id), clock.now())
    session.commit()
    assert session.get_one(Appointment, made.id).ticket.state is TicketState.VALID


@pytest.mark.parametrize(
    "slot_id",
    ["", "x", "1-2", "1-2-3-4", "0-0-0", "-1-1-1", "99999999999999999999-1-1", "1-1-99999999999", "1-1-²", "1-1-99999999"],
)
def test_a_slot_that_no_availability_gives_is_unknown(clinic: Clinic, session: Session, slot_id: str) -> None:
    with pytest.raises(UnknownSlot):
        booking.book(session, widget_of(clinic, session), clinic.booking(slot_id), clock.now())


def test_a_slot_beside_the_grid_or_in_the_past_or_far_away_is_unknown(clinic: Clinic, session: Session) -> None:
    slot = free(session)[0]
    beside = f"{slot.practitioner_id}-{slot.availability_id}-{slot.tick + 1}"
    for slot_id, now in (
        (beside, clock.now()), (slot.id, slot.start), (slot.id, clock.now() - timedelta(days=181)),
    ):  # fmt: skip
        with pytest.raises(UnknownSlot):
            booking.find_slot(session, slot_id, now)


def test_a_slot_of_another_department_is_unknown_to_a_widget_that_names_its_own(clinic: Clinic, session: Session) -> None:
    nurse = next(slot for slot in free(session) if slot.practitioner_id == clinic.people["nurse"])
    widget = widget_of(clinic, session)
    widget.departments = [session.get_one(Department, clinic.departments[0])]
    with pytest.raises(UnknownSlot):
        booking.book(session, widget, clinic.booking(nurse.id), clock.now())


def test_the_other_clinics_slot_is_unknown(clinic: Clinic, other: Clinic, session: Session) -> None:
    with other.session() as there:
        foreign = free(there)[0]
    with pytest.raises(UnknownSlot):
        booking.book(session, widget_of(clinic, session), clinic.booking(foreign.id), clock.now())


def test_who_has_no_department_is_not_offered(clinic: Clinic, session: Session) -> None:
    for role in session.query(PractitionerRole).filter_by(practitioner_id=clinic.people["nurse"]):
        role.department_id = None
    assert {slot.practitioner_id for slot in free(session)} == {clinic.people["doctor"]}


def test_the_appointment_is_in_the_department_that_the_person_chose(clinic: Clinic, session: Session) -> None:
    first, second = clinic.departments
    session.add(PractitionerRole(practitioner_id=clinic.people["doctor"], department_id=second))
    doctors = [slot for slot in free(session) if slot.practitioner_id == clinic.people["doctor"]]
    made = [
        booking.book(session, widget_of(clinic, session), clinic.booking(slot.id, departments=chosen), clock.now())
        for slot, chosen in zip(doctors, [(), (second,)], strict=False)
    ]
    assert [appointment.department_id for appointment in made] == [first, second]


def test_a_search_looks_where_it_is_told(clinic: Clinic, session: Session) -> None:
    nurse, second = clinic.people["nurse"], clinic.departments[1]
    assert {slot.practitioner_id for slot in free(session, Search((second,)))} == {nurse}
    assert {slot.practitioner_id for slot in free(session, Search(practitioner_id=nurse))} == {nurse}
    assert not free(session, Search((clinic.departments[0],), nurse))


def test_at_the_same_time_whoever_has_least_to_do_comes_first(clinic: Clinic, session: Session) -> None:
    busiest = free(session)[0].practitioner_id
    clinic.book(session)
    later = [slot for slot in free(session) if slot.tick == free(session)[-1].tick]
    assert [slot.practitioner_id == busiest for slot in later] == [False, True]


def test_a_month_counts_what_its_days_list(clinic: Clinic, session: Session) -> None:
    clinic.book(session)
    now = clock.now()
    day = day_after(now)
    counts = booking.month_of(session, Search(), day.year, day.month, now)
    assert counts[day] == len(free(session))
    assert {counted.month for counted in counts} == {day.month}


def test_an_empty_month_leads_to_the_next_free_day(clinic: Clinic, session: Session) -> None:
    now = clock.now()
    far = day_after(now) + timedelta(days=60)
    for availability in session.query(Availability):
        availability.weekday, availability.valid_from = None, far
    assert booking.next_free_day(session, Search(), day_after(now), now) == far
    assert booking.next_free_day(session, Search(), far, now) is None


def test_nothing_is_offered_beyond_the_horizon(clinic: Clinic, session: Session) -> None:
    now = clock.now()
    last = times(session).horizon(now)
    assert booking.day_of(session, Search(), last, now)
    assert not booking.day_of(session, Search(), last + timedelta(days=1), now)
    session.get_one(Organization, clinic.id).book_ahead_days = 10
    session.flush()
    assert not booking.day_of(session, Search(), last, now)
    assert times(session).horizon(now) == last - timedelta(days=170)


def test_what_begins_sooner_than_the_clinics_lead_time_is_for_staff_only(clinic: Clinic, session: Session) -> None:
    first, *others = free(session)
    session.get_one(Organization, clinic.id).book_lead_minutes = 120
    session.flush()
    now, day = first.start - timedelta(minutes=60), first.start.date()
    assert first.id not in {slot.id for slot in booking.day_of(session, Search(), day, now)}
    assert first.id in {slot.id for slot in booking.day_of(session, Search(by_staff=True), day, now)}
    with pytest.raises(UnknownSlot):
        booking.book(session, widget_of(clinic, session), clinic.booking(first.id), now)
    made = booking.book(session, widget_of(clinic, session), clinic.booking(others[-1].id), now)
    with pytest.raises(UnknownSlot):
        reschedule.move(session, made, first.id, now)
    reschedule.move(session, made, first.id, now, by_staff=True)
    assert made.start == first.start


def test_the_nearest_times_surround_the_one_that_is_gone(clinic: Clinic, session: Session) -> None:
    doctor = Search(practitioner_id=clinic.people["doctor"])
    slots = free(session, doctor)
    middle = slots[5]
    booking.book(session, widget_of(clinic, session), clinic.booking(middle.id), clock.now())
    near = booking.nearest(session, doctor, middle.start, clock.now())
    assert [slot.tick - middle.tick for slot in near] == [-6, 6, 12] or [slot.tick - middle.tick for slot in near] == [-12, -6, 6]


def test_with_anyone_the_nearest_time_is_the_same_time_with_somebody_else(clinic: Clinic, session: Session) -> None:
    slot = free(session)[4]
    booking.book(session, widget_of(clinic, session), clinic.booking(slot.id), clock.now())
    near = booking.nearest(session, Search(), slot.start, clock.now())
    assert slot.tick in [other.tick for other in near]


def test_who_can_be_booked_is_listed_under_each_department(clinic: Clinic, session: Session) -> None:
    first, second = clinic.departments
    session.add(PractitionerRole(practitioner_id=clinic.people["doctor"], department_id=second))
    listed = [(department, person.id) for department, person in booking.bookable(session, [], clock.now().date())]
    doctor, nurse = clinic.people["doctor"], clinic.people["nurse"]
    assert sorted(listed) == sorted([(first, doctor), (second, doctor), (second, nurse)])
    assert [person.id for _, person in booking.bookable(session, [first], clock.now().date())] == [doctor]


def test_somebody_whose_time_is_for_walk_in_too_can_be_booked(clinic: Clinic, session: Session) -> None:
    doctor = clinic.people["doctor"]
    for time in session.query(Availability).filter_by(practitioner_id=doctor):
        time.purpose = Purpose.BOTH
    assert doctor in {person.id for _, person in booking.bookable(session, [], clock.now().date())}
    search = Search(practitioner_id=doctor)
    assert booking.day_of(session, search, clock.now().date() + timedelta(days=2), clock.now())


def test_a_booking_and_a_cancellation_are_told_after_the_commit(clinic: Clinic, session: Session) -> None:
    told: list[object] = []
    listen = when(AppointmentBooked, AppointmentChanged)(told.append)
    try:
        made = clinic.book(session)
        assert not told
        session.commit()
        made.cancel(clock.now())
        session.commit()
    finally:
        for kind in (AppointmentBooked, AppointmentChanged):
            listeners[kind].remove(listen)
    assert [type(fact) for fact in told] == [AppointmentBooked, AppointmentChanged]
    assert [fact.appointment_id for fact in told] == [made.id, made.id]
    assert told[0].seq < told[1].seq


def race(clinic: Clinic, attempts: list[Callable[[Session], object]]) -> list[object]:
    """All at once, each with a session of its own; what each got, or why not."""
    begin = threading.Barrier(len(attempts))

    def run(attempt: Callable[[Session], object]) -> object:
        with clinic.sessions(organization=clinic.id) as session:
            begin.wait()
            try:
                made = attempt(session)
                session.commit()
                return made
            except SlotTaken as taken:
                return taken

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def test_of_eight_who_book_the_same_slot_exactly_one_wins(clinic: Clinic) -> None:
    with clinic.session() as session:
        slots = free(session)[:6]
    for slot in slots:
        results = race(clinic, [
            lambda session, slot=slot: booking.book(session, widget_of(clinic, session), clinic.booking(slot.id), clock.now()).id
        ] * 8)  # fmt: skip
        assert sum(isinstance(result, int) for result in results) == 1
        assert sum(isinstance(result, SlotTaken) for result in results) == 7


def test_of_eight_whose_times_overlap_exactly_one_wins(clinic: Clinic) -> None:
    """Eight availabilities of the same person, each five minutes later than the one before."""
    day = day_after(clock.now())
    with clinic.session() as session:
        made = [
            Availability(
                practitioner_id=clinic.people["doctor"], weekday=None, valid_from=day, from_minute=1200 + 5 * n,
                to_minute=1240 + 5 * n, length_minutes=40, gap_minutes=0,
            )
            for n in range(8)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        zone = session.get_one(Organization, clinic.id).tz
        ids = [f"{one.practitioner_id}-{one.id}-{schedule.wall_tick(day, one.from_minute, zone)}" for one in made]
    results = race(clinic, [
        lambda session, slot=slot: booking.book(session, widget_of(clinic, session), clinic.booking(slot), clock.now()).id
        for slot in ids
    ])  # fmt: skip
    assert sum(isinstance(result, int) for result in results) == 1


def test_the_same_booking_sent_eight_times_at_once_is_one_appointment(clinic: Clinic) -> None:
    with clinic.session() as session:
        wanted = clinic.booking(free(session)[0].id)
    results = race(clinic, [lambda session: booking.book(session, widget_of(clinic, session), wanted, clock.now()).id] * 8)
    assert len(set(results)) == 1
    assert isinstance(results[0], int)


def test_the_questions_of_a_month_do_not_grow_with_people_and_appointments(clinic: Clinic, session: Session) -> None:
    day = day_after(clock.now())
    small = questions(session, day)
    for n in range(10):
        person = Practitioner(name=f"Dr {n}", email=f"{n}@{clinic.slug}.example")
        person.roles.append(PractitionerRole(department_id=clinic.departments[0]))
        session.add(person)
        session.flush()
        session.add(
            Availability(
                practitioner_id=person.id, weekday=day.weekday(), valid_from=day, from_minute=540, to_minute=600,
                except_on=[(day + timedelta(days=7 * n)).isoformat()],
            )
        )
    clinic.book(session)
    session.commit()
    assert questions(session, day) == small <= 4


def questions(session: Session, day: date) -> int:
    asked: list[str] = []
    engine = session.get_bind()
    listen = lambda *values: asked.append(values[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    try:
        booking.month_of(session, Search(), day.year, day.month, clock.now())
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return len(asked)
