"""A text of the clinic on its way to the page: with the language it is really in."""

from __future__ import annotations

from telehealth.translation import Localized
from web.schema import Schema


class Words(Schema):
    """`lang` is empty when the text is in the visitor's language."""

    text: str
    lang: str = ""


def words(text: Localized) -> Words:
    return Words(text=text.text, lang=text.lang if text.text else "")
