"""The demo clinic's widgets on another site's page, from a real server."""
import pytest

from tests.browser.kit.until import until

WIDGETS = ["demo-walk-in", "demo-booking", "demo-chat"]
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A clinic</title><link rel="icon" href="data:,"></head>
<body><header><h1>A clinic</h1></header><main>{tag}</main></body></html>
"""


@pytest.fixture
def clinic(server, customer_site):
    def open_site(widget, host="localhost"):
        tag = f'<script async src="{server.base}/embed.js" data-widget="{widget}"></script>'
        return customer_site({"/": PAGE.format(tag=tag)}, host=host)

    return open_site


def widget_of(page):
    frame = page.locator("iframe").element_handle().content_frame()
    until(frame, "document.documentElement.dataset.framed === 'inline'")
    frame.locator("h1, h2").first.wait_for()
    return frame


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("widget", WIDGETS)
def test_a_demo_widget_fits_another_sites_page(new_page, clinic, screenshot, widget, width):
    page = new_page(width=width)
    page.goto(clinic(widget))
    frame = widget_of(page)
    until(frame, "document.documentElement.hasAttribute('data-fits')")
    screenshot(page, f"{widget}-{width}", full_page=True)
    assert page.context.cookies() == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2"])
def test_any_page_of_this_machine_may_show_the_demo(new_page, clinic, host):
    page = new_page()
    page.goto(clinic("demo-booking", host))
    widget_of(page)


@pytest.mark.parametrize("storage", ["no-foreign-cookies", "none"])
@pytest.mark.parametrize("widget", WIDGETS)
def test_a_demo_widget_works_where_cookies_and_storage_are_refused(new_page, clinic, widget, storage):
    page = new_page(storage=storage)
    page.goto(clinic(widget))
    until(widget_of(page), "document.documentElement.hasAttribute('data-fits')")


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_demo_widget_reads_from_right_to_left(new_page, clinic, screenshot, widget):
    page = new_page(width=360, rtl=True)
    page.goto(clinic(widget))
    widget_of(page)
    screenshot(page, f"{widget}-360-rtl", full_page=True)
