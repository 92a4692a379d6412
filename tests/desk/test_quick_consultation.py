"""Quick consultations from the desk to the patient's page: events, refusals, the mail, the link, and both screens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.waiting_room import Encounter, EncounterStatus
from tests.clinic import Clinic, client_id
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.patience import until
from tests.widgets.visit.test_routes import Link

PERSON = {"initials": "A.", "last_name": "Bakker", "birth_date": "", "email": "anna@example.org"}
LOOKS = pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 2400, "rtl": True, "dark": True}], ids=["wide", "phone dark mirrored"])


def wanted(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    return {"client_id": client_id(), "department": clinic.departments[0], "person": PERSON} | changes


@pytest.fixture
def begun(clinic: Clinic, open_page: Any) -> Any:
    """A doctor's page in whose room nobody has come yet; gives the page and the visit's id."""
    page = open_page(clinic, "doctor")
    page.done("start_quick", **wanted(clinic))
    with clinic.session() as session:
        return page, session.query(Encounter).one().id


def token_of(page: Any, visit_id: int) -> str:
    return str(page.done("invitation", id=visit_id)["link"].partition("#")[2])


def test_it_stands_on_every_desk_of_the_department_as_somebody_who_is_awaited(clinic: Clinic, begun: Any, open_page: Any) -> None:
    _, visit_id = begun
    [row] = open_page(clinic, "manager").done("waiting_room")["items"]
    assert (row["id"], row["kind"], row["awaited"], row["status"]) == (visit_id, "quick", True, "admitted")
    assert open_page(clinic, "nurse").done("waiting_room")["items"] == []


def test_the_same_sent_again_is_the_same_room(clinic: Clinic, open_page: Any) -> None:
    page, body = open_page(clinic, "doctor"), wanted(clinic)
    assert page.done("start_quick", **body) == page.done("start_quick", **body)


def test_whoever_resembles_a_patient_is_asked_about(clinic: Clinic, begun: Any) -> None:
    page, _ = begun
    refused = page.send("start_quick", **wanted(clinic))
    assert (refused["error"], [one["name"] for one in refused["patients"]]) == ("perhaps_known", ["A. Bakker"])
    page.done("start_quick", **wanted(clinic, another=True))
    body = wanted(clinic, patient=refused["patients"][0]["id"])
    del body["person"]
    page.done("start_quick", **body)
    with clinic.session() as session:
        assert (session.query(Patient).count(), session.query(Encounter).count()) == (2, 3)


@pytest.mark.parametrize(("changes", "code", "field"), [
    ({"person": PERSON | {"email": "nobody"}}, "invalid", "person.email"), ({"person": PERSON | {"last_name": " "}}, "invalid", "person.last_name"),
    ({"person": None}, "invalid", None), ({"patient": 999_999}, "not_allowed", None), ({"department": 999_999}, "not_allowed", None),
])  # fmt: skip
def test_what_is_wrong_is_refused_and_begins_nothing(clinic: Clinic, open_page: Any, changes: dict[str, Any], code: str, field: str | None) -> None:
    refused = open_page(clinic, "doctor").send("start_quick", **wanted(clinic, **changes))
    assert refused["error"] == code
    assert field is None or field in refused["fields"]
    with clinic.session() as session:
        assert not session.query(Encounter).count()


def test_next_door_begins_and_reads_nothing_of_ours(clinic: Clinic, other: Clinic, begun: Any, open_page: Any, staff: Any) -> None:
    _, visit_id = begun
    stranger = open_page(other, "admin")
    assert stranger.send("invitation", id=visit_id)["error"] == "unknown"
    assert stranger.send("start_quick", **wanted(clinic))["error"] == "not_allowed"
    with clinic.session() as session:
        patient = session.query(Patient).one().id
    assert "anna@example.org" in staff(clinic, "manager").get(f"/desk/quick?patient={patient}").text
    assert "anna@example.org" not in staff(other, "doctor").get(f"/desk/quick?patient={patient}").text
    assert staff(clinic, "translator").get("/desk/quick").status_code == 403


def test_a_colleague_does_not_get_the_link_nor_anybody_once_the_patient_is_there(clinic: Clinic, begun: Any, open_page: Any) -> None:
    page, visit_id = begun
    assert open_page(clinic, "manager").send("invitation", id=visit_id)["error"] == "unknown"
    assert page.done("invitation", id=visit_id)["size"] > 20
    with clinic.session() as session:
        session.get_one(Encounter, visit_id).connection(connected=True, now=clock.now())
    assert page.send("invitation", id=visit_id)["error"] == "unknown"


def test_the_link_tells_who_waits_and_leads_straight_in(app: Any, clinic: Clinic, begun: Any) -> None:
    page, visit_id = begun
    link = Link(app, token_of(page, visit_id))
    told = link.appointment
    assert (told["at_once"], told["door"], told["inside"], told["practitioner"]) == (True, "open", False, f"Dr Doctor {clinic.mark}")
    assert link.post("check-in").json["status"] == "admitted"
    assert link.get("current").json["admitted_by"]["name"] == f"Dr Doctor {clinic.mark}"


def test_after_its_time_and_after_the_end_it_leads_nowhere(app: Any, clinic: Clinic, begun: Any) -> None:
    page, visit_id = begun
    token = token_of(page, visit_id)
    with clock.at(clock.now() + timedelta(minutes=61)):
        late = Link(app, token)
        assert late.appointment["door"] == "late"
        assert late.post("check-in").json["error"] == "too_late"
    page.done("end", id=visit_id)
    over = Link(app, token)
    assert (over.appointment["door"], over.appointment["ended"]) == ("late", False)
    assert over.post("check-in").json["error"] == "encounter_ended"
    assert [row["end_reason"] for row in page.done("ended")["items"]] == ["missed"]


def test_where_the_clinic_asks_for_the_date_of_birth_it_asks_here_too(app: Any, clinic: Clinic, open_page: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True
    page = open_page(clinic, "doctor")
    page.done("start_quick", **wanted(clinic, person=PERSON | {"birth_date": "1970-05-01"}))
    with clinic.session() as session:
        visit_id = session.query(Encounter).one().id
    token = token_of(page, visit_id)
    asking = Link(app, token)
    assert asking.appointment["asks_birth_date"] and not asking.answer.json["token"]
    assert asking.post("check-in").status_code == 401
    known = Link(app, token, patient={"birth_date": "1970-05-01"})
    assert known.post("check-in").status_code == 201


def test_it_cannot_be_moved_nor_cancelled_like_an_appointment(app: Any, begun: Any) -> None:
    page, visit_id = begun
    link = Link(app, token_of(page, visit_id))
    assert link.get("slots?date=2030-01-01").status_code == 404
    assert link.post("cancel").status_code == 404


def test_from_the_patients_record_and_the_list_a_camera_leads_there(clinic: Clinic, staff: Any, begun: Any) -> None:
    with clinic.session() as session:
        patient = session.query(Patient).one().id
    administrator = staff(clinic, "admin")
    for page in (f"/admin/patients/show/{patient}", "/admin/patients/list/"):
        assert f'href="/desk/quick?patient={patient}"' in administrator.get(page).text


@pytest.mark.browser
@LOOKS
def test_from_the_waiting_room_into_the_room(open_desk: Any, clinic: Clinic, check_page: Page, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", "/desk/waiting-room", **look)
    page.locator("a[href='/desk/quick']").click()
    page.locator("#quick [type=submit]:enabled").click()
    page.locator("#quick [data-summary]").wait_for()
    screenshot(page, f"quick-wrong-{look['width']}", full_page=True)
    check_page(page)
    page.locator("#last_name").fill("Bakker")
    page.locator("#email").fill("anna@example.org")
    page.locator("#quick [type=submit]").click()
    page.wait_for_url(re.compile("/desk/visit/"))
    if look["width"] == 360:
        page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("#invitation-link")).to_have_value(re.compile("/visit#"))
    screenshot(page, f"quick-room-{look['width']}")
    check_page(page)
    with clinic.session() as session:
        visit = session.query(Encounter).one()
        visit.connection(connected=True, now=clock.now())
    expect(page.locator("#invitation")).to_be_hidden()


@pytest.mark.browser
@LOOKS
def test_the_patient_goes_straight_in(open_desk: Any, new_page: Any, site: str, clinic: Clinic, begun: Any, check_page: Page, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    token = token_of(*begun)
    page = new_page(**look)
    page.goto(f"{site}/visit{'?lang=ar-XB' if look.get('rtl') else ''}#{token}")
    page.locator("[data-view=now]").wait_for()
    screenshot(page, f"quick-now-{look['width']}", full_page=True)
    check_page(page)
    page.locator("[data-view=now] [data-do=check-in]").click()
    page.locator("#call").wait_for()
    screenshot(page, f"quick-in-{look['width']}")
    until(lambda: _is_in(clinic))
    with clinic.session() as session:
        session.query(Encounter).one().end(clinic.staff("doctor"), clock.now())
    gone = new_page()
    gone.goto(f"{site}/visit#{token}")
    expect(gone.get_by_role("heading", name="Your visit has ended")).to_be_visible()


def _is_in(clinic: Clinic) -> bool:
    with clinic.session() as session:
        visit = session.query(Encounter).one()
        return (visit.awaited, visit.status) == (False, EncounterStatus.ADMITTED)


@pytest.mark.browser
def test_a_link_that_has_expired_says_what_to_do(new_page: Any, site: str, clinic: Clinic, begun: Any, check_page: Page, screenshot: Any) -> None:  # noqa: F811
    page, visit_id = begun
    token = token_of(page, visit_id)
    page.done("end", id=visit_id)
    late = new_page(width=360)
    late.goto(f"{site}/visit#{token}")
    expect(late.get_by_role("heading", name="Nobody is waiting behind this link any more")).to_be_visible()
    screenshot(late, "quick-over")
    check_page(late)
