"""People who are signed in on the clinic's website: who they are, what is theirs, and what is kept beside their conversations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock, identity, message
from telehealth.introduction import details_of
from telehealth.widget import FieldKind, IdentityMode, Widget, WidgetField
from tests.telehealth.test_identity import signed
from tests.widgets.chat.test_routes import question


@pytest.fixture
def secret(clinic):
    """The widget takes signed visitors, and others too."""
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        widget.identity = IdentityMode.OPTIONAL
        return identity.rotate(session, widget, clock.now())


@pytest.fixture
def call(app, clinic):
    """Call an address of the widget with a token."""

    def ask(path, body=None, token="", widget=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        where = f"/w/{widget or clinic.widgets['chat']}{path}"
        client = app.test_client()
        return client.get(where, headers=headers) if body is None else client.post(where, json=body, headers=headers)

    return ask


def token_of(call, **body):
    answer = call("/session", body)
    assert answer.status_code == 201, answer.text
    return answer.json["token"]


def only(clinic, mode):
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets["chat"]).one().identity = mode


def test_a_verified_visitor_finds_the_own_conversations_on_another_device(clinic, call, secret, desk):
    begun = call("/conversations", question(clinic, name=""), token_of(call, identity=signed(secret))).json["conversation"]
    elsewhere = token_of(call, identity=signed(secret))
    assert [one["conversation"] for one in call("/conversations", token=elsewhere).json["conversations"]] == [begun]
    assert call("/conversations", token=token_of(call, identity=signed(secret, id="18"))).json["conversations"] == []
    assert call("/conversations", token=token_of(call)).json["conversations"] == []
    with desk.thread() as thread:
        assert (thread.verified, thread.subject) == (True, "Ingrid Lund")
        kept = {detail.kind: detail.value for detail in details_of(desk.session_of(thread), thread)}
        assert kept == {"site_id": "17", "site_name": "Ingrid Lund", "site_email": "ingrid@example.org"}


def test_a_replay_is_refused_with_words(call, secret):
    once = signed(secret)
    token_of(call, identity=once)
    refused = call("/session", {"identity": once})
    assert (refused.status_code, refused.json["error"]) == (409, "identity_used")
    assert refused.json["message"]


def test_a_wrong_signature_and_an_old_one_are_refused(call, secret):
    assert call("/session", {"identity": signed("another secret")}).json["error"] == "identity_bad"
    assert call("/session", {"identity": signed(secret, exp=1)}).json["error"] == "identity_over"


def test_where_it_is_required_nobody_else_comes_in(clinic, call, visitor, secret):
    before = visitor(clinic.widgets["chat"])
    only(clinic, IdentityMode.REQUIRED)
    assert call("/session", {}).json["error"] == "identity_needed"
    assert before.post("/conversations", question(clinic)).json["error"] == "identity_needed"
    assert call("/conversations", question(clinic), token_of(call, identity=signed(secret))).status_code == 201


def test_where_it_is_off_a_signature_says_nothing(clinic, call, secret, desk):
    only(clinic, IdentityMode.OFF)
    call("/conversations", question(clinic), token_of(call, identity=signed(secret)))
    with desk.thread() as thread:
        assert not thread.verified


def test_next_door_the_same_identity_opens_nothing(other, call, secret):
    with other.session() as session:
        session.query(Widget).filter_by(key=other.widgets["chat"]).one().identity = IdentityMode.OPTIONAL
    assert call("/session", {"identity": signed(secret)}, widget=other.widgets["chat"]).json["error"] == "identity_bad"


def test_a_word_brings_a_conversation_back_and_there_is_none_before_the_first_message(clinic, other, call, app):
    token = token_of(call)
    assert call("/resume", {}, token).status_code == 404
    begun = call("/conversations", question(clinic), token).json["conversation"]
    word = call("/resume", {}, token).json["resume"]
    back = token_of(call, resume=word)
    assert [one["conversation"] for one in call("/conversations", token=back).json["conversations"]] == [begun]
    there = call("/session", {"resume": word}, widget=clinic.widgets["walk_in"]).json["token"]
    assert call("/conversations", token=there).status_code == 401
    assert call("/conversations", token=token_of(call, resume=word + "x")).json["conversations"] == []
    with clock.at(clock.now() + timedelta(minutes=31)):
        assert call("/conversations", token=token_of(call, resume=word)).json["conversations"] == []


@pytest.fixture
def asked(clinic):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        widget.terms = "The terms"
        widget.fields += [
            WidgetField(key="email", kind=FieldKind.EMAIL, label="E-mail", required=True),
            WidgetField(key="birth_date", kind=FieldKind.BIRTH_DATE, position=1),
            WidgetField(key="ward", kind=FieldKind.CHOICE, label="Which ward?", options="North\nSouth", position=2),
        ]


def test_what_the_widget_asks_is_checked_kept_sealed_and_gone_with_the_conversation(clinic, visitor, asked, desk):
    patient = visitor(clinic.widgets["chat"])
    body = question(clinic, patient={"email": "nobody", "birth_date": "2999-01-01"}, answers={"ward": "West"})
    fields = patient.post("/conversations", body).json["fields"]
    assert set(fields) == {"patient.email", "patient.birth_date", "answers.ward", "accept_terms"}
    assert desk.count() == 0
    told = {"patient": {"email": "i@example.org", "birth_date": "1980-02-29"}, "answers": {"ward": "South"}, "accept_terms": True}
    assert patient.post("/conversations", body | told).status_code == 201
    with desk.thread() as thread:
        assert thread.sealed_details is not None and b"example.org" not in thread.sealed_details
        kept = [(detail.kind, detail.label, detail.value) for detail in details_of(desk.session_of(thread), thread)]
        assert kept == [("email", "E-mail", "i@example.org"), ("birth_date", "", "1980-02-29"), ("choice", "Which ward?", "South"), ("terms", "", "The terms")]
        message.erase(desk.session_of(thread), thread, clock.now())
        assert details_of(desk.session_of(thread), thread) == []
