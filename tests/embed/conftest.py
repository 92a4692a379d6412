"""A care server and a customer's site beside it, on two sites as a browser counts them."""
import pytest

from tests.browser.kit.sites import serve
from tests.embed.care import Care

PAGE = """<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>A clinic</title><link rel="icon" href="data:,">{head}</head>
<body><header><h1>A clinic</h1></header>
<main>{main}</main></body>
</html>
"""


@pytest.fixture
def care():
    care = Care()
    with serve(care.app) as origin:
        care.origin = origin
        yield care


@pytest.fixture
def clinic(care, customer_site):
    """Opens a clinic's site with this in its page, and lets it frame the widgets; gives the page's address."""

    def open_site(main, *, lang="en", head="", headers=None, allowed=True, host="localhost", pages=None):
        html = PAGE.format(main=main, lang=lang, head=head)
        site = customer_site({"/": html, **(pages or {})}, host=host, headers=headers)
        care.sites = [*care.sites, site] if allowed else care.sites
        return site

    return open_site


@pytest.fixture
def tag(care):
    """Writes a loader's script tag."""

    def write(widget="demo-a", **options):
        data = "".join(f' data-{name}="{value}"' for name, value in options.items())
        return f'<script async src="{care.origin}/embed.js" data-widget="{widget}"{data}></script>'

    return write
