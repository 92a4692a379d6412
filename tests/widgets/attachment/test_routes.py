"""Files behind an appointment's link: read by its holder alone, added where the clinic lets its patients, noted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from telehealth import attachment, clock
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment
from telehealth.file import Content, FileState, StoredFile
from telehealth.organization import Organization
from tests.clinic import Clinic, client_id
from tests.files import PDF, picture, upload
from tests.widgets.visit.test_routes import Link

FILES = "/visit/attachments"


class Patient:
    """Somebody with an appointment who has opened its link."""

    def __init__(self, app: Any, clinic: Clinic, slot: int = 0) -> None:
        with clinic.session() as session:
            made = clinic.book(session, slot=slot)
            self.appointment, self.ticket, self.end, self.id = made.id, made.ticket.token, made.end, made.patient_id
        self.app, self.clinic = app, clinic
        self.open()

    def open(self) -> None:
        self.link = Link(self.app, self.ticket)

    def get(self, address: str = "") -> Any:
        return self.link.client.get(FILES + address, headers=self.link.headers)

    def put(self, **sent: Any) -> Any:
        sent = sent or upload("rash.jpg", picture("JPEG"))
        return self.link.client.post(FILES, **sent | {"headers": sent["headers"] | self.link.headers})

    def remove(self, uid: str) -> Any:
        return self.link.client.post(f"{FILES}/{uid}/remove", json={}, headers=self.link.headers)

    def given(self, data: bytes = PDF, state: FileState = FileState.CLEAN) -> str:
        """The clinic puts a letter there; gives its id."""
        with self.clinic.session() as session:
            made, who = session.get_one(Appointment, self.appointment), self.clinic.staff("admin")
            content = Content("Letter.pdf", "application/pdf", data, state)
            return attachment.add_by_staff(session, who, made, content, client_id(), clock.now()).uid


@pytest.fixture
def patient(app: Any, clinic: Clinic) -> Patient:
    return Patient(app, clinic)


@pytest.fixture
def giving(app: Any, clinic: Clinic) -> Patient:
    """Somebody whose clinic takes files."""
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).patients_may_attach = True
    return Patient(app, clinic)


def noted(clinic: Clinic, action: AuditAction) -> list[str]:
    with clinic.session() as session:
        return [event.actor for event in session.query(AuditEvent).filter_by(entity="stored_file", action=action)]


def test_what_the_clinic_put_there_is_saved_by_the_patient_and_noted(patient: Patient, clinic: Clinic) -> None:
    assert patient.link.appointment["files"] is False and patient.get().json["page"] == ""
    uid = patient.given()
    patient.open()
    assert patient.link.appointment["files"] is True
    assert "Letter.pdf" in patient.get().json["page"] and noted(clinic, AuditAction.OPENED) == []
    fetched = patient.get(f"/{uid}")
    assert fetched.data == PDF
    assert fetched.headers["Content-Disposition"].startswith("attachment;")
    assert (fetched.headers["X-Content-Type-Options"], fetched.headers["Cache-Control"]) == ("nosniff", "no-store")
    assert "sandbox" in fetched.headers["Content-Security-Policy"] and "Set-Cookie" not in fetched.headers
    assert noted(clinic, AuditAction.OPENED) == [f"patient:{patient.id}"]


def test_the_file_of_another_appointment_is_not_there(app: Any, patient: Patient, clinic: Clinic) -> None:
    uid = patient.given()
    somebody = Patient(app, clinic, slot=3)
    assert somebody.get(f"/{uid}").status_code == 404
    assert somebody.remove(uid).status_code == 404
    assert uid not in somebody.get().text


def test_the_file_of_another_clinic_is_not_there(app: Any, patient: Patient, other: Clinic) -> None:
    uid = patient.given()
    somebody = Patient(app, other)
    assert somebody.get(f"/{uid}").status_code == 404
    assert somebody.remove(uid).status_code == 404


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer nonsense"])
def test_nothing_is_handed_out_without_the_links_token(app: Any, patient: Patient, token: str) -> None:
    uid = patient.given()
    for path in (FILES, f"{FILES}/{uid}"):
        assert app.test_client().get(path, headers={"Authorization": token} if token else {}).status_code == 401
    assert app.test_client().post(f"{FILES}/{uid}/remove", json={}).status_code == 401
    assert app.test_client().post(FILES, **upload()).status_code == 401


def test_the_token_of_a_widget_opens_nothing(app: Any, patient: Patient, visitor: Any, clinic: Clinic) -> None:
    uid = patient.given()
    headers = visitor(clinic.widgets["booking"]).headers
    for path in (FILES, f"{FILES}/{uid}"):
        assert app.test_client().get(path, headers=headers).status_code == 401


def test_whoever_must_say_a_date_of_birth_first_is_told_of_no_files(app: Any, patient: Patient, clinic: Clinic) -> None:
    patient.given()
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).ask_birth_date = True
    patient.open()
    assert patient.link.answer.json["token"] == "" and patient.link.appointment["files"] is False


def test_what_is_not_looked_through_yet_is_not_offered(patient: Patient) -> None:
    uid = patient.given(state=FileState.QUARANTINED)
    assert patient.get().json["page"] == ""
    assert patient.get(f"/{uid}").status_code == 404


def test_a_patient_adds_a_photo_before_the_visit_and_takes_it_back(giving: Patient, clinic: Clinic) -> None:
    assert giving.link.appointment["files"] is True
    added = giving.put()
    assert added.status_code == 201 and "from you" in added.json["item"]
    assert giving.get(f"/{added.json['uid']}").mimetype == "image/jpeg"
    assert giving.remove(added.json["uid"]).status_code == 200
    assert noted(clinic, AuditAction.DELETED) == [f"patient:{giving.id}"]
    with clinic.session() as session:
        assert session.query(StoredFile).count() == 0


def test_what_the_clinic_put_there_stays_there(giving: Patient) -> None:
    uid = giving.given()
    assert giving.remove(uid).status_code == 403
    assert giving.get(f"/{uid}").status_code == 200


def test_where_the_clinic_takes_no_files_none_is_added(patient: Patient, clinic: Clinic) -> None:
    refused = patient.put()
    assert (refused.status_code, refused.json["error"]) == (403, "no_attachments")


def test_when_it_is_over_nothing_is_added_and_everything_can_still_be_read(giving: Patient) -> None:
    uid, own = giving.given(), giving.put().json["uid"]
    with clock.at(giving.end + timedelta(hours=3)):
        giving.open()
        assert (giving.put().status_code, giving.remove(own).status_code) == (409, 409)
        assert giving.get(f"/{uid}").status_code == 200
        page = giving.get().json["page"]
    assert uid in page and "data-add" not in page and "data-remove" not in page


@pytest.mark.parametrize(("name", "data", "error"), [("rash.svg", b"<svg/>", "file_kind"), ("rash.png", b"<html>", "file_disguised")])
def test_what_a_patient_sends_is_looked_at_too(giving: Patient, name: str, data: bytes, error: str) -> None:
    assert giving.put(**upload(name, data)).json["error"] == error


def test_there_are_no_more_than_the_clinic_allows(giving: Patient, clinic: Clinic) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).files_an_appointment = 1
    giving.put()
    refused = giving.put()
    assert (refused.status_code, refused.json["error"]) == (409, "too_many_files")
    assert "1" in refused.json["message"]


def test_the_visit_itself_knows_of_files_that_come_while_it_goes_on(patient: Patient) -> None:
    with clock.at(patient.end - timedelta(minutes=20)):
        patient.open()
        assert patient.link.post("check-in").json["files"] == 0
        patient.given()
        assert patient.link.get("current").json["files"] == 1
