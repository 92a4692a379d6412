"""The safe page: a link opens exactly one conversation, at once or after a code; nobody else's, and nothing by guessing."""

from __future__ import annotations

import pytest

from telehealth import clock, conversation, message, messenger
from telehealth.contact_point import ContactKind
from telehealth.conversation import AuthorKind, Conversation
from telehealth.message import Author
from telehealth.messenger import FRESH, Incoming, MessengerAccount, Notice, NoticeKind
from tests.clinic import client_id
from tests.page import Page
from web import visitor


def begin(clinic, number="1", text="Hello"):
    """Somebody writes by Telegram; gives the welcome's link."""
    with clinic.session() as session:
        account = session.query(MessengerAccount).first()
        if account is None:
            session.add(account := MessengerAccount(kind=ContactKind.TELEGRAM, name="Bot", channel_id=clinic.channels["open"]))
            session.flush()
        messenger.receive(session, account, Incoming(f"m{number}", number, f"Ida {number}", text), clock.now())
        return session.query(Notice).order_by(Notice.id.desc()).first().link


@pytest.fixture
def ask(app):
    def send(path, link, **more):
        return app.test_client().post(f"/continue{path}", json={"link": link} | more)

    return send


def code_of(clinic):
    with clinic.session() as session:
        return session.query(Notice).filter_by(kind=NoticeKind.CODE).order_by(Notice.id.desc()).first().digits


def test_the_page_holds_nothing_of_anybody(app, clinic):
    begin(clinic)
    answer = app.test_client().get("/continue")
    assert answer.status_code == 200
    assert clinic.mark not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_fresh_link_opens_its_conversation_and_no_other(clinic, ask, house):
    first, second = begin(clinic, "1"), begin(clinic, "2")
    found = [ask("/enter", link).json for link in (first, second)]
    assert found[0]["conversation"] != found[1]["conversation"]
    who = visitor.read(house.settings.secret_key, found[0]["token"])
    with clinic.session() as session:
        thread = session.query(Conversation).filter_by(uid=found[0]["conversation"]).one()
        assert (who.organization_id, who.widget, who.name) == (clinic.id, visitor.CONTACT, thread.visitor)
        with pytest.raises(conversation.UnknownConversation):
            conversation.own(session, found[1]["conversation"], who.name, None)


def test_the_second_time_a_code_is_asked_for_unless_the_browser_is_known(clinic, ask):
    link = begin(clinic)
    device = ask("/enter", link).json["device"]
    refused = ask("/enter", link)
    assert (refused.status_code, refused.json["error"]) == (409, "code_needed")
    assert ask("/enter", link, device=device).status_code == 200


def test_a_browser_known_for_one_contact_is_not_known_for_another(clinic, ask):
    device = ask("/enter", begin(clinic, "1")).json["device"]
    other = begin(clinic, "2")
    ask("/enter", other)
    assert ask("/enter", other, device=device).status_code == 409


def test_a_code_opens_an_old_link_once(clinic, ask):
    link = begin(clinic)
    with clock.at(clock.now() + FRESH):
        assert ask("/enter", link).status_code == 409
        assert ask("/code", link).status_code == 200
        code = code_of(clinic)
        assert ask("/enter", link, code=code).status_code == 200
        assert ask("/enter", link, code=code).status_code == 409


def test_wrong_codes_are_counted_though_they_are_refused(clinic, ask):
    link = begin(clinic)
    ask("/enter", link)
    ask("/code", link)
    wrong = "000000" if code_of(clinic) != "000000" else "111111"
    assert [ask("/enter", link, code=wrong).json["error"] for _ in range(5)] == ["wrong_code"] * 4 + ["code_over"]
    assert ask("/enter", link, code=code_of(clinic)).status_code == 409


def test_codes_end_after_five_an_hour(clinic, ask):
    link = begin(clinic)
    assert [ask("/code", link).status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.parametrize("link", ["", "x", "x.y", "a" * 100])
def test_what_is_no_link_opens_nothing(ask, link):
    assert ask("/enter", link).status_code == 404
    assert ask("/code", link).status_code == 404


def test_a_links_secret_is_of_its_own_notice(clinic, ask):
    first, second = begin(clinic, "1"), begin(clinic, "2")
    mixed = f"{first.partition('.')[0]}.{second.partition('.')[2]}"
    assert ask("/enter", mixed).status_code == 404


def test_another_site_cannot_exchange_a_link(app, clinic):
    answer = app.test_client().post("/continue/enter", json={"link": begin(clinic)}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_token_of_the_safe_page_opens_no_widget(app, clinic, ask):
    token = ask("/enter", begin(clinic)).json["token"]
    body = {"client_id": client_id(), "message_id": client_id(), "channel": clinic.channels["open"], "text": "Hello"}
    for key in (clinic.widgets["chat"], visitor.CONTACT):
        answer = app.test_client().post(f"/w/{key}/conversations", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in {401, 404}


def test_a_token_of_the_safe_page_talks_in_its_one_conversation(clinic, ask, live):
    first, second = ask("/enter", begin(clinic, "1")).json, ask("/enter", begin(clinic, "2")).json
    page = Page(live, "/chat", token=first["token"])
    try:
        own = {"conversation": first["conversation"]}
        assert page.ask("open", **own)["conversation"] == first["conversation"]
        assert page.ask("say", client_id=client_id(), text="Safely", **own) == {"seq": 2}
        assert page.ask("open", conversation=second["conversation"])["error"] == "unknown"
        assert page.ask("channels")["error"] == "not_allowed"
    finally:
        page.close()


def test_what_staff_answer_is_read_on_the_safe_page(clinic, ask):
    entered = ask("/enter", begin(clinic)).json
    who = clinic.staff("nurse")
    with clinic.session() as session:
        thread = session.query(Conversation).filter_by(uid=entered["conversation"]).one()
        by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
        message.post(session, thread.id, client_id(), "It is fine", by=by, now=clock.now())
        assert [said.text for said in message.messages(session, thread.id)] == ["Hello", "It is fine"]
