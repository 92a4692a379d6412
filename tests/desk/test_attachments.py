"""Files at the desk: who adds, reads and deletes them, what is taken, and what an appointment that is made brings along."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth import waiting_room
from telehealth.audit import AuditAction, AuditEvent
from telehealth.booking import Appointment
from telehealth.file import FileChunk, FileState, StoredFile
from telehealth.organization import Organization
from tests.clinic import Clinic, client_id
from tests.desk.test_new_appointment import wanted
from tests.files import EICAR, PDF, picture, upload
from tests.integrations.test_scanner import unix  # noqa: F401 (a fixture)


class Desk:
    """Somebody of staff with an appointment."""

    def __init__(self, staff: Any, clinic: Clinic, person: str = "doctor") -> None:
        self.clinic, self.signed_in = clinic, staff(clinic, person)
        self.csrf = {"X-CSRFToken": self.signed_in.csrf, "Accept": "application/json"}

    def put(self, address: str, **sent: Any) -> Any:
        sent = sent or upload()
        return self.signed_in.client.post(address, **sent | {"headers": sent["headers"] | self.csrf})

    def get(self, address: str) -> Any:
        return self.signed_in.get(address)

    def send(self, address: str) -> Any:
        return self.signed_in.send(address)


@pytest.fixture
def doctor(staff: Any, clinic: Clinic) -> Desk:
    return Desk(staff, clinic)


def doctors(clinic: Clinic) -> int:
    """An appointment of the doctor's."""
    with clinic.session() as session:
        return next(one.id for one in (clinic.book(session, slot=n) for n in range(4)) if one.practitioner_id == clinic.people["doctor"])


@pytest.fixture
def booked(clinic: Clinic) -> int:
    return doctors(clinic)


def at(appointment: int) -> str:
    return f"/desk/attachments/appointment/{appointment}"


def noted(clinic: Clinic, action: AuditAction) -> list[str]:
    with clinic.session() as session:
        return [event.actor for event in session.query(AuditEvent).filter_by(entity="stored_file", action=action)]


def test_what_staff_put_there_is_listed_fetched_and_noted(doctor: Desk, clinic: Clinic, booked: int) -> None:
    added = doctor.put(at(booked), **upload("Brief für Sie.pdf"))
    assert added.status_code == 201, added.text
    assert "Brief für Sie.pdf" in added.json["item"]
    assert "Brief für Sie.pdf" in doctor.get(at(booked)).text
    fetched = doctor.get(f"/desk/attachments/{added.json['uid']}")
    assert (fetched.data, fetched.mimetype, fetched.content_length) == (PDF, "application/pdf", len(PDF))
    assert noted(clinic, AuditAction.OPENED) == [f"practitioner:{clinic.people['doctor']}"]


def test_a_file_is_handed_out_to_be_saved_and_never_to_be_shown(doctor: Desk, booked: int) -> None:
    uid = doctor.put(at(booked), **upload('Zoë "1".pdf')).json["uid"]
    headers = doctor.get(f"/desk/attachments/{uid}").headers
    assert headers["Content-Disposition"] == "attachment; filename=\"Zoe 1.pdf\"; filename*=UTF-8''Zo%C3%AB%201.pdf"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


def test_a_large_file_comes_back_in_pieces_as_it_went(doctor: Desk, booked: int) -> None:
    data = PDF[:9] + bytes(range(256)) * 3000 + b"%%EOF"
    uid = doctor.put(at(booked), **upload(data=data)).json["uid"]
    assert doctor.get(f"/desk/attachments/{uid}").data == data


@pytest.mark.parametrize(
    ("name", "data", "error", "words"),
    [
        ("page.html", PDF, "file_kind", "PDF, JPEG, PNG and WebP"), ("photo.png", b"<html>", "file_disguised", "something else"),
        ("photo.jpg", picture("JPEG", size=(200, 200))[:900], "picture_unreadable", "cannot be read"), ("letter.pdf", b"", "file_empty", "empty"),
    ],
)  # fmt: skip
def test_what_is_not_taken_is_said_in_words(doctor: Desk, clinic: Clinic, booked: int, name: str, data: bytes, error: str, words: str) -> None:
    refused = doctor.put(at(booked), **upload(name, data))
    assert (refused.status_code, refused.json["error"]) == (422, error)
    assert words in refused.json["message"]
    with clinic.session() as session:
        assert session.query(StoredFile).count() == 0


def test_what_is_too_large_is_said_with_the_clinics_own_limit(doctor: Desk, clinic: Clinic, booked: int) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).largest_file_mb = 1
    refused = doctor.put(at(booked), **upload(data=PDF + bytes(1_000_000)))
    assert (refused.status_code, refused.json["error"]) == (413, "file_too_large")
    assert "up to 1 MB" in refused.json["message"]


def test_what_is_larger_than_the_server_reads_is_refused_before_it_is_read(doctor: Desk, house: Any, booked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.settings, "largest_file_bytes", 50)
    assert doctor.put(at(booked), **upload(data=PDF * 2)).status_code == 413


@pytest.mark.parametrize("about", ["", "no json", "%7B%7D", "%5B%5D", '{"client_id": "0123456789", "name": ""}', '{"client_id": "x", "name": "a.pdf"}'])
def test_a_file_needs_a_name_and_one_for_its_attempt(doctor: Desk, booked: int, about: str) -> None:
    assert doctor.put(at(booked), **upload() | {"headers": {"X-File": about}}).status_code in {400, 422}


def test_a_form_that_pretends_to_be_a_file_is_no_larger_than_any_form(doctor: Desk, house: Any, booked: int) -> None:
    sent = upload(data=bytes(house.settings.largest_body_bytes + 1)) | {"content_type": "multipart/form-data; boundary=x"}
    assert doctor.put(at(booked), **sent).status_code == 413


def test_sent_again_after_a_lost_answer_it_is_there_once(doctor: Desk, clinic: Clinic, booked: int) -> None:
    sent = upload(client=client_id())
    assert doctor.put(at(booked), **sent).json["uid"] == doctor.put(at(booked), **sent).json["uid"]
    with clinic.session() as session:
        assert session.query(StoredFile).count() == 1


def test_deleted_is_deleted(doctor: Desk, clinic: Clinic, booked: int) -> None:
    uid = doctor.put(at(booked)).json["uid"]
    assert doctor.send(f"/desk/attachments/{uid}/remove").status_code == 200
    assert doctor.get(f"/desk/attachments/{uid}").status_code == 404
    assert noted(clinic, AuditAction.DELETED) == [f"practitioner:{clinic.people['doctor']}"]
    with clinic.session() as session:
        assert session.query(FileChunk).count() == 0


@pytest.mark.parametrize(("person", "status"), [("admin", 200), ("manager", 200), ("nurse", 404), ("translator", 403)])
def test_others_reach_files_as_far_as_they_see_the_appointment(staff: Any, doctor: Desk, clinic: Clinic, booked: int, person: str, status: int) -> None:
    uid = doctor.put(at(booked)).json["uid"]
    somebody = Desk(staff, clinic, person)
    assert somebody.get(at(booked)).status_code == status
    assert somebody.put(at(booked)).status_code == (201 if status == 200 else status)
    assert somebody.get(f"/desk/attachments/{uid}").status_code == status
    assert somebody.send(f"/desk/attachments/{uid}/remove").status_code == status


def test_the_clinic_next_door_reaches_nothing(staff: Any, doctor: Desk, other: Clinic, booked: int) -> None:
    uid = doctor.put(at(booked)).json["uid"]
    theirs = Desk(staff, other, "admin")
    assert theirs.get(at(booked)).status_code == 404
    assert theirs.put(at(booked)).status_code == 404
    assert theirs.get(f"/desk/attachments/{uid}").status_code == 404
    assert theirs.send(f"/desk/attachments/{uid}/remove").status_code == 404
    assert doctor.get(f"/desk/attachments/{uid}").status_code == 200


def test_nobody_reaches_a_file_without_signing_in(app: Any, doctor: Desk, booked: int) -> None:
    uid = doctor.put(at(booked)).json["uid"]
    stranger = app.test_client()
    for path in (at(booked), f"/desk/attachments/{uid}"):
        assert stranger.get(path, headers={"Accept": "application/json"}).status_code == 401
    for path in (at(booked), "/desk/attachments", f"/desk/attachments/{uid}/remove"):
        assert stranger.post(path, **upload()).status_code in {400, 401}


def test_nothing_is_sent_in_somebodys_name_from_another_page(doctor: Desk, clinic: Clinic, booked: int) -> None:
    refused = doctor.signed_in.client.post(at(booked), **upload())
    assert refused.status_code == 400
    with clinic.session() as session:
        assert session.query(StoredFile).count() == 0


def test_what_was_kept_comes_along_with_the_appointment_that_is_made(doctor: Desk, clinic: Clinic, open_page: Any) -> None:
    uid = doctor.put("/desk/attachments").json["uid"]
    open_page(clinic, "doctor").done("make_appointment", **wanted(clinic, files=[uid]))
    with clinic.session() as session:
        made = session.query(Appointment).one()
        assert session.query(StoredFile).one().appointment_id == made.id


def test_what_somebody_else_has_kept_does_not(staff: Any, clinic: Clinic, open_page: Any) -> None:
    uid = Desk(staff, clinic, "manager").put("/desk/attachments").json["uid"]
    refused = open_page(clinic, "doctor").send("make_appointment", **wanted(clinic, files=[uid]))
    assert refused["error"] == "unknown"
    with clinic.session() as session:
        assert session.query(Appointment).count() == 0


def test_where_the_clinic_takes_no_files_none_are_offered_to_be_added(doctor: Desk, clinic: Clinic, booked: int) -> None:
    uid = doctor.put(at(booked)).json["uid"]
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).attach_files = False
    assert doctor.put(at(booked)).status_code == 403
    listed = doctor.get(at(booked)).text
    assert uid in listed and "data-add" not in listed
    assert 'id="attached"' not in doctor.get("/desk/calendar/new").text


def test_the_visits_page_has_them_too(doctor: Desk, clinic: Clinic, staff: Any, booked: int) -> None:
    uid = doctor.put(at(booked)).json["uid"]
    with clinic.session() as session:
        appointment = session.get_one(Appointment, booked)
        visit = waiting_room.check_in(session, appointment.ticket, appointment, appointment.start).id
        without = clinic.arrive(session).id
    assert uid in doctor.get(f"/desk/attachments/visit/{visit}").text
    assert doctor.get(f"/desk/attachments/visit/{without}").text == ""
    assert staff(clinic, "nurse").get(f"/desk/attachments/visit/{visit}").status_code == 404
    assert doctor.get("/desk/attachments/visit/999999").status_code == 404


def test_a_virus_is_said_and_nothing_is_kept(doctor: Desk, clinic: Clinic, house: Any, booked: int, unix: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(house.settings, "clamd", unix[0])
    refused = doctor.put(at(booked), **upload(data=PDF[:-6] + EICAR.encode() + b"%%EOF"))
    assert (refused.status_code, refused.json["error"]) == (422, "file_infected")
    assert doctor.put(at(booked)).status_code == 201
    with clinic.session() as session:
        assert [one.state for one in session.query(StoredFile)] == [FileState.CLEAN]


def test_while_nobody_can_look_through_it_a_file_is_kept_and_not_handed_out(doctor: Desk, house: Any, booked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.settings, "clamd", "/nowhere/clamd.ctl")
    added = doctor.put(at(booked))
    assert "Being checked for viruses" in added.json["item"]
    refused = doctor.get(f"/desk/attachments/{added.json['uid']}")
    assert refused.status_code == 409


def test_nobody_sends_files_without_end(doctor: Desk, app: Any, booked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = app.extensions["limits"]
    monkeypatch.setattr(limiter, "hit", lambda name, _who: name != "file")
    assert doctor.put(at(booked)).status_code == 429
