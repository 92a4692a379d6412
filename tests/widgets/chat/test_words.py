"""Files and copies of a chat, and that nothing staff write for staff reaches its patient."""

from __future__ import annotations

from typing import Any

import pytest

from telehealth import clock, message
from telehealth.channel import Channel
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author, MessageView
from tests.clinic import Clinic, client_id
from tests.files import upload
from tests.page import Page
from tests.widgets.chat.test_routes import question
from web.said import NotForPatients, line

SECRET = "Seems afraid of her husband"


@pytest.fixture
def patient(clinic: Clinic, visitor: Any) -> Any:
    return visitor(clinic.widgets["chat"])


@pytest.fixture
def begun(clinic: Clinic, patient: Any) -> str:
    with clinic.session() as session:
        session.query(Channel).filter_by(id=clinic.channels["open"]).one().takes_files = True
    return str(patient.post("/conversations", question(clinic)).json["conversation"])


def note(clinic: Clinic, uid: str) -> None:
    who = clinic.staff("nurse")
    with clinic.session() as session:
        thread = session.query(Conversation).filter_by(uid=uid).one()
        by = Author(AuthorKind.STAFF, who.name, who.practitioner_id)
        message.note(session, thread.id, client_id(), SECRET, by=by, now=clock.now())


def send(app: Any, uid: str, headers: dict[str, str]) -> Any:
    file = upload()
    return app.test_client().post(f"/talk/{uid}/files", **file | {"headers": file["headers"] | headers})


def test_a_note_reaches_no_page_of_the_patient(app: Any, live: Any, clinic: Clinic, patient: Any, begun: str) -> None:
    page = Page(live, "/chat", token=patient.token)
    given = [page.ask("open", conversation=begun)]
    note(clinic, begun)
    given += [page.ask(event, conversation=begun) for event in ("open", "catch_up")]
    for form in ("txt", "html"):
        given.append(app.test_client().get(f"/talk/{begun}/transcript?form={form}", headers=patient.headers).text)
    page.ask("say", conversation=begun, client_id=client_id(), text="Still there?")
    assert page.heard("message")["text"] == "Still there?"  # nothing of the note was told before
    page.close()
    assert SECRET not in str(given) and "May I take both?" in given[-1]


def test_a_note_cannot_be_drawn_for_a_patient() -> None:
    with pytest.raises(NotForPatients):
        line(MessageView(1, "note-0001", AuthorKind.STAFF, "Nurse", SECRET, clock.now(), 1, internal=True))


def test_a_file_is_sent_told_and_fetched_as_an_attachment(app: Any, patient: Any, begun: str, live: Any) -> None:
    sent = send(app, begun, patient.headers)
    assert sent.status_code == 201
    page = Page(live, "/chat", token=patient.token)
    [file] = [item["file"] for item in page.ask("catch_up", conversation=begun)["items"] if item["file"]]
    page.close()
    answer = app.test_client().get(f"/talk/{begun}/files/{file['uid']}", headers=patient.headers)
    assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")


def test_a_file_of_another_conversation_is_refused(
    app: Any, clinic: Clinic, other: Clinic, visitor: Any, patient: Any, begun: str, live: Any
) -> None:
    send(app, begun, patient.headers)
    page = Page(live, "/chat", token=patient.token)
    file = page.ask("catch_up", conversation=begun)["items"][-1]["file"]["uid"]
    page.close()
    second = patient.post("/conversations", question(clinic)).json["conversation"]
    assert app.test_client().get(f"/talk/{second}/files/{file}", headers=patient.headers).status_code == 404
    for stranger in (visitor(clinic.widgets["chat"]), visitor(other.widgets["chat"])):
        assert app.test_client().get(f"/talk/{begun}/files/{file}", headers=stranger.headers).status_code == 404
        assert send(app, begun, stranger.headers).status_code == 404
        assert app.test_client().get(f"/talk/{begun}/transcript", headers=stranger.headers).status_code == 404


def test_where_a_channel_takes_no_files_none_is_taken(app: Any, clinic: Clinic, patient: Any, begun: str) -> None:
    with clinic.session() as session:
        session.query(Channel).filter_by(id=clinic.channels["open"]).one().takes_files = False
    assert send(app, begun, patient.headers).status_code == 403
    assert app.test_client().get(f"/talk/{begun}/files", headers=patient.headers).status_code == 403


def test_a_copy_leaves_out_what_was_deleted(app: Any, live: Any, patient: Any, begun: str) -> None:
    page = Page(live, "/chat", token=patient.token)
    page.ask("say", conversation=begun, client_id=client_id(), text="Forget this")
    page.ask("edit", conversation=begun, seq=1, text="May I take both of them?")
    page.ask("delete", conversation=begun, seq=2)
    page.close()
    answer = app.test_client().get(f"/talk/{begun}/transcript?form=txt", headers=patient.headers)
    assert "Forget this" not in answer.text and "May I take both of them?" in answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment") and answer.headers["Cache-Control"] == "no-store"
