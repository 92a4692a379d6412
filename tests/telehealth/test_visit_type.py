"""Visit types: their lengths on the grid, their prices, and what an appointment keeps of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from telehealth import booking, clock, no_show, reschedule, schedule, staff_booking
from telehealth.booking import Appointment, AppointmentStatus, Search, SlotTaken, UnknownSlot
from telehealth.database import Session
from telehealth.organization import Organization
from telehealth.schedule import Availability, Slot
from telehealth.staff_booking import Plan
from telehealth.tick import NotOnTick
from telehealth.visit_type import Mode, UnknownVisitType, VisitType
from telehealth.widget import Widget
from tests.clinic import Clinic

MONDAY, SATURDAY = date(2026, 11, 30), date(2026, 11, 28)


def offer(session: Session, **columns: object) -> VisitType:
    kind = VisitType(**({"name": "A type"} | columns))
    session.add(kind)
    session.flush()
    return kind


def in_two_days(session: Session, search: Search) -> list[Slot]:
    zone = session.get_one(Organization, session.organization_id).tz
    return booking.day_of(session, search, (clock.now().astimezone(zone) + timedelta(days=2)).date(), clock.now())


def book(clinic: Clinic, session: Session, slot: Slot) -> Appointment:
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    return booking.book(session, widget, clinic.booking(slot.id), clock.now())


def test_a_type_with_a_length_of_its_own_has_a_grid_of_its_own(clinic: Clinic, session: Session) -> None:
    untyped = in_two_days(session, Search())
    short = offer(session, mode=Mode.PHONE, length_minutes=10)
    found = in_two_days(session, Search(visit_type_id=short.id))
    assert {slot.end - slot.start for slot in found} == {timedelta(minutes=10)}
    assert found[0].start == untyped[0].start
    assert len(found) > len(untyped)


def test_without_a_length_it_takes_as_long_as_the_availability_says(clinic: Clinic, session: Session) -> None:
    untyped = [slot.tick for slot in in_two_days(session, Search())]
    kind = offer(session)
    found = in_two_days(session, Search(visit_type_id=kind.id))
    assert [slot.tick for slot in found] == untyped
    assert {slot.visit_type_id for slot in found} == {kind.id}


def test_who_names_no_type_gets_the_first_that_is_offered(clinic: Clinic, session: Session) -> None:
    offer(session, name="Second", position=2)
    first = offer(session, name="First", position=1)
    offer(session, name="Never", position=0, active=False)
    assert {slot.visit_type_id for slot in in_two_days(session, Search())} == {first.id}


def test_staff_look_without_a_type(clinic: Clinic, session: Session) -> None:
    offer(session)
    untyped = in_two_days(session, Search(visit_type_id=booking.UNTYPED))
    assert {slot.visit_type_id for slot in untyped} == {None}


def test_a_slot_that_names_no_type_is_refused_where_types_are_offered(clinic: Clinic, session: Session) -> None:
    """Or its price and length could be left out."""
    slot = in_two_days(session, Search())[0]
    offer(session, price=Decimal(45))
    with pytest.raises(UnknownSlot):
        book(clinic, session, slot)


@pytest.mark.parametrize("gone", ["paused", "other times"])
def test_a_type_that_is_not_offered_then_is_refused(clinic: Clinic, session: Session, gone: str) -> None:
    kind, other = offer(session), offer(session)
    slot = in_two_days(session, Search(visit_type_id=kind.id))[0]
    if gone == "paused":
        kind.active = False
    else:
        for row in session.query(Availability):
            row.visit_types = [other.id]
    session.flush()
    assert not in_two_days(session, Search(visit_type_id=kind.id))
    with pytest.raises(UnknownSlot):
        book(clinic, session, slot)


def test_another_clinics_type_is_unknown(clinic: Clinic, other: Clinic, session: Session) -> None:
    with other.session() as theirs:
        foreign = offer(theirs).id
        theirs.commit()
    offer(session)
    slot = in_two_days(session, Search())[0]
    forged = f"{slot.practitioner_id}-{slot.availability_id}-{slot.tick}-{foreign}"
    with pytest.raises(UnknownSlot):
        booking.find_slot(session, forged, clock.now())


def test_a_short_call_knocks_out_the_longer_visits_it_touches(clinic: Clinic, session: Session) -> None:
    short, long = offer(session, length_minutes=10), offer(session, length_minutes=60)
    before = in_two_days(session, Search(visit_type_id=long.id))
    taken = in_two_days(session, Search(visit_type_id=short.id))[2]
    book(clinic, session, taken)
    hit = {s.tick for s in before if s.practitioner_id == taken.practitioner_id and set(s.ticks) & set(taken.ticks)}
    after = in_two_days(session, Search(visit_type_id=long.id))
    left = {(s.practitioner_id, s.tick) for s in before} - {(s.practitioner_id, s.tick) for s in after}
    assert hit
    assert left == {(taken.practitioner_id, tick) for tick in hit}
    with pytest.raises(SlotTaken):
        book(clinic, session, next(s for s in before if s.tick in hit and s.practitioner_id == taken.practitioner_id))


def test_the_appointment_keeps_mode_and_price_of_the_day(clinic: Clinic, session: Session) -> None:
    kind = offer(session, mode=Mode.ON_SITE, price=Decimal("45.50"), place="Room 3")
    made = book(clinic, session, in_two_days(session, Search())[0])
    kind.price, kind.mode = Decimal(99), Mode.VIDEO
    session.flush()
    session.refresh(made)
    assert (made.mode, made.price, made.currency, made.visit_type) == (Mode.ON_SITE, Decimal("45.50"), "EUR", kind)


@pytest.mark.parametrize(
    ("price", "weekend", "on_monday", "on_saturday"),
    [(45, None, 45, 45), (45, 60, 45, 60), (None, 60, None, 60), (45, 0, 45, None), (None, None, None, None)],
)
def test_weekends_may_have_a_price_of_their_own(price: int, weekend: int, on_monday: int, on_saturday: int) -> None:
    kind = VisitType(price=price, weekend_price=weekend)
    assert (kind.price_on(MONDAY), kind.price_on(SATURDAY)) == (on_monday, on_saturday)


def test_moving_keeps_the_type(clinic: Clinic, session: Session) -> None:
    kind = offer(session, mode=Mode.PHONE, length_minutes=10)
    other = offer(session, length_minutes=10)
    found = in_two_days(session, Search(visit_type_id=kind.id))
    made = book(clinic, session, found[0])
    assert booking.visit_type_to_keep(made) == kind.id
    with pytest.raises(UnknownSlot):
        reschedule.move(session, made, in_two_days(session, Search(visit_type_id=other.id))[4].id, clock.now())
    reschedule.move(session, made, found[4].id, clock.now())
    assert (made.mode, made.start) == (Mode.PHONE, found[4].start)


def test_an_appointment_whose_type_is_gone_can_still_be_moved(clinic: Clinic, session: Session) -> None:
    kind = offer(session, mode=Mode.PHONE)
    made = book(clinic, session, in_two_days(session, Search())[0])
    kind.active = False
    offer(session, name="Another")
    found = in_two_days(session, Search(visit_type_id=booking.visit_type_to_keep(made)))
    reschedule.move(session, made, found[3].id, clock.now())
    assert (made.start, made.mode) == (found[3].start, Mode.PHONE)


def test_staff_choose_a_type_and_any_length(clinic: Clinic, session: Session) -> None:
    kind = offer(session, mode=Mode.PHONE, price=Decimal(10))
    patient = clinic.arrive(session).patient.id
    day = (clock.now() + timedelta(days=3)).date()
    plan = Plan(
        "typed-by-staff", clinic.people["doctor"], clinic.departments[0], patient,
        datetime.combine(day, datetime.min.time()) + timedelta(hours=20), 15, visit_type_id=kind.id,
    )  # fmt: skip
    (made,) = staff_booking.make(session, clinic.staff("doctor"), plan, clock.now()).appointments
    assert (made.mode, made.price, made.end - made.start) == (Mode.PHONE, Decimal(10), timedelta(minutes=15))


def test_staff_cannot_choose_a_type_that_is_paused(clinic: Clinic, session: Session) -> None:
    kind = offer(session, active=False)
    patient = clinic.arrive(session).patient.id
    day = (clock.now() + timedelta(days=3)).date()
    start = datetime.combine(day, datetime.min.time()) + timedelta(hours=20)
    plan = Plan("paused", clinic.people["doctor"], clinic.departments[0], patient, start, 15, visit_type_id=kind.id)
    with pytest.raises(UnknownVisitType):
        staff_booking.make(session, clinic.staff("doctor"), plan, clock.now())


@pytest.mark.parametrize(("mode", "missed"), [(Mode.VIDEO, 1), (Mode.CHAT, 1), (Mode.PHONE, 0), (Mode.ON_SITE, 0)])
def test_only_who_was_to_come_to_our_waiting_room_is_noted_as_missing(
    clinic: Clinic, session: Session, mode: Mode, missed: int
) -> None:
    offer(session, mode=mode)
    made = book(clinic, session, in_two_days(session, Search())[0])
    assert no_show.note(session, made.end + timedelta(hours=2)) == missed
    assert (made.status is AppointmentStatus.NO_SHOW) == bool(missed)


def test_lengths_are_multiples_of_five_minutes() -> None:
    with pytest.raises(NotOnTick):
        VisitType(length_minutes=12)


def test_a_slots_id_names_its_type() -> None:
    slot = Slot(1, 2, 300, 4, 2, 5, 7)
    assert slot.id == "1-2-300-7"
    assert booking.time_of(slot.id) == schedule.moment_of(300)
    for wrong in ("1-2-300-", "1-2-300-0", "1-2-300-7-1", "1-2-300--7"):
        with pytest.raises(UnknownSlot):
            booking.time_of(wrong)
