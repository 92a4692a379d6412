"""A clinic that is served from the test's own process, so that what the desk does is a domain verb away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Frame, Page

from telehealth import clock, message
from telehealth.conversation import AuthorKind
from telehealth.message import Author
from telehealth.waiting_room import Encounter
from telehealth.widget import Widget
from tests.browser.kit.sites import serve
from tests.browser.kit.until import until
from tests.clinic import Clinic, client_id
from tests.patience import until as until_true

DETAILS = {
    "patient.initials": "S.", "patient.last_name": "Lindqvist", "birth_day": "14", "birth_month": "9",
    "birth_year": "1958",
}  # fmt: skip
ONLINE = "document.querySelector('[data-slot=beat] [data-when=online]')?.hidden === false"


@contextmanager
def serve_live(app: Any, house: Any) -> Iterator[str]:
    """Serve the application with its sockets; gives its address at 127.0.0.1."""
    allowed = house.sockets.eio.cors_allowed_origins
    before = list(allowed)
    with serve(app) as origin:
        allowed.extend([origin, origin.replace("127.0.0.1", "localhost")])
        try:
            yield origin
        finally:
            allowed[:] = before


def allow_sites(clinic: Clinic, *sites: str, widget: str = "walk_in") -> None:
    with clinic.session() as session:
        session.query(Widget).filter_by(key=clinic.widgets[widget]).one().allowed_sites = list(sites)


def frame_html(url: str, allow: str = "camera; microphone; display-capture; fullscreen; autoplay") -> str:
    """A customer's page with the widget in it, as the loader would put it there."""
    frame = f'<iframe src="{url}" title="Talk to us" allow="{allow}" style="width:100%;height:1600px;border:0"></iframe>'
    return f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A clinic</title></head><body><main><h1>Us</h1>{frame}</main></body></html>'


@dataclass
class Desk:
    """What somebody of the clinic does with the visit that arrived last."""

    clinic: Clinic
    person: str = "doctor"

    def _visit(self, session: Any) -> Encounter:
        return session.query(Encounter).order_by(Encounter.id.desc()).limit(1).one()

    @contextmanager
    def visit(self) -> Iterator[Encounter]:
        with self.clinic.session() as session:
            yield self._visit(session)

    def hears(self, said: list[str]) -> None:
        """Wait until exactly this was said: a page shows its own words before they have arrived."""
        until_true(lambda: self.said() == said)

    def admit(self) -> None:
        with self.visit() as visit:
            visit.admit(self.clinic.staff(self.person), clock.now())

    def acknowledge(self) -> None:
        with self.visit() as visit:
            visit.acknowledge(self.clinic.staff(self.person), clock.now())

    def hold(self) -> None:
        with self.visit() as visit:
            visit.hold(self.clinic.staff(self.person), clock.now())

    def end(self) -> None:
        with self.visit() as visit:
            visit.end(self.clinic.staff(self.person), clock.now())

    def write(self, text: str) -> None:
        who = self.clinic.staff(self.person)
        with self.clinic.session() as session:
            by = Author(AuthorKind.STAFF, who.name, practitioner_id=who.practitioner_id)
            thread = self._visit(session).conversation_id
            message.post(session, thread, client_id(), text, by=by, now=clock.now())

    def read(self) -> None:
        with self.visit() as visit:
            visit.conversation.read_by_staff(self.clinic.staff(self.person))

    def said(self) -> list[str]:
        with self.clinic.session() as session:
            thread = self._visit(session).conversation_id
            return [said.text for said in message.messages(session, thread)]


def choose(page: Page | Frame, name: str = "Dr Doctor") -> None:
    page.get_by_role("button", name=name).click()


def tell_details(page: Page | Frame, **changes: str) -> None:
    for name, value in (DETAILS | changes).items():
        page.locator(f"[name='{name}']").fill(value)
    if page.locator("[name=accept_terms]:visible").count():
        page.locator("[name=accept_terms]:visible").check()


def enter(page: Page | Frame) -> None:
    page.get_by_role("button", name="Enter the waiting room").click()
    page.locator("#waiting").wait_for()
    until(page, ONLINE)


def walk_in(page: Page | Frame) -> None:
    choose(page)
    tell_details(page)
    enter(page)


def seen(page: Page | Frame, text: str) -> None:
    """Wait until this can be read on the page."""
    until(page, f"document.body.innerText.includes({json.dumps(text)})")


def beat_is(page: Page | Frame, state: str) -> None:
    until(page, f"document.querySelector('[data-slot=beat] [data-when={state}]')?.hidden === false")
