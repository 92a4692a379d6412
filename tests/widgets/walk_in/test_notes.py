"""A note of staff for staff: no page of a visit is given it, and nothing that leaves the house carries it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from telehealth import clock, correspondence, message, reminder
from telehealth.database import Base
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic, client_id
from tests.page import Page
from tests.widgets.walk_in.test_routes import entry

SECRET = "Seems-afraid-of-her-husband"


@pytest.fixture
def patient(clinic: Clinic, visitor: Any) -> Any:
    found = visitor(clinic.widgets["walk_in"])
    assert found.post("/encounters", entry(clinic)).status_code == 201
    return found


@pytest.fixture
def pages(clinic: Clinic, patient: Any, live: str, staff: Any) -> Iterator[tuple[Page, Page]]:
    """The patient's page and the doctor's."""
    one = Page(live, "/walk-in", token=patient.token)
    other = Page(live, "/desk", token=staff(clinic, "doctor").send("/desk/token").json["token"])
    yield one, other
    for page in (one, other):
        page.close()


def test_a_note_beside_a_visit_leaves_the_house_by_no_way(app: Any, clinic: Clinic, patient: Any, pages: tuple[Page, Page]) -> None:
    page, doctor = pages
    with clinic.session() as session:
        visit = session.query(Encounter).one()
        number, uid = visit.conversation_id, visit.conversation.uid
    seq = doctor.ask("write_note", id=number, client_id=client_id(), text=SECRET)["seq"]
    doctor.ask("edit", id=number, seq=seq, text=f"{SECRET}, and of needles")
    doctor.ask("post", id=number, client_id=client_id(), text="We call you in soon.")
    told: list[Any] = [page.heard("message")]
    assert told[0]["text"] == "We call you in soon.", "nothing of the note was told before"
    current = patient.get("/encounters/current")
    assert current.status_code == 200
    told += [page.ask("catch_up", after=0), current.text]
    told += [app.test_client().get(f"/talk/{uid}/transcript?form={form}", headers=patient.headers).text for form in ("txt", "html")]
    assert "We call you in soon." in told[-1] and SECRET not in str(told)
    with clinic.session() as session:
        correspondence.tell_of_unread(session, clock.now())
        reminder.write_due(session, clock.now(), texting=True)
    assert _lies_open_in(clinic) == [], "mails, texts, pushes, notices and jobs are rows before they go out"
    with clinic.session() as session:
        assert [view.text for view in message.messages_and_notes(session, number) if view.internal] == [f"{SECRET}, and of needles"]


def _lies_open_in(clinic: Clinic) -> list[str]:
    """The tables in which the words of the note can be read."""
    found = []
    with clinic.session() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.connection().execute(select(table)).all()
            found += [table.name for row in rows if SECRET in str(tuple(row))]
    return found
