"""Forms that are sent in place: nothing typed is lost, and what is wrong is said where it helps."""
import pytest

from tests.browser.kit.sites import serve
from tests.browser.kit.until import until
from tests.static.house import ROOT, house

REFUSED = {
    "email": "Enter an e-mail address with an @",
    "birth_date": "Enter a day from 1 to 31",
    "accept_terms": "Accept the terms",
}
ENHANCE = """async () => {
  const { sendsInPlace } = await import("/static/js/form.js");
  const { Refused, Unreachable } = await import("/static/js/ask.js");
  window.sent = [];
  const form = document.querySelector("form");
  sendsInPlace(form, {
    send: (values) => new Promise((resolve, reject) => {
      sent.push(Object.fromEntries(values));
      window.accept = resolve;
      window.refuse = (fields, message = "") => reject(new Refused({ error: "invalid", message, fields }, 422));
      window.vanish = () => reject(new Unreachable("down"));
    }),
    done: (answer) => { window.answer = answer; },
  });
}"""


@pytest.fixture(scope="module")
def origin():
    with serve(house((ROOT / "tests" / "static" / "form.html").read_text(encoding="utf-8"))) as origin:
        yield origin


@pytest.fixture
def page(new_page, origin):
    page = new_page(width=360)
    page.goto(origin)
    page.evaluate(ENHANCE)
    return page


def send(page):
    page.get_by_role("button", name="Continue").click()
    until(page, "sent.length > 0")


def refuse(page, fields, message=""):
    send(page)
    page.evaluate("([fields, message]) => refuse(fields, message)", [fields, message])
    page.locator("[data-summary]").wait_for()


def test_the_summary_takes_the_focus_and_names_every_fault(page, check_page):
    refuse(page, REFUSED)
    assert page.evaluate("document.activeElement.hasAttribute('data-summary')")
    said = [f"E-mail: {REFUSED['email']}", f"Date of birth: {REFUSED['birth_date']}", REFUSED["accept_terms"]]
    assert page.locator("[data-summary] li a").all_inner_texts() == said
    check_page(page)


def test_each_fault_stands_at_its_field_too(page):
    refuse(page, REFUSED)
    mail = page.get_by_label("E-mail")
    assert mail.get_attribute("aria-invalid") == "true"
    assert mail.get_attribute("aria-describedby") == "details-email-error mail-hint"
    assert page.locator("#details-email-error").inner_text() == REFUSED["email"]
    assert page.locator("[data-field=birth_date] > .k-error + .k-date").count() == 1


def test_a_link_in_the_summary_leads_to_the_field(page):
    refuse(page, REFUSED)
    page.get_by_role("link", name=REFUSED["birth_date"]).click()
    assert page.evaluate("document.activeElement.name") == "day"
    assert "#" not in page.url


def test_a_field_within_another_is_found_by_its_last_part(page):
    refuse(page, {"patient.last_name": "Enter your last name"})
    assert page.get_by_label("Last name").get_attribute("aria-invalid") == "true"


def test_a_fault_without_a_field_is_said_in_the_summary(page):
    refuse(page, {"somewhere": "Choose a time"}, "This time is gone")
    assert "Choose a time" in page.locator("[data-summary]").inner_text()
    assert "This time is gone" in page.locator("[data-summary]").inner_text()


def test_what_was_typed_stays_and_old_faults_go(page):
    page.get_by_label("Last name").fill("Lindqvist")
    refuse(page, REFUSED)
    assert page.get_by_label("Last name").input_value() == "Lindqvist"
    page.get_by_role("button", name="Continue").click()
    until(page, "sent.length === 2")
    assert page.locator("[data-error-of]").count() == 0
    assert page.get_by_label("E-mail").get_attribute("aria-describedby") == "mail-hint"
    assert page.get_by_label("E-mail").get_attribute("aria-invalid") is None
    assert not page.locator("[data-summary]").is_visible()


def test_the_button_says_that_it_works_and_a_second_press_sends_nothing(page):
    send(page)
    button = page.get_by_role("button", name="Sending")
    assert button.get_attribute("aria-busy") == "true"
    button.click(force=True)
    page.get_by_label("Last name").press("Enter")
    assert page.evaluate("sent.length") == 1
    page.evaluate("accept({ ticket: 't' })")
    until(page, "window.answer")
    assert page.get_by_role("button", name="Continue").get_attribute("aria-busy") == "false"


def test_no_answer_is_said_and_the_same_can_be_sent_again(page, check_page):
    send(page)
    page.evaluate("vanish()")
    page.get_by_role("alert").wait_for()
    check_page(page)
    page.get_by_role("button", name="Continue").click()
    until(page, "sent.length === 2")
    assert not page.locator("[data-unreachable]").is_visible()
