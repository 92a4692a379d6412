"""Messages on the own pages: the own ones only, by link and PIN or by a device's code, live and lossless."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from socketio import exceptions

from portal.messages import LAST, Letters
from telehealth import clock, correspondence, message
from telehealth.authorisation import Authorisation, AuthorisationKind
from telehealth.booking import Appointment
from telehealth.conversation import AuthorKind
from telehealth.message import Author
from telehealth.organization import Organization
from telehealth.outbox import OutgoingMail
from telehealth.correspondence import Correspondence
from telehealth.file import StoredFile
from tests.clinic import Clinic, client_id
from tests.desk.wire import Wire
from tests.files import upload
from tests.portal.conftest import book

SECRET = "Seems afraid of her husband"
TEXT = "The rash has spread to the other arm"


class Heard(Wire):
    """The wire as a namespace's own `emit` speaks to it."""

    def emit(self, event: str, data: Any = None, *, room: Any = None, namespace: str = "", **_options: Any) -> None:
        super().emit(event, data, room, namespace)


@pytest.fixture
def letters(app: Any, house: Any, monkeypatch: pytest.MonkeyPatch) -> Letters:
    found = next(one for name, one in house.sockets.namespace_handlers.items() if name == "/portal")
    monkeypatch.setattr(found, "server", Heard())
    return found


class Page:
    """One open page of a patient's."""

    def __init__(self, letters: Letters, token: str) -> None:
        self.letters, self.sid = letters, f"portal-{client_id()}"
        self.heard: list[tuple[str, dict[str, Any]]] = []
        letters.server.pages[self.sid] = self
        self.refused: dict[str, Any] = {}
        try:
            letters.trigger_event("connect", self.sid, {}, {"token": token})
        except exceptions.ConnectionRefusedError as refusal:
            self.refused = dict(refusal.error_args["data"])

    def hear(self, event: str, data: dict[str, Any]) -> None:
        self.heard.append((event, data))

    def send(self, event: str, **data: Any) -> dict[str, Any]:
        return self.letters.trigger_event(event, self.sid, data)


def begun(clinic: Clinic, booked: Any, text: str = "Come by on Friday") -> tuple[int, str]:
    with clinic.session() as session:
        made = session.get_one(Appointment, booked.id)
        one = correspondence.between(session, made.patient, made.practitioner, made.department_id, clock.now())
        by = Author(AuthorKind.STAFF, "Dr Doctor", made.practitioner_id)
        message.post(session, one.conversation_id, client_id(), text, by=by, now=clock.now())
        return one.id, one.conversation.uid


def code(clinic: Clinic, number: int, kind: AuthorisationKind = AuthorisationKind.CODE) -> str:
    with clinic.session() as session:
        owner = session.get_one(Correspondence, number).patient
        return correspondence.authorise(session, owner, kind, clinic.staff("admin"), clock.now(), mailed=False).ticket.token


def let_in(app: Any, ticket: str, page: str = "") -> Any:
    return app.test_client().post("/portal/device", json={"ticket": ticket, "client_id": page or client_id()})


def test_whoever_came_in_with_a_pin_reads_and_writes(clinic, booked, come_in, letters) -> None:
    _number, uid = begun(clinic, booked)
    page = Page(letters, come_in(clinic, booked).token)
    listed = page.send("letters")["letters"]
    assert [(one["id"], one["unread"], one["on"]) for one in listed] == [(uid, 1, True)]
    assert [said["text"] for said in page.send("catch_up", conversation=uid)["items"]] == ["Come by on Friday"]
    page.send("read", conversation=uid, to=0)
    assert page.send("letters")["letters"][0]["unread"] == 1, "what the page does not have yet is not read"
    page.send("read", conversation=uid, to=1)
    name = client_id()
    answers = [page.send("say", conversation=uid, client_id=name, text=TEXT) for _ in range(2)]
    assert answers == [{"seq": 2}, {"seq": 2}], "sent twice, said once"
    assert page.send("letters")["letters"][0]["unread"] == 0
    assert [said["author"] for said in page.send("catch_up", conversation=uid, after=1)["items"]] == ["patient"]


def test_what_is_new_is_hinted_at_and_not_told(clinic, booked, come_in, letters) -> None:
    begun(clinic, booked)
    page = Page(letters, come_in(clinic, booked).token)
    page.heard.clear()
    _number, uid = begun(clinic, booked, TEXT)
    assert {"conversation": uid, "erased": False} in [data for event, data in page.heard if event == "letter"]
    assert TEXT not in str(page.heard)


@pytest.mark.parametrize("deed", ["catch_up", "say", "read", "said", "edit", "delete"])
def test_messages_of_somebody_else_are_not_there(clinic, other, booked, come_in, letters, deed) -> None:
    with other.session() as session:
        theirs = other.book(session)
        foreign = correspondence.between(session, theirs.patient, theirs.practitioner, theirs.department_id, clock.now()).conversation.uid
    with clinic.session() as session:
        another = clinic.book(session, 4, last_name="Bakker", email="bakker@example.org")
        near = correspondence.between(session, another.patient, another.practitioner, another.department_id, clock.now()).conversation.uid
    page = Page(letters, come_in(clinic, booked).token)
    body = {
        "say": {"client_id": client_id(), "text": TEXT}, "read": {"to": 1}, "edit": {"seq": 1, "text": TEXT}, "delete": {"seq": 1},
    }.get(deed, {})  # fmt: skip
    assert {page.send(deed, conversation=uid, **body)["error"] for uid in (foreign, near)} == {"unknown"}
    assert page.send("letters")["letters"] == []


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_without_a_session_nobody_connects(letters, token) -> None:
    assert Page(letters, token).refused["error"] == "signed_out"


def test_what_is_not_declared_is_refused(clinic, booked, come_in, letters) -> None:
    page = Page(letters, come_in(clinic, booked).token)
    assert page.send("letters", unheard_of=1)["error"] == "invalid"
    assert page.send("talk", id=1)["error"] == "unknown_event"


def test_after_signing_out_an_open_page_does_nothing(clinic, booked, come_in, letters) -> None:
    _number, uid = begun(clinic, booked)
    patient = come_in(clinic, booked)
    page = Page(letters, patient.token)
    patient.post("sign-out")
    assert page.send("catch_up", conversation=uid)["error"] == "signed_out"


def test_switched_off_it_can_be_read_and_not_written(clinic, booked, come_in, letters) -> None:
    number, uid = begun(clinic, booked)
    page = Page(letters, come_in(clinic, booked).token)
    with clinic.session() as session:
        owner = session.get_one(Correspondence, number).patient
        correspondence.switch(session, owner, clinic.staff("admin"), clock.now(), on=False)
    assert page.send("say", conversation=uid, client_id=client_id(), text=TEXT)["error"] == "conversation_closed"
    assert page.send("letters")["letters"][0]["on"] is False
    assert len(page.send("catch_up", conversation=uid)["items"]) == 1


def test_a_code_lets_one_device_in_without_a_pin(app, clinic, booked, letters) -> None:
    number, uid = begun(clinic, booked)
    ticket = code(clinic, number)
    answer = let_in(app, ticket, "the-page-of-a-phone")
    assert answer.status_code == 201
    assert let_in(app, ticket, "the-page-of-a-phone").json["token"] == answer.json["token"]
    second = let_in(app, ticket)
    assert (second.status_code, second.json["error"]) == (409, "code_used")
    assert Page(letters, answer.json["token"]).send("letters")["letters"][0]["id"] == uid


def test_a_link_of_an_appointment_or_of_a_mail_lets_no_device_in(app, clinic, booked) -> None:
    number, _uid = begun(clinic, booked)
    for ticket in (booked.ticket, code(clinic, number, AuthorisationKind.LINK)):
        assert let_in(app, ticket).status_code == 404


def test_a_device_stays_for_thirty_days_under_changing_tokens_and_is_revoked_at_once(app, clinic, booked, letters) -> None:
    number, uid = begun(clinic, booked)
    token = let_in(app, code(clinic, number)).json["token"]
    ask = lambda held, path="renew": app.test_client().post(f"/portal/{path}", json={}, headers={"Authorization": f"Bearer {held}"})  # noqa: E731
    with clock.at(clock.now() + timedelta(days=29)):
        renewed = ask(token).json["token"]
        assert renewed != token
        assert ask(token).json["token"] == renewed, "its answer was lost"
        page = Page(letters, renewed)
        assert ask(token).json["error"] == "signed_out", "the new one is in use"
        with clinic.session() as session:
            session.query(Authorisation).filter_by(kind=AuthorisationKind.CODE).one().revoke(clock.now())
        assert page.send("catch_up", conversation=uid)["error"] == "signed_out"
    with clock.at(clock.now() + timedelta(days=31)):
        assert ask(renewed).json["error"] == "signed_out"


def test_the_link_of_a_mail_asks_for_a_pin_and_leads_in(app, clinic, booked, mailed) -> None:
    number, _uid = begun(clinic, booked)
    ticket = code(clinic, number, AuthorisationKind.LINK)
    door = app.test_client().post("/portal/door", json={"ticket": ticket})
    assert door.status_code == 200 and "de Vries" not in door.text
    assert app.test_client().post("/portal/pin", json={"ticket": ticket}).status_code == 202
    assert mailed(clinic)[-1].recipient == booked.email
    with clinic.session() as session:
        session.query(Authorisation).filter_by(kind=AuthorisationKind.LINK).one().revoke(clock.now())
    assert app.test_client().post("/portal/door", json={"ticket": ticket}).status_code == 404


def test_a_note_among_the_messages_reaches_neither_the_own_pages_nor_a_mail(clinic, booked, come_in, letters) -> None:
    number, uid = begun(clinic, booked)
    page = Page(letters, come_in(clinic, booked).token)
    nurse = clinic.staff("nurse")
    with clinic.session() as session:
        thread = session.get_one(Correspondence, number).conversation
        by = Author(AuthorKind.STAFF, nurse.name, nurse.practitioner_id)
        seq = message.note(session, thread.id, client_id(), SECRET, by=by, now=clock.now())
        message.edit(session, thread, seq, f"{SECRET}!", by=by, now=clock.now())
        correspondence.tell_of_unread(session, clock.now() + timedelta(days=2))
        mails = [(mail.subject, mail.text, str(mail.about)) for mail in session.query(OutgoingMail)]
    assert page.send("letters")["letters"][0]["unread"] == 1
    assert [said["text"] for said in page.send("catch_up", conversation=uid)["items"]] == ["Come by on Friday"]
    everything = str([page.heard, page.send("letters"), page.send("catch_up", conversation=uid), mails])
    assert mails and SECRET not in everything


def test_what_was_put_otherwise_and_what_was_deleted_says_so_and_keeps_its_place(clinic, booked, come_in, letters) -> None:
    number, uid = begun(clinic, booked)
    page = Page(letters, come_in(clinic, booked).token)
    page.send("say", conversation=uid, client_id=client_id(), text=TEXT)
    with clinic.session() as session:
        thread = session.get_one(Correspondence, number).conversation
        by = Author(AuthorKind.STAFF, "Dr Doctor", session.get_one(Correspondence, number).practitioner_id)
        message.edit(session, thread, 1, "Come by on Monday", by=by, now=clock.now())
        message.remove(session, thread, 2, by=Author(AuthorKind.PATIENT, thread.subject, visitor=thread.visitor), now=clock.now())
    first, second = sorted(page.send("catch_up", conversation=uid)["items"], key=lambda said: said["seq"])
    assert (first["text"], first["edited_at"] is not None, first["deleted_at"]) == ("Come by on Monday", True, None)
    assert (second["text"], second["deleted_at"] is not None) == ("", True)


def test_own_words_are_edited_and_deleted_for_a_while_and_those_of_the_clinic_are_not(clinic, booked, come_in, letters) -> None:
    _number, uid = begun(clinic, booked)
    page = Page(letters, come_in(clinic, booked).token)
    page.send("say", conversation=uid, client_id=client_id(), text="I take too pills")
    page.send("edit", conversation=uid, seq=2, text="I take two pills")
    assert [said["text"] for said in page.send("said", conversation=uid)["items"]] == ["Come by on Friday", "I take two pills"]
    assert page.send("edit", conversation=uid, seq=1, text="Come at once")["error"] == "unknown"
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert page.send("delete", conversation=uid, seq=2)["error"] == "too_late_to_edit"
    page.send("delete", conversation=uid, seq=2)
    assert page.send("said", conversation=uid)["items"][1]["deleted_at"]


def test_the_last_messages_come_first_and_earlier_ones_when_they_are_asked_for(clinic, booked, come_in, letters) -> None:
    number, uid = begun(clinic, booked)
    with clinic.session() as session:
        one = session.get_one(Correspondence, number)
        for count in range(2, LAST + 6):
            one.post(client_id(), f"Message {count}", clock.now())
    page = Page(letters, come_in(clinic, booked).token)
    last = page.send("said", conversation=uid)
    assert [said["seq"] for said in last["items"]] == list(range(6, LAST + 6)) and last["more"]
    before = page.send("said", conversation=uid, before=6)
    assert [said["seq"] for said in before["items"]] == [1, 2, 3, 4, 5] and not before["more"]


def _put(patient, uid: str) -> Any:
    file = upload()
    return patient.client.post(f"/portal/messages/{uid}/files", **file | {"headers": file["headers"] | patient.headers})


def test_a_file_goes_to_the_clinic_and_is_fetched_where_the_clinic_takes_some(clinic, booked, come_in, letters) -> None:
    _number, uid = begun(clinic, booked)
    patient = come_in(clinic, booked)
    assert _put(patient, uid).json["error"] == "no_attachments" and patient.get(f"messages/{uid}/files").status_code == 403
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).files_in_messages = True
    assert "data-add" in patient.get(f"messages/{uid}/files").json["page"]
    assert _put(patient, uid).status_code == 201
    told = Page(letters, patient.token).send("said", conversation=uid)
    file = told["items"][-1]["file"]
    assert told["files"] and file["name"] == "letter.pdf"
    answer = patient.get(f"messages/{uid}/files/{file['uid']}")
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")


def test_files_and_copies_of_somebody_else_are_not_there(clinic, other, booked, come_in, letters) -> None:
    _number, uid = begun(clinic, booked)
    for one in (clinic, other):
        with one.session() as session:
            session.get_one(Organization, one.id).files_in_messages = True
    assert _put(come_in(clinic, booked), uid).status_code == 201
    with clinic.session() as session:
        file = session.query(StoredFile).one().uid
    for stranger in (come_in(clinic, book(clinic, 3, last_name="Bakker", email="bakker@example.org")), come_in(other, book(other))):
        assert _put(stranger, uid).status_code == 404
        for address in ("files", f"files/{file}", "transcript"):
            assert stranger.get(f"messages/{uid}/{address}").status_code == 404


def test_a_copy_leaves_out_notes_and_what_was_deleted(clinic, booked, come_in) -> None:
    number, uid = begun(clinic, booked)
    with clinic.session() as session:
        one = session.get_one(Correspondence, number)
        one.delete(one.post(client_id(), "Forget this", clock.now()), clock.now())
        message.note(session, one.conversation_id, client_id(), SECRET, by=Author(AuthorKind.STAFF, "Nurse", clinic.people["nurse"]), now=clock.now())
    patient = come_in(clinic, booked)
    for form in ("txt", "html"):
        copy = patient.get(f"messages/{uid}/transcript?form={form}").text
        assert "Come by on Friday" in copy and "Forget this" not in copy and SECRET not in copy
