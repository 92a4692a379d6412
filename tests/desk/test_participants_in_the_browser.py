"""A consultation of several: patient, practitioner and people from outside see each other, and one of them is taken out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from telehealth import clock, participant, staff_booking
from telehealth.organization import Organization
from telehealth.booking import Appointment
from telehealth.participant import ExternalPerson, Group, NewPerson, Participant
from telehealth.staff_booking import NewPatient, Plan
from telehealth.waiting_room import Encounter
from tests.browser.kit.until import until
from tests.clinic import Clinic, client_id
from tests.desk.test_in_the_browser import open_desk, site  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
FLOWING = "(count) => [...document.querySelectorAll('.k-tile video')].filter((one) => one.getVideoPlaybackQuality().totalVideoFrames > 3).length === count"


@pytest.fixture
def links(clinic: Clinic) -> Callable[..., tuple[str, dict[str, str]]]:
    """An appointment that has just begun: the patient's secret, and those of the people who are invited."""

    def make(*names: str) -> tuple[str, dict[str, str]]:
        with clinic.session() as session:
            group = Group(name="Family")
            session.add(group)
            session.flush()
            start = clock.now() + timedelta(minutes=5)
            start -= timedelta(minutes=start.minute % 5, seconds=start.second, microseconds=start.microsecond)
            local = start.astimezone(session.get_one(Organization, clinic.id).tz).replace(tzinfo=None)
            who = tuple(NewPerson(group.id, "B.", name, f"{name.lower()}@example.org") for name in names)
            plan = Plan(
                client_id(), clinic.people["doctor"], clinic.departments[0], NewPatient("A.", "Bakker", None, "anna@example.org"), local,
                30, participants=who,
            )  # fmt: skip
            made = staff_booking.make(session, clinic.staff("doctor"), plan, clock.now()).appointments[0]
            return made.ticket.token, {one.person.last_name: one.ticket.token for one in participant.of_appointment(session, made.id)}

    return make


@pytest.fixture
def guest(site: str, new_page: Any) -> Callable[..., Page]:  # noqa: F811
    def open_(token: str, **shape: Any) -> Page:
        page: Page = new_page(**shape)
        page.goto(f"{site}/visit/guest#{token}")
        return page

    return open_


@pytest.fixture
def patient(site: str, new_page: Any) -> Callable[[str], Page]:  # noqa: F811
    """In the waiting room."""

    def come(token: str) -> Page:
        page: Page = new_page()
        page.goto(f"{site}/visit#{token}")
        page.get_by_role("button", name="Enter the waiting room").click()
        page.locator("#waiting").wait_for()
        return page

    return come


def sees(page: Page, others: int) -> None:
    """New pictures of so many others arrive beside each other."""
    page.wait_for_function(FLOWING, arg=others, timeout=60_000)


def test_three_see_each_other_the_guest_only_once_the_patient_is_in(
    clinic: Clinic, links: Any, guest: Any, patient: Any, open_desk: Any  # noqa: F811
) -> None:
    patients, invited = links("Visser")
    family = guest(invited["Visser"], width=360, height=740)
    expect(family.get_by_text("The visit begins when the patient has been called in.")).to_be_visible()
    sick = patient(patients)
    expect(family.get_by_role("button", name="Enter now")).to_be_hidden()
    with clinic.session() as session:
        visit = session.query(Encounter).one()
        visit.admit(clinic.staff("doctor"), clock.now())
        path = f"/desk/visit/{visit.uid}"
    doctor = open_desk(clinic, "doctor", path)
    panel = doctor.locator("#taking-part")
    expect(panel.get_by_text("Waits to come in").locator("visible=true")).to_have_count(1)
    sick.get_by_role("button", name="Enter now").click()
    family.get_by_role("button", name="Enter now").click()
    for page in (doctor, sick, family):
        sees(page, 2)
    expect(panel.get_by_text("In the room").locator("visible=true")).to_have_count(1)
    expect(family.get_by_role("group", name="A. Bakker")).to_be_visible()
    assert "Message" not in family.locator("main").inner_text()

    panel.get_by_role("button", name="Take out").click()
    doctor.get_by_role("dialog", name="Take B. Visser out?").get_by_role("button", name="Take out").click()
    expect(family.get_by_role("heading", name="You take part no longer")).to_be_visible()
    expect(panel.get_by_text("Taken out").locator("visible=true")).to_have_count(1)
    until(family, "!document.querySelector('video[data-slot=self_picture]').srcObject")
    for page in (doctor, sick):
        expect(page.locator(".k-tile")).to_have_count(0)
        until(page, "document.querySelector('video[data-slot=picture]').getVideoPlaybackQuality().totalVideoFrames > 3")


def test_whoever_leaves_may_come_back_and_the_end_is_told_to_all(
    clinic: Clinic, links: Any, guest: Any, patient: Any, open_desk: Any  # noqa: F811
) -> None:
    patients, invited = links("Visser", "Smit")
    sick = patient(patients)
    with clinic.session() as session:
        visit = session.query(Encounter).one()
        visit.admit(clinic.staff("doctor"), clock.now())
        path = f"/desk/visit/{visit.uid}"
    sick.get_by_role("button", name="Enter now").click()
    doctor = open_desk(clinic, "doctor", path)
    one, other = guest(invited["Visser"]), guest(invited["Smit"], width=360, height=740)
    for page in (one, other):
        page.get_by_role("button", name="Enter now").click()
    for page in (doctor, sick, one, other):
        sees(page, 3)
    one.get_by_role("button", name="Leave the conversation").click()
    expect(one.get_by_role("heading", name="You can come in")).to_be_visible()
    sees(sick, 2)
    one.get_by_role("button", name="Enter now").click()
    sees(sick, 3)
    with clinic.session() as session:
        session.query(Encounter).one().end(clinic.staff("doctor"), clock.now())
    for page in (one, other):
        expect(page.get_by_role("heading", name="The conversation has ended")).to_be_visible()


@pytest.mark.parametrize("look", [{"width": 1280, "height": 1400}, {"width": 360, "height": 2400, "rtl": True, "dark": True}], ids=["wide", "phone dark mirrored"])
def test_people_of_a_group_and_somebody_new_are_invited_on_the_form_and_seen_in_the_calendar(clinic: Clinic, open_desk: Any, look: Any) -> None:  # noqa: F811
    with clinic.session() as session:
        session.add(ExternalPerson(initials="B.", last_name="Visser", email="visser@example.org", groups=[Group(name="Family")]))
        session.add(Group(name="Home care", position=1))
    page = open_desk(clinic, "doctor", "/desk/calendar/new", **look)
    for name, value in {"initials": "A.", "last_name": "Bakker", "birth_date": "1950-01-02", "email": "anna@example.org"}.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#date").fill(str((clock.now() + timedelta(days=2)).date()))
    page.locator("#time").fill("10:00")
    others = page.locator("#participants")
    others.get_by_text("Family").click()
    others.get_by_label("B. Visser").check()
    others.get_by_role("button", name="Enter somebody new").click()
    row = others.get_by_role("group", name="Somebody new")
    row.get_by_label("Group").select_option(label="Home care")
    row.get_by_label("Last name").fill("Smit")
    page.get_by_role("button", name="Make the appointment").click()
    expect(row.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    row.get_by_label("E-mail").fill("smit@example.org")
    page.get_by_role("button", name="Make the appointment").click()
    expect(page.locator("#made")).to_be_visible()
    with clinic.session() as session:
        assert session.query(Participant).count() == 2
        day = session.query(Appointment).one().start.date()
    page.goto(page.url.replace("/desk/calendar/new", f"/desk/calendar?view=list&date={day}"))
    page.get_by_role("button", name="Details").click()
    panel = page.locator("#taking-part")
    expect(panel.get_by_text("Invited", exact=True).locator("visible=true")).to_have_count(2)
    panel.get_by_role("button", name="Take out Smit").click()
    page.get_by_role("dialog", name="Take Smit out?").get_by_role("button", name="Take out").click()
    expect(panel.get_by_text("Taken out").locator("visible=true")).to_have_count(1)
    panel.get_by_role("button", name="Invite", exact=True).click()
    expect(panel.get_by_text("Invited", exact=True).locator("visible=true")).to_have_count(2)
