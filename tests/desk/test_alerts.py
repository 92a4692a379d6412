"""Alerts over the live connection: whose page rings, who says that a patient was seen, and who may choose what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from desk.namespace import Desk
from telehealth import alert, clock
from telehealth.job import Job
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.practitioner import Practitioner, PractitionerRole, Role
from telehealth.waiting_room import Encounter
from tests.clinic import Clinic, client_id

BROWSER = {"endpoint": "https://push.example/one", "key": "A" * 87, "secret": "A" * 22}


def arrive(clinic: Clinic, **changes: Any) -> int:
    with clinic.session() as session:
        return clinic.arrive(session, **changes).id


def ringing(page: Any) -> list[int]:
    return [item["id"] for item in page.done("alerts")["items"]]


@pytest.fixture
def monitor(clinic: Clinic) -> str:
    """Somebody who only watches the waiting room of the first department."""
    with clinic.session() as session:
        person = Practitioner(name=f"Monitor {clinic.mark}", email=clinic.email("monitor"))
        person.roles.append(PractitionerRole(role=Role.WAITING_ROOM_MONITOR, department_id=clinic.departments[0]))
        session.add(person)
        session.flush()
        clinic.people["monitor"] = person.id
    return "monitor"


def test_an_arrival_rings_for_its_department_until_one_of_them_says_seen(clinic: Clinic, open_page: Any) -> None:
    doctor, manager, nurse = (open_page(clinic, person) for person in ("doctor", "manager", "nurse"))
    visit_id = arrive(clinic)
    assert (ringing(doctor), ringing(manager), ringing(nurse)) == ([visit_id], [visit_id], [])
    manager.done("acknowledge", id=visit_id)
    assert (ringing(doctor), ringing(manager)) == ([], [])
    assert doctor.events("visit")[-1]["acknowledged_by"] == f"Dr Manager {clinic.mark}"


def test_a_page_names_who_waits_where_and_since_when(clinic: Clinic, open_page: Any) -> None:
    arrive(clinic)
    [item] = open_page(clinic, "doctor").done("alerts")["items"]
    assert item["name"] == f"S. Lindqvist {clinic.mark}"
    assert item["department"] == f"General practice {clinic.mark}"
    assert item["since"].endswith("+00:00") and item["escalated"] is False
    assert "Dizzy" not in str(item)


def test_more_than_a_page_can_name_are_counted(clinic: Clinic, open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.alerts.namespace.MOST", 2)
    for _ in range(3):
        arrive(clinic)
    answer = open_page(clinic, "doctor").done("alerts")
    assert (len(answer["items"]), answer["more"]) == (2, 1)


@pytest.mark.parametrize("deed", ["admit", "hold", "post", "notify"])
def test_whoever_acts_on_a_patient_has_seen_them(clinic: Clinic, open_page: Any, deed: str) -> None:
    visit_id, doctor = arrive(clinic), open_page(clinic, "doctor")
    with clinic.session() as session:
        thread = session.get_one(Encounter, visit_id).conversation_id
    bodies = {
        "post": {"id": thread, "client_id": client_id(), "text": "One moment"},
        "notify": {"client_id": client_id(), "ids": [visit_id], "minutes_late": 5},
    }
    doctor.done(deed, **bodies.get(deed, {"id": visit_id}))
    with clinic.session() as session:
        assert session.get_one(Encounter, visit_id).acknowledged_by_id == clinic.people["doctor"]
    assert ringing(open_page(clinic, "manager")) == []


def test_a_message_in_a_channel_is_no_acknowledgement(clinic: Clinic, open_page: Any) -> None:
    visit_id, doctor = arrive(clinic), open_page(clinic, "doctor")
    doctor.done("be_present", channel=clinic.channels["shared"], on=True)
    with clinic.session() as session:
        thread = clinic.conversation(session, "shared").id
    doctor.done("post", id=thread, client_id=client_id(), text="Hello")
    assert ringing(doctor) == [visit_id]


def test_a_visit_of_another_department_or_clinic_cannot_be_acknowledged(
    clinic: Clinic, other: Clinic, open_page: Any
) -> None:
    visit_id = arrive(clinic)
    for page in (open_page(clinic, "nurse"), open_page(other, "admin")):
        assert page.send("acknowledge", id=visit_id)["error"] == "unknown"
    assert ringing(open_page(clinic, "doctor")) == [visit_id]


def test_the_clinic_next_door_hears_nothing(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    page = open_page(other, "admin")
    visit_id = arrive(clinic)
    with clinic.session() as session:
        alert.tell_everybody(session, visit_id, clock.now())
    open_page(clinic, "doctor").done("acknowledge", id=visit_id)
    assert page.heard == [] and ringing(page) == []


def test_when_nobody_has_seen_a_patient_in_time_everybodys_page_rings(clinic: Clinic, open_page: Any) -> None:
    visit_id, admin = arrive(clinic), open_page(clinic, "admin")
    assert ringing(admin) == []
    with clinic.session() as session:
        alert.tell_everybody(session, visit_id, clock.now())
    assert admin.events("visit")[-1]["id"] == visit_id
    [item] = admin.done("alerts")["items"]
    assert item["escalated"] is True


def test_a_monitor_sees_acknowledges_and_answers(clinic: Clinic, open_page: Any, monitor: str) -> None:
    visit_id, page = arrive(clinic), open_page(clinic, monitor)
    assert ringing(page) == [visit_id]
    row = page.everything("waiting_room")[visit_id]
    page.done("acknowledge", id=visit_id)
    assert page.done("talk", id=row["conversation_id"])["items"] == []
    page.done("post", id=row["conversation_id"], client_id=client_id(), text="We have seen you")
    page.done("notify", client_id=client_id(), ids=[visit_id], minutes_late=5)
    assert page.done("talk", id=row["conversation_id"])["items"][0]["text"] == "We have seen you"


@pytest.mark.parametrize("deed", ["admit", "hold", "send_back", "end"])
def test_a_monitor_decides_nothing(clinic: Clinic, open_page: Any, monitor: str, deed: str) -> None:
    assert open_page(clinic, monitor).send(deed, id=arrive(clinic))["error"] == "not_allowed"


@pytest.mark.parametrize("deed", ["inbox", "channels", "calendar", "claim"])
def test_a_monitor_sees_waiting_people_only(clinic: Clinic, open_page: Any, monitor: str, deed: str) -> None:
    body = {"calendar": {"date": "2027-01-01"}, "claim": {"id": 1}}.get(deed, {})
    assert open_page(clinic, monitor).send(deed, **body)["error"] == "not_allowed"


def test_a_monitor_does_not_open_the_talk_of_a_channel(clinic: Clinic, open_page: Any, monitor: str) -> None:
    with clinic.session() as session:
        thread = clinic.conversation(session, "shared").id
    page = open_page(clinic, monitor)
    assert page.send("talk", id=thread)["error"] == "unknown"
    assert page.send("post", id=thread, client_id=client_id(), text="Hello")["error"] == "unknown"


def test_a_choice_holds_in_every_page_of_its_person_and_in_nobody_elses(clinic: Clinic, open_page: Any) -> None:
    tab, other_tab, colleague = (open_page(clinic, person) for person in ("doctor", "doctor", "manager"))
    assert tab.done("my_alerts") | {"public_key": ""} == {
        "bell": True, "desktop": False, "mail": False, "email": clinic.email("doctor"), "here": False, "elsewhere": 0,
        "public_key": "",
    }  # fmt: skip
    tab.done("choose_alerts", bell=False, desktop=True, mail=True)
    assert other_tab.events("alerts_chosen") == [{}]
    assert colleague.heard == []
    answer = other_tab.done("alerts")
    assert (answer["bell"], answer["desktop"]) == (False, True)
    assert colleague.done("my_alerts")["bell"] is True


def test_push_is_signed_on_and_off_for_one_browser_or_all(clinic: Clinic, open_page: Any) -> None:
    page, endpoint = open_page(clinic, "doctor"), BROWSER["endpoint"]
    page.done("push_here", **BROWSER)
    page.done("push_here", **BROWSER | {"endpoint": f"{endpoint}/2"})
    mine = page.done("my_alerts", endpoint=endpoint)
    assert (mine["here"], mine["elsewhere"]) == (True, 1)
    page.done("push_no_more", endpoint=endpoint)
    mine = page.done("my_alerts", endpoint=endpoint)
    assert (mine["here"], mine["elsewhere"]) == (False, 1)
    page.done("push_no_more")
    assert page.done("my_alerts", endpoint=endpoint)["elsewhere"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "http://push.example/one"}, {"endpoint": "file:///etc/passwd"}, {"endpoint": "https://a@b.example/"},
        {"endpoint": "https://push.example/" + "a" * 1000}, {"key": "short"}, {"secret": "<script>"},
    ],
)  # fmt: skip
def test_what_no_browser_would_send_is_refused(clinic: Clinic, open_page: Any, wrong: dict[str, str]) -> None:
    assert open_page(clinic, "doctor").send("push_here", **(BROWSER | wrong))["error"] == "invalid"


def test_a_trial_goes_to_oneself_only(clinic: Clinic, open_page: Any) -> None:
    doctor, manager = open_page(clinic, "doctor"), open_page(clinic, "manager")
    manager.done("push_here", **BROWSER)
    assert doctor.done("try_alert", by="push") == {"told": 0}
    assert manager.done("try_alert", by="push") == {"told": 1}
    assert doctor.done("try_alert", by="mail") == {"told": 1}
    with clinic.session() as session:
        mails = session.scalars(select(OutgoingMail.recipient).where(OutgoingMail.kind == MailKind.ARRIVAL)).all()
        pushes = session.query(Job).filter_by(kind=alert.PUSH, organization_id=clinic.id).all()
        assert mails == [clinic.email("doctor")]
        assert [push.payload.keys() for push in pushes] == [{"subscription"}]
    assert doctor.send("try_alert", by="pigeon")["error"] == "invalid"


def here(clinic: Clinic, person: str) -> bool:
    with clinic.session() as session:
        return alert.crew(session, clock.now()).people[clinic.people[person]].at_desk


def test_somebody_is_at_the_desk_while_one_of_their_pages_is_open(clinic: Clinic, desk: Desk, open_page: Any) -> None:
    assert not here(clinic, "doctor")
    tab, other_tab = open_page(clinic, "doctor"), open_page(clinic, "doctor")
    tab.leave()
    assert here(clinic, "doctor")
    with clock.at(clock.now() + alert.HERE + timedelta(seconds=1)):
        assert not here(clinic, "doctor")
        desk.look()
        assert here(clinic, "doctor")
    other_tab.leave()
    assert not here(clinic, "doctor")


def test_the_page_of_alerts_is_for_those_who_see_the_waiting_room(clinic: Clinic, staff: Any) -> None:
    page = staff(clinic, "doctor").get("/desk/alerts")
    assert page.status_code == 200 and "after 10 minutes" in page.text
    assert staff(clinic, "translator").get("/desk/alerts").status_code == 403


def test_the_script_of_pushes_is_for_the_desks_scope_and_for_those_who_are_alerted(clinic: Clinic, staff: Any) -> None:
    script = staff(clinic, "doctor").get("/desk/push.js")
    assert script.status_code == 200 and script.mimetype == "text/javascript"
    assert script.headers["Service-Worker-Allowed"] == "/desk/"
    assert "no-cache" in script.headers["Cache-Control"]
    assert staff(clinic, "translator").get("/desk/push.js").status_code == 403
