"""Mails in a real browser: a text is shown while it is written, and a mail of an appointment goes again."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from telehealth import bounce, clock, resend
from telehealth.outbox import MailKind, OutgoingMail

LOOKS = [
    pytest.param({"width": 1280}, id="wide"),
    pytest.param({"width": 360, "height": 740, "dark": True}, id="phone-dark"),
    pytest.param({"width": 1280, "rtl": True}, id="mirrored"),
]


def write(page, selector, words):
    """Type, and give the page of the mail that comes into the frame; the frame itself answers nobody."""
    def is_of_these_words(answer):
        sent = parse_qs((answer.request.post_data or "").replace("%0D%0A", "%0A"))
        return answer.url.endswith("/mail-texts/page") and words in sent[selector[1:]]

    with page.expect_response(is_of_these_words) as shown:
        page.locator(selector).fill(words)
    return shown.value.text()


@pytest.mark.parametrize("look", LOOKS)
def test_a_text_is_shown_while_it_is_written(look, request, signed_in, server, check_page, screenshot):
    turned = ["Blocked script execution"] if "rtl" in look else []  # what turns pages in tests may not run in the frame
    page, name = signed_in(expect=turned, **look), request.node.callspec.id
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    pane = page.locator("[data-mail-preview]")
    expect(pane.locator("[data-text]")).to_contain_text("J. Sample")
    check_page(page)
    assert "New words for Dr" in write(page, "#body", "New words for *|practitioner_name|*.\n\n*|consult_deeplink|*")
    expect(pane.locator("iframe")).to_have_count(1)
    assert pane.locator("iframe").get_attribute("sandbox") == ""
    screenshot(page, f"preview-{name}", full_page=True)
    pane.get_by_role("button", name="Phone").click()
    screenshot(page, f"preview-{name}-phone", full_page=True)
    pane.get_by_role("button", name="Plain text").click()
    expect(pane.locator("[data-text]")).to_contain_text("New words for Dr")
    write(page, "#subject", "At *|organisation|*")
    expect(pane.get_by_role("status").first).to_contain_text("does not know *|organisation|*")
    expect(pane.locator("[data-subject]")).to_have_text("At *|organisation|*")
    check_page(page)
    screenshot(page, f"preview-{name}-wrong", full_page=True)


def test_a_code_that_is_clicked_appears_in_the_preview_and_the_way_back_stays_short(signed_in, server):
    page = signed_in()
    page.goto(f"{server.base}/admin/mail-sets/list/")
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    write(page, "#subject", "At ")
    page.get_by_role("button", name="*|organization_name|*").click()
    expect(page.locator("[data-mail-preview] [data-subject]")).to_contain_text("At Harbour Street")
    for words in ("one", "two", "three"):
        assert words in write(page, "#body", f"*|consult_deeplink|* {words}")
    page.go_back()
    page.wait_for_url("**/mail-sets/list/")


def test_a_test_comes_to_oneself_and_is_marked(signed_in, server):
    page = signed_in(expect=["422"])
    page.goto(f"{server.base}/admin/mail-texts/edit/1")
    pane = page.locator("[data-mail-preview]")
    write(page, "#body", "Nothing leads anywhere")
    pane.get_by_role("button", name="Send a test to me").click()
    expect(pane.get_by_text("Nothing was sent")).to_be_visible()
    write(page, "#body", "Come: *|consult_deeplink|*")
    pane.get_by_role("button", name="Send a test to me").click()
    expect(pane.get_by_text("on its way to admin@demo.example")).to_be_visible()
    page.goto(f"{server.base}/admin/outbox/list/")
    expect(page.get_by_role("cell", name="Test of a text, to staff", exact=True).first).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_what_became_of_an_appointments_mails_is_read_on_its_page(look, request, app, live, clinic, staff, new_page, check_page, screenshot):
    with clinic.session() as session:
        made = clinic.book(session)
        session.flush()
        resend.again(session, made, MailKind.CONFIRMATION, f"other.{made.patient.email}", clock.now())
        first = session.query(OutgoingMail).order_by(OutgoingMail.id).first()
        bounce.note(session, first, "5.1.1", "No such user", clock.now())
        pk = made.id
    someone = staff(clinic, "admin")
    page = new_page(**look)
    cookie = someone.client.get_cookie("konsulto_staff")
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live}])
    page.goto(f"{live}/admin/appointments/show/{pk}")
    expect(page.get_by_text("Came back", exact=True)).to_be_visible()
    check_page(page)
    screenshot(page, f"log-{request.node.callspec.id}", full_page=True)
    page.get_by_label("To", exact=True).fill("right@example.org")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("on its way to right@example.org")).to_be_visible()
