"""Reports of appointments: what became of them, how long they took, how long patients waited."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, true

from telehealth import report
from telehealth.booking import Appointment, AppointmentStatus
from telehealth.database import Session
from telehealth.report import Outcome, Report
from telehealth.visibility import visible
from telehealth.waiting_room import EndReason, check_in
from tests.clinic import Clinic

ZONE = ZoneInfo("Europe/Amsterdam")
DAY = date(2026, 3, 10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def make(clinic: Clinic, session: Session) -> Any:
    """An appointment at a UTC hour of some day, whatever its slot was."""
    slots = iter(range(20))

    def make(hour: int = 9, day: date = DAY, **values: Any) -> Appointment:
        made = clinic.book(session, next(slots))
        made.start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        made.end = made.start + 20 * MINUTE
        made.ticket.opens_at = made.ticket.closes_at = None
        made.first_tick = int(made.start.timestamp()) // 300
        made.last_tick = made.first_tick + 6
        for name, value in values.items():
            setattr(made, name, value)
        session.flush()
        return made

    return make


def seen(clinic: Clinic, session: Session, made: Appointment, late: int, took: int) -> None:
    """The patient comes at the time, waits so many minutes, and is seen for so many."""
    visit = check_in(session, made.ticket, made, made.start)
    visit.admit(clinic.staff("admin"), made.start + late * MINUTE)
    visit.end(clinic.staff("admin"), made.start + (late + took) * MINUTE)
    session.flush()


def of_days(session: Session, first: date = DAY, last: date = DAY, within: Any = None) -> Report:
    return report.report(session, true() if within is None else within, first, last, ZONE)


def test_it_says_what_became_of_each(clinic: Clinic, session: Session, make: Any) -> None:
    seen(clinic, session, make(), late=5, took=15)
    make(status=AppointmentStatus.DONE)
    make(status=AppointmentStatus.NO_SHOW)
    make(status=AppointmentStatus.CANCELLED)
    make()
    whole = of_days(session).whole
    assert whole.counts == {Outcome.HELD: 2, Outcome.NO_SHOW: 1, Outcome.CANCELLED: 1, Outcome.UNKNOWN: 1}
    assert whole.total == 5
    assert whole.missed == pytest.approx(1 / 3)
    assert (whole.lengths, whole.waits) == ([15 * MINUTE], [5 * MINUTE])


def test_waiting_begins_with_the_appointed_time_or_with_coming_late(clinic: Clinic, session: Session, make: Any) -> None:
    made = make()
    visit = check_in(session, made.ticket, made, made.start - 20 * MINUTE)
    visit.admit(clinic.staff("admin"), made.start + 4 * MINUTE)
    late = make()
    visit = check_in(session, late.ticket, late, late.start + 10 * MINUTE)
    visit.admit(clinic.staff("admin"), late.start + 12 * MINUTE)
    early = make()
    visit = check_in(session, early.ticket, early, early.start - 20 * MINUTE)
    visit.admit(clinic.staff("admin"), early.start - 5 * MINUTE)
    assert sorted(of_days(session).whole.waits) == [0 * MINUTE, 2 * MINUTE, 4 * MINUTE]


def test_who_left_and_came_again_is_one_appointment_that_was_held(clinic: Clinic, session: Session, make: Any) -> None:
    made = make()
    check_in(session, made.ticket, made, made.start).leave(made.start + MINUTE)
    seen(clinic, session, made, late=3, took=10)
    whole = of_days(session).whole
    assert (whole.counts, whole.lengths) == ({Outcome.HELD: 1}, [10 * MINUTE])


def test_who_left_without_being_called_in_was_not_seen(clinic: Clinic, session: Session, make: Any) -> None:
    made = make()
    visit = check_in(session, made.ticket, made, made.start)
    visit.leave(made.start + 30 * MINUTE)
    assert visit.end_reason is EndReason.LEFT
    assert of_days(session).whole.counts == {Outcome.UNKNOWN: 1}


def test_days_are_those_of_the_clinics_clock_and_empty_ones_are_named_too(clinic: Clinic, session: Session, make: Any) -> None:
    make(hour=22)  # 23:00 there
    make(hour=23)  # the next day there
    days = of_days(session, DAY, DAY + timedelta(days=2)).days
    assert [(day.day, line.total) for day, line in days] == [(10, 1), (11, 1), (12, 0)]


def test_nobody_counts_what_they_may_not_see(clinic: Clinic, other: Clinic, session: Session, make: Any) -> None:
    made = make()
    assert of_days(session, within=visible(clinic.staff("admin"), Appointment)).whole.total == 1
    colleague = "nurse" if made.practitioner_id == clinic.people["doctor"] else "doctor"
    assert of_days(session, within=visible(clinic.staff(colleague), Appointment)).whole.total == 0
    with other.session() as theirs:
        assert of_days(theirs).whole.total == 0


def test_a_report_is_one_question_however_many_appointments(clinic: Clinic, session: Session, make: Any) -> None:
    for _ in range(3):
        seen(clinic, session, make(), late=1, took=2)
    session.flush()
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", note := lambda *call: asked.append(call[2]))
    of_days(session)
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert len(asked) == 1


@pytest.mark.parametrize(("values", "part", "expected"), [
    ([], 0.5, None), ([4], 0.5, 4), ([1, 2, 3], 0.5, 2), ([1, 2, 3, 4], 0.5, 2), (list(range(1, 11)), 0.9, 9), ([1, 9], 0.9, 9),
])  # fmt: skip
def test_a_share_is_a_value_that_was_measured(values: list[int], part: float, expected: int | None) -> None:
    found = report.share([value * MINUTE for value in values], part)
    assert found == (None if expected is None else expected * MINUTE)


def test_a_month_ends_with_its_last_day_or_yesterday() -> None:
    today = date(2026, 3, 10)
    assert report.month_of(date(2026, 2, 14), today) == (date(2026, 2, 1), date(2026, 2, 28))
    assert report.month_of(date(2025, 12, 31), today) == (date(2025, 12, 1), date(2025, 12, 31))
    assert report.month_of(today, today) == (date(2026, 3, 1), date(2026, 3, 9))
    assert report.last_days(today) == (date(2026, 1, 29), date(2026, 3, 9))
