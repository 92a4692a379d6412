"""One walk over every address that visitors call: what one clinic gave opens nothing of the clinic next door."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from portal import pages as portal_pages  # noqa: F401 (declares addresses, as do the next)
from portal import routes as portal_routes  # noqa: F401
from telehealth import clock, pin, portal
from telehealth.booking import Appointment
from telehealth.pin import Pin
from tests.clinic import Clinic, client_id
from tests.files import upload
from web.endpoint import REGISTRY, Access, Endpoint
from widgets import page  # noqa: F401 (declares addresses, as do the next)
from widgets.attachment import routes as attachment_routes  # noqa: F401
from widgets.booking import plain as plain_booking  # noqa: F401
from widgets.booking import routes as booking_routes  # noqa: F401
from widgets.chat import routes as chat_routes  # noqa: F401
from widgets.payment import routes as payment_routes  # noqa: F401
from widgets.questionnaire import routes as questionnaire_routes  # noqa: F401
from widgets.talk import routes as talk_routes  # noqa: F401
from widgets.visit import guest, routes as visit_routes  # noqa: F401
from widgets.walk_in import routes as walk_in_routes  # noqa: F401

KINDS = {"walk_in": "walk_in", "booking_widget": "booking", "booking_widget_plain": "booking", "chat_widget": "chat", "visit": "walk_in", "widgets": "walk_in", "questionnaire": "booking", "attachments": "booking", "payment": "booking", "portal": "booking", "talk": "chat"}
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
    return declared.rule.replace("<key>", key).replace("<uid>", uid).replace("<file>", uid) + query


def full_body(clinic: Clinic) -> dict[str, Any]:
    """What any of the addresses might want, with the ids of a clinic."""
    return {
        "client_id": client_id(), "department": clinic.departments[0], "practitioner": clinic.people["doctor"],
        "channel": clinic.channels["open"], "slot": f"{clinic.people['doctor']}-1-9999999", "name": "R. Racer", "text": "Hello",
        "patient": {"initials": "R.", "last_name": "Racer", "birth_date": "1980-02-29", "email": "r@example.org"},
        "answers": {}, "accept_terms": True,
    }  # fmt: skip


def sent(declared: Endpoint, clinic: Clinic, token: str = "") -> dict[str, Any]:
    """How the address is called, with the token where it looks for it."""
    if declared.form:
        return {"method": declared.method, "data": as_form(fitting(declared, clinic)) | {"visitor": token}}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if declared.upload:
        file = upload()
        return {"method": declared.method} | file | {"headers": file["headers"] | headers}
    return {"method": declared.method, "json": fitting(declared, clinic), "headers": headers}


def fitting(declared: Endpoint, clinic: Clinic) -> dict[str, Any] | None:
    if declared.body is None:
        return None
    body = full_body(clinic)
    asked = body | {"whom": f"{body['department']}-{body['practitioner']}", "date": str(two_days_on()), "birth_year": "1980"}
    return {name: value for name, value in asked.items() if name in declared.body.model_fields}


def as_form(body: dict[str, Any] | None) -> dict[str, str]:
    """As a page without scripts sends it: what is within something is named after it."""
    flat = {}
    for name, value in (body or {}).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        flat |= {f"{name}.{part}".rstrip("."): str(inner) for part, inner in parts}
    return flat


def two_days_on() -> date:
    """On which both clinics have free times."""
    return (clock.now() + timedelta(days=2)).date()


@pytest.fixture
def lively(other: Clinic) -> str:
    """Next door somebody waits, somebody asks and somebody has booked; gives the appointment's uid."""
    with other.session() as session:
        other.arrive(session)
        other.conversation(session)
        return other.book(session).uid


@pytest.mark.parametrize("declared", endpoints(Access.VISITOR), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_nobody_calls_without_a_session_nor_with_one_of_next_door(app, clinic, other, visitor, lively, declared):
    without = app.test_client().open(address(declared, key_of(other, declared), lively), **sent(declared, other))
    assert without.status_code == 401
    ours = visitor(key_of(clinic, declared))
    answer = app.test_client().open(address(declared, key_of(other, declared), lively), **sent(declared, other, ours.token))
    assert other.mark not in answer.text
    if "<key>" in declared.rule or declared.method == "POST":
        assert answer.status_code in REFUSED, answer.text


@pytest.mark.parametrize("declared", endpoints(Access.VISITOR), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_ids_of_next_door_open_nothing_at_the_own_address(app, clinic, other, visitor, lively, declared):
    ours = visitor(key_of(clinic, declared))
    query = f"?date={two_days_on()}&department={other.departments[0]}" if declared.query else ""
    where = declared.rule.replace("<key>", key_of(clinic, declared)).replace("<uid>", lively) + query
    answer = app.test_client().open(where, **sent(declared, other, ours.token))
    names_nobody = declared.method == "DELETE"  # it is about the caller alone
    reads_only = declared.form and 'name="slot"' not in answer.text and "k-day" not in answer.text
    assert answer.status_code in REFUSED or names_nobody or reads_only or answer.json in ({"slots": []}, {"conversations": []}), answer.text
    assert other.mark not in answer.text
    with other.session() as session:
        assert session.query(Appointment).count() == 1


@pytest.mark.parametrize("declared", endpoints(Access.PUBLIC), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_what_everybody_may_see_speaks_of_the_own_clinic_only(app, clinic, other, lively, declared):
    answer = app.test_client().open(address(declared, key_of(clinic, declared)), method=declared.method, json={})
    assert answer.status_code < 500
    assert other.mark not in answer.text


@pytest.fixture
def own_pages(clinic: Clinic) -> str:
    """Somebody of ours has come to the own pages; gives the token."""
    with clinic.session() as session:
        made = clinic.book(session)
        pin.ask(session, made.ticket, clock.now())
        return portal.begin(session, made.ticket, session.query(Pin).one().digits, client_id(), "en", clock.now()).token


@pytest.mark.parametrize("declared", endpoints(Access.PATIENT), ids=lambda declared: f"{declared.method} {declared.rule}")
def test_the_own_pages_open_nothing_of_next_door(app, other, lively, own_pages, declared):
    where = declared.rule.replace("<uid>", lively)
    assert app.test_client().open(where, **sent(declared, other)).status_code == 401
    assert app.test_client().open(where, **sent(declared, other, "x" * 43)).status_code == 401
    answer = app.test_client().open(where, **sent(declared, other, own_pages))
    assert other.mark not in answer.text and lively not in answer.text
    assert answer.status_code == (404 if "<uid>" in declared.rule else 200), answer.text
    with other.session() as session:
        assert session.query(Appointment).one().uid == lively


def test_the_walk_passes_all_of_the_own_pages():
    assert len(endpoints(Access.PATIENT)) >= 7
    assert len([declared for declared in endpoints(Access.PUBLIC) if _blueprint(declared) == "portal"]) == 5


def test_the_walk_passes_every_widget():
    walked = {KINDS[_blueprint(declared)] for access in (Access.VISITOR, Access.PUBLIC) for declared in endpoints(access)}
    keyed = {declared.name for declared in REGISTRY.values() if "<key>" in declared.rule and declared.access is not Access.STAFF}
    named = {declared.name for access in Access for declared in endpoints(access)}
    assert walked == {"walk_in", "booking", "chat"}
    assert {name for name in keyed - named if "widget" in name or "walk_in" in name} == set()
