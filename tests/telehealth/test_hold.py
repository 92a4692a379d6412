"""Holds: a chosen time is kept for whoever is telling who it is for, and for nobody longer than promised."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from telehealth import booking, clock, hold, occupancy, reschedule
from telehealth.booking import Appointment, Search, SlotTaken, UnknownSlot
from telehealth.database import Session
from telehealth.hold import TooManyHolds
from telehealth.occupancy import BookedTick, Hold
from telehealth.organization import Organization
from telehealth.schedule import Slot
from telehealth.widget import Widget
from tests.clinic import Clinic

PATIENCE = timedelta(minutes=10)


def widget_of(clinic: Clinic, session: Session) -> Widget:
    return session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()


def free(session: Session, visitor: str = "") -> list[Slot]:
    now = clock.now()
    return booking.day_of(session, Search(visitor=visitor), (now + timedelta(days=2)).date(), now)


def test_a_held_time_is_free_for_its_holder_alone(clinic: Clinic, session: Session) -> None:
    before = free(session)
    made = hold.keep(session, widget_of(clinic, session), "anna", before[0].id, clock.now())
    assert made.expires_at > clock.now() + PATIENCE - timedelta(seconds=5)
    assert {slot.id for slot in before} - {slot.id for slot in free(session)} == {before[0].id}
    assert free(session, "anna") == before
    with pytest.raises(SlotTaken):
        booking.book(session, widget_of(clinic, session), clinic.booking(before[0].id, visitor="ben"), clock.now())
    with pytest.raises(SlotTaken):
        hold.keep(session, widget_of(clinic, session), "ben", before[0].id, clock.now())


def test_the_holder_books_what_is_held_and_nothing_is_held_any_more(clinic: Clinic, session: Session) -> None:
    slot = free(session)[0]
    hold.keep(session, widget_of(clinic, session), "anna", slot.id, clock.now())
    made = booking.book(session, widget_of(clinic, session), clinic.booking(slot.id, visitor="anna", held=True), clock.now())
    assert made.start == slot.start
    assert not session.query(Hold).count()
    assert {row.appointment_id for row in session.query(BookedTick)} == {made.id}


def test_choosing_another_time_gives_the_first_one_back(clinic: Clinic, session: Session) -> None:
    first, second = free(session)[:2]
    for slot in (first, second):
        hold.keep(session, widget_of(clinic, session), "anna", slot.id, clock.now())
    assert first.id in {slot.id for slot in free(session)}
    assert second.id not in {slot.id for slot in free(session)}


def test_a_time_that_cannot_be_had_leaves_the_one_that_is_held(clinic: Clinic, session: Session) -> None:
    first, second = free(session)[:2]
    hold.keep(session, widget_of(clinic, session), "ben", second.id, clock.now())
    hold.keep(session, widget_of(clinic, session), "anna", first.id, clock.now())
    with pytest.raises(SlotTaken):
        hold.keep(session, widget_of(clinic, session), "anna", second.id, clock.now())
    with pytest.raises(UnknownSlot):
        hold.keep(session, widget_of(clinic, session), "anna", "1-1-1", clock.now())
    assert session.scalars(select(Hold.slot_id).where(Hold.visitor == "anna")).one() == first.id


def test_letting_go_frees_the_time_however_often_it_is_said(clinic: Clinic, session: Session) -> None:
    before = free(session)
    hold.keep(session, widget_of(clinic, session), "anna", before[0].id, clock.now())
    for _ in range(2):
        hold.let_go(session, widget_of(clinic, session), "anna")
    assert free(session) == before
    assert not session.query(BookedTick).count()


def test_what_has_expired_is_in_nobodys_way_though_nobody_tidied_it(clinic: Clinic, session: Session) -> None:
    slot, other = free(session)[:2]
    for who, chosen in (("anna", slot), ("ben", other)):
        hold.keep(session, widget_of(clinic, session), who, chosen.id, clock.now())
    later = clock.now() + PATIENCE
    assert booking.book(session, widget_of(clinic, session), clinic.booking(slot.id, visitor="carl"), later).start == slot.start
    assert session.scalars(select(Hold.visitor)).all() == ["ben"]
    mine = hold.keep(session, widget_of(clinic, session), "dora", other.id, later)
    assert session.scalars(select(Hold.id)).all() == [mine.id]


def test_an_appointment_moves_onto_an_expired_hold_and_onto_no_other(clinic: Clinic, session: Session) -> None:
    booked = clinic.book(session)
    slot = free(session)[0]
    hold.keep(session, widget_of(clinic, session), "anna", slot.id, clock.now())
    with pytest.raises(SlotTaken):
        reschedule.move(session, booked, slot.id, clock.now())
    reschedule.move(session, booked, slot.id, clock.now() + PATIENCE)
    assert booked.start == slot.start


def test_a_hold_that_expired_while_its_holder_was_typing_is_booked_unless_somebody_else_was_faster(clinic: Clinic, session: Session) -> None:
    slot, other = free(session)[:2]
    hold.keep(session, widget_of(clinic, session), "anna", slot.id, clock.now())
    hold.keep(session, widget_of(clinic, session), "ben", other.id, clock.now())
    later = clock.now() + PATIENCE
    assert booking.book(session, widget_of(clinic, session), clinic.booking(slot.id, visitor="anna", held=True), later)
    booking.book(session, widget_of(clinic, session), clinic.booking(other.id, visitor="carl"), later)
    with pytest.raises(SlotTaken):
        booking.book(session, widget_of(clinic, session), clinic.booking(other.id, visitor="ben", held=True), later)


def test_tidying_takes_what_has_expired_and_nothing_else(clinic: Clinic, session: Session) -> None:
    before = free(session)
    for who, chosen in (("anna", before[0]), ("ben", before[1])):
        hold.keep(session, widget_of(clinic, session), who, chosen.id, clock.now())
    session.scalars(select(Hold).where(Hold.visitor == "anna")).one().expires_at = clock.now()
    session.flush()
    assert hold.tidy(session, clock.now()) == 1
    assert session.scalars(select(Hold.visitor)).all() == ["ben"]


def test_nobody_keeps_a_whole_clinic_busy(clinic: Clinic, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "MOST_AT_ONCE", 2)
    slots = free(session)
    for who in range(2):
        hold.keep(session, widget_of(clinic, session), f"visitor-{who}", slots[who].id, clock.now())
    with pytest.raises(TooManyHolds):
        hold.keep(session, widget_of(clinic, session), "another", slots[2].id, clock.now())


def test_the_clinic_says_how_long(clinic: Clinic, session: Session) -> None:
    session.get_one(Organization, clinic.id).hold_minutes = 3
    now = clock.now()
    made = hold.keep(session, widget_of(clinic, session), "anna", free(session)[0].id, now)
    assert made.expires_at == now + timedelta(minutes=3)


@pytest.mark.parametrize("racers", [8, 40])
def test_of_many_who_want_the_same_time_exactly_one_gets_it_held_or_booked(clinic: Clinic, racers: int) -> None:
    """Holders, bookers and the owner of an expired hold, on times that overlap."""
    with clinic.session() as session:
        slot = free(session)[0]
        hold.keep(session, widget_of(clinic, session), "late", slot.id, clock.now() - 2 * PATIENCE)

    def want(number: int) -> bool:
        try:
            with clinic.session() as session:
                widget, visitor = widget_of(clinic, session), f"visitor-{number}"
                if number % 2:
                    hold.keep(session, widget, visitor, slot.id, clock.now())
                else:
                    booking.book(session, widget, clinic.booking(slot.id, visitor=visitor), clock.now())
        except SlotTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(want, range(racers))) == 1
    with clinic.session() as session:
        assert session.query(Appointment).count() + session.query(Hold).count() == 1
        rows = session.query(BookedTick).all()
        assert len(rows) == slot.length + slot.gap
        assert len({(row.appointment_id, row.hold_id) for row in rows}) == 1


def test_the_guard_itself_knows_only_appointments_and_holds(clinic: Clinic, session: Session) -> None:
    made = clinic.book(session)
    occupancy.free(session, made.id)
    assert not session.query(BookedTick).count()
