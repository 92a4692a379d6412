"""A question that is left in a channel while it is closed."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth import contact_request, expected_wait
from telehealth.channel import Channel
from tests.clinic import Clinic, client_id


@pytest.fixture
def taking(clinic: Clinic) -> Clinic:
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["closed"]).takes_questions = True
    return clinic


@pytest.fixture
def patient(clinic: Clinic, visitor: Any) -> Any:
    return visitor(clinic.widgets["chat"])


def question(clinic: Clinic, channel: str = "closed", **changes: Any) -> dict[str, Any]:
    given = {"client_id": client_id(), "channel": clinic.channels[channel], "name": "Ingrid", "reach": "01632 960 121", "text": "May I take both?"}
    return given | {"accept_terms": True} | changes


def test_it_becomes_a_request_that_its_people_read_later(taking: Clinic, patient: Any, desk: Any) -> None:
    answer = patient.post("/questions", question(taking))
    assert (answer.status_code, answer.json) == (201, {"reached_at": "01632 960 121"})
    with desk.thread() as thread:
        assert thread.channel_id == taking.channels["closed"]
        found = contact_request.of_conversation(desk.session_of(thread), thread.id)
        assert found is not None
        assert (found.person.phone, found.person.email) == ("01632 960 121", "")
        assert expected_wait.place(desk.session_of(thread), thread) is None


def test_sent_again_it_is_the_same_question(taking: Clinic, patient: Any, desk: Any) -> None:
    body = question(taking)
    assert [patient.post("/questions", body).status_code for _ in range(2)] == [201, 201]
    assert desk.count() == 1


@pytest.mark.parametrize("field", ["name", "reach", "text"])
def test_what_is_missing_is_said_at_its_field(taking: Clinic, patient: Any, field: str) -> None:
    answer = patient.post("/questions", question(taking, **{field: ""}))
    assert answer.status_code == 422
    assert list(answer.json["fields"]) == [field]


def test_a_channel_that_takes_no_questions_takes_none(clinic: Clinic, patient: Any) -> None:
    assert patient.post("/questions", question(clinic)).status_code == 404


def test_an_internal_channel_takes_none(taking: Clinic, patient: Any) -> None:
    with taking.session() as session:
        session.get_one(Channel, taking.channels["internal"]).takes_questions = True
    assert patient.post("/questions", question(taking, "internal")).status_code == 404
