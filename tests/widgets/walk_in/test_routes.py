"""The walk-in widget's addresses: what they give, and each way in which they refuse."""

from __future__ import annotations

import re

import pytest

from telehealth.consent import Consent, Wording
from telehealth.practitioner import Practitioner
from telehealth.waiting_room import Encounter
from telehealth.widget import Widget
from tests.clinic import client_id, make_clinic


def entry(clinic, **changes):
    patient = {"initials": "S.", "last_name": "Lindqvist", "birth_date": "1958-09-14"}
    given = {"client_id": client_id(), "department": clinic.departments[0], "patient": patient, "accept_terms": True}
    return given | changes


@pytest.fixture
def patient(clinic, visitor):
    return visitor(clinic.widgets["walk_in"])


def change(clinic, model, **changes):
    with clinic.session() as session:
        for row in session.query(model):
            for name, value in changes.items():
                setattr(row, name, value)


def test_the_page_names_who_is_there(app, clinic):
    page = app.test_client().get(f"/w/{clinic.widgets['walk_in']}")
    assert page.status_code == 200
    assert f"Dr Doctor {clinic.mark}" in page.text
    assert "Set-Cookie" not in page.headers


def test_the_offers_group_people_by_department(app, clinic):
    offers = app.test_client().get(f"/w/{clinic.widgets['walk_in']}/offers").json["departments"]
    assert [(d["name"]["text"], [p["id"] for p in d["practitioners"]]) for d in offers] == [
        (f"General practice {clinic.mark}", [clinic.people["doctor"]]),
        (f"Nurses {clinic.mark}", [clinic.people["nurse"]]),
    ]


def test_a_department_without_anybody_comes_last(app, clinic):
    with clinic.session() as session:
        session.get_one(Practitioner, clinic.people["doctor"]).takes_walk_ins = False
    offers = app.test_client().get(f"/w/{clinic.widgets['walk_in']}/offers").json["departments"]
    assert [len(department["practitioners"]) for department in offers] == [1, 0]


def wait_of(app, clinic, widget="walk_in"):
    offers = app.test_client().get(f"/w/{clinic.widgets[widget]}/offers").json["departments"]
    return offers[0]["practitioners"][0]["wait"]


def test_the_offers_tell_how_long_it_takes(app, clinic):
    assert wait_of(app, clinic) == {"free": True, "waiting": 0, "minutes": None}
    with clinic.session() as session:
        clinic.arrive(session)
    assert wait_of(app, clinic) == {"free": False, "waiting": 1, "minutes": None}


def test_somebody_who_is_with_a_patient_is_not_free(app, clinic):
    from telehealth import clock

    with clinic.session() as session:
        clinic.arrive(session).admit(clinic.staff("doctor"), clock.now())
    assert wait_of(app, clinic) == {"free": False, "waiting": 0, "minutes": None}


def test_a_clinic_that_hides_places_hides_waits(app, sessions):
    clinic = make_clinic(sessions, show_place=False)
    assert wait_of(app, clinic) is None


def test_offers_belong_to_walk_in_widgets_only(app, clinic):
    assert app.test_client().get(f"/w/{clinic.widgets['chat']}/offers").status_code == 404


def test_a_patient_walks_in(clinic, patient):
    answer = patient.post("/encounters", entry(clinic, practitioner=clinic.people["doctor"]))
    assert answer.status_code == 201
    assert answer.json["status"] == "waiting"
    assert answer.json["standing"]["place"] == 1
    assert answer.json["practitioner"] == f"Dr Doctor {clinic.mark}"
    assert len(answer.json["ticket"]) >= 20
    assert "Set-Cookie" not in answer.headers


def test_a_repeat_gets_the_first_answer(clinic, patient):
    body = entry(clinic)
    first, second = patient.post("/encounters", body), patient.post("/encounters", body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["ticket"] == second.json["ticket"]
    with clinic.session() as session:
        assert session.query(Encounter).count() == 1


def test_another_visitors_client_id_is_not_found(clinic, patient, visitor):
    body = entry(clinic)
    patient.post("/encounters", body)
    answer = visitor(clinic.widgets["walk_in"]).post("/encounters", body)
    assert (answer.status_code, answer.json["error"]) == (404, "unknown")


def test_all_faults_are_named_at_once(clinic, patient):
    body = entry(clinic, accept_terms=False, patient={"initials": "S.", "birth_date": "58-09-14"})
    answer = patient.post("/encounters", body)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"accept_terms", "patient.last_name", "patient.birth_date"}


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"patient": {"initials": "S.", "last_name": "L", "birth_date": "1984-02-31"}}, "patient.birth_date"),
        ({"patient": {"initials": "S.", "last_name": "L", "birth_date": "2999-01-01"}}, "patient.birth_date"),
        ({"patient": {"initials": "S.", "last_name": "L" * 121, "birth_date": "1984-02-01"}}, "patient.last_name"),
        ({"accept_terms": False}, "accept_terms"),
        ({"client_id": "short"}, "client_id"),
        ({"department": "first"}, "department"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_is_wrong_is_named(clinic, patient, fault, field):
    answer = patient.post("/encounters", entry(clinic) | fault)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {field}


def test_the_terms_are_kept_word_for_word(clinic, patient):
    patient.post("/encounters", entry(clinic))
    with clinic.session() as session:
        consent = session.query(Consent).one()
        assert session.get_one(Wording, consent.wording_id).text == "The terms"


def test_nobody_there_is_said(clinic, patient):
    change(clinic, Practitioner, takes_walk_ins=False)
    answer = patient.post("/encounters", entry(clinic))
    assert (answer.status_code, answer.json["error"]) == (409, "nobody_available")
    assert answer.json["message"]


def test_somebody_of_another_department_is_not_there(clinic, patient):
    answer = patient.post("/encounters", entry(clinic, practitioner=clinic.people["nurse"]))
    assert (answer.status_code, answer.json["error"]) == (409, "nobody_available")


def test_another_clinics_department_is_not_there(clinic, other, patient):
    answer = patient.post("/encounters", entry(clinic, department=other.departments[0]))
    assert (answer.status_code, answer.json["error"]) == (409, "nobody_available")


def test_a_full_waiting_room_says_so(clinic, visitor, patient):
    change(clinic, Widget, queue_limit=1)
    assert visitor(clinic.widgets["walk_in"]).post("/encounters", entry(clinic)).status_code == 201
    answer = patient.post("/encounters", entry(clinic))
    assert (answer.status_code, answer.json["error"]) == (409, "queue_full")


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("get", "/current"), ("post", "/current/leave")])
def test_without_a_session_nobody_comes_in(app, clinic, method, path):
    answer = getattr(app.test_client(), method)(f"/w/{clinic.widgets['walk_in']}/encounters{path}", json={})
    assert (answer.status_code, answer.json["error"]) == (401, "session_expired")


@pytest.mark.parametrize(("method", "path"), [("post", ""), ("get", "/current"), ("post", "/current/leave")])
def test_another_clinics_session_opens_nothing(app, clinic, other, visitor, method, path):
    stranger = visitor(other.widgets["walk_in"])
    address = f"/w/{clinic.widgets['walk_in']}/encounters{path}"
    answer = getattr(app.test_client(), method)(address, json=entry(clinic), headers=stranger.headers)
    assert (answer.status_code, answer.json["error"]) == (401, "session_expired")


def test_whoever_has_not_come_in_has_no_place(patient):
    assert patient.get("/encounters/current").status_code == 404


def test_the_place_moves_up(clinic, visitor, patient):
    first = visitor(clinic.widgets["walk_in"])
    first.post("/encounters", entry(clinic))
    patient.post("/encounters", entry(clinic))
    assert patient.get("/encounters/current").json["standing"]["place"] == 2
    first.post("/encounters/current/leave")
    assert patient.get("/encounters/current").json["standing"]["place"] == 1


def test_another_visitor_sees_the_own_place_only(clinic, visitor, patient):
    patient.post("/encounters", entry(clinic))
    assert visitor(clinic.widgets["walk_in"]).get("/encounters/current").status_code == 404


def test_leaving_twice_is_leaving_once(clinic, patient):
    patient.post("/encounters", entry(clinic))
    first, second = (patient.post("/encounters/current/leave").json for _ in range(2))
    assert (first["status"], first["end_reason"]) == ("ended", "left")
    assert first["version"] == second["version"]


def test_a_ticket_leads_back_from_another_window(clinic, visitor, patient):
    ticket = patient.post("/encounters", entry(clinic)).json["ticket"]
    again = visitor(clinic.widgets["walk_in"], ticket=ticket)
    assert again.get("/encounters/current").json["standing"]["place"] == 1


def test_a_ticket_of_another_clinic_is_unknown(app, clinic, other, visitor):
    ticket = visitor(other.widgets["walk_in"]).post("/encounters", entry(other)).json["ticket"]
    answer = app.test_client().post(f"/w/{clinic.widgets['walk_in']}/session", json={"ticket": ticket})
    assert (answer.status_code, answer.json["error"]) == (404, "unknown_ticket")


def test_the_visitor_reads_the_own_language(app, clinic):
    client = app.test_client()
    token = client.post(f"/w/{clinic.widgets['walk_in']}/session", json={"locale": "ar-XB"}).json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = client.post(f"/w/{clinic.widgets['walk_in']}/encounters", json=entry(clinic), headers=headers)
    assert answer.json["department"]["lang"] == "en"


def test_no_words_of_a_patient_stand_in_an_address(app):
    rules = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(("walk_in.", "visit."))]
    assert not [rule for rule in rules if re.search(r"<(?!key|path:filename)", rule)]
