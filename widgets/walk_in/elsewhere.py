"""Leaving this page without leaving the queue: to another device by a code, or away until the clinic calls back."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from telehealth.waiting_room import CallBackWay, Encounter
from web.schema import Schema


class Away(Schema):
    way: CallBackWay
    address: Annotated[str, StringConstraints(min_length=1, max_length=254)]


class WaysBack(Schema):
    """How somebody can be called back, with what is known of the patient already."""

    ways: list[CallBackWay]
    mail: str
    text: str
    minutes: int
    place: int


def ways_back(visit: Encounter, ways: list[CallBackWay], minutes: int, place: int) -> WaysBack:
    return WaysBack(ways=ways, mail=visit.patient.email, text=visit.patient.phone, minutes=minutes, place=place)
