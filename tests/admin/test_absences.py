"""Absences in the admin: entered, found by person, taken back, exported."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from telehealth import absence, clock
from telehealth.absence import Absence


def form_of(clinic, person="doctor", begin=1, end=2, **changes):
    local = clock.now().astimezone(ZoneInfo("Europe/Amsterdam")).replace(hour=9, minute=0)
    moments = {name: (local + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M") for name, days in (("start", begin), ("end", end))}
    return moments | {"practitioner": str(clinic.people[person]), "note": "Holiday"} | changes


def kept(clinic):
    with clinic.sessions(organization=clinic.id) as session:
        return session.query(Absence).order_by(Absence.id).all()


def test_an_absence_is_entered_in_local_time_and_holds_at_once(clinic, administrator):
    form = form_of(clinic)
    answer = administrator(clinic).post("/admin/absences/add", form)
    assert answer.status_code == 302, answer.text
    (made,) = kept(clinic)
    assert made.start == datetime.fromisoformat(form["start"]).replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    with clinic.session() as session:
        assert absence.is_away(session, clinic.people["doctor"], made.first_tick, made.last_tick)


@pytest.mark.parametrize("changes", [{"begin": 2, "end": 1}, {"begin": -3, "end": -2}, {"begin": 1, "end": 500}])
def test_a_period_that_there_cannot_be_is_refused(changes, clinic, administrator):
    answer = administrator(clinic).post("/admin/absences/add", form_of(clinic, **changes))
    assert answer.status_code == 422 and "last no longer than a year" in answer.text
    assert kept(clinic) == []


def test_absences_are_found_by_person_and_exported(clinic, administrator):
    someone = administrator(clinic)
    for person, note in (("doctor", "Skiing"), ("nurse", "Course")):
        assert someone.post("/admin/absences/add", form_of(clinic, person, note=note)).status_code == 302
    found = someone.get("/admin/absences/list/?q=Nurse").text
    assert "Course" in found and "Skiing" not in found
    file = someone.get("/admin/absences/export").text
    assert "Skiing" in file and f"Dr Nurse {clinic.mark}" in file


def test_an_absence_taken_back_frees_the_time(clinic, administrator):
    someone = administrator(clinic)
    someone.post("/admin/absences/add", form_of(clinic))
    (made,) = kept(clinic)
    assert someone.post(f"/admin/absences/delete/{made.id}").status_code == 302
    assert kept(clinic) == []


def test_several_are_taken_back_at_once(clinic, administrator):
    someone = administrator(clinic)
    for begin in (1, 5):
        someone.post("/admin/absences/add", form_of(clinic, begin=begin, end=begin + 1))
    form = {"action": "delete_all", "rowid": [str(one.id) for one in kept(clinic)], "confirmed": "yes"}
    assert someone.post("/admin/absences/action_post", form).status_code == 302
    assert kept(clinic) == []


def test_a_department_administrator_decides_about_the_own_people_only(clinic, staff):
    manager = staff(clinic, "manager")
    assert manager.post("/admin/absences/add", form_of(clinic, "nurse")).status_code == 422
    assert manager.post("/admin/absences/add", form_of(clinic)).status_code == 302
    assert [one.practitioner_id for one in kept(clinic)] == [clinic.people["doctor"]]


def test_an_absence_is_not_rewritten(clinic, administrator):
    someone = administrator(clinic)
    someone.post("/admin/absences/add", form_of(clinic))
    (made,) = kept(clinic)
    assert someone.get(f"/admin/absences/edit/{made.id}").status_code == 404
