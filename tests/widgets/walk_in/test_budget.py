"""What a patient loads before the first choice can be made."""

from __future__ import annotations

import gzip

from tests.browser.kit.until import until

WALK_IN_FIRST_LOAD_GZIP_BYTES = 25_000


def test_walk_in_first_load_gzip_bytes(new_page, address):
    page = new_page()
    page.goto(address)
    until(page, "'ready' in document.documentElement.dataset")
    answers = [request.response() for request in new_page.log(page).requests if "favicon" not in request.url]
    sizes = {answer.url.rpartition("/")[2]: len(gzip.compress(answer.body())) for answer in answers}
    assert sum(sizes.values()) <= WALK_IN_FIRST_LOAD_GZIP_BYTES, sizes
    assert not [url for url in sizes if "socket.io" in url or "waiting" in url]
