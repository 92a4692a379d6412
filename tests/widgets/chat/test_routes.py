"""How a conversation begins: with its first message, in an open channel, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from telehealth import clock
from telehealth.channel import Channel, ChannelSwitch
from telehealth.opening_hours import OpeningHours
from telehealth.translation import translate
from telehealth.widget import FieldKind, Widget, WidgetField
from tests.clinic import client_id


def question(clinic, channel="open", **changes):
    return {
        "client_id": client_id(), "message_id": client_id(), "channel": clinic.channels[channel], "name": "Ingrid",
        "text": "May I take both?",
    } | changes  # fmt: skip


@pytest.fixture
def patient(clinic, visitor):
    return visitor(clinic.widgets["chat"])


@pytest.fixture
def page(clinic, app):
    return lambda path="": app.test_client().get(f"/w/{clinic.widgets['chat']}{path}").text


def test_the_first_message_begins_a_conversation(clinic, patient, desk):
    answer = patient.post("/conversations", question(clinic))
    assert answer.status_code == 201, answer.text
    assert answer.json["seq"] == 1
    with desk.thread() as thread:
        assert (thread.uid, thread.subject) == (answer.json["conversation"], "Ingrid")
        assert thread.channel_id == clinic.channels["open"]
    assert desk.said() == ["May I take both?"]


def test_sent_again_it_is_the_same_conversation_and_message(clinic, patient, desk):
    body = question(clinic)
    first, again = patient.post("/conversations", body), patient.post("/conversations", body)
    assert (again.status_code, again.json) == (201, first.json)
    assert desk.count() == 1
    assert desk.said() == ["May I take both?"]


def test_a_name_is_welcome_and_not_needed(clinic, patient):
    assert patient.post("/conversations", question(clinic, name="")).status_code == 201


def test_a_widget_may_insist_on_a_name(clinic, patient):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        widget.fields.append(WidgetField(key="name", kind=FieldKind.LAST_NAME, label="Last name", required=True))
    answer = patient.post("/conversations", question(clinic, name=""))
    assert (answer.status_code, list(answer.json["fields"])) == (422, ["patient.last_name"])


def test_a_closed_channel_refuses_and_says_when_it_opens(clinic, patient, desk):
    with clinic.session() as session:
        channel = session.get_one(Channel, clinic.channels["open"])
        channel.switch = ChannelSwitch.BY_HOURS
        day = (clock.now() + timedelta(days=2)).weekday()
        channel.hours = [OpeningHours(weekday=day, opens_minute=540, closes_minute=600)]
    answer = patient.post("/conversations", question(clinic))
    assert (answer.status_code, answer.json["error"]) == (409, "channel_closed")
    assert answer.json["opens_at"] > clock.now().isoformat()
    assert desk.count() == 0


@pytest.mark.parametrize("channel", ["internal", "foreign", "missing"])
def test_a_channel_that_is_not_offered_is_not_found(clinic, other, patient, desk, channel):
    numbers = {"internal": clinic.channels["internal"], "foreign": other.channels["open"], "missing": 2**31 - 1}
    assert patient.post("/conversations", question(clinic) | {"channel": numbers[channel]}).status_code == 404
    assert desk.count() == 0


def test_a_channel_the_widget_does_not_name_is_not_found(clinic, patient):
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        widget.channels = [session.get_one(Channel, clinic.channels["shared"])]
    assert patient.post("/conversations", question(clinic)).status_code == 404
    assert patient.post("/conversations", question(clinic, "shared")).status_code == 201


@pytest.mark.parametrize("change", [{"text": " "}, {"text": "x" * 8001}, {"client_id": "x"}, {"message_id": ""}, {"more": 1}])
def test_what_cannot_be_taken_is_refused_with_words(clinic, patient, desk, change):
    answer = patient.post("/conversations", question(clinic) | change)
    assert answer.status_code == 422
    assert all(answer.json["fields"].values())
    assert desk.count() == 0


def test_somebody_elses_client_id_finds_nothing(clinic, visitor, patient):
    body = question(clinic)
    assert patient.post("/conversations", body).status_code == 201
    assert visitor(clinic.widgets["chat"]).post("/conversations", body).status_code == 404


def test_without_a_session_nothing_is_written(clinic, other, visitor, app, desk):
    target = f"/w/{clinic.widgets['chat']}/conversations"
    assert app.test_client().post(target, json=question(clinic)).status_code == 401
    for stranger in (visitor(other.widgets["chat"]), visitor(clinic.widgets["walk_in"])):
        assert app.test_client().post(target, json=question(clinic), headers=stranger.headers).status_code == 401
    assert desk.count() == 0


def test_the_page_lists_what_patients_can_use_and_how_it_stands(clinic, page):
    html = page()
    assert f'data-channel="{clinic.channels["open"]}" data-state="open"' in html
    assert f'data-channel="{clinic.channels["closed"]}" data-state="closed"' in html
    assert f"Doctor chat {clinic.mark}" not in html


def test_every_page_says_that_it_is_not_for_emergencies(page):
    assert "Not for emergencies. Life in danger?" in page()
    assert 'href="tel:112"' in page()


def test_channels_are_named_in_the_visitors_language(clinic, page):
    with clinic.session() as session:
        channel = session.get_one(Channel, clinic.channels["open"])
        translate(session, channel, "name", "en-XA", "Ñurse chät", clock.now())
    assert "Ñurse chät" in page("?lang=en-XA")
    assert "Ñurse chät" not in page("?lang=en")


def test_looking_at_the_page_writes_nothing_and_sets_no_cookie(clinic, app, desk):
    answer = app.test_client().get(f"/w/{clinic.widgets['chat']}")
    assert "Set-Cookie" not in answer.headers
    assert desk.count() == 0
