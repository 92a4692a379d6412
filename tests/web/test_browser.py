"""What a User-Agent tells: a name, a major version, and whose settings look alike."""

from __future__ import annotations

import pytest

from web import browser

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "name", "family"),
    [
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome 131", "chrome"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge 131", "chrome"),
        (f"{WINDOWS} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0", "Opera 115", "chrome"),
        (f"{MAC} Version/17.5 Safari/605.1.15", "Safari 17", "safari"),
        (f"{PHONE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari 17", "ios"),
        (f"{PHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome 131", "ios"),
        (f"{PHONE} FxiOS/131.0 Mobile/15E148 Safari/605.1.15", "Firefox 131", "ios"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "Firefox 131", "firefox"),
        ("Lynx/2.9", "", "other"),
        ("", "", "other"),
    ],
)
def test_a_browser_is_known_by_name_and_major_version(user_agent: str, name: str, family: str) -> None:
    assert browser.name_of(user_agent) == name
    assert browser.family_of(user_agent) == family


def test_a_long_number_stays_short() -> None:
    assert browser.name_of("Firefox/" + "9" * 500) == "Firefox 9999"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{PHONE} Version/17.5 Mobile/15E148 Safari/604.1", "in the Settings app of the device"),
        (f"{MAC} Version/17.5 Safari/605.1.15", "in the Safari menu"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0", "the crossed-out camera"),
    ],
)
def test_help_with_a_refused_camera_is_worded_for_the_browser_at_hand(app, clinic, user_agent: str, words: str) -> None:
    page = app.test_client().get(f"/w/{clinic.widgets['walk_in']}", headers={"User-Agent": user_agent}).get_data(as_text=True)
    assert words in page
