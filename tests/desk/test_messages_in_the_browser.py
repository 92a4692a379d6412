"""Messages with known patients in a real browser: begun on the card, written on both sides, deleted, reached from the calendar."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import bulk_authorisation, clock, correspondence
from telehealth.booking import Appointment
from telehealth.job import Job, WorkState
from telehealth.organization import Organization
from telehealth.patient import Patient
from telehealth.practitioner import Practitioner
from tests.clinic import Clinic, client_id
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)
from tests.desk.test_messages import _begun, _patient, _write
from tests.files import picture

pytestmark = pytest.mark.browser
SHAPES = [{}, {"width": 360, "height": 740, "rtl": True, "dark": True}]
LOST = ["status of 4(01|04|09|22|29)"]


def _say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Your message")
    box.fill(text)
    box.press("Enter")


@pytest.fixture
def device(new_page: Any, site: str, open_desk: Any, clinic: Clinic) -> Any:  # noqa: F811
    """A patient's phone that has come in by a code from the card."""

    def come_in(link: str, **shape: Any) -> Page:
        page: Page = new_page(**{"expect": LOST} | shape)
        page.goto(f"{site}/portal/#{link.partition('#')[2]}")
        page.get_by_role("button", name=re.compile("Use this device")).click()
        page.get_by_role("heading", name="Your appointments").wait_for()
        return page

    return come_in


@pytest.mark.parametrize("shape", SHAPES, ids=["wide", "phone"])
def test_from_the_card_to_a_talk_with_the_patients_phone(
    clinic: Clinic, open_desk: Any, device: Any, shape: dict[str, Any], screenshot: Any, check_page: Any  # noqa: F811
) -> None:
    patient_id = _patient(clinic)
    desk = open_desk(clinic, "doctor", f"/desk/messages/of/{patient_id}", **shape)
    look = "phone" if shape else "wide"
    screenshot(desk, f"card-empty-{look}", full_page=True)
    desk.get_by_role("button", name="Create chat channel with me").click()
    desk.wait_for_url("**/desk/messages#*")
    _say(desk, "You can write to me here")
    expect(desk.get_by_role("log")).to_contain_text("You can write to me here")
    expect(desk.locator(".k-msg--mine .k-meta")).to_contain_text(f"Dr Doctor {clinic.mark}")
    desk.get_by_role("link", name="Patient").click()
    desk.wait_for_selector("#card")
    desk.wait_for_selector("body[data-live=online]")
    expect(desk.get_by_role("button", name="Create chat channel with me")).to_be_disabled()
    desk.get_by_role("button", name="Show a code").click()
    link = desk.locator("[data-slot=link]")
    expect(link).to_contain_text("#device=")
    screenshot(desk, f"card-code-{look}", full_page=True)
    check_page(desk)
    phone = device(str(link.text_content()), width=360, height=740, dark=bool(shape))
    phone.locator("#letters li").wait_for()
    screenshot(phone, f"portal-list-{look}", full_page=True)
    phone.locator("#letters").get_by_role("button", name=re.compile("Open")).click()
    expect(phone.get_by_role("log")).to_contain_text("You can write to me here")
    _say(phone, "Thank you, it itches again")
    expect(phone.locator(".k-msg--pending")).to_have_count(0)
    desk.goto(desk.url.split("/desk/")[0] + "/desk/messages")
    row = desk.locator("#letters li")
    expect(row.locator(".k-count")).to_contain_text("1")
    expect(desk.locator("[data-count=messages]")).to_contain_text("(1 unread)")
    screenshot(desk, f"messages-unread-{look}")
    row.get_by_role("link").click()
    expect(desk.get_by_role("log")).to_contain_text("it itches again")
    expect(row.locator(".k-count")).to_be_hidden()
    expect(desk.locator("[data-count=messages]")).to_be_hidden()
    expect(phone.locator("[data-view=talk] [data-slot=read]")).to_be_visible()
    _say(desk, "I look at it on Friday")
    expect(phone.get_by_role("log")).to_contain_text("I look at it on Friday")
    screenshot(desk, f"messages-talk-{look}")
    screenshot(phone, f"portal-talk-{look}", full_page=True)
    check_page(desk)
    check_page(phone)
    phone.goto("about:blank")
    phone.goto(desk.url.split("/desk/")[0] + "/portal/")
    expect(phone.locator("#letters li")).to_have_count(1)


def test_history_is_deleted_on_both_sides_after_a_question(clinic: Clinic, open_desk: Any, device: Any, screenshot: Any) -> None:  # noqa: F811
    patient_id, thread = _begun(clinic)
    _write(clinic, thread)
    desk = open_desk(clinic, "doctor", f"/desk/messages/of/{patient_id}")
    desk.get_by_role("button", name="Show a code").click()
    expect(desk.locator("[data-slot=link]")).to_contain_text("#device=")
    phone = device(str(desk.locator("[data-slot=link]").text_content()))
    phone.locator("#letters").get_by_role("button", name=re.compile("Open")).click()
    expect(phone.get_by_role("log")).to_contain_text("The rash has spread")
    desk.goto(desk.url.split("/desk/")[0] + f"/desk/messages#{thread}")
    expect(desk.get_by_role("log")).to_contain_text("The rash has spread")
    desk.get_by_role("button", name="Delete history").click()
    screenshot(desk, "messages-delete")
    desk.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(desk.get_by_role("log")).not_to_contain_text("The rash")
    expect(phone.get_by_role("log")).not_to_contain_text("The rash")
    _say(desk, "We begin anew")
    expect(phone.get_by_role("log")).to_contain_text("We begin anew")


def test_what_is_written_without_a_connection_is_sent_afterwards_once(clinic: Clinic, open_desk: Any, device: Any) -> None:  # noqa: F811
    patient_id, thread = _begun(clinic)
    desk = open_desk(clinic, "doctor", f"/desk/messages/of/{patient_id}")
    desk.get_by_role("button", name="Show a code").click()
    expect(desk.locator("[data-slot=link]")).to_contain_text("#device=")
    phone = device(str(desk.locator("[data-slot=link]").text_content()), expect=[".*"])
    phone.locator("#letters").get_by_role("button", name=re.compile("Open")).click()
    phone.context.set_offline(True)
    phone.evaluate("dispatchEvent(new Event('offline'))")
    _say(phone, "Are you there?")
    expect(phone.locator(".k-msg--pending")).to_have_count(1)
    phone.context.set_offline(False)
    phone.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.locator(".k-msg--pending")).to_have_count(0, timeout=20_000)
    with clinic.session() as session:
        one = correspondence.of_conversation(session, thread)
        assert one is not None and one.conversation.seq == 1


def test_the_balloon_in_the_calendar_says_who_can_write_and_leads_there(clinic: Clinic, open_desk: Any, screenshot: Any, check_page: Any) -> None:  # noqa: F811
    with clinic.session() as session:
        made = clinic.book(session)
        number, patient_id, day = made.id, made.patient_id, made.start.date()
    page = open_desk(clinic, "admin", f"/desk/calendar?date={day}")
    row = page.locator(f"tr[data-id='{number}']")
    expect(row.locator("[data-balloon]")).to_contain_text("No messages")
    with clinic.session() as session:
        owner = session.get_one(Patient, patient_id)
        for name in ("doctor", "nurse"):
            correspondence.between(session, owner, session.get_one(Practitioner, clinic.people[name]), clinic.departments[0], clock.now())
    expect(row.locator("[data-balloon]")).to_contain_text("Not let in yet")
    with clinic.session() as session:
        owner = session.get_one(Appointment, number).patient
        correspondence.authorise(session, owner, correspondence.AuthorisationKind.LINK, clinic.staff("admin"), clock.now(), mailed=False)
        one = correspondence.of_patient(session, owner)[0]
        one.post(client_id(), "Hello", clock.now())
    expect(row.locator("[data-balloon] summary")).to_contain_text("Messages")
    row.locator("[data-balloon] summary").click()
    screenshot(page, "calendar-balloon")
    check_page(page)
    row.locator("[data-balloon] li a").first.click()
    expect(page.get_by_role("log")).to_contain_text("Hello")


@pytest.fixture
def talking(clinic: Clinic, open_desk: Any, device: Any) -> Any:  # noqa: F811
    """The doctor's page of a conversation with a known patient, and the patient's phone."""

    def begin(before: int = 0, **shape: Any) -> tuple[Page, Page]:
        patient_id, thread = _begun(clinic)
        for count in range(before):
            _write(clinic, thread, f"Message {count + 1}")
        desk = open_desk(clinic, "doctor", f"/desk/messages/of/{patient_id}")
        desk.get_by_role("button", name="Show a code").click()
        expect(desk.locator("[data-slot=link]")).to_contain_text("#device=")
        phone = device(str(desk.locator("[data-slot=link]").text_content()), **shape)
        phone.locator("#letters").get_by_role("button", name=re.compile("Open")).click()
        desk.goto(desk.url.split("/desk/")[0] + f"/desk/messages#{thread}")
        return desk, phone

    return begin


PHONE = {"width": 360, "height": 740, "rtl": True, "dark": True}


def test_the_patient_edits_and_deletes_own_words_on_the_own_pages(talking: Any, screenshot: Any, check_page: Any) -> None:
    desk, phone = talking(**PHONE)
    _say(phone, "I take too pills")
    mine = phone.locator(".k-msg--mine", has_text="pills")
    mine.get_by_role("button", name="Edit").click()
    phone.get_by_role("textbox", name="Your message in other words").fill("I take two pills")
    screenshot(phone, "portal-edit", full_page=True)
    check_page(phone)
    phone.get_by_role("button", name="Save", exact=True).click()
    expect(phone.get_by_role("log")).to_contain_text("I take two pills")
    expect(desk.get_by_role("log")).to_contain_text("I take two pills")
    expect(desk.get_by_role("log")).to_contain_text("edited")
    mine.get_by_role("button", name="Delete").click()
    screenshot(phone, "portal-delete", full_page=True)
    mine.get_by_role("button", name="Keep it").click()
    expect(mine.get_by_role("button", name="Delete")).to_be_focused()
    mine.get_by_role("button", name="Delete").press("Enter")
    mine.get_by_role("button", name="Delete it").press("Enter")
    expect(phone.get_by_role("log")).to_contain_text("Deleted")
    expect(desk.get_by_role("log")).not_to_contain_text("two pills")


def test_earlier_messages_come_when_they_are_asked_for_and_the_place_stays(talking: Any, screenshot: Any, check_page: Any) -> None:
    _desk, phone = talking(before=40, **PHONE)
    log = phone.get_by_role("log")
    expect(log.get_by_text("Message 40", exact=True)).to_be_in_viewport()
    expect(log.get_by_text("Message 10", exact=True)).to_have_count(0)
    screenshot(phone, "portal-earlier", full_page=True)
    top = log.get_by_text("Message 11", exact=True)
    top.scroll_into_view_if_needed()
    phone.get_by_role("button", name="Earlier messages").click()
    expect(log.get_by_text("Message 1", exact=True)).to_have_count(1)
    expect(top).to_be_in_viewport()
    expect(phone.get_by_role("button", name="Earlier messages")).to_be_hidden()
    said = log.locator("[data-slot=text]").all_text_contents()
    assert said == [f"Message {count + 1}" for count in range(40)]
    check_page(phone)


def test_files_go_both_ways_where_the_clinic_takes_them(clinic: Clinic, talking: Any, screenshot: Any, check_page: Any) -> None:
    with clinic.session() as session:
        session.get_one(Organization, clinic.id).files_in_messages = True
    desk, phone = talking(**PHONE)
    for page, name in ((phone, "rash.png"), (desk, "letter.png")):
        page.get_by_text("Send a file").click()
        page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": picture()})
        for reader in (phone, desk):
            expect(reader.get_by_role("log")).to_contain_text(name)
    screenshot(phone, "portal-file", full_page=True)
    check_page(phone)
    phone.locator("input[type=file]").set_input_files({"name": "virus.exe", "mimeType": "application/octet-stream", "buffer": b"MZ" * 50})
    expect(phone.locator("[data-sending]")).to_contain_text("virus.exe")
    with phone.expect_download() as saved:
        phone.locator(".k-msg", has_text="letter.png").get_by_role("button", name="Save").click()
    assert saved.value.suggested_filename == "letter.png"
    phone.get_by_text("Save this conversation").click()
    with phone.expect_download() as copy:
        phone.get_by_role("button", name="As text").click()
    assert copy.value.suggested_filename.endswith(".txt")


def test_many_are_mailed_the_way_from_the_list_and_the_report_stays_current(
    clinic: Clinic, open_desk: Any, screenshot: Any, check_page: Any  # noqa: F811
) -> None:
    _begun(clinic)
    page = open_desk(clinic, "admin", "/desk/messages")
    page.goto(page.url.split("/desk/")[0] + "/admin/patients/list/")
    page.get_by_role("checkbox", name="Select all").check()
    page.get_by_text("With the chosen ones").click()
    page.get_by_role("button", name="Mail the way to the own pages").click()
    page.get_by_role("dialog").get_by_role("button", name="Mail the way to the own pages").click()
    expect(page.get_by_text("What becomes of them")).to_be_visible()
    address = re.search(r"/desk/messages/given/[\w-]+", str(page.locator("body").text_content()))
    assert address
    page.goto(page.url.split("/admin/")[0] + address.group())
    expect(page.get_by_role("status").first).to_contain_text("still to be done")
    with clinic.session() as session:
        for job in session.query(Job).filter_by(organization_id=clinic.id, kind=bulk_authorisation.AUTHORISE).all():
            bulk_authorisation.perform(session, job, clock.now())
            job.state = WorkState.DONE
    expect(page.locator("#given")).to_contain_text("All are done.")
    screenshot(page, "bulk-report")
    check_page(page)
    page.emulate_media(media="print")
    expect(page.locator("#given")).to_be_visible()
    for left_out in (page.get_by_role("navigation", name="Main"), page.get_by_role("button", name="Print")):
        expect(left_out).to_be_hidden()


def test_a_device_whose_code_is_revoked_is_out_at_once_and_says_so(
    clinic: Clinic, open_desk: Any, device: Any, screenshot: Any, check_page: Any  # noqa: F811
) -> None:
    patient_id, _thread = _begun(clinic)
    desk = open_desk(clinic, "doctor", f"/desk/messages/of/{patient_id}")
    desk.get_by_role("button", name="Show a code").click()
    expect(desk.locator("[data-slot=link]")).to_contain_text("#device=")
    link = str(desk.locator("[data-slot=link]").text_content())
    desk.emulate_media(media="print")
    expect(desk.locator("#shown")).to_be_visible()
    expect(desk.get_by_role("navigation", name="Main")).to_be_hidden()
    desk.emulate_media(media="screen")
    phone = device(link)
    phone.locator("#letters").get_by_role("button", name=re.compile("Open")).click()
    desk.reload()
    desk.wait_for_selector("body[data-live=online]")
    desk.get_by_role("button", name=re.compile("Revoke A device")).click()
    desk.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(desk.get_by_text("A device", exact=True)).to_have_count(0)
    _say(phone, "Hello?")
    expect(phone.locator("[data-view=door]").get_by_text("You are signed out")).to_be_visible()
    expect(phone.get_by_role("log")).to_be_hidden()
    screenshot(phone, "portal-revoked", full_page=True)
    check_page(phone)
    base = phone.url.split("/portal")[0]
    phone.goto("about:blank")
    phone.goto(f"{base}/portal/#{link.partition('#')[2]}")
    expect(phone.get_by_role("heading", name="This link does not work any more")).to_be_visible()
