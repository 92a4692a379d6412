"""Who may use what: department administrators their departments' work, practitioners their profile, the operator organisations."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from admin.menu import VIEWS
from telehealth.announcement import Announcement
from telehealth.booking import Appointment
from telehealth.organization import Organization
from telehealth.questionnaire import Questionnaire
from telehealth.schedule import Availability
from tests.admin.conftest import PATHS, row_of
from tests.conftest import SignedIn

OF_DEPARTMENTS = {
    "AnnouncementView", "QuickTextView", "AvailabilityView", "AppointmentView", "WaitlistView", "PatientView", "FollowUpHintView",
    "FeedbackView", "DepartmentView", "AbsenceView", "GroupView", "ExternalPersonView",
}  # fmt: skip


@pytest.fixture
def operator(app):
    sm = app.appbuilder.sm
    with app.app_context():
        if sm.find_user(email="operator@server.example") is None:
            sm.add_user("operator@server.example", "O", "P", "operator@server.example", sm.find_role("Operator"), "correct horse battery")
    return SignedIn(app, "operator@server.example")


def test_a_department_administrator_gets_what_departments_need_and_nothing_else(full, staff):
    manager = staff(full, "manager")
    for view in VIEWS:
        wanted = 200 if view.__name__ in OF_DEPARTMENTS else 403
        assert manager.get(f"{PATHS[view.__name__]}/list/").status_code == wanted, view
    assert manager.get("/admin/").status_code == 200


@pytest.mark.parametrize("who", ["doctor", "nurse", "translator"])
def test_others_get_their_own_profile_and_who_treats_their_own_feedback(who, clinic, staff):
    someone = staff(clinic, who)
    for view in VIEWS:
        wanted = 200 if view.__name__ == "FeedbackView" and who != "translator" else 403
        assert someone.get(f"{PATHS[view.__name__]}/list/").status_code == wanted, view
    assert someone.get("/admin/", follow_redirects=True).request.path == "/admin/profile/"


def test_a_department_administrator_sees_the_own_departments_only(full, staff):
    manager, (own, foreign) = staff(full, "manager"), full.departments
    with full.session() as session:
        session.add_all([
            Announcement(text="for mine", department_id=own), Announcement(text="for yours", department_id=foreign),
        ])  # fmt: skip
        nurse = session.query(Availability.id).filter_by(practitioner_id=full.people["nurse"]).first()
        appointment = session.query(Appointment).one()
        appointment.department_id, appointment_id = foreign, appointment.id
    page = manager.get("/admin/announcements/list/").text
    assert "for mine" in page and "for yours" not in page
    assert nurse is None or manager.get(f"/admin/availabilities/show/{nurse[0]}").status_code == 404
    assert manager.get(f"/admin/appointments/show/{appointment_id}").status_code == 404
    assert f"Dr Nurse {full.mark}" not in manager.get("/admin/availabilities/add").text


def test_a_department_administrator_cannot_announce_to_everybody(full, staff):
    manager, (own, foreign) = staff(full, "manager"), full.departments
    form = {"text": "Closed today", "severity": "warning"}
    assert manager.post("/admin/announcements/add", form | {"department": ""}).status_code == 422
    assert manager.post("/admin/announcements/add", form | {"department": str(foreign)}).status_code == 422
    assert manager.post("/admin/announcements/add", form | {"department": str(own)}).status_code == 302


def test_an_administrator_has_the_own_organisation_only(clinic, other, administrator):
    someone = administrator(clinic)
    assert someone.get(f"/admin/organization/show/{other.id}").status_code == 404
    assert someone.get("/admin/organization/add").status_code == 403
    assert someone.get(f"/admin/organization/edit/{other.id}").status_code == 404
    assert other.mark not in someone.get("/admin/organization/list/").text


def test_an_administrator_cannot_raise_the_own_limit(clinic, administrator):
    someone = administrator(clinic)
    page = someone.get(f"/admin/organization/edit/{clinic.id}").text
    assert 'name="max_users"' not in page and 'name="zone"' in page
    with clinic.session() as session:
        row = session.get_one(Organization, clinic.id)
        form = {name: str(getattr(row, name)) for name in ("name", "emergency_number", "zone", "locale", "brand", "reminder_hour",
                "link_opens_minutes", "link_closes_minutes", "welcome_minutes", "hold_minutes", "grace_seconds", "pin_minutes", "escalate_minutes")}  # fmt: skip
    form |= {"locales": ["en"], "max_users": "9999", "phone": "020 555"}
    answer = someone.post(f"/admin/organization/edit/{clinic.id}", form)
    assert answer.status_code == 302, answer.text
    with clinic.session() as session:
        row = session.get_one(Organization, clinic.id)
        assert (row.max_users, row.phone) == (50, "020 555")


def test_the_operator_manages_organisations_and_sees_no_clinic_from_inside(clinic, operator):
    assert clinic.mark in operator.get(f"/admin/organization/list/?q={clinic.mark}").text
    assert 'name="max_users"' in operator.get(f"/admin/organization/edit/{clinic.id}").text
    assert operator.get("/admin/failed-jobs/list/").status_code == 200
    for name in set(PATHS) - {"OrganizationView", "JobView"}:
        assert operator.get(f"{PATHS[name]}/list/").status_code == 403, name
    form = {"slug": f"new-{clinic.slug}"[:38], "name": "New clinic", "max_users": "20", "emergency_number": "112", "zone": "Europe/Helsinki",
            "locale": "en", "locales": ["en"], "brand": "#123456", "reminder_hour": "7", "link_opens_minutes": "60", "link_closes_minutes": "60",
            "welcome_minutes": "30", "hold_minutes": "10", "grace_seconds": "300", "pin_minutes": "30", "escalate_minutes": "10"}  # fmt: skip
    answer = operator.post("/admin/organization/add", form)
    assert answer.status_code == 302, answer.text
    with clinic.session() as session:
        made = session.scalar(select(Organization.id).where(Organization.slug == form["slug"]))
        session.enter(made)
        assert sorted(row.title for row in session.query(Questionnaire)) == ["Medical history", "Medicines and allergies", "Reason for your visit"]


def test_a_failed_job_of_another_organisation_is_not_seen(clinics, administrator):
    from telehealth.job import Job

    ours, theirs = clinics
    page = administrator(ours).get("/admin/failed-jobs/list/").text
    assert ours.mark in page and theirs.mark not in page
    assert administrator(ours).get(f"/admin/failed-jobs/show/{row_of(theirs, Job)}").status_code == 404
