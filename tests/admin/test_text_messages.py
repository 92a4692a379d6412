"""The words of text messages: codes are checked, what is typed is shown and measured, nothing of it is kept before it is saved."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from telehealth.organization import Organization
from telehealth.text_message import TextKind, TextTemplate

LOOKS = [
    pytest.param({"width": 1280}, id="wide"),
    pytest.param({"width": 360, "height": 740, "dark": True}, id="phone-dark"),
    pytest.param({"width": 1280, "rtl": True}, id="mirrored"),
]


@pytest.fixture
def someone(clinic, administrator):
    return administrator(clinic)


def shown(someone, body, kind="reminder"):
    answer = someone.post("/admin/text-messages/preview", {"kind": kind, "body": body})
    assert answer.status_code == 200, answer.text
    return answer.json


def saved(clinic):
    with clinic.session() as session:
        return [(row.kind, row.body) for row in session.query(TextTemplate)]


@pytest.mark.parametrize(("body", "length"), [
    ("a" * 160, "160 of 160 characters (GSM-7), 1 part"), ("a" * 161, "161 of 306 characters (GSM-7), 2 parts"),
    ("€" * 81, "162 of 306 characters (GSM-7), 2 parts"), ("ц" * 70, "70 of 70 characters (UCS-2), 1 part"),
    ("ц" * 71, "71 of 134 characters (UCS-2), 2 parts"),
])  # fmt: skip
def test_the_length_is_said_as_networks_count(someone, body, length):
    assert shown(someone, body)["length"] == length


def test_a_code_counts_with_what_it_becomes(clinic, someone):
    seen = shown(someone, "*|organization_name|* *|consult_deeplink|*")
    assert seen["text"].startswith(f"Harbour Street {clinic.mark} http://localhost/visit#")
    assert len(seen["text"].partition("#")[2]) == 43, "as long as a real link"
    assert seen["length"].startswith(f"{len(seen['text'])} of 160 ") and seen["problems"] == []
    assert saved(clinic) == []


def test_what_makes_it_long_and_what_it_costs_are_said(clinic, someone):
    with clinic.session() as session:
        own = session.get_one(Organization, clinic.id)
        own.text_price, own.texts_a_month = Decimal("0.075"), 200
    notes = shown(someone, "It’s time " + "a" * 70)["notes"]
    assert "’" in notes[0] and "70 characters instead of 160" in notes[0]
    assert notes[1:] == [
        "About €0.15 each time.", "Your most of 200 text messages a month would be 400 parts.", "That is about €30.00 a month.",
    ]


@pytest.mark.parametrize(("kind", "body", "said"), [
    ("reminder", "*|patient_name|* comes", "does not know *|patient_name|*"), ("reminder", "*|organization_name", "A code is not complete"),
    ("call_back", "Come back", "Without *|waiting_room_link|*"), ("invitation", "Welcome", "Without *|consult_deeplink|*"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_not_saved(clinic, someone, kind, body, said):
    assert said in shown(someone, body, kind)["problems"][0]
    refused = someone.post("/admin/text-messages/add", {"kind": kind, "body": body})
    assert refused.status_code == 422 and said in refused.text
    assert saved(clinic) == []


def test_a_message_is_saved_once_for_each_kind(clinic, someone):
    assert someone.post("/admin/text-messages/add", {"kind": "reminder", "body": "Soon: *|consult_deeplink|*"}).status_code == 302
    again = someone.post("/admin/text-messages/add", {"kind": "reminder", "body": "Other: *|consult_deeplink|*"})
    assert again.status_code == 422 and "already one" in again.text
    too_long = someone.post("/admin/text-messages/add", {"kind": "call_back", "body": "*|waiting_room_link|*" + "a" * 1000})
    assert too_long.status_code == 422
    assert saved(clinic) == [(TextKind.REMINDER, "Soon: *|consult_deeplink|*")]


@pytest.mark.parametrize("kind", ["", "confirmation"])
def test_without_a_kind_nothing_is_counted(someone, kind):
    assert "Choose first" in shown(someone, "a", kind)["problems"][0]


def test_only_administrators_of_the_organisation_write_them(clinic, staff):
    for person in ("manager", "doctor", "translator"):
        answer = staff(clinic, person).post("/admin/text-messages/preview", {"kind": "reminder", "body": "a"})
        assert answer.status_code in {302, 403}, person


@pytest.mark.parametrize("look", LOOKS)
def test_the_length_follows_what_is_typed(look, signed_in, server, check_page, screenshot, request):
    page = signed_in(**look)
    page.goto(f"{server.base}/admin/text-messages/add")
    page.get_by_label("What it is for").select_option("invitation")
    pane, body = page.locator("[data-text-preview]"), page.locator("#body")
    body.fill("Hello ")
    expect(pane.locator("[data-length]")).to_have_text("5 of 160 characters (GSM-7), 1 part")
    expect(pane.locator("[data-problems]")).to_contain_text("Without *|consult_deeplink|*")
    body.focus()
    page.get_by_role("button", name="*|consult_deeplink|*").locator("visible=true").click()
    expect(pane.locator("[data-text]")).to_contain_text("/visit#")
    expect(pane.locator("[data-problems]")).to_be_empty()
    body.press_sequentially(" – see you")
    expect(pane.locator("[data-length]")).to_contain_text("(UCS-2), 2 parts")
    expect(pane.locator("[data-notes]")).to_contain_text("70 characters instead of 160")
    check_page(page)
    screenshot(page, f"text-message-{request.node.callspec.id}", full_page=True)
