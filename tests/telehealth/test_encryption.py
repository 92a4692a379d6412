"""Sealed content opens only in its own place and with its own key; keys rotate."""

import os

import pytest

from telehealth.encryption import CannotOpen, Keyring, new_key

OLD, NEW = os.urandom(32), os.urandom(32)


def test_what_is_sealed_opens_in_its_place() -> None:
    ring = Keyring({"a": OLD})
    assert ring.open(ring.seal("Ibuprofen", "1|message|7|text"), "1|message|7|text") == "Ibuprofen"


def test_sealed_text_moved_to_another_row_does_not_open() -> None:
    ring = Keyring({"a": OLD})
    with pytest.raises(CannotOpen):
        ring.open(ring.seal("Ibuprofen", "1|message|7|text"), "1|message|8|text")


def test_altered_text_does_not_open() -> None:
    ring = Keyring({"a": OLD})
    sealed = bytearray(ring.seal("Ibuprofen", "place"))
    sealed[-1] ^= 1
    with pytest.raises(CannotOpen):
        ring.open(bytes(sealed), "place")


def test_after_a_rotation_old_content_opens_and_new_content_uses_the_new_key() -> None:
    old, both = Keyring({"a": OLD}), Keyring({"b": NEW, "a": OLD})
    assert both.open(old.seal("before", "p"), "p") == "before"
    fresh = both.seal("after", "p")
    assert both.is_newest(fresh)
    with pytest.raises(CannotOpen):
        old.open(fresh, "p")


def test_a_token_survives_a_rotation_and_tells_nothing_of_its_name() -> None:
    token = Keyring({"a": OLD}).token("ticket", "name")
    assert Keyring({"b": NEW, "a": OLD}).token("ticket", "name") == token
    assert Keyring({"a": OLD}).token("other purpose", "name") != token


def test_keys_are_read_from_text() -> None:
    ring = Keyring.from_text(f"b:{new_key()}, a:{new_key()}")
    assert ring.open(ring.seal("x", "p"), "p") == "x"


@pytest.mark.parametrize("text", ["", "a:c2hvcnQ=", "an-id-that-is-too-long:" + "A" * 44])
def test_weak_or_missing_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        Keyring.from_text(text)
