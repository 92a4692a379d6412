"""Shades of a brand's colour that can be read where no style sheet can work them out (WCAG 1.4.3)."""

from __future__ import annotations

import re

COLOUR = re.compile(r"#?([0-9a-fA-F]{6})")
READABLE = 4.5  # least contrast of words and what is behind them


def under_white(brand: str) -> str:
    """The colour, darkened until white words on it can be read; empty for what is no colour."""
    found = COLOUR.fullmatch(brand)
    if not found:
        return ""
    channels = _channels(found[1])
    while contrast("#ffffff", _written(channels)) < READABLE:
        channels = [channel * 95 // 100 for channel in channels]
    return _written(channels)


def upon(ground: str, brand: str) -> str:
    """The colour, lightened until words in it can be read on a dark ground; empty for what is no colour."""
    found = COLOUR.fullmatch(brand)
    if not found:
        return ""
    channels = _channels(found[1])
    while contrast(ground, _written(channels)) < READABLE:
        channels = [255 - (255 - channel) * 95 // 100 for channel in channels]
    return _written(channels)


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    darker, lighter = sorted(_luminance(_channels(colour.removeprefix("#"))) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _channels(digits: str) -> list[int]:
    return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]


def _written(channels: list[int]) -> str:
    return "#" + bytes(channels).hex()


def _luminance(channels: list[int]) -> float:
    red, green, blue = (_linear(channel / 255) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
