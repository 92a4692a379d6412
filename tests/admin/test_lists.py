"""Lists: searched, filtered, sorted, paged, acted upon and exported, always within what one may see."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from sqlalchemy import event

from telehealth.announcement import Announcement
from telehealth.audit import AuditAction, AuditEvent
from telehealth.department import Department
from telehealth.patient import Patient
from telehealth.widget import Widget


@pytest.fixture
def crowd(clinic):
    """Thirty patients."""
    with clinic.session() as session:
        session.add_all(
            Patient(initials="A.", last_name=f"Person{n:02}", birth_date=date(1950, 1, 1 + n), email=f"p{n}@x.example")
            for n in range(30)
        )
    return clinic


def exported(answer):
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_a_list_is_paged_and_says_how_many(crowd, administrator):
    someone = administrator(crowd)
    first, second = (someone.get(f"/admin/patients/list/?page_PatientView={n}").text for n in (0, 1))
    assert "1 to 25 of 30" in first and "Person24" in first and "Person25" not in first
    assert "26 to 30 of 30" in second and "Person25" in second
    assert "1 to 30 of 30" in someone.get("/admin/patients/list/?psize_PatientView=50").text


def test_nonsense_in_the_address_is_no_failure(crowd, administrator):
    someone = administrator(crowd)
    for query in ("page_PatientView=-1", "page_PatientView=x", "page_PatientView=9999999", "psize_PatientView=1000000", "psize_PatientView=x"):
        assert someone.get(f"/admin/patients/list/?{query}").status_code == 200, query
    for path in ("show/x", "show/99999999999999999999", "edit/0", "show/1'--"):
        assert someone.get(f"/admin/patients/{path}").status_code == 404, path


def test_a_search_finds_every_word_wherever_it_stands(crowd, administrator):
    someone = administrator(crowd)
    assert "1 to 1 of 1" in someone.get("/admin/patients/list/?q=person07+a.").text
    assert "Nothing found" in someone.get("/admin/patients/list/?q=person07+nobody").text
    assert "Nothing found" in someone.get("/admin/patients/list/?q=%25").text, "a percent sign is a percent sign"


def test_appointments_are_found_by_the_patients_name(full, administrator):
    someone = administrator(full)
    assert "1 to 1 of 1" in someone.get("/admin/appointments/list/?q=vries").text
    assert "Nothing found" in someone.get("/admin/appointments/list/?q=someone").text


def test_filters_narrow_and_are_said_in_words(crowd, administrator):
    someone = administrator(crowd)
    page = someone.get("/admin/patients/list/?_flt_0_birth_date=1950-01-10&_flt_1_birth_date=1950-01-12").text
    assert "1 to 3 of 3" in page and "Remove filter: Date of birth from 1950-01-10" in page
    kinds = someone.get("/admin/widgets/list/?_flt_0_kind=booking").text
    assert "1 to 1 of 1" in kinds and "Kind is Booking" in kinds
    assert "1 to 3 of 3" in someone.get("/admin/widgets/list/?_flt_0_active=y").text


def test_a_list_is_sorted_by_its_headings(crowd, administrator):
    page = administrator(crowd).get("/admin/patients/list/?_oc_PatientView=last_name&_od_PatientView=desc").text
    assert page.index("Person29") < page.index("Person28") and 'aria-sort="descending"' in page


def test_a_list_can_be_sorted_by_the_row_it_belongs_to(full, administrator):
    someone = administrator(full)
    for column in ("practitioner", "patient", "department"):
        assert someone.get(f"/admin/appointments/list/?_oc_AppointmentView={column}&_od_AppointmentView=asc").status_code == 200


def test_an_empty_list_says_what_to_do(clinic, administrator):
    page = administrator(clinic).get("/admin/announcements/list/").text
    assert "Nothing here yet" in page and "/admin/announcements/add" in page


def test_chosen_rows_are_deleted_after_a_question(clinic, administrator):
    someone = administrator(clinic)
    with clinic.session() as session:
        rows = [Announcement(text=f"Note {n}") for n in range(3)]
        session.add_all(rows)
        session.flush()
        ids = [row.id for row in rows]
    asked = someone.post("/admin/announcements/action_post", {"action": "delete_all", "rowid": ids[:2]})
    assert asked.status_code == 200 and "Note 0" in asked.text and "Note 2" not in asked.text
    someone.post("/admin/announcements/action_post", {"action": "delete_all", "rowid": ids[:2], "confirmed": "yes"})
    with clinic.session() as session:
        assert [row.text for row in session.query(Announcement)] == ["Note 2"]
        noted = session.query(AuditEvent).filter_by(entity="announcement", action=AuditAction.DELETED).count()
    assert noted == 2


def test_rows_that_something_belongs_to_stay_all_together(clinic, administrator):
    someone = administrator(clinic)
    with clinic.session() as session:
        empty = Department(name="Empty")
        session.add(empty)
        session.flush()
        ids = [empty.id, clinic.departments[0]]
    someone.post("/admin/departments/action_post", {"action": "delete_all", "rowid": ids, "confirmed": "yes"})
    assert "Something still belongs to it" in someone.get("/admin/departments/list/").text
    with clinic.session() as session:
        assert session.get(Department, ids[0]) is not None, "all or none"


def test_widgets_are_paused_and_activated_together(clinic, administrator):
    someone = administrator(clinic)
    with clinic.session() as session:
        ids = [row.id for row in session.query(Widget)]
    someone.post("/admin/widgets/action_post", {"action": "pause", "rowid": ids, "confirmed": "yes"})
    with clinic.session() as session:
        assert not any(row.active for row in session.query(Widget))
    someone.post("/admin/widgets/action_post", {"action": "activate", "rowid": ids})
    with clinic.session() as session:
        assert all(row.active for row in session.query(Widget))


def test_an_export_holds_what_the_list_shows(crowd, administrator):
    someone = administrator(crowd)
    answer = someone.get("/admin/patients/export?_flt_0_birth_date=1950-01-29")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    head, *rows = exported(answer)
    assert head[0] == "Last name" and [row[0] for row in rows] == ["Person28", "Person29"]


def test_an_export_of_patients_is_noted(crowd, administrator):
    administrator(crowd).get("/admin/patients/export")
    with crowd.session() as session:
        noted = session.query(AuditEvent).filter_by(entity="patient", action=AuditAction.OPENED).one()
        assert noted.changes == {"exported": [30]}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_spreadsheet_runs_nothing_of_an_export(text, clinic, administrator):
    with clinic.session() as session:
        session.add(Patient(initials="A.", last_name=text, birth_date=None))
    _head, row = exported(administrator(clinic).get("/admin/patients/export"))
    assert row[0] == f"'{text}"


def test_opening_a_patient_is_noted(full, administrator):
    someone = administrator(full)
    with full.session() as session:
        patient = session.query(Patient.id).first()[0]
    someone.get(f"/admin/patients/show/{patient}")
    with full.session() as session:
        noted = session.query(AuditEvent).filter_by(entity="patient", entity_id=patient, action=AuditAction.OPENED).one()
        assert noted.actor == f"practitioner:{full.people['admin']}"


def test_a_change_stands_in_the_history_with_who_and_what(clinic, administrator):
    someone, pk = administrator(clinic), clinic.departments[0]
    form = {"name": "Heart clinic", "description": "", "colour": "#0b6e6e", "position": "0", "active": "y"}
    assert someone.post(f"/admin/departments/edit/{pk}", form).status_code == 302
    page = someone.get(f"/admin/departments/edit/{pk}").text
    assert f"Last change by Dr Admin {clinic.mark}" in page and "→ Heart clinic" in page


def test_a_name_that_is_taken_is_refused_at_its_field(clinic, administrator):
    form = {"name": f"Nurses {clinic.mark}", "colour": "#0b6e6e", "position": "0"}
    answer = administrator(clinic).post("/admin/departments/add", form)
    assert answer.status_code == 422 and "There is already one like this" in answer.text


def test_no_text_of_an_administrator_becomes_markup(clinic, administrator):
    someone, bad = administrator(clinic), "<script>alert(1)</script>"
    answer = someone.post("/admin/announcements/add", {"text": bad, "severity": "warning", "department": ""})
    assert answer.status_code == 302
    for path in ("list/", answer.location.rpartition("/admin/announcements/")[2]):
        page = someone.get(f"/admin/announcements/{path}").text
        assert bad not in page and "&lt;script&gt;" in page


def test_a_page_takes_as_many_queries_for_many_rows_as_for_few(crowd, house, administrator):
    someone, counted = administrator(crowd), []

    def count(*_args):
        counted.append(1)

    def queries(query):
        someone.get(f"/admin/patients/list/{query}")
        counted.clear()
        event.listen(house.engine, "before_cursor_execute", count)
        someone.get(f"/admin/patients/list/{query}")
        event.remove(house.engine, "before_cursor_execute", count)
        return len(counted)

    assert queries("?q=person01") == queries("") <= 14
