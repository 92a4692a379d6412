"""Fixtures of the WordPress tests: a real WordPress of each release, and a server to connect it to."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.wordpress import fake_server as fakes
from tests.wordpress.journeys import PATIENCE
from tests.wordpress.releases import CURRENT, FLOOR, NEWEST, DownloadFailed, Release
from tests.wordpress.throwaway_site import Site, throwaway_site

RELEASES = {release.suite: release for release in (FLOOR, CURRENT, NEWEST)}
CHOSEN = os.environ.get("KONSULTO_TEST_WORDPRESS", "bookworm,trixie").split(",")


def started(release: Release) -> Iterator[Site]:
    """A site that answers browsers, or a plain word about what could not be fetched."""
    try:
        with throwaway_site(release) as site:
            site.serve()
            yield site
    except DownloadFailed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session", params=CHOSEN)
def running_site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """One WordPress for all tests of a release."""
    yield from started(RELEASES[request.param])


@pytest.fixture
def site(running_site: Site) -> Iterator[Site]:
    """A WordPress on which the plugin is active and nothing is saved yet."""
    running_site.php("delete_option( 'konsulto_widgets' ); update_option( 'WPLANG', '' );")
    yield running_site
    assert running_site.complaints() == []


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Wait for what is expected as long as for a click."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def konsulto() -> Iterator[fakes.FakeServer]:
    """A stand-in for the server."""
    with fakes.fake_server() as fake:
        yield fake


@pytest.fixture
def connected(site: Site, konsulto: fakes.FakeServer) -> Site:
    """The site, connected to the stand-in."""
    site.save(**konsulto.connection.settings())
    return site
