"""A link that is open twice, and a server that is away: every tab says how it stands and comes back by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.widgets.visit.test_in_the_browser import REFUSED, booked, come_in, link  # noqa: F401 (fixtures)
from tests.widgets.walk_in.live import beat_is, seen

LOST = [*REFUSED, "ERR_", "WebSocket connection", "Failed to load resource"]
EVERY = 60_000  # milliseconds, no page waits longer than this until it looks again


def test_who_leaves_in_one_tab_has_left_in_the_other(link, booked, live):  # noqa: F811
    page = link(-5)
    come_in(page)
    second = page.context.new_page()
    second.goto(f"{live}/visit#{booked[1]}")
    beat_is(second, "online")
    page.get_by_role("button", name="Leave the waiting room").click()
    page.get_by_role("button", name="Leave", exact=True).click()
    for tab in (page, second):
        tab.get_by_role("button", name="Come in again").wait_for()


def test_what_the_clinic_ends_is_ended_in_every_tab(link, booked, live, desk):  # noqa: F811
    page = link(-5)
    come_in(page)
    second = page.context.new_page()
    second.goto(f"{live}/visit#{booked[1]}")
    beat_is(second, "online")
    desk.admit()
    desk.end()
    for tab in (page, second):
        tab.get_by_role("heading", name="Your visit has ended").wait_for()


@pytest.mark.parametrize("look", [{"width": 360, "height": 740}, {"width": 1280, "dark": True, "rtl": True}])
def test_without_a_server_the_link_says_so_and_comes_back_by_itself(link, look, check_page, screenshot):  # noqa: F811
    page = link(-5, **look | {"expect": LOST})
    page.get_by_role("button", name="Enter the waiting room").wait_for()
    page.clock.install()
    page.route("**/visit/session", lambda route: route.abort())
    page.reload()
    view = page.locator("[data-view=unreachable]")
    expect(view).to_be_visible()
    assert view.inner_text().strip()
    check_page(page)
    screenshot(page, "visit-away-" + "-".join(look))
    page.unroute("**/visit/session")
    page.clock.fast_forward(EVERY)
    page.get_by_role("button", name="Enter the waiting room").wait_for()
    expect(view).to_be_hidden()


def test_the_list_of_who_can_be_seen_says_how_old_it_is_while_the_server_is_away(new_page, live, clinic):
    page = new_page(expect=LOST)
    page.clock.install()
    page.goto(f"{live}/w/{clinic.widgets['walk_in']}")
    page.get_by_role("button", name="Dr Doctor").wait_for()
    page.route("**/offers*", lambda route: route.abort())
    page.clock.fast_forward(EVERY)
    expect(page.locator("#stale")).to_be_visible()
    seen(page, "We cannot reach the clinic right now and keep trying.")
    page.unroute("**/offers*")
    page.clock.fast_forward(EVERY)
    expect(page.locator("#stale")).to_be_hidden()
