"""A clinic's own looks: logo, picture around the widget, CSS of its own; and nothing else from elsewhere (S002-90)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from telehealth.widget import Widget
from tests.clinic import Clinic
from tests.widgets.walk_in.live import serve_live

PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 80"><rect width="240" height="80" fill="#7a3b69"/><circle cx="40" cy="40" r="24" fill="#fff"/></svg>"""


@pytest.fixture(scope="session")
def live(app: Any, house: Any) -> Iterator[str]:
    with serve_live(app, house) as origin:
        yield origin


def look(clinic: Clinic, kind: str, **looks: str) -> None:
    with clinic.session() as session:
        widget = session.query(Widget).filter_by(key=clinic.widgets[kind]).one()
        for name, value in looks.items():
            setattr(widget, name, value)


@pytest.mark.parametrize("kind", ["walk_in", "booking", "chat"])
def test_the_policy_lets_in_pictures_of_the_sites_that_are_named(app: Any, clinic: Clinic, other: Clinic, kind: str) -> None:
    look(clinic, kind, logo_url="https://clinic.example/logo.png", background_url="https://pictures.example/hall.jpg")
    mine, theirs = (app.test_client().get(f"/w/{c.widgets[kind]}").headers["Content-Security-Policy"] for c in (clinic, other))
    assert "img-src 'self' data: https://clinic.example https://pictures.example;" in mine
    assert "img-src 'self' data:;" in theirs


def test_own_css_comes_after_ours(app: Any, clinic: Clinic) -> None:
    look(clinic, "walk_in", background_url='https://clinic.example/a"b.jpg', own_css=".k-btn { border-radius: 0; }", brand="#7a3b69")
    answer = app.test_client().get(f"/w/{clinic.widgets['walk_in']}/brand.css")
    assert answer.content_type.startswith("text/css")
    assert answer.text == ':root{--brand:#7a3b69}\nbody{--picture:url("https://clinic.example/a\\"b.jpg")}\n.k-btn { border-radius: 0; }'


@pytest.mark.parametrize(
    "shape", [{"width": 1280}, {"width": 360}, {"width": 360, "dark": True, "rtl": True}], ids=["wide", "phone", "dark phone, mirrored"]
)
@pytest.mark.parametrize("kind", ["walk_in", "booking", "chat"])
def test_a_widget_in_the_clinics_own_looks(
    new_page: Any, live: str, clinic: Clinic, check_page: Any, screenshot: Any, kind: str, shape: dict[str, Any]
) -> None:
    look(
        clinic, kind, logo_url=f"{live}/logo.svg", background_url=f"{live}/hall.svg", brand="#7a3b69",
        own_css="h1 { letter-spacing: 2px; }",
    )  # fmt: skip
    page = new_page(**shape)
    page.route("**/*.svg", lambda route: route.fulfill(body=PICTURE, content_type="image/svg+xml"))
    page.goto(f"{live}/w/{clinic.widgets[kind]}")
    page.wait_for_function("document.querySelector('img.k-logo')?.naturalWidth > 0")
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).letterSpacing") == "2px"
    assert "hall.svg" in page.evaluate("getComputedStyle(document.body).backgroundImage")
    check_page(page)
    screenshot(page, f"looks-{kind}")
