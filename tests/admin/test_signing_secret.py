"""The secret with which a website signs who is signed in: shown on one page, once; the one before is good for a while."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from telehealth import clock, identity
from telehealth.identity import OVERLAP, BadIdentity
from telehealth.widget import IdentityMode, Widget
from tests.telehealth.test_identity import signed

KEY = re.compile(r'class="form-control adm-key" readonly value="([\w-]{43})"')


@pytest.fixture
def widget(clinic):
    """The number of the clinic's chat widget, which takes signed visitors."""
    with clinic.session() as session:
        found = session.query(Widget).filter_by(key=clinic.widgets["chat"]).one()
        found.identity = IdentityMode.OPTIONAL
        return found.id


def come(clinic, widget, secret):
    with clinic.session() as session:
        return identity.come(session, session.get_one(Widget, widget), signed(secret), clock.now())


def test_it_is_shown_on_the_page_that_answers_and_nowhere_else(clinic, administrator, widget):
    someone = administrator(clinic)
    answer = someone.post(f"/admin/widgets/action/new_secret/{widget}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    [secret] = KEY.findall(answer.text)
    assert come(clinic, widget, secret)
    for path in (f"show/{widget}", f"edit/{widget}", "list/"):
        assert secret not in someone.get(f"/admin/widgets/{path}").text


def test_the_one_before_is_taken_for_a_day_and_no_longer(clinic, administrator, widget):
    someone = administrator(clinic)
    before, after = (KEY.findall(someone.post(f"/admin/widgets/action/new_secret/{widget}").text)[0] for _ in range(2))
    assert come(clinic, widget, before) == come(clinic, widget, after)
    with clock.at(clock.now() + OVERLAP + timedelta(minutes=1)):
        assert come(clinic, widget, after)
        with pytest.raises(BadIdentity):
            come(clinic, widget, before)


def test_another_organisations_widget_gets_none(clinic, other, administrator, widget):
    assert administrator(other).post(f"/admin/widgets/action/new_secret/{widget}").status_code == 404


def test_only_chat_widgets_get_one(clinic, administrator):
    with clinic.session() as session:
        walk_in = session.query(Widget).filter_by(key=clinic.widgets["walk_in"]).one().id
    answer = administrator(clinic).post(f"/admin/widgets/action/new_secret/{walk_in}", follow_redirects=True)
    assert not KEY.findall(answer.text)
    assert "Only chat widgets take signed visitors." in answer.text


@pytest.mark.parametrize("look", [
    pytest.param({"width": 1280}, id="wide"), pytest.param({"width": 360, "height": 740, "dark": True}, id="phone-dark"),
    pytest.param({"width": 360, "height": 740, "rtl": True}, id="mirrored"),
])  # fmt: skip
def test_it_is_copied_by_a_button(look, signed_in, server, check_page, screenshot, request):
    page = signed_in(**look)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.base}/admin/widgets/list/")
    page.goto(server.base + page.get_by_role("link", name="Questions", exact=True).first.get_attribute("href"))
    page.get_by_role("button", name="Make a secret for signing").click()
    page.get_by_role("dialog").get_by_role("button", name="Make a secret for signing").click()
    page.get_by_role("heading", name="Copy the secret now").wait_for()
    check_page(page)
    page.get_by_role("button", name="Copy secret").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("[data-snippet]").input_value()
    screenshot(page, request.node.callspec.id)
