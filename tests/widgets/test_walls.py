"""One walk over every address that visitors call: what one clinic gave opens nothing of the clinic next door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock
from telehealth.booking import Appointment
from tests.clinic import Clinic, client_id
from web.endpoint import REGISTRY, Access, Endpoint
from widgets import page  # noqa: F401 (declares addresses, as do the next)
from widgets.booking import routes as booking_routes  # noqa: F401
from widgets.chat import routes as chat_routes  # noqa: F401
from widgets.visit import routes as visit_routes  # noqa: F401
from widgets.walk_in import routes as walk_in_routes  # noqa: F401

KINDS = {"walk_in": "walk_in", "booking_widget": "booking", "chat_widget": "chat", "visit": "walk_in", "widgets": "walk_in"}
REFUSED = {401, 403, 404, 409, 422}


def endpoints(access: Access) -> list[Endpoint]:
    found = [declared for declared in REGISTRY.values() if declared.access is access and _blueprint(declared) in KINDS]
    return sorted(found, key=lambda declared: (declared.rule, declared.method))


def _blueprint(declared: Endpoint) -> str:
    return declared.name.partition(".")[0]


def key_of(clinic: Clinic, declared: Endpoint) -> str:
    return clinic.widgets[KINDS[_blueprint(declared)]]


def address(declared: Endpoint, key: str, uid: str = "nothing") -> str:
    query = {"SlotsQuery": "?month=2030-01"}.get(getattr(declared.query, "__name__", ""), "")
    return declared.rule.replace("<key>", key).replace("<uid>", uid) + query


def full_body(clinic: Clinic) -> dict[str, Any]:
    """What any of the addresses might want, with the ids of a clinic."""
    return {
        "client_id": client_id(), "department": clinic.departments[0], "practitioner": clinic.people["doctor"],
        "channel": clinic.channels["open"], "slot": f"{clinic.people['doctor']}-1-9999999", "name": "R. Racer", "text": "Hello",
        "patient": {"initials": "R.", "last_name": "Racer", "birth_date": "1980-02-29", "email": "r@example.org"},
        "answers": {}, "accept_terms": True,
    }  # fmt: skip


def fitting(declared: Endpoint, clinic: Clinic) -> dict[str, Any] | None:
    if declared.body is None:
        return None
    return {name: value for name, value in full_body(clinic).items() if name in declared.body.model_fields}


@pytest.fixture
def lively(other: Clinic) -> str:
    """Next door somebody waits, somebody asks and somebody has booked; gives the appointment's uid."""
    with other.session() as session:
        other.arrive(session)
        other.conversation(session)
        return other.book(session).uid


@pytest.mark.parametrize("declared", endpoints(Access.VISITOR), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_nobody_calls_without_a_session_nor_with_one_of_next_door(app, clinic, other, visitor, lively, declared):
    asked = {"method": declared.method, "json": fitting(declared, other)}
    without = app.test_client().open(address(declared, key_of(other, declared), lively), **asked)
    assert without.status_code == 401
    ours = visitor(key_of(clinic, declared))
    headers = {"Authorization": f"Bearer {ours.token}"}
    answer = app.test_client().open(address(declared, key_of(other, declared), lively), headers=headers, **asked)
    assert other.mark not in answer.text
    if "<key>" in declared.rule or declared.method == "POST":
        assert answer.status_code in REFUSED, answer.text


@pytest.mark.parametrize("declared", endpoints(Access.VISITOR), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_ids_of_next_door_open_nothing_at_the_own_address(app, clinic, other, visitor, lively, declared):
    ours = visitor(key_of(clinic, declared))
    headers = {"Authorization": f"Bearer {ours.token}"}
    day = (clock.now() + timedelta(days=2)).date()  # on which both have free times
    query = f"?date={day}&department={other.departments[0]}" if declared.query else ""
    where = declared.rule.replace("<key>", key_of(clinic, declared)).replace("<uid>", lively) + query
    answer = app.test_client().open(where, method=declared.method, json=fitting(declared, other), headers=headers)
    names_nobody = declared.method == "DELETE"  # it is about the caller alone
    assert answer.status_code in REFUSED or names_nobody or answer.json == {"slots": []}, answer.text
    assert other.mark not in answer.text
    with other.session() as session:
        assert session.query(Appointment).count() == 1


@pytest.mark.parametrize("declared", endpoints(Access.PUBLIC), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_what_everybody_may_see_speaks_of_the_own_clinic_only(app, clinic, other, lively, declared):
    answer = app.test_client().open(address(declared, key_of(clinic, declared)), method=declared.method, json={})
    assert answer.status_code < 500
    assert other.mark not in answer.text


def test_the_walk_passes_every_widget():
    walked = {KINDS[_blueprint(declared)] for access in (Access.VISITOR, Access.PUBLIC) for declared in endpoints(access)}
    keyed = {declared.name for declared in REGISTRY.values() if "<key>" in declared.rule and declared.access is not Access.STAFF}
    named = {declared.name for access in Access for declared in endpoints(access)}
    assert walked == {"walk_in", "booking", "chat"}
    assert {name for name in keyed - named if "widget" in name or "walk_in" in name} == set()
