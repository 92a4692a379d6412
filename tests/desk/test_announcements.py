"""Announcements from the desk: who may write and take back what, and that everybody who waits reads them at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import announcement, clock
from telehealth.announcement import Announcement
from tests.clinic import Clinic, client_id


def _texts(page: Any) -> list[str]:
    return [item["text"] for item in page.done("announcements")["items"]]


def test_what_is_announced_stands_at_every_desk_of_the_department_at_once(clinic: Clinic, open_page: Any) -> None:
    doctor, manager, nurse = (open_page(clinic, person) for person in ("doctor", "manager", "nurse"))
    doctor.done("announce", client_id=client_id(), text="Back in ten minutes", department=clinic.departments[0], minutes=15)
    assert manager.events("announced") == [{}]
    [item] = manager.done("announcements")["items"]
    assert (item["text"], item["department"], item["mine"]) == ("Back in ten minutes", f"General practice {clinic.mark}", True)
    assert _texts(nurse) == []


def test_an_announcement_that_is_sent_again_after_a_lost_answer_is_read_once(clinic: Clinic, open_page: Any) -> None:
    page, words = open_page(clinic, "doctor"), {"client_id": client_id(), "text": "Back soon", "department": clinic.departments[0]}
    assert page.done("announce", **words) == page.done("announce", **words)
    assert _texts(page) == ["Back soon"]


def test_an_announcement_ends_by_itself(clinic: Clinic, open_page: Any) -> None:
    page = open_page(clinic, "doctor")
    page.done("announce", client_id=client_id(), text="Fire drill", department=clinic.departments[0], minutes=15)
    with clinic.session() as session:
        shown = [len(announcement.current(session, clinic.departments[0], clock.now() + timedelta(minutes=m))) for m in (14, 16)]
    assert shown == [1, 0]


def test_people_announce_only_where_they_work(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    doctor = open_page(clinic, "doctor")
    for department in (None, clinic.departments[1], other.departments[0]):
        assert doctor.send("announce", client_id=client_id(), text="Hear me", department=department)["error"] == "not_allowed"
    assert open_page(clinic, "admin").done("announce", client_id=client_id(), text="For all")["id"]
    assert open_page(clinic, "admin").send("announce", client_id=client_id(), text="Next door", department=other.departments[0])["error"] == "not_allowed"


def test_an_announcement_is_taken_back_by_those_of_its_department_only(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    doctor, nurse = open_page(clinic, "doctor"), open_page(clinic, "nurse")
    made = doctor.done("announce", client_id=client_id(), text="Away", department=clinic.departments[0])["id"]
    assert nurse.send("withdraw", id=made)["error"] == "not_allowed"
    open_page(other, "admin").done("withdraw", id=made)  # not there for them
    assert _texts(doctor) == ["Away"]
    doctor.done("withdraw", id=made)
    doctor.done("withdraw", id=made)
    assert _texts(doctor) == []


def test_taking_all_back_leaves_what_others_announced(clinic: Clinic, open_page: Any) -> None:
    doctor = open_page(clinic, "doctor")
    open_page(clinic, "admin").done("announce", client_id=client_id(), text="For all")
    for text in ("One", "Two"):
        doctor.done("announce", client_id=client_id(), text=text, department=clinic.departments[0])
    assert doctor.done("withdraw_all") == {"withdrawn": 2}
    assert _texts(doctor) == ["For all"]
    with clinic.session() as session:
        assert session.query(Announcement).count() == 1


@pytest.mark.parametrize("body", [{"text": ""}, {"text": "x" * 301}, {"text": "Late", "minutes": 0}, {"text": "Late", "severity": "red"}])
def test_announcements_of_another_shape_are_refused(clinic: Clinic, open_page: Any, body: dict[str, Any]) -> None:
    assert open_page(clinic, "admin").send("announce", **({"client_id": client_id()} | body))["error"] == "invalid"
