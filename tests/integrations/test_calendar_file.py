"""Our calendar files as ical.js reads them: what they ask for, which entry they mean, and when it is, in UTC."""

from __future__ import annotations

import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.calendar import feed_of, invitation
from telehealth import booking, calendar_feed, clock, reschedule
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.practitioner import Practitioner

READER = Path(__file__).with_name("calendar_file.mjs")


def read(text: str) -> dict[str, Any]:
    done = subprocess.run(["node", READER], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def told(made: Appointment, uid: str, status: str | None) -> dict[str, Any]:
    """The entry as it should be understood."""
    start, end = (f"{moment:%Y-%m-%dT%H:%M:%S}.000Z" for moment in (made.start, made.end))
    return {"uid": uid, "sequence": made.sequence, "status": status, "start": start, "end": end, "zones": ["UTC", "UTC"]}


@pytest.fixture
def in_request(app: Any) -> Any:
    with app.test_request_context("/"):
        yield


@pytest.fixture
def moved(session: Any, clinic: Any) -> Appointment:
    """An appointment that was moved once."""
    made = clinic.book(session)
    search = booking.Search(practitioner_id=made.practitioner_id)
    reschedule.move(session, made, booking.day_of(session, search, made.start.date(), clock.now())[1].id, clock.now())
    return made


@pytest.mark.parametrize(("cancelled", "method", "status"), [(False, "REQUEST", "CONFIRMED"), (True, "CANCEL", "CANCELLED")])
def test_an_invitation_and_its_end_mean_the_same_entry(
    in_request: Any, session: Any, house: Any, moved: Appointment, cancelled: bool, method: str, status: str
) -> None:
    if cancelled:
        moved.cancel(clock.now())
    file = invitation(moved, session.get_one(Organization, moved.organization_id), house.settings)
    assert moved.sequence == 1 + cancelled
    assert read(file["text"]) == {"method": method, "events": [told(moved, f"{moved.uid}@konsulto", status)]}


def test_the_feed_of_a_practitioner_has_each_appointment_once(in_request: Any, session: Any, house: Any, clinic: Any, moved: Appointment) -> None:
    person = session.get_one(Practitioner, moved.practitioner_id)
    mine = list(calendar_feed.appointments(session, person, clock.now()))
    assert moved in mine
    own = session.get_one(Organization, clinic.id)
    found = read(feed_of(mine, own, house.settings).to_ical().decode())
    assert found == {"method": "PUBLISH", "events": [told(made, f"{made.uid}-desk@konsulto", None) for made in mine]}
    assert all(datetime.fromisoformat(event["start"]).utcoffset() is not None for event in found["events"])
