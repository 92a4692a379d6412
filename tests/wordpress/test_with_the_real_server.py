"""The plugin with the real Konsulto server: what is listed there stands on the site.

A server of this checkout is started with the demo clinic, unless KONSULTO_TEST_SERVER is the address of a running one
and KONSULTO_TEST_SERVER_KEY a key of its organisation `demo`.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Response, expect

from tests.server import ROOT, Server, environment
from tests.wordpress import journeys
from tests.wordpress.conftest import CHOSEN
from tests.wordpress.fake_server import Connection
from tests.wordpress.throwaway_site import Site

# The first test waits for a demo clinic, a server and a WordPress.
pytestmark = [
    pytest.mark.wordpress,
    pytest.mark.timeout(300),
    pytest.mark.parametrize("running_site", CHOSEN[-1:], indirect=True),
]
MAKE_KEY = """
from sqlalchemy import select
from app import create_app
from telehealth import api_key, clock
from telehealth.organization import Organization

with create_app().extensions["house"].sessions() as session, session.begin():
    session.enter(session.scalars(select(Organization.id).where(Organization.slug == "demo")).one())
    print(api_key.create(session, "WordPress", clock.now())[1])
"""


def key_of(server: Server) -> str:
    """A new key of the demo organisation."""
    command = [sys.executable, "-W", "ignore", "-c", MAKE_KEY]
    made = subprocess.run(
        command, cwd=ROOT, env=environment(server.data), capture_output=True, text=True, check=False, timeout=60
    )
    assert made.returncode == 0, made.stderr
    return made.stdout.split()[-1]


@pytest.fixture(scope="session")
def konsulto(request: pytest.FixtureRequest) -> Connection:
    """How to connect to the demo organisation, under another site's name than WordPress has."""
    running = os.environ.get("KONSULTO_TEST_SERVER")
    if running:
        return Connection(running, "demo", os.environ["KONSULTO_TEST_SERVER_KEY"])
    server: Server = request.getfixturevalue("server")
    return Connection(server.other_site, "demo", key_of(server))


@pytest.fixture
def connected(site: Site, konsulto: Connection) -> Site:
    """The site, connected to the real server."""
    site.save(**konsulto.settings())
    return site


@pytest.fixture
def owner(new_page: Callable[..., Page], site: Site) -> Page:
    """The administrator's browser."""
    opened = new_page(check=False)
    journeys.sign_in(opened, site)
    return opened


def cookies_set(page: Page) -> list[str]:
    """A list that grows with every answer that sets a cookie."""
    found: list[str] = []

    def look(response: Response) -> None:
        if "set-cookie" in response.headers:
            found.append(response.url)

    page.on("response", look)
    return found


def test_the_owner_sees_the_widgets_of_the_demo_clinic(owner: Page, site: Site, konsulto: Connection, screenshot: Any):
    journeys.connect(owner, site, konsulto)
    expect(owner.get_by_text(f"Connected to {konsulto.server}")).to_be_visible()
    for widget in ("demo-walk-in", "demo-booking", "demo-chat"):
        expect(owner.get_by_text(f'[konsulto widget="{widget}"]')).to_be_visible()
    screenshot(owner, "real-settings", full_page=True)


def test_a_wrong_key_is_refused(owner: Page, site: Site, konsulto: Connection):
    journeys.connect(owner, site, Connection(konsulto.server, konsulto.organisation, "wrong"))
    expect(owner.get_by_text("The server refused the API key")).to_be_visible()


def test_the_key_of_one_organisation_opens_no_other(owner: Page, site: Site, konsulto: Connection):
    journeys.connect(owner, site, Connection(konsulto.server, "other", konsulto.api_key))
    expect(owner.get_by_text("The server refused the API key")).to_be_visible()
    expect(owner.locator(".konsulto__widgets")).to_have_count(0)


def test_a_placed_widget_stands_on_the_page_without_a_cookie(
    owner: Page, new_page: Callable[..., Page], connected: Site, konsulto: Connection, screenshot: Any
):
    journeys.open_editor(owner, connected)
    journeys.canvas(owner).get_by_role("textbox", name="Add title").fill("Appointments")
    journeys.insert_block(owner)
    journeys.choose_widget(owner, "demo-booking")
    address = journeys.publish(owner)

    visitor = new_page(check=False)
    cookies = cookies_set(visitor)
    visitor.goto(address)
    frame = visitor.frame_locator(f"iframe[src*='{konsulto.server}/w/demo-booking']")
    expect(frame.get_by_role("heading").first).to_be_visible()
    allowed = visitor.locator("iframe").get_attribute("allow") or ""
    assert "camera" in allowed and "microphone" in allowed
    assert cookies == []
    screenshot(visitor, "real-public")


def test_a_floating_widget_asks_for_the_loader_only(new_page: Any, connected: Site, konsulto: Connection):
    connected.save(**konsulto.settings(), everywhere="demo-chat")
    visitor = new_page(check=False)
    visitor.goto(connected.page("<p>Hello</p>"), wait_until="networkidle")
    asked = [url for url in new_page.log(visitor).urls() if url.startswith(konsulto.server)]
    assert asked == [f"{konsulto.server}/embed.js"]


def test_a_visitor_who_agrees_gets_the_widget_in_the_place_of_the_question(
    new_page: Any, connected: Site, konsulto: Connection
):
    connected.save(**konsulto.settings(), ask_first=True)
    visitor = new_page(check=False)
    visitor.goto(connected.page('<p>Before</p>[konsulto widget="demo-walk-in"]<p>After</p>'), wait_until="networkidle")
    assert not [url for url in new_page.log(visitor).urls() if url.startswith(konsulto.server)]
    visitor.get_by_role("button", name="Open the service").click()
    frame = visitor.frame_locator(f"iframe[src*='{konsulto.server}/w/demo-walk-in']")
    expect(frame.get_by_role("heading").first).to_be_visible()
