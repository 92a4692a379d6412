"""Leaving this page without leaving the queue: to another device by a code, or away until the clinic calls back."""

from __future__ import annotations

from typing import Annotated

import segno
from pydantic import StringConstraints

from telehealth.waiting_room import CallBackWay, Encounter
from web.schema import Schema


class Away(Schema):
    way: CallBackWay
    address: Annotated[str, StringConstraints(min_length=1, max_length=254)]


class Code(Schema):
    """A QR code as one drawing: `path` fills the dark squares of a square `size` squares wide, its quiet edge included."""

    link: str
    size: int
    path: str


class WaysBack(Schema):
    """How somebody can be called back, with what is known of the patient already."""

    ways: list[CallBackWay]
    mail: str
    text: str
    minutes: int
    place: int


def code_of(link: str) -> Code:
    rows = list(segno.make(link, micro=False, error="m").matrix_iter(border=4))
    runs = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return Code(link=link, size=len(rows), path="".join(runs))


def ways_back(visit: Encounter, ways: list[CallBackWay], minutes: int, place: int) -> WaysBack:
    return WaysBack(ways=ways, mail=visit.patient.email, text=visit.patient.phone, minutes=minutes, place=place)
