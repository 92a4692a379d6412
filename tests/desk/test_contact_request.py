"""A request to be called back leads to an appointment: what is carried over, who may, and what the request then says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock, contact_request
from telehealth.booking import Appointment
from telehealth.channel import Channel
from telehealth.contact_request import Asking, ContactRequest, Person
from telehealth.conversation import Conversation, ConversationState
from telehealth.outbox import MailKind, OutgoingMail
from telehealth.patient import Patient
from telehealth.widget import Widget
from tests.clinic import Clinic, client_id
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.desk.test_new_appointment import wanted


def ask(clinic: Clinic, **told: str) -> int:
    """Somebody asks to be called back; gives the conversation."""
    person = Person(**({"name": "Anna de Vries", "phone": "06 1234 5678", "email": "anna@example.org", "when": "After four"} | told))
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets["booking"]).one()
        widget.contact_requests, widget.contact_channel_id = True, clinic.channels["shared"]
        session.flush()
        session.expire(widget)
        asking = Asking(client_id(), "a-visitor", "en", person, "Please contact me.", "Left on the website.", "The terms")
        return contact_request.leave(session, widget, asking, clock.now()).id


@pytest.fixture
def asked(clinic: Clinic) -> int:
    """A request that doctor and nurse see, for they are present in its channel."""
    for person in ("doctor", "nurse"):
        be_present(clinic, person)
    return ask(clinic)


def be_present(clinic: Clinic, person: str) -> None:
    with clinic.session() as session:
        session.get_one(Channel, clinic.channels["shared"]).enter(clinic.staff(person), active=True, now=clock.now())


@pytest.mark.parametrize(("name", "initials", "last_name"), [
    ("Anna de Vries", "A.", "de Vries"), ("S. Lindqvist", "S.", "Lindqvist"), ("Lindqvist", "", "Lindqvist"), ("  ", "", ""),
])  # fmt: skip
def test_a_name_is_taken_apart_as_records_keep_it(name: str, initials: str, last_name: str) -> None:
    assert (Person(name).initials, Person(name).last_name) == (initials, last_name)


def test_what_the_person_left_stands_in_the_form_and_not_in_its_address(clinic: Clinic, staff: Any, asked: int) -> None:
    page = staff(clinic, "doctor").get(f"/desk/calendar/new?request={asked}")
    for carried in ('value="A."', 'value="de Vries"', 'value="anna@example.org"', 'value="06 1234 5678"', "After four"):
        assert carried in page.text
    assert "request=" in page.request.url and "anna" not in page.request.url


def test_what_was_told_is_sealed_and_found_by_the_channels_people_only(clinic: Clinic, staff: Any, asked: int, other: Clinic) -> None:
    with clinic.session() as session:
        assert b"anna" not in session.query(ContactRequest).one().sealed_person
    assert "anna@example.org" not in staff(clinic, "manager").get(f"/desk/calendar/new?request={asked}").text, "is not present there"
    assert "anna@example.org" not in staff(other, "doctor").get(f"/desk/calendar/new?request={asked}").text


def test_an_appointment_answers_the_request_and_its_patient_is_told(clinic: Clinic, open_page: Any, asked: int) -> None:
    page = open_page(clinic, "doctor")
    assert page.done("contact_request", id=asked)["request"] == {"name": "Anna de Vries", "answered": None, "books": True, "mails": True}
    body = wanted(clinic, request=asked)
    made = page.done("make_appointment", **body)
    assert page.done("make_appointment", **body) == made, "sent twice is made and answered once"
    answered = page.done("contact_request", id=asked)["request"]["answered"]
    assert answered == {"by": f"Dr Doctor {clinic.mark}", "start": made["starts"][0], "name": f"Dr Doctor {clinic.mark}"}
    assert page.done("talk", id=asked)["items"][-1]["text"].startswith("Answered with an appointment: ")
    with clinic.session() as session:
        thread = session.get_one(Conversation, asked)
        assert (thread.state, thread.claimed_by_id) == (ConversationState.CLOSED, clinic.people["doctor"])
        assert session.query(OutgoingMail).filter_by(kind=MailKind.CONFIRMATION).count() == 1


def test_a_request_is_answered_by_one_person_only(clinic: Clinic, open_page: Any, asked: int) -> None:
    open_page(clinic, "doctor").done("make_appointment", **wanted(clinic, request=asked))
    later = wanted(clinic, request=asked, department=clinic.departments[1], practitioner=clinic.people["nurse"], another=True)
    refused = open_page(clinic, "nurse").send("make_appointment", **later)
    assert (refused["error"], refused["by"]) == ("already_answered", f"Dr Doctor {clinic.mark}")
    with clinic.session() as session:
        assert session.query(Appointment).count() == 1


def test_a_request_that_a_colleague_has_closed_meanwhile_still_leads_to_its_appointment(clinic: Clinic, open_page: Any, asked: int) -> None:
    page = open_page(clinic, "doctor")
    page.done("claim", id=asked)
    page.done("close", id=asked)
    page.done("make_appointment", **wanted(clinic, request=asked))
    assert page.done("contact_request", id=asked)["request"]["answered"]


@pytest.mark.parametrize(("person", "code"), [("manager", "not_present"), ("admin", "not_present")])
def test_whoever_may_not_read_a_request_answers_none(clinic: Clinic, open_page: Any, asked: int, person: str, code: str) -> None:
    page = open_page(clinic, person)
    assert page.send("contact_request", id=asked)["error"] == code
    assert page.send("make_appointment", **wanted(clinic, request=asked))["error"] == code
    with clinic.session() as session:
        assert not session.query(Appointment).count()


def test_another_clinics_request_and_a_plain_conversation_are_none(clinic: Clinic, other: Clinic, open_page: Any) -> None:
    be_present(clinic, "doctor")
    with clinic.session() as session:
        plain = clinic.conversation(session, "shared").id
    page = open_page(clinic, "doctor")
    assert page.done("contact_request", id=plain)["request"] is None
    assert page.send("make_appointment", **wanted(clinic, request=plain))["error"] == "unknown"
    assert page.send("make_appointment", **wanted(clinic, request=ask(other)))["error"] == "unknown"


@pytest.mark.browser
@pytest.mark.parametrize("look", [{"width": 1280}, {"width": 360, "height": 2400, "rtl": True, "dark": True}], ids=["wide", "phone dark mirrored"])
def test_from_the_inbox_to_the_appointment(open_desk: Any, clinic: Clinic, asked: int, check_page: Page, screenshot: Any, look: dict[str, Any]) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{asked}", **look)
    page.locator(".desk-asked a").wait_for()
    screenshot(page, f"request-{look['width']}", full_page=True)
    check_page(page)
    page.locator(".desk-asked a").click()
    expect(page.locator("#last_name")).to_have_value("de Vries")
    screenshot(page, f"request-form-{look['width']}", full_page=True)
    check_page(page)
    page.locator("#birth_date").fill("1970-05-01")
    page.locator("#date").fill(str((clock.now() + timedelta(days=2)).date()))
    page.locator("#time").fill("07:05")
    page.locator("#new-appointment [type=submit]").click()
    page.locator("#made").wait_for()
    check_page(page)
    page.goto(page.url.split("/desk")[0] + f"/desk/inbox#{asked}")
    expect(page.locator(".desk-asked [data-when=answered]")).to_be_visible()
    screenshot(page, f"request-answered-{look['width']}", full_page=True)


@pytest.mark.browser
def test_whoever_books_may_rather_be_contacted(new_page: Any, site: str, clinic: Clinic, check_page: Page, screenshot: Any) -> None:  # noqa: F811
    ask(clinic)
    page = new_page(width=360, expect=["status of 422"])
    page.goto(f"{site}/w/{clinic.widgets['booking']}")
    page.get_by_role("link", name="I would rather be contacted").first.click()
    page.get_by_role("heading", name="Ask to be called back").wait_for()
    screenshot(page, "contact-of-booking", full_page=True)
    check_page(page)
    page.locator("#c-name").fill("S. Lindqvist")
    page.locator("#c-email").fill("s@example.org")
    page.locator("#c-terms").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="We have your request").wait_for()
    page.get_by_role("button", name="Back to the start").click()
    page.get_by_role("heading", name="Talk to us").wait_for()
    with clinic.session() as session:
        assert [row.person.name for row in session.query(ContactRequest).order_by(ContactRequest.id)] == ["Anna de Vries", "S. Lindqvist"]


def test_a_widget_without_requests_has_no_page_for_them(app: Any, clinic: Clinic) -> None:
    where = f"/w/{clinic.widgets['booking']}"
    assert "rather be contacted" not in app.test_client().get(where).text
    assert app.test_client().get(f"{where}/contact-requests").status_code == 404
    ask(clinic)
    assert "rather be contacted" in app.test_client().get(where).text
    page = app.test_client().get(f"{where}/contact-requests")
    assert "frame-ancestors https://clinic.example" in page.headers["Content-Security-Policy"]


def told(clinic: Clinic, kind: MailKind) -> list[tuple[str, dict[str, Any]]]:
    with clinic.session() as session:
        return [(row.recipient, row.about) for row in session.query(OutgoingMail).filter_by(kind=kind)]


def test_a_message_answers_a_request_and_the_mail_does_not_say_it(clinic: Clinic, open_page: Any, asked: int) -> None:
    page, name = open_page(clinic, "doctor"), client_id()
    made = page.done("answer_request", id=asked, client_id=name, text="Your blood is fine")["conversation"]
    assert page.done("answer_request", id=asked, client_id=name, text="Your blood is fine")["conversation"] == made, "sent again"
    assert [said["text"] for said in page.done("talk", id=made)["items"]] == ["Your blood is fine"]
    [(recipient, about)] = told(clinic, MailKind.REQUEST_ANSWERED)
    assert recipient == "anna@example.org" and "blood" not in str(about)
    assert page.done("contact_request", id=asked)["request"]["answered"]["by"] == f"Dr Doctor {clinic.mark}"
    with clinic.session() as session:
        assert session.get_one(Conversation, asked).state is ConversationState.CLOSED
    late = open_page(clinic, "nurse")
    assert late.send("answer_request", id=asked, client_id=client_id(), text="Hello")["error"] in {"already_answered", "not_present", "unknown"}
    assert late.send("invite_request", id=asked)["error"] in {"already_answered", "not_present", "unknown"}


def test_an_invitation_answers_a_request_with_the_way_to_the_free_times(clinic: Clinic, open_page: Any, asked: int) -> None:
    page = open_page(clinic, "doctor")
    for _ in range(2):
        page.done("invite_request", id=asked)
    [(recipient, about)] = told(clinic, MailKind.REQUEST_INVITED)
    assert (recipient, about["widget"]) == ("anna@example.org", clinic.widgets["booking"])


@pytest.mark.parametrize(("deed", "body"), [("answer_request", {"client_id": "a-client-id-1", "text": "Hello"}), ("invite_request", {})])
def test_whoever_left_no_address_is_not_answered_by_mail(clinic: Clinic, open_page: Any, deed: str, body: dict[str, str]) -> None:
    be_present(clinic, "doctor")
    assert open_page(clinic, "doctor").send(deed, id=ask(clinic, email=""), **body)["error"] == "no_address"


@pytest.mark.parametrize(("deed", "body"), [("answer_request", {"client_id": "a-client-id-1", "text": "Hello"}), ("invite_request", {})])
def test_a_request_of_another_organisation_is_not_answered(
    clinic: Clinic, other: Clinic, open_page: Any, asked: int, deed: str, body: dict[str, str]
) -> None:
    be_present(other, "admin")
    assert open_page(other, "admin").send(deed, id=asked, **body)["error"] == "unknown"


def _known(clinic: Clinic, address: str = "ANNA@example.org") -> int:
    with clinic.session() as session:
        patient = Patient(initials="A.", last_name="de Vries-Bakker", birth_date=date(1960, 2, 3), email=address, created_at=clock.now())
        session.add(patient)
        session.flush()
        return patient.id


def test_whoever_may_be_known_is_shown_and_confirmed_by_staff(clinic: Clinic, open_page: Any, asked: int) -> None:
    patient_id, page = _known(clinic), open_page(clinic, "doctor")
    body = {"id": asked, "client_id": client_id(), "text": "Your blood is fine"}
    refused = page.send("answer_request", **body)
    assert refused["error"] == "perhaps_known" and [one["id"] for one in refused["patients"]] == [patient_id]
    page.done("answer_request", **body, patient=patient_id)
    with clinic.session() as session:
        assert session.query(Patient).filter_by(email="anna@example.org").count() == 0, "no second record"
    assert told(clinic, MailKind.REQUEST_ANSWERED)[0][0] == "ANNA@example.org", "the address of the record"


def test_somebody_else_with_the_same_address_gets_a_record_of_the_own(clinic: Clinic, open_page: Any, asked: int) -> None:
    patient_id, page = _known(clinic), open_page(clinic, "doctor")
    page.done("answer_request", id=asked, client_id=client_id(), text="Hello", another=True)
    with clinic.session() as session:
        assert session.query(Patient).filter_by(email="anna@example.org").one().id != patient_id


def test_whom_staff_have_confirmed_for_the_conversation_is_answered_without_asking(clinic: Clinic, open_page: Any, asked: int) -> None:
    patient_id, page = _known(clinic, "another@example.org"), open_page(clinic, "doctor")
    page.done("confirm_patient", id=asked, patient=patient_id)
    page.done("answer_request", id=asked, client_id=client_id(), text="Hello")
    assert told(clinic, MailKind.REQUEST_ANSWERED)[0][0] == "another@example.org"


def test_nobody_of_another_clinic_is_offered_or_chosen(clinic: Clinic, other: Clinic, open_page: Any, asked: int) -> None:
    foreign, page = _known(other), open_page(clinic, "doctor")
    assert page.send("answer_request", id=asked, client_id=client_id(), text="Hello", patient=foreign)["error"] == "unknown"
    assert "conversation" in page.done("answer_request", id=asked, client_id=client_id(), text="Hello")


@pytest.mark.browser
def test_perhaps_it_is_somebody_who_is_known(clinic: Clinic, open_desk: Any, asked: int, check_page: Any, screenshot: Any) -> None:  # noqa: F811
    _known(clinic)
    page = open_desk(clinic, "doctor", f"/desk/inbox#{asked}")
    page.get_by_role("button", name="Answer by message").click()
    page.get_by_role("dialog", name="Answer by message").get_by_label("Your message").fill("Your blood is fine")
    page.get_by_role("dialog", name="Answer by message").get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog", name="Perhaps you know this person")
    expect(dialog).to_contain_text("A. de Vries-Bakker")
    expect(dialog).to_contain_text("3 February 1960")
    screenshot(page, "perhaps-known")
    check_page(page)
    dialog.get_by_role("button", name="It is this person").click()
    expect(page.get_by_text(f"Dr Doctor {clinic.mark} has answered.")).to_be_visible()


@pytest.mark.browser
def test_a_request_is_answered_by_message_in_the_inbox(clinic: Clinic, open_desk: Any, asked: int, check_page: Any) -> None:  # noqa: F811
    page = open_desk(clinic, "doctor", f"/desk/inbox#{asked}")
    page.get_by_role("button", name="Answer by message").click()
    check_page(page)
    dialog = page.get_by_role("dialog", name="Answer by message")
    dialog.get_by_label("Your message").fill("Your blood is fine")
    dialog.get_by_role("button", name="Send").click()
    expect(page.get_by_text(f"Dr Doctor {clinic.mark} has answered.")).to_be_visible()
    expect(page.get_by_role("button", name="Answer by message")).to_be_hidden()
    page.goto(page.url.split("/desk/")[0] + "/desk/messages")
    expect(page.locator("#letters li")).to_contain_text("de Vries")
