"""External people at the desk: invited with an appointment or later, seen where they are, taken out, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth import clock, participant, waiting_room
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.participant import ExternalPerson, Group, Participant, Presence
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic
from tests.desk.test_new_appointment import wanted
from tests.desk.test_quick_consultation import wanted as wanted_now


@pytest.fixture
def family(clinic: Clinic) -> tuple[int, int]:
    """A group and somebody in it, by their ids."""
    return known(clinic)


def known(clinic: Clinic, name: str = "Visser") -> tuple[int, int]:
    with clinic.session() as session:
        group = Group(name=f"Group of {name}")
        person = ExternalPerson(last_name=name, email=f"{name.lower()}@example.org", groups=[group])
        session.add(person)
        session.flush()
        return group.id, person.id


def guest(group: int, /, **changes: Any) -> dict[str, Any]:
    return {"group": group, "initials": "C.", "last_name": "Smit", "email": "smit@example.org"} | changes


def last(clinic: Clinic) -> int:
    with clinic.session() as session:
        return session.query(Appointment).order_by(Appointment.id.desc()).first().id


def recipients(clinic: Clinic, kind: MailKind) -> list[str]:
    with clinic.session() as session:
        return sorted(row.recipient for row in session.query(OutgoingMail).filter_by(kind=kind))


def test_people_of_a_group_and_somebody_new_are_invited_with_the_appointment(clinic: Clinic, open_page: Any, family: Any) -> None:
    page, (group, person) = open_page(clinic, "doctor"), family
    page.done("make_appointment", **wanted(clinic, participants=[person], guests=[guest(group)]))
    rows = page.done("participants", appointment=last(clinic))["participants"]
    assert [(row["name"], row["where"]) for row in rows] == [("Visser", "away"), ("C. Smit", "away")]
    assert recipients(clinic, MailKind.PARTICIPANT) == ["smit@example.org", "visser@example.org"]


@pytest.mark.parametrize(("changes", "code", "field"), [
    ({"email": "nobody"}, "invalid", "guests.0.email"), ({"last_name": " "}, "invalid", "guests.0.last_name"), ({"group": 999_999}, "unknown_group", None),
])  # fmt: skip
def test_what_is_wrong_with_somebody_new_is_said_and_makes_nothing(
    clinic: Clinic, open_page: Any, family: Any, changes: dict[str, Any], code: str, field: str | None
) -> None:
    refused = open_page(clinic, "doctor").send("make_appointment", **wanted(clinic, guests=[guest(family[0], **changes)]))
    assert refused["error"] == code
    assert field is None or field in refused["fields"]
    with clinic.session() as session:
        assert not session.query(Appointment).count()


def test_more_than_a_call_holds_are_refused(clinic: Clinic, open_page: Any, family: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).call_seats = 2
    refused = open_page(clinic, "doctor").send("make_appointment", **wanted(clinic, participants=[family[1]]))
    assert refused["error"] == "too_many_participants"


def test_people_of_the_clinic_next_door_cannot_be_invited(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    _group, stranger = known(other)
    page = open_page(clinic, "doctor")
    assert page.send("make_appointment", **wanted(clinic, participants=[stranger]))["error"] == "unknown_person"
    page.done("make_appointment", **wanted(clinic))
    assert page.send("invite", id=last(clinic), participants=[stranger])["error"] == "unknown_person"
    assert page.done("participants", appointment=last(clinic)) == {"participants": [], "groups": []}


def test_somebody_is_invited_later_and_taken_out_again(clinic: Clinic, open_page: Any, family: Any) -> None:
    page, watcher = open_page(clinic, "doctor"), open_page(clinic, "manager")
    page.done("make_appointment", **wanted(clinic))
    appointment = last(clinic)
    offered = page.done("participants", appointment=appointment)["groups"]
    assert offered == [{"name": "Group of Visser", "people": [{"id": family[1], "name": "Visser"}]}]
    page.done("invite", id=appointment, participants=[family[1]])
    assert watcher.events("participants")[-1] == {"appointment": appointment, "visit": None}
    found = page.done("participants", appointment=appointment)
    assert ([row["where"] for row in found["participants"]], found["groups"]) == (["away"], [])
    page.done("remove_participant", id=found["participants"][0]["id"])
    assert [row["where"] for row in page.done("participants", appointment=appointment)["participants"]] == ["removed"]
    assert recipients(clinic, MailKind.PARTICIPANT_CANCELLATION) == ["visser@example.org"]


def test_nobody_is_invited_to_what_is_cancelled(clinic: Clinic, open_page: Any, family: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic))
    page.done("cancel", id=last(clinic))
    assert page.send("invite", id=last(clinic), participants=[family[1]])["error"] == "too_late"


def test_other_departments_and_the_clinic_next_door_see_and_change_nothing(clinic: Clinic, other: Clinic, open_page: Any, family: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic, participants=[family[1]]))
    appointment = last(clinic)
    row = page.done("participants", appointment=appointment)["participants"][0]["id"]
    for clinic_, person in ((clinic, "nurse"), (other, "admin")):
        stranger = open_page(clinic_, person)
        assert stranger.send("participants", appointment=appointment)["error"] == "unknown"
        assert stranger.send("invite", id=appointment, participants=[family[1]])["error"] == "unknown"
        assert stranger.send("remove_participant", id=row)["error"] in {"unknown", "unknown_person"}
        assert not stranger.events("participants")
    with clinic.session() as session:
        assert session.get_one(Participant, row).removed_at is None


def test_the_page_asks_for_one_thing_at_a_time(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    assert page.send("participants")["error"] == "invalid"
    assert page.send("participants", visit=1, appointment=1)["error"] == "invalid"
    assert page.send("participants", visit=999_999)["error"] == "unknown"


def test_the_room_is_told_who_stands_before_the_door(clinic: Clinic, open_page: Any, family: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("make_appointment", **wanted(clinic, participants=[family[1]]))
    with clinic.session() as session:
        made = session.get_one(Appointment, last(clinic))
        with clock.at(made.start):
            visit = waiting_room.check_in(session, made.ticket, made, made.start)
        participant.of_appointment(session, made.id)[0].is_at(Presence.WAITING)
        visit_id = visit.id
    assert page.events("participants")[-1] == {"appointment": last(clinic), "visit": visit_id}
    assert [row["where"] for row in page.done("participants", visit=visit_id)["participants"]] == ["waiting"]


def test_a_quick_consultation_begins_with_others_who_get_their_links(clinic: Clinic, open_page: Any, family: Any) -> None:
    page, colleague = open_page(clinic, "doctor"), open_page(clinic, "manager")
    body = wanted_now(clinic, participants=[family[1]], guests=[guest(family[0])])
    assert page.done("start_quick", **body) == page.done("start_quick", **body)
    with clinic.session() as session:
        visit = session.query(Encounter).one().id
        assert session.query(Participant).count() == 2
    assert recipients(clinic, MailKind.PARTICIPANT) == ["smit@example.org", "visser@example.org"]
    rows = page.done("participants", visit=visit)["participants"]
    assert all("/visit/guest#" in row["link"] for row in rows)
    assert not any("link" in row for row in colleague.done("participants", visit=visit)["participants"]), "for whoever passes it on"


def test_without_mails_the_links_are_passed_on_by_hand(clinic: Clinic, open_page: Any, family: Any) -> None:
    open_page(clinic, "doctor").done("start_quick", **wanted_now(clinic, mail=False, participants=[family[1]]))
    assert recipients(clinic, MailKind.PARTICIPANT) == []


def test_the_form_offers_the_groups_and_no_other_clinics(clinic: Clinic, other: Clinic, staff: Any, family: Any) -> None:
    known(other, "Stranger")
    for path in ("/desk/calendar/new", "/desk/quick"):
        page = staff(clinic, "doctor").get(path).text
        assert "Group of Visser" in page and "visser@example.org" in page and "Stranger" not in page
