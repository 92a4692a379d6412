"""After the visit, without a browser: what the patient is still told, may still say, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import socketio

from telehealth import clock
from telehealth.channel import Channel
from telehealth.feedback import LONGEST_WORDS, Feedback
from telehealth.follow_up import FollowUp
from telehealth.organization import ChatAfterVisit, Organization
from telehealth.waiting_room import LOOKING_BACK
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id
from tests.page import Page
from tests.widgets.walk_in.live import Desk
from tests.widgets.walk_in.test_routes import entry

LATER = LOOKING_BACK + timedelta(minutes=1)


@pytest.fixture
def connect(live: str) -> Iterator[Any]:
    pages: list[Page] = []

    def open_(token: str) -> Page:
        pages.append(Page(live, "/walk-in", token=token))
        return pages[-1]

    yield open_
    for page in pages:
        page.close()


class Patient:
    """Somebody who has walked in, with the ticket that leads back."""

    def __init__(self, clinic: Clinic, visitor: Any) -> None:
        self.clinic, self.visitor = clinic, visitor(clinic.widgets["walk_in"])
        answer = self.visitor.post("/encounters", entry(clinic))
        assert answer.status_code == 201, answer.text
        self.token, self.ticket = self.visitor.token, answer.json["ticket"]

    def current(self) -> Any:
        return self.visitor.get("/encounters/current")


@pytest.fixture
def patient(clinic: Clinic, visitor: Any) -> Patient:
    return Patient(clinic, visitor)


def shown(clinic: Clinic, team: bool = False) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).chat_after_visit = ChatAfterVisit.SHOWN
        session.get_one(Channel, clinic.channels["shared"]).after_visits = team


def end(clinic: Clinic, desk: Desk, summary: str = "", follow_up: FollowUp | None = None) -> None:
    desk.admit()
    desk.end()
    with desk.visit() as visit:
        visit.sum_up(clinic.staff("doctor"), summary, follow_up, clock.now())


def test_the_end_tells_who_how_long_and_what_to_take_home(clinic: Clinic, patient: Patient, desk: Desk) -> None:
    assert patient.current().json["ending"] is None
    end(clinic, desk, "Drink more.", FollowUp("Call 01632 960 120", "en"))
    told = patient.current().json["ending"]
    assert (told["took_place"], told["with_whom"], told["ended_by"], told["minutes"]) == (
        True, f"Dr Doctor {clinic.mark}", f"Dr Doctor {clinic.mark}", 1,
    )  # fmt: skip
    assert told["summary"] == "Drink more."
    assert told["follow_up"] == {"text": {"text": "Call 01632 960 120", "lang": ""}, "phone": "01632 960 120"}
    assert (told["asks_feedback"], told["feedback"], told["chat"], told["readable"]) == (True, None, "kept", False)


def test_a_summary_that_is_written_later_comes_by_itself(clinic: Clinic, patient: Patient, connect: Any, desk: Desk) -> None:
    page = connect(patient.token)
    end(clinic, desk, "Rest.")
    while (state := page.heard("state")["ending"]) is None or not state["summary"]:
        pass
    assert state["summary"] == "Rest."


def test_codes_in_the_clinics_words_become_the_patients_own(clinic: Clinic, patient: Patient, desk: Desk) -> None:
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one()
        widget.end_text = "Thank you, *|patient_name|*, for *|appointment_date|*. *| practitioner_name |* greets."
    end(clinic, desk, follow_up=FollowUp("Call *|organization_phone|*", "en"))
    state = patient.current().json
    assert state["end_text"]["text"].startswith("Thank you, S. Lindqvist, for ")
    assert str(clock.now().year) in state["end_text"]["text"]
    assert state["end_text"]["text"].endswith(f"Dr Doctor {clinic.mark} greets.")
    assert state["ending"]["follow_up"]["phone"] == "01632 960 120"


def test_a_ticket_leads_back_to_the_end_for_a_day_and_no_longer(
    app: Any, clinic: Clinic, patient: Patient, visitor: Any, desk: Desk
) -> None:
    end(clinic, desk, "Rest.")
    window = visitor(clinic.widgets["walk_in"], ticket=patient.ticket)
    assert window.get("/encounters/current").json["ending"]["summary"] == "Rest."
    with clock.at(clock.now() + LATER):
        answer = app.test_client().post(f"/w/{clinic.widgets['walk_in']}/session", json={"ticket": patient.ticket})
    assert (answer.status_code, answer.json["error"]) == (404, "unknown_ticket")


def test_a_session_that_outlives_the_day_is_told_nothing(
    clinic: Clinic, patient: Patient, desk: Desk, house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(clinic, desk, "Rest.")
    with desk.visit() as visit:
        assert visit.ended_at is not None
        visit.ended_at -= LATER
    assert patient.current().status_code == 404


def test_feedback_is_given_and_changed(clinic: Clinic, patient: Patient, connect: Any, desk: Desk) -> None:
    end(clinic, desk)
    page = connect(patient.token)
    page.ask("feedback", rating="2", words="Too short")
    answer = page.ask("feedback", rating="4", words=" Kind after all ")
    assert answer["state"]["ending"]["feedback"] == {"rating": "4", "words": "Kind after all"}
    with clinic.session() as session:
        assert [(row.rating, row.words) for row in session.query(Feedback)] == [("4", "Kind after all")]


@pytest.mark.parametrize(
    "data", [{}, {"rating": "0"}, {"rating": "6"}, {"rating": 5}, {"rating": "5", "words": "x" * (LONGEST_WORDS + 1)}, {"rating": "5", "visit": 1}]
)  # fmt: skip
def test_feedback_that_is_none_is_refused(
    clinic: Clinic, patient: Patient, connect: Any, desk: Desk, data: dict[str, Any]
) -> None:
    end(clinic, desk)
    assert connect(patient.token).ask("feedback", **data)["error"] == "invalid"


def test_feedback_before_the_end_or_where_nobody_asks_is_refused(
    clinic: Clinic, patient: Patient, connect: Any, desk: Desk
) -> None:
    page = connect(patient.token)
    assert page.ask("feedback", rating="5")["error"] == "feedback_closed"
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).feedback_enabled = False
    end(clinic, desk)
    assert patient.current().json["ending"]["asks_feedback"] is False
    assert page.ask("feedback", rating="5")["error"] == "feedback_closed"
    with clinic.session() as session:
        assert session.query(Feedback).count() == 0


def test_a_survey_is_offered_after_a_visit_that_took_place_only(clinic: Clinic, patient: Patient, desk: Desk) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).survey_url = "https://survey.example/7"
    with desk.visit() as visit:
        visit.leave(clock.now())
    assert patient.current().json["ending"]["survey_url"] == ""
    with desk.visit() as visit:
        visit.admitted_at = clock.now()
    assert patient.current().json["ending"]["survey_url"] == "https://survey.example/7"


def test_kept_for_staff_means_the_patient_is_sent_nothing_of_it(
    clinic: Clinic, patient: Patient, connect: Any, desk: Desk
) -> None:
    desk.write("Before the end")
    end(clinic, desk)
    assert patient.current().json["messages"] == {"items": [], "seq": 0, "more": False}
    page = connect(patient.token)
    gap = page.ask("catch_up", after=0)
    assert (gap["items"], gap["more"]) == ([], False)
    assert page.ask("say", client_id=client_id(), text="Hello?")["error"] == "not_allowed"


def test_a_shown_conversation_is_read_and_only_a_team_takes_questions(
    clinic: Clinic, patient: Patient, connect: Any, desk: Desk
) -> None:
    shown(clinic)
    desk.write("Before the end")
    end(clinic, desk)
    page = connect(patient.token)
    assert [line["text"] for line in page.ask("catch_up", after=0)["items"]] == ["Before the end"]
    assert page.ask("say", client_id=client_id(), text="Hello?")["error"] == "not_allowed"
    shown(clinic, team=True)
    assert patient.current().json["may_write"]
    name = client_id()
    assert [page.ask("say", client_id=name, text="Hello?")["seq"] for _ in range(2)] == [2, 2]
    with clock.at(clock.now() + timedelta(hours=25)), desk.visit() as visit:
        assert visit.conversation.channel_id == clinic.channels["shared"]


def test_a_session_of_next_door_is_told_of_the_own_visit_only(
    clinic: Clinic, other: Clinic, patient: Patient, visitor: Any, connect: Any, desk: Desk, app: Any
) -> None:
    end(clinic, desk, f"Rest {clinic.mark}")
    theirs = Patient(other, visitor)
    page = connect(theirs.token)
    assert clinic.mark not in str(page.ask("catch_up", after=0))
    assert page.ask("feedback", rating="1")["error"] == "feedback_closed"
    answer = app.test_client().post(f"/w/{other.widgets['walk_in']}/session", json={"ticket": patient.ticket})
    assert answer.json["error"] == "unknown_ticket"
    with clinic.session() as session:
        assert session.query(Feedback).count() == 0


def test_a_visit_that_ended_too_long_ago_is_not_connected_to(live: str, clinic: Clinic, patient: Patient, desk: Desk) -> None:
    end(clinic, desk)
    with desk.visit() as visit:
        assert visit.ended_at is not None
        visit.ended_at -= LATER
    with pytest.raises(socketio.exceptions.ConnectionError):
        Page(live, "/walk-in", token=patient.token)
