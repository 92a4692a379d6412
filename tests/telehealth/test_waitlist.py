"""The waitlist: told once, the first ones first, and only when something is free."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from telehealth import booking, clock, waitlist
from telehealth.booking import Appointment, Search
from telehealth.database import Session
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.schedule import Availability
from telehealth.waitlist import BadWish, FreeAlready, WaitlistEntry, WaitlistFull, Wish
from telehealth.widget import Widget
from tests.clinic import Clinic


def soon() -> date:
    return (clock.now() + timedelta(days=2)).date()


@pytest.fixture
def booked_out(clinic: Clinic, session: Session) -> list[Appointment]:
    """Only the doctor on one day, and every time of it taken."""
    for row in session.query(Availability):
        session.delete(row)
    session.add(Availability(
        practitioner_id=clinic.people["doctor"], valid_from=soon(), from_minute=540, to_minute=660, length_minutes=20, gap_minutes=10,
    ))  # fmt: skip
    session.flush()
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    slots = booking.day_of(session, Search(), soon(), clock.now())
    assert len(slots) == 4
    return [booking.book(session, widget, clinic.booking(slot.id), clock.now()) for slot in slots]


def join(clinic: Clinic, session: Session, email: str = "anna@example.org", **changes: Any) -> None:
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    waitlist.join(session, widget, Wish(**({"email": email, "locale": "en", "until": soon()} | changes)), clock.now())


def told(session: Session) -> list[str]:
    return [row.recipient for row in session.query(OutgoingMail).filter_by(kind=MailKind.TIME_FREE).order_by(OutgoingMail.id)]


def test_nobody_is_told_before_something_is_free_and_then_once(clinic: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    join(clinic, session)
    assert waitlist.tell(session, clock.now()) == 0
    booked_out[2].cancel(clock.now())
    assert waitlist.tell(session, clock.now()) == 1
    assert told(session) == ["anna@example.org"]
    assert not session.query(WaitlistEntry).count()
    assert waitlist.tell(session, clock.now()) == 0


def test_the_first_ones_have_it_to_themselves_for_a_while(clinic: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    for name in ("a", "b", "c", "d", "e"):
        join(clinic, session, f"{name}@example.org")
    booked_out[0].cancel(clock.now())
    now = clock.now()
    assert waitlist.tell(session, now) == 2
    assert waitlist.tell(session, now + timedelta(minutes=1)) == 0
    assert waitlist.tell(session, now + waitlist.PAUSE) == 2
    assert told(session) == ["a@example.org", "b@example.org", "c@example.org", "d@example.org"]
    free = booking.day_of(session, Search(), soon(), now)[0]
    widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
    booking.book(session, widget, clinic.booking(free.id), now)
    assert waitlist.tell(session, now + 3 * waitlist.PAUSE) == 0


def test_whoever_wishes_an_earlier_date_is_not_told_of_a_later_one(clinic: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    join(clinic, session, until=soon() - timedelta(days=1))
    booked_out[0].cancel(clock.now())
    assert waitlist.tell(session, clock.now()) == 0
    assert waitlist.tell(session, clock.now() + timedelta(days=3)) == 0
    assert not session.query(WaitlistEntry).count()


def test_a_department_or_person_of_ones_own_is_waited_for(clinic: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    join(clinic, session, "nurse@example.org", practitioner_id=clinic.people["nurse"])
    join(clinic, session, "doctor@example.org", department_id=clinic.departments[0])
    booked_out[0].cancel(clock.now())
    waitlist.tell(session, clock.now())
    assert told(session) == ["doctor@example.org"]


def test_an_address_stands_on_it_once_with_its_latest_wish(clinic: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    join(clinic, session)
    join(clinic, session, "ANNA@example.org", until=soon() - timedelta(days=1))
    assert [(row.email, row.until) for row in session.query(WaitlistEntry)] == [("anna@example.org", soon() - timedelta(days=1))]


def test_where_something_is_free_already_nobody_waits(clinic: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    booked_out[1].cancel(clock.now())
    with pytest.raises(FreeAlready) as already:
        join(clinic, session)
    assert already.value.day == soon()


@pytest.mark.parametrize("until", [timedelta(days=-1), timedelta(days=1_000)])
def test_a_date_that_cannot_be_is_refused(clinic: Clinic, session: Session, until: timedelta) -> None:
    with pytest.raises(BadWish):
        join(clinic, session, until=(clock.now() + until).date())


def test_the_list_has_an_end(clinic: Clinic, session: Session, booked_out: list[Appointment], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waitlist, "MOST", 1)
    join(clinic, session)
    with pytest.raises(WaitlistFull):
        join(clinic, session, "b@example.org")
    join(clinic, session, until=soon() - timedelta(days=1))


def test_the_neighbours_time_is_nobodys_here(clinic: Clinic, other: Clinic, session: Session, booked_out: list[Appointment]) -> None:
    join(clinic, session)
    session.commit()
    with other.session() as theirs:
        other.book(theirs).cancel(clock.now())
        assert waitlist.tell(theirs, clock.now()) == 0
    assert not told(session)
