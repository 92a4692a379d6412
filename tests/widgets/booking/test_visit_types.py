"""What patients book it for: offered with prices, asked with the times, told with the appointment."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from telehealth import clock
from telehealth.booking import Appointment
from telehealth.visit_type import Mode, VisitType
from telehealth.waitlist import WaitlistEntry
from tests.widgets.booking.test_routes import wanted


@pytest.fixture
def kinds(clinic):
    """By video, by telephone and on site; their numbers by name."""
    with clinic.session() as session:
        made = [
            VisitType(name="Video", mode=Mode.VIDEO, position=0),
            VisitType(name="Call", mode=Mode.PHONE, length_minutes=10, position=1),
            VisitType(name="Visit", mode=Mode.ON_SITE, length_minutes=30, price=Decimal("45.50"), place="Room 7", position=2),
        ]
        session.add_all(made)
        session.flush()
        return {kind.name: kind.id for kind in made}


@pytest.fixture
def patient(clinic, visitor):
    return visitor(clinic.widgets["booking"])


def times(patient, **query):
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    return patient.get("/slots", query_string={"date": day} | query).json["slots"]


def test_the_page_offers_them_with_prices(app, clinic, kinds):
    page = app.test_client().get(f"/w/{clinic.widgets['booking']}").text
    for said in ("Video", "Call", "Visit · €45.50"):
        assert said in page


def test_times_are_as_long_as_what_is_asked_for(patient, kinds):
    lengths = {}
    for name, number in kinds.items():
        first = times(patient, visit=number)[0]
        lengths[name] = int(first["end"][14:16]) - int(first["start"][14:16])
    assert lengths == {"Video": 20, "Call": 10, "Visit": 30}


def test_another_clinics_visit_type_gives_no_times(patient, other, kinds):
    with other.session() as session:
        foreign = VisitType(name="Theirs")
        session.add(foreign)
        session.flush()
        number = foreign.id
    assert times(patient, visit=number) == []


def test_the_answer_tells_what_was_booked_and_what_it_costs(patient, kinds):
    slot = times(patient, visit=kinds["Visit"])[0]
    made = patient.post("/appointments", wanted(slot, visit=kinds["Visit"])).json
    assert (made["mode"], made["visit"], made["place"], made["price"]) == ("on_site", "Visit", "Room 7", "€45.50")


def test_whoever_is_called_names_a_number(clinic, patient, kinds):
    body = wanted(times(patient, visit=kinds["Call"])[0], visit=kinds["Call"])
    body["patient"].pop("phone", None)
    refused = patient.post("/appointments", body)
    assert (refused.status_code, list(refused.json["fields"])) == (422, ["patient.phone"])
    body["patient"]["phone"] = "01632 960 001"
    made = patient.post("/appointments", body)
    assert (made.status_code, made.json["mode"]) == (201, "phone")
    with clinic.session() as session:
        assert session.query(Appointment).one().patient.phone == "01632 960 001"


def test_the_nearest_times_are_for_the_same(clinic, visitor, patient, kinds):
    slot = times(patient, visit=kinds["Call"], practitioner=clinic.people["doctor"])[0]
    body = wanted(slot, visit=kinds["Call"], practitioner=clinic.people["doctor"])
    body["patient"]["phone"] = "01632 960 001"
    assert patient.post("/appointments", body).status_code == 201
    answer = visitor(clinic.widgets["booking"]).post("/appointments", body | {"client_id": "another-visitor"})
    assert answer.status_code == 409
    assert {near["id"].rpartition("-")[2] for near in answer.json["nearest"]} == {str(kinds["Call"])}


def test_the_waitlist_remembers_what_for(clinic, patient, kinds):
    with clinic.session() as session:
        session.get_one(VisitType, kinds["Visit"]).length_minutes = 700  # fits nowhere
    until = (clock.now() + timedelta(days=5)).date().isoformat()
    answer = patient.post("/waitlist", {"email": "a@example.org", "until": until, "visit": kinds["Visit"]})
    assert answer.status_code == 204, answer.text
    with clinic.session() as session:
        assert session.query(WaitlistEntry).one().visit_type_id == kinds["Visit"]
