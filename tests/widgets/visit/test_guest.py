"""A participant's link: what its holder is told, and that nobody comes in before the patient, nor where they are not invited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from socketio.exceptions import ConnectionError as Refused

from telehealth import clock, participant, staff_booking, waiting_room
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.participant import Group, NewPerson, Participant, Presence
from telehealth.staff_booking import NewPatient, Plan
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic, client_id
from tests.page import Page
from tests.patience import until

ON = {"microphone": True, "camera": True, "screen": False, "picture": True}


@dataclass
class Invited:
    """An appointment that has just begun, and the link of somebody invited to it."""

    clinic: Clinic
    appointment_id: int
    participant_id: int
    token: str
    patients_token: str

    def patient_comes(self) -> int:
        """The patient is in the consultation; gives the visit's id."""
        with self.clinic.session() as session:
            appointment = session.get_one(Appointment, self.appointment_id)
            visit = waiting_room.check_in(session, appointment.ticket, appointment, clock.now())
            visit.admit(self.clinic.staff("doctor"), clock.now())
            return visit.id

    def with_visit(self, do: Callable[[Encounter], object]) -> None:
        with self.clinic.session() as session:
            do(session.query(Encounter).filter_by(appointment_id=self.appointment_id).one())

    def remove(self) -> None:
        with self.clinic.session() as session:
            session.get_one(Participant, self.participant_id).remove(self.clinic.staff("doctor"), clock.now())

    def presence(self) -> Presence:
        with self.clinic.session() as session:
            return session.get_one(Participant, self.participant_id).presence


@pytest.fixture
def invite() -> Callable[..., Invited]:
    def make(clinic: Clinic, name: str = "Visser", minutes: int = 5) -> Invited:
        with clinic.session() as session:
            group = Group(name=f"Family of {name}")
            session.add(group)
            session.flush()
            zone = session.get_one(Organization, clinic.id).tz
            start = clock.now() + timedelta(minutes=minutes)
            start -= timedelta(minutes=start.minute % 5, seconds=start.second, microseconds=start.microsecond)
            who = NewPerson(group.id, "B.", f"{name} {clinic.mark}", f"{name.lower()}@example.org", birth_date=date(1960, 2, 3))
            patient = NewPatient("A.", f"Bakker {name}", date(1950, 1, 2), f"a.{name.lower()}@example.org")
            plan = Plan(
                client_id(), clinic.people["doctor"], clinic.departments[0], patient, start.astimezone(zone).replace(tzinfo=None), 5,
                f"Bring your list {clinic.mark}", participants=(who,),
            )  # fmt: skip
            made = staff_booking.make(session, clinic.staff("doctor"), plan, clock.now()).appointments[0]
            (one,) = participant.of_appointment(session, made.id)
            return Invited(clinic, made.id, one.id, one.ticket.token, made.ticket.token)

    return make


@pytest.fixture
def ask(app: Any) -> Callable[..., Any]:
    """Opens the session of a link."""

    def call(token: str, **body: Any) -> Any:
        return app.test_client().post("/visit/guest/session", json={"ticket": token, **body})

    return call


@pytest.fixture
def come(live: str, ask: Any) -> Iterator[Callable[[str], Page]]:
    """Opens the page of a link as far as its connection."""
    pages: list[Page] = []

    def open_(token: str) -> Page:
        pages.append(Page(live, "/guest", token=ask(token).json["token"]))
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


def test_the_link_tells_when_with_whom_and_the_message_and_nothing_else(clinic: Clinic, invite: Any, ask: Any) -> None:
    answer = ask(invite(clinic).token)
    told = answer.json["guest"]
    assert answer.status_code == 201 and told["entrance"] == "waiting"
    assert (told["practitioner"], told["patient"], told["message"]) == (f"Dr Doctor {clinic.mark}", "A. Bakker Visser", f"Bring your list {clinic.mark}")
    assert {"questionnaires", "answers", "reason", "messages", "may_change"}.isdisjoint(told)
    assert "1950" not in answer.text and "a.visser@example.org" not in answer.text


def test_opening_it_sets_no_cookie_and_changes_nothing(clinic: Clinic, invite: Any, ask: Any, app: Any) -> None:
    found = invite(clinic)
    page = app.test_client().get("/visit/guest")
    assert page.status_code == 200 and "Set-Cookie" not in page.headers
    assert "Set-Cookie" not in ask(found.token).headers
    assert found.presence() is Presence.AWAY


@pytest.mark.parametrize(("minutes", "entrance"), [(180, "early"), (5, "waiting")])
def test_it_opens_with_the_patients(clinic: Clinic, invite: Any, ask: Any, minutes: int, entrance: str) -> None:
    found = invite(clinic, minutes=minutes)
    assert ask(found.token).json["guest"]["entrance"] == entrance


def test_late_cancelled_and_removed_are_told_apart(clinic: Clinic, invite: Any, ask: Any) -> None:
    found, second, third = invite(clinic), invite(clinic, "Smit", 15), invite(clinic, "Bos", 25)
    with clinic.session() as session:
        session.get_one(Appointment, second.appointment_id).cancel(clock.now())
    third.remove()
    assert ask(second.token).json["guest"]["entrance"] == "cancelled"
    assert ask(third.token).json["guest"]["entrance"] == "removed"
    with clock.at(clock.now() + timedelta(hours=3)):
        assert ask(found.token).json["guest"]["entrance"] == "late"


def test_where_the_clinic_asks_the_own_date_of_birth_is_needed(clinic: Clinic, invite: Any, ask: Any) -> None:
    found = invite(clinic)
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True
    asked = ask(found.token).json
    assert (asked["token"], asked["guest"]["asks_birth_date"], asked["guest"]["patient"], asked["guest"]["message"]) == ("", True, "", "")
    assert ask(found.token, patient={"birth_date": "1950-01-02"}).status_code == 422
    assert ask(found.token, patient={"birth_date": "1960-02-03"}).json["token"]


def test_a_participants_link_opens_nothing_of_the_patient(clinic: Clinic, invite: Any, ask: Any, app: Any) -> None:
    found = invite(clinic)
    found.patient_comes()
    client, bearer = app.test_client(), {"Authorization": f"Bearer {ask(found.token).json['token']}"}
    assert client.post("/visit/session", json={"ticket": found.token}).status_code == 404
    for path in ("/visit/current", "/visit/times", "/visit/questionnaires"):
        assert client.get(path, headers=bearer).status_code == 404, path
    for path in ("/visit/check-in", "/visit/leave", "/visit/cancel"):
        assert client.post(path, json={}, headers=bearer).status_code == 404, path
    with clinic.session() as session:
        assert session.query(Encounter).one().ended_at is None


def test_it_opens_no_waiting_room(clinic: Clinic, invite: Any, ask: Any, live: str) -> None:
    found = invite(clinic)
    found.patient_comes()
    with pytest.raises(Refused):
        Page(live, "/walk-in", token=ask(found.token).json["token"])


def test_a_patients_link_is_no_participants(clinic: Clinic, invite: Any, ask: Any, app: Any, live: str) -> None:
    found = invite(clinic)
    assert ask(found.patients_token).status_code == 404
    token = app.test_client().post("/visit/session", json={"ticket": found.patients_token}).json["token"]
    with pytest.raises(Refused):
        Page(live, "/guest", token=token)


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_without_a_link_nobody_connects(live: str, token: str) -> None:
    with pytest.raises(Refused):
        Page(live, "/guest", token=token)


def test_a_language_nobody_speaks_is_the_clinics_own(clinic: Clinic, invite: Any, ask: Any, live: str) -> None:
    guest = Page(live, "/guest", token=ask(invite(clinic).token).json["token"], locale="../../nowhere")
    assert guest.ask("look")["guest"]["entrance"] == "waiting"
    guest.close()


def test_nobody_comes_in_before_the_patient_is_there(clinic: Clinic, invite: Any, come: Any) -> None:
    found = invite(clinic)
    guest = come(found.token)
    assert guest.ask("look")["guest"]["entrance"] == "waiting"
    for event, body in (("call_join", {}), ("call_signal", {"to": "v1"}), ("call_media", {"media": ON})):
        assert guest.ask(event, page="g1", **body)["error"] == "not_in_call"
    visit = found.patient_comes()
    until(lambda: guest.heard("state")["guest"]["entrance"] == "open")
    assert guest.ask("call_join", page="g1", media=ON)["pid"] == f"g{found.participant_id}"
    assert found.presence() is Presence.INSIDE
    assert visit


def test_the_desk_and_the_patient_hear_who_comes_and_goes(clinic: Clinic, invite: Any, come: Any, live: str, app: Any) -> None:
    found = invite(clinic)
    token = app.test_client().post("/visit/session", json={"ticket": found.patients_token}).json["token"]
    found.patient_comes()
    patient = Page(live, "/walk-in", token=token)
    assert "error" not in patient.ask("call_join", page="p1", media=ON)
    guest = come(found.token)
    guest.ask("call_join", page="g1", media=ON)
    told = patient.heard("call_joined")
    assert (told["role"], told["name"], told["pid"]) == ("guest", f"B. Visser {clinic.mark}", f"g{found.participant_id}")
    assert patient.ask("call_signal", page="p1", to=told["pid"], here=ON) == {}
    assert guest.heard("call_signal")["role"] == "patient"
    assert guest.ask("leave")["guest"]["entrance"] == "open"
    assert patient.heard("call_away")["from"] == told["pid"]
    assert found.presence() is Presence.WAITING
    assert "error" not in guest.ask("call_join", page="g1", media=ON), "the way back is open"
    patient.close()


def test_who_is_taken_out_is_told_and_hears_and_says_nothing_more(clinic: Clinic, invite: Any, come: Any, live: str, app: Any) -> None:
    found = invite(clinic)
    token = app.test_client().post("/visit/session", json={"ticket": found.patients_token}).json["token"]
    found.patient_comes()
    patient, guest = Page(live, "/walk-in", token=token), come(found.token)
    patient.ask("call_join", page="p1", media=ON)
    guest.ask("call_join", page="g1", media=ON)
    found.remove()
    until(lambda: guest.heard("state")["guest"]["entrance"] == "removed")
    assert patient.heard("call_removed") == {"pid": f"g{found.participant_id}"}
    assert guest.ask("call_join", page="g1", media=ON)["error"] == "not_in_call"
    assert guest.ask("call_signal", page="g1", to="v1", here=ON)["error"] == "not_in_call"
    patient.ask("call_media", page="p1", media=ON)
    guest.ask("look")
    assert not [name for name, _ in list(guest.events.queue) if name == "call_media"]
    patient.close()


def test_on_hold_and_at_the_end_they_are_out(clinic: Clinic, invite: Any, come: Any) -> None:
    found = invite(clinic)
    found.patient_comes()
    guest = come(found.token)
    guest.ask("call_join", page="g1", media=ON)
    found.with_visit(lambda visit: visit.hold(clinic.staff("doctor"), clock.now()))
    until(lambda: guest.heard("state")["guest"]["entrance"] == "waiting")
    assert guest.ask("call_media", page="g1", media=ON)["error"] == "not_in_call"
    found.with_visit(lambda visit: visit.admit(clinic.staff("doctor"), clock.now()))
    found.with_visit(lambda visit: visit.end(clinic.staff("doctor"), clock.now()))
    until(lambda: guest.heard("state")["guest"]["entrance"] == "ended")
    assert guest.ask("call_join", page="g1", media=ON)["error"] == "not_in_call"


def test_a_participant_of_another_appointment_has_no_part_in_this_one(clinic: Clinic, invite: Any, come: Any) -> None:
    found, elsewhere = invite(clinic), invite(clinic, "Smit", 15)
    visit = found.patient_comes()
    stranger, guest = come(elsewhere.token), come(found.token)
    guest.ask("call_join", page="g1", media=ON)
    assert stranger.ask("call_join", page="x1", media=ON)["error"] == "not_in_call"
    assert stranger.ask("call_signal", page="x1", to=f"v{visit}", here=ON)["error"] == "not_in_call"
    assert stranger.ask("call_join", page="x1", media=ON, id=visit)["error"] == "invalid", "nobody names a call"
    assert not [name for name, _ in list(stranger.events.queue) if name.startswith("call")]


def test_the_clinic_next_door_is_not_told_of(clinic: Clinic, other: Clinic, invite: Any, come: Any, ask: Any) -> None:
    ours, theirs = invite(clinic), invite(other)
    assert clinic.mark not in ask(theirs.token).text
    ours.patient_comes()
    stranger = come(theirs.token)
    assert stranger.ask("look")["guest"]["entrance"] == "waiting"
    assert stranger.ask("call_join", page="x1", media=ON)["error"] == "not_in_call"


def test_a_page_that_goes_is_noted(clinic: Clinic, invite: Any, come: Any) -> None:
    found = invite(clinic)
    guest = come(found.token)
    assert found.presence() is Presence.WAITING
    guest.close()
    until(lambda: found.presence() is Presence.AWAY)

