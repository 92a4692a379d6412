"""Which browser somebody has, as its User-Agent says: name and major version, and the family whose settings look alike."""

from __future__ import annotations

import re

from flask import request

# The more special first: nearly every browser also names the ones it resembles.
NAMES = (
    ("Edge", r"Edg(?:A|iOS)?/(\d+)"), ("Opera", r"OPR/(\d+)"), ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"), ("Chrome", r"(?:Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
)  # fmt: skip


def name_of(user_agent: str) -> str:
    """Such as `Firefox 131`; empty for what is not known."""
    for name, pattern in NAMES:
        if found := re.search(pattern, user_agent):
            return f"{name} {found[1][:4]}"
    return ""


def family_of(user_agent: str) -> str:
    """One of ios (every browser there), safari, firefox, chrome (and all that are built like it), other."""
    if re.search(r"iPhone|iPad|iPod", user_agent):
        return "ios"
    name = name_of(user_agent).rpartition(" ")[0]
    if name in {"Safari", "Firefox"}:
        return name.lower()
    return "chrome" if name else "other"


def family() -> str:
    """That of whoever asks for this page."""
    return family_of(request.headers.get("User-Agent", ""))
