"""Whether a page lets itself be shown in a frame, asked of real servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations import framed
from integrations.framed import Verdict

OURS = "https://care.example"


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, Verdict.ALLOWS),
        ({"X-Frame-Options": "SAMEORIGIN"}, Verdict.FORBIDS),
        ({"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors https://care.example"}, Verdict.ALLOWS),
        ({"Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'"}, Verdict.FORBIDS),
        ({"Content-Security-Policy": "frame-ancestors 'none'"}, Verdict.FORBIDS),
        ({"Content-Security-Policy": "frame-ancestors https://*.example"}, Verdict.FORBIDS),
        ({"Content-Security-Policy": "frame-ancestors https:"}, Verdict.ALLOWS),
        ({"Content-Security-Policy": "frame-ancestors *, frame-ancestors 'self'"}, Verdict.FORBIDS),
        ({"Content-Security-Policy": "default-src 'self'"}, Verdict.ALLOWS),
    ],
)
def test_a_page_is_judged_as_browsers_do(customer_site: Callable[..., str], headers: dict[str, str], verdict: Verdict) -> None:
    site = customer_site({"/": "<p>Before your visit</p>"}, headers=headers)
    assert framed.try_page(f"{site}/", OURS, inside=True) is verdict


def test_a_page_that_is_not_there_fails(customer_site: Callable[..., str]) -> None:
    assert framed.try_page(f"{customer_site({'/': 'x'})}/nothing", OURS, inside=True) is Verdict.FAILS


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://10.0.0.1/", "http://clinic.example/", "https:///"])
def test_nothing_inside_is_asked(url: str) -> None:
    assert framed.try_page(url, OURS) is Verdict.FAILS


def test_a_name_that_leads_nowhere_was_not_reached() -> None:
    assert framed.try_page("https://nowhere.invalid/", OURS) is Verdict.UNREACHED
