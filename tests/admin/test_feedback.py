"""What patients said, as those read it whom it concerns; and the clinic's own words about the end of a visit."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from telehealth import clock, feedback
from telehealth.audit import AuditAction, AuditEvent
from telehealth.department import Department
from telehealth.feedback import Feedback, Rating
from telehealth.follow_up import FollowUpHint
from telehealth.organization import ChatAfterVisit, Organization
from tests.clinic import Clinic
from tests.widgets.walk_in.live import serve_live


@pytest.fixture
def given(clinic: Clinic) -> Clinic:
    """Two say how the doctor was, one how the nurse was, the nurse's forty days ago."""
    with clinic.session() as session:
        for person, rating, days in (("doctor", Rating.GOOD, 0), ("doctor", Rating.BAD, 0), ("nurse", Rating.VERY_GOOD, 40)):
            now = clock.now() - timedelta(days=days)
            visit = clinic.arrive(session, department_id=clinic.departments[person == "nurse"])
            visit.admit(clinic.staff(person), now)
            visit.end(clinic.staff(person), now)
            feedback.give(session, visit, rating, f"=About the {person} {clinic.mark}", now)
    return clinic


def ids(clinic: Clinic, person: str) -> list[int]:
    with clinic.session() as session:
        return [row.id for row in session.query(Feedback).filter_by(practitioner_id=clinic.people[person])]


def spread(page: str) -> dict[str, list[str]]:
    """The picture's table: label → the numbers beside it."""
    table = page.partition("adm-spread")[2].partition("</table>")[0]
    rows = re.findall(r"<strong>(.*?)</strong>(.*?)</tr>", table, re.DOTALL)
    return {label: re.findall(r'adm-cell">([^<]*)<', cells) for label, cells in rows}


@pytest.mark.parametrize(("person", "count"), [("admin", 3), ("manager", 2), ("doctor", 2), ("nurse", 1)])
def test_the_list_holds_what_one_may_see(given: Clinic, staff: Any, person: str, count: int) -> None:
    page = staff(given, person).get("/admin/feedback/list/").text
    assert f"1 to {count} of {count}" in page
    assert "About the" not in page, "the list itself tells nothing of what was written"


def test_words_are_read_on_a_page_of_their_own_and_that_is_noted(given: Clinic, staff: Any) -> None:
    [mine, _], [foreign] = ids(given, "doctor"), ids(given, "nurse")
    doctor = staff(given, "doctor")
    assert "=About the doctor" in doctor.get(f"/admin/feedback/show/{mine}").text
    assert doctor.get(f"/admin/feedback/show/{foreign}").status_code == 404
    with given.session() as session:
        [entry] = session.query(AuditEvent).filter_by(entity="feedback", action=AuditAction.OPENED)
        assert (entry.entity_id, entry.actor) == (mine, f"practitioner:{given.people['doctor']}")


def test_the_export_holds_the_same_rows_harmlessly_and_is_noted(given: Clinic, staff: Any) -> None:
    answer = staff(given, "manager").get("/admin/feedback/export?_flt_0_rating=2")
    [head, row] = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert "In their words" in head
    assert row[head.index("In their words")] == f"'=About the doctor {given.mark}"
    with given.session() as session:
        [noted] = session.query(AuditEvent).filter_by(entity="feedback", action=AuditAction.OPENED)
        assert noted.changes == {"exported": [1]}


def test_nobody_writes_or_takes_away_what_patients_said(given: Clinic, staff: Any) -> None:
    admin, [one, _] = staff(given, "admin"), ids(given, "doctor")
    for path in (f"edit/{one}", f"delete/{one}", "add"):
        assert admin.get(f"/admin/feedback/{path}").status_code == 404
        assert admin.post(f"/admin/feedback/{path}").status_code in {400, 403, 404, 405}
    assert len(ids(given, "doctor")) == 2


def test_the_picture_compares_departments_people_and_months_with_the_numbers_beside_it(
    given: Clinic, administrator: Callable[[Clinic], Any]
) -> None:
    admin, mark = administrator(given), given.mark
    page = admin.get("/admin/feedback/list/").text
    first, second = ["0", "1", "0", "1", "0", "2", "3.0"], ["0", "0", "0", "0", "1", "1", "5.0"]
    assert spread(page) == {f"General practice {mark}": first, f"Nurses {mark}": second}
    assert page.count('<rect class="adm-rating-') == 5 + 3
    by_person = admin.get("/admin/feedback/list/?by=practitioner").text
    assert spread(by_person) == {f"Dr Doctor {mark}": first, f"Dr Nurse {mark}": second}
    by_month = admin.get("/admin/feedback/list/?by=month").text
    assert list(spread(by_month).values()) == [first, second]


def test_a_filter_narrows_the_picture_with_the_list(given: Clinic, administrator: Callable[[Clinic], Any]) -> None:
    page = administrator(given).get(f"/admin/feedback/list/?_flt_0_department={given.departments[1]}&by=nonsense").text
    assert list(spread(page)) == [f"Nurses {given.mark}"]


def test_without_feedback_there_is_no_picture(clinic: Clinic, administrator: Callable[[Clinic], Any]) -> None:
    page = administrator(clinic).get("/admin/feedback/list/").text
    assert "Nothing here yet" in page and "adm-spread" not in page


@pytest.mark.parametrize(("address", "kept"), [("https://survey.example/1", True), ("http://survey.example", False), ("javascript:alert(1)", False)])
def test_a_survey_is_reached_by_https_only(clinic: Clinic, bearer: Any, address: str, kept: bool) -> None:
    answer = bearer(clinic)("PUT", f"/organization/{clinic.id}", json={"survey_url": address})
    assert answer.status_code == (200 if kept else 422), answer.text
    with clinic.session() as session:
        assert session.get_one(Organization, clinic.id).survey_url == (address if kept else "")


def test_what_becomes_of_conversations_is_chosen_and_remembered_in_the_history(clinic: Clinic, bearer: Any) -> None:
    answer = bearer(clinic)("PUT", f"/organization/{clinic.id}", json={"chat_after_visit": "deleted", "chat_after_hours": 2})
    assert answer.status_code == 200, answer.text
    with clinic.session() as session:
        assert session.get_one(Organization, clinic.id).chat_after_visit is ChatAfterVisit.DELETED
        entry = session.query(AuditEvent).filter_by(entity="organization").one()
        assert entry.changes["chat_after_visit"] == ["kept", "deleted"]


def test_a_hint_with_a_code_that_is_not_known_is_not_kept(clinic: Clinic, administrator: Callable[[Clinic], Any]) -> None:
    admin = administrator(clinic)
    refused = admin.post("/admin/follow-up-hints/add", {"text": "Call *|my_phone|*", "position": "0"})
    assert refused.status_code == 422 and "*|my_phone|*" in refused.text and "*|organization_phone|*" in refused.text
    assert admin.post("/admin/follow-up-hints/add", {"text": "Call *|organization_phone|*", "position": "0"}).status_code == 302
    with clinic.session() as session:
        assert [hint.text for hint in session.query(FollowUpHint)] == ["Call *|organization_phone|*"]


def test_who_manages_a_department_writes_hints_for_it_alone(clinic: Clinic, staff: Any) -> None:
    manager, (own, foreign) = staff(clinic, "manager"), clinic.departments
    for department, status in (("", 422), (str(foreign), 422), (str(own), 302)):
        answer = manager.post("/admin/follow-up-hints/add", {"text": "Call us", "position": "0", "department": department})
        assert answer.status_code == status, department
    with clinic.session() as session:
        assert [hint.department_id for hint in session.query(FollowUpHint)] == [own]
        assert session.query(Department).count() == 2


@pytest.mark.browser
@pytest.mark.timeout(300)
@pytest.mark.parametrize("shape", [{}, {"width": 360, "dark": True}], ids=["wide", "dark phone"])
def test_the_picture_is_readable_wherever_it_is_looked_at(
    app: Any, house: Any, given: Clinic, staff: Any, new_page: Any, check_page: Any, screenshot: Any, shape: dict[str, Any]
) -> None:
    cookie = staff(given, "admin").client.get_cookie("konsulto_staff").value
    with serve_live(app, house) as site:
        page = new_page(**shape)
        page.context.add_cookies([{"name": "konsulto_staff", "value": cookie, "url": site}])
        page.goto(f"{site}/admin/feedback/list/")
        page.get_by_role("link", name="By person").click()
        page.get_by_role("cell", name=f"Dr Nurse {given.mark}", exact=True).first.wait_for()
        screenshot(page, f"feedback-{'-'.join(shape) or 'wide'}", full_page=True)
        check_page(page)
        page.close()
