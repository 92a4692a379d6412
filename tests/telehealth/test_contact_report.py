"""What became of those who wrote, against cases made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from telehealth import case, contact_report, message
from telehealth.case import Case, CaseOutcome, Reason
from telehealth.channel import Channel
from telehealth.contact_report import Fate, Way
from telehealth.conversation import AuthorKind
from telehealth.database import Session
from telehealth.message import Author
from telehealth.report import share
from tests.clinic import Clinic, client_id

ZONE, MINUTE = ZoneInfo("Europe/Amsterdam"), timedelta(minutes=1)
NIGHT = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)  # half past midnight of the fifth in Amsterdam


def asked(session: Session, clinic: Clinic, at: datetime, *, answered: int = 0, done: int = 0, reason: int | None = None) -> Case:
    """A case that opened then; answered and done so many minutes later, 0 for never."""
    nurse = clinic.staff("nurse")
    thread = clinic.conversation(session)
    found = case.of_thread(session, thread.id)
    assert found is not None
    found.opened_at = found.waiting_since = at
    if answered:
        thread.claim(nurse, at + answered * MINUTE)
        by = Author(AuthorKind.STAFF, nurse.name, nurse.practitioner_id)
        message.post(session, thread.id, client_id(), "Yes", by=by, now=at + answered * MINUTE)
        session.refresh(thread)
    if done:
        thread.close(nurse, at + done * MINUTE)
        found.finish(nurse, at + done * MINUTE, outcome_id=reason)
    session.flush()
    return found


def test_cases_are_counted_by_what_became_of_them_and_how_long_it_took(clinic: Clinic, session: Session) -> None:
    session.get_one(Channel, clinic.channels["open"]).enter(clinic.staff("nurse"), active=True, now=NIGHT)
    session.add(reason := CaseOutcome(name="Answered"))
    session.flush()
    for answered, done in ((2, 10), (4, 30), (9, 0)):
        asked(session, clinic, NIGHT, answered=answered, done=done, reason=reason.id if done else None)
    asked(session, clinic, NIGHT, done=5, reason=reason.id)
    asked(session, clinic, NIGHT + 24 * 60 * MINUTE)
    left = asked(session, clinic, NIGHT)
    left.thread.leave_to_be_answered(NIGHT + 40 * MINUTE)
    left.thread.finish(NIGHT + 41 * MINUTE, why=Reason.ABANDONED)
    session.flush()
    first = datetime(2026, 3, 5, tzinfo=ZONE).date()
    found = contact_report.report(session, Case.id.is_not(None), first, first, ZONE)
    assert {fate: found.whole.counts[fate] for fate in Fate} == {Fate.ANSWERED: 3, Fate.LEFT: 1, Fate.CLOSED: 1, Fate.OPEN: 0}
    assert (share(found.whole.waits, 0.5), share(found.whole.waits, 0.9)) == (4 * MINUTE, 9 * MINUTE)
    assert share(found.whole.lengths, 0.5) == 8 * MINUTE
    assert {(one.hour, one.way, one.channel_id) for one in found.told} == {(0, Way.WEBSITE, clinic.channels["open"])}
    assert sorted(str(one.reason_id or "") for one in found.told) == ["", "", *[str(reason.id)] * 3]
    whole = contact_report.report(session, Case.id.is_not(None), first, first + timedelta(days=1), ZONE)
    assert [line.total for _day, line in whole.days] == [5, 1]
    assert whole.days[1][1].counts[Fate.OPEN] == 1


def test_another_organisations_cases_are_not_counted(clinic: Clinic, other: Clinic, session: Session) -> None:
    with other.session() as theirs:
        asked(theirs, other, NIGHT)
    day = NIGHT.date()
    assert contact_report.report(session, Case.id.is_not(None), day, day + timedelta(days=2), ZONE).told == []
