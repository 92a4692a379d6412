"""Sealed health content: AES-256-GCM under keys that live outside the database and can be rotated.

What is sealed is bound to its place (`organisation|table|row|field`): a value moved to another row does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

NONCE = 12
NUMBERS = struct.Struct(">IQ")


class CannotOpen(Exception):
    """The value was altered, moved to another place, or its key is missing."""


class Keyring:
    """Named 256-bit keys; the first one seals, all of them open.

    `keys` maps a key's id (1–16 ASCII characters) to its 32 bytes, newest first.
    """

    def __init__(self, keys: dict[str, bytes]) -> None:
        if not keys or any(len(key) != 32 or not 0 < len(name) <= 16 for name, key in keys.items()):
            raise ValueError("every key needs an id of at most 16 characters and 32 bytes")
        self._ciphers = {name.encode(): AESGCM(key) for name, key in keys.items()}
        self._newest = next(iter(self._ciphers))
        self._oldest = list(keys.values())[-1]

    @classmethod
    def from_text(cls, text: str) -> Keyring:
        """Read `id:base64` pairs, comma separated, newest first."""
        pairs = (part.strip().split(":", 1) for part in text.split(",") if part.strip())
        return cls({name: base64.b64decode(key) for name, key in pairs})

    def seal(self, text: str, place: str) -> bytes:
        return self.seal_bytes(text.encode(), place)

    def open(self, sealed: bytes, place: str) -> str:
        """Raises CannotOpen."""
        return self.open_bytes(sealed, place).decode()

    def seal_bytes(self, data: bytes, place: str) -> bytes:
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, data, place.encode())
        return bytes([len(self._newest)]) + self._newest + nonce + sealed

    def open_bytes(self, sealed: bytes, place: str) -> bytes:
        """Raises CannotOpen."""
        cut = 1 + sealed[0]
        try:
            cipher = self._ciphers[sealed[1:cut]]
            return cipher.decrypt(sealed[cut : cut + NONCE], sealed[cut + NONCE :], place.encode())
        except (KeyError, InvalidTag) as error:
            raise CannotOpen(place) from error

    def is_newest(self, sealed: bytes) -> bool:
        return sealed[1 : 1 + sealed[0]] == self._newest

    def token(self, purpose: str, name: str) -> str:
        """An unguessable token that can be told again for the same purpose and name, 256 bits, URL-safe.

        It hangs on the oldest key, so that links in mails outlive a rotation until that key is retired.
        """
        mac = hmac.new(self._oldest, f"{purpose}|{name}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def disguise(self, purpose: str, first: int, second: int) -> str:
        """Two numbers as a word that only we can read or make: 45 of a–z and 2–7, as short and plain as addresses need."""
        sealed = self._disguises(purpose).encrypt(NUMBERS.pack(first, second), [purpose.encode()])
        return base64.b32encode(sealed).rstrip(b"=").decode().lower()

    def reveal(self, purpose: str, word: str) -> tuple[int, int]:
        """The numbers of such a word, in capitals too. Raises CannotOpen."""
        try:
            sealed = base64.b32decode(word.upper() + "=" * (-len(word) % 8))
            first, second = NUMBERS.unpack(self._disguises(purpose).decrypt(sealed, [purpose.encode()]))
        except (ValueError, InvalidTag, struct.error) as error:
            raise CannotOpen(purpose) from error
        return first, second

    def _disguises(self, purpose: str) -> AESSIV:
        """Hangs on the oldest key, like tokens."""
        return AESSIV(hmac.new(self._oldest, f"disguise|{purpose}".encode(), hashlib.sha256).digest())


def new_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()
