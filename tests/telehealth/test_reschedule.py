"""Moving an appointment: the same link, the old time free again, one winner of the new one, the patient told once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from telehealth import booking, clock, reminder, reschedule
from telehealth.absence import Absence
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment, AppointmentChanged, SlotTaken, UnknownSlot
from telehealth.channel import NotAllowed
from telehealth.database import Session
from telehealth.event import listeners, when
from telehealth.occupancy import BookedTick
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.reschedule import NotChangeable, TooLateToChange
from telehealth.schedule import Availability
from telehealth.staff_booking import BadTime, IsAway
from telehealth.waiting_room import check_in
from telehealth.widget import Widget
from tests.clinic import Clinic


@pytest.fixture
def booked(clinic: Clinic, session: Session) -> Appointment:
    return clinic.book(session)


def free(session: Session, appointment: Appointment) -> list[str]:
    """Times of the same person on the same day that can be had."""
    search = booking.Search(practitioner_id=appointment.practitioner_id)
    return [slot.id for slot in booking.day_of(session, search, appointment.start.date(), clock.now())]


def test_the_new_time_is_taken_the_old_one_free_and_the_link_the_same(clinic: Clinic, session: Session, booked: Appointment) -> None:
    token, before, wanted = booked.ticket.token, booked.start, free(session, booked)[2]
    reschedule.move(session, booked, wanted, clock.now())
    assert booked.start == booking.time_of(wanted) != before
    assert (booked.ticket.token, booked.ticket.opens_at) == (token, booked.start - timedelta(minutes=60))
    now_free = [booking.time_of(slot) for slot in free(session, booked)]
    assert before in now_free and booked.start not in now_free
    assert {t.tick for t in session.query(BookedTick)} == set(range(booked.first_tick, booked.last_tick))


def test_the_patient_is_told_once_and_calendars_replace_the_old_time(clinic: Clinic, session: Session, booked: Appointment) -> None:
    wanted = free(session, booked)[1]
    for _ in range(2):
        reschedule.move(session, booked, wanted, clock.now())
    [mail] = session.query(OutgoingMail).filter_by(kind=MailKind.CHANGE)
    assert (mail.recipient, mail.about, booked.sequence) == (booked.patient.email, {"sequence": 1}, 1)
    [noted] = session.query(AuditEvent).filter_by(entity="appointment", action=AuditAction.CHANGED)
    assert set(noted.changes) == {"start", "end"}


def test_a_time_that_overlaps_ones_own_can_be_had(clinic: Clinic, session: Session, booked: Appointment) -> None:
    """The grid of another availability, twenty minutes later than the first: only its own ticks are in the way."""
    rule = session.query(Availability).filter_by(practitioner_id=booked.practitioner_id).first()
    minute = booked.start.astimezone(session.get_one(Organization, clinic.id).tz)
    shifted = Availability(
        practitioner_id=rule.practitioner_id, purpose=rule.purpose, weekday=None, valid_from=minute.date(),
        from_minute=minute.hour * 60 + minute.minute + 10, to_minute=minute.hour * 60 + minute.minute + 30,
        length_minutes=20, gap_minutes=10,
    )  # fmt: skip
    session.add(shifted)
    session.flush()
    wanted = f"{booked.practitioner_id}-{shifted.id}-{booked.first_tick + 2}"
    reschedule.move(session, booked, wanted, clock.now())
    assert booked.first_tick == int(wanted.rpartition("-")[2])


def test_a_taken_time_is_refused_and_everything_stays(clinic: Clinic, session: Session, booked: Appointment) -> None:
    wanted = free(session, booked)[0]
    widget = session.get_one(Widget, booked.widget_id)
    booking.book(session, widget, clinic.booking(wanted), clock.now())
    before = (booked.start, booked.sequence, session.query(BookedTick).count())
    with pytest.raises(SlotTaken):
        reschedule.move(session, booked, wanted, clock.now())
    session.refresh(booked)
    assert (booked.start, booked.sequence, session.query(BookedTick).count()) == before
    assert not session.query(OutgoingMail).filter_by(kind=MailKind.CHANGE).count()


@pytest.mark.parametrize("slot", ["", "nothing", "1-1-1", "999999-1-5"])
def test_a_time_that_nobody_offers_is_unknown(session: Session, booked: Appointment, slot: str) -> None:
    with pytest.raises(UnknownSlot):
        reschedule.move(session, booked, slot, clock.now())


def wall(session: Session, booked: Appointment, hour: int, minute: int = 0) -> datetime:
    """That time on the appointment's own day, as the clinic's clock shows it."""
    zone = session.get_one(Organization, booked.organization_id).tz
    return booked.start.astimezone(zone).replace(hour=hour, minute=minute, tzinfo=None)


def test_staff_put_it_at_any_time_that_nobody_else_has(clinic: Clinic, session: Session, booked: Appointment) -> None:
    length, wanted = booked.end - booked.start, wall(session, booked, 19, 5)
    occupied = booked.last_tick - booked.first_tick
    for _ in range(2):
        reschedule.place(session, booked, booked.practitioner_id, wanted, clock.now())
    zone = session.get_one(Organization, clinic.id).tz
    assert booked.start.astimezone(zone).replace(tzinfo=None) == wanted
    assert (booked.end - booked.start, booked.last_tick - booked.first_tick, booked.sequence) == (length, occupied, 1)
    assert {t.tick for t in session.query(BookedTick)} == set(range(booked.first_tick, booked.last_tick))
    assert session.query(OutgoingMail).filter_by(kind=MailKind.CHANGE).count() == 1


def test_it_is_put_with_a_colleague_of_its_department_only(clinic: Clinic, session: Session, booked: Appointment) -> None:
    there, elsewhere = ("manager", "nurse") if booked.department_id == clinic.departments[0] else ("nurse", "doctor")
    with pytest.raises(NotAllowed):
        reschedule.place(session, booked, clinic.people[elsewhere], wall(session, booked, 19), clock.now())
    reschedule.place(session, booked, clinic.people[there], wall(session, booked, 19), clock.now())
    assert booked.practitioner_id == clinic.people[there]


@pytest.mark.parametrize(("days", "minute"), [(-5, 0), (0, 3), (365 * 7, 0)], ids=["over", "between two steps", "years ahead"])
def test_it_is_put_at_no_time_that_cannot_be(session: Session, booked: Appointment, days: int, minute: int) -> None:
    with pytest.raises(BadTime):
        reschedule.place(session, booked, booked.practitioner_id, wall(session, booked, 19, minute) + timedelta(days=days), clock.now())


def test_it_is_put_where_nobody_is_away_and_nothing_stands(clinic: Clinic, session: Session, booked: Appointment) -> None:
    another = booking.book(session, session.get_one(Widget, booked.widget_id), clinic.booking(free(session, booked)[4]), clock.now())
    zone = session.get_one(Organization, clinic.id).tz
    taken = another.start.astimezone(zone).replace(tzinfo=None)
    with pytest.raises(SlotTaken):
        reschedule.place(session, booked, another.practitioner_id, taken, clock.now())
    evening = wall(session, booked, 19)
    session.add(Absence(practitioner_id=booked.practitioner_id, start=evening.replace(tzinfo=zone), end=evening.replace(hour=20, tzinfo=zone)))
    session.flush()
    with pytest.raises(IsAway):
        reschedule.place(session, booked, booked.practitioner_id, wall(session, booked, 18, 45), clock.now())
    assert booked.sequence == 0


@pytest.mark.parametrize("state", ["cancelled", "done", "begun", "patient is here"])
def test_what_is_over_or_goes_on_is_not_moved(session: Session, booked: Appointment, state: str) -> None:
    wanted, now = free(session, booked)[1], clock.now()
    if state == "cancelled":
        booked.cancel(now)
    elif state == "done":
        booked.finish()
    elif state == "begun":
        now = booked.start
    else:
        check_in(session, booked.ticket, booked, booked.start - timedelta(minutes=10))
    with pytest.raises(NotChangeable):
        reschedule.move(session, booked, wanted, now)


@pytest.mark.parametrize(("settings", "hours", "may"), [
    ({}, 25, True), ({}, 23, False), ({"change_until_hours": 1}, 2, True), ({"change_until_hours": 0}, 0.1, True),
    ({"patients_may_change": False}, 40, False),
])  # fmt: skip
def test_patients_change_until_the_clinics_hours_before(
    clinic: Clinic, session: Session, booked: Appointment, settings: dict[str, object], hours: float, may: bool
) -> None:
    for name, value in settings.items():
        setattr(session.get_one(Organization, clinic.id), name, value)
    session.flush()
    now = booked.start - timedelta(hours=hours)
    if may:
        reschedule.require_patient_may_change(booked, now)
    else:
        with pytest.raises(TooLateToChange):
            reschedule.require_patient_may_change(booked, now)


def test_nobody_is_reminded_of_the_old_time_nor_of_what_was_moved_after_the_moment(clinic: Clinic, session: Session, booked: Appointment) -> None:
    zone = session.get_one(Organization, clinic.id).tz
    moment = reminder.morning_of(booked.start, 7, zone)
    assert reminder.write_due(session, moment) == 1
    reschedule.move(session, booked, free(session, booked)[3], moment + timedelta(minutes=1))
    assert reminder.write_due(session, moment + timedelta(minutes=2)) == 0


def test_every_desk_hears_of_it_after_the_commit(clinic: Clinic) -> None:
    told: list[AppointmentChanged] = []
    with clinic.session() as session:
        appointment_id = clinic.book(session).id
    hearer = when(AppointmentChanged)(told.append)
    try:
        with clinic.session() as session:
            found = session.get_one(Appointment, appointment_id)
            reschedule.move(session, found, free(session, found)[1], clock.now())
    finally:
        listeners[AppointmentChanged].remove(hearer)
    assert [fact.appointment_id for fact in told] == [appointment_id]


@pytest.fixture
def crowd(clinic: Clinic) -> Iterator[list[int]]:
    """Eight appointments of one person, and nothing at the ninth time."""
    with clinic.session() as session:
        first = clinic.book(session)
        widget, ids = session.get_one(Widget, first.widget_id), [first.id]
        for _ in range(7):
            ids.append(booking.book(session, widget, clinic.booking(free(session, first)[0]), clock.now()).id)
    yield ids


def test_of_eight_who_move_to_the_same_time_exactly_one_wins(clinic: Clinic, crowd: list[int]) -> None:
    with clinic.session() as session:
        wanted = free(session, session.get_one(Appointment, crowd[0]))[0]

    def move(appointment_id: int) -> bool:
        try:
            with clinic.session() as session:
                reschedule.move(session, session.get_one(Appointment, appointment_id), wanted, clock.now())
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(len(crowd)) as pool:
        assert sorted(pool.map(move, crowd)) == [False] * 7 + [True]
    with clinic.session() as session:
        ticks = [row.tick for row in session.query(BookedTick)]
        assert len(ticks) == len(set(ticks))
        assert [session.get_one(Appointment, i).start for i in crowd].count(booking.time_of(wanted)) == 1
