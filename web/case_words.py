"""What patients are told about their case where a clinic has no words of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from flask_babel import gettext as _


def answered_later(in_language: Callable[[str], AbstractContextManager[None]], tag: str) -> str:
    """It was put among the non-urgent ones (S000-8)."""
    with in_language(tag):
        return _("This is not urgent, so we answer it later. You do not have to wait here.")
