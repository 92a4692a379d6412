"""How long a text message is: its encoding and how many parts it is sent and billed in (3GPP TS 23.038, TS 23.040)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # each after an escape, so that it counts twice


class Encoding(StrEnum):
    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


# How much a message of one part holds, and each part of several, which begins with a header.
ALONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
OF_SEVERAL = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


@dataclass(frozen=True)
class Length:
    """`characters` as networks count them: extended ones of GSM-7 and those beyond U+FFFF count two."""

    characters: int
    encoding: Encoding
    parts: int
    foreign: str = ""  # the characters that GSM-7 does not know, each once

    @property
    def room(self) -> int:
        """How many characters these parts hold."""
        return ALONE[self.encoding] if self.parts <= 1 else OF_SEVERAL[self.encoding] * self.parts


def measure(text: str) -> Length:
    """As gateways that send what they are given count; those that replace characters by others send no more."""
    foreign = "".join(dict.fromkeys(letter for letter in text if letter not in BASIC and letter not in EXTENDED))
    encoding = Encoding.UCS_2 if foreign else Encoding.GSM_7
    sizes = [_size(letter, encoding) for letter in text]
    return Length(sum(sizes), encoding, _parts(sizes, encoding), foreign)


def _size(letter: str, encoding: Encoding) -> int:
    return 1 + (letter in EXTENDED if encoding is Encoding.GSM_7 else ord(letter) > 0xFFFF)


def _parts(sizes: Sequence[int], encoding: Encoding) -> int:
    """What counts two is never parted."""
    if sum(sizes) <= ALONE[encoding]:
        return 1 if sizes else 0
    parts, used = 1, 0
    for size in sizes:
        if used + size > OF_SEVERAL[encoding]:
            parts, used = parts + 1, 0
        used += size
    return parts
