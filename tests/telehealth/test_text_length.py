"""Lengths of text messages, by the facts of GSM 03.38."""

from __future__ import annotations

import pytest

from telehealth.text_length import BASIC, EXTENDED, Encoding, measure


def test_the_alphabet_has_its_128_places_with_the_escape_and_its_ten_extended_characters() -> None:
    assert len(BASIC) == 127 and len(EXTENDED) == 10 and not BASIC & EXTENDED


@pytest.mark.parametrize(("text", "characters", "encoding", "parts"), [
    ("", 0, Encoding.GSM_7, 0),
    ("a" * 160, 160, Encoding.GSM_7, 1), ("a" * 161, 161, Encoding.GSM_7, 2),
    ("a" * 306, 306, Encoding.GSM_7, 2), ("a" * 307, 307, Encoding.GSM_7, 3), ("a" * 459, 459, Encoding.GSM_7, 3),
    ("é" * 160, 160, Encoding.GSM_7, 1), ("@£$¥Δß§ñà\n", 10, Encoding.GSM_7, 1),
    ("€" * 80, 160, Encoding.GSM_7, 1), ("€" * 80 + "a", 161, Encoding.GSM_7, 2), ("[]{}|^~\\", 16, Encoding.GSM_7, 1),
    ("a" * 152 + "€" + "a" * 151, 305, Encoding.GSM_7, 2),  # the sign moves whole into the second part
    ("a" * 152 + "€" + "a" * 152, 306, Encoding.GSM_7, 3),
    ("ç" * 70, 70, Encoding.UCS_2, 1), ("ç" * 71, 71, Encoding.UCS_2, 2),
    ("ц" * 134, 134, Encoding.UCS_2, 2), ("ц" * 135, 135, Encoding.UCS_2, 3),
    ("😀" * 35, 70, Encoding.UCS_2, 1), ("😀" * 36, 72, Encoding.UCS_2, 2),
    ("a" * 66 + "😀" + "a" * 65, 133, Encoding.UCS_2, 2), ("a" * 66 + "😀" + "a" * 66, 134, Encoding.UCS_2, 3),
    ("a" * 69 + "’", 70, Encoding.UCS_2, 1), ("€" * 70 + "ł", 71, Encoding.UCS_2, 2),
])  # fmt: skip
def test_characters_encoding_and_parts(text: str, characters: int, encoding: Encoding, parts: int) -> None:
    length = measure(text)
    assert (length.characters, length.encoding, length.parts) == (characters, encoding, parts)


def test_what_makes_a_message_long_is_named_once() -> None:
    assert measure("It’s the clinic’s “phone”").foreign == "’“”"
    assert measure("plain").foreign == ""


@pytest.mark.parametrize(("text", "room"), [("a", 160), ("a" * 161, 306), ("ц", 70), ("ц" * 135, 201)])
def test_how_much_the_parts_hold(text: str, room: int) -> None:
    assert measure(text).room == room
